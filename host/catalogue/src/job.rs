//! Jobs: what somebody asked for, how far it is, and what an operator may say to it while it runs.

use serde::{Deserialize, Serialize};
use sluice_record::{BreachId, DumpId, JobId, Ledger, LoadId, PluginDigest, Policy};
use sqlx::any::AnyRow;

use crate::{
    Catalogue, DumpState, Error, JobKind, JobState, Load, Result, Topic, UnixMs, Window, queue,
    row::{Columns, all, query, selects, to_json},
    tx::Tx,
};

/// What was asked for. An import's archive passwords are in it: show [`JobSpec::without_secrets`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum JobSpec {
    /// Make a load of these dumps for a breach.
    Import {
        /// The breach.
        breach: BreachId,
        /// Complete dumps, at least one.
        dumps: Vec<DumpId>,
        /// What may be kept.
        #[serde(default)]
        policy: Policy,
        /// The operator's choice of plugin, by name or digest, for every member; probing decides otherwise.
        #[serde(default)]
        plugin: Option<String>,
        /// Passwords to try on encrypted members.
        #[serde(default)]
        archive_passwords: Vec<String>,
        /// Publish the load once it is verified.
        #[serde(default)]
        publish: bool,
        /// Make a load again that there was before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        again: Option<Box<Again>>,
    },
    /// Make a verified load visible.
    Publish {
        /// Which.
        load: LoadId,
    },
    /// Take a published load back, and delete it.
    Retract {
        /// Which.
        load: LoadId,
    },
    /// Merge the ranges' small segments into fewer, so that a lookup asks fewer. Queued by the controller when they pile up.
    Compact,
}

/// A load that was verified elsewhere and is to come out the same: what a restore asks for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Again {
    /// What it was called there.
    pub load: LoadId,
    /// The plugins it was pinned to: no other is asked about its members.
    pub plugins: Vec<PluginDigest>,
    /// What an operator said to members that nobody claimed.
    pub resolved: Vec<Resolved>,
    /// Did an operator accept to publish it without its quarantined bytes?
    pub quarantine_accepted: bool,
    /// When it was published there.
    pub published_at: Option<UnixMs>,
    /// What became of its bytes.
    pub ledger: Ledger,
    /// Bytes of its staged members.
    pub staged_bytes: u64,
    /// Bytes set aside with quarantined tasks.
    pub quarantined_bytes: u64,
    /// Distinct accounts.
    pub accounts: u64,
    /// Distinct plain passwords.
    pub passwords: u64,
}

/// What an operator said to a member.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Resolved {
    /// From which dump.
    pub dump: DumpId,
    /// Its path within the dump.
    pub name: String,
    /// The plugin chosen; `None`: it was left out.
    pub plugin: Option<PluginDigest>,
}

impl Again {
    /// How a load that was made again differs from what it was, in words; `None` if it does not. Counts and never values: those follow
    /// from bytes, plugins and policy, which are the same.
    pub fn difference(&self, load: &Load) -> Option<String> {
        let counts = [
            ("bytes staged", load.staged_bytes, self.staged_bytes),
            ("bytes quarantined", load.quarantined_bytes, self.quarantined_bytes),
            ("records", load.ledger.records, self.ledger.records),
            ("records stored", load.ledger.stored, self.ledger.stored),
            ("distinct accounts", load.accounts, self.accounts),
            ("distinct passwords", load.passwords, self.passwords),
        ];
        let differs = counts.into_iter().find(|(_, now, before)| now != before);
        let said = differs.map(|(what, now, before)| format!("it has {now} {what}, and had {before}"));
        said.or_else(|| (load.ledger != self.ledger).then(|| "what was rejected or skipped is not what it was".to_owned()))
    }
}

impl JobSpec {
    /// Its kind.
    pub const fn kind(&self) -> JobKind {
        match self {
            Self::Import { .. } => JobKind::Import,
            Self::Publish { .. } => JobKind::Publish,
            Self::Retract { .. } => JobKind::Retract,
            Self::Compact => JobKind::Compact,
        }
    }

    /// What may be shown: archive passwords left out.
    #[must_use]
    pub fn without_secrets(mut self) -> Self {
        if let Self::Import { archive_passwords, .. } = &mut self {
            archive_passwords.clear();
        }
        self
    }
}

/// A job to be made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NewJob {
    /// What is asked for.
    pub spec: JobSpec,
    /// Greater goes first; 0 is ordinary.
    pub priority: i64,
    /// When its tasks may start; none is always.
    pub window: Option<Window>,
    /// By when it should be done.
    pub deadline: Option<UnixMs>,
}

impl From<JobSpec> for NewJob {
    /// An ordinary one, at any time.
    fn from(spec: JobSpec) -> Self {
        Self { spec, priority: 0, window: None, deadline: None }
    }
}

/// What may be changed of when a job runs; what is `None` stays.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct ScheduleChange {
    /// Greater goes first.
    pub priority: Option<i64>,
    /// When its tasks may start, or always.
    pub window: Option<Option<Window>>,
    /// By when it should be done, if by any time.
    pub deadline: Option<Option<UnixMs>>,
}

