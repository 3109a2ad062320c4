//! Control, workers and a record store in virtual time, under a seed.
//!
//! The roles are the real ones, over a real catalogue; workers, network and record store are models of the real ones. Every actor is a
//! future that stops before each of its transactions, and the seed says who goes on: so any two steps of any two actors may come in either
//! order, and an actor may die, or sleep through its lease, between any two of its own. After every step what queries would see is
//! compared with what the store holds. A seed that fails is replayed by `SLUICE_SEED=N cargo test --workspace simulation`; `SLUICE_SEEDS`
//! says how many are tried.

#![allow(clippy::print_stdout)] // what the seeds came to

mod gate;
mod store;
mod world;

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashMap},
    env, fs,
    path::{Path, PathBuf},
    rc::Rc,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    thread,
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use sluice_catalogue::{Catalogue, JobSpec, JobState, LoadState, NewJob, TaskFilter, sqlite_url};
use sluice_control::Dispatcher;
use sluice_record::{JobId, limits};

use self::{
    gate::{Actor, Gate, GateState, Skewed},
    world::World,
};
use crate::Bench;

/// Seeds tried unless `SLUICE_SEEDS` says otherwise.
const SEEDS: u64 = 100;
/// Steps in which faults happen; then all must come to its end.
const FAULT_STEPS: usize = 400;
/// Steps after which nothing will come of it any more.
const STEPS_MAX: usize = 20_000;
const WORKERS: usize = 3;
/// Actors from here on are workers.
const FIRST_WORKER: usize = 8;
/// Time that goes by when nobody has anything to do, and in which who found nothing to do is asked again though nothing has changed.
const PAUSE_MS: usize = 2_000;

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
            dispatchers.push(Arc::new(Dispatcher::register(catalogue.clone(), &format!("dispatcher-{site}"), 2, None).await.unwrap()));
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
                again: None,
            };
            jobs.push(open[0].create_job(&NewJob::from(spec)).await.unwrap());
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
    let count = FIRST_WORKER + WORKERS;
    let mut running: HashMap<usize, Actor> = HashMap::new();
    let mut asleep_until = vec![0; count];
    let mut found_nothing: HashMap<usize, i64> = HashMap::new();
    let (mut idle, mut pause, mut retracts) = (0, PAUSE_MS, false);
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
        if found_nothing.get(&number).is_none_or(|at| world.now() - at >= PAUSE_MS as i64) {
            let actor = running.entry(number).or_insert_with(|| world.actor(number));
            let has_ended = gate.run(actor).await;
            if has_ended {
                running.remove(&number);
            }
            if has_ended && !world.did.get() {
                found_nothing.insert(number, world.now());
            } else if gate.was_taken() && (has_ended || number < FIRST_WORKER) {
                found_nothing.clear();
            }
            // Nobody else changes what queries see, or what the store holds, and nobody without a turn.
            if gate.was_taken() && (matches!(number, 0 | 1 | 7) || world.did_store.take()) {
                world.check().await?;
            }
        }
        if world.did.get() || !running.is_empty() {
            (idle, pause) = (0, PAUSE_MS);
        } else {
            idle += 1;
        }
        if idle > count {
            // Nobody has anything to do before some time has gone by, and the longer nobody has, the more of it.
            world.advance(pause);
            (idle, pause) = (0, limits::LEASE_MS as usize / 2);
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
    world.sites[0].create_job(&NewJob::from(JobSpec::Retract { load })).await.unwrap()
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

/// A seed's actors and the threads of its catalogue do nothing but wait for each other: nothing is gained by a second core.
fn stay_on_core(nth: usize) {
    let Ok(may) = sched_getaffinity(None) else { return };
    let Some(core) = (0..CpuSet::MAX_CPU).filter(|core| may.is_set(*core)).nth(nth) else { return };
    let mut only = CpuSet::new();
    only.set(core);
    // It saves time, and nothing else.
    let _ = sched_setaffinity(None, &only);
}

/// The first seed that fails, and what all came to.
fn seeds(bug: Bug, name: &'static str) -> (Option<(u64, String)>, Summary) {
    let told = |variable: &str| env::var(variable).ok().and_then(|told| told.parse::<u64>().ok());
    let range = told("SLUICE_SEED").map_or(0..told("SLUICE_SEEDS").unwrap_or(SEEDS), |seed| seed..seed + 1);
    let (next, failed, all) = (AtomicU64::new(range.start), Mutex::new(None), Mutex::new(Summary::default()));
    thread::scope(|scope| {
        for nth in 0..thread::available_parallelism().map_or(1, usize::from) {
            let (next, end, failed, all) = (&next, range.end, &failed, &all);
            scope.spawn(move || {
                stay_on_core(nth);
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    let template = Template::make().await;
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= end || failed.lock().unwrap().is_some() {
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
