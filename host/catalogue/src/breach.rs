//! Breaches: the fields of HaveIBeenPwned's breach model. Count and data classes follow from the published loads and are
//! never set by hand.

use serde::{Deserialize, Serialize};
use sluice_record::{BreachId, DataClasses, Ledger, LoadId};
use sqlx::any::AnyRow;

use crate::{
    Catalogue, Error, Result, Topic, UnixMs,
    row::{Columns, all, plain, query, selects, to_json},
    tx::Tx,
};

/// The breach model's flags.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, rename_all = "PascalCase")]
#[allow(missing_docs)] // as the breach model has them
pub struct BreachFlags {
    pub is_verified: bool,
    pub is_fabricated: bool,
    pub is_sensitive: bool,
    pub is_retired: bool,
    pub is_spam_list: bool,
    pub is_malware: bool,
    pub is_subscription_free: bool,
    pub is_stealer_log: bool,
}

impl Default for BreachFlags {
    fn default() -> Self {
        Self {
            is_verified: true,
            is_fabricated: false,
            is_sensitive: false,
            is_retired: false,
            is_spam_list: false,
            is_malware: false,
            is_subscription_free: false,
            is_stealer_log: false,
        }
    }
}

/// What an operator says of a breach. It has no `Default`: a breach without a name is none.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "PascalCase")]
pub struct NewBreach {
    /// Stable, Pascal case, unique whatever the case.
    pub name: String,
    /// For display, unique.
    pub title: String,
    /// Lower case; empty for lists without a site.
    #[serde(default)]
    pub domain: String,
    /// `YYYY-MM-DD`.
    pub breach_date: String,
    /// HTML.
    #[serde(default)]
    pub description: String,
    /// Absolute URL of a PNG, or empty.
    #[serde(default)]
    pub logo_path: String,
    /// Whom to thank.
    #[serde(default)]
    pub attribution: Option<String>,
    /// Where it was made known.
    #[serde(default)]
    pub disclosure_url: Option<String>,
    /// The flags.
    #[serde(flatten)]
    pub flags: BreachFlags,
}

/// A breach.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Breach {
    /// Its id.
    pub id: BreachId,
    /// What the operator says of it.
    pub about: NewBreach,
    /// When its first load was published; when it was made, before that.
    pub added_at: UnixMs,
    /// When it was last edited, or a load published or retracted.
    pub modified_at: UnixMs,
    /// Distinct accounts of its published loads.
    pub pwn_count: u64,
    /// Data classes of its published loads, alphabetical.
    pub data_classes: Vec<String>,
    /// How many of its loads are published; queries see the breach when there is one.
    pub published_loads: u64,
}

fn read(row: &AnyRow) -> Result<Breach> {
    Ok(Breach {
        id: BreachId(row.number("id")?),
        about: NewBreach {
            name: row.text("name")?,
            title: row.text("title")?,
            domain: row.text("domain")?,
            breach_date: row.text("breach_date")?,
            description: row.text("description")?,
            logo_path: row.text("logo_path")?,
            attribution: row.text_or_none("attribution")?,
            disclosure_url: row.text_or_none("disclosure_url")?,
            flags: BreachFlags {
                is_verified: row.flag("is_verified")?,
                is_fabricated: row.flag("is_fabricated")?,
                is_sensitive: row.flag("is_sensitive")?,
                is_retired: row.flag("is_retired")?,
                is_spam_list: row.flag("is_spam_list")?,
                is_malware: row.flag("is_malware")?,
                is_subscription_free: row.flag("is_subscription_free")?,
                is_stealer_log: row.flag("is_stealer_log")?,
            },
        },
        added_at: row.number("added_at")?,
        modified_at: row.number("modified_at")?,
        pwn_count: row.count("pwn_count")?,
        data_classes: row.json("data_classes")?,
        published_loads: row.count("published_loads")?,
    })
}

/// How names are told apart.
fn fold(name: &str) -> String {
    name.to_lowercase()
}

fn taken(name: &str) -> (String, &'static str) {
    (format!("a breach with the name or the title of `{name}` exists"), "choose another name and title, or use the breach there is")
}

selects!($ breach_columns "SELECT id, name, title, domain, breach_date, added_at, modified_at, pwn_count, description, logo_path, \
     attribution, disclosure_url, data_classes, published_loads, is_verified, is_fabricated, is_sensitive, \
     is_retired, is_spam_list, is_malware, is_subscription_free, is_stealer_log FROM breaches ");

