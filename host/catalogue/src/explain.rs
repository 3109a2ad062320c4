//! Why a task is where it is, in words, by the same order that it is booked and leased by ([`RunnableJob::turn`]).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sluice_record::{JobId, TaskId};

use crate::{
    Catalogue, Dispatcher, DispatcherState, Error, JobState, Lane, Rate, Result, RunnableJob, Slot, Task, TaskState, UnixMs, Waiting,
    row::{Columns, query},
};

/// Why a task is where it is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Explanation {
    /// Which.
    pub task: TaskId,
    /// Of which job.
    pub job: JobId,
    /// Where it stands.
    pub state: TaskState,
    /// Why, what weighs most first.
    pub because: Vec<String>,
    /// Its slot, reserved or at work.
    pub slot: Option<Slot>,
    /// Whose queued tasks go before it.
    pub before: Vec<Before>,
    /// When it starts, by estimate; none where it has, or where nobody can say.
    pub starts_at: Option<UnixMs>,
}

/// Tasks of a job that go before another one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Before {
    /// Whose, maybe the task's own.
    pub job: JobId,
    /// The job's priority.
    pub priority: i64,
    /// How many, by estimate.
    pub tasks: u64,
    /// How long they take a lane, together.
    pub ms: i64,
}

/// What is asked of a queued task's job.
struct Own {
    state: JobState,
    job: RunnableJob,
}

impl Catalogue {
    /// Why a task is where it is.
    pub async fn explain(&self, task: TaskId) -> Result<Explanation> {
        let now = self.now();
        let task = self.task(task).await?;
        let slots = self.slots().await?;
        let slot = slots.iter().find(|slot| slot.task == task.id).cloned();
        let mut told =
            Explanation { task: task.id, job: task.job, state: task.state, because: vec![], slot, before: vec![], starts_at: None };
        match task.state {
            TaskState::Queued | TaskState::Booked => self.explain_waiting(&task, &slots, now, &mut told).await?,
            TaskState::Leased => told.because = at_work(&task, told.slot.as_ref(), now),
            TaskState::Failed => told.because.push("it failed, and the controller has not decided yet what follows".into()),
            TaskState::Done | TaskState::Quarantined | TaskState::Cancelled => {
                told.because.push(format!("it is {}: nothing of it is to run", task.state));
            }
        }
        if let Some(failure) = &task.failure {
            told.because.push(format!("it failed before: {}", failure.message));
        }
        Ok(told)
    }

    async fn explain_waiting(&self, task: &Task, slots: &[Slot], now: UnixMs, told: &mut Explanation) -> Result<()> {
        let own = self.own(task.job).await?;
        let mut dispatchers = self.dispatchers().await?;
        dispatchers.retain(|dispatcher| dispatcher.is_near(task.region.as_deref()));
        let held = held(&own, task, now);
        let may_ever = !matches!(own.state, JobState::Paused | JobState::Queued);
        let earliest = task.not_before.max(now);
        let opens_at = |at| own.job.window.filter(|_| own.state != JobState::Cancelling).map_or(at, |window| window.opens_at(at));
        if let Some(slot) = &told.slot {
            told.because.push(format!("lane {} of dispatcher {} is reserved for it: {}", slot.lane, slot.dispatcher, slot.reason));
            told.because.extend(held);
            told.starts_at = may_ever.then(|| opens_at(slot.starts_at.max(earliest)));
            return Ok(());
        }
        told.because.extend(held);
        told.because.extend(self.avoided(task.id, now).await?);
        let lanes = Lane::all(&dispatchers, slots, now);
        if lanes.is_empty() {
            told.because.push(no_lane(&dispatchers, task.region.as_deref(), now));
        }
        told.before = self.before(task, &own.job, now).await?;
        if !told.before.is_empty() {
            told.because.push(in_words(&told.before, &own.job, now));
        }
        if !lanes.is_empty() && lanes.iter().all(|lane| lane.room == 0) {
            let free_at = lanes.iter().map(|lane| lane.free_at).min().unwrap_or(now);
            told.because.push(format!("all {} lanes are booked as far ahead as is planned, for {}", lanes.len(), within(free_at - now)));
        }
        if told.because.is_empty() {
            told.because.push("nothing stands before it: it is booked or leased next".into());
        }
        if let (Some(region), false) = (&task.region, lanes.is_empty()) {
            told.because.push(format!("its bytes are in region {region}: it is done there"));
        }
        if may_ever && !lanes.is_empty() {
            let busy_ms: i64 = lanes.iter().map(|lane| lane.free_at - now).sum::<i64>() + told.before.iter().map(|job| job.ms).sum::<i64>();
            told.starts_at = Some(opens_at((now + busy_ms / lanes.len() as i64).max(earliest)));
        }
        Ok(())
    }

