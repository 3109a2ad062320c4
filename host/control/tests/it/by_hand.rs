//! The roles turned by hand, with a clock that stands until it is turned: what fails, how often, when it is tried again, and what
//! becomes of it in the end.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use sluice_catalogue::{
    Catalogue, DispatcherState, Job, JobSpec, JobState, LeaseRequest, Load, LoadState, ManualClock, NewJob, TaskFilter, TaskState,
};
use sluice_control::{Controller, Dispatcher, GenerationPlanner};
use sluice_engines::{on_both_engines, sql::Engine};
use sluice_record::{
    Chunk, CutPoint, FailureKind, Frame, JobId, RunKind, SegmentRef, TaskFailure, TaskKind, TaskOutcome, TaskSpec, limits,
};

use crate::{Bench, CHUNK, MEMBER, Store, work};

on_both_engines!(
    a_failing_chunk_is_cut_down_to_the_record_at_fault,
    a_plugin_that_can_read_nothing_is_not_tried_for_ever,
    what_a_store_spoils_again_and_again_waits_for_a_word_and_the_rest_goes_on,
    a_server_that_is_away_for_long_is_waited_for,
    a_task_whose_worker_is_never_heard_of_again_is_set_aside_in_the_end,
    a_dump_or_a_merge_can_t_be_done_without,
    a_failed_import_is_purged_before_it_ends,
    what_was_retracted_stays_for_those_who_still_read_it,
    segments_that_pile_up_are_compacted_and_retracting_is_as_exact_as_before,
    a_draining_dispatcher_leases_nothing,
);

/// Segments the planner here leaves alone.
const SEGMENTS_MAX: usize = 2;
const BEGIN: i64 = 1_000_000;

/// As the ranges plan: a compaction of all there are, and own segments in the place of a copy that goes.
struct Planner;

impl GenerationPlanner for Planner {
    fn publish(&self, current: &[SegmentRef], own: &[SegmentRef]) -> Result<Vec<SegmentRef>, String> {
        Ok([current, own].concat())
    }

    fn retract(&self, current: &[SegmentRef], own: &[SegmentRef], load: sluice_record::LoadId) -> Result<Vec<SegmentRef>, String> {
        let (gone, mut kept): (Vec<_>, Vec<_>) = current.iter().cloned().partition(|segment| segment.loads.contains(&load));
        let others = gone.iter().flat_map(|segment| &segment.loads).filter(|other| **other != load);
        kept.extend(others.map(|other| own.iter().find(|own| own.loads == [*other]).unwrap().clone()));
        Ok(kept)
    }

    fn compactions(&self, current: &[SegmentRef]) -> Vec<Vec<SegmentRef>> {
        if current.len() > SEGMENTS_MAX { vec![current.to_vec()] } else { vec![] }
    }

    fn compacted(&self, current: &[SegmentRef], inputs: &[SegmentRef], merged: &SegmentRef) -> Option<Vec<SegmentRef>> {
        let (taken, mut kept): (Vec<_>, Vec<_>) = current.iter().cloned().partition(|segment| inputs.contains(segment));
        kept.push(merged.clone());
        (taken.len() == inputs.len()).then_some(kept)
    }
}

/// What a task comes to, if it is not as usual.
type Script = Box<dyn FnMut(&TaskSpec) -> Option<Result<TaskOutcome, TaskFailure>>>;

pub(crate) struct Rig {
    pub(crate) bench: Bench,
    pub(crate) clock: ManualClock,
    controller: Controller,
    dispatcher: Dispatcher,
    script: Script,
    /// Specs that were leased, in order, with the time and who had them.
    pub(crate) seen: Vec<(i64, u32, TaskSpec)>,
}

impl Rig {
    pub(crate) async fn new(engine: Engine, script: impl FnMut(&TaskSpec) -> Option<Result<TaskOutcome, TaskFailure>> + 'static) -> Self {
        let clock = ManualClock::at(BEGIN);
        let bench = Bench::with_clock(engine, Arc::new(clock.clone())).await;
        let controller = Controller::new(bench.catalogue.clone(), bench.store.clone(), Arc::new(Planner));
        let dispatcher = Dispatcher::register(bench.catalogue.clone(), "here", 2, None).await.unwrap();
        Self { bench, clock, controller, dispatcher, script: Box::new(script), seen: vec![] }
    }

