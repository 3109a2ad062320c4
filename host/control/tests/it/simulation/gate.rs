//! Who goes on: one transaction at a time is let through.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    task::Poll,
};

use sluice_catalogue::{Clock, Turn, UnixMs};

/// Lets one transaction through at a time.
#[derive(Default, Debug)]
pub(super) struct Gate(pub(super) Mutex<GateState>);

#[derive(Default, Debug)]
pub(super) struct GateState {
    pub(super) is_open: bool,
    pub(super) is_waited_at: bool,
}

impl Gate {
    pub(super) fn turn(self: &Arc<Self>) -> Turn {
        let gate = Arc::clone(self);
        Box::pin(poll_fn(move |_| {
            let mut state = gate.0.lock().unwrap();
            if std::mem::take(&mut state.is_open) {
                return Poll::Ready(());
            }
            state.is_waited_at = true;
            Poll::Pending
        }))
    }

    /// Lets an actor go on to its next transaction; `true` if it came to its end.
    pub(super) async fn run(&self, actor: &mut Actor) -> bool {
        *self.0.lock().unwrap() = GateState { is_open: true, is_waited_at: false };
        poll_fn(|context| match actor.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(true),
            Poll::Pending if std::mem::take(&mut self.0.lock().unwrap().is_waited_at) => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        })
        .await
    }

    /// Has the actor that went on last had a turn? Without one it has changed nothing.
    pub(super) fn was_taken(&self) -> bool {
        !self.0.lock().unwrap().is_open
    }
}

pub(super) type Actor = Pin<Box<dyn Future<Output = ()>>>;

/// A machine's clock, which is not quite another's.
#[derive(Debug)]
pub(super) struct Skewed {
    pub(super) now: Arc<AtomicI64>,
    pub(super) skew_ms: i64,
    pub(super) gate: Arc<Gate>,
}

impl Clock for Skewed {
    fn now(&self) -> UnixMs {
        self.now.load(Ordering::Relaxed) + self.skew_ms
    }

    fn turn(&self) -> Option<Turn> {
        Some(self.gate.turn())
    }
}