    async fn own(&self, job: JobId) -> Result<Own> {
        let sql = "SELECT id AS job, state, priority, served_ms, window_from, window_ms, late_from FROM jobs WHERE id = $1";
        let row = query(sql).bind(job.0).fetch_optional(&mut *self.reader().await?).await.map_err(Error::sql)?;
        let row = row.ok_or_else(|| Error::not_found("job", job))?;
        Ok(Own { state: row.word("state")?, job: RunnableJob::read(&row)? })
    }

    /// Who does not get it after a failure.
    async fn avoided(&self, task: TaskId, now: UnixMs) -> Result<Option<String>> {
        let row = query("SELECT avoid_worker, avoid_until FROM tasks WHERE id = $1 AND avoid_until > $2 AND avoid_worker IS NOT NULL")
            .bind(task.0)
            .bind(now)
            .fetch_optional(&mut *self.reader().await?)
            .await
            .map_err(Error::sql)?;
        let in_words = |row: sqlx::any::AnyRow| {
            let (worker, until) = (row.text("avoid_worker")?, row.number("avoid_until")?);
            Ok(format!("worker {worker} had it and failed: for {} any other gets it", within(until - now)))
        };
        row.map(in_words).transpose()
    }

    /// The queued tasks that go before one: those of its job that are older, and of other jobs as many as go before these by their turn.
    async fn before(&self, task: &Task, own: &RunnableJob, now: UnixMs) -> Result<Vec<Before>> {
        let rows = query(
            "SELECT kind, plugin, COUNT(*) AS tasks, CAST(SUM(bytes) AS BIGINT) AS bytes FROM tasks
             WHERE job = $1 AND region = $5 AND state = 'queued' AND not_before <= $2 AND (not_before < $3 OR not_before = $3 AND id < $4)
             GROUP BY kind, plugin",
        )
        .bind(task.job.0)
        .bind(now)
        .bind(task.not_before)
        .bind(task.id.0)
        .bind(task.region.as_deref().unwrap_or_default())
        .fetch_all(&mut *self.reader().await?)
        .await
        .map_err(Error::sql)?;
        let rates = self.rates_by_kind().await?;
        let mut jobs = BTreeMap::new();
        for row in &rows {
            let (tasks, rate) = (row.count("tasks")?, rates.get(&(row.word("kind")?, row.parsed_or_none("plugin")?)));
            add(&mut jobs, own, tasks, Rate::estimate_all_ms(rate, tasks, row.count("bytes")?));
        }
        // Its turn comes when its job had these.
        let own_ms = jobs.get(&own.job).map_or(0, |before: &Before| before.ms);
        let by_then = RunnableJob { served_ms: own.served_ms.saturating_add(own_ms), ..*own };
        let others = self.waiting().await?;
        let due = |other: &&Waiting| {
            let is_near = other.region.is_none() || other.region == task.region;
            other.job.job != own.job && is_near && !other.booked && other.due && other.is_open(now)
        };
        for other in others.iter().filter(due) {
            let (tasks, ms) = overtaking(other, &by_then, now);
            add(&mut jobs, &other.job, tasks, ms);
        }
        Ok(jobs.into_values().filter(|before| before.tasks > 0).collect())
    }
}

