//! Leases: who works on what, until when, and whose result counts. A lease is a task's fencing token; each grows it by one,
//! and renewing, reporting and completing ask for the current one in the same statement that writes.

use serde::{Deserialize, Serialize};
use sluice_record::{DispatcherId, FailureKind, FencingToken, JobId, TaskFailure, TaskId, TaskKind, TaskOutcome, TaskSpec};
use sqlx::any::AnyRow;

use crate::{
    Catalogue, DispatcherState, Error, Rate, Result, Topic, UnixMs,
    queue::{by_turn, has_queued, regions},
    rate,
    row::{Columns, query, to_json},
    tx::{Beside, Tx},
    window::window_is_open,
};

/// Jobs looked at for one unbooked lease.
const JOBS_PER_LEASE_MAX: i64 = 8;
/// Lost leases (its dispatcher restarted, or no word came from its worker) after which a task is taken to be what kills who works on it.
const LOSSES_MAX: i64 = 32;

/// Who asks for work.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LeaseRequest {
    /// Through which dispatcher.
    pub dispatcher: DispatcherId,
    /// On which of its lanes.
    pub lane: u32,
    /// The worker's name.
    pub worker: String,
    /// What it can do.
    pub kinds: Vec<TaskKind>,
    /// How long it may be silent, milliseconds.
    pub lease_ms: i64,
}

/// A leased task.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Lease {
    /// Which task.
    pub task: TaskId,
    /// Of which job.
    pub job: JobId,
    /// What to do.
    pub spec: TaskSpec,
    /// What a result needs to count.
    pub token: FencingToken,
    /// Until when, unless renewed.
    pub deadline: UnixMs,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// Since when it could have run: what waiting is measured by.
    pub queued_at: UnixMs,
}

/// How a task ended.
pub type Ended = std::result::Result<TaskOutcome, TaskFailure>;

/// What becomes of leased tasks whose result will not come: queued again, not counting as an attempt. After the last loss they have failed,
/// with as many attempts.
macro_rules! lost_leases {
    () => {
        "state = CASE WHEN losses + 1 >= $1 THEN 'failed' ELSE 'queued' END,
         attempts = CASE WHEN losses + 1 >= $1 THEN losses + 1 ELSE attempts - 1 END, losses = losses + 1, failure = $2,
         fencing_token = fencing_token + 1, lease_deadline = NULL WHERE state = 'leased'"
    };
}

struct Candidate {
    task: i64,
    slot: Option<i64>,
}

impl Catalogue {
    /// Leases a task: the earliest slot of the lane, else the earliest of any lane of the dispatcher (an idle lane takes it early),
    /// else an unbooked task by its job's turn, of the dispatcher's region or of none; nothing outside of its job's window. `None` if
    /// nothing fits, or if the dispatcher is draining.
    pub async fn lease(&self, request: &LeaseRequest) -> Result<Option<Lease>> {
        let mut tx = self.begin_beside(Beside::Workers).await?;
        let Some(region) = region_if_active(&mut tx, request.dispatcher).await? else { return tx.rollback().await.map(|()| None) };
        let kinds = words_of(&request.kinds);
        let found = match booked(&mut tx, request, &kinds).await? {
            Some(found) => Some(found),
            None => unbooked(&mut tx, request, &region, &kinds).await?,
        };
        let Some(found) = found else { return tx.rollback().await.map(|()| None) };
        let deadline = tx.now + request.lease_ms;
        let row = query(
            "UPDATE tasks SET state = 'leased', fencing_token = fencing_token + 1, attempts = attempts + 1, dispatcher = $2, worker = $3,
             leased_at = $4, lease_deadline = $5, progress_bytes = 0, progress_records = 0
             WHERE id = $1 AND state IN ('queued', 'booked')
             RETURNING job, spec, fencing_token, attempts, kind, plugin, bytes, created_at, not_before",
        )
        .bind(found.task)
        .bind(request.dispatcher.0)
        .bind(request.worker.as_str())
        .bind(tx.now)
        .bind(deadline)
        .fetch_one(&mut *tx)
        .await
        .map_err(Error::sql)?;
        start_slot(&mut tx, request, &found, &row).await?;
        let lease = Lease {
            task: TaskId(found.task),
            job: JobId(row.number("job")?),
            spec: row.json("spec")?,
            token: FencingToken(row.number("fencing_token")?),
            deadline,
            attempt: row.count("attempts")? as u32,
            queued_at: row.number("created_at")?.max(row.number("not_before")?),
        };
        tx.commit(&[]).await?;
        Ok(Some(lease))
    }

