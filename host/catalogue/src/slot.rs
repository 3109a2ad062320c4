//! Dispatchers and the calendar of their lanes: which stretch of the future is reserved for which task, and why.

use serde::{Deserialize, Serialize};
use sluice_record::{DispatcherId, JobId, SlotId, TaskId};
use sqlx::any::AnyRow;

use crate::{
    Catalogue, DispatcherState, Error, Result, RunnableJob, SlotState, Topic, UnixMs, lease,
    row::{Columns, all, query},
    window::window_is_open,
};

/// A dispatcher.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Dispatcher {
    /// Its id.
    pub id: DispatcherId,
    /// Unique.
    pub name: String,
    /// Where it is, which is where tasks' bytes are that it hands out, unless they are anywhere.
    pub region: Option<String>,
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

/// A reserved slot that does not hold: of dispatchers silent since before $1, by the time $2.
macro_rules! void_slot {
    () => {
        concat!(
            "(s.state = 'booked' AND (j.state = 'paused' OR d.seen_at < $1 OR NOT ",
            window_is_open!("j.", "(CASE WHEN s.starts_at > $2 THEN s.starts_at ELSE $2 END)"),
            "))"
        )
    };
}

/// Slots reserved ahead on a lane.
pub const SLOTS_AHEAD_MAX: usize = 8;
/// A dispatcher silent for longer gets no bookings and loses those it has.
const SILENT_MS_MAX: i64 = 30_000;

/// A lane with what is reserved of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lane {
    /// Whose.
    pub dispatcher: DispatcherId,
    /// Which, from 0.
    pub lane: u32,
    /// When what is reserved ends.
    pub free_at: UnixMs,
    /// Slots that can still be reserved.
    pub room: usize,
}

impl Dispatcher {
    /// Since when it must have been heard of to get bookings.
    pub const fn seen_since(now: UnixMs) -> UnixMs {
        now - SILENT_MS_MAX
    }

    /// May a task whose bytes are there, or anywhere, be done there?
    pub fn is_near(&self, region: Option<&str>) -> bool {
        region.is_none_or(|region| self.region.as_deref() == Some(region))
    }

    /// Does it get bookings?
    pub fn takes_work(&self, now: UnixMs) -> bool {
        self.state == DispatcherState::Active && self.seen_at >= Self::seen_since(now)
    }

    /// Is nothing left to be reserved?
    pub fn is_full<'a>(&self, slots: impl IntoIterator<Item = &'a Slot>) -> bool {
        let booked = slots.into_iter().filter(|slot| slot.dispatcher == self.id && slot.state == SlotState::Booked);
        booked.count() >= self.lanes as usize * SLOTS_AHEAD_MAX
    }
}

impl Lane {
    /// The lanes of those dispatchers that get bookings, with these slots reserved.
    pub fn all<'a>(dispatchers: &[Dispatcher], slots: impl IntoIterator<Item = &'a Slot>, now: UnixMs) -> Vec<Self> {
        let there = dispatchers.iter().filter(|dispatcher| dispatcher.takes_work(now));
        let of = |dispatcher: &Dispatcher| {
            let id = dispatcher.id;
            (0..dispatcher.lanes).map(move |lane| Self { dispatcher: id, lane, free_at: now, room: SLOTS_AHEAD_MAX })
        };
        let mut lanes: Vec<_> = there.flat_map(of).collect();
        for slot in slots {
            let of_slot = |lane: &&mut Self| lane.dispatcher == slot.dispatcher && lane.lane == slot.lane;
            let Some(lane) = lanes.iter_mut().find(of_slot) else { continue };
            lane.free_at = lane.free_at.max(slot.ends_at);
            if slot.state == SlotState::Booked {
                lane.room = lane.room.saturating_sub(1);
            }
        }
        lanes
    }
}

