//! The sluice binary: low-level arguments, then high-level ones, then run. Roles are joined here and nowhere else.
#![forbid(unsafe_code)]

mod exit;
mod parse;
mod plugins;
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
    Parse(parse::Args),
    /// Print a completion script for a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

fn main() -> ExitCode {
    let command = Command::parse();
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
        Command::Parse(args) => parse::run(&args),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Command::command(), "sluice", &mut std::io::stdout());
            Ok(())
        }
    }
}
