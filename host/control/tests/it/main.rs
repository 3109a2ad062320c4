//! Whole jobs through the catalogue, the three control roles, and workers that only say what became of a task.
#![allow(clippy::unwrap_used, missing_docs)]

mod again;
mod by_hand;
mod calendar;
mod over_http;
mod regions;
mod simulation;

use std::{
    collections::HashMap,
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use sluice_catalogue::{
    BreachFlags, Catalogue, Clock, Error, Job, JobSpec, JobState, LoadState, NewBreach, NewDump, NewJob, SystemClock, TaskFilter, TaskState,
};
use sluice_control::{ControlError, Controller, Dispatcher, GenerationPlanner, Scheduler, StoreCount};
use sluice_engines::{
    on_both_engines,
    sql::{Empty, Engine},
};
use sluice_record::{
    BlobDigest, BreachId, Chunk, DumpId, FailureKind, Frame, Framing, JobId, Ledger, LoadId, MemberNote, PluginDigest, Policy, RunKind,
    RunRef, SegmentRef, StagedMember, StagedSource, TaskFailure, TaskKind, TaskOutcome, TaskSpec,
};

on_both_engines!(
    an_import_is_published_and_retracted,
    a_store_s_fault_is_tried_again_and_a_plugin_s_is_quarantined,
    a_broken_dump_fails_its_job_and_a_member_nobody_claims_waits,
    a_stale_token_is_refused,
);

const CHUNK: u64 = 100;
const MEMBER: u64 = 350;

/// Counts what the workers' parse tasks stored: 10 bytes a record.
#[derive(Default)]
struct Store(AtomicU64);

#[async_trait]
impl StoreCount for Store {
    async fn stored(&self, _: LoadId) -> Result<u64, String> {
        Ok(self.0.load(Ordering::SeqCst))
    }
}

struct Planner;

impl GenerationPlanner for Planner {
    fn publish(&self, current: &[SegmentRef], own: &[SegmentRef]) -> Result<Vec<SegmentRef>, String> {
        Ok([current, own].concat())
    }

    fn retract(&self, current: &[SegmentRef], _: &[SegmentRef], load: LoadId) -> Result<Vec<SegmentRef>, String> {
        Ok(current.iter().filter(|segment| !segment.loads.contains(&load)).cloned().collect())
    }

    fn compactions(&self, _: &[SegmentRef]) -> Vec<Vec<SegmentRef>> {
        vec![]
    }

    fn compacted(&self, _: &[SegmentRef], _: &[SegmentRef], _: &SegmentRef) -> Option<Vec<SegmentRef>> {
        None
    }
}

/// What a worker is told to fail at: by kind and first byte, how often, and how.
type Faults = Arc<Mutex<HashMap<(TaskKind, u64), (u32, FailureKind)>>>;

struct Bench {
    catalogue: Catalogue,
    store: Arc<Store>,
    faults: Faults,
    /// Who had which task, in order.
    seen: Arc<Mutex<Vec<(String, TaskSpec)>>>,
    roles: Vec<tokio::task::JoinHandle<()>>,
    /// Goes last: the roles use it.
    _database: Empty,
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.roles.iter().for_each(tokio::task::JoinHandle::abort);
    }
}

impl Bench {
    async fn new(engine: Engine) -> Self {
        Self::with_clock(engine, Arc::new(SystemClock)).await
    }

    async fn with_clock(engine: Engine, clock: Arc<dyn Clock>) -> Self {
        let database = engine.database().unwrap();
        let catalogue = Catalogue::open_with(database.url(), clock).await.unwrap();
        catalogue.migrate().await.unwrap();
        let (store, faults, seen) = <(Arc<Store>, Faults, Arc<_>)>::default();
        Self { catalogue, store, faults, seen, roles: vec![], _database: database }
    }

