//! The scheduler: books queued tasks onto the lanes of dispatchers ahead of time, so that everybody can see what will run where,
//! when and why. Higher priority first; among equals what would miss its deadline, then the job that had least so far, task by task; and
//! nothing to begin outside of its job's window, nor out of the region that its bytes are in. It plans no further than a few slots a lane: an estimate is only worth so much, and
//! what is not booked can still be overtaken. Whose turn it is says the catalogue, which leases by the same order.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    pin::pin,
    slice,
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, Instant},
};

use sluice_catalogue::{
    Catalogue, Dispatcher, Lane, NewSlot, QueuedTask, Rate, RunnableJob, Slot, SlotState, TARGET_SECONDS, Topic, UnixMs, Waiting, Workload,
};
use sluice_record::JobId;

use crate::Result;

/// Jobs looked at in one pass.
const JOBS_MAX: u32 = 64;
/// The period behind the bell.
const PERIOD: Duration = Duration::from_secs(1);
/// All that waits is added up as often, and if it is a lot, less often: for a part of the time.
const WEIGH_MS: i64 = 5_000;
const WEIGH_PART: u32 = 20;
/// A change by less is not written down.
const LATE_FROM_MS_MIN: i64 = 1_000;
/// More work than any job has: a thousand years.
const NEEDED_MS_MAX: i64 = 1_000 * 366 * 86_400_000;

/// The scheduler.
pub struct Scheduler {
    catalogue: Catalogue,
    weigh_at: AtomicI64,
}

impl Scheduler {
    /// One over a catalogue.
    pub fn new(catalogue: Catalogue) -> Self {
        Self { catalogue, weigh_at: AtomicI64::new(0) }
    }

    /// Tidies the calendar and fills it up; `true` if something was booked or given up.
    pub async fn reconcile_once(&self) -> Result<bool> {
        let now = self.catalogue.now();
        self.catalogue.tidy_slots(Dispatcher::seen_since(now)).await?;
        let dispatchers = self.catalogue.dispatchers().await?;
        let slots = self.catalogue.slots().await?;
        self.weigh(now, &slots, &dispatchers).await?;
        let mut regions = BTreeMap::<_, Vec<_>>::new();
        for dispatcher in dispatchers.into_iter().filter(|dispatcher| dispatcher.takes_work(now)) {
            regions.entry(dispatcher.region.clone()).or_default().push(dispatcher);
        }
        let mut changed = false;
        for (region, dispatchers) in regions {
            changed |= self.fill(region.as_deref(), &dispatchers, now).await?;
        }
        Ok(changed)
    }

    /// Fills up the calendar of a region's dispatchers.
    async fn fill(&self, region: Option<&str>, dispatchers: &[Dispatcher], now: UnixMs) -> Result<bool> {
        let slots = self.catalogue.slots().await?;
        let mut lanes = Lane::all(dispatchers, &slots, now);
        let horizon = lanes.iter().map(|lane| lane.free_at).max().unwrap_or(now);
        let jobs = self.catalogue.runnable_jobs(region, horizon, JOBS_MAX).await?;
        if jobs.is_empty() {
            return Ok(false);
        }
        let gave_up = self.make_way(dispatchers, &slots, &jobs, now).await?;
        if gave_up {
            lanes = Lane::all(dispatchers, &self.catalogue.slots().await?, now);
        }
        let slots = self.plan(region, jobs, lanes, now).await?;
        if slots.is_empty() {
            return Ok(gave_up);
        }
        let booked = self.catalogue.book(&slots).await?;
        metrics::counter!("sluice_slots_booked_total").increment(booked);
        Ok(booked > 0 || gave_up)
    }

    /// Reconciles on word of a change, and on a period, until `shutdown`.
    pub async fn run(&self, shutdown: impl Future<Output = ()>) {
        let mut shutdown = pin!(shutdown);
        let mut changes = self.catalogue.changes(&[Topic::Work]);
        loop {
            let pass = async {
                match self.reconcile_once().await {
                    Ok(_) => drop(changes.changed_within(PERIOD).await),
                    Err(error) => {
                        tracing::warn!(%error, "booking failed and will be tried again");
                        tokio::time::sleep(PERIOD).await;
                    }
                }
            };
            tokio::select! {
                biased;
                () = &mut shutdown => return,
                () = pass => {}
            }
        }
    }

