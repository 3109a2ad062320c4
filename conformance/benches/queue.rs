//! `cargo xtask bench queue`: how many tasks a second the catalogue leases and takes back, on PostgreSQL and on SQLite.
//!
//! A worker leases a task, renews it once and completes it, as a lane does with one that is short: three transactions that are on the
//! disk before they are acknowledged (PostgreSQL with fsync on, SQLite with synchronous FULL). Tasks are booked onto lanes, as the
//! scheduler has them, or not booked at all, as an idle lane finds them. PostgreSQL's server is this machine's, in a folder of its
//! own, and shares its cores; each worker of a handle has a connection.
#![allow(clippy::print_stdout)] // a bench talks

use std::{sync::Arc, time::Instant};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use sluice_catalogue::{
    Catalogue, Change, Ended, JobSpec, JobState, LeaseRequest, NewJob, NewSlot, NewTask, SLOTS_AHEAD_MAX, Settings, SystemClock, sqlite_url,
};
use sluice_conformance::measure::{self, Rounds};
use sluice_engines::postgres::Running;
use sluice_record::{
    Chunk, DispatcherId, Frame, JobId, Ledger, LoadId, MemberId, PluginDigest, Policy, StagedSource, TaskKind, TaskOutcome, TaskSpec,
    limits,
};

#[derive(clap::Parser)]
struct Arguments {
    /// Tasks of a round.
    #[arg(long, default_value_t = 2_000)]
    tasks: usize,
    /// Rounds of each kind; the median is told.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Workers at once.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 4, 16, 64])]
    workers: Vec<u32>,
    /// Said by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    println!("{}", measure::machine());
    let folder = tempfile::tempdir()?;
    let server = Running::start(&["shared_buffers=256MB"])?;
    println!("tasks leased, renewed and completed a second; {} tasks, medians of {} rounds", arguments.tasks, arguments.rounds);
    println!("{:<12}{:>9}{:>12}{:>12}{:>12}", "", "workers", "booked", "unbooked", "renewals");
    for (name, url) in [("PostgreSQL", server.database("queue")?), ("SQLite", sqlite_url(&folder.path().join("queue.db")))] {
        for &workers in &arguments.workers {
            let settings = Settings { connections_max: workers.clamp(4, 64), ..Settings::at(&url) };
            let catalogue = Catalogue::connect(&settings, Arc::new(SystemClock)).await?;
            catalogue.migrate().await?;
            let (mut booked, mut unbooked, mut renewals) = (Rounds::new(), Rounds::new(), Rounds::new());
            for _ in 0..arguments.rounds {
                booked.push(round(&catalogue, workers, arguments.tasks, true).await?);
                unbooked.push(round(&catalogue, workers, arguments.tasks, false).await?);
                renewals.push(renewing(&catalogue, workers, arguments.tasks).await?);
            }
            println!("{name:<12}{workers:>9}{:>12.0}{:>12.0}{:>12.0}", booked.median(), unbooked.median(), renewals.median());
            catalogue.close().await;
        }
    }
    Ok(())
}

fn request(dispatcher: DispatcherId, lane: u32) -> LeaseRequest {
    LeaseRequest { dispatcher, lane, worker: format!("worker-{lane}"), kinds: vec![TaskKind::Parse], lease_ms: 60_000 }
}

fn done() -> Ended {
    Ok(TaskOutcome::Parsed { ledger: Ledger { bytes: limits::CHUNK_BYTES, ..Ledger::default() }, runs: vec![], reject_log: None })
}

