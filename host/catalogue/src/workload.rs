//! How much there is to do and how many workers would get it done in time: figures for an autoscaler. What may not run now, which no
//! worker could take, is told apart and wants none.

use serde::{Deserialize, Serialize};

use crate::{Catalogue, JobState, Lane, Result, Slot, SlotState, UnixMs, Waiting};

/// No more are wanted, whatever waits.
const WORKERS_WANTED_MAX: u64 = 1_024;
/// Queued work is to be done within that, if nothing else is said; seconds.
pub const TARGET_SECONDS: u64 = 600;
/// No target is later; seconds.
const TARGET_SECONDS_MAX: u64 = 7 * 86_400;

/// Tasks and how long they take a lane.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Work {
    /// How many.
    pub tasks: u64,
    /// Together, by estimate.
    pub seconds: u64,
}

/// How much there is to do.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Workload {
    /// Queued or booked, and may run now.
    pub queued: Work,
    /// Of jobs whose window is closed.
    pub outside_window: Work,
    /// Of jobs that are paused, and what failed and is tried again a little later.
    pub held: Work,
    /// At work; seconds are those they still need.
    pub running: Work,
    /// Of the dispatchers that take work.
    pub lanes: u64,
    /// For how long the oldest of `queued` has waited, seconds.
    pub oldest_wait_seconds: u64,
    /// Within how many seconds `queued` and `running` are to be done.
    pub target_seconds: u64,
    /// Lanes that do so. No more than there are tasks, 1,024 at most, and one as long as anything is to be done.
    pub wanted_workers: u64,
}

impl Workload {
    /// Adds it up.
    pub fn of(waiting: &[Waiting], slots: &[Slot], lanes: usize, now: UnixMs, target_seconds: u64) -> Self {
        let (mut queued, mut outside_window, mut held, mut running) = <(Sum, Sum, Sum, Sum)>::default();
        let mut oldest = now;
        for part in waiting {
            if !part.due || matches!(part.state, JobState::Paused | JobState::Queued) {
                held.add(part.tasks, part.ms);
            } else if part.is_open(now) {
                queued.add(part.tasks, part.ms);
                oldest = oldest.min(part.since);
            } else {
                outside_window.add(part.tasks, part.ms);
            }
        }
        for slot in slots.iter().filter(|slot| slot.state == SlotState::Started) {
            running.add(1, (slot.ends_at - now).max(0));
        }
        let target_seconds = target_seconds.clamp(1, TARGET_SECONDS_MAX);
        let tasks = queued.tasks + running.tasks;
        let lanes_needed = (queued.ms + running.ms).div_ceil(target_seconds * 1_000);
        let wanted_workers = lanes_needed.max(1).min(tasks).min(WORKERS_WANTED_MAX);
        Self {
            queued: queued.work(),
            outside_window: outside_window.work(),
            held: held.work(),
            running: running.work(),
            lanes: lanes as u64,
            oldest_wait_seconds: u64::try_from(now - oldest).unwrap_or(0) / 1_000,
            target_seconds,
            wanted_workers,
        }
    }
}

#[derive(Default)]
struct Sum {
    tasks: u64,
    ms: u64,
}

impl Sum {
    fn add(&mut self, tasks: u64, ms: i64) {
        self.tasks += tasks;
        self.ms = self.ms.saturating_add(u64::try_from(ms).unwrap_or(0));
    }

    fn work(&self) -> Work {
        Work { tasks: self.tasks, seconds: self.ms.div_ceil(1_000) }
    }
}

impl Catalogue {
    /// How much there is to do, and how many workers would do it within a target.
    /// Of a region what is to be done there, if one is named; what may be done anywhere is told of none.
    pub async fn workload(&self, region: Option<&str>, target_seconds: u64) -> Result<Workload> {
        let (now, mut dispatchers, mut slots, mut waiting) =
            (self.now(), self.dispatchers().await?, self.slots().await?, self.waiting().await?);
        if region.is_some() {
            dispatchers.retain(|dispatcher| dispatcher.is_near(region));
            slots.retain(|slot| dispatchers.iter().any(|dispatcher| dispatcher.id == slot.dispatcher));
            waiting.retain(|part| part.region.as_deref() == region);
        }
        let lanes = Lane::all(&dispatchers, &slots, now);
        Ok(Workload::of(&waiting, &slots, lanes.len(), now, target_seconds))
    }
}
