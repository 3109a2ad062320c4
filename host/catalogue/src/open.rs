//! Opening the catalogue: connections, migrations, transactions, ids.

use std::{path::Path, sync::Arc, time::Duration};

use sqlx::{
    Any, AnyPool, AssertSqlSafe, Executor, SqlSafeStr,
    any::AnyPoolOptions,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
    pool::PoolConnection,
};

use crate::{
    Changes, Clock, Error, Result, Settings, SystemClock, Topic, Turn, UnixMs,
    changes::Bell,
    replica::Replica,
    settings::without_secrets,
    tx::{Beside, Tx},
    wake::Wake,
};

/// The schema, step by step. A step that was released is never changed.
pub(crate) const MIGRATIONS: [(i64, &str, &str); 7] = [
    (1, "catalogue", include_str!("../migrations/0001_catalogue.sql")),
    (2, "counted loads", include_str!("../migrations/0002_counted_loads.sql")),
    (3, "verified domains", include_str!("../migrations/0003_verified_domains.sql")),
    (4, "commits", include_str!("../migrations/0004_commits.sql")),
    (5, "windows", include_str!("../migrations/0005_windows.sql")),
    (6, "regions", include_str!("../migrations/0006_regions.sql")),
    (7, "outages", include_str!("../migrations/0007_outages.sql")),
];

/// Connections to SQLite that only read.
const READERS_MAX: u32 = 4;
/// How long a connection is waited for, and how long another process's lock.
pub(crate) const BUSY_MS_MAX: u64 = 10_000;
/// So that connections find their way to another server in time.
const CONNECTION_AGE_MAX: Duration = Duration::from_secs(600);
/// A migration waits for those of other processes, and no longer than that for whoever reads a table.
const POSTGRES_MIGRATION: &str = "SET lock_timeout = '60s'; SET statement_timeout = 0;";

/// `FULL` under a write-ahead log: a commit is on the disk before anybody is told, so neither `kill -9` nor a machine that loses
/// power loses what was acknowledged: a dump's bytes, a key, a task's result. It costs one sync of the log a commit; a task has a few.
const SQLITE_WRITER: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
     PRAGMA busy_timeout = 10000; PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY;";
const SQLITE_READER: &str = "PRAGMA busy_timeout = 10000; PRAGMA query_only = ON; PRAGMA temp_store = MEMORY;";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// The catalogue. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Catalogue {
    inner: Arc<Inner>,
    may_lag: bool,
}

#[derive(Debug)]
struct Inner {
    writer: AnyPool,
    readers: AnyPool,
    replica: Option<(Arc<Replica>, AbortOnDrop)>,
    engine: Engine,
    place: String,
    bell: Arc<Bell>,
    wake: Option<Wake>,
    clock: Arc<dyn Clock>,
}

#[derive(Debug)]
struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The URL of a SQLite catalogue in a file.
pub fn sqlite_url(path: &Path) -> String {
    let path = path.to_string_lossy().replace('%', "%25").replace('?', "%3F").replace('#', "%23");
    format!("sqlite://{path}")
}

impl Catalogue {
    /// Opens the catalogue at `sqlite://FILE` (made if it is not there) or `postgres://…`. The schema is [`Catalogue::migrate`]'s
    /// business.
    pub async fn open(url: &str) -> Result<Self> {
        Self::open_with(url, Arc::new(SystemClock)).await
    }

    /// As [`Catalogue::open`], by another clock.
    pub async fn open_with(url: &str, clock: Arc<dyn Clock>) -> Result<Self> {
        Self::connect(&Settings::at(url), clock).await
    }

