//! Tasks as they are looked at: lists, the one, its spec and outcome, the quarantine. Leases are in `lease`, what the controller
//! makes of ended tasks in `step`.

use serde::{Deserialize, Serialize};
use sluice_record::{
    DispatcherId, FencingToken, JobId, LoadId, MemberId, PluginDigest, RunRef, TaskFailure, TaskId, TaskKind, TaskOutcome, TaskSpec,
};
use sqlx::any::AnyRow;

use crate::{
    Catalogue, Error, Result, TaskState, Topic, UnixMs,
    row::{Columns, all, query, selects, to_json},
    tx::Tx,
};

/// Rows of one INSERT: as many as keep it under SQLite's oldest bound on parameters.
const INSERT_ROWS_MAX: usize = 64;

/// A task to be queued.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewTask {
    /// Of which job.
    pub job: JobId,
    /// What it is within its job (`scan/7`): queueing a key a second time does nothing.
    pub key: String,
    /// What a worker is to do.
    pub spec: TaskSpec,
    /// How often its range was cut in the search for a failing one.
    pub splits: u32,
    /// Not before then; 0 is at once.
    pub not_before: UnixMs,
}

/// A task, without its spec and outcome.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// Of which job.
    pub job: JobId,
    /// Of which load.
    pub load: LoadId,
    /// Of which member.
    pub member: Option<MemberId>,
    /// What it is within its job.
    pub key: String,
    /// What kind.
    pub kind: TaskKind,
    /// With which plugin.
    pub plugin: Option<PluginDigest>,
    /// Bytes it reads.
    pub bytes: u64,
    /// In which region they are, where it is to be done; none is anywhere.
    pub region: Option<String>,
    /// Where it stands.
    pub state: TaskState,
    /// Leases that counted.
    pub attempts: u32,
    /// Not before then.
    pub not_before: UnixMs,
    /// Of its newest lease; 0 before the first.
    pub token: FencingToken,
    /// Who had it last.
    pub worker: Option<String>,
    /// On which dispatcher.
    pub dispatcher: Option<DispatcherId>,
    /// Since when.
    pub leased_at: Option<UnixMs>,
    /// Until when, unless renewed.
    pub lease_deadline: Option<UnixMs>,
    /// Bytes the current lease has read.
    pub progress_bytes: u64,
    /// Records it has found.
    pub progress_records: u64,
    /// How it failed last.
    pub failure: Option<TaskFailure>,
    /// Of a quarantined task: what it takes to see it fail again.
    #[schema(value_type = Option<Object>)]
    pub reproducer: Option<Reproducer>,
    /// When it was queued.
    pub created_at: UnixMs,
    /// When it ended.
    pub finished_at: Option<UnixMs>,
}

/// What it takes to see a quarantined task fail again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reproducer {
    /// The whole spec: plugin digest, member, byte range, context.
    pub spec: TaskSpec,
    /// The byte up to which all went well.
    pub offset: Option<u64>,
    /// How it failed.
    pub failure: TaskFailure,
    /// Where it failed last.
    pub worker: Option<String>,
}

/// A quarantined task.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Quarantined {
    /// Which.
    pub task: TaskId,
    /// Of which member.
    pub member: Option<MemberId>,
    /// What it takes to see it again.
    pub reproducer: Reproducer,
}

/// A task that ended and that the controller has not followed up yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EndedTask {
    /// Its id.
    pub id: TaskId,
    /// Of which job.
    pub job: JobId,
    /// What it was to do.
    pub spec: TaskSpec,
    /// Leases that counted.
    pub attempts: u32,
    /// Leases that did not count, for they found a server away.
    pub outages: u32,
    /// How often its range was cut.
    pub splits: u32,
    /// Who had it.
    pub worker: Option<String>,
    /// What it gave, or how it failed.
    pub ended: std::result::Result<TaskOutcome, TaskFailure>,
}

/// Which tasks to list.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub struct TaskFilter {
    /// Of this job alone.
    pub job: Option<JobId>,
    /// In this state alone.
    pub state: Option<TaskState>,
    /// With a greater id alone.
    pub after: Option<TaskId>,
}

