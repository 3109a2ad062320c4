//! `cargo xtask`: the chores of this repository.
//!
//! A chore needs nothing done by hand before it: what is missing on the machine it installs, or says by which command one can.
//! Host crates are built with `--workspace` and in the dev profile, so that demo, test and clippy share what they build: with
//! `-p`, cargo unifies features differently and builds the dependencies again. Benches are the exception: they run optimised.

mod bench;
mod ci;
mod clients;
mod demo;
mod fuzz;
mod languages;
mod plugins;
mod recall;
mod servers;
mod shell;
mod site;
mod test;

use anyhow::Result;
use clap::Parser;

/// The chores of this repository.
#[derive(Parser)]
enum Chore {
    /// Build the official plugins to target/plugins/*.wasm.
    Plugins,
    /// Build everything, ingest synthetic dumps into a service on loopback, and leave it up until Ctrl-C.
    Demo {
        /// Check the answers instead, stop the service and exit with 0 or 1.
        #[arg(long)]
        once: bool,
        /// On PostgreSQL, S3 and OpenSearch, with api, dispatcher and two workers as processes of their own. Servers are installed and
        /// started; DATABASE_URL, S3_ENDPOINT and OPENSEARCH_URL name such as run already.
        #[arg(long)]
        engines: bool,
    },
    /// Install what tests need and run them all.
    Test {
        /// How many seeds the simulation of controllers, dispatchers and workers tries.
        #[arg(long, default_value_t = 100)]
        seeds: u32,
    },
    /// Let HaveIBeenPwned clients from PyPI and npm ask a running service.
    Clients,
    /// Measure; see conformance/benches.
    Bench {
        what: bench::Bench,
        /// Passed on to the bench.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Write fresh dumps in every format and dialect by the real tools, and count what `sluice parse` and its peers find.
    Recall {
        /// recall.py's own: --seed N, --only FORMAT, --peers, --large, --json, --write docs/formats.md, --help.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Try what no input may do to intake or a plugin, with libFuzzer.
    Fuzz(fuzz::Args),
    /// Format, lints, licences, tests: all that a change must pass.
    Ci,
}

fn main() -> Result<()> {
    let root = shell::root();
    match Chore::parse() {
        Chore::Plugins => {
            for path in plugins::build(&root)? {
                println!("{}", path.display());
            }
            Ok(())
        }
        Chore::Demo { once, engines } => demo::run(&root, once, engines),
        Chore::Test { seeds } => test::run(&root, seeds),
        Chore::Clients => clients::run(&root),
        Chore::Bench { what, args } => bench::run(&root, what, &args),
        Chore::Recall { args } => recall::run(&root, &args),
        Chore::Fuzz(args) => fuzz::run(&root, &args),
        Chore::Ci => ci::run(&root),
    }
}