    /// Prolongs a lease from now; gives the new deadline. `Stale` if it is no longer held (expired, or its job was cancelled): the
    /// worker stops and drops what it has.
    pub async fn renew(&self, task: TaskId, token: FencingToken, lease_ms: i64) -> Result<UnixMs> {
        let mut tx = self.begin_beside(Beside::Workers).await?;
        let deadline = tx.now + lease_ms;
        let done = query("UPDATE tasks SET lease_deadline = $3 WHERE id = $1 AND fencing_token = $2 AND state = 'leased'")
            .bind(task.0)
            .bind(token.0)
            .bind(deadline)
            .execute(&mut *tx)
            .await
            .map_err(Error::sql)?;
        if done.rows_affected() == 0 {
            return Err(Error::Stale { task: task.0 });
        }
        tx.commit(&[]).await?;
        Ok(deadline)
    }

    /// Writes down how far the lease's holder is.
    pub async fn report_progress(&self, task: TaskId, token: FencingToken, bytes: u64, records: u64) -> Result<()> {
        let mut tx = self.begin_beside(Beside::WorkersUnsynced).await?;
        let done =
            query("UPDATE tasks SET progress_bytes = $3, progress_records = $4 WHERE id = $1 AND fencing_token = $2 AND state = 'leased'")
                .bind(task.0)
                .bind(token.0)
                .bind(bytes as i64)
                .bind(records as i64)
                .execute(&mut *tx)
                .await
                .map_err(Error::sql)?;
        if done.rows_affected() == 0 {
            return Err(Error::Stale { task: task.0 });
        }
        tx.commit(&[Topic::Progress]).await
    }

    /// Ends a lease: records the outcome or the failure, in one transaction, if the token is the task's current one; else `Stale`,
    /// and nothing is written. What is handed in a second time, because no answer came, was taken. A task handed back (`Cancelled`) is
    /// queued again and the attempt does not count.
    pub async fn complete_task(&self, task: TaskId, token: FencingToken, ended: &Ended) -> Result<()> {
        let mut tx = self.begin_beside(Beside::Workers).await?;
        if was_taken(&mut tx, task, token).await? {
            return tx.rollback().await;
        }
        match ended {
            Ok(outcome) => succeed(&mut tx, task, token, outcome).await?,
            Err(failure) if failure.kind == FailureKind::Cancelled => give_back(&mut tx, task, token).await?,
            Err(failure) => fail(&mut tx, task, token, failure).await?,
        }
        delete_slot(&mut tx, task.0).await?;
        tx.commit(&[Topic::Results, Topic::Work]).await
    }

    /// Queues again what was leased past its deadline; gives how many. Any server between may have been away, or the worker killed: that is
    /// not held against the task, unless it happens to it again and again.
    pub async fn expire_leases(&self) -> Result<u64> {
        // Looked for outside of a transaction: most of the time there is nothing, and then nobody waits for it.
        let due = query("SELECT id FROM tasks WHERE state = 'leased' AND lease_deadline < $1 LIMIT 1").bind(self.now());
        if due.fetch_optional(&mut *self.reader().await?).await.map_err(Error::sql)?.is_none() {
            return Ok(0);
        }
        let mut tx = self.begin().await?;
        let failure = lost("no word came from the worker before its lease ran out, again and again");
        let sql = concat!("UPDATE tasks SET avoid_worker = worker, avoid_until = $3 + 10000, ", lost_leases!(), " AND lease_deadline < $3");
        let now = tx.now;
        let done = query(sql).bind(LOSSES_MAX).bind(to_json("failure", &failure)?).bind(now).execute(&mut *tx).await.map_err(Error::sql)?;
        delete_loose_slots(&mut tx).await?;
        tx.commit(&[Topic::Work, Topic::Results]).await?;
        Ok(done.rows_affected())
    }
}

/// Did this lease end by a result?
async fn was_taken(tx: &mut Tx, task: TaskId, token: FencingToken) -> Result<bool> {
    let sql = "SELECT 1 AS taken FROM tasks WHERE id = $1 AND fencing_token = $2 AND state IN ('done', 'failed')";
    Ok(query(sql).bind(task.0).bind(token.0).fetch_optional(&mut **tx).await.map_err(Error::sql)?.is_some())
}

/// Where a dispatcher is that takes work.
async fn region_if_active(tx: &mut Tx, dispatcher: DispatcherId) -> Result<Option<String>> {
    let row = query("SELECT state, region FROM dispatchers WHERE id = $1").bind(dispatcher.0).fetch_optional(&mut **tx).await;
    let row = row.map_err(Error::sql)?.ok_or_else(|| Error::not_found("dispatcher", dispatcher))?;
    Ok(if row.word::<DispatcherState>("state")? == DispatcherState::Active { Some(row.text("region")?) } else { None })
}

/// Kinds as a list that a LIKE finds a word in.
fn words_of(kinds: &[TaskKind]) -> String {
    kinds.iter().fold(",".to_owned(), |words, kind| words + kind.name() + ",")
}