fn read(row: &AnyRow) -> Result<Task> {
    Ok(Task {
        id: TaskId(row.number("id")?),
        job: JobId(row.number("job")?),
        load: LoadId(row.number("load")?),
        member: row.number_or_none("member")?.map(MemberId),
        key: row.text("task_key")?,
        kind: row.word("kind")?,
        plugin: row.parsed_or_none("plugin")?,
        bytes: row.count("bytes")?,
        region: row.region()?,
        state: row.word("state")?,
        attempts: row.count("attempts")? as u32,
        not_before: row.number("not_before")?,
        token: FencingToken(row.number("fencing_token")?),
        worker: row.text_or_none("worker")?,
        dispatcher: row.number_or_none("dispatcher")?.map(DispatcherId),
        leased_at: row.number_or_none("leased_at")?,
        lease_deadline: row.number_or_none("lease_deadline")?,
        progress_bytes: row.count("progress_bytes")?,
        progress_records: row.count("progress_records")?,
        failure: row.json_or_none("failure")?,
        reproducer: row.json_or_none("reproducer")?,
        created_at: row.number("created_at")?,
        finished_at: row.number_or_none("finished_at")?,
    })
}

selects!($ task_columns "SELECT id, job, load, member, task_key, kind, plugin, bytes, region, state, attempts, not_before, fencing_token, worker, dispatcher, \
     leased_at, lease_deadline, progress_bytes, progress_records, failure, reproducer, created_at, finished_at FROM tasks ");

impl Catalogue {
    /// One task.
    pub async fn task(&self, task: TaskId) -> Result<Task> {
        let row =
            query(task_columns!("WHERE id = $1")).bind(task.0).fetch_optional(&mut *self.reader().await?).await.map_err(Error::sql)?;
        read(&row.ok_or_else(|| Error::not_found("task", task))?)
    }

    /// Tasks by id, at most `limit`.
    pub async fn tasks(&self, filter: TaskFilter, limit: u32) -> Result<Vec<Task>> {
        let sql = task_columns!("WHERE id > $1 AND ($2 = 0 OR job = $2) AND ($3 = '' OR state = $3) ORDER BY id LIMIT $4");
        let rows = query(sql)
            .bind(filter.after.map_or(0, |task| task.0))
            .bind(filter.job.map_or(0, |job| job.0))
            .bind(filter.state.map_or("", TaskState::name))
            .bind(i64::from(limit))
            .fetch_all(&mut *self.reader().await?)
            .await
            .map_err(Error::sql)?;
        all(&rows, read)
    }

    /// What a task is to do.
    pub async fn task_spec(&self, task: TaskId) -> Result<TaskSpec> {
        let row = query("SELECT spec FROM tasks WHERE id = $1")
            .bind(task.0)
            .fetch_optional(&mut *self.reader().await?)
            .await
            .map_err(Error::sql)?;
        row.ok_or_else(|| Error::not_found("task", task))?.json("spec")
    }

    /// What a task gave, once it is done.
    pub async fn task_outcome(&self, task: TaskId) -> Result<Option<TaskOutcome>> {
        let row = query("SELECT outcome FROM tasks WHERE id = $1")
            .bind(task.0)
            .fetch_optional(&mut *self.reader().await?)
            .await
            .map_err(Error::sql)?;
        row.ok_or_else(|| Error::not_found("task", task))?.json_or_none("outcome")
    }

    /// How many tasks there are in each state and of each kind, of jobs that have not ended: for metrics.
    pub async fn task_counts(&self) -> Result<Vec<(TaskKind, TaskState, u64)>> {
        let rows = query("SELECT kind, state, COUNT(*) AS tasks FROM tasks WHERE followed = 0 GROUP BY kind, state")
            .fetch_all(&mut *self.reader().await?)
            .await
            .map_err(Error::sql)?;
        all(&rows, |row| Ok((row.word("kind")?, row.word("state")?, row.count("tasks")?)))
    }

