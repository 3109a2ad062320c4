//! Domains that keys may ask about as a whole. An operator says which are whose; nothing is asked of mail or DNS here.

use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

use crate::{
    Catalogue, Error, KeyId, Plan, Result, UnixMs, audit,
    row::{Columns, all, query},
};

/// Domains of a key whose plan has no lower bound.
const DOMAINS_MAX: u64 = 1_000;

/// A domain that a key may ask about.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct VerifiedDomain {
    /// In lower case and ASCII.
    pub domain: String,
    /// When an operator verified it, in milliseconds since 1970.
    pub verified_at: UnixMs,
    /// Addresses in any breach when they were last asked for; `None` if they never were.
    pub accounts: Option<u64>,
    /// Those of them that are not in spam lists alone.
    pub accounts_outside_spam_lists: Option<u64>,
}

fn read(row: &AnyRow) -> Result<VerifiedDomain> {
    let count = |column| Ok(row.number_or_none(column)?.map(i64::cast_unsigned));
    Ok(VerifiedDomain {
        domain: row.text("domain")?,
        verified_at: row.number("verified_at")?,
        accounts: count("accounts")?,
        accounts_outside_spam_lists: count("accounts_outside_spam_lists")?,
    })
}

impl Catalogue {
    /// Lets a key ask about a domain, in lower case and ASCII; doing it twice is as doing it once. `Conflict` if the key is an
    /// operator's or revoked, or has as many domains as its plan lets it have.
    pub async fn verify_domain(&self, key: KeyId, domain: &str) -> Result<()> {
        let mut tx = self.begin().await?;
        let row = query("SELECT operator, plan, revoked_at FROM api_keys WHERE id = $1").bind(key.0).fetch_optional(&mut *tx).await;
        let row = row.map_err(Error::sql)?.ok_or_else(|| Error::not_found("key", key))?;
        if row.flag("operator")? || row.number_or_none("revoked_at")?.is_some() {
            return Err(Error::conflict(format!("key {key} cannot ask about domains"), "name a key of the public API that is not revoked"));
        }
        query("INSERT INTO verified_domains (api_key, domain, verified_at) VALUES ($1, $2, $3) ON CONFLICT (api_key, domain) DO NOTHING")
            .bind(key.0)
            .bind(domain)
            .bind(tx.now)
            .execute(&mut *tx)
            .await
            .map_err(Error::sql)?;
        let count = query("SELECT COUNT(*) AS count FROM verified_domains WHERE api_key = $1").bind(key.0).fetch_one(&mut *tx).await;
        let domains_max = row.json::<Plan>("plan")?.domains_max.unwrap_or(DOMAINS_MAX).min(DOMAINS_MAX);
        if count.map_err(Error::sql)?.count("count")? > domains_max {
            return Err(Error::conflict(
                format!("key {key} has {domains_max} domains already"),
                "withdraw one, or make a key of a larger plan",
            ));
        }
        audit::append(&mut tx, "operator", "domain.verify", &format!("key {key}"), domain).await?;
        tx.commit(&[]).await
    }

    /// Ends that a key may ask about a domain.
    pub async fn withdraw_domain(&self, key: KeyId, domain: &str) -> Result<()> {
        let mut tx = self.begin().await?;
        let done = query("DELETE FROM verified_domains WHERE api_key = $1 AND domain = $2").bind(key.0).bind(domain);
        if done.execute(&mut *tx).await.map_err(Error::sql)?.rows_affected() == 0 {
            return Err(Error::not_found("verified domain of key", key));
        }
        audit::append(&mut tx, "operator", "domain.withdraw", &format!("key {key}"), domain).await?;
        tx.commit(&[]).await
    }

    /// A key's domain, if it may ask about it.
    pub async fn verified_domain(&self, key: KeyId, domain: &str) -> Result<Option<VerifiedDomain>> {
        let found = query(
            "SELECT domain, verified_at, accounts, accounts_outside_spam_lists FROM verified_domains WHERE api_key = $1 AND domain = $2",
        )
        .bind(key.0)
        .bind(domain);
        found.fetch_optional(&mut *self.reader().await?).await.map_err(Error::sql)?.as_ref().map(read).transpose()
    }

    /// The domains a key may ask about, by name.
    pub async fn verified_domains(&self, key: KeyId) -> Result<Vec<VerifiedDomain>> {
        let rows = query(
            "SELECT domain, verified_at, accounts, accounts_outside_spam_lists FROM verified_domains WHERE api_key = $1 ORDER BY domain",
        )
        .bind(key.0)
        .fetch_all(&mut *self.reader().await?)
        .await;
        all(&rows.map_err(Error::sql)?, read)
    }

    /// Keeps how many addresses of a domain were found.
    pub async fn count_domain(&self, key: KeyId, domain: &str, accounts: u64, outside_spam_lists: u64) -> Result<()> {
        let mut tx = self.begin().await?;
        query("UPDATE verified_domains SET accounts = $3, accounts_outside_spam_lists = $4 WHERE api_key = $1 AND domain = $2")
            .bind(key.0)
            .bind(domain)
            .bind(accounts.cast_signed())
            .bind(outside_spam_lists.cast_signed())
            .execute(&mut *tx)
            .await
            .map_err(Error::sql)?;
        tx.commit(&[]).await
    }
}
