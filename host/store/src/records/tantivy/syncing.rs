//! Files synced behind their writers' backs: whoever finished one goes on, and whoever is about to name it waits.
//!
//! A failed sync is told to everybody who waits until [`Syncing::forget_failure`]: which files it spoiled is not known, the kernel may
//! have dropped their pages, so nothing that was written and not yet named may be named any more.

use std::{
    fs::File,
    io,
    sync::{Arc, Condvar, Mutex, PoisonError, mpsc},
    thread,
};

use super::directory::{lock, remember};

/// Files that wait; who finishes one more waits with them.
const FILES_MAX: usize = 64;

#[derive(Default)]
struct Standing {
    queued: u64,
    /// Of those, in their order.
    synced: u64,
    failed: Option<io::ErrorKind>,
}

pub(super) struct Syncing {
    queue: mpsc::SyncSender<Arc<File>>,
    shared: Arc<(Mutex<Standing>, Condvar)>,
}

impl Syncing {
    /// Starts the thread that syncs; it ends with the last handle. `failure` gets the first error.
    pub(super) fn start(failure: Arc<Mutex<Option<io::Error>>>) -> io::Result<Self> {
        let (queue, files) = mpsc::sync_channel::<Arc<File>>(FILES_MAX);
        let shared = Arc::<(Mutex<Standing>, Condvar)>::default();
        let theirs = Arc::clone(&shared);
        thread::Builder::new().name("sluice-sync".to_owned()).spawn(move || {
            for file in files {
                let synced = file.sync_data();
                let mut standing = lock(&theirs.0);
                standing.synced += 1;
                if let Err(error) = synced {
                    remember(&failure, &error);
                    standing.failed.get_or_insert(error.kind());
                }
                theirs.1.notify_all();
            }
        })?;
        Ok(Self { queue, shared })
    }

    /// Has a file synced soon.
    pub(super) fn queue(&self, file: Arc<File>) -> io::Result<()> {
        lock(&self.shared.0).queued += 1;
        self.queue.send(file).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    /// Waits until all files queued so far are on the disk.
    pub(super) fn wait(&self) -> io::Result<()> {
        let standing = lock(&self.shared.0);
        let queued = standing.queued;
        let standing = self.shared.1.wait_while(standing, |standing| standing.synced < queued).unwrap_or_else(PoisonError::into_inner);
        standing.failed.map_or(Ok(()), |kind| Err(kind.into()))
    }

    /// Whatever was written before is given up.
    pub(super) fn forget_failure(&self) {
        lock(&self.shared.0).failed = None;
    }
}
