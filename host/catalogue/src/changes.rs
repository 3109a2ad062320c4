//! Word that something was written, by this process or (see `wake`) by another: for wake-ups and event streams. It carries no data
//! and may be missed, so whoever waits on it polls behind it.

use std::{
    sync::atomic::{AtomicU8, Ordering},
    time::Duration,
};

use tokio::sync::{Notify, watch};

/// What was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Topic {
    /// Jobs, members and loads: what an operator watches.
    Jobs,
    /// There may be work to lease: a task was queued, booked or given back.
    Work,
    /// A task ended: the controller's call.
    Results,
    /// A task's progress.
    Progress,
    /// Breaches, plugins, keys and generations: what queries see.
    Catalogue,
}

impl Topic {
    const COUNT: usize = 5;
}

type Counts = [u64; Topic::COUNT];

#[derive(Debug)]
pub(crate) struct Bell {
    counts: watch::Sender<Counts>,
    /// Topics that other processes have not been told of, a bit each.
    untold: AtomicU8,
    rung: Notify,
}

impl Bell {
    pub(crate) fn new() -> Self {
        Self { counts: watch::Sender::new(Counts::default()), untold: AtomicU8::new(0), rung: Notify::new() }
    }

    /// This process has written.
    pub(crate) fn ring(&self, topics: &[Topic]) {
        let bits = topics.iter().fold(0, |bits, topic| bits | 1 << *topic as u8);
        if bits != 0 {
            self.heard(bits);
            self.untold.fetch_or(bits, Ordering::AcqRel);
            self.rung.notify_one();
        }
    }

    /// Somebody has.
    pub(crate) fn heard(&self, bits: u8) {
        self.counts.send_modify(|counts| {
            counts.iter_mut().enumerate().filter(|(topic, _)| bits & 1 << topic != 0).for_each(|(_, count)| *count += 1);
        });
    }

    /// Waits until there is something to tell other processes.
    pub(crate) async fn untold(&self) -> u8 {
        loop {
            let bits = self.untold.swap(0, Ordering::AcqRel);
            if bits != 0 {
                return bits;
            }
            self.rung.notified().await;
        }
    }

    pub(crate) fn listen(&self, topics: &[Topic]) -> Changes {
        let receiver = self.counts.subscribe();
        let seen = *receiver.borrow();
        Changes { receiver, seen, topics: topics.to_vec() }
    }
}

/// Wakes when one of its topics was written to since the last look.
#[derive(Clone, Debug)]
pub struct Changes {
    receiver: watch::Receiver<Counts>,
    seen: Counts,
    topics: Vec<Topic>,
}

impl Changes {
    /// Waits for a change, at most `period`; `true` if there was one. Many changes since the last look are one.
    pub async fn changed_within(&mut self, period: Duration) -> bool {
        tokio::time::timeout(period, self.changed()).await.is_ok()
    }

    /// Waits for a change. Ends at once, and always, when the catalogue is gone.
    pub async fn changed(&mut self) {
        loop {
            let counts = *self.receiver.borrow_and_update();
            let news = self.topics.iter().any(|topic| counts[*topic as usize] != self.seen[*topic as usize]);
            self.seen = counts;
            if news || self.receiver.changed().await.is_err() {
                return;
            }
        }
    }
}