    /// Adds up what waits, now and then: tells how much that is, and writes down which jobs would be late.
    async fn weigh(&self, now: UnixMs, slots: &[Slot], dispatchers: &[Dispatcher]) -> Result<()> {
        if now < self.weigh_at.load(Ordering::Relaxed) {
            return Ok(());
        }
        let begun = Instant::now();
        let waiting = self.catalogue.waiting().await?;
        // In each region, and all of them under none.
        let mut lanes = BTreeMap::<Option<&str>, u32>::new();
        for dispatcher in dispatchers.iter().filter(|dispatcher| dispatcher.takes_work(now)) {
            for region in BTreeSet::from([dispatcher.region.as_deref(), None]) {
                *lanes.entry(region).or_default() += dispatcher.lanes;
            }
        }
        publish(&Workload::of(&waiting, slots, lanes.get(&None).map_or(0, |lanes| *lanes as usize), now, TARGET_SECONDS));
        self.catalogue.set_late_from(&late(&waiting, &lanes, now)).await?;
        let pause_ms = i64::try_from((begun.elapsed() * WEIGH_PART).as_millis()).unwrap_or(i64::MAX).max(WEIGH_MS);
        self.weigh_at.store(now.saturating_add(pause_ms), Ordering::Relaxed);
        Ok(())
    }

    /// Where a full dispatcher holds slots for less than what waits and could begin there, or for its equals while it would be late, those
    /// are given up: they are booked again behind it.
    async fn make_way(&self, dispatchers: &[Dispatcher], slots: &[Slot], jobs: &[RunnableJob], now: UnixMs) -> Result<bool> {
        let mut gave_up = false;
        for dispatcher in dispatchers.iter().filter(|dispatcher| dispatcher.is_full(slots)) {
            let of_it: Vec<_> = slots.iter().filter(|slot| slot.dispatcher == dispatcher.id).collect();
            let overtakes = |job: &&RunnableJob| {
                let is_late = |id: JobId| jobs.iter().any(|other| other.job == id && other.late_ms(now).is_some());
                let is_urgent = is_late(job.job);
                let stays = |slot: &&Slot| {
                    let is_equal = slot.priority == job.priority && (!is_urgent || is_late(slot.job));
                    slot.state == SlotState::Started || slot.priority > job.priority || is_equal
                };
                let kept: Vec<_> = of_it.iter().copied().filter(stays).collect();
                let lanes = Lane::all(slice::from_ref(dispatcher), kept.iter().copied(), now);
                kept.len() < of_it.len() && lanes.iter().any(|lane| lane.room > 0 && job.is_open(lane.free_at))
            };
            if let Some(job) = jobs.iter().find(overtakes) {
                gave_up |= self.catalogue.unbook_for(dispatcher.id, job).await? > 0;
            }
        }
        Ok(gave_up)
    }