    /// As [`Catalogue::open`], with all there is to say about it.
    pub async fn connect(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Self> {
        sqlx::any::install_default_drivers();
        let (bell, place) = (Arc::new(Bell::new()), without_secrets(&settings.url));
        let failed = |source| match Error::sql(source) {
            Error::Sql(source) | Error::Unavailable(source) => Error::Open { url: without_secrets(&settings.url), source },
            known => known,
        };
        if settings.url.starts_with("sqlite:") {
            let url = if settings.url.contains('?') { settings.url.clone() } else { format!("{}?mode=rwc", settings.url) };
            let writer = pool(1, SQLITE_WRITER.into()).connect(&url).await.map_err(failed)?;
            let readers = pool(READERS_MAX, SQLITE_READER.into()).connect(&url).await.map_err(failed)?;
            let inner = Inner { writer, readers, replica: None, engine: Engine::Sqlite, place, bell, wake: None, clock };
            return Ok(Self { inner: Arc::new(inner), may_lag: false });
        }
        let url = settings.with_password(&settings.url)?;
        let (connections, session) = (settings.connections_max.max(1), postgres_session(settings));
        let writer = pool(connections, postgres_writer(&session)).connect(&url).await.map_err(failed)?;
        let readers = postgres_readers(connections, session.clone()).connect(&url).await.map_err(failed)?;
        let replica = match &settings.replica_url {
            Some(replica) => {
                let full = settings.with_password(replica)?;
                let pool = postgres_readers(connections, session).connect_lazy(&full).map_err(failed)?;
                let replica = Replica::new(pool, settings.replica_lag_ms_max);
                let follow = tokio::spawn(Arc::clone(&replica).follow(readers.clone()));
                Some((replica, AbortOnDrop(follow.abort_handle())))
            }
            None => None,
        };
        let wake = Some(Wake::start(Arc::clone(&bell), readers.clone(), url));
        let inner = Inner { writer, readers, replica, engine: Engine::Postgres, place, bell, wake, clock };
        Ok(Self { inner: Arc::new(inner), may_lag: false })
    }

    /// The same catalogue, for reads that may be as old as the replica's bound: lists for people's eyes, and never what is decided by.
    #[must_use]
    pub fn may_lag(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), may_lag: true }
    }

    /// Where it is, as it may be shown.
    pub fn place(&self) -> &str {
        &self.inner.place
    }

    /// Is there a replica, and is it close enough behind to be read?
    pub fn replica_is_fresh(&self) -> bool {
        self.inner.replica.as_ref().is_some_and(|(replica, _)| replica.is_fresh())
    }

    /// Brings the schema up to date; does nothing if it is. A schema newer than this program is refused and left alone.
    pub async fn migrate(&self) -> Result<()> {
        let step = |(version, name, sql): (_, &'static str, &'static str)| {
            Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
        };
        let migrator = Migrator::with_migrations(MIGRATIONS.map(step).to_vec());
        let migrated = match self.inner.engine {
            Engine::Sqlite => migrator.run(&self.inner.writer).await,
            Engine::Postgres => {
                // Whoever comes first migrates, the others wait for its lock. It is the connection's: one that failed is not used again.
                let mut connection = self.inner.writer.acquire().await.map_err(Error::sql)?;
                connection.close_on_drop();
                connection.execute(sqlx::raw_sql(POSTGRES_MIGRATION)).await.map_err(Error::sql)?;
                migrator.run_direct(None, &mut *connection, false).await // `run` takes no connection in a task that may move
            }
        };
        migrated.map_err(|error| match error {
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
        self.generation_number().await.map(drop)
    }

    /// Closes all connections once they are idle.
    pub async fn close(&self) {
        if let Some(wake) = &self.inner.wake {
            wake.stop();
        }
        if let Some((replica, follow)) = &self.inner.replica {
            follow.0.abort();
            replica.close().await;
        }
        self.inner.readers.close().await;
        self.inner.writer.close().await;
    }

    /// Word of what is written, by this process at once, by others as soon as it comes, from now on.
    pub fn changes(&self, topics: &[Topic]) -> Changes {
        self.inner.bell.listen(topics)
    }

    /// Now, by the catalogue's clock.
    pub fn now(&self) -> UnixMs {
        self.inner.clock.now()
    }

    pub(crate) fn turn(&self) -> Option<Turn> {
        self.inner.clock.turn()
    }

    pub(crate) fn engine(&self) -> Engine {
        self.inner.engine
    }

    pub(crate) fn writer(&self) -> &AnyPool {
        &self.inner.writer
    }

    /// A connection to read by.
    pub(crate) async fn reader(&self) -> Result<PoolConnection<Any>> {
        if self.may_lag
            && let Some((replica, _)) = &self.inner.replica
            && let Some(connection) = replica.connection().await
        {
            return Ok(connection);
        }
        self.inner.readers.acquire().await.map_err(Error::sql)
    }

    pub(crate) fn ring(&self, topics: &[Topic]) {
        self.inner.bell.ring(topics);
    }

    /// A writing transaction: it sees the newest state, and nobody else writes until it ends.
    pub(crate) async fn begin(&self) -> Result<Tx> {
        Tx::begin(self, Beside::Nobody).await
    }

    /// As [`Catalogue::begin`], beside others of its kind: what it reads and changes it has to lock by the row.
    pub(crate) async fn begin_beside(&self, beside: Beside) -> Result<Tx> {
        Tx::begin(self, beside).await
    }
}

fn pool(connections: u32, setup: String) -> AnyPoolOptions {
    let setup: Arc<str> = setup.into();
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_millis(BUSY_MS_MAX))
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .after_connect(move |connection, _| {
            let setup = Arc::clone(&setup);
            Box::pin(async move {
                // Made of constants and numbers alone.
                connection.execute(sqlx::raw_sql(AssertSqlSafe(&*setup))).await?;
                Ok(())
            })
        })
}

/// A read is not tried a second time, so that a connection is tried before it.
fn postgres_readers(connections: u32, session: String) -> AnyPoolOptions {
    pool(connections, session).test_before_acquire(true).idle_timeout(Some(CONNECTION_AGE_MAX)).max_lifetime(Some(CONNECTION_AGE_MAX))
}

/// What a connection to PostgreSQL is bounded by. A process that stands still in a transaction holds up everybody, and loses it.
fn postgres_session(settings: &Settings) -> String {
    format!(
        "SET statement_timeout = {}; SET lock_timeout = {BUSY_MS_MAX}; SET idle_in_transaction_session_timeout = {BUSY_MS_MAX}; \
         SET application_name = 'sluice'; SET client_min_messages = 'error';",
        settings.statement_ms_max
    )
}

/// Behind an address that fails over, a standby is no place to write: a connection to one is given up and made anew.
fn postgres_writer(session: &str) -> String {
    format!("{session} DO $$ BEGIN IF pg_is_in_recovery() THEN RAISE 'this is a standby'; END IF; END $$;")
}
