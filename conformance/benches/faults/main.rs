//! `cargo xtask bench faults`: one load again and again, with something going wrong every few seconds, and one digest at the end of all.
//!
//! PostgreSQL, S3 and OpenSearch are real servers, every role has a process of its own, and two are workers. In each run a seeded choice of
//! faults falls on the load, from the moment it is handed in until it is published: any process killed and started again, or frozen,
//! workers for longer than their lease; PostgreSQL stopped as by a crash and started again; OpenSearch killed, or frozen; the disk of
//! either slow, by holding its syncs up; S3 frozen for longer than a request waits, and never killed, for moto keeps all in memory. What
//! comes out is the load's digest, its ledger and its counts, and must be what the first, undisturbed run came to.
#![allow(clippy::print_stdout)]

#[path = "../scale/site.rs"]
mod site;

use std::{
    fs::{self, File},
    path::Path,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};
use serde_json::Value;
use sluice_conformance::{
    formats::Format,
    generate::{Recipe, Size},
    measure::machine,
};
use sluice_engines::{opensearch::OpenSearch, postgres::Running, s3::S3, service::Service};

use crate::site::Site;

const LOOK: Duration = Duration::from_millis(200);
const LOAD_TIME_MAX: Duration = Duration::from_secs(3_600);
/// Longer than a lease is, and than a request to S3 waits.
const FREEZE: Duration = Duration::from_secs(35);
const SHORT_FREEZE: Duration = Duration::from_secs(8);
/// On a slow disk each sync takes so much longer …
const SLOW_SYNC: Duration = Duration::from_millis(500);
/// … for that long.
const SLOW_TIME: Duration = Duration::from_secs(15);

/// One load again and again, with something going wrong every few seconds.
#[derive(Parser)]
struct Arguments {
    /// How often.
    #[arg(long, default_value_t = 20)]
    runs: u32,
    /// Records of the load, half combo list and half CSV.
    #[arg(long, default_value_t = 5_000_000)]
    records: u64,
    /// Of the first run's faults; each further run has the next.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Seconds between two faults, at most.
    #[arg(long, default_value_t = 15)]
    pause: u64,
    /// Cargo says so.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Api,
    Controller,
    Dispatcher,
    Worker,
    WorkerFrozen,
    ControllerFrozen,
    PostgreSql,
    PostgreSqlSlow,
    OpenSearch,
    OpenSearchFrozen,
    OpenSearchSlow,
    S3Frozen,
}

const FAULTS: [Fault; 12] = [
    Fault::Api,
    Fault::Controller,
    Fault::Dispatcher,
    Fault::Worker,
    Fault::WorkerFrozen,
    Fault::ControllerFrozen,
    Fault::PostgreSql,
    Fault::PostgreSqlSlow,
    Fault::OpenSearch,
    Fault::OpenSearchFrozen,
    Fault::OpenSearchSlow,
    Fault::S3Frozen,
];

struct Servers {
    postgres: Running,
    s3: S3,
    opensearch: OpenSearch,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let folder = std::env::current_exe()?.ancestors().nth(2).context("this program has no folder")?.join("bench-faults");
    fs::create_dir_all(&folder)?;
    println!("{}", machine());
    let dumps = [(Format::Combo, "list.txt"), (Format::Csv, "table.csv")].map(|(format, name)| (format, folder.join(name)));
    for (format, path) in &dumps {
        Recipe::new(*format, Size::Records(arguments.records / 2), 9).write(File::create(path)?, "dump", None)?;
    }
    let dumps = dumps.each_ref().map(|(_, path)| path.as_path());
    let mut servers = Servers { postgres: Running::start(&[])?, s3: S3::start()?, opensearch: OpenSearch::start()? };
    let (expected, seconds, _) = run(&mut servers, &folder, &dumps, 0, None)?;
    println!("undisturbed: {seconds:.0} s, digest {}", expected[0]);
    let mut all = 0;
    for number in 1..=arguments.runs {
        let random = StdRng::seed_from_u64(arguments.seed + u64::from(number) - 1);
        let (outcome, seconds, faults) = run(&mut servers, &folder, &dumps, number, Some((random, arguments.pause)))?;
        ensure!(outcome == expected, "run {number} came to\n{outcome:?}\nand not to\n{expected:?}\nafter {faults:?}");
        all += faults.len();
        println!("run {number}: {seconds:.0} s, the same digest, after {faults:?}");
    }
    println!("{} runs, {all} faults, one digest", arguments.runs);
    Ok(())
}

