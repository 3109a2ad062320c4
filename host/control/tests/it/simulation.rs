//! Control, workers and a record store in virtual time, under a seed.
//!
//! The roles are the real ones, over a real catalogue; workers, network and record store are models of the real ones. Every actor is a
//! future that stops before each of its transactions, and the seed says who goes on: so any two steps of any two actors may come in either
//! order, and an actor may die, or sleep through its lease, between any two of its own. After every step what queries would see is
//! compared with what the store holds. A seed that fails is replayed by `SLUICE_SEED=N cargo test --workspace simulation`; `SLUICE_SEEDS`
//! says how many are tried.

#![allow(clippy::print_stdout)] // what the seeds came to

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet, HashMap},
    env, fs,
    future::{Future, poll_fn},
    path::{Path, PathBuf},
    pin::Pin,
    rc::Rc,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    task::Poll,
    thread,
};

use async_trait::async_trait;
use rand::{Rng, SeedableRng, rngs::StdRng};
use sluice_catalogue::{Catalogue, Clock, Error, JobSpec, JobState, Lease, LoadState, NewJob, TaskFilter, Turn, UnixMs, sqlite_url};
use sluice_control::{ControlError, Controller, Dispatcher, GenerationPlanner, Scheduler, StoreCount};
use sluice_record::{
    FailureKind, FencingToken, Frame, JobId, Ledger, LoadId, RunKind, RunRef, SegmentRef, TaskFailure, TaskId, TaskOutcome, TaskSpec,
    limits,
};

use crate::{Bench, MEMBER, Planner, work};

/// Seeds tried unless `SLUICE_SEEDS` says otherwise.
const SEEDS: u64 = 100;
/// Steps in which faults happen; then all must come to its end.
const FAULT_STEPS: usize = 400;
/// Steps after which nothing will come of it any more.
const STEPS_MAX: usize = 20_000;
const WORKERS: usize = 3;
/// Bytes of a record.
const RECORD: u64 = 10;

/// A bug to be found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Bug {
    None,
    /// A result counts whoever hands it in.
    NoFencing,
    /// A worker says that it is done, and then writes.
    AckBeforeWrite,
    /// A load is visible before its segments are.
    PublishInTwoSteps,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Fault {
    Crash,
    Pause,
    LostReply,
    LostMessage,
    DelayedMessage,
    DuplicatedMessage,
    Partition,
    StoreRestart,
    StoreAway,
    ClockJump,
}

// ── who goes on ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// Lets one transaction through at a time.
#[derive(Default, Debug)]
struct Gate(Mutex<GateState>);

#[derive(Default, Debug)]
struct GateState {
    is_open: bool,
    is_waited_at: bool,
}

impl Gate {
    fn turn(self: &Arc<Self>) -> Turn {
        let gate = Arc::clone(self);
        Box::pin(poll_fn(move |_| {
            let mut state = gate.0.lock().unwrap();
            if std::mem::take(&mut state.is_open) {
                return Poll::Ready(());
            }
            state.is_waited_at = true;
            Poll::Pending
        }))
    }

    /// Lets an actor go on to its next transaction; `true` if it came to its end.
    async fn run(&self, actor: &mut Actor) -> bool {
        *self.0.lock().unwrap() = GateState { is_open: true, is_waited_at: false };
        poll_fn(|context| match actor.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(true),
            Poll::Pending if std::mem::take(&mut self.0.lock().unwrap().is_waited_at) => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        })
        .await
    }
}

type Actor = Pin<Box<dyn Future<Output = ()>>>;

/// A machine's clock, which is not quite another's.
#[derive(Debug)]
struct Skewed {
    now: Arc<AtomicI64>,
    skew_ms: i64,
    gate: Arc<Gate>,
}

impl Clock for Skewed {
    fn now(&self) -> UnixMs {
        self.now.load(Ordering::Relaxed) + self.skew_ms
    }

    fn turn(&self) -> Option<Turn> {
        Some(self.gate.turn())
    }
}

// ── the record store ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// As the trait of record stores says: by attempts, and nothing counts that was not committed.
#[derive(Default)]
struct Store(Mutex<Stored>);

