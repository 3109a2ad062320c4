//! The worker: runs one task of the data's way and says what came of it.
//!
//! ```text
//! Stage  dump ── walk ── probe ── stage ──▶ staged members          stage.rs
//! Scan   staged member ── cut ──▶ chunks                            scan.rs
//! Parse  chunk ── parse ── normalise ── protect ── write ──▶ ledger parse.rs: the way on one page
//! Merge  runs ──▶ segments                                          merge.rs
//! Count  segments ──▶ distinct accounts                             count.rs
//! Purge  what the stores hold of a load ──▶ nothing                 purge.rs
//! ```
//!
//! It knows the stores and the plugins and nothing of the catalogue: a task's spec says all, its outcome says all, and
//! whoever leased it may be killed at any instant. Deliberately not here: leases, retries, which task is next.
//! Everything that computes or reads files runs on blocking threads; only this crate joins intake, sandbox, normalise and store.
#![forbid(unsafe_code)]

mod blob;
mod count;
mod failure;
mod merge;
mod narrow;
mod parse;
mod plugins;
mod purge;
mod reject_log;
mod runs;
mod scan;
mod stage;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use sluice_record::{FailureKind, FencingToken, TaskFailure, TaskId, TaskOutcome, TaskSpec, limits};
use sluice_sandbox::Start;
use sluice_store::{objects::Objects, records::RecordStore};
use tokio::sync::Semaphore;

pub use plugins::{PluginSet, SharedPlugins, Tournament, groups, tournament};

/// What a worker works with.
#[derive(Clone)]
pub struct Worker {
    /// Where dumps, staged members, runs and ranges are.
    pub objects: Objects,
    /// Where records go.
    pub records: Arc<dyn RecordStore>,
    /// The plugins installed.
    pub plugins: SharedPlugins,
    /// A folder for nameless files.
    pub scratch: PathBuf,
    /// Its bounds.
    pub options: WorkerOptions,
    /// A permit a task that computes; one that only waits for its records to be on the disk needs none.
    pub computing: Arc<Semaphore>,
}

/// Bounds of a worker's memory and of what it makes.
#[derive(Clone, Debug)]
pub struct WorkerOptions {
    /// Bytes a parse task covers, more or less.
    pub chunk_bytes: u64,
    /// Bytes of hashes of one kind held before they are written as a run; three kinds a parse task.
    pub run_memory_bytes: usize,
    /// Bytes of documents in one bulk write.
    pub batch_bytes: usize,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self { chunk_bytes: limits::CHUNK_BYTES, run_memory_bytes: 8 << 20, batch_bytes: 1 << 20 }
    }
}

/// How far a task is, and whether it is to stop; shared with whoever renews its lease.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    done_bytes: Arc<AtomicU64>,
    records: Arc<AtomicU64>,
    cancelled: Arc<AtomicBool>,
}

impl Watch {
    /// Bytes dealt with.
    pub fn done_bytes(&self) -> u64 {
        self.done_bytes.load(Ordering::Relaxed)
    }

    /// Records found.
    pub fn records(&self) -> u64 {
        self.records.load(Ordering::Relaxed)
    }

    /// Asks the task to stop at the next batch; it then fails as [`FailureKind::Cancelled`].
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    fn advance(&self, bytes: u64, records: u64) {
        self.done_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.records.fetch_add(records, Ordering::Relaxed);
    }

    fn check(&self) -> Result<(), TaskFailure> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(TaskFailure::new(FailureKind::Cancelled, "the task was asked to stop"));
        }
        Ok(())
    }
}

impl Worker {
    /// Runs a task to its end, under a lease. Doing it twice leaves what doing it once does, and who holds an older lease changes nothing.
    ///
    /// # Errors
    /// What went wrong, sorted by what the controller can do about it.
    pub async fn run(&self, task: TaskId, lease: FencingToken, spec: TaskSpec, watch: Watch) -> Result<TaskOutcome, TaskFailure> {
        let worker = self.clone();
        let computing = Arc::clone(&self.computing).acquire_owned().await;
        let computing = computing.map_err(|_| TaskFailure::new(FailureKind::Cancelled, "the worker takes no more tasks"))?;
        let blocking = move || match spec {
            TaskSpec::Stage { load, name, parts, plugin, archive_passwords, only, unasked, .. } => {
                let dump = stage::Dump { name, parts, plugin, archive_passwords, only, unasked };
                stage::stage(&worker, task, load, &dump, &watch)
            }
            TaskSpec::Scan { name, parts, source, plugin, framing, .. } => {
                let start = Start { name: &name, parts: &parts, ..Start::default() };
                scan::scan(&worker, start, &source, plugin, framing, &watch)
            }
            TaskSpec::Parse { load, member, name, parts, source, plugin, policy, chunk } => parse::parse(
                &worker,
                &parse::Task { id: task, lease, load, member, name, parts, source, plugin, policy, chunk },
                &watch,
                computing,
            ),
            TaskSpec::Merge { load, runs, segments, keep } => merge::merge(&worker, task, load, &runs, &segments, &keep, &watch),
            TaskSpec::Count { loads, segments, .. } => count::count(&worker, &loads, &segments, &watch),
            TaskSpec::Purge { load, objects } => purge::purge(&worker, load, &objects),
        };
        let span = tracing::info_span!("task", id = %task);
        match tokio::task::spawn_blocking(move || span.in_scope(blocking)).await {
            Ok(outcome) => outcome,
            Err(panic) => Err(TaskFailure::new(FailureKind::Transient, format!("the worker failed: {panic}"))),
        }
    }
}
