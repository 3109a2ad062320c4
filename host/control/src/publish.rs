//! Publish and retract: planned from the current generation, taken by compare and swap, planned anew if that one has gone by.

use sluice_catalogue::{Change, Error, Generation, Job, JobState, Load, LoadState, NewTask, Publish};
use sluice_record::{BreachId, LoadId, RunKind, TaskSpec};

use crate::{ControlError, Controller, Result, error::taken, job::purge};

/// Plans made anew in one step before others get their turn.
pub(crate) const PLANS_MAX: usize = 8;
/// How long readers may go on with a generation that is no longer the current one: they look for changes every two seconds, and a
/// lookup takes less than the rest.
pub(crate) const READERS_GRACE_MS: i64 = 5_000;

impl Controller {
    /// Makes a verified load visible, then the job is done.
    pub(crate) async fn publish(&self, job: &Job, load: &Load) -> Result<bool> {
        match load.state {
            LoadState::Published => return self.set_job(job, JobState::Done, "", "").await,
            LoadState::Verified => {}
            state => {
                let message = format!("load {} is {state}: only a verified load can be published", load.id);
                return self.fail_job(job, None, &message, "publish it once its import has verified it").await;
            }
        }
        if load.quarantined_bytes > 0 && !load.quarantine_accepted {
            let message = format!("{} bytes of load {} are quarantined", load.quarantined_bytes, load.id);
            let hint = "look at its quarantined tasks; accept the quarantine to publish without them";
            return self.set_job(job, JobState::Waiting, &message, hint).await;
        }
        for _ in 0..PLANS_MAX {
            let current = self.catalogue.generation().await?;
            let mut together: Vec<LoadId> = of_breach(&current, load.breach).chain([load.id]).collect();
            together.sort_unstable();
            if let Some(count) = self.count(job, load.breach, together).await? {
                if self.catalogue.has_open_tasks(job.id).await? {
                    return self.set_job(job, JobState::Running, "", "").await;
                }
                let running =
                    Change::Job { job: job.id, from: job.state, to: JobState::Running, message: String::new(), hint: String::new() };
                return taken(self.catalogue.apply(&[Change::Queue(count), running]).await);
            }
            let segments = self.planner.publish(&current.segments, &load.segments).map_err(ControlError::Planner)?;
            let publish = Publish { load: load.id, segments, expected_generation: current.number };
            match self.catalogue.publish(&publish).await {
                Ok(number) => {
                    tracing::info!(load = %load.id, generation = number, "a load is published");
                    return Ok(true);
                }
                Err(Error::Conflict { .. }) if self.catalogue.load(load.id).await?.state == LoadState::Verified => {}
                Err(error) => return taken(Err(error)),
            }
        }
        Ok(false)
    }

    /// A task that counts the accounts of a breach's loads, ascending, unless the catalogue knows how many they have together.
    async fn count(&self, job: &Job, breach: BreachId, loads: Vec<LoadId>) -> Result<Option<NewTask>> {
        if loads.len() < 2 || self.catalogue.counted_loads(breach).await? == loads {
            return Ok(None);
        }
        let mut segments = vec![];
        for load in &loads {
            segments.extend(self.catalogue.load(*load).await?.segments.into_iter().filter(|own| own.kind == RunKind::Account));
        }
        let key = format!("count/{}", job.progress.tasks);
        Ok(Some(NewTask { job: job.id, key, spec: TaskSpec::Count { breach, loads, segments }, splits: 0, not_before: 0 }))
    }

    /// Takes a published load out of what queries see, has it deleted, and then the job is done.
    pub(crate) async fn retract(&self, job: &Job, load: &Load) -> Result<bool> {
        match load.state {
            LoadState::Published => self.take_out(load).await,
            LoadState::Retracted => self.delete(job, load).await,
            state => {
                let message = format!("load {} is {state}: only a published load can be retracted", load.id);
                self.fail_job(job, None, &message, "look at where the load stands").await
            }
        }
    }

    async fn take_out(&self, load: &Load) -> Result<bool> {
        for _ in 0..PLANS_MAX {
            let current = self.catalogue.generation().await?;
            let mut remaining = vec![];
            for (other, _) in current.loads.iter().filter(|(other, _)| *other != load.id) {
                remaining.extend(self.catalogue.load(*other).await?.segments);
            }
            let segments = self.planner.retract(&current.segments, &remaining, load.id).map_err(ControlError::Planner)?;
            match self.catalogue.retract(load.id, &segments, current.number).await {
                Ok(number) => {
                    tracing::info!(load = %load.id, generation = number, "a load is retracted");
                    return Ok(true);
                }
                Err(Error::Conflict { .. }) if self.catalogue.load(load.id).await?.state == LoadState::Published => {}
                Err(error) => return taken(Err(error)),
            }
        }
        Ok(false)
    }

    async fn delete(&self, job: &Job, load: &Load) -> Result<bool> {
        if self.catalogue.has_open_tasks(job.id).await? {
            return self.set_job(job, JobState::Running, "", "").await;
        }
        let state = if job.progress.tasks == 0 { JobState::Running } else { JobState::Done };
        let mut step = vec![];
        if state == JobState::Running {
            let copies = self.catalogue.superseded_segments(load.id).await?;
            let copies = copies.into_iter().filter(|segment| segment.loads.len() > 1).map(|segment| segment.object).collect();
            let not_before = load.retracted_at.unwrap_or_default() + READERS_GRACE_MS;
            step.push(Change::Queue(purge(job, load, copies, not_before)));
            let remaining = of_breach(&self.catalogue.generation().await?, load.breach).collect();
            step.extend(self.count(job, load.breach, remaining).await?.map(Change::Queue));
        }
        step.push(Change::Job { job: job.id, from: job.state, to: state, message: String::new(), hint: String::new() });
        taken(self.catalogue.apply(&step).await)
    }
}

/// A breach's loads of a generation, ascending.
fn of_breach(generation: &Generation, breach: BreachId) -> impl Iterator<Item = LoadId> {
    generation.loads.iter().filter(move |(_, of)| *of == breach).map(|(load, _)| *load)
}
