//! Dispatchers and the calendar of their lanes: which stretch of the future is reserved for which task, and why.

use serde::{Deserialize, Serialize};
use sluice_record::{DispatcherId, JobId, PluginDigest, SlotId, TaskId, TaskKind};
use sqlx::any::AnyRow;

use crate::{
    Catalogue, DispatcherState, Error, Result, SlotState, Topic, UnixMs, lease,
    row::{Columns, all, query},
};

/// A dispatcher.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Dispatcher {
    /// Its id.
    pub id: DispatcherId,
    /// Unique.
    pub name: String,
    /// Does it take work?
    pub state: DispatcherState,
    /// Tasks it can have done at once.
    pub lanes: u32,
    /// When it last said that it is there.
    pub seen_at: UnixMs,
}

/// A reserved stretch of a lane.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Slot {
    /// Its id, the task's: that has one slot at a time.
    pub id: SlotId,
    /// Whose.
    pub dispatcher: DispatcherId,
    /// Which lane, from 0.
    pub lane: u32,
    /// Reserved or at work.
    pub state: SlotState,
    /// From.
    pub starts_at: UnixMs,
    /// To, by estimate.
    pub ends_at: UnixMs,
    /// For which task.
    pub task: TaskId,
    /// Of which job.
    pub job: JobId,
    /// The job's priority when it was reserved.
    pub priority: i64,
    /// Why this task, here and then, in words.
    pub reason: String,
}

/// A slot to be reserved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewSlot {
    /// Whose.
    pub dispatcher: DispatcherId,
    /// Which lane, from 0.
    pub lane: u32,
    /// From.
    pub starts_at: UnixMs,
    /// To.
    pub ends_at: UnixMs,
    /// For which task.
    pub task: TaskId,
    /// Of which job.
    pub job: JobId,
    /// The job's priority.
    pub priority: i64,
    /// Why this task, here and then.
    pub reason: String,
}

/// A job with tasks that could be booked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RunnableJob {
    /// Which.
    pub job: JobId,
    /// Greater goes first.
    pub priority: i64,
    /// What it had so far: estimated milliseconds of lanes.
    pub served_ms: i64,
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

fn read(row: &AnyRow) -> Result<Slot> {
    Ok(Slot {
        id: SlotId(row.number("id")?),
        dispatcher: DispatcherId(row.number("dispatcher")?),
        lane: row.count("lane")? as u32,
        state: row.word("state")?,
        starts_at: row.number("starts_at")?,
        ends_at: row.number("ends_at")?,
        task: TaskId(row.number("task")?),
        job: JobId(row.number("job")?),
        priority: row.number("priority")?,
        reason: row.text("reason")?,
    })
}

impl Catalogue {
    /// A dispatcher says that it begins, with so many lanes in its process. One of that name that was there before has restarted: its
    /// slots are given up, and its leases are queued again, but if all workers are elsewhere: they go on.
    pub async fn register_dispatcher(&self, name: &str, lanes: u32) -> Result<DispatcherId> {
        let mut tx = self.begin().await?;
        let known = query("SELECT id FROM dispatchers WHERE name = $1").bind(name).fetch_optional(&mut *tx).await.map_err(Error::sql)?;
        let id = match known {
            Some(row) => row.number("id")?,
            None => tx.ids("dispatcher", 1).await?,
        };
        query(
            "INSERT INTO dispatchers (id, name, state, lanes, seen_at) VALUES ($1, $2, 'active', $3, $4)
             ON CONFLICT (id) DO UPDATE SET state = 'active', lanes = excluded.lanes, seen_at = excluded.seen_at",
        )
        .bind(id)
        .bind(name)
        .bind(i64::from(lanes))
        .bind(tx.now)
        .execute(&mut *tx)
        .await
        .map_err(Error::sql)?;
        if lanes > 0 {
            lease::take_back(&mut tx, id).await?;
        }
        unbook(&mut tx, id, i64::MAX).await?;
        tx.commit(&[Topic::Work, Topic::Results]).await?;
        Ok(DispatcherId(id))
    }

