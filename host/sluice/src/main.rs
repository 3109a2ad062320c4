//! The sluice binary: arguments, then the command. Roles are joined here (serve) and nowhere else.
#![forbid(unsafe_code)]

mod backup;
mod client;
mod config;
mod engines;
mod exit;
mod folder;
mod parse;
mod passwords;
mod plugin;
mod plugins;
mod roles;
mod serve;
mod units;

use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory as _, Parser};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Self-hosted breach search: dumps go in, answers come out over an API that HaveIBeenPwned clients speak.
#[derive(Parser, Debug)]
#[command(name = "sluice", version, arg_required_else_help = true, max_term_width = 110)]
enum Command {
    Serve(serve::Args),
    Ingest(client::IngestArgs),
    Parse(parse::Args),
    Loads(client::Loads),
    Jobs(client::Jobs),
    Tasks(client::Tasks),
    Slots(client::Slots),
    Breaches(client::Breaches),
    Keys(client::Keys),
    Plugins(client::Plugins),
    Plugin(plugin::Args),
    Check(serve::CheckArgs),
    Backup(backup::BackupArgs),
    Restore(backup::RestoreArgs),
    /// Print a completion script for a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

fn main() -> ExitCode {
    let command = Command::parse();
    // Whatever speaks TLS here does it by this library.
    drop(rustls::crypto::ring::default_provider().install_default());
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_env("SLUICE_LOG").unwrap_or_else(|_| "warn,sluice=info".into()))
        .with_writer(std::io::stderr)
        .init();
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => exit::report(&error),
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Serve(args) => serve::run(&args),
        Command::Check(args) => serve::check(&args),
        Command::Backup(args) => args.run(),
        Command::Restore(args) => args.run(),
        Command::Parse(args) => parse::run(&args),
        Command::Ingest(args) => block_on(args.run()),
        Command::Loads(args) => block_on(args.run()),
        Command::Jobs(args) => block_on(args.run()),
        Command::Tasks(args) => block_on(args.run()),
        Command::Slots(args) => block_on(args.run()),
        Command::Breaches(args) => block_on(args.run()),
        Command::Keys(args) => block_on(args.run()),
        Command::Plugins(args) => block_on(args.run()),
        Command::Plugin(args) => plugin::run(&args),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Command::command(), "sluice", &mut std::io::stdout());
            Ok(())
        }
    }
}

fn block_on(work: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}