    pub(crate) fn catalogue(&self) -> &Catalogue {
        &self.bench.catalogue
    }

    /// Until nothing can be done before the clock is turned.
    async fn turn(&mut self) {
        loop {
            while self.controller.reconcile_once().await.unwrap() {}
            let mut worked = false;
            for lane in 0..2 {
                let Some(lease) = self.dispatcher.lease(lane, &format!("worker-{lane}"), async {}).await.unwrap() else { continue };
                worked = true;
                self.seen.push((self.catalogue().now(), lane, lease.spec.clone()));
                let scripted = (self.script)(&lease.spec);
                let ended = scripted.unwrap_or_else(|| usual(&lease.spec, lease.task.0, &self.bench.store));
                self.dispatcher.complete(lease.task, lease.token, ended).await.unwrap();
            }
            if !worked {
                return;
            }
        }
    }

    /// As [`Rig::turn`], turning the clock on while there is something that waits for it.
    pub(crate) async fn turn_on(&mut self) {
        loop {
            self.turn().await;
            let queued = TaskFilter { state: Some(TaskState::Queued), ..TaskFilter::default() };
            let tasks = self.catalogue().tasks(queued, 1_000).await.unwrap();
            let Some(next) = tasks.iter().map(|task| task.not_before).filter(|at| *at > self.catalogue().now()).min() else { return };
            self.clock.advance(next - self.catalogue().now());
        }
    }

    pub(crate) async fn job(&self, job: JobId) -> Job {
        self.catalogue().job(job).await.unwrap()
    }

    pub(crate) async fn load_of(&self, job: JobId) -> Load {
        self.catalogue().load(self.job(job).await.load.unwrap()).await.unwrap()
    }

    pub(crate) async fn again(&self, job: JobId) -> JobId {
        self.catalogue().create_job(&NewJob::from(self.job(job).await.spec)).await.unwrap()
    }

    fn times(&self, kind: TaskKind) -> Vec<i64> {
        self.seen.iter().filter(|(_, _, spec)| spec.kind() == kind).map(|(at, ..)| at - BEGIN).collect()
    }
}

pub(crate) fn usual(spec: &TaskSpec, task: i64, store: &Store) -> Result<TaskOutcome, TaskFailure> {
    match spec {
        TaskSpec::Merge { load: None, segments, keep, .. } => {
            let object = Frame { key: format!("segments/compacted-{task}"), bytes: 1 };
            let rows = segments.iter().map(|segment| segment.rows).sum();
            let merged = SegmentRef { kind: RunKind::Account, object, rows, loads: keep.clone() };
            Ok(TaskOutcome::Merged { segments: vec![merged], accounts: rows, passwords: 0 })
        }
        _ => work(spec, true, store, &Arc::default()),
    }
}

/// Fails at the first of these bytes in a chunk, and says that a record of `grain` bytes is there.
fn bad_bytes(bad: &'static [u64], grain: u64) -> impl FnMut(&TaskSpec) -> Option<Result<TaskOutcome, TaskFailure>> {
    move |spec| {
        let TaskSpec::Parse { chunk, .. } = spec else { return None };
        let at = bad.iter().find(|at| (chunk.start..chunk.end).contains(at))? / grain * grain;
        let cuts = [at, at + grain].into_iter().filter(|cut| chunk.start < *cut && *cut < chunk.end);
        let cuts = cuts.map(|offset| CutPoint { offset, context: vec![7] }).collect();
        Some(Err(TaskFailure { offset: Some(at), cuts, ..TaskFailure::new(FailureKind::Plugin, "as told") }))
    }
}