impl Catalogue {
    /// Makes a breach; `Conflict` if its name (whatever the case) or title is taken.
    pub async fn create_breach(&self, new: &NewBreach) -> Result<BreachId> {
        let mut tx = self.begin().await?;
        let id = tx.ids("breach", 1).await?;
        let flags = new.flags;
        query(
            "INSERT INTO breaches (id, name, name_folded, title, domain, breach_date, added_at, modified_at, description, logo_path,
             attribution, disclosure_url, is_verified, is_fabricated, is_sensitive, is_retired, is_spam_list, is_malware,
             is_subscription_free, is_stealer_log)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)",
        )
        .bind(id)
        .bind(plain(&new.name))
        .bind(fold(&plain(&new.name)))
        .bind(plain(&new.title))
        .bind(plain(&new.domain.to_lowercase()))
        .bind(plain(&new.breach_date))
        .bind(tx.now)
        .bind(plain(&new.description))
        .bind(plain(&new.logo_path))
        .bind(new.attribution.as_deref().map(plain))
        .bind(new.disclosure_url.as_deref().map(plain))
        .bind(i64::from(flags.is_verified))
        .bind(i64::from(flags.is_fabricated))
        .bind(i64::from(flags.is_sensitive))
        .bind(i64::from(flags.is_retired))
        .bind(i64::from(flags.is_spam_list))
        .bind(i64::from(flags.is_malware))
        .bind(i64::from(flags.is_subscription_free))
        .bind(i64::from(flags.is_stealer_log))
        .execute(&mut *tx)
        .await
        .map_err(|error| Error::unless_unique(error, || taken(&new.name)))?;
        tx.commit(&[Topic::Catalogue]).await?;
        Ok(BreachId(id))
    }

    /// Replaces what the operator says of a breach; its name stays.
    pub async fn update_breach(&self, id: BreachId, new: &NewBreach) -> Result<()> {
        let mut tx = self.begin().await?;
        let flags = new.flags;
        let done = query(
            "UPDATE breaches SET title = $2, domain = $3, breach_date = $4, modified_at = $5, description = $6, logo_path = $7,
             attribution = $8, disclosure_url = $9, is_verified = $10, is_fabricated = $11, is_sensitive = $12, is_retired = $13,
             is_spam_list = $14, is_malware = $15, is_subscription_free = $16, is_stealer_log = $17 WHERE id = $1",
        )
        .bind(id.0)
        .bind(plain(&new.title))
        .bind(plain(&new.domain.to_lowercase()))
        .bind(plain(&new.breach_date))
        .bind(tx.now)
        .bind(plain(&new.description))
        .bind(plain(&new.logo_path))
        .bind(new.attribution.as_deref().map(plain))
        .bind(new.disclosure_url.as_deref().map(plain))
        .bind(i64::from(flags.is_verified))
        .bind(i64::from(flags.is_fabricated))
        .bind(i64::from(flags.is_sensitive))
        .bind(i64::from(flags.is_retired))
        .bind(i64::from(flags.is_spam_list))
        .bind(i64::from(flags.is_malware))
        .bind(i64::from(flags.is_subscription_free))
        .bind(i64::from(flags.is_stealer_log))
        .execute(&mut *tx)
        .await
        .map_err(|error| Error::unless_unique(error, || taken(&new.name)))?;
        if done.rows_affected() == 0 {
            return Err(Error::not_found("breach", id));
        }
        tx.commit(&[Topic::Catalogue]).await
    }

    /// One breach.
    pub async fn breach(&self, id: BreachId) -> Result<Breach> {
        let row =
            query(breach_columns!("WHERE id = $1")).bind(id.0).fetch_optional(&mut *self.reader().await?).await.map_err(Error::sql)?;
        read(&row.ok_or_else(|| Error::not_found("breach", id))?)
    }

    /// One breach by its name, whatever the case.
    pub async fn breach_named(&self, name: &str) -> Result<Breach> {
        let found =
            query(breach_columns!("WHERE name_folded = $1")).bind(fold(&plain(name))).fetch_optional(&mut *self.reader().await?).await;
        read(&found.map_err(Error::sql)?.ok_or_else(|| Error::not_found("breach", name))?)
    }

    /// The loads of a breach whose accounts were last counted together.
    pub async fn counted_loads(&self, breach: BreachId) -> Result<Vec<LoadId>> {
        let row = query("SELECT counted_loads FROM breaches WHERE id = $1").bind(breach.0).fetch_optional(&mut *self.reader().await?).await;
        row.map_err(Error::sql)?.ok_or_else(|| Error::not_found("breach", breach))?.json("counted_loads")
    }

    /// Every breach, published or not, by title.
    pub async fn breaches(&self) -> Result<Vec<Breach>> {
        let mut breaches = all(&query(breach_columns!("")).fetch_all(&mut *self.reader().await?).await.map_err(Error::sql)?, read)?;
        breaches.sort_by_cached_key(|breach| fold(&breach.about.title));
        Ok(breaches)
    }

    /// The breaches queries see: those with a published load, by title.
    pub async fn published_breaches(&self) -> Result<Vec<Breach>> {
        let mut breaches = self.breaches().await?;
        breaches.retain(|breach| breach.published_loads > 0);
        Ok(breaches)
    }
}