    /// How many lanes a dispatcher has now. Without any, what was booked on it is given up.
    pub async fn dispatcher_lanes(&self, dispatcher: DispatcherId, lanes: u32) -> Result<()> {
        let mut tx = self.begin().await?;
        let done = query("UPDATE dispatchers SET lanes = $2 WHERE id = $1").bind(dispatcher.0).bind(i64::from(lanes));
        done.execute(&mut *tx).await.map_err(Error::sql)?;
        if lanes == 0 {
            unbook(&mut tx, dispatcher.0, i64::MAX).await?;
        }
        tx.commit(&[Topic::Work]).await
    }

    /// A dispatcher is there, taking work or draining.
    pub async fn dispatcher_seen(&self, dispatcher: DispatcherId, state: DispatcherState) -> Result<()> {
        let mut tx = self.begin().await?;
        let done =
            query("UPDATE dispatchers SET state = $2, seen_at = $3 WHERE id = $1").bind(dispatcher.0).bind(state.name()).bind(tx.now);
        if done.execute(&mut *tx).await.map_err(Error::sql)?.rows_affected() == 0 {
            return Err(Error::not_found("dispatcher", dispatcher));
        }
        if state == DispatcherState::Draining {
            unbook(&mut tx, dispatcher.0, i64::MAX).await?;
        }
        tx.commit(&[Topic::Work]).await
    }

    /// Every dispatcher, by id.
    pub async fn dispatchers(&self) -> Result<Vec<Dispatcher>> {
        let rows = query("SELECT id, name, state, lanes, seen_at FROM dispatchers ORDER BY id")
            .fetch_all(&mut *self.reader().await?)
            .await
            .map_err(Error::sql)?;
        all(&rows, |row| {
            Ok(Dispatcher {
                id: DispatcherId(row.number("id")?),
                name: row.text("name")?,
                state: row.word("state")?,
                lanes: row.count("lanes")? as u32,
                seen_at: row.number("seen_at")?,
            })
        })
    }

    /// The calendar: every slot, by dispatcher, lane and start.
    pub async fn slots(&self) -> Result<Vec<Slot>> {
        let rows = query("SELECT id, dispatcher, lane, state, starts_at, ends_at, task, job, priority, reason FROM slots ORDER BY dispatcher, lane, starts_at, id").fetch_all(&mut *self.reader().await?).await;
        all(&rows.map_err(Error::sql)?, read)
    }

    /// The jobs with a task that could be booked now, by priority and by what they had so far, at most `limit`.
    pub async fn runnable_jobs(&self, limit: u32) -> Result<Vec<RunnableJob>> {
        let rows = query(
            "SELECT id, priority, served_ms FROM jobs WHERE finished_at IS NULL AND state IN ('running', 'waiting')
             AND EXISTS (SELECT 1 FROM tasks WHERE tasks.job = jobs.id AND tasks.state = 'queued' AND tasks.not_before <= $1)
             ORDER BY priority DESC, served_ms, id LIMIT $2",
        )
        .bind(self.now())
        .bind(i64::from(limit))
        .fetch_all(&mut *self.reader().await?)
        .await
        .map_err(Error::sql)?;
        all(&rows, |row| {
            Ok(RunnableJob { job: JobId(row.number("id")?), priority: row.number("priority")?, served_ms: row.number("served_ms")? })
        })
    }

    /// A job's tasks that could be booked now, in the order they are to run, at most `limit`.
    pub async fn queued_tasks(&self, job: JobId, limit: u32) -> Result<Vec<QueuedTask>> {
        let rows = query(
            "SELECT id, kind, plugin, bytes FROM tasks WHERE job = $1 AND state = 'queued' AND not_before <= $2 ORDER BY not_before, id LIMIT $3",
        )
        .bind(job.0)
        .bind(self.now())
        .bind(i64::from(limit))
        .fetch_all(&mut *self.reader().await?)
        .await
        .map_err(Error::sql)?;
        all(&rows, |row| {
            Ok(QueuedTask {
                task: TaskId(row.number("id")?),
                kind: row.word("kind")?,
                plugin: row.parsed_or_none("plugin")?,
                bytes: row.count("bytes")?,
            })
        })
    }

