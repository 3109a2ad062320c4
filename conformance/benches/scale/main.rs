//! `cargo xtask bench scale`: what more workers bring, and what more records cost.
//!
//! **Workers.** On real servers (PostgreSQL, S3, OpenSearch) one process has api, controller, scheduler and dispatcher, and 1, 2, 4 others
//! are workers of one lane, each on a core of its own as far as there are cores. The same dumps go in each time, from the client's start
//! to their publishing. What each process used of the processors stands beside it, for that tells what limits.
//!
//! **Lookups.** One process, with records in the embedded store and then in OpenSearch. Loads are published until there are 1, 10, 50
//! million records; after each, accounts that are there and such as are not are asked for one after the other: over the public API,
//! which reads ranges, and as the operator, whose search reads the record store. Each request has a connection of its own.
#![allow(clippy::print_stdout)]

#[path = "../ingest/dumps.rs"]
mod dumps;
mod lookups;
#[path = "../ingest/process.rs"]
#[allow(dead_code, reason = "the bench `ingest` samples more")]
mod process;
mod site;
mod workers;

use std::fs;

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use sluice_conformance::measure::machine;

/// What more workers bring, and what more records cost.
#[derive(Parser)]
struct Arguments {
    /// One part alone.
    #[arg(long)]
    only: Option<Part>,
    /// How many workers.
    #[arg(long, value_delimiter = ',', default_value = "1,2,4")]
    workers: Vec<usize>,
    /// Bytes of dumps for the workers, half combo list and half CSV: 50M, 1G.
    #[arg(long, default_value = "100M", value_parser = dumps::bytes)]
    bytes: u64,
    /// How many records are looked up in: 500k, 1M, ascending.
    #[arg(long, value_delimiter = ',', default_value = "1M,10M,50M", value_parser = dumps::bytes)]
    records: Vec<u64>,
    /// Where the records are.
    #[arg(long, value_delimiter = ',', default_value = "tantivy,opensearch")]
    stores: Vec<Store>,
    /// Lookups of each kind.
    #[arg(long, default_value_t = 2_000)]
    lookups: usize,
    /// Cargo says so.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Workers,
    Lookups,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Store {
    Tantivy,
    Opensearch,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let folder = std::env::current_exe()?.ancestors().nth(2).context("this program has no folder")?.join("bench-scale");
    fs::create_dir_all(&folder)?;
    println!("{}", machine());
    if arguments.only != Some(Part::Lookups) {
        workers::run(&folder, &arguments.workers, arguments.bytes)?;
    }
    if arguments.only != Some(Part::Workers) {
        for store in arguments.stores {
            lookups::run(&folder, store, &arguments.records, arguments.lookups)?;
        }
    }
    Ok(())
}
