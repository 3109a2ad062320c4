//! Loads: the data one import made for a breach, its ledger and its own segments.

use serde::{Deserialize, Serialize};
use sluice_record::{BreachId, JobId, Ledger, LoadId, MemberNote, PluginDigest, Policy, SegmentRef};
use sqlx::any::AnyRow;

use crate::{
    Catalogue, Error, LoadState, Result, Topic, UnixMs,
    row::{Columns, all, query, selects},
};

/// A load.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Load {
    /// Its id.
    pub id: LoadId,
    /// The job that made it.
    pub job: JobId,
    /// For which breach.
    pub breach: BreachId,
    /// What was kept, pinned.
    pub policy: Policy,
    /// The plugins its members were pinned to.
    pub plugins: Vec<PluginDigest>,
    /// Where it stands.
    pub state: LoadState,
    /// What does not balance, or why it failed.
    pub message: String,
    /// What became of its bytes.
    pub ledger: Ledger,
    /// Members that were left out of its dumps, and why (the first thousand).
    pub notes: Vec<MemberNote>,
    /// Bytes of its staged members.
    pub staged_bytes: u64,
    /// Bytes set aside with quarantined tasks, once it was verified.
    pub quarantined_bytes: u64,
    /// Did an operator accept to publish it without them?
    pub quarantine_accepted: bool,
    /// Distinct accounts.
    pub accounts: u64,
    /// Distinct plain passwords.
    pub passwords: u64,
    /// Its own segments of the ranges.
    pub segments: Vec<SegmentRef>,
    /// When it was begun.
    pub created_at: UnixMs,
    /// When it last changed.
    pub changed_at: UnixMs,
    /// When it was published; of one that is made again, when it was before.
    pub published_at: Option<UnixMs>,
    /// When it was retracted.
    pub retracted_at: Option<UnixMs>,
}

pub(crate) fn read(row: &AnyRow) -> Result<Load> {
    Ok(Load {
        id: LoadId(row.number("id")?),
        job: JobId(row.number("job")?),
        breach: BreachId(row.number("breach")?),
        policy: row.word("policy")?,
        plugins: row.json("plugins")?,
        state: row.word("state")?,
        message: row.text("message")?,
        ledger: row.json("ledger")?,
        notes: row.json("notes")?,
        staged_bytes: row.count("staged_bytes")?,
        quarantined_bytes: row.count("quarantined_bytes")?,
        quarantine_accepted: row.flag("quarantine_accepted")?,
        accounts: row.count("accounts")?,
        passwords: row.count("passwords")?,
        segments: row.json("segments")?,
        created_at: row.number("created_at")?,
        changed_at: row.number("changed_at")?,
        published_at: row.number_or_none("published_at")?,
        retracted_at: row.number_or_none("retracted_at")?,
    })
}

selects!($ load_columns "SELECT id, job, breach, policy, plugins, state, message, ledger, notes, staged_bytes, quarantined_bytes, \
     quarantine_accepted, accounts, passwords, segments, created_at, changed_at, published_at, retracted_at FROM loads ");
#[allow(clippy::single_component_path_imports, reason = "it is how a macro leaves its module")]
pub(crate) use load_columns;

impl Catalogue {
    /// One load.
    pub async fn load(&self, load: LoadId) -> Result<Load> {
        let row =
            query(load_columns!("WHERE id = $1")).bind(load.0).fetch_optional(&mut *self.reader().await?).await.map_err(Error::sql)?;
        read(&row.ok_or_else(|| Error::not_found("load", load))?)
    }

    /// The newest loads, at most `limit`.
    pub async fn loads(&self, limit: u32) -> Result<Vec<Load>> {
        let rows = query(load_columns!("ORDER BY id DESC LIMIT $1")).bind(i64::from(limit)).fetch_all(&mut *self.reader().await?).await;
        all(&rows.map_err(Error::sql)?, read)
    }

    /// A breach's loads, newest first.
    pub async fn loads_of(&self, breach: BreachId) -> Result<Vec<Load>> {
        let rows = query(load_columns!("WHERE breach = $1 ORDER BY id DESC")).bind(breach.0).fetch_all(&mut *self.reader().await?).await;
        all(&rows.map_err(Error::sql)?, read)
    }

    /// The loads queries see, ascending, each with its breach.
    pub async fn published_loads(&self) -> Result<Vec<(LoadId, BreachId)>> {
        let rows = query("SELECT id, breach FROM loads WHERE state = 'published' ORDER BY id").fetch_all(&mut *self.reader().await?).await;
        all(&rows.map_err(Error::sql)?, |row| Ok((LoadId(row.number("id")?), BreachId(row.number("breach")?))))
    }

    /// An operator accepts that the load goes on without its quarantined bytes.
    pub async fn accept_quarantine(&self, load: LoadId) -> Result<()> {
        let mut tx = self.begin().await?;
        let done = query(
            "UPDATE loads SET quarantine_accepted = 1, changed_at = $2 WHERE id = $1 AND state NOT IN ('published', 'retracted', 'failed')",
        )
        .bind(load.0)
        .bind(tx.now)
        .execute(&mut *tx)
        .await
        .map_err(Error::sql)?;
        if done.rows_affected() == 0 {
            let message = format!("load {load} has no quarantine that could be accepted");
            return Err(Error::conflict(message, "look at where it stands"));
        }
        tx.commit(&[Topic::Jobs]).await
    }
}
