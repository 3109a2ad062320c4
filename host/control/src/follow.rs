//! What follows from a task that ended: the next tasks, a ledger entry, another attempt, a quarantine or the end of its job.

use sluice_catalogue::{Change, EndedTask, Error, Job, JobSpec, JobState, LoadState, NewTask, Reproducer};
use sluice_record::{Chunk, FailureKind, TaskFailure, TaskKind, TaskOutcome, TaskSpec, limits};

use crate::{Controller, Result, error::taken};

/// The first back-off of a task whose store or machine failed; each further one is twice as long.
const BACK_OFF_MS: i64 = 1_000;
/// How long a worker at which a task failed is kept from it.
const AVOID_MS: i64 = 10_000;
/// Runs of one task that a plugin may spoil before its range is set aside.
const PLUGIN_ATTEMPTS_MAX: u32 = 2;

impl Controller {
    pub(crate) async fn follow(&self, ended: EndedTask) -> Result<bool> {
        let job = self.catalogue.job(ended.job).await?;
        if job.finished_at.is_some() {
            return taken(self.catalogue.apply(&[Change::Followed(ended.id)]).await);
        }
        match &ended.ended {
            Ok(outcome) => self.succeeded(&job, &ended, outcome).await,
            Err(failure) => self.failed(&job, &ended, failure).await,
        }
    }

    async fn succeeded(&self, job: &Job, ended: &EndedTask, outcome: &TaskOutcome) -> Result<bool> {
        let mut step = vec![Change::Followed(ended.id)];
        match (&ended.spec, outcome) {
            (TaskSpec::Stage { load, dump, .. }, TaskOutcome::Staged { members, notes }) => {
                // Their scans are queued by the job's next step: only then do the members have ids.
                step.extend(members.iter().map(|staged| Change::AddMember { load: *load, dump: *dump, staged: staged.clone() }));
                if !notes.is_empty() {
                    step.push(Change::AddNotes { load: *load, notes: notes.clone() });
                }
                step.push(Change::Load { load: *load, from: LoadState::Staging, to: LoadState::Parsing, message: String::new() });
            }
            (TaskSpec::Scan { load, member, source, bytes, plugin, .. }, TaskOutcome::Scanned { chunks }) => {
                if !covers(chunks, *bytes) {
                    let message = format!("the chunks of member {member} do not cover its {bytes} bytes");
                    return self.fail_job(job, Some(ended), &message, "this is a fault of sluice or of the plugin's scanner").await;
                }
                let policy = self.catalogue.load(*load).await?.policy;
                step.push(Change::MemberParsing(*member));
                step.extend(chunks.iter().map(|chunk| {
                    let spec = TaskSpec::Parse {
                        load: *load,
                        member: *member,
                        source: source.clone(),
                        plugin: *plugin,
                        policy,
                        chunk: chunk.clone(),
                    };
                    Change::Queue(NewTask { job: job.id, key: format!("parse/{member}/{}", chunk.start), spec, splits: 0 })
                }));
            }
            (TaskSpec::Parse { load, member, .. }, TaskOutcome::Parsed { ledger, .. }) => {
                step.push(Change::AddLedger { load: *load, member: *member, ledger: ledger.clone() });
            }
            (TaskSpec::Merge { load: Some(load), .. }, TaskOutcome::Merged { segments, accounts, passwords }) => {
                step.push(Change::Merged { load: *load, segments: segments.clone(), accounts: *accounts, passwords: *passwords });
            }
            (TaskSpec::Merge { load: None, .. }, TaskOutcome::Merged { .. }) | (TaskSpec::Purge { .. }, TaskOutcome::Purged) => {}
            (spec, _) => {
                let message = format!("a {} task gave what is no outcome of one", spec.kind().name());
                return self.fail_job(job, Some(ended), &message, "run workers of this version of sluice").await;
            }
        }
        taken(self.catalogue.apply(&step).await)
    }