#[derive(Default)]
struct Stored {
    tasks: BTreeMap<TaskId, StoredTask>,
    attempts: u64,
    is_away: bool,
}

struct StoredTask {
    load: LoadId,
    lease: FencingToken,
    attempt: u64,
    has_committed: bool,
    written: Vec<u64>,
    committed: Vec<u64>,
}

impl Store {
    fn begin(&self, load: LoadId, task: TaskId, lease: FencingToken) -> Result<u64, TaskFailure> {
        let mut stored = self.0.lock().unwrap();
        stored.attempts += 1;
        let attempt = stored.attempts;
        if stored.is_away {
            return Err(away());
        }
        let committed = match stored.tasks.remove(&task) {
            Some(newest) if newest.lease > lease => {
                stored.tasks.insert(task, newest);
                return Err(away());
            }
            Some(older) => older.committed,
            None => vec![],
        };
        stored.tasks.insert(task, StoredTask { load, lease, attempt, has_committed: false, written: vec![], committed });
        Ok(attempt)
    }

    fn of<T>(&self, task: TaskId, attempt: u64, done: impl FnOnce(&mut StoredTask) -> T) -> Result<T, TaskFailure> {
        let mut stored = self.0.lock().unwrap();
        match stored.tasks.get_mut(&task).filter(|found| found.attempt == attempt) {
            Some(found) => Ok(done(found)).and_then(|done| if stored.is_away { Err(away()) } else { Ok(done) }),
            None => Err(away()),
        }
    }

    fn write(&self, task: TaskId, attempt: u64, records: Vec<u64>) -> Result<(), TaskFailure> {
        self.of(task, attempt, |found| found.written.extend(records))
    }

    fn commit(&self, task: TaskId, attempt: u64) -> Result<(), TaskFailure> {
        if self.0.lock().unwrap().is_away {
            return Err(away());
        }
        self.of(task, attempt, |found| {
            if !std::mem::replace(&mut found.has_committed, true) {
                found.committed.clear();
            }
            let written = std::mem::take(&mut found.written);
            found.committed.extend(written);
        })
    }

    fn purge(&self, load: LoadId) {
        self.0.lock().unwrap().tasks.retain(|_, task| task.load != load);
    }

    /// What was not committed is gone, and with it whoever was writing.
    fn restart(&self) {
        for task in self.0.lock().unwrap().tasks.values_mut() {
            task.written.clear();
            task.attempt = 0;
        }
    }

    fn records(&self, load: LoadId) -> Vec<u64> {
        let stored = self.0.lock().unwrap();
        let mut records: Vec<u64> =
            stored.tasks.values().filter(|task| task.load == load).flat_map(|task| task.committed.clone()).collect();
        records.sort_unstable();
        records
    }
}

fn away() -> TaskFailure {
    TaskFailure::new(FailureKind::Transient, "the store is away")
}

#[async_trait]
impl StoreCount for Store {
    async fn stored(&self, load: LoadId) -> Result<u64, String> {
        Ok(self.records(load).len() as u64)
    }
}

/// Leaves a load's own segments out, for somebody to bring them afterwards.
struct Forgetful;

impl GenerationPlanner for Forgetful {
    fn publish(&self, current: &[SegmentRef], _: &[SegmentRef]) -> Result<Vec<SegmentRef>, String> {
        Ok(current.to_vec())
    }

    fn retract(&self, current: &[SegmentRef], own: &[SegmentRef], load: LoadId) -> Result<Vec<SegmentRef>, String> {
        Planner.retract(current, own, load)
    }

    fn compactions(&self, _: &[SegmentRef]) -> Vec<Vec<SegmentRef>> {
        vec![]
    }

    fn compacted(&self, _: &[SegmentRef], _: &[SegmentRef], _: &SegmentRef) -> Option<Vec<SegmentRef>> {
        None
    }
}

// ── the world ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// A result on its way.
type Message = (usize, TaskId, FencingToken, Result<TaskOutcome, TaskFailure>);

