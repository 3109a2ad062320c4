//! A controller's step: what follows from ended tasks or from a job's state, as one transaction that can't be taken twice.
//! The controller decides from what it read; each change says what it takes for granted, and if one of them no longer holds the
//! whole step is refused with `Conflict` and the controller looks again.

use sluice_record::{BreachId, DumpId, JobId, Ledger, LoadId, MemberId, MemberNote, Policy, SegmentRef, StagedMember, TaskId, TaskSpec};

use crate::{
    Catalogue, Error, JobSpec, JobState, LoadState, MemberState, NewTask, Reproducer, Result, Topic, UnixMs, breach,
    lease::delete_slot,
    member::{framing_word, pin},
    row::{Columns, plain, query, to_json},
    task,
    tx::Tx,
};

/// Notes kept of one load: enough to see what went on, few enough to be read.
const NOTES_MAX: usize = 1_000;

/// One change of a step.
#[derive(Clone, PartialEq, Debug)]
pub enum Change {
    /// The task has ended, and what follows from it is in this step. Refused if that was so before.
    Followed(TaskId),
    /// Queue a task, unless the job has it.
    Queue(NewTask),
    /// Queue an ended task again, not before then, and by another worker if there is one by `avoid_until`.
    Retry {
        /// Which.
        task: TaskId,
        /// Back-off.
        not_before: UnixMs,
        /// Who had it last.
        avoid_worker: Option<String>,
        /// Until when that one is kept from it.
        avoid_until: UnixMs,
        /// Was a server away? Then the attempt does not count.
        outage: bool,
    },
    /// Queue an ended task again with a smaller range: it keeps its id, so that its output replaces what it wrote.
    Narrow {
        /// Which.
        task: TaskId,
        /// With what.
        spec: TaskSpec,
        /// How often its range was cut by now.
        splits: u32,
    },
    /// Set an ended task aside.
    Quarantine {
        /// Which.
        task: TaskId,
        /// What it takes to see it fail again.
        reproducer: Reproducer,
    },
    /// Begin the load of an import job that has none.
    BeginLoad {
        /// Which job.
        job: JobId,
        /// For which breach.
        breach: BreachId,
        /// What may be kept.
        policy: Policy,
    },
    /// Add a member of a dump; without a plugin it waits for an operator.
    AddMember {
        /// To which load.
        load: LoadId,
        /// From which dump.
        dump: DumpId,
        /// As it was staged.
        staged: StagedMember,
    },
    /// Add to a load's notes.
    AddNotes {
        /// To which load.
        load: LoadId,
        /// What was left out.
        notes: Vec<MemberNote>,
    },
    /// A member's chunks are known.
    MemberParsing(MemberId),
    /// A parse task accounted for a stretch of a member.
    AddLedger {
        /// Of which load.
        load: LoadId,
        /// Of which member.
        member: MemberId,
        /// What became of the stretch.
        ledger: Ledger,
    },
    /// A load goes from one state to another. Refused if it is in neither.
    Load {
        /// Which.
        load: LoadId,
        /// From.
        from: LoadState,
        /// To.
        to: LoadState,
        /// Why, if that needs saying.
        message: String,
    },
    /// What merging gave.
    Merged {
        /// For which load.
        load: LoadId,
        /// Its own segments.
        segments: Vec<SegmentRef>,
        /// Distinct accounts.
        accounts: u64,
        /// Distinct plain passwords.
        passwords: u64,
    },
    /// How many accounts loads of a breach have together.
    Counted {
        /// Which breach.
        breach: BreachId,
        /// Which loads, ascending.
        loads: Vec<LoadId>,
        /// Distinct accounts.
        accounts: u64,
    },
    /// The bytes a load goes on without.
    QuarantinedBytes {
        /// Which load.
        load: LoadId,
        /// How many.
        bytes: u64,
    },
    /// A job goes from one state to another. Refused if it is in neither (somebody paused or cancelled it meanwhile).
    Job {
        /// Which.
        job: JobId,
        /// From.
        from: JobState,
        /// To.
        to: JobState,
        /// What it waits for, or why it failed.
        message: String,
        /// What to do about that.
        hint: String,
    },
    /// No task of the job runs on: those queued or booked are cancelled, and leases revoked if `leased`.
    CancelTasks {
        /// Which job.
        job: JobId,
        /// Revoke leases too.
        leased: bool,
    },
}