    async fn plan(&self, region: Option<&str>, jobs: Vec<RunnableJob>, mut lanes: Vec<Lane>, now: UnixMs) -> Result<Vec<NewSlot>> {
        let room: usize = lanes.iter().map(|lane| lane.room).sum();
        if room == 0 {
            return Ok(vec![]);
        }
        let rates = self.catalogue.rates_by_kind().await?;
        let mut queues = vec![];
        for job in jobs {
            let mut tasks = self.catalogue.queued_tasks(job.job, region, u32::try_from(room).unwrap_or(u32::MAX)).await?;
            tasks.reverse(); // the next one is popped off the end
            queues.push(Queue { job, tasks });
        }
        let mut slots = vec![];
        while let Some(lane) = lanes.iter_mut().filter(|lane| lane.room > 0).min_by_key(|lane| (lane.free_at, lane.dispatcher, lane.lane)) {
            let waiting = || queues.iter().enumerate().filter(|(_, queue)| !queue.tasks.is_empty() && queue.job.is_open(lane.free_at));
            let Some((at, next)) = waiting().min_by_key(|(_, queue)| queue.job.turn(now)) else {
                lane.room = 0; // nothing may begin there then
                continue;
            };
            let equals = waiting().filter(|(_, queue)| queue.job.priority == next.job.priority).count();
            let queue = &mut queues[at];
            let Some(task) = queue.tasks.pop() else { break };
            let rate = rates.get(&(task.kind, task.plugin));
            let ms = Rate::estimate_ms(rate, task.bytes);
            let by = if rate.is_some() { "what was learnt" } else { "a first guess" };
            let within = queue.job.window.map_or_else(String::new, |window| format!("; within its window {window}"));
            slots.push(NewSlot {
                dispatcher: lane.dispatcher,
                lane: lane.lane,
                starts_at: lane.free_at,
                ends_at: lane.free_at + ms,
                task: task.task,
                job: queue.job.job,
                priority: queue.job.priority,
                reason: format!("{}{within}; about {ms} ms by {by}; earliest free lane", queue.job.standing(equals, now)),
            });
            lane.free_at += ms;
            lane.room -= 1;
            queue.job.served_ms += ms;
        }
        Ok(slots)
    }
}

/// A job and its tasks, the next one last.
struct Queue {
    job: RunnableJob,
    tasks: Vec<QueuedTask>,
}

fn publish(load: &Workload) {
    for (state, work) in [("queued", load.queued), ("outside_window", load.outside_window), ("held", load.held), ("running", load.running)]
    {
        metrics::gauge!("sluice_work_tasks", "state" => state).set(work.tasks as f64);
        metrics::gauge!("sluice_work_seconds", "state" => state).set(work.seconds as f64);
    }
    metrics::gauge!("sluice_lanes").set(load.lanes as f64);
    metrics::gauge!("sluice_oldest_wait_seconds").set(load.oldest_wait_seconds as f64);
    metrics::gauge!("sluice_wanted_workers").set(load.wanted_workers as f64);
}

/// From when on jobs with a deadline would miss it, where that changed: if what waits of each had its part of the lanes where it is to be
/// done, shared with the jobs of its priority and above that may run there now.
fn late(waiting: &[Waiting], lanes: &BTreeMap<Option<&str>, u32>, now: UnixMs) -> Vec<(JobId, UnixMs)> {
    let mut jobs: BTreeMap<JobId, (&Waiting, BTreeMap<Option<&str>, i64>)> = BTreeMap::new();
    for part in waiting {
        let (_, regions) = jobs.entry(part.job.job).or_insert((part, BTreeMap::new()));
        *regions.entry(part.region.as_deref()).or_default() += part.ms;
    }
    let late_from = |(part, regions): &(&Waiting, BTreeMap<Option<&str>, i64>)| {
        let job = &part.job;
        let needed_ms = |(region, ms): (&Option<&str>, &i64)| {
            let is_beside = |(other, theirs): &&(&Waiting, BTreeMap<Option<&str>, i64>)| {
                let is_there = region.is_none() || theirs.contains_key(region);
                is_there && other.job.job != job.job && other.is_open(now) && other.job.priority >= job.priority
            };
            let shares = 1 + jobs.values().filter(is_beside).count() as i64;
            ms.saturating_mul(shares).min(NEEDED_MS_MAX) / lanes.get(region).map_or(1, |lanes| i64::from(*lanes).max(1))
        };
        let (deadline, needed_ms) = (part.deadline?, regions.iter().map(needed_ms).max()?);
        let late_from = job.window.map_or(deadline - needed_ms, |window| window.latest_start(deadline, needed_ms));
        job.late_from.is_none_or(|before| (before - late_from).abs() >= LATE_FROM_MS_MIN).then_some((job.job, late_from))
    };
    jobs.values().filter_map(late_from).collect()
}