struct World {
    bug: Bug,
    rng: RefCell<StdRng>,
    gate: Arc<Gate>,
    now: Arc<AtomicI64>,
    /// Two machines' views of one catalogue, each by its own clock.
    sites: [Catalogue; 2],
    dispatchers: RefCell<[Arc<Dispatcher>; 2]>,
    store: Arc<Store>,
    messages: RefCell<Vec<Message>>,
    cut_off_until: Cell<i64>,
    faults: RefCell<BTreeMap<Fault, u64>>,
    has_faults: Cell<bool>,
    did: Cell<bool>,
    /// Was the record store changed?
    did_store: Cell<bool>,
}

impl World {
    /// Once in so many times, while faults happen.
    fn fault(&self, once_in: u32, fault: Fault) -> bool {
        let happens = self.has_faults.get() && self.rng.borrow_mut().random_ratio(1, once_in);
        if happens {
            *self.faults.borrow_mut().entry(fault).or_default() += 1;
        }
        happens
    }

    fn below(&self, end: usize) -> usize {
        self.rng.borrow_mut().random_range(0..end)
    }

    fn now(&self) -> i64 {
        self.now.load(Ordering::Relaxed)
    }

    fn advance(&self, ms: usize) {
        self.now.fetch_add(ms as i64, Ordering::Relaxed);
    }

    /// What an actor starts anew with.
    fn actor(self: &Rc<Self>, number: usize) -> Actor {
        let world = Rc::clone(self);
        match number {
            0 | 1 => Box::pin(async move {
                let planner: Arc<dyn GenerationPlanner> =
                    if world.bug == Bug::PublishInTwoSteps { Arc::new(Forgetful) } else { Arc::new(Planner) };
                let controller = Controller::new(world.sites[number].clone(), world.store.clone(), planner);
                world.note(controller.reconcile_once().await.unwrap_or(true));
            }),
            2 | 3 => Box::pin(async move {
                world.note(Scheduler::new(world.sites[number - 2].clone()).reconcile_once().await.unwrap_or(true));
            }),
            4 | 5 => Box::pin(async move { world.watch(number - 4).await }),
            6 => Box::pin(async move { world.deliver().await }),
            7 => Box::pin(async move { world.operate().await }),
            _ => Box::pin(async move { world.work(number - 8).await }),
        }
    }

    fn note(&self, did: bool) {
        self.did.set(self.did.get() || did);
    }

    /// A dispatcher's watch; now and then it starts anew, and what it had leased is void.
    async fn watch(&self, site: usize) {
        if self.fault(30, Fault::Crash) {
            let anew = Dispatcher::register(self.sites[site].clone(), &format!("dispatcher-{site}"), 2).await.unwrap();
            self.dispatchers.borrow_mut()[site] = Arc::new(anew);
        }
        self.note(self.sites[site].expire_leases().await.unwrap() > 0);
        let id = self.dispatchers.borrow()[site].id();
        self.sites[site].dispatcher_seen(id, sluice_catalogue::DispatcherState::Active).await.unwrap();
    }

    async fn deliver(&self) {
        let count = self.messages.borrow().len();
        if count > 0 {
            let message = self.messages.borrow_mut().swap_remove(self.below(count));
            self.complete(message).await;
        }
    }

    async fn complete(&self, (site, task, token, ended): Message) {
        let dispatcher = self.dispatchers.borrow()[site].clone();
        let token = if self.bug == Bug::NoFencing { self.sites[site].task(task).await.unwrap().token } else { token };
        self.note(dispatcher.complete(task, token, ended).await.is_ok());
    }

    /// What an operator does: look at what waits, and bring what a forgetful planner left out.
    async fn operate(&self) {
        let catalogue = &self.sites[0];
        let generation = catalogue.generation().await.unwrap();
        for (load, _) in &generation.loads {
            let own = catalogue.load(*load).await.unwrap().segments;
            if self.bug == Bug::PublishInTwoSteps && !generation.segments.iter().any(|segment| segment.loads.contains(load)) {
                let _ = catalogue.replace_segments(&[generation.segments.clone(), own].concat(), generation.number).await;
            }
        }
        for job in catalogue.open_jobs().await.unwrap() {
            if let (JobState::Waiting, Some(load)) = (job.state, job.load) {
                self.note(catalogue.accept_quarantine(load).await.is_ok());
            }
        }
    }

