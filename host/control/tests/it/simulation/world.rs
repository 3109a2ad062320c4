//! All that there is in a seed's world, and what each actor in it does.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use rand::{Rng, rngs::StdRng};
use sluice_catalogue::{Catalogue, DispatcherState, Error, JobState, Lease};
use sluice_control::{ControlError, Controller, Dispatcher, GenerationPlanner, Scheduler};
use sluice_record::{FailureKind, FencingToken, Frame, Ledger, LoadId, RunKind, RunRef, TaskFailure, TaskId, TaskOutcome, TaskSpec};

use super::{
    Bug, FIRST_WORKER, Fault,
    gate::{Actor, Gate},
    store::{Forgetful, Store},
};
use crate::{MEMBER, Planner, work};

/// Bytes of a record.
const RECORD: u64 = 10;

/// A result on its way.
pub(super) type Message = (usize, TaskId, FencingToken, Result<TaskOutcome, TaskFailure>);

pub(super) struct World {
    pub(super) bug: Bug,
    pub(super) rng: RefCell<StdRng>,
    pub(super) gate: Arc<Gate>,
    pub(super) now: Arc<AtomicI64>,
    /// Two machines' views of one catalogue, each by its own clock.
    pub(super) sites: [Catalogue; 2],
    pub(super) dispatchers: RefCell<[Arc<Dispatcher>; 2]>,
    pub(super) store: Arc<Store>,
    pub(super) messages: RefCell<Vec<Message>>,
    pub(super) cut_off_until: Cell<i64>,
    pub(super) faults: RefCell<BTreeMap<Fault, u64>>,
    pub(super) has_faults: Cell<bool>,
    pub(super) did: Cell<bool>,
    /// Was the record store changed?
    pub(super) did_store: Cell<bool>,
}

impl World {
    /// Once in so many times, while faults happen.
    pub(super) fn fault(&self, once_in: u32, fault: Fault) -> bool {
        let happens = self.has_faults.get() && self.rng.borrow_mut().random_ratio(1, once_in);
        if happens {
            *self.faults.borrow_mut().entry(fault).or_default() += 1;
        }
        happens
    }

    pub(super) fn below(&self, end: usize) -> usize {
        self.rng.borrow_mut().random_range(0..end)
    }

    pub(super) fn now(&self) -> i64 {
        self.now.load(Ordering::Relaxed)
    }

    pub(super) fn advance(&self, ms: usize) {
        self.now.fetch_add(ms as i64, Ordering::Relaxed);
    }

    /// What an actor starts anew with.
    pub(super) fn actor(self: &Rc<Self>, number: usize) -> Actor {
        let world = Rc::clone(self);
        match number {
            0 | 1 => Box::pin(async move {
                let planner: Arc<dyn GenerationPlanner> =
                    if world.bug == Bug::PublishInTwoSteps { Arc::new(Forgetful) } else { Arc::new(Planner) };
                let controller = Controller::new(world.sites[number].clone(), world.store.clone(), planner);
                world.note(controller.reconcile_once().await.unwrap_or(true));
            }),
            2 | 3 => Box::pin(async move {
                world.note(Scheduler::new(world.sites[number - 2].clone()).reconcile_once().await.unwrap_or(true));
            }),
            4 | 5 => Box::pin(async move { world.watch(number - 4).await }),
            6 => Box::pin(async move { world.deliver().await }),
            7 => Box::pin(async move { world.operate().await }),
            _ => Box::pin(async move { world.work(number - FIRST_WORKER).await }),
        }
    }

    fn note(&self, did: bool) {
        self.did.set(self.did.get() || did);
    }

    /// A dispatcher's watch; now and then it starts anew, and what it had leased is void.
    async fn watch(&self, site: usize) {
        if self.fault(30, Fault::Crash) {
            let anew = Dispatcher::register(self.sites[site].clone(), &format!("dispatcher-{site}"), 2, None).await.unwrap();
            self.dispatchers.borrow_mut()[site] = Arc::new(anew);
            self.note(true);
        }
        self.note(self.sites[site].expire_leases().await.unwrap() > 0);
        let id = self.dispatchers.borrow()[site].id();
        self.sites[site].dispatcher_seen(id, DispatcherState::Active).await.unwrap();
    }

    async fn deliver(&self) {
        let count = self.messages.borrow().len();
        if count > 0 {
            let message = self.messages.borrow_mut().swap_remove(self.below(count));
            self.complete(message).await;
        }
    }

    async fn complete(&self, (site, task, token, ended): Message) {
        let dispatcher = self.dispatchers.borrow()[site].clone();
        let token = if self.bug == Bug::NoFencing { self.sites[site].task(task).await.unwrap().token } else { token };
        self.note(dispatcher.complete(task, token, ended).await.is_ok());
    }

    /// What an operator does: look at what waits, and bring what a forgetful planner left out.
    async fn operate(&self) {
        let catalogue = &self.sites[0];
        let generation = catalogue.generation().await.unwrap();
        for (load, _) in &generation.loads {
            let own = catalogue.load(*load).await.unwrap().segments;
            if self.bug == Bug::PublishInTwoSteps && !generation.segments.iter().any(|segment| segment.loads.contains(load)) {
                let _ = catalogue.replace_segments(&[generation.segments.clone(), own].concat(), generation.number).await;
            }
        }
        for job in catalogue.open_jobs().await.unwrap() {
            if let (JobState::Waiting, Some(load)) = (job.state, job.load) {
                self.note(catalogue.accept_quarantine(load).await.is_ok());
            }
        }
    }

