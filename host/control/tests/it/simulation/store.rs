//! A record store as the trait of record stores says: by attempts, and nothing counts that was not committed.

use std::{collections::BTreeMap, sync::Mutex};

use async_trait::async_trait;
use sluice_control::{GenerationPlanner, StoreCount};
use sluice_record::{FailureKind, FencingToken, LoadId, SegmentRef, TaskFailure, TaskId};

use crate::Planner;

#[derive(Default)]
pub(super) struct Store(pub(super) Mutex<Stored>);

#[derive(Default)]
pub(super) struct Stored {
    tasks: BTreeMap<TaskId, StoredTask>,
    attempts: u64,
    pub(super) is_away: bool,
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
    pub(super) fn begin(&self, load: LoadId, task: TaskId, lease: FencingToken) -> Result<u64, TaskFailure> {
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

    pub(super) fn write(&self, task: TaskId, attempt: u64, records: Vec<u64>) -> Result<(), TaskFailure> {
        self.of(task, attempt, |found| found.written.extend(records))
    }

    pub(super) fn commit(&self, task: TaskId, attempt: u64) -> Result<(), TaskFailure> {
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

    pub(super) fn purge(&self, load: LoadId) {
        self.0.lock().unwrap().tasks.retain(|_, task| task.load != load);
    }

    /// What was not committed is gone, and with it whoever was writing.
    pub(super) fn restart(&self) {
        for task in self.0.lock().unwrap().tasks.values_mut() {
            task.written.clear();
            task.attempt = 0;
        }
    }

    pub(super) fn records(&self, load: LoadId) -> Vec<u64> {
        let stored = self.0.lock().unwrap();
        let mut records: Vec<u64> =
            stored.tasks.values().filter(|task| task.load == load).flat_map(|task| task.committed.clone()).collect();
        records.sort_unstable();
        records
    }
}

pub(super) fn away() -> TaskFailure {
    TaskFailure { outage: true, ..TaskFailure::new(FailureKind::Transient, "the store is away") }
}

#[async_trait]
impl StoreCount for Store {
    async fn stored(&self, load: LoadId) -> Result<u64, String> {
        Ok(self.records(load).len() as u64)
    }
}

/// Leaves a load's own segments out, for somebody to bring them afterwards.
pub(super) struct Forgetful;

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
