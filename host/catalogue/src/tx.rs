//! Writing transactions. Whoever writes sees the newest state, and nobody else changes it until the end.
//!
//! SQLite has one writer by itself. On PostgreSQL a step holds an advisory lock of the database, alone; what workers do all the time
//! (lease, renew, report, complete) holds it together with others of its kind, and those keep out of each other's way by the rows
//! they lock. So no transaction ever has to be taken again because of another one, and a lock ends with its connection.
//!
//! A commit whose answer never came is looked up by the transaction's number once the server is there again: it was taken or it
//! was not, and the caller is told which.

use std::{
    ops::{Deref, DerefMut},
    time::{Duration, Instant},
};

use sqlx::{Any, AnyConnection, Row as _, Transaction, pool::PoolConnection, raw_sql};

use crate::{
    Catalogue, Error, Result, Topic, UnixMs,
    error::is_connection_lost,
    open::{BUSY_MS_MAX, Engine},
    row::{Columns, query},
};

/// Who may write beside it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Beside {
    /// Nobody.
    Nobody,
    /// What locks the rows it changes.
    Workers,
    /// The same, and it may be lost with the machine: what is for people's eyes.
    WorkersUnsynced,
}

macro_rules! postgres_begin {
    ($unsynced:literal, $lock:literal) => {
        concat!(
            "BEGIN ISOLATION LEVEL READ COMMITTED;",
            $unsynced,
            // The key says `sluice`; locks of this kind are a database's own.
            "SELECT CAST(",
            $lock,
            "(126909663503205) AS TEXT) AS held, CAST(pg_current_xact_id() AS TEXT) AS xid"
        )
    };
}

impl Beside {
    /// On PostgreSQL: one way there and back.
    const fn begin(self) -> &'static str {
        match self {
            Self::Nobody => postgres_begin!("", "pg_advisory_xact_lock"),
            Self::Workers => postgres_begin!("", "pg_advisory_xact_lock_shared"),
            Self::WorkersUnsynced => postgres_begin!("SET LOCAL synchronous_commit TO off;", "pg_advisory_xact_lock_shared"),
        }
    }
}

/// How long a commit in doubt is looked up, and how often.
const IN_DOUBT_MAX: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(50);

/// A writing transaction; dropped without a commit, it never was.
pub(crate) struct Tx {
    inner: Inner,
    catalogue: Catalogue,
    pub(crate) now: UnixMs,
}

enum Inner {
    Sqlite(Transaction<'static, Any>),
    Postgres(Open),
}

/// A transaction on PostgreSQL. The driver's own leaves one open whose begin was cancelled, and with it a lock everybody waits for.
struct Open {
    connection: PoolConnection<Any>,
    /// The server's number of it.
    xid: Option<String>,
    ended: bool,
}

impl Drop for Open {
    /// What was neither committed nor rolled back may be in the middle of anything: it ends with its connection.
    fn drop(&mut self) {
        if !self.ended {
            self.connection.close_on_drop();
        }
    }
}

impl Tx {
    /// Begins one. A connection that proves dead is made anew: nothing was asked of it yet.
    pub(crate) async fn begin(catalogue: &Catalogue, beside: Beside) -> Result<Self> {
        if let Some(turn) = catalogue.turn() {
            turn.await;
        }
        let begun = Instant::now();
        loop {
            let inner = match catalogue.engine() {
                Engine::Sqlite => catalogue.writer().begin_with("BEGIN IMMEDIATE").await.map(Inner::Sqlite),
                Engine::Postgres => begin(catalogue, beside).await.map(Inner::Postgres),
            };
            match inner.map_err(Error::sql) {
                Ok(inner) => return Ok(Self { inner, catalogue: catalogue.clone(), now: catalogue.now() }),
                Err(Error::Unavailable(_)) if begun.elapsed() < Duration::from_millis(BUSY_MS_MAX) => tokio::time::sleep(LOOK).await,
                Err(error) => return Err(error),
            }
        }
    }

    /// The statement for this engine: PostgreSQL passes by rows that somebody else holds.
    pub(crate) fn skipping_locked(&self, plain: &'static str, skipping: &'static str) -> &'static str {
        if matches!(self.inner, Inner::Postgres(_)) { skipping } else { plain }
    }

    pub(crate) async fn commit(self, topics: &[Topic]) -> Result<()> {
        match self.inner {
            Inner::Sqlite(transaction) => transaction.commit().await.map_err(Error::sql)?,
            Inner::Postgres(mut open) => match raw_sql("COMMIT").execute(&mut *open.connection).await {
                Ok(_) => open.ended = true,
                Err(error) if is_connection_lost(&error) && was_committed(&self.catalogue, open.xid.as_deref()).await => {}
                Err(error) => return Err(Error::sql(error)),
            },
        }
        self.catalogue.ring(topics);
        Ok(())
    }

    /// Ends it as if it had never been, and keeps the connection.
    pub(crate) async fn rollback(self) -> Result<()> {
        match self.inner {
            Inner::Sqlite(transaction) => transaction.rollback().await.map_err(Error::sql),
            Inner::Postgres(mut open) => {
                raw_sql("ROLLBACK").execute(&mut *open.connection).await.map_err(Error::sql)?;
                open.ended = true;
                Ok(())
            }
        }
    }

    /// The first of `count` new ids of a sequence.
    pub(crate) async fn ids(&mut self, sequence: &'static str, count: usize) -> Result<i64> {
        let row = query("UPDATE sequences SET value = value + $1 WHERE name = $2 RETURNING value")
            .bind(count as i64)
            .bind(sequence)
            .fetch_one(&mut **self)
            .await
            .map_err(Error::sql)?;
        Ok(row.number("value")? - count as i64 + 1)
    }
}

async fn begin(catalogue: &Catalogue, beside: Beside) -> std::result::Result<Open, sqlx::Error> {
    let connection = catalogue.writer().acquire().await?;
    let mut open = Open { connection, xid: None, ended: false };
    let rows = raw_sql(beside.begin()).fetch_all(&mut *open.connection).await?;
    open.xid = rows.first().ok_or(sqlx::Error::RowNotFound)?.try_get("xid")?;
    Ok(open)
}

/// Did the server take a commit that it did not confirm?
async fn was_committed(catalogue: &Catalogue, xid: Option<&str>) -> bool {
    let Some(xid) = xid else { return false };
    let begun = Instant::now();
    while begun.elapsed() < IN_DOUBT_MAX {
        let status = async {
            let mut connection = catalogue.writer().acquire().await?;
            let row = query("SELECT pg_xact_status(CAST($1 AS xid8)) AS status").bind(xid).fetch_one(&mut *connection).await?;
            row.try_get::<Option<String>, _>("status")
        };
        match status.await {
            Ok(Some(status)) if status == "in progress" => {}
            Ok(status) => {
                let committed = status.as_deref() == Some("committed");
                tracing::warn!(committed, "the connection broke while a change was committed; the server was asked what came of it");
                return committed;
            }
            // A number that a server which lost power never wrote down.
            Err(error) if error.as_database_error().is_some() && !is_connection_lost(&error) => return false,
            Err(_) => {}
        }
        tokio::time::sleep(LOOK).await;
    }
    false
}

impl Deref for Tx {
    type Target = AnyConnection;
    fn deref(&self) -> &AnyConnection {
        match &self.inner {
            Inner::Sqlite(transaction) => transaction,
            Inner::Postgres(open) => &open.connection,
        }
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        match &mut self.inner {
            Inner::Sqlite(transaction) => transaction,
            Inner::Postgres(open) => &mut open.connection,
        }
    }
}
