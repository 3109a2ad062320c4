//! The time as the catalogue and the control roles see it: one clock, so that a test can turn it.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

/// Unix milliseconds.
pub type UnixMs = i64;

/// Done when it is one's turn.
pub type Turn = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where the time comes from.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// Now, Unix milliseconds.
    fn now(&self) -> UnixMs;

    /// Awaited before each writing transaction: a simulation says there who goes on. A real clock keeps nobody waiting.
    fn turn(&self) -> Option<Turn> {
        None
    }
}

/// The machine's.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UnixMs {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
    }
}

/// One that stands until it is turned.
#[derive(Clone, Debug, Default)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// Stands at `now`.
    pub fn at(now: UnixMs) -> Self {
        Self(Arc::new(AtomicI64::new(now)))
    }

    /// Turns it forward.
    pub fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> UnixMs {
        self.0.load(Ordering::SeqCst)
    }
}