impl Catalogue {
    /// Takes a step: all of it, or, on `Conflict`, nothing.
    pub async fn apply(&self, changes: &[Change]) -> Result<()> {
        if changes.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin().await?;
        let mut rest = changes;
        while let Some((change, after)) = rest.split_first() {
            rest = after;
            if let Change::Queue(first) = change {
                let mut tasks = vec![first.clone()];
                while let Some((Change::Queue(next), after)) = rest.split_first().filter(|(next, _)| is_of_job(next, first.job)) {
                    tasks.push(next.clone());
                    rest = after;
                }
                task::insert(&mut tx, &tasks).await?;
            } else {
                one(&mut tx, change).await?;
            }
        }
        tx.commit(&[Topic::Jobs, Topic::Work]).await
    }
}

fn is_of_job(change: &Change, job: JobId) -> bool {
    matches!(change, Change::Queue(task) if task.job == job)
}

async fn one(tx: &mut Tx, change: &Change) -> Result<()> {
    match change {
        Change::Queue(_) => Ok(()), // queued in batches by the caller
        Change::Followed(task) => followed(tx, *task).await,
        Change::Retry { task, not_before, avoid_worker, avoid_until, outage } => {
            let sql = "UPDATE tasks SET state = 'queued', not_before = $2, avoid_worker = $3, avoid_until = $4, attempts = attempts - $5,
                 outages = outages + $5, finished_at = NULL WHERE id = $1 AND state = 'failed' AND followed = 0";
            let statement = query(sql).bind(task.0).bind(*not_before).bind(avoid_worker.as_deref()).bind(*avoid_until);
            let statement = statement.bind(i64::from(*outage));
            affected(statement.execute(&mut **tx).await, "task", task.0)
        }
        Change::Narrow { task, spec, splits } => {
            let sql =
                "UPDATE tasks SET state = 'queued', spec = $2, bytes = $3, splits = $4, attempts = 0, failure = NULL, finished_at = NULL
                 WHERE id = $1 AND state = 'failed' AND followed = 0";
            let statement = query(sql).bind(task.0).bind(to_json("spec", spec)?).bind(spec.bytes() as i64).bind(i64::from(*splits));
            affected(statement.execute(&mut **tx).await, "task", task.0)
        }
        Change::Quarantine { task, reproducer } => quarantine(tx, *task, reproducer).await,
        Change::BeginLoad { job, breach, policy } => begin_load(tx, *job, *breach, *policy).await,
        Change::AddMember { load, dump, staged } => add_member(tx, *load, *dump, staged).await,
        Change::AddNotes { load, notes } => add_notes(tx, *load, notes).await,
        Change::MemberParsing(member) => {
            let statement = query("UPDATE members SET state = 'parsing' WHERE id = $1 AND state = 'staged'").bind(member.0);
            affected(statement.execute(&mut **tx).await, "member", member.0)
        }
        Change::AddLedger { load, member, ledger } => {
            let statement =
                query("UPDATE members SET parsed_bytes = parsed_bytes + $2 WHERE id = $1").bind(member.0).bind(ledger.bytes as i64);
            statement.execute(&mut **tx).await.map_err(Error::sql)?;
            add_ledger(tx, *load, ledger).await
        }
        Change::Load { load, from, to, message } => {
            let statement = query("UPDATE loads SET state = $3, message = $4, changed_at = $5 WHERE id = $1 AND state IN ($2, $3)")
                .bind(load.0)
                .bind(from.name())
                .bind(to.name())
                .bind(plain(message))
                .bind(tx.now);
            affected(statement.execute(&mut **tx).await, "load", load.0)
        }
        Change::Merged { load, segments, accounts, passwords } => {
            let statement = query("UPDATE loads SET segments = $2, accounts = $3, passwords = $4 WHERE id = $1 AND state = 'merging'")
                .bind(load.0)
                .bind(to_json("segments", segments)?)
                .bind(*accounts as i64)
                .bind(*passwords as i64);
            affected(statement.execute(&mut **tx).await, "load", load.0)
        }
        Change::Counted { breach, loads, accounts } => breach::counted(tx, *breach, loads, *accounts).await,
        Change::QuarantinedBytes { load, bytes } => {
            let statement = query("UPDATE loads SET quarantined_bytes = $2 WHERE id = $1").bind(load.0).bind(*bytes as i64);
            affected(statement.execute(&mut **tx).await, "load", load.0)
        }
        Change::Job { job, from, to, message, hint } => job_state(tx, *job, (*from, *to), message, hint).await,
        Change::CancelTasks { job, leased } => cancel_tasks(tx, *job, *leased).await,
    }
}

