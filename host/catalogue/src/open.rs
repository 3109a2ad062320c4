//! Opening the catalogue: connections, migrations, transactions, ids.

use std::{
    ops::{Deref, DerefMut},
    path::Path,
    sync::Arc,
    time::Duration,
};

use sqlx::{
    Any, AnyConnection, AnyPool, Executor, SqlSafeStr, Transaction,
    any::AnyPoolOptions,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
};

use crate::{
    Changes, Clock, Error, Result, SystemClock, Topic, UnixMs,
    changes::Bell,
    row::{Columns, query},
};

/// The schema, step by step. A step that was released is never changed.
const MIGRATIONS: [(i64, &str, &str); 3] = [
    (1, "catalogue", include_str!("../migrations/0001_catalogue.sql")),
    (2, "counted loads", include_str!("../migrations/0002_counted_loads.sql")),
    (3, "verified domains", include_str!("../migrations/0003_verified_domains.sql")),
];

/// Connections that only read.
const READERS_MAX: u32 = 4;
/// How long a connection is waited for, and how long another process's lock.
const BUSY_MS_MAX: u64 = 10_000;

/// `FULL` under a write-ahead log: a commit is on the disk before anybody is told, so neither `kill -9` nor a machine that loses
/// power loses what was acknowledged: a dump's bytes, a key, a task's result. It costs one sync of the log a commit; a task has a few.
const SQLITE_WRITER: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
     PRAGMA busy_timeout = 10000; PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY;";
const SQLITE_READER: &str = "PRAGMA busy_timeout = 10000; PRAGMA query_only = ON; PRAGMA temp_store = MEMORY;";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Engine {
    Sqlite,
    Postgres,
}

/// The catalogue. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Catalogue(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    writer: AnyPool,
    readers: AnyPool,
    engine: Engine,
    bell: Bell,
    clock: Arc<dyn Clock>,
}

/// The URL of a SQLite catalogue in a file.
pub fn sqlite_url(path: &Path) -> String {
    let path = path.to_string_lossy().replace('%', "%25").replace('?', "%3F").replace('#', "%23");
    format!("sqlite://{path}")
}

impl Catalogue {
    /// Opens the catalogue at `sqlite://FILE` (made if it is not there). The schema is [`Catalogue::migrate`]'s business.
    pub async fn open(url: &str) -> Result<Self> {
        Self::open_with(url, Arc::new(SystemClock)).await
    }

    /// As [`Catalogue::open`], by another clock.
    pub async fn open_with(url: &str, clock: Arc<dyn Clock>) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let engine = if url.starts_with("postgres") { Engine::Postgres } else { Engine::Sqlite };
        let full = if engine == Engine::Sqlite && !url.contains('?') { format!("{url}?mode=rwc") } else { url.to_owned() };
        let failed = |source| match Error::sql(source) {
            Error::Sql(source) => Error::Open { url: without_secrets(url), source },
            known => known,
        };
        let (writers, writer_setup, reader_setup) = match engine {
            Engine::Sqlite => (1, SQLITE_WRITER, SQLITE_READER),
            Engine::Postgres => (READERS_MAX, "", ""),
        };
        let writer = pool(writers, writer_setup).connect(&full).await.map_err(failed)?;
        let readers = pool(READERS_MAX, reader_setup).connect(&full).await.map_err(failed)?;
        Ok(Self(Arc::new(Inner { writer, readers, engine, bell: Bell::new(), clock })))
    }

    /// Brings the schema up to date; does nothing if it is. A schema newer than this program is refused and left alone.
    pub async fn migrate(&self) -> Result<()> {
        let step = |(version, name, sql): (_, &'static str, &'static str)| {
            Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
        };
        let migrator = Migrator::with_migrations(MIGRATIONS.map(step).to_vec());
        migrator.run(&self.0.writer).await.map_err(|error| match error {
            MigrateError::VersionMissing(version) | MigrateError::VersionTooNew(version, _) => Error::Schema {
                message: format!("it has migration {version}, which this version of sluice does not know"),
                hint: "run the version of sluice that made it, or a newer one",
                source: Some(error),
            },
            MigrateError::VersionMismatch(version) => Error::Schema {
                message: format!("its migration {version} differs from this version's"),
                hint: "run the version of sluice that made it, or restore a backup",
                source: Some(error),
            },
            MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _) => Error::sql(source),
            error => Error::Schema { message: "it could not be migrated".into(), hint: "restore a backup", source: Some(error) },
        })
    }

    /// Answers if the database does, and its schema is there: for readiness.
    pub async fn ready(&self) -> Result<()> {
        query("SELECT MAX(number) AS number FROM generations").fetch_one(self.readers()).await.map_err(Error::sql)?;
        Ok(())
    }

    /// Closes all connections once they are idle.
    pub async fn close(&self) {
        self.0.readers.close().await;
        self.0.writer.close().await;
    }

    /// Word of what is written in this process, from now on.
    pub fn changes(&self, topics: &[Topic]) -> Changes {
        self.0.bell.listen(topics)
    }

    /// Now, by the catalogue's clock.
    pub fn now(&self) -> UnixMs {
        self.0.clock.now()
    }

    pub(crate) fn readers(&self) -> &AnyPool {
        &self.0.readers
    }

    pub(crate) fn ring(&self, topics: &[Topic]) {
        self.0.bell.ring(topics);
    }

    /// A writing transaction: it sees the newest state, and nobody else writes until it ends.
    pub(crate) async fn begin(&self) -> Result<Tx> {
        if let Some(turn) = self.0.clock.turn() {
            turn.await;
        }
        let begin = match self.0.engine {
            Engine::Sqlite => "BEGIN IMMEDIATE",
            Engine::Postgres => "BEGIN ISOLATION LEVEL SERIALIZABLE",
        };
        let inner = self.0.writer.begin_with(begin).await.map_err(Error::sql)?;
        Ok(Tx { inner, catalogue: self.clone(), now: self.now() })
    }
}

fn pool(connections: u32, setup: &'static str) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_millis(BUSY_MS_MAX))
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                if !setup.is_empty() {
                    connection.execute(sqlx::raw_sql(setup)).await?;
                }
                Ok(())
            })
        })
}

fn without_secrets(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => format!("{}://…{}", &url[..scheme], &url[at..]),
        _ => url.to_owned(),
    }
}

/// A writing transaction; dropped without a commit, it never was.
pub(crate) struct Tx {
    inner: Transaction<'static, Any>,
    catalogue: Catalogue,
    pub(crate) now: UnixMs,
}

impl Tx {
    pub(crate) async fn commit(self, topics: &[Topic]) -> Result<()> {
        self.inner.commit().await.map_err(Error::sql)?;
        self.catalogue.ring(topics);
        Ok(())
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

impl Deref for Tx {
    type Target = AnyConnection;
    fn deref(&self) -> &AnyConnection {
        &self.inner
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.inner
    }
}
