//! Where a job stands and what its next step is. Every step can be seen from the catalogue alone: from the job's state, its
//! load's, its members' and whether a task of it is open.

use sluice_catalogue::{Again, Change, Job, JobSpec, JobState, Load, LoadState, Member, MemberState, NewTask, Resolution, UnixMs};
use sluice_record::{BreachId, DumpId, Frame, LoadId, Policy, TaskSpec};

use crate::{Controller, Result, error::taken};

/// Scans queued in one step.
const SCANS_PER_STEP_MAX: u32 = 512;
/// Members without a plugin that are counted one by one.
const UNCLAIMED_COUNTED_MAX: u32 = 100;

impl Controller {
    pub(crate) async fn job_step(&self, job: Job) -> Result<bool> {
        match (job.state, &job.spec) {
            (JobState::Paused, _) => Ok(false),
            (JobState::Cancelling, _) => self.cancelling(&job).await,
            (JobState::Queued | JobState::Running | JobState::Waiting, spec) => match spec {
                JobSpec::Import { breach, policy, publish, again, .. } => {
                    self.import(&job, *breach, *policy, *publish, again.as_deref()).await
                }
                JobSpec::Publish { load } => {
                    let load = self.catalogue.load(*load).await?;
                    self.publish(&job, &load).await
                }
                JobSpec::Retract { load } => {
                    let load = self.catalogue.load(*load).await?;
                    self.retract(&job, &load).await
                }
                JobSpec::Compact => self.compact(&job).await,
            },
            (JobState::Cancelled | JobState::Done | JobState::Failed, _) => Ok(false),
        }
    }

    async fn import(&self, job: &Job, breach: BreachId, policy: Policy, publish: bool, again: Option<&Again>) -> Result<bool> {
        let Some(load) = job.load else {
            return taken(self.catalogue.apply(&[Change::BeginLoad { job: job.id, breach, policy }]).await);
        };
        let load = self.catalogue.load(load).await?;
        let at_work = matches!(load.state, LoadState::Staging | LoadState::Parsing | LoadState::Merging);
        if at_work && let Some((message, hint)) = self.stalled(job, &load).await? {
            return self.set_job(job, JobState::Waiting, &message, &hint).await;
        }
        match load.state {
            LoadState::Staging => self.staging(job, load.id).await,
            LoadState::Parsing => self.parsing(job, load.id).await,
            LoadState::Merging => self.verify(job, &load).await,
            LoadState::Verified => match again.and_then(|again| again.difference(&load)) {
                Some(difference) => self.another(job, &load, &difference).await,
                None if publish => self.publish(job, &load).await,
                None => self.set_job(job, JobState::Done, "", "").await,
            },
            LoadState::Published | LoadState::Retracted => self.set_job(job, JobState::Done, "", "").await,
            LoadState::Unbalanced | LoadState::Failed => {
                // What was written of it is being deleted.
                if self.catalogue.has_open_tasks(job.id).await? {
                    return Ok(false);
                }
                self.set_job(job, JobState::Failed, &job.message, &job.hint).await
            }
        }
    }

    /// A load that was to come out as it was before, and did not: it stays verified, for an operator to look at.
    async fn another(&self, job: &Job, load: &Load, difference: &str) -> Result<bool> {
        let message = format!("load {} is not what it was before: {difference}", load.id);
        tracing::error!(job = %job.id, message, "a load that was made again differs");
        let verified = LoadState::Verified;
        let hint = format!(
            "its bytes, plugins and policy are the same, so look at the versions of sluice; `sluice loads publish {}` takes it as it is",
            load.id
        );
        let step = [
            Change::Load { load: load.id, from: verified, to: verified, message: message.clone() },
            to(job, JobState::Failed, &message, &hint),
        ];
        taken(self.catalogue.apply(&step).await)
    }

    /// A stage task a dump. They are there, or the load would not be without an open task.
    async fn staging(&self, job: &Job, load: LoadId) -> Result<bool> {
        let JobSpec::Import { dumps, .. } = &job.spec else { return Ok(false) };
        if self.catalogue.has_open_tasks(job.id).await? {
            return self.set_job(job, JobState::Running, "", "").await;
        }
        let mut step = vec![];
        for dump in dumps {
            let spec = self.stage_spec(load, *dump, &job.spec).await?;
            step.push(Change::Queue(NewTask { job: job.id, key: format!("stage/{dump}"), spec, splits: 0, not_before: 0 }));
        }
        step.push(to(job, JobState::Running, "", ""));
        taken(self.catalogue.apply(&step).await)
    }