/// A statement, and the same for PostgreSQL, which locks the rows it finds and passes by those that others hold.
macro_rules! locking {
    ($tx:ident, $sql:expr, $rows:literal) => {
        $tx.skipping_locked($sql, concat!($sql, " FOR UPDATE OF ", $rows, " SKIP LOCKED"))
    };
}

macro_rules! booked_slot {
    ($lane:literal, $order:literal) => {
        // $4 is bound in both, so that they take the same values.
        concat!(
            "SELECT s.id, s.task FROM slots s JOIN tasks t ON t.id = s.task JOIN jobs j ON j.id = s.job
             WHERE s.dispatcher = $1 AND s.state = 'booked' AND s.lane ",
            $lane,
            " $4 AND t.state = 'booked' AND $2 LIKE '%,' || t.kind || ',%'
             AND (t.avoid_worker IS NULL OR t.avoid_worker <> $3 OR t.avoid_until <= $5) AND j.state IN ('running', 'waiting') AND ",
            window_is_open!("j.", "$5"),
            " ORDER BY ",
            $order,
            "s.starts_at, s.id LIMIT 1"
        )
    };
}

macro_rules! queued_task {
    () => {
        "SELECT id FROM tasks WHERE job = $1 AND region = $5 AND state = 'queued' AND not_before <= $2 AND $3 LIKE '%,' || kind || ',%'
         AND (avoid_worker IS NULL OR avoid_worker <> $4 OR avoid_until <= $2) ORDER BY not_before, id LIMIT 1"
    };
}

async fn booked(tx: &mut Tx, request: &LeaseRequest, kinds: &str) -> Result<Option<Candidate>> {
    let own = locking!(tx, booked_slot!("=", ""), "s, t");
    let any = locking!(tx, booked_slot!("<>", "s.priority DESC, "), "s, t");
    for sql in [own, any] {
        let row = query(sql)
            .bind(request.dispatcher.0)
            .bind(kinds)
            .bind(request.worker.as_str())
            .bind(i64::from(request.lane))
            .bind(tx.now)
            .fetch_optional(&mut **tx)
            .await
            .map_err(Error::sql)?;
        if let Some(row) = row {
            return Ok(Some(Candidate { task: row.number("task")?, slot: Some(row.number("id")?) }));
        }
    }
    Ok(None)
}

async fn unbooked(tx: &mut Tx, request: &LeaseRequest, region: &str, kinds: &str) -> Result<Option<Candidate>> {
    let jobs = query(concat!(
        "SELECT id FROM jobs WHERE finished_at IS NULL AND (state = 'cancelling' OR state IN ('running', 'waiting') AND ",
        window_is_open!("", "$1"),
        ") AND ",
        has_queued!("$1", "$3"),
        by_turn!()
    ))
    .bind(tx.now)
    .bind(JOBS_PER_LEASE_MAX)
    .bind(region)
    .fetch_all(&mut **tx)
    .await
    .map_err(Error::sql)?;
    let queued = locking!(tx, queued_task!(), "tasks");
    for job in jobs {
        for region in regions(region) {
            let row = query(queued)
                .bind(job.number("id")?)
                .bind(tx.now)
                .bind(kinds)
                .bind(request.worker.as_str())
                .bind(region)
                .fetch_optional(&mut **tx)
                .await
                .map_err(Error::sql)?;
            if let Some(row) = row {
                return Ok(Some(Candidate { task: row.number("id")?, slot: None }));
            }
        }
    }
    Ok(None)
}

/// The calendar shows what runs: a booked slot is started where and when it really was, an unbooked task gets one.
async fn start_slot(tx: &mut Tx, request: &LeaseRequest, found: &Candidate, row: &AnyRow) -> Result<()> {
    let now = tx.now;
    if let Some(slot) = found.slot {
        query("UPDATE slots SET state = 'started', lane = $2, ends_at = $3 + (ends_at - starts_at), starts_at = $3 WHERE id = $1")
            .bind(slot)
            .bind(i64::from(request.lane))
            .bind(now)
            .execute(&mut **tx)
            .await
            .map_err(Error::sql)?;
        return Ok(());
    }
    let (job, bytes) = (row.number("job")?, row.count("bytes")?);
    let learnt = query("SELECT bytes, ms FROM task_rates WHERE kind = $1 AND plugin = $2")
        .bind(row.text("kind")?)
        .bind(row.text_or_none("plugin")?.unwrap_or_default())
        .fetch_optional(&mut **tx)
        .await
        .map_err(Error::sql)?;
    let kind = row.word("kind")?;
    let rate = learnt.map(|learnt| Ok::<_, Error>(Rate { kind, plugin: None, bytes: learnt.count("bytes")?, ms: learnt.count("ms")? }));
    let ms = Rate::estimate_ms(rate.transpose()?.as_ref(), bytes);
    query(
        "INSERT INTO slots (id, dispatcher, lane, state, starts_at, ends_at, task, job, priority, reason)
         VALUES ($1, $2, $3, 'started', $4, $5, $6, $7, (SELECT priority FROM jobs WHERE id = $7), 'backfill: the lane was idle and nothing was booked')",
    )
    .bind(found.task) // a task has one slot at a time: its id will do, and nobody waits for a sequence
    .bind(request.dispatcher.0)
    .bind(i64::from(request.lane))
    .bind(now)
    .bind(now + ms)
    .bind(found.task)
    .bind(job)
    .execute(&mut **tx)
    .await
    .map_err(Error::sql)?;
    query("UPDATE jobs SET served_ms = served_ms + $2 WHERE id = $1").bind(job).bind(ms).execute(&mut **tx).await.map_err(Error::sql)?;
    Ok(())
}