/// How far a job is. Counts are of finished tasks; see [`crate::Task::progress_bytes`] for those under way.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[allow(missing_docs)] // as they say
pub struct Progress {
    pub tasks: u64,
    pub tasks_done: u64,
    pub tasks_quarantined: u64,
    /// Staged bytes to be parsed, and those that were.
    pub bytes: u64,
    pub bytes_done: u64,
    pub records: u64,
    pub stored: u64,
    /// Rows rejected by the parser and records refused after it.
    pub rejects: u64,
}

/// A job.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What was asked for.
    pub spec: JobSpec,
    /// Where it stands.
    pub state: JobState,
    /// Greater goes first.
    pub priority: i64,
    /// The daily stretch in UTC in which its tasks may start, `HH:MM-HH:MM`.
    #[schema(value_type = Option<String>)]
    pub window: Option<Window>,
    /// By when it should be done.
    pub deadline: Option<UnixMs>,
    /// What it waits for, or why it failed.
    pub message: String,
    /// What to do about that.
    pub hint: String,
    /// The load it makes or changes.
    pub load: Option<LoadId>,
    /// How far it is.
    pub progress: Progress,
    /// When it was made.
    pub created_at: UnixMs,
    /// When it last changed.
    pub changed_at: UnixMs,
    /// When it ended.
    pub finished_at: Option<UnixMs>,
}

fn read(row: &AnyRow) -> Result<Job> {
    Ok(Job {
        id: JobId(row.number("id")?),
        spec: row.json("spec")?,
        state: row.word("state")?,
        priority: row.number("priority")?,
        window: queue::window(row)?,
        deadline: row.number_or_none("deadline")?,
        message: row.text("message")?,
        hint: row.text("hint")?,
        load: row.number_or_none("load")?.map(LoadId),
        progress: Progress {
            tasks: row.count("tasks")?,
            tasks_done: row.count("tasks_done")?,
            tasks_quarantined: row.count("tasks_quarantined")?,
            bytes: row.count("bytes")?,
            bytes_done: row.count("bytes_done")?,
            records: row.count("records")?,
            stored: row.count("stored")?,
            rejects: row.count("rejects")?,
        },
        created_at: row.number("created_at")?,
        changed_at: row.number("changed_at")?,
        finished_at: row.number_or_none("finished_at")?,
    })
}

selects!($ job_columns "SELECT id, spec, state, priority, window_from, window_ms, deadline, message, hint, load, tasks, tasks_done, \
     tasks_quarantined, bytes, bytes_done, records, stored, rejects, created_at, changed_at, finished_at FROM jobs ");

impl Catalogue {
    /// Writes a job down; the controller takes it from there. `NotFound` if it names what is not there, `Conflict` if a dump is
    /// still arriving.
    pub async fn create_job(&self, new: &NewJob) -> Result<JobId> {
        let mut tx = self.begin().await?;
        let load = match &new.spec {
            JobSpec::Import { breach, dumps, .. } => {
                check_import(&mut tx, *breach, dumps).await?;
                None
            }
            JobSpec::Publish { load } | JobSpec::Retract { load } => {
                exists(&mut tx, "load", "SELECT id FROM loads WHERE id = $1", load.0).await?;
                Some(load.0)
            }
            JobSpec::Compact => None,
        };
        let id = insert(&mut tx, new, load).await?;
        tx.commit(&[Topic::Jobs]).await?;
        Ok(id)
    }

    /// One job.
    pub async fn job(&self, job: JobId) -> Result<Job> {
        let row = query(job_columns!("WHERE id = $1")).bind(job.0).fetch_optional(&mut *self.reader().await?).await.map_err(Error::sql)?;
        read(&row.ok_or_else(|| Error::not_found("job", job))?)
    }

    /// The newest jobs, at most `limit`.
    pub async fn jobs(&self, limit: u32) -> Result<Vec<Job>> {
        let rows = query(job_columns!("ORDER BY id DESC LIMIT $1")).bind(i64::from(limit)).fetch_all(&mut *self.reader().await?).await;
        all(&rows.map_err(Error::sql)?, read)
    }

    /// Every job that has not ended, oldest first.
    pub async fn open_jobs(&self) -> Result<Vec<Job>> {
        let rows = query(job_columns!("WHERE finished_at IS NULL ORDER BY id")).fetch_all(&mut *self.reader().await?).await;
        all(&rows.map_err(Error::sql)?, read)
    }

