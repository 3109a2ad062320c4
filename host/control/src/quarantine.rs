//! What fails for good is set aside, and as little of it as can be. A chunk that spoils its plugin is cut around the fault, again and
//! again, until what fails can't be cut any further: that is quarantined with its reproducer, and the rest is parsed. What a store or
//! a machine spoiled is quarantined as it is; it would be well tomorrow, so its job does not end without an operator's word.

use sluice_catalogue::{Change, EndedTask, Job, Load, NewTask, Reproducer, TaskFilter, TaskState};
use sluice_record::{Chunk, CutPoint, FailureKind, TaskFailure, TaskKind, TaskSpec};

use crate::{Controller, Result, error::taken};

/// Pieces a job may have, besides one for each task that ended well: a plugin that can read nothing is not tried on every line.
const PIECES_FREE: u64 = 64;
const PIECES_MAX: u64 = 4_096;
/// Tasks named to an operator.
const STALLED_SHOWN_MAX: u32 = 100;

impl Controller {
    /// Cuts a failed parse task's chunk where its worker said. `None` if it can't be cut, or not any more.
    pub(crate) async fn split(&self, job: &Job, ended: &EndedTask, failure: &TaskFailure) -> Result<Option<bool>> {
        let TaskSpec::Parse { chunk, member, .. } = &ended.spec else { return Ok(None) };
        let pieces = pieces(chunk, &failure.cuts);
        if pieces.len() < 2 {
            return Ok(None);
        }
        let made = self.catalogue.split_tasks(job.id).await?;
        if made >= PIECES_MAX || made >= PIECES_FREE + job.progress.tasks_done {
            return Ok(None);
        }
        let splits = ended.splits + 1;
        tracing::info!(task = %ended.id, pieces = pieces.len(), splits, "a chunk that fails is cut: {}", failure.message);
        let mut step = vec![];
        for piece in pieces {
            let (first, key) = (piece.start == chunk.start, format!("parse/{member}/{}", piece.start));
            let spec = with_chunk(&ended.spec, piece);
            step.push(match first {
                true => Change::Narrow { task: ended.id, spec, splits },
                false => Change::Queue(NewTask { job: job.id, key, spec, splits, not_before: 0 }),
            });
        }
        taken(self.catalogue.apply(&step).await).map(Some)
    }

    pub(crate) async fn quarantine(&self, ended: &EndedTask, failure: &TaskFailure) -> Result<bool> {
        tracing::warn!(task = %ended.id, job = %ended.job, bytes = ended.spec.bytes(), "a task is quarantined: {}", failure.message);
        let failure = TaskFailure { cuts: vec![], ..failure.clone() };
        let spec = without_secrets(ended.spec.clone());
        let reproducer = Reproducer { spec, offset: failure.offset, failure, worker: ended.worker.clone() };
        taken(self.catalogue.apply(&[Change::Quarantine { task: ended.id, reproducer }]).await)
    }

    /// What an import can't go on without, in words, and what to do: tasks that stores or machines spoiled. An operator may do without
    /// chunks and members, but not without a dump or the merge.
    pub(crate) async fn stalled(&self, job: &Job, load: &Load) -> Result<Option<(String, String)>> {
        if job.progress.tasks_quarantined == 0 || self.catalogue.has_open_tasks(job.id).await? {
            return Ok(None);
        }
        let filter = TaskFilter { job: Some(job.id), state: Some(TaskState::Quarantined), after: None };
        let mut stalled = self.catalogue.tasks(filter, STALLED_SHOWN_MAX).await?;
        stalled.retain(|task| {
            let spared = load.quarantine_accepted && is_divisible(task.kind);
            !spared && task.failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::Transient)
        });
        let Some((first, failure)) = stalled.first().and_then(|first| Some((first, first.failure.as_ref()?))) else { return Ok(None) };
        let message = format!(
            "{} tasks failed {} times; the first is task {} ({}): {}",
            stalled.len(),
            first.attempts,
            first.id,
            first.kind.name(),
            failure.message
        );
        let otherwise = if is_divisible(first.kind) { ", or accept the quarantine to go on without them" } else { "" };
        let hint = format!("mend what failed, then `sluice tasks retry {}` (each has its own){otherwise}", first.id);
        Ok(Some((message, hint)))
    }
}

/// Can a load go on without such a task's bytes?
pub(crate) const fn is_divisible(kind: TaskKind) -> bool {
    matches!(kind, TaskKind::Scan | TaskKind::Parse)
}

fn pieces(chunk: &Chunk, cuts: &[CutPoint]) -> Vec<Chunk> {
    let mut pieces = vec![chunk.clone()];
    for cut in cuts {
        if let Some(last) = pieces.last_mut().filter(|last| last.start < cut.offset && cut.offset < last.end) {
            let end = std::mem::replace(&mut last.end, cut.offset);
            pieces.push(Chunk { start: cut.offset, end, context: cut.context.clone() });
        }
    }
    pieces
}

fn with_chunk(spec: &TaskSpec, piece: Chunk) -> TaskSpec {
    let mut spec = spec.clone();
    if let TaskSpec::Parse { chunk, .. } = &mut spec {
        *chunk = piece;
    }
    spec
}

/// A reproducer is for everybody's eyes, an archive's passwords are not.
fn without_secrets(mut spec: TaskSpec) -> TaskSpec {
    if let TaskSpec::Stage { archive_passwords, .. } = &mut spec {
        archive_passwords.clear();
    }
    spec
}
