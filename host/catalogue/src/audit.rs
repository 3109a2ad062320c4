//! The audit: who did what to what, and when. It is only ever appended to.

use serde::{Deserialize, Serialize};

use crate::{
    Catalogue, Error, Result, UnixMs,
    row::{Columns, all, plain, query},
};

/// An entry.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When.
    pub at: UnixMs,
    /// Who: a key's label, or a role.
    pub actor: String,
    /// What was done: `load.publish`, `key.create` …
    pub action: String,
    /// To what: `load 7`.
    pub subject: String,
    /// What else is worth knowing; never a secret or a record's value.
    pub detail: String,
}

impl Catalogue {
    /// Appends an entry, now.
    pub async fn audit(&self, actor: &str, action: &str, subject: &str, detail: &str) -> Result<()> {
        let mut tx = self.begin().await?;
        append(&mut tx, actor, action, subject, detail).await?;
        tx.commit(&[]).await
    }

    /// The newest entries, at most `limit`.
    pub async fn audit_entries(&self, limit: u32) -> Result<Vec<AuditEntry>> {
        let rows = query("SELECT at, actor, action, subject, detail FROM audit ORDER BY id DESC LIMIT $1")
            .bind(i64::from(limit))
            .fetch_all(&mut *self.reader().await?)
            .await;
        all(&rows.map_err(Error::sql)?, |row| {
            Ok(AuditEntry {
                at: row.number("at")?,
                actor: row.text("actor")?,
                action: row.text("action")?,
                subject: row.text("subject")?,
                detail: row.text("detail")?,
            })
        })
    }
}

pub(crate) async fn append(tx: &mut crate::tx::Tx, actor: &str, action: &str, subject: &str, detail: &str) -> Result<()> {
    let id = tx.ids("audit", 1).await?;
    query("INSERT INTO audit (id, at, actor, action, subject, detail) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(id)
        .bind(tx.now)
        .bind(plain(actor))
        .bind(action)
        .bind(plain(subject))
        .bind(plain(detail))
        .execute(&mut **tx)
        .await
        .map_err(Error::sql)?;
    Ok(())
}