    async fn work(&self, worker: usize) {
        let site = worker % 2;
        if self.cut_off_until.get() > self.now() {
            return;
        }
        let dispatcher = self.dispatchers.borrow()[site].clone();
        let Ok(Some(lease)) = dispatcher.lease((worker / 2) as u32, &format!("worker-{worker}"), async {}).await else { return };
        self.note(true);
        if self.fault(15, Fault::LostReply) {
            return;
        }
        let Some(ended) = self.task(&dispatcher, &lease).await else { return };
        self.hand_in((site, lease.task, lease.token, ended)).await;
    }

    async fn hand_in(&self, message: Message) {
        if self.fault(15, Fault::LostMessage) {
            return;
        }
        if self.fault(6, Fault::DuplicatedMessage) {
            self.messages.borrow_mut().push(message.clone());
        }
        if self.fault(5, Fault::DelayedMessage) || self.cut_off_until.get() > self.now() {
            self.messages.borrow_mut().push(message);
            return;
        }
        self.complete(message).await;
    }

    /// What a worker makes of a task; `None` if it has handed that in already.
    async fn task(&self, dispatcher: &Dispatcher, lease: &Lease) -> Option<Result<TaskOutcome, TaskFailure>> {
        let (task, token) = (lease.task, lease.token);
        match &lease.spec {
            TaskSpec::Parse { load, .. } => match self.parse(dispatcher, lease).await {
                Ok(outcome) => outcome.map(Ok),
                Err(failure) => {
                    // As a worker takes back what a failed attempt wrote.
                    if let Ok(attempt) = self.store.begin(*load, task, token) {
                        self.gate.turn().await;
                        self.did_store.set(true);
                        let _ = self.store.commit(task, attempt);
                    }
                    Some(Err(failure))
                }
            },
            TaskSpec::Purge { load, .. } => {
                self.gate.turn().await;
                self.did_store.set(true);
                load.iter().for_each(|load| self.store.purge(*load));
                Some(Ok(TaskOutcome::Purged))
            }
            spec => {
                self.gate.turn().await;
                Some(work(spec, true, &crate::Store::default(), &Arc::default()))
            }
        }
    }

    async fn parse(&self, dispatcher: &Dispatcher, lease: &Lease) -> Result<Option<TaskOutcome>, TaskFailure> {
        let TaskSpec::Parse { load, chunk, .. } = &lease.spec else { return Ok(None) };
        let attempt = self.store.begin(*load, lease.task, lease.token)?;
        let records: Vec<u64> = (chunk.start / RECORD..chunk.end / RECORD).collect();
        let halves = records.split_at(records.len() / 2);
        for half in [halves.0, halves.1] {
            self.gate.turn().await;
            self.store.write(lease.task, attempt, half.to_vec())?;
            if self.cut_off_until.get() <= self.now()
                && let Err(ControlError::Catalogue(Error::Stale { .. })) = dispatcher.renew(lease).await
            {
                return Err(TaskFailure::new(FailureKind::Cancelled, "the lease is lost"));
            }
        }
        let (bytes, count) = (chunk.end - chunk.start, records.len() as u64);
        let outcome = TaskOutcome::Parsed {
            ledger: Ledger { bytes, record_bytes: bytes, records: count, stored: count, ..Ledger::default() },
            runs: vec![RunRef {
                kind: RunKind::Account,
                object: Frame { key: format!("runs/{load}/{}", chunk.start), bytes },
                rows: count,
            }],
            reject_log: None,
        };
        if self.bug == Bug::AckBeforeWrite {
            self.complete((0, lease.task, lease.token, Ok(outcome))).await;
            self.gate.turn().await;
            self.did_store.set(true);
            let _ = self.store.commit(lease.task, attempt);
            return Ok(None);
        }
        self.gate.turn().await;
        self.did_store.set(true);
        self.store.commit(lease.task, attempt)?;
        Ok(Some(outcome))
    }