async fn succeed(tx: &mut Tx, task: TaskId, token: FencingToken, outcome: &TaskOutcome) -> Result<()> {
    let row = query(
        "UPDATE tasks SET state = 'done', outcome = $3, failure = NULL, finished_at = $4, lease_deadline = NULL
         WHERE id = $1 AND fencing_token = $2 AND state = 'leased' RETURNING kind, plugin, bytes, leased_at",
    )
    .bind(task.0)
    .bind(token.0)
    .bind(to_json("outcome", outcome)?)
    .bind(tx.now)
    .fetch_optional(&mut **tx)
    .await
    .map_err(Error::sql)?
    .ok_or(Error::Stale { task: task.0 })?;
    let ms = tx.now - row.number("leased_at")?;
    let plugin = row.text_or_none("plugin")?.unwrap_or_default();
    rate::learn(tx, &row.text("kind")?, &plugin, row.number("bytes")?, ms).await
}

async fn fail(tx: &mut Tx, task: TaskId, token: FencingToken, failure: &TaskFailure) -> Result<()> {
    let done = query(
        "UPDATE tasks SET state = 'failed', failure = $3, finished_at = $4, lease_deadline = NULL
         WHERE id = $1 AND fencing_token = $2 AND state = 'leased'",
    )
    .bind(task.0)
    .bind(token.0)
    .bind(to_json("failure", failure)?)
    .bind(tx.now)
    .execute(&mut **tx)
    .await
    .map_err(Error::sql)?;
    if done.rows_affected() == 0 { Err(Error::Stale { task: task.0 }) } else { Ok(()) }
}

async fn give_back(tx: &mut Tx, task: TaskId, token: FencingToken) -> Result<()> {
    let done = query(
        "UPDATE tasks SET state = 'queued', attempts = attempts - 1, fencing_token = fencing_token + 1, lease_deadline = NULL
         WHERE id = $1 AND fencing_token = $2 AND state = 'leased'",
    )
    .bind(task.0)
    .bind(token.0)
    .execute(&mut **tx)
    .await
    .map_err(Error::sql)?;
    if done.rows_affected() == 0 { Err(Error::Stale { task: task.0 }) } else { Ok(()) }
}

/// Queues again whatever a dispatcher had leased: it restarted, so its workers are gone. That is not held against the tasks, unless
/// it happens to one of them again and again.
pub(crate) async fn take_back(tx: &mut Tx, dispatcher: i64) -> Result<u64> {
    let failure = lost("the process that ran it ended, again and again");
    let sql = concat!("UPDATE tasks SET ", lost_leases!(), " AND dispatcher = $3");
    let done = query(sql).bind(LOSSES_MAX).bind(to_json("failure", &failure)?).bind(dispatcher).execute(&mut **tx).await;
    let done = done.map_err(Error::sql)?;
    delete_loose_slots(tx).await?;
    Ok(done.rows_affected())
}

fn lost(message: &str) -> TaskFailure {
    TaskFailure::new(FailureKind::Transient, message)
}

/// Its slot, which has its number.
pub(crate) async fn delete_slot(tx: &mut Tx, task: i64) -> Result<()> {
    query("DELETE FROM slots WHERE id = $1").bind(task).execute(&mut **tx).await.map_err(Error::sql)?;
    Ok(())
}

/// Slots whose task is neither booked nor leased any more.
pub(crate) async fn delete_loose_slots(tx: &mut Tx) -> Result<()> {
    let sql =
        "DELETE FROM slots WHERE NOT EXISTS (SELECT 1 FROM tasks WHERE tasks.id = slots.task AND tasks.state IN ('booked', 'leased'))";
    query(sql).execute(&mut **tx).await.map_err(Error::sql)?;
    Ok(())
}