impl Catalogue {
    /// A dispatcher of a region, or of none, says that it begins, with so many lanes in its process. One of that name that was there before
    /// has restarted: its slots are given up, and its leases are queued again, but if all workers are elsewhere: they go on.
    pub async fn register_dispatcher(&self, name: &str, lanes: u32, region: Option<&str>) -> Result<DispatcherId> {
        let mut tx = self.begin().await?;
        let known = query("SELECT id FROM dispatchers WHERE name = $1").bind(name).fetch_optional(&mut *tx).await.map_err(Error::sql)?;
        let id = match known {
            Some(row) => row.number("id")?,
            None => tx.ids("dispatcher", 1).await?,
        };
        query(
            "INSERT INTO dispatchers (id, name, state, lanes, seen_at, region) VALUES ($1, $2, 'active', $3, $4, $5) ON CONFLICT (id)
             DO UPDATE SET state = 'active', lanes = excluded.lanes, seen_at = excluded.seen_at, region = excluded.region",
        )
        .bind(id)
        .bind(name)
        .bind(i64::from(lanes))
        .bind(tx.now)
        .bind(region.unwrap_or_default())
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
        let rows = query("SELECT id, name, region, state, lanes, seen_at FROM dispatchers ORDER BY id")
            .fetch_all(&mut *self.reader().await?)
            .await
            .map_err(Error::sql)?;
        all(&rows, |row| {
            Ok(Dispatcher {
                id: DispatcherId(row.number("id")?),
                name: row.text("name")?,
                region: row.region()?,
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

    /// Gives up a dispatcher's reserved slots that are to make way for a job: those of lower priority and, if it would be late, those of its
    /// equals that would not. Their tasks are queued again. Gives how many.
    pub async fn unbook_for(&self, dispatcher: DispatcherId, job: &RunnableJob) -> Result<u64> {
        let mut tx = self.begin().await?;
        let mut given_up = unbook(&mut tx, dispatcher.0, job.priority).await?;
        if job.late_ms(tx.now).is_some() {
            let equals = "SELECT s.id, s.task, s.job, s.ends_at - s.starts_at AS ms FROM slots s JOIN jobs j ON j.id = s.job
                 WHERE s.dispatcher = $1 AND s.state = 'booked' AND s.priority = $2 AND (j.late_from IS NULL OR j.late_from > $3)";
            let rows = query(equals).bind(dispatcher.0).bind(job.priority).bind(tx.now).fetch_all(&mut *tx).await.map_err(Error::sql)?;
            given_up += give_up(&mut tx, &rows).await?;
        }
        tx.commit(if given_up > 0 { &[Topic::Work] } else { &[] }).await?;
        Ok(given_up)
    }

    /// Gives up what no longer holds: slots of tasks that are neither booked nor leased, and reserved ones of jobs that may not run
    /// (paused, or outside their window when they are to start) or of dispatchers silent since before `seen_since`.
    pub async fn tidy_slots(&self, seen_since: UnixMs) -> Result<()> {
        let loose = concat!(
            "SELECT 1 AS loose FROM slots s LEFT JOIN tasks t ON t.id = s.task LEFT JOIN jobs j ON j.id = s.job
             LEFT JOIN dispatchers d ON d.id = s.dispatcher
             WHERE t.state NOT IN ('booked', 'leased') OR ",
            void_slot!(),
            " LIMIT 1"
        );
        let found = query(loose).bind(seen_since).bind(self.now()).fetch_optional(&mut *self.reader().await?).await;
        if found.map_err(Error::sql)?.is_none() {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        lease::delete_loose_slots(&mut tx).await?;
        let void = concat!(
            "SELECT s.id, s.task, s.job, s.ends_at - s.starts_at AS ms FROM slots s JOIN jobs j ON j.id = s.job
             JOIN dispatchers d ON d.id = s.dispatcher WHERE ",
            void_slot!()
        );
        let rows = query(void).bind(seen_since).bind(tx.now).fetch_all(&mut *tx).await.map_err(Error::sql)?;
        give_up(&mut tx, &rows).await?;
        tx.commit(&[Topic::Work]).await
    }
}

async fn unbook(tx: &mut crate::tx::Tx, dispatcher: i64, below: i64) -> Result<u64> {
    let sql = "SELECT id, task, job, ends_at - starts_at AS ms FROM slots WHERE dispatcher = $1 AND state = 'booked' AND priority < $2";
    let rows = query(sql).bind(dispatcher).bind(below).fetch_all(&mut **tx).await.map_err(Error::sql)?;
    give_up(tx, &rows).await
}

/// Gives up slots that were found, and takes their length off what their jobs had.
async fn give_up(tx: &mut crate::tx::Tx, rows: &[AnyRow]) -> Result<u64> {
    for row in rows {
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