    async fn stage_spec(&self, load: LoadId, dump: DumpId, import: &JobSpec) -> Result<TaskSpec> {
        let name = self.catalogue.dump(dump).await?.name;
        let parts = self.catalogue.dump_parts(dump).await?;
        let (mut only, mut unasked) = (vec![], vec![]);
        let (mut plugin, mut archive_passwords) = (None, vec![]);
        if let JobSpec::Import { plugin: chosen, archive_passwords: passwords, again, .. } = import {
            (plugin, archive_passwords) = (chosen.clone(), passwords.clone());
            if let Some(again) = again {
                only.clone_from(&again.plugins);
                unasked.extend(again.resolved.iter().filter(|resolved| resolved.dump == dump).map(|resolved| resolved.name.clone()));
            }
        }
        Ok(TaskSpec::Stage { load, dump, name, parts, plugin, archive_passwords, only, unasked })
    }

    /// Says to members that nobody was asked about what an operator said to them before; `false` if there is none such.
    async fn resolve_again(&self, job: &Job, unclaimed: &[Member]) -> Result<bool> {
        let JobSpec::Import { again: Some(again), .. } = &job.spec else { return Ok(false) };
        let mut did = false;
        for member in unclaimed {
            let said = again.resolved.iter().find(|said| said.dump == member.dump && said.name == member.staged.name);
            if let Some(said) = said {
                let resolution = said.plugin.map_or(Resolution::Skip, Resolution::Plugin);
                did |= taken(self.catalogue.resolve_member(member.id, resolution).await)?;
            }
        }
        Ok(did)
    }

    /// Members are cut as they get a plugin; when nothing is open any more and nobody waits for one, the runs are merged.
    async fn parsing(&self, job: &Job, load: LoadId) -> Result<bool> {
        // The order matters while others act: what is open may leave members behind, and members become what is open.
        let open = self.catalogue.has_open_tasks(job.id).await?;
        let unclaimed = self.catalogue.members_in(load, MemberState::Unclaimed, UNCLAIMED_COUNTED_MAX).await?;
        let to_scan = self.catalogue.members_to_scan(load, job.id, SCANS_PER_STEP_MAX).await?;
        if !to_scan.is_empty() {
            let step: Vec<_> = to_scan.into_iter().filter_map(|member| scan(job, member)).collect();
            return taken(self.catalogue.apply(&step).await);
        }
        if self.resolve_again(job, &unclaimed).await? {
            return Ok(true);
        }
        if let Some(first) = unclaimed.first() {
            let more = if unclaimed.len() < UNCLAIMED_COUNTED_MAX as usize { "" } else { " or more" };
            let (waits, claims) = (unclaimed.len(), first.staged.claims.len());
            let why = if claims > 1 { "claimed by several plugins alike" } else { "claimed by no plugin" };
            let message = format!("{waits}{more} members wait for a plugin; the first is member {}, {why}", first.id);
            return self.set_job(job, JobState::Waiting, &message, "choose a plugin for each, or skip it").await;
        }
        if open || self.catalogue.has_open_tasks(job.id).await? {
            return self.set_job(job, JobState::Running, "", "").await;
        }
        let runs = self.catalogue.runs(load).await?;
        let mut step = vec![Change::Load { load, from: LoadState::Parsing, to: LoadState::Merging, message: String::new() }];
        if !runs.is_empty() {
            let spec = TaskSpec::Merge { load: Some(load), runs, segments: vec![], keep: vec![load] };
            step.push(Change::Queue(NewTask { job: job.id, key: "merge".to_owned(), spec, splits: 0, not_before: 0 }));
        }
        step.push(to(job, JobState::Running, "", ""));
        taken(self.catalogue.apply(&step).await)
    }

