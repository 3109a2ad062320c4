//! `cargo xtask bench`: runs one bench of `conformance/benches`, with what it measures and what it compares with at hand.

use std::path::Path;

use anyhow::Result;

use crate::{plugins, servers, shell};

/// The benches there are.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Bench {
    /// Plugins in the sandbox against the same code natively.
    Sandbox,
    /// A new version of a plugin to its first record; an instance's start and its memory.
    Author,
    /// `sluice parse` against a native program.
    Parse,
    /// The whole way against bare indexing.
    Ingest,
    /// The whole way into OpenSearch against raw `_bulk`.
    Opensearch,
    /// Look-ups against nginx serving a static file.
    Query,
    /// A load that comes to one digest whatever process or server is killed or frozen.
    Faults,
    /// The whole way with 1, 2, 4 workers; lookups among 1, 10, 50 million records.
    Scale,
    /// Tasks leased and completed a second, on PostgreSQL and on SQLite.
    Queue,
}

impl Bench {
    const fn name(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Author => "author",
            Self::Parse => "parse",
            Self::Ingest => "ingest",
            Self::Opensearch => "opensearch",
            Self::Query => "query",
            Self::Queue => "queue",
            Self::Scale => "scale",
            Self::Faults => "faults",
        }
    }
}

/// Runs a bench; `args` are the bench's own.
pub(crate) fn run(root: &Path, bench: Bench, args: &[String]) -> Result<()> {
    if bench == Bench::Query {
        shell::need(&[("wrk", "wrk"), ("nginx", "nginx-light")])?;
    }
    if bench == Bench::Faults {
        shell::need(&[("strace", "strace")])?;
    }
    if bench == Bench::Queue {
        servers::install(root)?;
        return shell::run(shell::cargo(root).args(["bench", "--workspace", "--bench", "queue", "--"]).args(args));
    }
    let comfort = shell::target_dir(root).join("comfort");
    if bench == Bench::Sandbox {
        shell::need(&[("sqlite3", "sqlite3")])?;
        plugins::build_all(root, &root.join("sdk/comfort"), &comfort)?;
    }
    plugins::build(root)?;
    if !matches!(bench, Bench::Sandbox | Bench::Author) {
        // These measure the program itself, which no bench target builds. With the bench, for alone it would be built with other features.
        shell::run(shell::cargo(root).args(["build", "--release", "--workspace", "--bins", "--bench", bench.name()]))?;
    }
    let servers = if matches!(bench, Bench::Opensearch | Bench::Scale | Bench::Faults) { servers::install(root)? } else { vec![] };
    let mut cargo = shell::cargo(root);
    cargo.envs(servers).args(["bench", "--workspace", "--bench", bench.name(), "--"]).args(args);
    shell::run(cargo.env("SLUICE_PLUGIN_DIR", plugins::folder(root)).env("SLUICE_COMFORT_DIR", comfort))
}
