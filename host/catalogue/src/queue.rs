//! The queue: whose turn it is. The scheduler books by it, a lane that is idle leases by it, and `explain` tells it.

use std::{cmp::Reverse, collections::HashMap};

use sluice_record::{JobId, PluginDigest, TaskId, TaskKind};
use sqlx::any::AnyRow;

use crate::{
    Catalogue, Error, JobState, Rate, Result, Topic, UnixMs, Window,
    row::{Columns, all, query},
    window::window_is_open,
};

/// A job with tasks that could be booked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RunnableJob {
    /// Which.
    pub job: JobId,
    /// Greater goes first.
    pub priority: i64,
    /// What it had so far: estimated milliseconds of lanes.
    pub served_ms: i64,
    /// When its tasks may start; none is always.
    pub window: Option<Window>,
    /// From when on it would miss its deadline at its fair share.
    pub late_from: Option<UnixMs>,
}

/// Jobs by [`RunnableJob::turn`] at the time $1.
macro_rules! by_turn {
    () => {
        " ORDER BY priority DESC, CASE WHEN late_from <= $1 THEN late_from ELSE 9223372036854775807 END, served_ms, id LIMIT $2"
    };
}
pub(crate) use by_turn;

/// A job with a task of a region, or of none, that is queued and due at a time. By LIMIT, and not EXISTS, PostgreSQL is kept from going
/// through all tasks for all jobs first, which it does while it has no statistics of them.
macro_rules! has_queued {
    ($now:literal, $region:literal) => {
        concat!(
            "(SELECT 1 FROM tasks WHERE tasks.job = jobs.id AND tasks.region IN ('', ",
            $region,
            ") AND tasks.state = 'queued' AND tasks.not_before <= ",
            $now,
            " LIMIT 1) IS NOT NULL"
        )
    };
}
pub(crate) use has_queued;

/// Whose tasks are done in a region, one after the other: its own, and those that may be done anywhere.
pub(crate) fn regions(region: &str) -> impl Iterator<Item = &str> {
    Some(region).filter(|region| !region.is_empty()).into_iter().chain([""])
}

impl RunnableJob {
    /// Whose turn it is: the least goes first. Priority; then what is late, the latest first; then who had least.
    pub fn turn(&self, now: UnixMs) -> (Reverse<i64>, UnixMs, i64, JobId) {
        (Reverse(self.priority), self.late_from.filter(|from| *from <= now).unwrap_or(i64::MAX), self.served_ms, self.job)
    }

    /// By how much it would miss its deadline.
    pub fn late_ms(&self, now: UnixMs) -> Option<i64> {
        self.late_from.map(|from| now - from).filter(|ms| *ms >= 0)
    }

    /// May a task of it start then?
    pub fn is_open(&self, at: UnixMs) -> bool {
        self.window.is_none_or(|window| window.is_open(at))
    }

    /// Where it stands among so many `equals` of its priority, in words.
    pub fn standing(&self, equals: usize, now: UnixMs) -> String {
        let (priority, job, had) = (self.priority, self.job, self.served_ms);
        let among = if equals > 1 { format!(", and who had least of {equals} goes first") } else { String::new() };
        match self.late_ms(now).map(|ms| ms / 1_000) {
            Some(late) => format!("priority {priority}; job {job} would be {late} s late at its fair share, so it goes before its equals"),
            None => format!("priority {priority}; job {job} had {had} ms of lanes{among}"),
        }
    }

    /// Columns `job` and those of `jobs` that it is made of.
    pub(crate) fn read(row: &AnyRow) -> Result<Self> {
        Ok(Self {
            job: JobId(row.number("job")?),
            priority: row.number("priority")?,
            served_ms: row.number("served_ms")?,
            window: window(row)?,
            late_from: row.number_or_none("late_from")?,
        })
    }
}

/// A job's window.
pub(crate) fn window(row: &AnyRow) -> Result<Option<Window>> {
    let (from, ms) = (row.number_or_none("window_from")?, row.number_or_none("window_ms")?);
    Ok(from.zip(ms).map(|(from_ms, ms)| Window { from_ms, ms }))
}

/// What waits of a job: its tasks of one kind with one plugin in one region, queued or booked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiting {
    /// Of which job.
    pub job: RunnableJob,
    /// Where that stands.
    pub state: JobState,
    /// Where they are to be done; none is anywhere.
    pub region: Option<String>,
    /// By when it should be done.
    pub deadline: Option<UnixMs>,
    /// Is a slot reserved for them?
    pub booked: bool,
    /// May they run now, or is it too early for them?
    pub due: bool,
    /// How many.
    pub tasks: u64,
    /// How long they will take a lane, together.
    pub ms: i64,
    /// Since when the oldest could have run.
    pub since: UnixMs,
}

impl Waiting {
    /// May their job's tasks start now?
    pub fn is_open(&self, now: UnixMs) -> bool {
        match self.state {
            JobState::Cancelling => true,
            JobState::Running | JobState::Waiting => self.job.is_open(now),
            _ => false,
        }
    }
}

/// A task that could be booked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QueuedTask {
    /// Which.
    pub task: TaskId,
    /// What kind.
    pub kind: TaskKind,
    /// With which plugin.
    pub plugin: Option<PluginDigest>,
    /// Bytes it reads.
    pub bytes: u64,
}

