//! `sluice plugin`: what authors of plugins need, in the order they need it. It asks no server.

mod bench;
mod build;
mod junit;
mod new;
mod test;

use anyhow::Result;

/// Make and check a plugin.
#[derive(clap::Args, Debug)]
#[command(arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    New(new::Args),
    Build(build::Args),
    Test(test::Args),
    Bench(bench::Args),
}

pub(crate) fn run(args: &Args) -> Result<()> {
    match &args.command {
        Command::New(args) => new::run(args),
        Command::Build(args) => build::run(args),
        Command::Test(args) => test::run(args),
        Command::Bench(args) => bench::run(args),
    }
}
