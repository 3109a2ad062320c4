//! Compaction: when a generation has too many segments of a kind, a job merges the small ones into copies that say the same. A load's
//! own segments stay as they are; what is compacted is only quicker, so a compaction that fails or comes too late costs nothing.

use std::sync::atomic::Ordering;

use sluice_catalogue::{Change, EndedTask, Error, Job, JobSpec, JobState, NewJob, NewTask};
use sluice_record::{Frame, LoadId, SegmentRef, TaskSpec};

use crate::{
    Controller, Result,
    error::taken,
    publish::{PLANS_MAX, READERS_GRACE_MS},
};

/// Behind whatever somebody waits for.
const PRIORITY: i64 = -100;

impl Controller {
    /// Begins a compaction if the current generation wants one and none is under way; `true` if it did. A generation is looked at once.
    pub(crate) async fn begin_compaction(&self, open: &[Job]) -> Result<bool> {
        if open.iter().any(|job| job.spec == JobSpec::Compact) {
            return Ok(false);
        }
        let number = self.catalogue.generation_number().await?;
        if self.compaction_looked_at.load(Ordering::Relaxed) == number {
            return Ok(false);
        }
        let current = self.catalogue.generation().await?;
        let due = !self.planner.compactions(&current.segments).is_empty();
        if due {
            self.catalogue.create_job(&NewJob { priority: PRIORITY, ..JobSpec::Compact.into() }).await?;
        }
        self.compaction_looked_at.store(current.number, Ordering::Relaxed);
        Ok(due)
    }

    /// A merge a kind, and then it is done.
    pub(crate) async fn compact(&self, job: &Job) -> Result<bool> {
        if self.catalogue.has_open_tasks(job.id).await? {
            return self.set_job(job, JobState::Running, "", "").await;
        }
        let due = match job.progress.tasks {
            0 => self.planner.compactions(&self.catalogue.generation().await?.segments),
            _ => vec![],
        };
        let state = if due.is_empty() { JobState::Done } else { JobState::Running };
        let mut step: Vec<Change> = due
            .into_iter()
            .enumerate()
            .map(|(at, segments)| {
                let mut keep: Vec<LoadId> = segments.iter().flat_map(|segment| segment.loads.iter().copied()).collect();
                keep.sort_unstable();
                let spec = TaskSpec::Merge { load: None, runs: vec![], segments, keep };
                Change::Queue(NewTask { job: job.id, key: format!("compact/{at}"), spec, splits: 0, not_before: 0 })
            })
            .collect();
        step.push(Change::Job { job: job.id, from: job.state, to: state, message: String::new(), hint: String::new() });
        taken(self.catalogue.apply(&step).await)
    }

    /// Puts what was merged in its inputs' place, unless one of those has gone by; what nobody needs then is deleted.
    pub(crate) async fn compacted(&self, ended: &EndedTask, inputs: &[SegmentRef], merged: &[SegmentRef]) -> Result<bool> {
        let [merged] = merged else { return taken(self.catalogue.apply(&[Change::Followed(ended.id)]).await) };
        let mut current = self.catalogue.generation().await?;
        for _ in 0..PLANS_MAX {
            // After a crash right behind the switch, it is in there already.
            if is_in(&current.segments, merged) {
                break;
            }
            let Some(segments) = self.planner.compacted(&current.segments, inputs, merged) else { break };
            match self.catalogue.replace_segments(&segments, current.number).await {
                Ok(number) => tracing::info!(generation = number, merged = inputs.len(), "segments were compacted"),
                Err(Error::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            current = self.catalogue.generation().await?;
        }
        let copies = inputs.iter().filter(|input| input.loads.len() > 1);
        let unused = copies.chain([merged]).filter(|segment| !is_in(&current.segments, segment));
        let objects: Vec<Frame> = unused.map(|segment| segment.object.clone()).collect();
        let mut step = vec![Change::Followed(ended.id)];
        if !objects.is_empty() {
            let not_before = self.catalogue.now() + READERS_GRACE_MS;
            let spec = TaskSpec::Purge { load: None, objects };
            step.push(Change::Queue(NewTask { job: ended.job, key: format!("purge/{}", ended.id), spec, splits: 0, not_before }));
        }
        taken(self.catalogue.apply(&step).await)
    }

    /// Has one of a failed compaction's inputs gone by? Then it failed at what nobody wants any more.
    pub(crate) async fn is_outdated(&self, spec: &TaskSpec) -> Result<bool> {
        let TaskSpec::Merge { load: None, segments, .. } = spec else { return Ok(false) };
        let current = self.catalogue.generation().await?.segments;
        Ok(segments.iter().any(|input| !is_in(&current, input)))
    }
}

fn is_in(segments: &[SegmentRef], one: &SegmentRef) -> bool {
    segments.iter().any(|segment| segment.object.key == one.object.key)
}