/// Notes how many accounts loads have together, and says so if they are the published ones.
pub(crate) async fn counted(tx: &mut Tx, breach: BreachId, loads: &[LoadId], accounts: u64) -> Result<()> {
    query("UPDATE breaches SET counted_loads = $2, counted_accounts = $3 WHERE id = $1")
        .bind(breach.0)
        .bind(to_json("counted_loads", &loads)?)
        .bind(accounts as i64)
        .execute(&mut **tx)
        .await
        .map_err(Error::sql)?;
    let published = published(tx, breach).await?;
    if published.loads == loads {
        let statement = query("UPDATE breaches SET pwn_count = $2 WHERE id = $1").bind(breach.0).bind(accounts as i64);
        statement.execute(&mut **tx).await.map_err(Error::sql)?;
    }
    Ok(())
}

/// A breach's published loads, taken together.
struct PublishedLoads {
    /// Ascending.
    loads: Vec<LoadId>,
    classes: DataClasses,
    /// What their own counts add up to: accounts that are in several of them count several times.
    accounts_added_up: i64,
}

async fn published(tx: &mut Tx, breach: BreachId) -> Result<PublishedLoads> {
    let rows = query("SELECT id, accounts, ledger FROM loads WHERE breach = $1 AND state = 'published' ORDER BY id")
        .bind(breach.0)
        .fetch_all(&mut **tx)
        .await
        .map_err(Error::sql)?;
    let mut published = PublishedLoads { loads: vec![], classes: DataClasses::default(), accounts_added_up: 0 };
    for row in &rows {
        published.loads.push(LoadId(row.number("id")?));
        published.accounts_added_up = published.accounts_added_up.saturating_add(row.number("accounts")?);
        published.classes.merge(row.json::<Ledger>("ledger")?.classes);
    }
    Ok(published)
}

/// What became of a breach's loads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Follow {
    Publish,
    /// One came back that was there before: nothing is new, so the dates stay.
    PublishAgain,
    /// A load must not stay to be seen because the others are to be counted: the best bound there is will do.
    Retract,
}

/// Brings count, classes and dates in line with the breach's published loads. Of several that are published, `Conflict` unless they were
/// counted together.
pub(crate) async fn follow_loads(tx: &mut Tx, breach: BreachId, follow: Follow) -> Result<()> {
    let published = published(tx, breach).await?;
    let row = query("SELECT pwn_count, counted_loads, counted_accounts FROM breaches WHERE id = $1").bind(breach.0);
    let row = row.fetch_one(&mut **tx).await.map_err(Error::sql)?;
    let accounts = if published.loads.len() < 2 {
        published.accounts_added_up
    } else if row.json::<Vec<LoadId>>("counted_loads")? == published.loads {
        row.number("counted_accounts")?
    } else if follow == Follow::Retract {
        published.accounts_added_up.min(row.number("pwn_count")?)
    } else {
        let message = format!("the loads of breach {breach} have not been counted together");
        return Err(Error::conflict(message, "count them, then publish"));
    };
    query(
        "UPDATE breaches SET pwn_count = $2, data_classes = $3, published_loads = $4,
         modified_at = CASE WHEN $7 = 0 THEN $5 ELSE modified_at END,
         added_at = CASE WHEN $6 = 0 THEN $5 ELSE added_at END WHERE id = $1",
    )
    .bind(breach.0)
    .bind(accounts)
    .bind(to_json("data_classes", &published.classes.names())?)
    .bind(published.loads.len() as i64)
    .bind(tx.now)
    .bind(was_published(tx, breach).await?)
    .bind(i64::from(follow == Follow::PublishAgain))
    .execute(&mut **tx)
    .await
    .map_err(Error::sql)?;
    Ok(())
}

/// Loads of the breach that were published before this transaction began.
async fn was_published(tx: &mut Tx, breach: BreachId) -> Result<i64> {
    let row = query("SELECT COUNT(*) AS loads FROM loads WHERE breach = $1 AND published_at IS NOT NULL AND NOT (published_at = $2 AND state = 'published')")
        .bind(breach.0)
        .bind(tx.now)
        .fetch_one(&mut **tx)
        .await
        .map_err(Error::sql)?;
    row.number("loads")
}