    async fn work(&self, worker: usize) {
        let site = worker % 2;
        if self.cut_off_until.get() > self.now() {
            return;
        }
        let dispatcher = self.dispatchers.borrow()[site].clone();
        let Ok(Some(lease)) = dispatcher.lease((worker / 2) as u32, &format!("worker-{worker}"), async {}).await else { return };
        self.note(true);
        if self.fault(15, Fault::LostReply) {
            return;
        }
        let Some(ended) = self.task(&dispatcher, &lease).await else { return };
        self.hand_in((site, lease.task, lease.token, ended)).await;
    }

    async fn hand_in(&self, message: Message) {
        if self.fault(15, Fault::LostMessage) {
            return;
        }
        if self.fault(6, Fault::DuplicatedMessage) {
            self.messages.borrow_mut().push(message.clone());
        }
        if self.fault(5, Fault::DelayedMessage) || self.cut_off_until.get() > self.now() {
            self.messages.borrow_mut().push(message);
            return;
        }
        self.complete(message).await;
    }

    /// What a worker makes of a task; `None` if it has handed that in already.
    async fn task(&self, dispatcher: &Dispatcher, lease: &Lease) -> Option<Result<TaskOutcome, TaskFailure>> {
        let (task, token) = (lease.task, lease.token);
        match &lease.spec {
            TaskSpec::Parse { load, .. } => match self.parse(dispatcher, lease).await {
                Ok(outcome) => outcome.map(Ok),
                Err(failure) => {
                    // As a worker takes back what a failed attempt wrote.
                    if let Ok(attempt) = self.store.begin(*load, task, token) {
                        self.gate.turn().await;
                        self.did_store.set(true);
                        let _ = self.store.commit(task, attempt);
                    }
                    Some(Err(failure))
                }
            },
            TaskSpec::Purge { load, .. } => {
                self.gate.turn().await;
                self.did_store.set(true);
                load.iter().for_each(|load| self.store.purge(*load));
                Some(Ok(TaskOutcome::Purged))
            }
            spec => {
                self.gate.turn().await;
                Some(work(spec, true, &crate::Store::default(), &Arc::default()))
            }
        }
    }

    async fn parse(&self, dispatcher: &Dispatcher, lease: &Lease) -> Result<Option<TaskOutcome>, TaskFailure> {
        let TaskSpec::Parse { load, chunk, .. } = &lease.spec else { return Ok(None) };
        let attempt = self.store.begin(*load, lease.task, lease.token)?;
        let records: Vec<u64> = (chunk.start / RECORD..chunk.end / RECORD).collect();
        let halves = records.split_at(records.len() / 2);
        for half in [halves.0, halves.1] {
            self.gate.turn().await;
            self.store.write(lease.task, attempt, half.to_vec())?;
            if self.cut_off_until.get() <= self.now()
                && let Err(ControlError::Catalogue(Error::Stale { .. })) = dispatcher.renew(lease).await
            {
                return Err(TaskFailure::new(FailureKind::Cancelled, "the lease is lost"));
            }
        }
        let (bytes, count) = (chunk.end - chunk.start, records.len() as u64);
        let outcome = TaskOutcome::Parsed {
            ledger: Ledger { bytes, record_bytes: bytes, records: count, stored: count, ..Ledger::default() },
            runs: vec![RunRef {
                kind: RunKind::Account,
                object: Frame { key: format!("runs/{load}/{}", chunk.start), bytes },
                rows: count,
            }],
            reject_log: None,
        };
        if self.bug == Bug::AckBeforeWrite {
            self.complete((0, lease.task, lease.token, Ok(outcome))).await;
            self.gate.turn().await;
            self.did_store.set(true);
            let _ = self.store.commit(lease.task, attempt);
            return Ok(None);
        }
        self.gate.turn().await;
        self.did_store.set(true);
        self.store.commit(lease.task, attempt)?;
        Ok(Some(outcome))
    }

    /// What queries see now is whole, and nothing of it is there twice.
    pub(super) async fn check(&self) -> Result<(), String> {
        let generation = self.sites[0].generation().await.unwrap();
        let visible: BTreeSet<LoadId> = generation.loads.iter().map(|(load, _)| *load).collect();
        let ranges: BTreeSet<LoadId> = generation.segments.iter().flat_map(|segment| segment.loads.clone()).collect();
        if visible != ranges {
            return Err(format!("loads {visible:?} are published, and the ranges have {ranges:?}"));
        }
        for load in visible {
            self.is_whole(load).await?;
        }
        Ok(())
    }

    async fn is_whole(&self, load: LoadId) -> Result<(), String> {
        let (found, wanted) = (self.store.records(load), (0..MEMBER / RECORD).collect::<Vec<_>>());
        let quarantined = self.sites[0].load(load).await.unwrap().quarantined_bytes;
        let is_once = found.windows(2).all(|pair| pair[0] < pair[1]) && found.iter().all(|record| wanted.contains(record));
        if is_once && found.len() as u64 == wanted.len() as u64 - quarantined / RECORD {
            return Ok(());
        }
        Err(format!("load {load} is published with {} records of {}, {quarantined} bytes quarantined", found.len(), wanted.len()))
    }
}
