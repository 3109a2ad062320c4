//! The lanes of workers elsewhere: who asks for work is given a number, and has it as long as it is heard of. Where nobody is heard of
//! nothing may be booked, for nobody would come for it.

use std::time::{Duration, Instant};

use sluice_record::{TaskId, limits};

/// Workers' lanes at one dispatcher.
const LANES_MAX: usize = 1_024;
/// Who waits for work asks, and who works renews, well within a lease.
const SILENCE_MAX: Duration = Duration::from_millis(limits::LEASE_MS as u64);

/// Lanes behind those of the dispatcher's own process.
#[derive(Debug)]
pub(crate) struct Lanes {
    own: u32,
    others: Vec<Option<Lane>>,
}

#[derive(Debug)]
struct Lane {
    worker: String,
    task: Option<TaskId>,
    heard_at: Instant,
}

impl Lanes {
    pub(crate) fn new(own: u32) -> Self {
        Self { own, others: vec![] }
    }

    /// A worker asks for work; `None` if there are too many.
    pub(crate) fn asked(&mut self, worker: &str) -> Option<u32> {
        let is_its = |lane: &Option<Lane>| lane.as_ref().is_some_and(|lane| lane.worker == worker);
        let place = self.others.iter().position(is_its).or_else(|| self.others.iter().position(Option::is_none));
        let place = place.unwrap_or(self.others.len());
        if place == LANES_MAX {
            return None;
        }
        self.others.resize_with(self.others.len().max(place + 1), || None);
        self.others[place] = Some(Lane { worker: worker.to_owned(), task: None, heard_at: Instant::now() });
        Some(self.own + place as u32)
    }

    /// It has waited, or got a task.
    pub(crate) fn answered(&mut self, number: u32, task: Option<TaskId>) {
        let place = number.checked_sub(self.own).map(|place| place as usize);
        if let Some(lane) = place.and_then(|place| self.others.get_mut(place)?.as_mut()) {
            (lane.task, lane.heard_at) = (task, Instant::now());
        }
    }

    /// Whoever has that task is there.
    pub(crate) fn renewed(&mut self, task: TaskId) {
        if let Some(lane) = self.others.iter_mut().flatten().find(|lane| lane.task == Some(task)) {
            lane.heard_at = Instant::now();
        }
    }

    /// Forgets who is silent; gives how many lanes there are.
    pub(crate) fn count(&mut self) -> u32 {
        let is_silent = |lane: &mut Lane| lane.heard_at.elapsed() > SILENCE_MAX;
        self.others.iter_mut().for_each(|lane| drop(lane.take_if(is_silent)));
        while self.others.pop_if(|lane| lane.is_none()).is_some() {}
        self.own + self.others.len() as u32
    }
}
