//! A lane: leases a task, runs it, renews its lease meanwhile, hands in what came of it, and again.

use std::{sync::Arc, time::Duration};

use sluice_catalogue::{Ended, Error, Lease};
use sluice_control::{ControlError, Dispatching};
use sluice_record::limits;
use sluice_worker::{Watch, Worker};
use tokio::time;
use tokio_util::sync::CancellationToken;

use super::plugins::Hot;

/// How often a task's progress is told; the lease is renewed at a third of its length.
const PROGRESS_PERIOD: Duration = Duration::from_millis(500);
const RENEW_PERIOD: Duration = Duration::from_millis(limits::LEASE_MS as u64 / 3);
/// How often a result is offered that the catalogue could not take.
const HAND_IN_PERIOD: Duration = Duration::from_secs(1);
/// How often a lease is asked for while that fails.
const LEASE_PERIOD: Duration = Duration::from_secs(1);

/// A lane of this process.
pub(super) struct Lane {
    /// From 0.
    pub(super) number: u32,
    /// What it is called among those of all processes.
    pub(super) name: String,
    pub(super) dispatcher: Arc<dyn Dispatching>,
    pub(super) worker: Worker,
    pub(super) plugins: Hot,
}

impl Lane {
    pub(super) async fn run(self, stop: CancellationToken) {
        let mut failing = None;
        while !stop.is_cancelled() {
            match self.dispatcher.lease(self.number, &self.name, Box::pin(stop.clone().cancelled_owned())).await {
                Ok(Some(lease)) => {
                    failing = None;
                    self.run_task(lease, &stop).await;
                }
                Ok(None) => return,
                Err(error) => {
                    let said = error.to_string();
                    if failing.as_ref() != Some(&said) {
                        tracing::error!("leasing failed, and is tried again: {said}");
                        failing = Some(said);
                    }
                    tokio::select! {
                        () = time::sleep(LEASE_PERIOD) => {}
                        () = stop.cancelled() => return,
                    }
                }
            }
        }
    }

    async fn run_task(&self, lease: Lease, stop: &CancellationToken) {
        let (task, token, kind) = (lease.task, lease.token, lease.spec.kind());
        let (watch, dispatcher) = (Watch::default(), &*self.dispatcher);
        let running = async {
            self.plugins.prepare(&lease.spec).await?;
            self.worker.run(task, token, lease.spec.clone(), watch.clone()).await
        };
        tokio::pin!(running);
        let (mut progress, mut renew) = (time::interval(PROGRESS_PERIOD), time::interval(RENEW_PERIOD));
        renew.reset();
        let mut asked = false;
        let ended = loop {
            tokio::select! {
                ended = &mut running => break ended,
                () = stop.cancelled(), if !asked => {
                    asked = true;
                    watch.cancel();
                }
                _ = progress.tick() => {
                    // Only for people's eyes, so the next one will do; but if the task was taken away it must stop.
                    if let Err(ControlError::Catalogue(Error::Stale { .. })) =
                        dispatcher.progress(task, token, watch.done_bytes(), watch.records()).await
                    {
                        watch.cancel();
                    }
                }
                _ = renew.tick() => match dispatcher.renew(task, token).await {
                    Ok(_) => {}
                    Err(ControlError::Catalogue(Error::Stale { .. })) => {
                        tracing::warn!(%task, "the lease is lost, the task stops");
                        watch.cancel();
                    }
                    // Whether it is still held shows when the result is handed in.
                    Err(error) => tracing::warn!(%task, "the lease could not be prolonged: {error}"),
                },
            }
        };
        if let Err(failure) = &ended {
            tracing::warn!(%task, kind = kind.name(), "{failure}");
        }
        hand_in(dispatcher, &lease, &ended, stop).await;
    }
}

/// A result is hours of work, perhaps: while the catalogue can't take it (its disk is full) it is offered again, until the lease is
/// lost or everything stops.
async fn hand_in(dispatcher: &dyn Dispatching, lease: &Lease, ended: &Ended, stop: &CancellationToken) {
    loop {
        match dispatcher.complete(lease.task, lease.token, ended).await {
            Ok(()) => return,
            Err(ControlError::Catalogue(Error::Stale { .. })) => {
                tracing::warn!(task = %lease.task, "its result does not count: the task was given to somebody else, or cancelled");
                return;
            }
            Err(error) if stop.is_cancelled() => {
                tracing::warn!(task = %lease.task, "its result could not be handed in: {error}");
                return;
            }
            Err(error) => tracing::warn!(task = %lease.task, "its result can't be handed in yet: {error}"),
        }
        tokio::select! {
            () = time::sleep(HAND_IN_PERIOD) => {}
            () = stop.cancelled() => {}
        }
        // Keeps others from it. If it fails the lease runs out, and then the next attempt above says so.
        let _ = dispatcher.renew(lease.task, lease.token).await;
    }
}
