//! Keys and operator tokens. The catalogue never sees one: whoever makes or checks a key brings its SHA-256, and that is
//! what is kept.

use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

use crate::{
    Catalogue, Error, Result, Topic, UnixMs,
    row::{Columns, all, plain, query, selects, to_json},
};

/// SHA-256 of a key's text. Keys are random, so a plain hash is as good as a slow one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyHash(pub [u8; 32]);

impl KeyHash {
    fn hex(self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl std::fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyHash(…)")
    }
}

/// A key's id: what it is listed and revoked by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct KeyId(pub i64);

impl std::fmt::Display for KeyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What a key's plan includes, by HaveIBeenPwned's names.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
#[allow(missing_docs)] // as the plan says
pub struct Plan {
    /// `Core 1`, `Pro 2`, `High RPM 12000` …
    pub name: String,
    pub k_anonymity: bool,
    pub domain_search: bool,
    /// `None`: no limit.
    pub domain_search_accounts_max: Option<u64>,
    pub domains_max: Option<u64>,
    pub stealer_logs: bool,
}

/// A key to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewKey {
    /// Of its text.
    pub hash: KeyHash,
    /// An operator's token, and not a key of the public API?
    pub operator: bool,
    /// Whose it is, in the operator's words.
    pub label: String,
    /// What it includes.
    pub plan: Plan,
    /// Requests a minute.
    pub rpm: u32,
    /// When it ends by itself.
    pub expires_at: Option<UnixMs>,
}

/// A key, without the key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ApiKey {
    /// Its id.
    pub id: KeyId,
    /// An operator's token?
    pub operator: bool,
    /// Whose it is.
    pub label: String,
    /// What it includes.
    pub plan: Plan,
    /// Requests a minute.
    pub rpm: u32,
    /// When it was made.
    pub created_at: UnixMs,
    /// When it ends by itself.
    pub expires_at: Option<UnixMs>,
    /// When it was revoked.
    pub revoked_at: Option<UnixMs>,
}

fn read(row: &AnyRow) -> Result<ApiKey> {
    Ok(ApiKey {
        id: KeyId(row.number("id")?),
        operator: row.flag("operator")?,
        label: row.text("label")?,
        plan: row.json("plan")?,
        rpm: row.number("rpm")?.try_into().unwrap_or(u32::MAX),
        created_at: row.number("created_at")?,
        expires_at: row.number_or_none("expires_at")?,
        revoked_at: row.number_or_none("revoked_at")?,
    })
}

selects!($ key_columns "SELECT id, operator, label, plan, rpm, created_at, expires_at, revoked_at FROM api_keys ");

impl Catalogue {
    /// Makes a key; `Conflict` if there is one with this hash.
    pub async fn create_key(&self, new: &NewKey) -> Result<KeyId> {
        let mut tx = self.begin().await?;
        let id = tx.ids("key", 1).await?;
        query("INSERT INTO api_keys (id, key_sha256, operator, label, plan, rpm, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
            .bind(id)
            .bind(new.hash.hex())
            .bind(i64::from(new.operator))
            .bind(plain(&new.label))
            .bind(to_json("plan", &new.plan)?)
            .bind(i64::from(new.rpm))
            .bind(tx.now)
            .bind(new.expires_at)
            .execute(&mut *tx)
            .await
            .map_err(|error| Error::unless_unique(error, || ("this key exists".into(), "make another one")))?;
        tx.commit(&[Topic::Catalogue]).await?;
        Ok(KeyId(id))
    }

    /// The key with this hash, if it is good: neither revoked nor expired.
    pub async fn key_with_hash(&self, hash: KeyHash) -> Result<Option<ApiKey>> {
        let row = query(key_columns!("WHERE key_sha256 = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)"))
            .bind(hash.hex())
            .bind(self.now())
            .fetch_optional(&mut *self.reader().await?)
            .await
            .map_err(Error::sql)?;
        row.as_ref().map(read).transpose()
    }

    /// Ends a key for good.
    pub async fn revoke_key(&self, key: KeyId) -> Result<()> {
        let mut tx = self.begin().await?;
        let done = query("UPDATE api_keys SET revoked_at = COALESCE(revoked_at, $2) WHERE id = $1").bind(key.0).bind(tx.now);
        if done.execute(&mut *tx).await.map_err(Error::sql)?.rows_affected() == 0 {
            return Err(Error::not_found("key", key));
        }
        tx.commit(&[Topic::Catalogue]).await
    }

    /// Every key, newest first; the operators' tokens are among them.
    pub async fn keys(&self) -> Result<Vec<ApiKey>> {
        all(&query(key_columns!("ORDER BY id DESC")).fetch_all(&mut *self.reader().await?).await.map_err(Error::sql)?, read)
    }
}