async fn a_failing_chunk_is_cut_down_to_the_record_at_fault(engine: Engine) {
    let mut rig = Rig::new(engine, bad_bytes(&[105, 341, 349], 10)).await;
    let job = rig.bench.import(true).await;
    rig.turn_on().await;
    let (waiting, load) = (rig.job(job).await, rig.load_of(job).await);
    assert_eq!((waiting.state, waiting.progress.tasks_quarantined), (JobState::Waiting, 2), "{waiting:?}");
    assert_eq!((load.state, load.quarantined_bytes, load.ledger.stored), (LoadState::Verified, 20, 33));
    let quarantined = rig.catalogue().quarantined(load.id).await.unwrap();
    let ranges: BTreeSet<_> = quarantined
        .iter()
        .map(|task| {
            let TaskSpec::Parse { chunk, .. } = &task.reproducer.spec else { panic!("{task:?}") };
            (chunk.start, chunk.end, chunk.context.clone(), task.reproducer.offset)
        })
        .collect();
    // The second one is the last of its chunk; each has the context its cut was given.
    assert_eq!(ranges, [(100, 110, vec![], Some(100)), (340, 350, vec![7], Some(340))].into());
    let whole: Vec<_> = rig
        .seen
        .iter()
        .filter(|(_, _, spec)| matches!(spec, TaskSpec::Parse { chunk, .. } if (chunk.start, chunk.end) == (100, 200)))
        .map(|(_, lane, _)| *lane)
        .collect();
    assert_eq!(whole.len(), 2, "a whole chunk is tried twice before it is cut");
    assert_ne!(whole[0], whole[1], "and the second time by another worker");
    rig.catalogue().accept_quarantine(load.id).await.unwrap();
    rig.turn_on().await;
    assert_eq!(rig.job(job).await.state, JobState::Done);
}

async fn a_plugin_that_can_read_nothing_is_not_tried_for_ever(engine: Engine) {
    const ALL: &[u64] = &{
        let mut all = [0; MEMBER as usize];
        let mut at = 0;
        while at < all.len() {
            all[at] = at as u64;
            at += 1;
        }
        all
    };
    let mut rig = Rig::new(engine, bad_bytes(ALL, 1)).await;
    let job = rig.bench.import(false).await;
    rig.turn_on().await;
    let load = rig.load_of(job).await;
    assert_eq!((rig.job(job).await.state, load.state, load.quarantined_bytes), (JobState::Done, LoadState::Verified, MEMBER));
    let pieces = rig.catalogue().split_tasks(job).await.unwrap();
    assert!((60..80).contains(&pieces), "{pieces} of {MEMBER} records");
    assert!(rig.times(TaskKind::Parse).len() as u64 <= 4 * pieces);
}

async fn what_a_store_spoils_again_and_again_waits_for_a_word_and_the_rest_goes_on(engine: Engine) {
    let broken = Arc::new(Mutex::new(true));
    let is_broken = broken.clone();
    let mut rig = Rig::new(engine, move |spec| {
        let failing = matches!(spec, TaskSpec::Parse { chunk, .. } if chunk.start == CHUNK) && *is_broken.lock().unwrap();
        failing.then(|| Err(TaskFailure::new(FailureKind::Transient, "no room")))
    })
    .await;
    let job = rig.bench.import(true).await;
    rig.turn_on().await;
    let waiting = rig.job(job).await;
    assert_eq!((waiting.state, waiting.progress.tasks_quarantined, waiting.progress.stored), (JobState::Waiting, 1, 25));
    assert!(waiting.message.contains("no room") && waiting.hint.contains("sluice tasks retry"), "{waiting:?}");
    let mut times = rig.times(TaskKind::Parse);
    times.retain(|at| *at > 0);
    assert_eq!(times, [1_000, 3_000, 7_000, 15_000], "each pause is twice the one before");
    assert_eq!(times.len() + 1, limits::TASK_ATTEMPTS_MAX as usize);
    assert_eq!(rig.load_of(job).await.state, LoadState::Parsing, "nothing is merged without it");

    // Mended, and told so: it ends as if nothing had been.
    *broken.lock().unwrap() = false;
    let quarantined = rig.catalogue().quarantined(waiting.load.unwrap()).await.unwrap();
    rig.catalogue().release_quarantine(quarantined[0].task).await.unwrap();
    rig.turn_on().await;
    let (done, load) = (rig.job(job).await, rig.load_of(job).await);
    assert_eq!((done.state, load.state, load.ledger.stored), (JobState::Done, LoadState::Published, 35));

    // Given up instead: the load goes on without the chunk.
    *broken.lock().unwrap() = true;
    let job = rig.again(job).await;
    rig.bench.store.0.store(0, std::sync::atomic::Ordering::SeqCst);
    rig.turn_on().await;
    assert_eq!(rig.job(job).await.state, JobState::Waiting);
    rig.catalogue().accept_quarantine(rig.load_of(job).await.id).await.unwrap();
    rig.turn_on().await;
    let load = rig.load_of(job).await;
    assert_eq!((load.state, load.quarantined_bytes, load.ledger.stored), (LoadState::Published, CHUNK, 25));
}