/// What a load came to, how long it took, and what befell it.
type Ended = ([Value; 2], f64, Vec<Fault>);

fn run(servers: &mut Servers, folder: &Path, dumps: &[&Path; 2], number: u32, faults: Option<(StdRng, u64)>) -> Result<Ended> {
    let url = servers.postgres.database(&format!("run{number}"))?;
    let site = Site::new(&folder.join("site"), &url, &servers.s3, &servers.opensearch)?;
    let mut api = site.start("api", "api", None, &[])?;
    let mut controllers = [("controller", "controller,scheduler"), ("another", "controller,scheduler")]
        .into_iter()
        .map(|(name, roles)| site.start(name, roles, None, &[]))
        .collect::<Result<Vec<_>>>()?;
    let mut dispatcher = site.start("dispatcher", "dispatcher", None, &[])?;
    let at = dispatcher.url();
    let mut workers = ["first", "second"].into_iter().map(|name| site.start(name, "worker", None, &[&at])).collect::<Result<Vec<_>>>()?;
    let begun = Instant::now();
    let mut ingest = api.client("ingest");
    // Whoever hands a dump in may lose the connection afterwards: the load goes on.
    let mut client = ingest.args(["--publish", "--breach", "Faults"]).args(dumps).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    while api.json("jobs", ["list"])?.as_array().is_none_or(Vec::is_empty) {
        thread::sleep(LOOK);
    }
    let mut befell = vec![];
    let mut faults = faults.map(|(mut random, pause)| (Duration::from_millis(random.random_range(500..pause * 1_000)), random, pause));
    let mut last = Instant::now();
    loop {
        thread::sleep(LOOK);
        match state(&api).as_deref() {
            Some("done") => break,
            Some("failed" | "cancelled" | "waiting") => bail!("the job ended otherwise, after {befell:?}: {}", api.json("jobs", ["list"])?),
            _ => ensure!(begun.elapsed() < LOAD_TIME_MAX, "the load did not end, after {befell:?}"),
        }
        let Some((after, random, pause)) = &mut faults else { continue };
        if last.elapsed() < *after {
            continue;
        }
        let fault = *FAULTS.choose(random).context("there are faults")?;
        let (one, controller) = (random.random_range(0..workers.len()), random.random_range(0..controllers.len()));
        befell.push(fault);
        match fault {
            Fault::Api => api.crash()?,
            Fault::Controller => controllers[controller].crash()?,
            Fault::Dispatcher => dispatcher.crash()?,
            Fault::Worker => workers[one].crash()?,
            Fault::WorkerFrozen => workers[one].freeze(FREEZE)?,
            Fault::ControllerFrozen => controllers[controller].freeze(SHORT_FREEZE)?,
            Fault::PostgreSql => {
                servers.postgres.stop()?;
                servers.postgres.start_again()?;
            }
            Fault::PostgreSqlSlow => servers.postgres.slow_disk(SLOW_SYNC, SLOW_TIME)?,
            Fault::OpenSearchSlow => servers.opensearch.process()?.slow_disk(SLOW_SYNC, SLOW_TIME)?,
            Fault::OpenSearch => {
                servers.opensearch.process()?.kill()?;
                servers.opensearch.restart()?;
            }
            Fault::OpenSearchFrozen => servers.opensearch.process()?.freeze(SHORT_FREEZE)?,
            Fault::S3Frozen => servers.s3.process()?.freeze(FREEZE)?,
        }
        (*after, last) = (Duration::from_millis(random.random_range(500..*pause * 1_000)), Instant::now());
    }
    let seconds = begun.elapsed().as_secs_f64();
    let _ = client.kill();
    client.wait()?;
    let shown = api.json("loads", ["show", "1"])?;
    ensure!(shown["state"] == "published", "the load is {}", shown["state"]);
    let outcome = [api.json("loads", ["digest", "1"])?, serde_json::json!([shown["ledger"], shown["accounts"], shown["passwords"]])];
    Ok((outcome, seconds, befell))
}

/// Of the job; nothing while nobody answers.
fn state(api: &Service) -> Option<String> {
    Some(api.json("jobs", ["list"]).ok()?.as_array()?.first()?["state"].as_str()?.to_owned())
}