    /// Tasks that ended and wait for the controller, oldest first, at most `limit`.
    pub async fn ended_tasks(&self, limit: u32) -> Result<Vec<EndedTask>> {
        let rows = query(
            "SELECT id, job, spec, attempts, outages, splits, worker, state, outcome, failure FROM tasks
             WHERE followed = 0 AND state IN ('done', 'failed') ORDER BY id LIMIT $1",
        )
        .bind(i64::from(limit))
        .fetch_all(&mut *self.reader().await?)
        .await
        .map_err(Error::sql)?;
        all(&rows, |row| {
            let ended = match row.json_or_none("outcome")? {
                Some(outcome) => Ok(outcome),
                None => Err(row.json("failure")?),
            };
            Ok(EndedTask {
                id: TaskId(row.number("id")?),
                job: JobId(row.number("job")?),
                spec: row.json("spec")?,
                attempts: row.count("attempts")? as u32,
                outages: row.count("outages")? as u32,
                splits: row.count("splits")? as u32,
                worker: row.text_or_none("worker")?,
                ended,
            })
        })
    }

    /// Has the job a task that is queued, booked, leased or not followed up?
    pub async fn has_open_tasks(&self, job: JobId) -> Result<bool> {
        let row = query("SELECT 1 AS open FROM tasks WHERE job = $1 AND followed = 0 LIMIT 1").bind(job.0);
        Ok(row.fetch_optional(&mut *self.reader().await?).await.map_err(Error::sql)?.is_some())
    }

    /// Has the job a task a worker holds?
    pub async fn has_leased_tasks(&self, job: JobId) -> Result<bool> {
        let row = query("SELECT 1 AS open FROM tasks WHERE job = $1 AND followed = 0 AND state = 'leased' LIMIT 1").bind(job.0);
        Ok(row.fetch_optional(&mut *self.reader().await?).await.map_err(Error::sql)?.is_some())
    }

    /// What finished tasks of a kind gave for a load: the runs of its parse tasks, the segments of its merges.
    pub async fn outcomes(&self, load: LoadId, kind: TaskKind) -> Result<Vec<(TaskId, TaskOutcome)>> {
        let rows = query("SELECT id, outcome FROM tasks WHERE load = $1 AND kind = $2 AND state = 'done' ORDER BY id")
            .bind(load.0)
            .bind(kind.name())
            .fetch_all(&mut *self.reader().await?)
            .await
            .map_err(Error::sql)?;
        all(&rows, |row| Ok((TaskId(row.number("id")?), row.json("outcome")?)))
    }

    /// The runs a load's parse tasks wrote.
    pub async fn runs(&self, load: LoadId) -> Result<Vec<RunRef>> {
        let outcomes = self.outcomes(load, TaskKind::Parse).await?;
        Ok(outcomes
            .into_iter()
            .flat_map(|(_, outcome)| if let TaskOutcome::Parsed { runs, .. } = outcome { runs } else { vec![] })
            .collect())
    }

    /// How many of a job's tasks are pieces of one that was cut in the search for a failing range.
    pub async fn split_tasks(&self, job: JobId) -> Result<u64> {
        let row = query("SELECT COUNT(*) AS tasks FROM tasks WHERE job = $1 AND splits > 0")
            .bind(job.0)
            .fetch_one(&mut *self.reader().await?)
            .await;
        row.map_err(Error::sql)?.count("tasks")
    }

    /// A load's quarantined tasks, each with its reproducer.
    pub async fn quarantined(&self, load: LoadId) -> Result<Vec<Quarantined>> {
        let rows = query("SELECT id, member, reproducer FROM tasks WHERE load = $1 AND state = 'quarantined' ORDER BY id")
            .bind(load.0)
            .fetch_all(&mut *self.reader().await?)
            .await
            .map_err(Error::sql)?;
        all(&rows, |row| {
            Ok(Quarantined {
                task: TaskId(row.number("id")?),
                member: row.number_or_none("member")?.map(MemberId),
                reproducer: row.json("reproducer")?,
            })
        })
    }