async fn a_server_that_is_away_for_long_is_waited_for(engine: Engine) {
    let asked = Arc::new(Mutex::new((0, 30))); // how often it was asked, and how often it is away
    let script = asked.clone();
    let mut rig = Rig::new(engine, move |spec| {
        let TaskSpec::Parse { chunk: Chunk { start: CHUNK, .. }, .. } = spec else { return None };
        let (asked, away) = &mut *script.lock().unwrap();
        *asked += 1;
        (asked <= away).then(|| Err(TaskFailure { outage: true, ..TaskFailure::new(FailureKind::Transient, "nobody answers") }))
    })
    .await;
    let job = rig.bench.import(true).await;
    rig.turn().await;
    let queued = TaskFilter { job: Some(job), state: Some(TaskState::Queued), ..TaskFilter::default() };
    let waiting = rig.catalogue().tasks(queued, 100).await.unwrap().iter().find(|task| task.failure.is_some()).unwrap().id;
    let told = rig.catalogue().explain(waiting).await.unwrap().because.join("; ");
    assert!(told.contains("not to run for") && told.contains("nobody answers"), "{told}");
    rig.turn_on().await;
    let (done, load) = (rig.job(job).await, rig.load_of(job).await);
    assert_eq!((done.state, load.ledger.stored, asked.lock().unwrap().0), (JobState::Done, 35, 31));
    let mut times = rig.times(TaskKind::Parse);
    times.retain(|at| *at > 0);
    assert_eq!(times[..8], [1_000, 3_000, 7_000, 15_000, 31_000, 63_000, 123_000, 183_000], "a minute apart in the end");
    let tasks = rig.catalogue().tasks(TaskFilter { job: Some(job), ..TaskFilter::default() }, 100).await.unwrap();
    assert!(tasks.iter().all(|task| task.attempts == 1), "none of it counts as an attempt");

    // One that never comes back is told of, and the job waits for a word.
    *asked.lock().unwrap() = (0, u32::MAX);
    let job = rig.again(job).await;
    rig.bench.store.0.store(0, std::sync::atomic::Ordering::SeqCst);
    rig.turn_on().await;
    let waiting = rig.job(job).await;
    assert_eq!((waiting.state, waiting.progress.tasks_quarantined), (JobState::Waiting, 1), "{waiting:?}");
    assert_eq!(asked.lock().unwrap().0, limits::TASK_OUTAGES_MAX + limits::TASK_ATTEMPTS_MAX);
}

async fn a_task_whose_worker_is_never_heard_of_again_is_set_aside_in_the_end(engine: Engine) {
    const LOSSES: i64 = 32;
    let mut rig = Rig::new(engine, |_| None).await;
    let job = rig.bench.import(true).await;
    let mut leases = 0;
    loop {
        while rig.controller.reconcile_once().await.unwrap() {}
        let Some(lease) = rig.dispatcher.lease(0, "worker", async {}).await.unwrap() else { break };
        assert_eq!(lease.attempt, 1, "none of it counts as an attempt");
        leases += 1;
        rig.clock.advance(limits::LEASE_MS + 1);
        assert_eq!(rig.catalogue().expire_leases().await.unwrap(), 1);
        rig.clock.advance(10_000); // for so long others are to have it
    }
    let waiting = rig.job(job).await;
    assert_eq!((leases, waiting.state, waiting.progress.tasks_quarantined), (LOSSES, JobState::Waiting, 1));
    assert!(waiting.message.contains("failed 32 times") && waiting.message.contains("no word came"), "{waiting:?}");
    let quarantined = rig.catalogue().quarantined(waiting.load.unwrap()).await.unwrap();
    rig.catalogue().release_quarantine(quarantined[0].task).await.unwrap();
    rig.turn_on().await;
    assert_eq!(rig.job(job).await.state, JobState::Done);
}

