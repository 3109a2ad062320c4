//! The controller: a reconcile loop over tasks that ended and jobs that have not. What follows from the first is in `follow`,
//! where the second stand in `job`, `publish` and `compact`; what is set aside in `quarantine`.

use std::{
    future::Future,
    pin::pin,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use async_trait::async_trait;
use sluice_catalogue::{Catalogue, Topic};
use sluice_record::{LoadId, SegmentRef};

use crate::{ControlError, Result};

/// Ended tasks read at once.
const ENDED_MAX: u32 = 256;
/// The period behind the bell.
const PERIOD: Duration = Duration::from_secs(1);

/// The record store, as far as verifying asks for it.
#[async_trait]
pub trait StoreCount: Send + Sync {
    /// Records it holds of a load.
    async fn stored(&self, load: LoadId) -> std::result::Result<u64, String>;
}

/// Who knows which segments the ranges' next generation consists of.
pub trait GenerationPlanner: Send + Sync {
    /// The segments with a load's `own` added to the `current` ones.
    fn publish(&self, current: &[SegmentRef], own: &[SegmentRef]) -> std::result::Result<Vec<SegmentRef>, String>;

    /// The segments without a load; those of the loads that remain are there to stand in for a segment several share with it.
    fn retract(
        &self,
        current: &[SegmentRef],
        own_of_remaining: &[SegmentRef],
        load: LoadId,
    ) -> std::result::Result<Vec<SegmentRef>, String>;

    /// The merges the `current` segments want: the inputs of each, all of one kind.
    fn compactions(&self, current: &[SegmentRef]) -> Vec<Vec<SegmentRef>>;

    /// The segments with `merged` in its inputs' place; `None` if one of those is no longer there.
    fn compacted(&self, current: &[SegmentRef], inputs: &[SegmentRef], merged: &SegmentRef) -> Option<Vec<SegmentRef>>;
}

/// The controller.
pub struct Controller {
    pub(crate) catalogue: Catalogue,
    pub(crate) store: Arc<dyn StoreCount>,
    pub(crate) planner: Arc<dyn GenerationPlanner>,
    /// The generation that compaction last looked at; missing it costs a look.
    pub(crate) compaction_looked_at: AtomicU64,
}

impl Controller {
    /// One over a catalogue.
    pub fn new(catalogue: Catalogue, store: Arc<dyn StoreCount>, planner: Arc<dyn GenerationPlanner>) -> Self {
        Self { catalogue, store, planner, compaction_looked_at: AtomicU64::new(u64::MAX) }
    }

    /// Looks once at everything there is to follow; `true` if something was done, so that there may be more. An error with one
    /// task or job keeps no other from going on: the last one comes back when all were looked at.
    pub async fn reconcile_once(&self) -> Result<bool> {
        let mut seen = Pass::default();
        for ended in self.catalogue.ended_tasks(ENDED_MAX).await? {
            let task = ended.id;
            let step = self.follow(ended).await;
            seen.note(step, || format!("task {task}"));
        }
        let open = self.catalogue.open_jobs().await?;
        seen.note(self.begin_compaction(&open).await, || "compaction".to_owned());
        for job in open {
            let id = job.id;
            let step = self.job_step(job).await;
            seen.note(step, || format!("job {id}"));
        }
        match seen.error {
            Some(error) if !seen.did => Err(error),
            _ => Ok(seen.did),
        }
    }

    /// Reconciles on word of a change, and on a period, until `shutdown`.
    pub async fn run(&self, shutdown: impl Future<Output = ()>) {
        let mut shutdown = pin!(shutdown);
        let mut changes = self.catalogue.changes(&[Topic::Jobs, Topic::Results]);
        loop {
            let pass = async {
                match self.reconcile_once().await {
                    Ok(true) => {}
                    Ok(false) => drop(changes.changed_within(PERIOD).await),
                    Err(_) => tokio::time::sleep(PERIOD).await, // said already, with what it was about
                }
            };
            tokio::select! {
                biased;
                () = &mut shutdown => return,
                () = pass => {}
            }
        }
    }
}

/// What a pass came to.
#[derive(Default)]
struct Pass {
    did: bool,
    error: Option<ControlError>,
}

impl Pass {
    fn note(&mut self, step: Result<bool>, about: impl FnOnce() -> String) {
        match step {
            Ok(did) => self.did |= did,
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                tracing::warn!(about = about(), %error, cause, "a step failed and will be tried again");
                metrics::counter!("sluice_controller_errors_total").increment(1);
                self.error = Some(error);
            }
        }
    }
}