/// Queues tasks of a job of their own and, if asked, books them all.
async fn queue(catalogue: &Catalogue, lanes: u32, tasks: usize, booked: bool) -> Result<(DispatcherId, JobId)> {
    let job = catalogue.create_job(&NewJob::from(JobSpec::Compact)).await?;
    let task = |at: u64| {
        let spec = TaskSpec::Parse {
            load: LoadId(1),
            member: MemberId(1),
            name: "list.txt".into(),
            parts: vec![],
            source: StagedSource::Reference { parts: vec![Frame { key: "dumps/1/0".into(), bytes: u64::MAX >> 2 }] },
            plugin: PluginDigest([7; 32]),
            policy: Policy::Notify,
            chunk: Chunk { start: at * limits::CHUNK_BYTES, end: (at + 1) * limits::CHUNK_BYTES, context: vec![] },
        };
        Change::Queue(NewTask { job, key: format!("parse/1/{at}"), spec, splits: 0, not_before: 0 })
    };
    let mut step: Vec<Change> = (0..tasks as u64).map(task).collect();
    step.push(change(job, JobState::Queued, JobState::Running));
    catalogue.apply(&step).await?;
    let dispatcher = catalogue.register_dispatcher("bench", lanes, None).await?;
    if booked {
        let queued = catalogue.queued_tasks(job, None, u32::try_from(tasks)?).await?;
        let slots: Vec<NewSlot> = (0_i64..)
            .zip(queued)
            .map(|(at, queued)| NewSlot {
                dispatcher,
                lane: (at % i64::from(lanes)) as u32,
                starts_at: at,
                ends_at: at + 1,
                task: queued.task,
                job,
                priority: 0,
                reason: "the bench".into(),
            })
            .collect();
        ensure!(catalogue.book(&slots).await? == tasks as u64, "not every task could be booked");
    }
    Ok((dispatcher, job))
}

fn change(job: JobId, from: JobState, to: JobState) -> Change {
    Change::Job { job, from, to, message: String::new(), hint: String::new() }
}

/// Tasks a second: unbooked all at once, booked as many at a time as the scheduler books.
async fn round(catalogue: &Catalogue, workers: u32, tasks: usize, booked: bool) -> Result<f64> {
    let at_once = if booked { workers as usize * SLOTS_AHEAD_MAX } else { tasks };
    let (mut done, mut seconds) = (0, 0.0);
    while done < tasks {
        seconds += drain(catalogue, workers, at_once, booked).await?;
        done += at_once;
    }
    Ok(done as f64 / seconds)
}

/// Everybody works until nothing is left: seconds.
async fn drain(catalogue: &Catalogue, workers: u32, tasks: usize, booked: bool) -> Result<f64> {
    let (dispatcher, job) = queue(catalogue, workers, tasks, booked).await?;
    let begun = Instant::now();
    let working = (0..workers).map(|lane| {
        let catalogue = catalogue.clone();
        tokio::spawn(async move {
            let mut completed = 0;
            while let Some(lease) = catalogue.lease(&request(dispatcher, lane)).await? {
                catalogue.renew(lease.task, lease.token, 60_000).await?;
                catalogue.complete_task(lease.task, lease.token, &done()).await?;
                completed += 1;
            }
            Ok::<usize, sluice_catalogue::Error>(completed)
        })
    });
    let mut completed = 0;
    for worker in working.collect::<Vec<_>>() {
        completed += worker.await??;
    }
    ensure!(completed == tasks, "{completed} of {tasks} tasks were completed");
    let seconds = begun.elapsed().as_secs_f64();
    catalogue.apply(&[change(job, JobState::Running, JobState::Done)]).await?;
    Ok(seconds)
}

/// Each worker renews a lease of its own again and again: transactions a second.
async fn renewing(catalogue: &Catalogue, workers: u32, renewals: usize) -> Result<f64> {
    let (dispatcher, _) = queue(catalogue, workers, workers as usize, false).await?;
    let mut leases = vec![];
    for lane in 0..workers {
        leases.push(catalogue.lease(&request(dispatcher, lane)).await?.context("a lease for each worker")?);
    }
    let begun = Instant::now();
    let each = renewals / workers as usize;
    let working = leases.into_iter().map(|lease| {
        let catalogue = catalogue.clone();
        tokio::spawn(async move {
            for _ in 0..each {
                catalogue.renew(lease.task, lease.token, 60_000).await?;
            }
            catalogue.complete_task(lease.task, lease.token, &done()).await
        })
    });
    for worker in working.collect::<Vec<_>>() {
        worker.await??;
    }
    Ok((each * workers as usize) as f64 / begun.elapsed().as_secs_f64())
}
