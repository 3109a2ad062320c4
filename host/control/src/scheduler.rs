//! The scheduler: books queued tasks onto the lanes of dispatchers ahead of time, so that everybody can see what will run where,
//! when and why. Higher priority first; among equals the job that had least so far, task by task. It plans no further than a few
//! slots a lane: an estimate is only worth so much, and what is not booked can still be overtaken.

use std::{collections::HashMap, future::Future, pin::pin, time::Duration};

use sluice_catalogue::{Catalogue, Dispatcher, DispatcherState, NewSlot, QueuedTask, Rate, RunnableJob, SlotState, Topic, UnixMs};
use sluice_record::{DispatcherId, PluginDigest, TaskKind};

use crate::Result;

/// Slots reserved ahead on a lane.
const SLOTS_AHEAD_MAX: usize = 8;
/// Jobs looked at in one pass.
const JOBS_MAX: u32 = 64;
/// A dispatcher silent for longer gets no bookings and loses those it has.
const SILENT_MS_MAX: i64 = 30_000;
/// The period behind the bell.
const PERIOD: Duration = Duration::from_secs(1);

/// The scheduler.
pub struct Scheduler {
    catalogue: Catalogue,
}

impl Scheduler {
    /// One over a catalogue.
    pub fn new(catalogue: Catalogue) -> Self {
        Self { catalogue }
    }

    /// Tidies the calendar and fills it up; `true` if something was booked or given up.
    pub async fn reconcile_once(&self) -> Result<bool> {
        let seen_since = self.catalogue.now() - SILENT_MS_MAX;
        self.catalogue.tidy_slots(seen_since).await?;
        let jobs = self.catalogue.runnable_jobs(JOBS_MAX).await?;
        let Some(first) = jobs.first() else { return Ok(false) };
        let mut dispatchers = self.catalogue.dispatchers().await?;
        dispatchers.retain(|dispatcher| dispatcher.state == DispatcherState::Active && dispatcher.seen_at >= seen_since);
        let gave_up = self.make_way(&dispatchers, first.priority).await?;
        let lanes = self.lanes(&dispatchers).await?;
        let slots = self.plan(jobs, lanes).await?;
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

    /// Where a full dispatcher holds slots for less than what waits, those are given up: they are booked again behind it.
    async fn make_way(&self, dispatchers: &[Dispatcher], priority: i64) -> Result<bool> {
        let slots = self.catalogue.slots().await?;
        let mut gave_up = false;
        for dispatcher in dispatchers {
            let booked = slots.iter().filter(|slot| slot.dispatcher == dispatcher.id && slot.state == SlotState::Booked);
            let full = booked.clone().count() >= dispatcher.lanes as usize * SLOTS_AHEAD_MAX;
            if full && booked.clone().any(|slot| slot.priority < priority) {
                gave_up |= self.catalogue.unbook_below(dispatcher.id, priority).await? > 0;
            }
        }
        Ok(gave_up)
    }

    async fn lanes(&self, dispatchers: &[Dispatcher]) -> Result<Vec<Lane>> {
        let now = self.catalogue.now();
        let mut lanes: Vec<Lane> = dispatchers
            .iter()
            .flat_map(|dispatcher| {
                (0..dispatcher.lanes).map(|lane| Lane { dispatcher: dispatcher.id, lane, free_at: now, room: SLOTS_AHEAD_MAX })
            })
            .collect();
        for slot in self.catalogue.slots().await? {
            let of_slot = |lane: &&mut Lane| lane.dispatcher == slot.dispatcher && lane.lane == slot.lane;
            let Some(lane) = lanes.iter_mut().find(of_slot) else { continue };
            lane.free_at = lane.free_at.max(slot.ends_at);
            if slot.state == SlotState::Booked {
                lane.room = lane.room.saturating_sub(1);
            }
        }
        Ok(lanes)
    }

    async fn plan(&self, jobs: Vec<RunnableJob>, mut lanes: Vec<Lane>) -> Result<Vec<NewSlot>> {
        let room: usize = lanes.iter().map(|lane| lane.room).sum();
        if room == 0 {
            return Ok(vec![]);
        }
        let rates: HashMap<(TaskKind, Option<PluginDigest>), Rate> =
            self.catalogue.rates().await?.into_iter().map(|rate| ((rate.kind, rate.plugin), rate)).collect();
        let mut queues = vec![];
        for job in jobs {
            let mut tasks = self.catalogue.queued_tasks(job.job, u32::try_from(room).unwrap_or(u32::MAX)).await?;
            tasks.reverse(); // the next one is popped off the end
            queues.push(Queue { job, tasks });
        }
        let mut slots = vec![];
        while let Some(at) = next(&queues) {
            let Some(lane) = lanes.iter_mut().filter(|lane| lane.room > 0).min_by_key(|lane| (lane.free_at, lane.dispatcher, lane.lane))
            else {
                break;
            };
            let waiting = queues.iter().filter(|queue| !queue.tasks.is_empty()).count();
            let queue = &mut queues[at];
            let Some(task) = queue.tasks.pop() else { break };
            let rate = rates.get(&(task.kind, task.plugin));
            let ms = Rate::estimate_ms(rate, task.bytes);
            let reason = format!(
                "priority {}; job {} had {} ms of lanes, the least of {waiting} that wait; about {ms} ms by {}; earliest free lane",
                queue.job.priority,
                queue.job.job,
                queue.job.served_ms,
                if rate.is_some() { "what was learnt" } else { "a first guess" },
            );
            slots.push(NewSlot {
                dispatcher: lane.dispatcher,
                lane: lane.lane,
                starts_at: lane.free_at,
                ends_at: lane.free_at + ms,
                task: task.task,
                job: queue.job.job,
                priority: queue.job.priority,
                reason,
            });
            lane.free_at += ms;
            lane.room -= 1;
            queue.job.served_ms += ms;
        }
        Ok(slots)
    }
}

/// A lane with room for bookings.
struct Lane {
    dispatcher: DispatcherId,
    lane: u32,
    free_at: UnixMs,
    room: usize,
}

/// A job and its tasks, the next one last.
struct Queue {
    job: RunnableJob,
    tasks: Vec<QueuedTask>,
}

/// Whose turn it is.
fn next(queues: &[Queue]) -> Option<usize> {
    let waiting = queues.iter().enumerate().filter(|(_, queue)| !queue.tasks.is_empty());
    waiting.min_by_key(|(_, queue)| (std::cmp::Reverse(queue.job.priority), queue.job.served_ms, queue.job.job)).map(|(at, _)| at)
}