impl Catalogue {
    /// The jobs with a task that could be booked in a region now, to start until `horizon`, by their turn, at most `limit`.
    pub async fn runnable_jobs(&self, region: Option<&str>, horizon: UnixMs, limit: u32) -> Result<Vec<RunnableJob>> {
        let rows = query(concat!(
            "SELECT id AS job, priority, served_ms, window_from, window_ms, late_from FROM jobs
             WHERE finished_at IS NULL AND state IN ('running', 'waiting') AND (",
            window_is_open!("", "$1"),
            " OR (window_from + 86400000 - $1 % 86400000) % 86400000 <= $3) AND ",
            has_queued!("$1", "$4"),
            by_turn!()
        ))
        .bind(self.now())
        .bind(i64::from(limit))
        .bind(horizon - self.now())
        .bind(region.unwrap_or_default())
        .fetch_all(&mut *self.reader().await?)
        .await
        .map_err(Error::sql)?;
        all(&rows, RunnableJob::read)
    }

    /// A job's tasks that could be booked in a region now, in the order they are to run, at most `limit`.
    pub async fn queued_tasks(&self, job: JobId, region: Option<&str>, limit: u32) -> Result<Vec<QueuedTask>> {
        let mut rows = vec![];
        for region in regions(region.unwrap_or_default()) {
            let found = query(
                "SELECT id, kind, plugin, bytes FROM tasks WHERE job = $1 AND region = $4 AND state = 'queued' AND not_before <= $2
                 ORDER BY not_before, id LIMIT $3",
            )
            .bind(job.0)
            .bind(self.now())
            .bind(i64::from(limit) - rows.len() as i64)
            .bind(region);
            rows.extend(found.fetch_all(&mut *self.reader().await?).await.map_err(Error::sql)?);
        }
        all(&rows, |row| {
            Ok(QueuedTask {
                task: TaskId(row.number("id")?),
                kind: row.word("kind")?,
                plugin: row.parsed_or_none("plugin")?,
                bytes: row.count("bytes")?,
            })
        })
    }

    /// All that waits of jobs that have not ended.
    pub async fn waiting(&self) -> Result<Vec<Waiting>> {
        // Grouped as the index is that it is read from; so who is to wait a little longer is counted beside the others.
        let rows = query(
            "SELECT j.id AS job, j.priority, j.served_ms, j.window_from, j.window_ms, j.late_from, j.deadline, j.state,
             t.kind, t.plugin, t.region, t.of_tasks, t.tasks, t.bytes, t.due, t.due_bytes, t.since
             FROM (SELECT job, state AS of_tasks, kind, plugin, region, COUNT(*) AS tasks, CAST(SUM(bytes) AS BIGINT) AS bytes,
                 SUM(CASE WHEN not_before <= $1 THEN 1 ELSE 0 END) AS due,
                 CAST(SUM(CASE WHEN not_before <= $1 THEN bytes ELSE 0 END) AS BIGINT) AS due_bytes,
                 MIN(CASE WHEN not_before > created_at THEN not_before ELSE created_at END) AS since
                 FROM tasks WHERE followed = 0 AND state IN ('queued', 'booked') GROUP BY job, state, kind, plugin, region) t
             JOIN jobs j ON j.id = t.job WHERE j.finished_at IS NULL",
        )
        .bind(self.now())
        .fetch_all(&mut *self.reader().await?)
        .await
        .map_err(Error::sql)?;
        let rates = self.rates_by_kind().await?;
        let mut waiting = vec![];
        for row in &rows {
            let (tasks, bytes) = (row.count("tasks")?, row.count("bytes")?);
            let (of_due, due_bytes) = (row.count("due")?, row.count("due_bytes")?);
            let rate = rates.get(&(row.word("kind")?, row.parsed_or_none("plugin")?));
            for (due, tasks, bytes) in [(true, of_due, due_bytes), (false, tasks - of_due, bytes - due_bytes)] {
                if tasks > 0 {
                    let ms = Rate::estimate_all_ms(rate, tasks, bytes);
                    let (state, deadline, since) = (row.word("state")?, row.number_or_none("deadline")?, row.number("since")?);
                    let (booked, region) = (row.text("of_tasks")? == "booked", row.region()?);
                    waiting.push(Waiting { job: RunnableJob::read(row)?, state, region, deadline, booked, due, tasks, ms, since });
                }
            }
        }
        Ok(waiting)
    }

    /// Writes down from when on jobs would miss their deadlines; none if they have none.
    pub async fn set_late_from(&self, jobs: &[(JobId, UnixMs)]) -> Result<()> {
        if jobs.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        for (job, late_from) in jobs {
            let done = query("UPDATE jobs SET late_from = $2 WHERE id = $1 AND deadline IS NOT NULL").bind(job.0).bind(late_from);
            done.execute(&mut *tx).await.map_err(Error::sql)?;
        }
        tx.commit(&[Topic::Work]).await
    }

    /// Everything learnt, by what it was learnt of.
    pub async fn rates_by_kind(&self) -> Result<Rates> {
        Ok(self.rates().await?.into_iter().map(|rate| ((rate.kind, rate.plugin), rate)).collect())
    }
}

/// What was learnt of kinds of task with plugins.
pub type Rates = HashMap<(TaskKind, Option<PluginDigest>), Rate>;