    /// Does every staged byte have its place, and does the store hold what the ledger says?
    async fn verify(&self, job: &Job, load: &Load) -> Result<bool> {
        if self.catalogue.has_open_tasks(job.id).await? {
            return self.set_job(job, JobState::Running, "", "").await;
        }
        let load = &self.catalogue.load(load.id).await?; // with what the last task left
        let quarantined = self.catalogue.quarantined(load.id).await?;
        let quarantined_bytes = quarantined.iter().map(|task| task.reproducer.spec.bytes()).sum::<u64>();
        let stored = self.store.stored(load.id).await.map_err(crate::ControlError::Store)?;
        let (state, message) = match self.imbalance(load, quarantined_bytes, stored).await? {
            None => (LoadState::Verified, String::new()),
            Some(message) => (LoadState::Unbalanced, message),
        };
        let mut step = vec![
            Change::QuarantinedBytes { load: load.id, bytes: quarantined_bytes },
            Change::Load { load: load.id, from: LoadState::Merging, to: state, message: message.clone() },
        ];
        if state == LoadState::Unbalanced {
            tracing::error!(load = %load.id, message, "a load does not balance");
            step.push(Change::Queue(purge(job, load, vec![], 0)));
            step.push(to(job, JobState::Running, &message, "nothing was published; keep the load's ledger, and import again"));
        }
        taken(self.catalogue.apply(&step).await)
    }

    async fn imbalance(&self, load: &Load, quarantined_bytes: u64, stored: u64) -> Result<Option<String>> {
        if let Some(message) = load.ledger.imbalance() {
            return Ok(Some(message));
        }
        let (staged, accounted) = (load.staged_bytes, load.ledger.bytes);
        if staged != accounted + quarantined_bytes {
            let short = self.catalogue.members_short(load.id, 1).await?;
            let first = short.first().map(|member| format!("; first look at member {}", member.id)).unwrap_or_default();
            let message = format!("{staged} bytes staged, {accounted} accounted for and {quarantined_bytes} quarantined{first}");
            return Ok(Some(message));
        }
        let counted = load.ledger.stored;
        Ok((stored != counted).then(|| format!("the record store holds {stored} records of the load, its ledger counts {counted}")))
    }

    /// Nothing runs on, what was written is deleted, and then it is cancelled.
    async fn cancelling(&self, job: &Job) -> Result<bool> {
        let Some(load) = job.load else { return self.set_job(job, JobState::Cancelled, "", "").await };
        let load = self.catalogue.load(load).await?;
        if load.state == LoadState::Failed {
            if self.catalogue.has_open_tasks(job.id).await? {
                return Ok(false);
            }
            return self.set_job(job, JobState::Cancelled, "", "").await;
        }
        let step = [
            Change::CancelTasks { job: job.id, leased: true },
            Change::Load { load: load.id, from: load.state, to: LoadState::Failed, message: "its job was cancelled".to_owned() },
            Change::Queue(purge(job, &load, vec![], self.when_given_up(job).await?)),
        ];
        taken(self.catalogue.apply(&step).await)
    }

    /// Brings a job to a state, unless it is there with that message.
    pub(crate) async fn set_job(&self, job: &Job, state: JobState, message: &str, hint: &str) -> Result<bool> {
        if job.state == state && job.message == message {
            return Ok(false);
        }
        taken(self.catalogue.apply(&[to(job, state, message, hint)]).await)
    }
}

fn to(job: &Job, to: JobState, message: &str, hint: &str) -> Change {
    Change::Job { job: job.id, from: job.state, to, message: message.to_owned(), hint: hint.to_owned() }
}

fn scan(job: &Job, member: Member) -> Option<Change> {
    let spec = TaskSpec::Scan {
        load: member.load,
        member: member.id,
        name: member.staged.name,
        parts: member.staged.parts,
        source: member.staged.source,
        bytes: member.staged.bytes,
        plugin: member.plugin?,
        framing: member.framing,
    };
    Some(Change::Queue(NewTask { job: job.id, key: format!("scan/{}", member.id), spec, splits: 0, not_before: 0 }))
}

/// Deletes a load's records, staged bytes, runs and reject logs, which the stores find by its id, its own segments, and compacted
/// `copies` of them. No generation that is read may have any of it.
pub(crate) fn purge(job: &Job, load: &Load, copies: Vec<Frame>, not_before: UnixMs) -> NewTask {
    let mut objects: Vec<Frame> = load.segments.iter().map(|own| own.object.clone()).collect();
    objects.extend(copies);
    NewTask { job: job.id, key: "purge".to_owned(), spec: TaskSpec::Purge { load: Some(load.id), objects }, splits: 0, not_before }
}