    /// Gives a quarantined task another round of attempts: the store was at fault, or the plugin is mended by its host.
    /// `Conflict` once the load's runs were merged or the job has ended.
    pub async fn release_quarantine(&self, task: TaskId) -> Result<()> {
        let mut tx = self.begin().await?;
        let done = query(
            "UPDATE tasks SET state = 'queued', followed = 0, attempts = 0, losses = 0, outages = 0, not_before = 0, finished_at = NULL, reproducer = NULL
             WHERE id = $1 AND state = 'quarantined' AND job IN (SELECT id FROM jobs WHERE finished_at IS NULL)
             AND (kind IN ('merge', 'purge') OR load IN (SELECT id FROM loads WHERE state IN ('staging', 'parsing')))",
        )
        .bind(task.0)
        .execute(&mut *tx)
        .await
        .map_err(Error::sql)?;
        if done.rows_affected() == 0 {
            let message = format!("task {task} is not quarantined, or its load is past that");
            return Err(Error::conflict(message, "import the dump again"));
        }
        let sql = "UPDATE jobs SET tasks_quarantined = tasks_quarantined - 1 WHERE id = (SELECT job FROM tasks WHERE id = $1)";
        query(sql).bind(task.0).execute(&mut *tx).await.map_err(Error::sql)?;
        tx.commit(&[Topic::Jobs, Topic::Work]).await
    }
}

/// The load, member and plugin of a spec: what its row is found by.
fn columns_of(spec: &TaskSpec) -> (LoadId, Option<MemberId>, Option<PluginDigest>) {
    match spec {
        TaskSpec::Stage { load, .. } => (*load, None, None),
        TaskSpec::Scan { load, member, plugin, .. } | TaskSpec::Parse { load, member, plugin, .. } => (*load, Some(*member), Some(*plugin)),
        TaskSpec::Merge { load, .. } | TaskSpec::Purge { load, .. } => (load.unwrap_or(LoadId(0)), None, None),
        TaskSpec::Count { .. } => (LoadId(0), None, None),
    }
}

/// Queues tasks, those that are there already excepted, and counts them in their jobs.
pub(crate) async fn insert(tx: &mut Tx, tasks: &[NewTask]) -> Result<()> {
    if tasks.is_empty() {
        return Ok(());
    }
    let mut id = tx.ids("task", tasks.len()).await?;
    for batch in tasks.chunks(INSERT_ROWS_MAX) {
        let mut sql =
            "INSERT INTO tasks (id, job, task_key, load, member, kind, plugin, bytes, spec, splits, not_before, created_at, region, state) VALUES "
                .to_owned();
        for row in 0..batch.len() {
            let first = row * 13;
            sql.push_str(if row == 0 { "(" } else { ", (" });
            (1..=13).for_each(|column| sql.push_str(&format!("${}, ", first + column)));
            sql.push_str("'queued')");
        }
        sql.push_str(" ON CONFLICT (job, task_key) DO NOTHING");
        // Made of numbers alone.
        let mut statement = sqlx::query(sqlx::AssertSqlSafe(sql));
        for task in batch {
            let (load, member, plugin) = columns_of(&task.spec);
            statement = statement
                .bind(id)
                .bind(task.job.0)
                .bind(task.key.as_str())
                .bind(load.0)
                .bind(member.map(|member| member.0))
                .bind(task.spec.kind().name())
                .bind(plugin.map(|plugin| plugin.to_string()))
                .bind(task.spec.bytes() as i64)
                .bind(to_json("spec", &task.spec)?)
                .bind(i64::from(task.splits))
                .bind(task.not_before)
                .bind(tx.now)
                .bind(task.spec.region().unwrap_or_default());
            id += 1;
        }
        let queued = statement.execute(&mut **tx).await.map_err(Error::sql)?.rows_affected();
        // A batch is one job's: the controller queues what follows from one task, or from one job.
        query("UPDATE jobs SET tasks = tasks + $2 WHERE id = $1")
            .bind(batch[0].job.0)
            .bind(queued as i64)
            .execute(&mut **tx)
            .await
            .map_err(Error::sql)?;
    }
    Ok(())
}