async fn a_dump_or_a_merge_can_t_be_done_without(engine: Engine) {
    for kind in [TaskKind::Stage, TaskKind::Merge] {
        let broken = Arc::new(Mutex::new(true));
        let is_broken = broken.clone();
        let mut rig = Rig::new(engine, move |spec| {
            let failing = spec.kind() == kind && *is_broken.lock().unwrap();
            failing.then(|| Err(TaskFailure::new(FailureKind::Transient, "no room")))
        })
        .await;
        let job = rig.bench.import(true).await;
        rig.turn_on().await;
        let waiting = rig.job(job).await;
        assert_eq!(waiting.state, JobState::Waiting, "{kind:?}: {waiting:?}");
        rig.catalogue().accept_quarantine(waiting.load.unwrap()).await.unwrap();
        rig.turn_on().await;
        assert_eq!(rig.job(job).await.state, JobState::Waiting, "{kind:?} is not to be accepted");
        *broken.lock().unwrap() = false;
        let quarantined = rig.catalogue().quarantined(waiting.load.unwrap()).await.unwrap();
        rig.catalogue().release_quarantine(quarantined[0].task).await.unwrap();
        rig.turn_on().await;
        assert_eq!(rig.job(job).await.state, JobState::Done, "{kind:?}");
    }
}

async fn a_failed_import_is_purged_before_it_ends(engine: Engine) {
    let mut rig = Rig::new(engine, |spec| {
        let all = matches!(spec, TaskSpec::Scan { bytes, .. } if *bytes > 0);
        // Chunks that do not cover their member: nothing of it can be believed.
        all.then(|| Ok(TaskOutcome::Scanned { chunks: vec![] }))
    })
    .await;
    let job = rig.bench.import(true).await;
    rig.turn_on().await;
    let (failed, load) = (rig.job(job).await, rig.load_of(job).await);
    assert_eq!((failed.state, load.state), (JobState::Failed, LoadState::Failed));
    assert!(failed.message.contains("do not cover") && !failed.hint.is_empty(), "{failed:?}");
    let purged = |(_, _, spec): &&(i64, u32, TaskSpec)| matches!(spec, TaskSpec::Purge { load: Some(purged), .. } if *purged == load.id);
    assert_eq!(rig.seen.iter().filter(purged).count(), 1);

    // One that doesn't balance leaves nothing either.
    let job = {
        rig.script = Box::new(|_| None);
        rig.bench.store.0.store(1, std::sync::atomic::Ordering::SeqCst);
        rig.again(job).await
    };
    rig.turn_on().await;
    let (failed, load) = (rig.job(job).await, rig.load_of(job).await);
    assert_eq!((failed.state, load.state), (JobState::Failed, LoadState::Unbalanced), "{failed:?}");
    assert!(failed.message.contains("holds 36 records"), "{failed:?}");
    assert!(matches!(rig.seen.last(), Some((_, _, TaskSpec::Purge { load: Some(purged), .. })) if *purged == load.id));
}

async fn what_was_retracted_stays_for_those_who_still_read_it(engine: Engine) {
    let mut rig = Rig::new(engine, |_| None).await;
    let job = rig.bench.import(true).await;
    rig.turn_on().await;
    let load = rig.load_of(job).await;
    let retract = rig.catalogue().create_job(&NewJob::from(JobSpec::Retract { load: load.id })).await.unwrap();
    rig.turn().await;
    assert_eq!((rig.load_of(job).await.state, rig.job(retract).await.state), (LoadState::Retracted, JobState::Running));
    assert_eq!(rig.times(TaskKind::Purge), [0; 0]);
    rig.turn_on().await;
    assert_eq!((rig.times(TaskKind::Purge), rig.job(retract).await.state), (vec![5_000], JobState::Done));
}

