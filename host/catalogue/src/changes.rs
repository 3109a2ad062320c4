//! Word within the process that something was written: for wake-ups and event streams. It carries no data and may be
//! missed (another process writes too), so whoever waits on it polls behind it.

use std::time::Duration;

use tokio::sync::watch;

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
pub(crate) struct Bell(watch::Sender<Counts>);

impl Bell {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(Counts::default()))
    }

    pub(crate) fn ring(&self, topics: &[Topic]) {
        if !topics.is_empty() {
            self.0.send_modify(|counts| topics.iter().for_each(|topic| counts[*topic as usize] += 1));
        }
    }

    pub(crate) fn listen(&self, topics: &[Topic]) -> Changes {
        let receiver = self.0.subscribe();
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
