//! `cargo xtask bench ingest`: the whole way, from `sluice ingest` to published, against Tantivy indexing the same documents with
//! nothing before it.
//!
//! Ours: a real `sluice serve` on loopback with embedded defaults, and a real `sluice ingest --publish` of two dumps, a combo list and
//! a CSV. The clock runs from the client's start to its end: upload, digest, stage, scan, parse, normalise, protect, write, runs,
//! verify, merge, publish.
//!
//! The reference: the documents that this very ingest indexed, read back from the service's index, are given to Tantivy's own
//! `IndexWriter` as its users do it: `add_document` of Tantivy's own documents, made of values in memory, its own directory and merge
//! policy, a thread a core, one commit at the end, which syncs every file. Schema, settings and the memory for segments are the service's,
//! so that both do the same job. Outside its clock are reading the values, the start of the process, and merges that run meanwhile or
//! when the commit has returned. Ours begins to merge records when nobody has written any for ten seconds, outside its clock as well.
//! A second reference has its documents made ahead, outside its clock, which nobody can have who indexes: it is told beside the first.
//!
//! Peak memory is the kernel's count of the service's resident pages (`VmHWM`), files mapped into it included: that is judged. Beside
//! it stands what belongs to no file (`RssAnon`), looked at ten times a second.
#![allow(clippy::print_stdout)]

mod dumps;
mod ours;
mod prepared;
mod process;
mod reference;

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};
use clap::Parser;
use sluice_conformance::measure::machine;

use crate::{
    ours::Ours,
    reference::{Made, Reference},
};

/// As the service has it: the reference gets no worse an allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What is asked for: the whole way at least at this part of bare indexing's speed …
const SPEED_RATIO_MIN: f64 = 0.8;
/// … in this much memory, however much comes in.
const PEAK_BYTES_MAX: u64 = 512 << 20;

/// The whole way against bare indexing.
#[derive(Parser)]
struct Arguments {
    /// Bytes of dumps, half combo list and half CSV: 200M, 1G.
    #[arg(long, default_value = "1G", value_parser = dumps::bytes)]
    bytes: u64,
    /// 4 GB.
    #[arg(long)]
    large: bool,
    /// Ours, then the reference, so many times.
    #[arg(long, default_value_t = 2)]
    rounds: u32,
    /// Leave the reference out.
    #[arg(long)]
    alone: bool,
    /// The field policy.
    #[arg(long, default_value = "notify")]
    policy: String,
    /// Memory for segments being built, of both [default: the service's].
    #[arg(long, default_value_t = 64)]
    index_memory_mib: usize,
    /// Indexes what was prepared in this file: the reference's own process.
    #[arg(long, hide = true)]
    reference: Option<PathBuf>,
    /// With all documents made before the clock runs.
    #[arg(long, hide = true)]
    made_ahead: bool,
    /// Cargo says so.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let Some(prepared) = &arguments.reference {
        let made = if arguments.made_ahead { Made::Ahead } else { Made::InTheLoop };
        return reference::index(prepared, arguments.index_memory_mib << 20, made);
    }
    let bytes = if arguments.large { 4_000_000_000 } else { arguments.bytes };
    let programs = std::env::current_exe()?.ancestors().nth(2).context("this program has no folder")?.to_owned();
    let folder = programs.join("bench-ingest");
    fs::create_dir_all(&folder)?;
    println!("{}", machine());
    let config = folder.join("sluice.toml");
    fs::write(&config, format!("index_memory_mib = {}\n", arguments.index_memory_mib))?;
    let dumps = dumps::both(&folder, bytes)?;

    let (mut ours, mut references, mut ahead) = (Vec::<Ours>::new(), Vec::<Reference>::new(), Vec::<Reference>::new());
    for round in 1..=arguments.rounds {
        let run = ours::run(&folder, &dumps, &arguments.policy, &config)?;
        println!("round {round}, sluice: {run}");
        if !arguments.alone {
            let prepared = prepared::write(&folder)?;
            ours::forget(&folder)?;
            let run = reference::run(&prepared, arguments.index_memory_mib, Made::InTheLoop)?;
            println!("round {round}, Tantivy alone: {run}");
            references.push(run);
            let run = reference::run(&prepared, arguments.index_memory_mib, Made::Ahead)?;
            println!("round {round}, Tantivy alone, documents made ahead: {run}");
            ahead.push(run);
        }
        ours.push(run);
    }
    ours::forget(&folder)?;
    if !references.is_empty() {
        compare(&ours, &ahead, "with its documents made ahead");
        let best = compare(&ours, &references, "which makes its documents");
        let verdict = if best >= SPEED_RATIO_MIN { "met" } else { "NOT met" };
        println!("target: at least {SPEED_RATIO_MIN} … {verdict}");
    }
    let peak = ours.iter().map(|run| run.peak_bytes).max().unwrap_or(0);
    let verdict = if peak < PEAK_BYTES_MAX { "met" } else { "NOT met" };
    println!("target: peak memory {} MiB, under {} MiB … {verdict}", peak >> 20, PEAK_BYTES_MAX >> 20);
    Ok(())
}

/// Gives the ratio of the best.
fn compare(ours: &[Ours], references: &[Reference], how: &str) -> f64 {
    let whole = sorted(ours.iter().map(|run| run.records as f64 / run.seconds).collect());
    let bare = sorted(references.iter().map(|run| run.documents as f64 / run.seconds).collect());
    let ratio = |of: fn(&[f64]) -> f64| of(&whole) / of(&bare);
    // What a machine that others use as well leaves comparable.
    let least = |seconds: Vec<f64>| seconds.into_iter().fold(f64::MAX, f64::min);
    let bare_cpu = least(references.iter().map(|run| run.cpu_seconds / run.documents as f64).collect());
    let whole_cpu = least(ours.iter().map(|run| run.cpu_seconds / run.records as f64).collect());
    println!(
        "the whole way at the speed of bare indexing {how}: best {:.2}, median {:.2}; its processor time a record for the whole way's: {:.2}",
        ratio(best),
        ratio(median),
        bare_cpu / whole_cpu
    );
    ratio(best)
}

fn sorted(mut numbers: Vec<f64>) -> Vec<f64> {
    numbers.sort_by(f64::total_cmp);
    numbers
}

fn best(sorted: &[f64]) -> f64 {
    sorted.last().copied().unwrap_or_default()
}

fn median(sorted: &[f64]) -> f64 {
    (sorted[(sorted.len() - 1) / 2] + sorted[sorted.len() / 2]) / 2.0
}
