//! A lane: leases a task, runs it, renews its lease meanwhile, hands in what came of it, and again.

use std::{sync::Arc, time::Duration};

use sluice_catalogue::Lease;
use sluice_control::Dispatcher;
use sluice_record::limits;
use sluice_worker::{Watch, Worker};
use tokio::time;
use tokio_util::sync::CancellationToken;

/// How often a task's progress is told; the lease is renewed at a third of its length.
const PROGRESS_PERIOD: Duration = Duration::from_millis(500);
const RENEW_PERIOD: Duration = Duration::from_millis(limits::LEASE_MS as u64 / 3);

pub(super) async fn run(lane: u32, dispatcher: Arc<Dispatcher>, worker: Worker, stop: CancellationToken) {
    let name = format!("local-{lane}");
    while !stop.is_cancelled() {
        match dispatcher.lease(lane, &name, stop.clone().cancelled_owned()).await {
            Ok(Some(lease)) => run_task(&dispatcher, &worker, lease, &stop).await,
            Ok(None) => return,
            Err(error) => {
                tracing::error!("leasing failed: {error}");
                tokio::select! {
                    () = time::sleep(Duration::from_secs(1)) => {}
                    () = stop.cancelled() => return,
                }
            }
        }
    }
}

async fn run_task(dispatcher: &Dispatcher, worker: &Worker, lease: Lease, stop: &CancellationToken) {
    let (task, token, kind) = (lease.task, lease.token, lease.spec.kind());
    let watch = Watch::default();
    let running = worker.run(task, lease.spec, watch.clone());
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
                // Only for people's eyes: the next one will do.
                let _ = dispatcher.progress(task, token, watch.done_bytes(), watch.records()).await;
            }
            _ = renew.tick() => {
                if let Err(error) = dispatcher.renew_task(task, token).await {
                    tracing::warn!(%task, "the lease is lost, the task stops: {error}");
                    watch.cancel();
                }
            }
        }
    };
    if let Err(failure) = &ended {
        tracing::warn!(%task, kind = kind.name(), "{failure}");
    }
    if let Err(error) = dispatcher.complete(task, token, ended).await {
        tracing::warn!(%task, "its result does not count: {error}");
    }
}