    /// Reserves slots: each task that is still queued gets its own, the others none. Gives how many were reserved.
    pub async fn book(&self, slots: &[NewSlot]) -> Result<u64> {
        let mut tx = self.begin().await?;
        let mut booked = 0;
        for slot in slots {
            let done =
                query("UPDATE tasks SET state = 'booked' WHERE id = $1 AND state = 'queued'").bind(slot.task.0).execute(&mut *tx).await;
            if done.map_err(Error::sql)?.rows_affected() == 0 {
                continue;
            }
            query(
                "INSERT INTO slots (id, dispatcher, lane, state, starts_at, ends_at, task, job, priority, reason)
                 VALUES ($1, $2, $3, 'booked', $4, $5, $6, $7, $8, $9)",
            )
            .bind(slot.task.0) // as in `lease`
            .bind(slot.dispatcher.0)
            .bind(i64::from(slot.lane))
            .bind(slot.starts_at)
            .bind(slot.ends_at)
            .bind(slot.task.0)
            .bind(slot.job.0)
            .bind(slot.priority)
            .bind(slot.reason.as_str())
            .execute(&mut *tx)
            .await
            .map_err(Error::sql)?;
            query("UPDATE jobs SET served_ms = served_ms + $2 WHERE id = $1")
                .bind(slot.job.0)
                .bind(slot.ends_at - slot.starts_at)
                .execute(&mut *tx)
                .await
                .map_err(Error::sql)?;
            booked += 1;
        }
        tx.commit(if booked > 0 { &[Topic::Work] } else { &[] }).await?;
        Ok(booked)
    }

    /// Gives up a dispatcher's reserved slots of jobs below a priority; their tasks are queued again. Gives how many.
    pub async fn unbook_below(&self, dispatcher: DispatcherId, priority: i64) -> Result<u64> {
        let mut tx = self.begin().await?;
        let given_up = unbook(&mut tx, dispatcher.0, priority).await?;
        tx.commit(if given_up > 0 { &[Topic::Work] } else { &[] }).await?;
        Ok(given_up)
    }

    /// Gives up what no longer holds: slots of tasks that are neither booked nor leased, and reserved ones of jobs that may not run
    /// (paused) or of dispatchers silent since before `seen_since`.
    pub async fn tidy_slots(&self, seen_since: UnixMs) -> Result<()> {
        let loose = "SELECT 1 AS loose FROM slots s LEFT JOIN tasks t ON t.id = s.task LEFT JOIN jobs j ON j.id = s.job
             LEFT JOIN dispatchers d ON d.id = s.dispatcher
             WHERE t.state NOT IN ('booked', 'leased') OR (s.state = 'booked' AND (j.state = 'paused' OR d.seen_at < $1)) LIMIT 1";
        if query(loose).bind(seen_since).fetch_optional(&mut *self.reader().await?).await.map_err(Error::sql)?.is_none() {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        lease::delete_loose_slots(&mut tx).await?;
        give_up(
            &mut tx,
            "SELECT s.id, s.task, s.job, s.ends_at - s.starts_at AS ms FROM slots s JOIN jobs j ON j.id = s.job JOIN dispatchers d ON d.id = s.dispatcher
             WHERE s.state = 'booked' AND (j.state = 'paused' OR d.seen_at < $1) AND $2 = $2",
            seen_since,
            0,
        )
        .await?;
        tx.commit(&[Topic::Work]).await
    }
}

async fn unbook(tx: &mut crate::tx::Tx, dispatcher: i64, below: i64) -> Result<u64> {
    let sql = "SELECT id, task, job, ends_at - starts_at AS ms FROM slots WHERE dispatcher = $1 AND state = 'booked' AND priority < $2";
    give_up(tx, sql, dispatcher, below).await
}

/// Gives up the slots a statement finds, and takes their length off what their jobs had.
async fn give_up(tx: &mut crate::tx::Tx, sql: &'static str, first: i64, second: i64) -> Result<u64> {
    let rows = query(sql).bind(first).bind(second).fetch_all(&mut **tx).await.map_err(Error::sql)?;
    for row in &rows {
        for (sql, id, ms) in [
            ("DELETE FROM slots WHERE id = $1 AND $2 >= 0", row.number("id")?, 0),
            ("UPDATE tasks SET state = 'queued' WHERE id = $1 AND state = 'booked' AND $2 >= 0", row.number("task")?, 0),
            ("UPDATE jobs SET served_ms = served_ms - $2 WHERE id = $1", row.number("job")?, row.number("ms")?),
        ] {
            query(sql).bind(id).bind(ms).execute(&mut **tx).await.map_err(Error::sql)?;
        }
    }
    Ok(rows.len() as u64)
}