    async fn start(&mut self, claimed: bool) {
        let controller = Controller::new(self.catalogue.clone(), self.store.clone(), Arc::new(Planner));
        let scheduler = Scheduler::new(self.catalogue.clone());
        let dispatcher = Arc::new(Dispatcher::register(self.catalogue.clone(), "here", 2, None).await.unwrap());
        self.roles.push(tokio::spawn(async move { controller.run(pending()).await }));
        self.roles.push(tokio::spawn(async move { scheduler.run(pending()).await }));
        let expiry = dispatcher.clone();
        self.roles.push(tokio::spawn(async move { expiry.run_expiry(pending()).await }));
        for lane in 0..2 {
            let (dispatcher, store, faults, seen) = (dispatcher.clone(), self.store.clone(), self.faults.clone(), self.seen.clone());
            let name = format!("worker-{lane}");
            self.roles.push(tokio::spawn(async move {
                while let Some(lease) = dispatcher.lease(lane, &name, pending()).await.unwrap() {
                    dispatcher.renew(&lease).await.unwrap();
                    dispatcher.progress(lease.task, lease.token, 1, 1).await.unwrap();
                    seen.lock().unwrap().push((name.clone(), lease.spec.clone()));
                    let ended = work(&lease.spec, claimed, &store, &faults);
                    dispatcher.complete(lease.task, lease.token, ended).await.unwrap();
                }
            }));
        }
    }

    async fn import(&self, publish: bool) -> JobId {
        let (breach, dump) = self.breach_and_dump().await;
        let spec = JobSpec::Import {
            breach,
            dumps: vec![dump],
            policy: Policy::Notify,
            plugin: None,
            archive_passwords: vec![],
            publish,
            again: None,
        };
        self.catalogue.create_job(&NewJob::from(spec)).await.unwrap()
    }

    async fn breach_and_dump(&self) -> (BreachId, DumpId) {
        Self::about(&self.catalogue).await
    }

    async fn about(catalogue: &Catalogue) -> (BreachId, DumpId) {
        let about = NewBreach {
            name: "Example".into(),
            title: "Example".into(),
            domain: "example.org".into(),
            breach_date: "2020-02-02".into(),
            description: String::new(),
            logo_path: String::new(),
            attribution: None,
            disclosure_url: None,
            flags: BreachFlags::default(),
        };
        let breach = catalogue.create_breach(&about).await.unwrap();
        let dump = catalogue.create_dump(&NewDump { name: "example.txt".into(), bytes: None }).await.unwrap();
        catalogue.append_part(dump, 0, &Frame { key: "dumps/1/0".into(), bytes: MEMBER }).await.unwrap();
        (breach, catalogue.complete_dump(dump, BlobDigest([1; 32])).await.unwrap())
    }