fn add(jobs: &mut BTreeMap<JobId, Before>, job: &RunnableJob, tasks: u64, ms: i64) {
    let before = jobs.entry(job.job).or_insert(Before { job: job.job, priority: job.priority, tasks: 0, ms: 0 });
    before.tasks += tasks;
    before.ms += ms;
}

/// How much of what waits of another job goes before one: all if its turn is earlier whatever it has had by then, nothing if it is
/// later from the start, else tasks until it had more.
fn overtaking(other: &Waiting, own: &RunnableJob, now: UnixMs) -> (u64, i64) {
    let after_all = RunnableJob { served_ms: other.job.served_ms.saturating_add(other.ms), ..other.job };
    if after_all.turn(now) < own.turn(now) {
        return (other.tasks, other.ms);
    }
    if other.job.turn(now) > own.turn(now) {
        return (0, 0);
    }
    let each_ms = (other.ms / i64::try_from(other.tasks).unwrap_or(i64::MAX).max(1)).max(1);
    let first_of_equals = i64::from(other.job.job < own.job);
    let tasks = u64::try_from(own.served_ms - other.job.served_ms + first_of_equals).unwrap_or(0).div_ceil(each_ms as u64);
    let tasks = tasks.min(other.tasks);
    (tasks, tasks as i64 * each_ms)
}

/// What keeps a task from running, whatever else there is.
fn held(own: &Own, task: &Task, now: UnixMs) -> Vec<String> {
    let job = own.job.job;
    let mut because = vec![];
    match own.state {
        JobState::Paused => because.push(format!("its job {job} is paused: `sluice jobs resume {job}` lets it go on")),
        JobState::Queued => because.push(format!("the controller has not taken up its job {job} yet")),
        _ => {}
    }
    if let Some(window) = own.job.window.filter(|window| !window.is_open(now) && own.state != JobState::Cancelling) {
        because.push(format!("the window {window} (UTC) of its job {job} is closed for {}", within(window.opens_at(now) - now)));
    }
    if task.not_before > now {
        because.push(format!("it is not to run for {} yet", within(task.not_before - now)));
    }
    because
}

fn at_work(task: &Task, slot: Option<&Slot>, now: UnixMs) -> Vec<String> {
    let since = within(now - task.leased_at.unwrap_or(now));
    let worker = task.worker.as_deref().unwrap_or("a worker");
    match slot {
        None => vec![format!("{worker} has had it for {since}")],
        Some(slot) => vec![
            format!("{worker} has had it on lane {} of dispatcher {} for {since}", slot.lane, slot.dispatcher),
            format!("it was given it for this: {}", slot.reason),
        ],
    }
}

/// Of those dispatchers that are where the task's bytes are.
fn no_lane(dispatchers: &[Dispatcher], region: Option<&str>, now: UnixMs) -> String {
    let heard: Vec<_> = dispatchers.iter().filter(|dispatcher| dispatcher.seen_at >= Dispatcher::seen_since(now)).collect();
    let why = match heard.as_slice() {
        [] if dispatchers.is_empty() => "no dispatcher was ever there",
        [] => "no dispatcher has been heard of lately",
        all if all.iter().all(|dispatcher| dispatcher.state == DispatcherState::Draining) => "every dispatcher is draining",
        _ => "no worker asks a dispatcher for work",
    };
    let place = region.map_or_else(String::new, |region| format!(" in region {region}, where its bytes are"));
    format!("there is no lane for it{place}: {why}")
}

fn in_words(before: &[Before], own: &RunnableJob, now: UnixMs) -> String {
    let tasks: u64 = before.iter().map(|job| job.tasks).sum();
    let of_job = |before: &Before| match before.job == own.job {
        true => format!("{} of its own job", before.tasks),
        false => format!("{} of job {} (priority {})", before.tasks, before.job, before.priority),
    };
    let equals = 1 + before.iter().filter(|job| job.job != own.job && job.priority == own.priority).count();
    format!("{tasks} tasks go before it: {}; {}", before.iter().map(of_job).collect::<Vec<_>>().join(", "), own.standing(equals, now))
}

fn within(ms: i64) -> String {
    let seconds = ms.max(0) / 1_000;
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}
