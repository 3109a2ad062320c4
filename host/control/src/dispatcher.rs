//! The dispatcher: where workers get their tasks and bring what came of them. Which task a worker gets, and whether its result
//! counts, is the catalogue's to say in one transaction; here is the waiting, and the watch over leases nobody renews.

use std::{
    future::Future,
    pin::pin,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use sluice_catalogue::{Catalogue, DispatcherState, Lease, LeaseRequest, Topic, UnixMs};
use sluice_record::{DispatcherId, FencingToken, TaskFailure, TaskId, TaskKind, TaskOutcome, limits};
use tokio::sync::watch;

use crate::{ControlError, Result, dispatching::UsablePlugin, lanes::Lanes};

/// The period behind the bell, and that of looking for leases that ran out.
const PERIOD: Duration = Duration::from_secs(1);
/// Periods between two signs of life.
const PERIODS_PER_SIGN: u32 = 5;

/// A dispatcher.
pub struct Dispatcher {
    catalogue: Catalogue,
    id: DispatcherId,
    region: Option<Box<str>>,
    draining: watch::Sender<bool>,
    lanes: Mutex<Lanes>,
    /// How many lanes the catalogue was told of.
    lanes_told: AtomicU32,
}

impl Dispatcher {
    /// Says that a dispatcher of that name begins, of a region or of none, with so many lanes in its own process. If there was one its leases
    /// are void and queued again; but if this one has no lanes of its own, workers are elsewhere, outlive it, and go on.
    pub async fn register(catalogue: Catalogue, name: &str, lanes: u32, region: Option<&str>) -> Result<Self> {
        let id = catalogue.register_dispatcher(name, lanes, region).await?;
        let (own, lanes_told) = (Mutex::new(Lanes::new(lanes)), AtomicU32::new(lanes));
        Ok(Self { catalogue, id, region: region.map(Into::into), draining: watch::Sender::new(false), lanes: own, lanes_told })
    }

    /// Its id.
    pub fn id(&self) -> DispatcherId {
        self.id
    }

    /// Where it is, if that is said.
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// Waits for a task for a worker on a lane. `None` on `shutdown`, or when the dispatcher is draining. Dropping it loses nothing
    /// but the wait, or, at the wrong instant, a lease that runs out by itself.
    pub async fn lease(&self, lane: u32, worker: &str, shutdown: impl Future<Output = ()>) -> Result<Option<Lease>> {
        let request = LeaseRequest {
            dispatcher: self.id,
            lane,
            worker: worker.to_owned(),
            kinds: vec![TaskKind::Stage, TaskKind::Scan, TaskKind::Parse, TaskKind::Merge, TaskKind::Count, TaskKind::Purge],
            lease_ms: limits::LEASE_MS,
        };
        let mut shutdown = pin!(shutdown);
        let mut draining = self.draining.subscribe();
        // Listening begins before the first look, so that nothing queued in between is missed.
        let mut changes = self.catalogue.changes(&[Topic::Work]);
        loop {
            if *draining.borrow_and_update() {
                return Ok(None);
            }
            if let Some(lease) = self.catalogue.lease(&request).await? {
                metrics::counter!("sluice_leases_total", "kind" => lease.spec.kind().name()).increment(1);
                return Ok(Some(lease));
            }
            tokio::select! {
                biased;
                () = &mut shutdown => return Ok(None),
                _ = draining.changed() => {}
                _ = changes.changed_within(PERIOD) => {}
            }
        }
    }

    /// As [`Dispatcher::lease`], for a worker that is elsewhere: its lane is whichever it gets.
    pub async fn lease_elsewhere(&self, worker: &str, shutdown: impl Future<Output = ()>) -> Result<Option<Lease>> {
        let lane = self.lanes().asked(worker).ok_or_else(|| ControlError::Remote("the dispatcher has too many workers".into()))?;
        self.tell_lanes().await?;
        let lease = self.lease(lane, worker, shutdown).await?;
        self.lanes().answered(lane, lease.as_ref().map(|lease| lease.task));
        Ok(lease)
    }

    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The scheduler books no more lanes than there are.
    async fn tell_lanes(&self) -> Result<()> {
        let lanes = self.lanes().count();
        if self.lanes_told.load(Ordering::Acquire) != lanes {
            self.catalogue.dispatcher_lanes(self.id, lanes).await?;
            self.lanes_told.store(lanes, Ordering::Release);
        }
        Ok(())
    }

    /// What workers may run.
    pub(crate) async fn plugins(&self) -> Result<Vec<UsablePlugin>> {
        UsablePlugin::all(&self.catalogue).await
    }

    /// Prolongs a lease from now; gives the new deadline. `Stale` if it is no longer held: the worker stops and drops what it has.
    pub async fn renew(&self, lease: &Lease) -> Result<UnixMs> {
        self.renew_task(lease.task, lease.token).await
    }

    /// As [`Dispatcher::renew`], for a worker that is elsewhere and names its task and token alone.
    pub async fn renew_task(&self, task: TaskId, token: FencingToken) -> Result<UnixMs> {
        let deadline = self.catalogue.renew(task, token, limits::LEASE_MS).await?;
        self.lanes().renewed(task);
        Ok(deadline)
    }

    /// Writes down how far a lease's holder is; `Stale` as with [`Dispatcher::renew`].
    pub async fn progress(&self, task: TaskId, token: FencingToken, bytes: u64, records: u64) -> Result<()> {
        Ok(self.catalogue.report_progress(task, token, bytes, records).await?)
    }

    /// Takes what came of a task. `Stale` if the token is not its current one: then nothing is written.
    pub async fn complete(&self, task: TaskId, token: FencingToken, ended: std::result::Result<TaskOutcome, TaskFailure>) -> Result<()> {
        self.catalogue.complete_task(task, token, &ended).await?;
        metrics::counter!("sluice_results_total", "ended" => if ended.is_ok() { "done" } else { "failed" }).increment(1);
        Ok(())
    }

    /// Takes no further work: waiting workers get `None`, what was booked here is booked elsewhere, leases go on to their end.
    pub async fn drain(&self) -> Result<()> {
        self.draining.send_replace(true);
        Ok(self.catalogue.dispatcher_seen(self.id, DispatcherState::Draining).await?)
    }

    /// Does it take no further work?
    pub fn is_draining(&self) -> bool {
        *self.draining.borrow()
    }

    /// Queues again what was leased and not renewed, whoever leased it, and says now and then that the dispatcher is there; until
    /// `shutdown`.
    pub async fn run_expiry(&self, shutdown: impl Future<Output = ()>) {
        let mut shutdown = pin!(shutdown);
        let mut period = 0_u32;
        loop {
            let pass = async {
                if let Err(error) = self.watch(period == 0).await {
                    tracing::warn!(%error, "leases could not be looked at; that will be tried again");
                }
                tokio::time::sleep(PERIOD).await;
            };
            tokio::select! {
                biased;
                () = &mut shutdown => return,
                () = pass => period = (period + 1) % PERIODS_PER_SIGN,
            }
        }
    }

    async fn watch(&self, sign: bool) -> Result<()> {
        let expired = self.catalogue.expire_leases().await?;
        if expired > 0 {
            tracing::warn!(expired, "leases ran out without a word from their workers");
            metrics::counter!("sluice_leases_expired_total").increment(expired);
        }
        if sign {
            let state = if self.is_draining() { DispatcherState::Draining } else { DispatcherState::Active };
            self.catalogue.dispatcher_seen(self.id, state).await?;
            self.tell_lanes().await?;
            self.catalogue.forget_commits().await?;
        }
        Ok(())
    }
}
