//! Writing transactions. Whoever writes sees the newest state, and nobody else changes it until the end.
//!
//! SQLite has one writer by itself. On PostgreSQL a step holds an advisory lock of the database, alone; what workers do all the time
//! (lease, renew, report, complete) holds it together with others of its kind, and those keep out of each other's way by the rows
//! they lock. So no transaction ever has to be taken again because of another one, and a lock ends with its connection.
//!
//! A commit whose answer never came is looked up once the server is there again: it was taken or it was not, and the caller is told
//! which. A transaction leaves a row of its own for that. PostgreSQL's number of it would not do: one that no commit has put on the disk
//! is given to somebody else after a crash.

use std::{
    ops::{Deref, DerefMut},
    time::{Duration, Instant},
};

use sqlx::{Any, AnyConnection, AssertSqlSafe, Row as _, Transaction, pool::PoolConnection, raw_sql};

use crate::{
    Catalogue, Error, Result, Topic, UnixMs,
    error::is_connection_lost,
    open::{BUSY_MS_MAX, Engine},
    row::{Columns as _, query},
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
            "(126909663503205) AS TEXT)"
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
    beside: Beside,
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
            Inner::Postgres(mut open) => {
                let (id, leaves_row) = (random()?, open.beside != Beside::WorkersUnsynced);
                // Made of constants and numbers alone.
                let sql = match leaves_row {
                    true => format!("INSERT INTO commits (at, id, taken) VALUES ({}, {id}, true); COMMIT", self.now),
                    false => "COMMIT".to_owned(),
                };
                match raw_sql(AssertSqlSafe(sql)).execute(&mut *open.connection).await {
                    Ok(_) => open.ended = true,
                    Err(error) if leaves_row && is_connection_lost(&error) && was_committed(&self.catalogue, self.now, id).await => {}
                    Err(error) => return Err(Error::sql(error)),
                }
            }
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
    let mut open = Open { connection, beside, ended: false };
    raw_sql(beside.begin()).execute(&mut *open.connection).await?;
    Ok(open)
}

fn random() -> Result<i64> {
    getrandom::u64().map(u64::cast_signed).map_err(|error| Error::Sql(sqlx::Error::Io(std::io::Error::other(error))))
}

/// Did the server take a commit that it did not confirm? Its row is written in its place: that waits for a transaction that is still
/// about to end, and what comes later fails at it.
async fn was_committed(catalogue: &Catalogue, at: UnixMs, id: i64) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < IN_DOUBT_MAX {
        let taken = async {
            let mut connection = catalogue.writer().acquire().await?;
            let held = "INSERT INTO commits (at, id, taken) VALUES ($1, $2, false) ON CONFLICT DO NOTHING";
            query(held).bind(at).bind(id).execute(&mut *connection).await?;
            let row = query("SELECT taken FROM commits WHERE at = $1 AND id = $2").bind(at).bind(id).fetch_one(&mut *connection).await?;
            row.try_get::<bool, _>("taken")
        };
        match taken.await {
            Ok(taken) => {
                tracing::warn!(taken, "the connection broke while a change was committed; the server was asked what came of it");
                return taken;
            }
            Err(error) => tracing::debug!(%error, "what came of a commit could not be asked yet"),
        }
        tokio::time::sleep(LOOK).await;
    }
    false
}

/// How long the rows of commits are kept: far longer than anybody is in doubt, and than clocks differ.
const COMMITS_MS_KEPT: i64 = 3_600_000;

impl Catalogue {
    /// Forgets commits that nobody is in doubt about any more.
    pub async fn forget_commits(&self) -> Result<()> {
        if self.engine() == Engine::Postgres {
            let old = query("DELETE FROM commits WHERE at < $1").bind(self.now() - COMMITS_MS_KEPT);
            old.execute(self.writer()).await.map_err(Error::sql)?;
        }
        Ok(())
    }
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