    /// What queries see now is whole, and nothing of it is there twice.
    async fn check(&self) -> Result<(), String> {
        let generation = self.sites[0].generation().await.unwrap();
        let visible: BTreeSet<LoadId> = generation.loads.iter().map(|(load, _)| *load).collect();
        let ranges: BTreeSet<LoadId> = generation.segments.iter().flat_map(|segment| segment.loads.clone()).collect();
        if visible != ranges {
            return Err(format!("loads {visible:?} are published, and the ranges have {ranges:?}"));
        }
        for load in visible {
            self.is_whole(load).await?;
        }
        Ok(())
    }

    async fn is_whole(&self, load: LoadId) -> Result<(), String> {
        let (found, wanted) = (self.store.records(load), (0..MEMBER / RECORD).collect::<Vec<_>>());
        let quarantined = self.sites[0].load(load).await.unwrap().quarantined_bytes;
        let is_once = found.windows(2).all(|pair| pair[0] < pair[1]) && found.iter().all(|record| wanted.contains(record));
        if is_once && found.len() as u64 == wanted.len() as u64 - quarantined / RECORD {
            return Ok(());
        }
        Err(format!("load {load} is published with {} records of {}, {quarantined} bytes quarantined", found.len(), wanted.len()))
    }
}

// ── a seed ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

#[derive(Default, Debug)]
struct Summary {
    steps: u64,
    quarantines: u64,
    faults: BTreeMap<Fault, u64>,
    /// Who went on, step by step, told in a number: a replay has the same.
    trace: u64,
}

/// An empty catalogue to copy, and where to copy it to: in memory where there is such a place, for a seed's commits need no disk.
struct Template(tempfile::TempDir);

impl Template {
    async fn make() -> Self {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
        let catalogue = Catalogue::open(&sqlite_url(&folder.path().join("empty.db"))).await.unwrap();
        catalogue.migrate().await.unwrap();
        catalogue.close().await;
        Self(folder)
    }

    fn copy(&self, name: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::copy(self.0.path().join("empty.db"), &path).unwrap();
        path
    }
}

async fn run(seed: u64, bug: Bug, template: &Template, name: &str) -> (Result<(), String>, Summary) {
    let path = template.copy(&format!("{name}-{seed}.db"));
    let mut rng = StdRng::seed_from_u64(seed);
    let (gate, now) = (Arc::<Gate>::default(), Arc::new(AtomicI64::new(1_000_000)));
    let mut sites = vec![];
    for skew_ms in [0, rng.random_range(-5_000..5_000)] {
        let clock = Skewed { now: now.clone(), skew_ms, gate: gate.clone() };
        sites.push(Catalogue::open_with(&sqlite_url(&path), Arc::new(clock)).await.unwrap());
    }
    let sites: [Catalogue; 2] = sites.try_into().unwrap();
    let (ended, summary) = live(rng, bug, gate, now, sites.clone()).await;
    for site in sites {
        site.close().await;
    }
    for suffix in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{suffix}", path.display()));
    }
    (ended, summary)
}

type Prepared = (Vec<Arc<Dispatcher>>, Vec<JobId>);

