//! `cargo xtask bench query`: account lookups and password ranges against nginx serving files of the same bytes.
//!
//! Ours: a real `sluice serve` on loopback, in a fresh folder, with generated dumps ingested and published by the real commands and an
//! API key made by one. A million passwords leave a range a row or two, and two thousand rows need two thousand million passwords;
//! the ranges of the live service's size are therefore a segment that the store's own writer makes and the catalogue publishes,
//! beside the ingested ones. Account lookups go through the check of the key, its rate limit and the metrics like anybody's.
//!
//! The reference: nginx with as many workers as there are cores, sendfile, keep-alive and a cache of open files, no access log. A hit
//! and a miss are one small file each, the ranges a file each, asked for by the same paths.
//!
//! wrk asks both, one after the other in each round, over as many connections; its script walks a list of paths. Client, service and
//! reference share the machine's cores. Beside it stand the readers of the ranges alone, in this process: what one question costs.
#![allow(clippy::print_stdout)]

mod lookups;
mod nginx;
mod service;
mod wrk;

use std::{fs, path::Path};

use anyhow::{Result, ensure};
use clap::Parser;
use sluice_conformance::measure::{Rounds, Target, machine, program};
use sluice_engines::service::Service;

use crate::{
    nginx::Nginx,
    service::{Corpus, Filled},
    wrk::{Load, Seen},
};

/// The memory allocator of the service, for the figures of this process.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Look-ups against nginx.
#[derive(Parser)]
struct Arguments {
    /// Records to ingest.
    #[arg(long, default_value_t = 1_000_000)]
    records: u64,
    /// Rows of a large range.
    #[arg(long, default_value_t = 2_000)]
    range_rows: usize,
    /// How many large ranges there are.
    #[arg(long, default_value_t = 400)]
    ranges: usize,
    /// Ours, then nginx, so many times for each question.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// How long wrk asks.
    #[arg(long, default_value_t = 4)]
    seconds: u32,
    /// Connections it keeps.
    #[arg(long, default_value_t = 64)]
    connections: u32,
    /// Only the readers in this process.
    #[arg(long)]
    alone: bool,
    /// Keep the service up after the rounds, for a profiler, until a key is pressed.
    #[arg(long)]
    hold: bool,
    /// Cargo says so.
    #[arg(long, hide = true)]
    bench: bool,
}

/// One kind of question.
struct Question {
    name: &'static str,
    ratio_min: f64,
    /// Every answer has it.
    status: u16,
    paths: Vec<String>,
    reference_paths: Vec<String>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    println!("{}", machine());
    lookups::run(arguments.range_rows)?;
    if arguments.alone {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let corpus = Corpus::generate(folder.path(), arguments.records)?;
    let data = folder.path().join("data");
    let service = Service::start(&program()?, &data, &[""; 0])?;
    service::ingest(&service, &corpus)?;
    let Filled { service, large_ranges } = service::restarted_with_ranges(service, &data, arguments.ranges, arguments.range_rows)?;
    let key = service.create_key()?;
    let questions = questions(&service, &key, large_ranges, &corpus, &folder.path().join("files"))?;
    let nginx = Nginx::start(folder.path(), &folder.path().join("files"))?;

    for question in &questions {
        let load = Load { folder: folder.path(), key: &key, seconds: arguments.seconds, connections: arguments.connections };
        ask(&load, question, &service, &nginx, arguments.rounds)?;
    }
    println!("{}", service::tally(&service)?);
    if arguments.hold {
        println!("{} with key {key}; press enter to end", service.url());
        std::io::stdin().read_line(&mut String::new())?;
    }
    Ok(())
}

/// Takes every reference file from the service itself, so that the bytes are the same.
fn questions(service: &Service, key: &str, large_ranges: Vec<String>, corpus: &Corpus, files: &Path) -> Result<Vec<Question>> {
    fs::create_dir_all(files.join("range"))?;
    let headers = [("hibp-api-key", key)];
    let path = |account: &String| format!("/api/v3/breachedaccount/{account}");
    let hits: Vec<String> = corpus.accounts.iter().map(path).collect();
    let misses: Vec<String> = (0..hits.len()).map(|number| path(&format!("nobody.{number}@absent.example.org"))).collect();
    for (file, asked, status) in [("hit", &hits[0], 200), ("miss", &misses[0], 404)] {
        let answer = service.get(asked, &headers)?;
        ensure!(answer.status == status, "{asked} gave {}", answer.status);
        println!("{file}: {} bytes", answer.body.len());
        fs::write(files.join(file), answer.body)?;
    }
    let mut questions = vec![
        Question { name: "hit", ratio_min: 0.5, status: 200, reference_paths: vec!["/hit".into(); hits.len()], paths: hits },
        Question { name: "miss", ratio_min: 0.5, status: 404, reference_paths: vec!["/miss".into(); misses.len()], paths: misses },
    ];
    for (name, prefixes) in [("range", large_ranges), ("small range", corpus.small_ranges())] {
        let mut bytes = 0;
        let mut paths = Vec::new();
        for prefix in prefixes {
            let path = format!("/range/{prefix}");
            let answer = service.get(&path, &headers)?;
            ensure!(answer.status == 200, "{path} gave {}", answer.status);
            bytes += answer.body.len();
            fs::write(files.join(&path[1..]), answer.body)?;
            paths.push(path);
        }
        println!("{name}: {} files of {} bytes on average", paths.len(), bytes / paths.len());
        questions.push(Question { name, ratio_min: 0.7, status: 200, reference_paths: paths.clone(), paths });
    }
    Ok(questions)
}

fn ask(load: &Load<'_>, question: &Question, service: &Service, nginx: &Nginx, rounds: u32) -> Result<()> {
    let (mut ours, mut reference) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let seen = load.run(&service.url(), &question.paths)?;
        let others = if question.status == 200 { 0 } else { seen.requests };
        ensure!(seen.refused == others, "{}: {} of {} answers have another status", question.name, seen.refused, seen.requests);
        ours.push(seen);
        let seen = load.run(&nginx.url(), &question.reference_paths)?;
        ensure!(seen.refused == 0, "nginx refused {} of {}", seen.refused, seen.requests);
        reference.push(seen);
    }
    tell(question.name, "sluice", &ours);
    tell(question.name, "nginx", &reference);
    let rate = |of: &[Seen]| {
        let mut rounds = Rounds::new();
        of.iter().for_each(|seen| rounds.push(seen.requests_per_second));
        rounds
    };
    let (ours, reference) = (rate(&ours), rate(&reference));
    println!("{}: ratio of the medians {:.2}", question.name, ours.median() / reference.median());
    let what = format!("{}, requests/s against nginx", question.name);
    println!("{}", Target::AtLeast(question.ratio_min).line(&what, ours.most() / reference.most(), ""));
    Ok(())
}

fn tell(question: &str, who: &str, rounds: &[Seen]) {
    let best = rounds.iter().max_by(|left, right| left.requests_per_second.total_cmp(&right.requests_per_second));
    if let Some(best) = best {
        let Seen { requests_per_second, p50, p99, .. } = best;
        println!("{question}, {who}: best of {} rounds {requests_per_second:.0} requests/s, p50 {p50}, p99 {p99}", rounds.len());
    }
}
