//! A standby of PostgreSQL for reads that may be a little old, and how far behind it is.
//!
//! The lag is measured by the log and not by clocks: the primary is asked now and then how far its log goes, the standby how far it
//! has played it, and the lag is how long ago the primary stood there. A standby of an idle primary is not behind, then, and one whose
//! connection to it broke is. One that has not played this program's migrations yet is of no use, however little it is behind.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use sqlx::{Any, AnyPool, pool::PoolConnection};

use crate::{
    Error, SCHEMA,
    row::{Columns, query},
};

/// How often the lag is looked at, at most.
const PERIOD_MAX: Duration = Duration::from_millis(250);
/// How long a look or a connection may take: past that, the primary is asked.
pub(crate) const PATIENCE: Duration = Duration::from_millis(500);
/// Places of the primary's log remembered.
const PLACES_MAX: usize = 256;

/// The standby.
#[derive(Debug)]
pub(crate) struct Replica {
    pool: AnyPool,
    fresh: AtomicBool,
    lag_max: Duration,
}

impl Replica {
    pub(crate) fn new(pool: AnyPool, lag_ms_max: u64) -> Arc<Self> {
        Arc::new(Self { pool, fresh: AtomicBool::new(false), lag_max: Duration::from_millis(lag_ms_max) })
    }

    /// A connection, if what it says is not too old.
    pub(crate) async fn connection(&self) -> Option<PoolConnection<Any>> {
        if !self.fresh.load(Ordering::Relaxed) {
            return None;
        }
        let connection = tokio::time::timeout(PATIENCE, self.pool.acquire()).await.ok()?.ok();
        if connection.is_none() {
            self.fresh.store(false, Ordering::Relaxed);
        }
        connection
    }

    pub(crate) fn is_fresh(&self) -> bool {
        self.fresh.load(Ordering::Relaxed)
    }

    pub(crate) async fn close(&self) {
        self.fresh.store(false, Ordering::Relaxed);
        self.pool.close().await;
    }

    /// Follows the lag for ever.
    pub(crate) async fn follow(self: Arc<Self>, primary: AnyPool) {
        let period = PERIOD_MAX.min(self.lag_max / 4).max(Duration::from_millis(10));
        let mut places = VecDeque::new();
        loop {
            let look = async {
                let at = Instant::now();
                let place = "SELECT CAST(pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') AS BIGINT) AS place";
                let place = query(place).fetch_one(&primary).await.map_err(Error::sql)?.number("place")?;
                places.push_back((at, place));
                let played = query(
                    "SELECT CAST(pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0') AS BIGINT) AS place
                     FROM _sqlx_migrations WHERE version = $1",
                );
                played.bind(SCHEMA).fetch_one(&self.pool).await.map_err(Error::sql)?.number("place")
            };
            let played = tokio::time::timeout(PATIENCE, look).await;
            places.drain(..places.len().saturating_sub(PLACES_MAX));
            let stood = match played {
                Ok(Ok(played)) => places.iter().rev().find(|(_, place)| *place <= played).map(|(at, _)| *at),
                _ => None,
            };
            let fresh = stood.is_some_and(|at| at.elapsed() <= self.lag_max);
            if fresh != self.fresh.swap(fresh, Ordering::Relaxed) {
                match fresh {
                    true => tracing::info!("reads that may be a little old go to the catalogue's replica"),
                    false => tracing::warn!("the catalogue's replica is gone or too far behind: the primary is read instead"),
                }
            }
            tokio::time::sleep(period).await;
        }
    }
}