fn affected(result: std::result::Result<sqlx::any::AnyQueryResult, sqlx::Error>, what: &str, id: i64) -> Result<()> {
    if result.map_err(Error::sql)?.rows_affected() == 0 {
        return Err(Error::conflict(format!("{what} {id} is no longer where this step begins"), "look again"));
    }
    Ok(())
}

async fn followed(tx: &mut Tx, task: TaskId) -> Result<()> {
    let sql = "UPDATE tasks SET followed = 1 WHERE id = $1 AND followed = 0 AND state IN ('done', 'failed') RETURNING job, state";
    let row = query(sql).bind(task.0).fetch_optional(&mut **tx).await.map_err(Error::sql)?;
    let row = row.ok_or_else(|| Error::conflict(format!("task {task} was followed up before"), "look again"))?;
    let done = i64::from(row.text("state")? == "done");
    let statement = query("UPDATE jobs SET tasks_done = tasks_done + $2 WHERE id = $1").bind(row.number("job")?).bind(done);
    statement.execute(&mut **tx).await.map_err(Error::sql)?;
    Ok(())
}

async fn quarantine(tx: &mut Tx, task: TaskId, reproducer: &Reproducer) -> Result<()> {
    let sql = "UPDATE tasks SET state = 'quarantined', followed = 1, reproducer = $2 WHERE id = $1 AND state = 'failed' AND followed = 0";
    let statement = query(sql).bind(task.0).bind(to_json("reproducer", reproducer)?);
    affected(statement.execute(&mut **tx).await, "task", task.0)?;
    let sql = "UPDATE jobs SET tasks_quarantined = tasks_quarantined + 1 WHERE id = (SELECT job FROM tasks WHERE id = $1)";
    query(sql).bind(task.0).execute(&mut **tx).await.map_err(Error::sql)?;
    Ok(())
}

async fn begin_load(tx: &mut Tx, job: JobId, breach: BreachId, policy: Policy) -> Result<()> {
    let row = query("SELECT spec FROM jobs WHERE id = $1").bind(job.0).fetch_one(&mut **tx).await.map_err(Error::sql)?;
    let before = match row.json("spec")? {
        JobSpec::Import { again, .. } => again,
        _ => None,
    };
    let id = tx.ids("load", 1).await?;
    query(
        "INSERT INTO loads (id, job, breach, policy, state, ledger, created_at, changed_at, quarantine_accepted, published_at)
         VALUES ($1, $2, $3, $4, 'staging', $5, $6, $6, $7, $8)",
    )
    .bind(id)
    .bind(job.0)
    .bind(breach.0)
    .bind(policy.name())
    .bind(to_json("ledger", &Ledger::default())?)
    .bind(tx.now)
    .bind(i64::from(before.as_ref().is_some_and(|before| before.quarantine_accepted)))
    .bind(before.and_then(|before| before.published_at))
    .execute(&mut **tx)
    .await
    .map_err(Error::sql)?;
    let statement = query("UPDATE jobs SET load = $2 WHERE id = $1 AND load IS NULL AND state = 'queued'").bind(job.0).bind(id);
    affected(statement.execute(&mut **tx).await, "job", job.0)
}