async fn live(rng: StdRng, bug: Bug, gate: Arc<Gate>, now: Arc<AtomicI64>, sites: [Catalogue; 2]) -> (Result<(), String>, Summary) {
    // Before the first step everybody may go on.
    let (open, by_hand) = (sites.clone(), gate.clone());
    let prepared: Rc<RefCell<Option<Prepared>>> = Rc::default();
    let filled = prepared.clone();
    let mut prepare: Actor = Box::pin(async move {
        let mut dispatchers = vec![];
        for (site, catalogue) in open.iter().enumerate() {
            dispatchers.push(Arc::new(Dispatcher::register(catalogue.clone(), &format!("dispatcher-{site}"), 2).await.unwrap()));
        }
        let (breach, dump) = Bench::about(&open[0]).await;
        let mut jobs = vec![];
        for _ in 0..2 {
            let spec = JobSpec::Import {
                breach,
                dumps: vec![dump],
                policy: Default::default(),
                plugin: None,
                archive_passwords: vec![],
                publish: true,
            };
            jobs.push(open[0].create_job(&NewJob { spec, priority: 0 }).await.unwrap());
        }
        *filled.borrow_mut() = Some((dispatchers, jobs));
    });
    while !by_hand.run(&mut prepare).await {}
    let (dispatchers, mut jobs) = prepared.take().unwrap();
    let world = Rc::new(World {
        bug,
        rng: RefCell::new(rng),
        gate: gate.clone(),
        now,
        sites,
        dispatchers: RefCell::new(dispatchers.try_into().ok().unwrap()),
        store: Arc::default(),
        messages: RefCell::default(),
        cut_off_until: Cell::new(0),
        faults: RefCell::default(),
        has_faults: Cell::new(true),
        did: Cell::new(false),
        did_store: Cell::new(false),
    });
    let mut summary = Summary::default();
    let ended = turn(&world, &gate, &mut jobs, &mut summary).await;
    summary.faults = world.faults.take();
    (ended, summary)
}

async fn turn(world: &Rc<World>, gate: &Arc<Gate>, jobs: &mut Vec<JobId>, summary: &mut Summary) -> Result<(), String> {
    let count = 8 + WORKERS;
    let mut running: HashMap<usize, Actor> = HashMap::new();
    let mut asleep_until = vec![0; count];
    let (mut idle, mut retracts) = (0, false);
    for step in 0..STEPS_MAX {
        world.has_faults.set(step < FAULT_STEPS);
        // Workers and controllers have the most to do.
        let number = [0, 1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 8, 9, 10, 8, 9, 10][world.below(19)];
        summary.steps += 1;
        summary.trace = (summary.trace ^ (number as u64 + 1)).wrapping_mul(0x100_0000_01b3);
        world.advance(world.below(40));
        chaos(world, number, &mut running, &mut asleep_until);
        if asleep_until[number] > world.now() {
            continue;
        }
        world.did.set(false);
        let actor = running.entry(number).or_insert_with(|| world.actor(number));
        if gate.run(actor).await {
            running.remove(&number);
        }
        // Nobody else changes what queries see, or what the store holds.
        if matches!(number, 0 | 1 | 7) || number >= 8 && world.did_store.take() {
            world.check().await?;
        }
        idle = if world.did.get() || !running.is_empty() { 0 } else { idle + 1 };
        if idle > count {
            // Nobody has anything to do before some time has gone by.
            world.advance(2_000);
            idle = 0;
            if !world.messages.borrow().is_empty() {
                continue;
            }
            if is_over(world, jobs).await? {
                if retracts {
                    return at_rest(world, jobs, summary).await;
                }
                retracts = true;
                jobs.push(retract(world, jobs[0]).await);
            }
        }
    }
    let tasks = world.sites[0].tasks(TaskFilter::default(), 100).await.unwrap();
    Err(format!("nothing comes of it: {:?}\n{tasks:#?}", world.sites[0].job(jobs[0]).await))
}

/// What befalls them.
fn chaos(world: &World, number: usize, running: &mut HashMap<usize, Actor>, asleep_until: &mut [i64]) {
    let lease = limits::LEASE_MS as usize;
    if running.contains_key(&number) && world.fault(60, Fault::Crash) {
        running.remove(&number);
    }
    if world.fault(80, Fault::Pause) {
        asleep_until[number] = world.now() + world.below(2 * lease) as i64;
    }
    if world.fault(60, Fault::ClockJump) {
        world.advance(world.below(lease / 2));
    }
    if world.fault(150, Fault::Partition) {
        world.cut_off_until.set(world.now() + world.below(lease * 3 / 2) as i64);
    }
    if world.fault(150, Fault::StoreRestart) {
        world.store.restart();
    }
    let is_away = world.fault(100, Fault::StoreAway);
    let mut stored = world.store.0.lock().unwrap();
    stored.is_away = is_away || stored.is_away && world.has_faults.get() && number != 0;
}