    async fn until(&self, job: JobId, state: JobState) -> Job {
        for _ in 0..2_400 {
            let found = self.catalogue.job(job).await.unwrap();
            if found.state == state {
                return found;
            }
            assert!(found.finished_at.is_none(), "{found:?}");
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{:?}\n{:#?}", self.catalogue.job(job).await, self.catalogue.tasks(TaskFilter::default(), 100).await);
    }
}

fn work(spec: &TaskSpec, claimed: bool, store: &Store, faults: &Faults) -> Result<TaskOutcome, TaskFailure> {
    let at = if let TaskSpec::Parse { chunk, .. } = spec { chunk.start } else { 0 };
    if let Some((left, kind)) = faults.lock().unwrap().get_mut(&(spec.kind(), at)).filter(|(left, _)| *left > 0) {
        *left -= 1;
        return Err(TaskFailure { offset: Some(at), ..TaskFailure::new(*kind, "as told") });
    }
    Ok(match spec {
        TaskSpec::Stage { parts, .. } => {
            let member = |name: &str, bytes| StagedMember {
                name: name.into(),
                digest: BlobDigest([2; 32]),
                bytes,
                encoding: "UTF-8".into(),
                plugin: claimed.then_some(PluginDigest([3; 32])),
                framing: Framing::Lines,
                claims: vec![],
                source: StagedSource::Reference { parts: parts.clone() },
                parts: vec![],
            };
            let note = MemberNote { name: "folder".into(), reason: "a folder".into(), refused: false };
            TaskOutcome::Staged { members: vec![member("full.txt", MEMBER), member("empty.txt", 0)], notes: vec![note] }
        }
        TaskSpec::Scan { bytes, .. } => {
            let chunk = |start| Chunk { start, end: (start + CHUNK).min(*bytes), context: vec![] };
            TaskOutcome::Scanned { chunks: (0..*bytes).step_by(CHUNK as usize).map(chunk).collect() }
        }
        TaskSpec::Parse { load, chunk, .. } => {
            let bytes = chunk.end - chunk.start;
            let records = bytes / 10;
            store.0.fetch_add(records, Ordering::SeqCst);
            let ledger = Ledger { bytes, record_bytes: bytes, records, stored: records, ..Ledger::default() };
            let object = Frame { key: format!("runs/{load}/{}", chunk.start), bytes: records * 20 };
            TaskOutcome::Parsed { ledger, runs: vec![RunRef { kind: RunKind::Account, object, rows: records }], reject_log: None }
        }
        TaskSpec::Merge { load, runs, .. } => {
            let load = load.unwrap();
            let rows = runs.iter().map(|run| run.rows).sum();
            let object = Frame { key: format!("segments/{load}"), bytes: rows * 20 };
            let segments = vec![SegmentRef { kind: RunKind::Account, object, rows, loads: vec![load] }];
            TaskOutcome::Merged { segments, accounts: rows, passwords: 0 }
        }
        TaskSpec::Count { loads, .. } => TaskOutcome::Counted { accounts: 35 + loads.len() as u64 },
        TaskSpec::Purge { .. } => {
            store.0.store(0, Ordering::SeqCst);
            TaskOutcome::Purged
        }
    })
}

async fn an_import_is_published_and_retracted(engine: Engine) {
    let mut bench = Bench::new(engine).await;
    bench.start(true).await;
    let job = bench.import(true).await;
    let done = bench.until(job, JobState::Done).await;
    assert_eq!((done.progress.bytes_done, done.progress.stored, done.progress.tasks_done), (MEMBER, 35, 1 + 2 + 4 + 1));
    let load = bench.catalogue.load(done.load.unwrap()).await.unwrap();
    assert_eq!((load.state, load.accounts, load.notes.len()), (LoadState::Published, 35, 1));
    let generation = bench.catalogue.generation().await.unwrap();
    assert_eq!((generation.number, &generation.segments), (1, &load.segments));
    assert_eq!(generation.loads, [(load.id, load.breach)]);
    assert!(bench.catalogue.slots().await.unwrap().is_empty());

    let job = bench.catalogue.create_job(&NewJob::from(JobSpec::Retract { load: load.id })).await.unwrap();
    bench.until(job, JobState::Done).await;
    assert_eq!(bench.catalogue.load(load.id).await.unwrap().state, LoadState::Retracted);
    let generation = bench.catalogue.generation().await.unwrap();
    assert_eq!((generation.number, generation.segments, generation.loads), (2, vec![], vec![]));
    let purges = |(_, spec): &(String, TaskSpec)| matches!(spec, TaskSpec::Purge { objects, .. } if objects.len() == 1);
    assert_eq!(bench.seen.lock().unwrap().iter().filter(|seen| purges(seen)).count(), 1);
}

async fn a_store_s_fault_is_tried_again_and_a_plugin_s_is_quarantined(engine: Engine) {
    let mut bench = Bench::new(engine).await;
    bench.faults.lock().unwrap().insert((TaskKind::Parse, 0), (1, FailureKind::Transient));
    bench.faults.lock().unwrap().insert((TaskKind::Parse, 100), (u32::MAX, FailureKind::Plugin));
    bench.start(true).await;
    let job = bench.import(true).await;
    let waiting = bench.until(job, JobState::Waiting).await;
    assert_eq!(waiting.progress.tasks_quarantined, 1);
    let load = bench.catalogue.load(waiting.load.unwrap()).await.unwrap();
    assert_eq!((load.state, load.quarantined_bytes, load.ledger.stored), (LoadState::Verified, CHUNK, 25));
    let quarantined = bench.catalogue.quarantined(load.id).await.unwrap();
    assert_eq!((quarantined.len(), quarantined[0].reproducer.offset), (1, Some(100)));
    let seen = bench.seen.lock().unwrap().clone();
    let tried = |at| seen.iter().filter(move |(_, spec)| matches!(spec, TaskSpec::Parse { chunk, .. } if chunk.start == at));
    assert_eq!((tried(0).count(), tried(100).count()), (2, 2));
    let workers: Vec<_> = tried(100).map(|(worker, _)| worker).collect();
    assert_ne!(workers[0], workers[1], "the second attempt is another worker's");
    assert_eq!(bench.catalogue.generation().await.unwrap().number, 0);

    bench.catalogue.accept_quarantine(load.id).await.unwrap();
    bench.until(job, JobState::Done).await;
    assert_eq!(bench.catalogue.generation().await.unwrap().number, 1);
}

async fn a_broken_dump_fails_its_job_and_a_member_nobody_claims_waits(engine: Engine) {
    let mut bench = Bench::new(engine).await;
    bench.faults.lock().unwrap().insert((TaskKind::Stage, 0), (1, FailureKind::Input));
    bench.start(false).await;
    let job = bench.import(false).await;
    let failed = bench.until(job, JobState::Failed).await;
    assert_eq!(failed.message, "as told");
    let load = bench.catalogue.load(failed.load.unwrap()).await.unwrap();
    assert_eq!((load.state, load.message.as_str()), (LoadState::Failed, "as told"));

    let job = bench.catalogue.create_job(&NewJob::from(failed.spec)).await.unwrap();
    let waiting = bench.until(job, JobState::Waiting).await;
    assert!(waiting.message.starts_with("2 members wait for a plugin"), "{}", waiting.message);
    for member in bench.catalogue.members(waiting.load.unwrap(), None, 10).await.unwrap() {
        bench.catalogue.resolve_member(member.id, sluice_catalogue::Resolution::Skip).await.unwrap();
    }
    bench.until(job, JobState::Done).await;
    let load = bench.catalogue.load(waiting.load.unwrap()).await.unwrap();
    assert_eq!((load.state, load.ledger.skip_bytes), (LoadState::Verified, MEMBER));

    let job = bench.catalogue.create_job(&NewJob::from(waiting.spec)).await.unwrap();
    bench.until(job, JobState::Waiting).await;
    bench.catalogue.cancel_job(job).await.unwrap();
    let cancelled = bench.until(job, JobState::Cancelled).await;
    assert_eq!(bench.catalogue.load(cancelled.load.unwrap()).await.unwrap().state, LoadState::Failed);
}

async fn a_stale_token_is_refused(engine: Engine) {
    let bench = Bench::new(engine).await;
    let controller = Controller::new(bench.catalogue.clone(), bench.store.clone(), Arc::new(Planner));
    bench.import(false).await;
    while controller.reconcile_once().await.unwrap() {}
    let dispatcher = Dispatcher::register(bench.catalogue.clone(), "here", 1, None).await.unwrap();
    let scheduler = Scheduler::new(bench.catalogue.clone());
    assert!(scheduler.reconcile_once().await.unwrap());
    let slots = bench.catalogue.slots().await.unwrap();
    assert_eq!(slots.len(), 1);
    assert!(!slots[0].reason.is_empty());
    let first = dispatcher.lease(0, "worker", pending()).await.unwrap().unwrap();

    // The dispatcher restarts: what it had leased is anybody's.
    let dispatcher = Dispatcher::register(bench.catalogue.clone(), "here", 1, None).await.unwrap();
    let second = dispatcher.lease(0, "worker", pending()).await.unwrap().unwrap();
    assert_eq!(first.task, second.task);
    let ended = || Ok(TaskOutcome::Staged { members: vec![], notes: vec![] });
    let refused = [
        dispatcher.complete(first.task, first.token, ended()).await.unwrap_err(),
        dispatcher.renew(&first).await.unwrap_err(),
        dispatcher.progress(first.task, first.token, 1, 1).await.unwrap_err(),
    ];
    assert!(refused.iter().all(|error| matches!(error, ControlError::Catalogue(Error::Stale { .. }))), "{refused:?}");
    assert_eq!(bench.catalogue.task(first.task).await.unwrap().state, TaskState::Leased);
    dispatcher.complete(second.task, second.token, ended()).await.unwrap();
    assert_eq!(bench.catalogue.task(first.task).await.unwrap().state, TaskState::Done);

    assert!(dispatcher.lease(0, "worker", async {}).await.unwrap().is_none());
    dispatcher.drain().await.unwrap();
    assert!(dispatcher.lease(0, "worker", pending()).await.unwrap().is_none());
}