    /// Changes when a job runs, for its queued tasks too. What runs goes on.
    pub async fn change_schedule(&self, job: JobId, change: ScheduleChange) -> Result<()> {
        let mut tx = self.begin().await?;
        let row = query("SELECT state, priority, window_from, window_ms, deadline FROM jobs WHERE id = $1").bind(job.0);
        let row = row.fetch_optional(&mut *tx).await.map_err(Error::sql)?.ok_or_else(|| Error::not_found("job", job))?;
        let window = change.window.map_or_else(|| queue::window(&row), Ok)?;
        let done = query(
            "UPDATE jobs SET priority = $2, window_from = $3, window_ms = $4, deadline = $5, late_from = NULL, changed_at = $6
             WHERE id = $1 AND finished_at IS NULL",
        )
        .bind(job.0)
        .bind(change.priority.map_or_else(|| row.number("priority"), Ok)?)
        .bind(window.map(|window| window.from_ms))
        .bind(window.map(|window| window.ms))
        .bind(change.deadline.map_or_else(|| row.number_or_none("deadline"), Ok)?)
        .bind(tx.now)
        .execute(&mut *tx)
        .await
        .map_err(Error::sql)?;
        if done.rows_affected() == 0 {
            return Err(refused(job, &row.text("state")?));
        }
        tx.commit(&[Topic::Jobs, Topic::Work]).await
    }

    /// Holds a job: its leased tasks go on, no further one begins.
    pub async fn pause_job(&self, job: JobId) -> Result<()> {
        let sql = "UPDATE jobs SET state = 'paused', changed_at = $3 + $2 * 0 WHERE id = $1 AND state IN ('queued', 'running', 'waiting')";
        self.change_job(job, sql, 0).await
    }

    /// Lets a paused job go on.
    pub async fn resume_job(&self, job: JobId) -> Result<()> {
        let sql = "UPDATE jobs SET state = CASE WHEN load IS NULL THEN 'queued' ELSE 'running' END, changed_at = $3 + $2 * 0
             WHERE id = $1 AND state = 'paused'";
        self.change_job(job, sql, 0).await
    }

    /// Cancels a job: nothing of it runs on, and what it wrote is removed. Not possible once its load is published.
    pub async fn cancel_job(&self, job: JobId) -> Result<()> {
        let sql = "UPDATE jobs SET state = 'cancelling', changed_at = $3 + $2 * 0
             WHERE id = $1 AND kind = 'import' AND state IN ('queued', 'running', 'waiting', 'paused')
             AND NOT EXISTS (SELECT 1 FROM loads WHERE loads.job = jobs.id AND loads.state = 'published')";
        self.change_job(job, sql, 0).await
    }

    async fn change_job(&self, job: JobId, sql: &'static str, value: i64) -> Result<()> {
        let mut tx = self.begin().await?;
        let now = tx.now;
        let done = query(sql).bind(job.0).bind(value).bind(now).execute(&mut *tx).await.map_err(Error::sql)?;
        if done.rows_affected() == 0 {
            let row = query("SELECT state FROM jobs WHERE id = $1").bind(job.0).fetch_optional(&mut *tx).await.map_err(Error::sql)?;
            let state = row.ok_or_else(|| Error::not_found("job", job))?.text("state")?;
            return Err(refused(job, &state));
        }
        tx.commit(&[Topic::Jobs, Topic::Work]).await
    }
}

fn refused(job: JobId, state: &str) -> Error {
    Error::conflict(format!("job {job} is {state}: that can't be done to it now"), "look at where it stands")
}

pub(crate) async fn insert(tx: &mut Tx, new: &NewJob, load: Option<i64>) -> Result<JobId> {
    let id = tx.ids("job", 1).await?;
    query(
        "INSERT INTO jobs (id, kind, spec, state, priority, load, created_at, changed_at, window_from, window_ms, deadline)
         VALUES ($1, $2, $3, 'queued', $4, $5, $6, $6, $7, $8, $9)",
    )
    .bind(id)
    .bind(new.spec.kind().name())
    .bind(to_json("spec", &new.spec)?)
    .bind(new.priority)
    .bind(load)
    .bind(tx.now)
    .bind(new.window.map(|window| window.from_ms))
    .bind(new.window.map(|window| window.ms))
    .bind(new.deadline)
    .execute(&mut **tx)
    .await
    .map_err(Error::sql)?;
    Ok(JobId(id))
}

pub(crate) async fn check_import(tx: &mut Tx, breach: BreachId, dumps: &[DumpId]) -> Result<()> {
    exists(tx, "breach", "SELECT id FROM breaches WHERE id = $1", breach.0).await?;
    if dumps.is_empty() {
        return Err(Error::conflict("an import needs a dump", "name at least one"));
    }
    for dump in dumps {
        let row = query("SELECT state FROM dumps WHERE id = $1").bind(dump.0).fetch_optional(&mut **tx).await.map_err(Error::sql)?;
        let state: DumpState = row.ok_or_else(|| Error::not_found("dump", dump))?.word("state")?;
        if state != DumpState::Complete {
            return Err(Error::conflict(format!("dump {dump} is still arriving"), "finish its upload first"));
        }
    }
    Ok(())
}

async fn exists(tx: &mut Tx, what: &'static str, sql: &'static str, id: i64) -> Result<()> {
    let row = query(sql).bind(id).fetch_optional(&mut **tx).await.map_err(Error::sql)?;
    row.map(drop).ok_or_else(|| Error::not_found(what, id))
}