    async fn failed(&self, job: &Job, ended: &EndedTask, failure: &TaskFailure) -> Result<bool> {
        let kind = ended.spec.kind();
        metrics::counter!("sluice_task_failures_total", "kind" => kind.name(), "failure" => failure_word(failure.kind)).increment(1);
        let divisible = matches!(kind, TaskKind::Scan | TaskKind::Parse);
        match failure.kind {
            // The catalogue queues these by itself; one from elsewhere is treated alike.
            FailureKind::Cancelled => self.retry(ended, 0, false).await,
            FailureKind::Transient if ended.attempts < limits::TASK_ATTEMPTS_MAX => {
                let doublings = ended.attempts.saturating_sub(1).min(16);
                self.retry(ended, BACK_OFF_MS << doublings, false).await
            }
            FailureKind::Plugin if ended.attempts < PLUGIN_ATTEMPTS_MAX => self.retry(ended, 0, true).await,
            // The rest of the load is worth having, and what is left out is counted and can be seen to fail again.
            FailureKind::Plugin | FailureKind::Input if divisible => self.quarantine(ended, failure).await,
            _ => {
                let hint = match failure.kind {
                    FailureKind::Transient => "look after the store or the machine, and import again",
                    FailureKind::Input => "look at the dump, and at the archive passwords, and import again",
                    _ => "look at the plugin, and import again",
                };
                self.fail_job(job, Some(ended), &failure.message, hint).await
            }
        }
    }

    async fn retry(&self, ended: &EndedTask, back_off_ms: i64, avoid: bool) -> Result<bool> {
        let now = self.catalogue.now();
        let retry = Change::Retry {
            task: ended.id,
            not_before: now + back_off_ms,
            avoid_worker: if avoid { ended.worker.clone() } else { None },
            avoid_until: if avoid { now + AVOID_MS } else { 0 },
        };
        taken(self.catalogue.apply(&[retry]).await)
    }

    async fn quarantine(&self, ended: &EndedTask, failure: &TaskFailure) -> Result<bool> {
        tracing::warn!(task = %ended.id, job = %ended.job, bytes = ended.spec.bytes(), "a task is quarantined: {}", failure.message);
        let reproducer =
            Reproducer { spec: ended.spec.clone(), offset: failure.offset, failure: failure.clone(), worker: ended.worker.clone() };
        taken(self.catalogue.apply(&[Change::Quarantine { task: ended.id, reproducer }]).await)
    }

    /// Ends a job, nothing of it running on. An import's load ends with it.
    pub(crate) async fn fail_job(&self, job: &Job, ended: Option<&EndedTask>, message: &str, hint: &str) -> Result<bool> {
        let mut step: Vec<Change> = ended.map(|ended| Change::Followed(ended.id)).into_iter().collect();
        step.push(Change::CancelTasks { job: job.id, leased: true });
        if let (JobSpec::Import { .. }, Some(load)) = (&job.spec, job.load) {
            let state = match self.catalogue.load(load).await {
                Ok(load) => Some(load.state),
                Err(Error::NotFound { .. }) => None,
                Err(error) => return Err(error.into()),
            };
            if let Some(from @ (LoadState::Staging | LoadState::Parsing | LoadState::Merging)) = state {
                step.push(Change::Load { load, from, to: LoadState::Failed, message: message.to_owned() });
            }
        }
        step.push(Change::Job { job: job.id, from: job.state, to: JobState::Failed, message: message.to_owned(), hint: hint.to_owned() });
        tracing::warn!(job = %job.id, message, "a job failed");
        taken(self.catalogue.apply(&step).await)
    }
}

/// From 0 to the end, in order, without a gap, each with a byte at least.
fn covers(chunks: &[Chunk], bytes: u64) -> bool {
    let end = chunks.iter().try_fold(0, |at, chunk| (chunk.start == at && chunk.end > at).then_some(chunk.end));
    end == Some(bytes)
}

const fn failure_word(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Input => "input",
        FailureKind::Plugin => "plugin",
        FailureKind::Transient => "transient",
        FailureKind::Cancelled => "cancelled",
    }
}