async fn segments_that_pile_up_are_compacted_and_retracting_is_as_exact_as_before(engine: Engine) {
    let mut rig = Rig::new(engine, |_| None).await;
    let mut imports = vec![rig.bench.import(true).await];
    rig.turn_on().await;
    for _ in 0..2 {
        rig.bench.store.0.store(0, std::sync::atomic::Ordering::SeqCst); // counts one load at a time
        imports.push(rig.again(imports[0]).await);
        rig.turn_on().await;
    }
    let mut loads = vec![];
    for import in &imports {
        loads.push(rig.load_of(*import).await);
    }
    let current = rig.catalogue().generation().await.unwrap();
    let covered: Vec<_> = loads.iter().map(|load| load.id).collect();
    assert_eq!((current.segments.len(), &current.segments[0].loads), (1, &covered));
    let copy = current.segments[0].object.clone();
    let compact = rig.catalogue().jobs(1).await.unwrap().remove(0);
    assert_eq!((&compact.spec, compact.state), (&JobSpec::Compact, JobState::Done));
    assert_eq!(rig.times(TaskKind::Purge), [0; 0], "a load's own segments stay");
    assert_eq!(rig.catalogue().breach(loads[0].breach).await.unwrap().pwn_count, 35 + 3, "counted together");

    // One is retracted: the others' own segments are back, and the copy goes with it.
    let spec = JobSpec::Retract { load: covered[1] };
    rig.catalogue().create_job(&NewJob::from(spec)).await.unwrap();
    rig.turn_on().await;
    let current = rig.catalogue().generation().await.unwrap().segments;
    assert_eq!(current, [loads[0].segments.clone(), loads[2].segments.clone()].concat());
    assert_eq!(rig.catalogue().breach(loads[0].breach).await.unwrap().pwn_count, 35 + 2, "counted anew");
    let purged = rig.seen.iter().rev().find_map(|(_, _, spec)| match spec {
        TaskSpec::Purge { load: Some(_), objects } => Some(objects),
        _ => None,
    });
    assert_eq!(purged.unwrap(), &[loads[1].segments[0].object.clone(), copy]);

    // While the next compaction is under way one of its inputs goes by: what it merged is thrown away.
    let mut failed = false;
    rig.script = Box::new(move |spec| {
        let first = matches!(spec, TaskSpec::Merge { load: None, .. }) && !std::mem::replace(&mut failed, true);
        first.then(|| Err(TaskFailure::new(FailureKind::Transient, "a moment")))
    });
    rig.bench.store.0.store(0, std::sync::atomic::Ordering::SeqCst);
    let third = rig.again(imports[0]).await;
    rig.turn().await;
    rig.catalogue().create_job(&NewJob::from(JobSpec::Retract { load: covered[0] })).await.unwrap();
    rig.turn_on().await;
    let third = rig.load_of(third).await;
    let current = rig.catalogue().generation().await.unwrap().segments;
    assert_eq!(current, [loads[2].segments.clone(), third.segments].concat());
    let thrown_away = rig.seen.iter().filter_map(|(_, _, spec)| match spec {
        TaskSpec::Purge { load: None, objects } => Some(objects),
        _ => None,
    });
    let thrown_away: Vec<_> = thrown_away.collect();
    assert!(thrown_away.len() == 1 && thrown_away[0].len() == 1, "{thrown_away:?}");
    assert!(thrown_away[0][0].key.starts_with("segments/compacted-"));
}

async fn a_draining_dispatcher_leases_nothing(engine: Engine) {
    let rig = Rig::new(engine, |_| None).await;
    rig.bench.import(false).await;
    while rig.controller.reconcile_once().await.unwrap() {}
    let id = rig.dispatcher.id();
    let kinds = vec![TaskKind::Stage];
    let request = LeaseRequest { dispatcher: id, lane: 0, worker: "late".into(), kinds, lease_ms: limits::LEASE_MS };
    rig.catalogue().dispatcher_seen(id, DispatcherState::Draining).await.unwrap();
    // Not by the dispatcher's own word alone: a worker elsewhere may ask a catalogue that knows more.
    assert_eq!(rig.catalogue().lease(&request).await.unwrap(), None);
    rig.catalogue().dispatcher_seen(id, DispatcherState::Active).await.unwrap();
    assert!(rig.catalogue().lease(&request).await.unwrap().is_some());
}
