//! Room for bytes that are on their way to the server: of those who wait for some, who began first is served first.
//!
//! In turn they would all end at once, and while the server flushes what they wrote last there would be nothing to send. This way one
//! ends after the other, and a flush has to do with one of them while the next one sends.

use std::{
    collections::BTreeMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

/// Bytes that are free, and who waits for some, by the number that says who began first.
#[derive(Clone, Debug)]
pub(super) struct Room {
    bytes_max: usize,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    free: usize,
    waiting: BTreeMap<u64, (usize, oneshot::Sender<Taken>)>,
}

/// Room that was given; dropped, it is given back.
#[derive(Debug)]
pub(super) struct Taken {
    room: Room,
    bytes: usize,
}

impl Room {
    pub(super) fn new(bytes: usize) -> Self {
        Self { bytes_max: bytes, state: Arc::new(Mutex::new(State { free: bytes, waiting: BTreeMap::new() })) }
    }

    /// Waits for room; what is larger than all of it gets all of it. A number waits once at a time.
    pub(super) async fn take(&self, number: u64, bytes: usize) -> Taken {
        let bytes = bytes.min(self.bytes_max);
        let (give, given) = oneshot::channel();
        self.state().waiting.insert(number, (bytes, give));
        self.give();
        match given.await {
            Ok(taken) => taken,
            // Another waits by this number, and has its place; bytes beyond the bound are the lesser evil.
            Err(_) => Taken { room: self.clone(), bytes: 0 },
        }
    }

    /// Serves who waits, as far as there is room.
    fn give(&self) {
        loop {
            let mut state = self.state();
            let free = state.free;
            let Some(first) = state.waiting.first_entry().filter(|first| first.get().0 <= free) else { return };
            let (bytes, give) = first.remove();
            state.free = free - bytes;
            drop(state);
            // Who waits no more drops it, which gives it back.
            drop(give.send(Taken { room: self.clone(), bytes }));
        }
    }

    /// What this guards is whole at every instant.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let bytes = mem::take(&mut self.bytes);
        if bytes > 0 {
            self.room.state().free += bytes;
            self.room.give();
        }
    }
}