async fn add_member(tx: &mut Tx, load: LoadId, dump: DumpId, staged: &StagedMember) -> Result<()> {
    let id = tx.ids("member", 1).await?;
    let state = if staged.plugin.is_some() { MemberState::Staged } else { MemberState::Unclaimed };
    query("INSERT INTO members (id, load, dump, state, staged, bytes, plugin, framing) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
        .bind(id)
        .bind(load.0)
        .bind(dump.0)
        .bind(state.name())
        .bind(to_json("staged", staged)?)
        .bind(staged.bytes as i64)
        .bind(staged.plugin.map(|plugin| plugin.to_string()))
        .bind(framing_word(staged.framing))
        .execute(&mut **tx)
        .await
        .map_err(Error::sql)?;
    for sql in [
        "UPDATE loads SET staged_bytes = staged_bytes + $2 WHERE id = $1",
        "UPDATE jobs SET bytes = bytes + $2 WHERE id = (SELECT job FROM loads WHERE id = $1)",
    ] {
        query(sql).bind(load.0).bind(staged.bytes as i64).execute(&mut **tx).await.map_err(Error::sql)?;
    }
    match staged.plugin {
        Some(plugin) => pin(tx, load, plugin).await,
        None => Ok(()),
    }
}

async fn add_notes(tx: &mut Tx, load: LoadId, notes: &[MemberNote]) -> Result<()> {
    let row = query("SELECT notes FROM loads WHERE id = $1").bind(load.0).fetch_one(&mut **tx).await.map_err(Error::sql)?;
    let mut kept: Vec<MemberNote> = row.json("notes")?;
    kept.extend(notes.iter().take(NOTES_MAX.saturating_sub(kept.len())).cloned());
    let statement = query("UPDATE loads SET notes = $2 WHERE id = $1").bind(load.0).bind(to_json("notes", &kept)?);
    affected(statement.execute(&mut **tx).await, "load", load.0)
}

async fn add_ledger(tx: &mut Tx, load: LoadId, ledger: &Ledger) -> Result<()> {
    let row = query("SELECT ledger FROM loads WHERE id = $1").bind(load.0).fetch_one(&mut **tx).await.map_err(Error::sql)?;
    let mut sum: Ledger = row.json("ledger")?;
    sum.add(ledger);
    let statement = query("UPDATE loads SET ledger = $2 WHERE id = $1").bind(load.0).bind(to_json("ledger", &sum)?);
    affected(statement.execute(&mut **tx).await, "load", load.0)?;
    query(
        "UPDATE jobs SET bytes_done = bytes_done + $2, records = records + $3, stored = stored + $4, rejects = rejects + $5
         WHERE id = (SELECT job FROM loads WHERE id = $1)",
    )
    .bind(load.0)
    .bind(ledger.bytes as i64)
    .bind(ledger.records as i64)
    .bind(ledger.stored as i64)
    .bind((ledger.parse_rejects.total() + ledger.record_rejects.total()) as i64)
    .execute(&mut **tx)
    .await
    .map_err(Error::sql)?;
    Ok(())
}

/// A member left out: its bytes are nobody's data.
pub(crate) async fn skip_bytes(tx: &mut Tx, load: LoadId, bytes: u64) -> Result<()> {
    add_ledger(tx, load, &Ledger { bytes, skip_bytes: bytes, ..Ledger::default() }).await
}

async fn job_state(tx: &mut Tx, job: JobId, (from, to): (JobState, JobState), message: &str, hint: &str) -> Result<()> {
    let ended = matches!(to, JobState::Done | JobState::Failed | JobState::Cancelled);
    // A job that begins is served as much as the least served of those at work: it neither waits for them nor overtakes for long.
    let statement = query(
        "UPDATE jobs SET state = $3, message = $4, hint = $5, changed_at = $6, finished_at = CASE WHEN $7 = 1 THEN $6 ELSE NULL END,
         served_ms = CASE WHEN $2 = 'queued' THEN COALESCE((SELECT MIN(o.served_ms) FROM jobs o WHERE o.finished_at IS NULL AND o.id <> $1
             AND o.state IN ('running', 'waiting')), 0) ELSE served_ms END
         WHERE id = $1 AND state IN ($2, $3)",
    )
    .bind(job.0)
    .bind(from.name())
    .bind(to.name())
    .bind(plain(message))
    .bind(plain(hint))
    .bind(tx.now)
    .bind(i64::from(ended));
    affected(statement.execute(&mut **tx).await, "job", job.0)
}

async fn cancel_tasks(tx: &mut Tx, job: JobId, leased: bool) -> Result<()> {
    let sql = "UPDATE tasks SET state = 'cancelled', followed = 1, finished_at = $2, fencing_token = fencing_token + 1
         WHERE job = $1 AND followed = 0 AND kind <> 'purge' AND (state <> 'leased' OR $3 = 1) RETURNING id";
    let rows = query(sql).bind(job.0).bind(tx.now).bind(i64::from(leased)).fetch_all(&mut **tx).await.map_err(Error::sql)?;
    for row in rows {
        delete_slot(tx, row.number("id")?).await?;
    }
    Ok(())
}
