//! What follows from a task that ended: the next tasks, a ledger entry, another attempt, a quarantine or the end of its job.

use sluice_catalogue::{Change, EndedTask, Error, Job, JobSpec, JobState, LoadState, NewTask};
use sluice_record::{Chunk, FailureKind, TaskFailure, TaskKind, TaskOutcome, TaskSpec, limits};

use crate::{Controller, Result, error::taken, job::purge, quarantine::is_divisible};

/// The first back-off of a task whose store or machine failed; each further one is twice as long, up to a bound.
const BACK_OFF_MS: i64 = 1_000;
const BACK_OFF_MS_MAX: i64 = 60_000;
/// How long a worker at which a task failed is kept from it.
const AVOID_MS: i64 = 10_000;
/// How long a worker may take to stop what was cancelled.
const GIVING_UP_MS: i64 = 2_000;
/// Runs of one task that a plugin may spoil before its range is cut or set aside: the second one's worker may be better.
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
            (TaskSpec::Scan { load, member, name, parts, source, bytes, plugin, .. }, TaskOutcome::Scanned { chunks }) => {
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
                        name: name.clone(),
                        parts: parts.clone(),
                        source: source.clone(),
                        plugin: *plugin,
                        policy,
                        chunk: chunk.clone(),
                    };
                    Change::Queue(NewTask { job: job.id, key: format!("parse/{member}/{}", chunk.start), spec, splits: 0, not_before: 0 })
                }));
            }
            (TaskSpec::Parse { load, member, .. }, TaskOutcome::Parsed { ledger, .. }) => {
                step.push(Change::AddLedger { load: *load, member: *member, ledger: ledger.clone() });
            }
            (TaskSpec::Merge { load: Some(load), .. }, TaskOutcome::Merged { segments, accounts, passwords }) => {
                step.push(Change::Merged { load: *load, segments: segments.clone(), accounts: *accounts, passwords: *passwords });
            }
            (TaskSpec::Merge { load: None, segments: inputs, .. }, TaskOutcome::Merged { segments, .. }) => {
                return self.compacted(ended, inputs, segments).await;
            }
            (TaskSpec::Count { breach, loads, .. }, TaskOutcome::Counted { accounts }) => {
                step.push(Change::Counted { breach: *breach, loads: loads.clone(), accounts: *accounts });
            }
            (TaskSpec::Purge { .. }, TaskOutcome::Purged) => {}
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
        let attempts_max = if kind == TaskKind::Purge { limits::PURGE_ATTEMPTS_MAX } else { limits::TASK_ATTEMPTS_MAX };
        match failure.kind {
            // The catalogue queues these by itself; one from elsewhere is treated alike.
            FailureKind::Cancelled => self.retry(ended, 0, Blame::Nobody).await,
            FailureKind::Transient if failure.outage && ended.outages < limits::TASK_OUTAGES_MAX => {
                tracing::warn!(job = %job.id, task = %ended.id, reason = failure.message, "a server is away; the task is tried again");
                self.retry(ended, back_off(ended.outages), Blame::Server).await
            }
            FailureKind::Transient if ended.attempts < attempts_max => {
                self.retry(ended, back_off(ended.attempts.saturating_sub(1)), Blame::Nobody).await
            }
            FailureKind::Plugin if ended.splits == 0 && ended.attempts < PLUGIN_ATTEMPTS_MAX => self.retry(ended, 0, Blame::Worker).await,
            FailureKind::Plugin if !failure.cuts.is_empty() => match self.split(job, ended, failure).await? {
                Some(done) => Ok(done),
                None => self.quarantine(ended, failure).await,
            },
            FailureKind::Plugin if ended.attempts < PLUGIN_ATTEMPTS_MAX => self.retry(ended, 0, Blame::Worker).await,
            // The rest of the load is worth having, and what is left out is counted and can be seen to fail again.
            FailureKind::Plugin | FailureKind::Input if is_divisible(kind) => self.quarantine(ended, failure).await,
            FailureKind::Transient if self.is_outdated(&ended.spec).await? => {
                taken(self.catalogue.apply(&[Change::Followed(ended.id)]).await)
            }
            // What was retracted is gone from what queries see; a count that is too high is no reason to keep its data.
            _ if kind == TaskKind::Count && matches!(job.spec, JobSpec::Retract { .. }) => {
                tracing::warn!(job = %job.id, reason = failure.message, "the breach's remaining loads could not be counted together");
                taken(self.catalogue.apply(&[Change::Followed(ended.id)]).await)
            }
            FailureKind::Transient if job.spec != JobSpec::Compact && kind != TaskKind::Count => self.quarantine(ended, failure).await,
            _ => {
                let hint = match failure.kind {
                    FailureKind::Transient => "look after the store or the machine; nothing is lost, and the next publish tries it again",
                    FailureKind::Input => "look at the dump, and at the archive passwords, and import again",
                    _ => "look at the plugin, and import again",
                };
                self.fail_job(job, Some(ended), &failure.message, hint).await
            }
        }
    }

    async fn retry(&self, ended: &EndedTask, back_off_ms: i64, blame: Blame) -> Result<bool> {
        let now = self.catalogue.now();
        let avoid = blame == Blame::Worker;
        let retry = Change::Retry {
            task: ended.id,
            not_before: now + back_off_ms,
            avoid_worker: if avoid { ended.worker.clone() } else { None },
            avoid_until: if avoid { now + AVOID_MS } else { 0 },
            outage: blame == Blame::Server,
        };
        taken(self.catalogue.apply(&[retry]).await)
    }

    /// Ends a job, nothing of it running on. An import's load ends with it, and what was written of it is deleted first.
    pub(crate) async fn fail_job(&self, job: &Job, ended: Option<&EndedTask>, message: &str, hint: &str) -> Result<bool> {
        let mut step: Vec<Change> = ended.map(|ended| Change::Followed(ended.id)).into_iter().collect();
        step.push(Change::CancelTasks { job: job.id, leased: true });
        let mut state = JobState::Failed;
        if let (JobSpec::Import { .. }, Some(load)) = (&job.spec, job.load) {
            let load = match self.catalogue.load(load).await {
                Ok(load) => Some(load),
                Err(Error::NotFound { .. }) => None,
                Err(error) => return Err(error.into()),
            };
            if let Some(load) = load.filter(|load| matches!(load.state, LoadState::Staging | LoadState::Parsing | LoadState::Merging)) {
                step.push(Change::Load { load: load.id, from: load.state, to: LoadState::Failed, message: message.to_owned() });
                step.push(Change::Queue(purge(job, &load, vec![], self.when_given_up(job).await?)));
                state = JobState::Running; // until that is done
            }
        }
        step.push(Change::Job { job: job.id, from: job.state, to: state, message: message.to_owned(), hint: hint.to_owned() });
        tracing::warn!(job = %job.id, message, "a job failed");
        taken(self.catalogue.apply(&step).await)
    }
}

impl Controller {
    /// From when on nobody writes for a job whose tasks are cancelled: workers hear of it when they next say how far they are.
    pub(crate) async fn when_given_up(&self, job: &Job) -> Result<i64> {
        let leased = self.catalogue.has_leased_tasks(job.id).await?;
        Ok(if leased { self.catalogue.now() + GIVING_UP_MS } else { 0 })
    }
}

/// What a task that is to be tried again is kept from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Blame {
    Nobody,
    /// Another worker is to try it.
    Worker,
    /// A server was away: the attempt does not count.
    Server,
}

/// How long after so many failures the next attempt begins.
fn back_off(failures: u32) -> i64 {
    (BACK_OFF_MS << failures.min(16)).min(BACK_OFF_MS_MAX)
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