async fn is_over(world: &World, jobs: &[JobId]) -> Result<bool, String> {
    for job in jobs {
        let job = world.sites[0].job(*job).await.unwrap();
        match job.state {
            JobState::Done => {}
            JobState::Failed | JobState::Cancelled => return Err(format!("job {} is {:?}: {}", job.id, job.state, job.message)),
            _ => return Ok(false),
        }
    }
    Ok(true)
}

/// By hand: it is one transaction, and nobody else is at work.
async fn retract(world: &World, import: JobId) -> JobId {
    let load = world.sites[0].job(import).await.unwrap().load.unwrap();
    *world.gate.0.lock().unwrap() = GateState { is_open: true, is_waited_at: false };
    world.sites[0].create_job(&NewJob { spec: JobSpec::Retract { load }, priority: 0 }).await.unwrap()
}

async fn at_rest(world: &World, jobs: &[JobId], summary: &mut Summary) -> Result<(), String> {
    world.check().await?;
    for (job, state) in [(jobs[0], LoadState::Retracted), (jobs[1], LoadState::Published)] {
        let load = world.sites[0].job(job).await.unwrap().load.unwrap();
        let load = world.sites[0].load(load).await.unwrap();
        summary.quarantines += u64::from(load.quarantined_bytes > 0);
        if load.state != state {
            return Err(format!("load {} is {} and not {state}", load.id, load.state));
        }
        if state == LoadState::Retracted && !world.store.records(load.id).is_empty() {
            return Err(format!("load {} is retracted, and the store has of it", load.id));
        }
    }
    Ok(())
}

// ── all seeds ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// The first seed that fails, and what all came to.
fn seeds(bug: Bug, name: &'static str) -> (Option<(u64, String)>, Summary) {
    let told = |variable: &str| env::var(variable).ok().and_then(|told| told.parse::<u64>().ok());
    let range = told("SLUICE_SEED").map_or(0..told("SLUICE_SEEDS").unwrap_or(SEEDS), |seed| seed..seed + 1);
    let (next, failed, all) = (AtomicU64::new(range.start), Mutex::new(None), Mutex::new(Summary::default()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    let template = Template::make().await;
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= range.end || failed.lock().unwrap().is_some() {
                            return;
                        }
                        let (ended, summary) = run(seed, bug, &template, name).await;
                        let mut all = all.lock().unwrap();
                        all.steps += summary.steps;
                        all.quarantines += summary.quarantines;
                        summary.faults.into_iter().for_each(|(fault, count)| *all.faults.entry(fault).or_default() += count);
                        if let Err(what) = ended {
                            failed.lock().unwrap().get_or_insert((seed, what));
                        }
                    }
                });
            });
        }
    });
    (failed.into_inner().unwrap(), all.into_inner().unwrap())
}

#[test]
fn whatever_befalls_them_the_same_is_published() {
    let (failed, summary) = seeds(Bug::None, "none");
    if let Some((seed, what)) = failed {
        panic!("seed {seed}: {what}\nSLUICE_SEED={seed} replays it");
    }
    println!("{summary:?}");
}

#[test]
fn a_planted_bug_is_found() {
    for (bug, name) in [(Bug::NoFencing, "fencing"), (Bug::AckBeforeWrite, "ack"), (Bug::PublishInTwoSteps, "publish")] {
        let (failed, summary) = seeds(bug, name);
        let (seed, what) = failed.unwrap_or_else(|| panic!("{bug:?} was not found: {summary:?}"));
        println!("{bug:?}, found by seed {seed} after {} steps: {what}", summary.steps);
    }
}

#[test]
fn a_seed_is_lived_through_in_the_same_way_again() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let template = Template::make().await;
        for seed in 0..5 {
            let (first, second) = (run(seed, Bug::None, &template, "first").await, run(seed, Bug::None, &template, "second").await);
            assert_eq!(
                (first.0, first.1.steps, first.1.trace, first.1.faults),
                (second.0, second.1.steps, second.1.trace, second.1.faults)
            );
        }
    });
}
