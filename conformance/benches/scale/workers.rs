//! Records a second by the number of workers, and where the processors' time went.

use std::{
    ffi::OsStr,
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use sluice_engines::{opensearch::OpenSearch, postgres::Database, s3::S3, service::Service};

use crate::{
    dumps,
    process::{Seconds, cpu_seconds},
    site::Site,
};

const LOOK: Duration = Duration::from_secs(2);
/// Of all workers' processors between two looks, while they do nothing.
const IDLE_SECONDS_MAX: Seconds = 0.1;

pub(crate) fn run(folder: &Path, numbers: &[usize], bytes: u64) -> Result<()> {
    let dumps = dumps::both(folder, bytes)?;
    let (s3, mut opensearch) = (S3::start()?, OpenSearch::start()?);
    let cores = thread::available_parallelism()?.get();
    println!(
        "\n| workers | records/s | times the first | seconds | api and dispatcher, CPU s | workers | OpenSearch | all others | idle |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    let mut first = None;
    for &number in numbers {
        let database = Database::new()?;
        let site = Site::new(&folder.join(format!("site-{number}")), database.url(), &s3, &opensearch)?;
        let front = site.start("front", "api,controller,scheduler,dispatcher", None, &[])?;
        let url = front.url();
        let workers = (0..number).map(|worker| site.start(&format!("worker-{worker}"), "worker", Some(worker % cores), &[&url]));
        let workers = workers.collect::<Result<Vec<_>>>()?;
        let server = opensearch.process()?.id();
        let used = || {
            let of_workers = workers.iter().map(|worker| cpu_seconds(worker.id())).sum::<Result<Seconds>>()?;
            Ok::<_, anyhow::Error>([cpu_seconds(front.id())?, of_workers, cpu_seconds(server)?, machine_seconds()?])
        };
        wait_until_idle(&workers)?;
        let before = used()?;
        let begun = Instant::now();
        let args = ["--breach", "Scale", "--publish"].map(OsStr::new);
        let ended = front.json("ingest", args.into_iter().chain(dumps.iter().map(|dump| dump.as_os_str())))?;
        let seconds = begun.elapsed().as_secs_f64();
        let used: Vec<Seconds> = used()?.iter().zip(&before).map(|(after, before)| after - before).collect();
        let records = ended["load"]["ledger"]["stored"].as_f64().context("the load has no ledger")?;
        let [of_front, of_workers, of_server, busy] = used[..] else { continue };
        let rate = records / seconds;
        println!(
            "| {number} | {rate:.0} | {:.2} | {seconds:.1} | {of_front:.1} | {of_workers:.1} | {of_server:.1} | {:.1} | {:.1} |",
            rate / *first.get_or_insert(rate),
            busy - of_front - of_workers - of_server,
            seconds * cores as f64 - busy
        );
    }
    Ok(())
}

/// Workers compile plugins when they start: what is measured begins behind that.
fn wait_until_idle(workers: &[Service]) -> Result<()> {
    let used = || workers.iter().map(|worker| cpu_seconds(worker.id())).sum::<Result<Seconds>>();
    let mut before = 0.0;
    loop {
        let now = used()?;
        if now - before < IDLE_SECONDS_MAX {
            return Ok(());
        }
        before = now;
        thread::sleep(LOOK);
    }
}

/// Seconds that the machine's processors were busy, so far.
fn machine_seconds() -> Result<Seconds> {
    let stat = fs::read_to_string("/proc/stat")?;
    let line = stat.lines().next().context("no processors")?;
    let ticks: Vec<f64> = line.split_whitespace().skip(1).filter_map(|ticks| ticks.parse().ok()).collect();
    // user, nice, system, idle, waiting for a disk, interrupts (two kinds), stolen; guests are in user.
    let busy = ticks.iter().take(8).sum::<f64>() - ticks.iter().skip(3).take(2).sum::<f64>();
    Ok(busy / 100.0)
}
