//! Regions: a task is done where its bytes are, whoever else is idle, and nobody waits for what others are to do.

use sluice_catalogue::{
    Catalogue, Change, DispatcherState, JobSpec, JobState, Lease, LeaseRequest, NewJob, NewTask, ScheduleChange, Workload,
};
use sluice_control::Scheduler;
use sluice_engines::{on_both_engines, sql::Engine};
use sluice_record::{DispatcherId, Frame, JobId, RunKind, RunRef, TaskKind, TaskSpec, join_region, limits};

use crate::Bench;

on_both_engines!(
    a_task_is_done_where_its_bytes_are,
    others_tasks_keep_nobody_waiting,
    a_region_s_figures_are_its_own,
    a_deadline_is_weighed_by_the_lanes_of_its_region,
);

/// Merges runs of some bytes, in regions or outside of any.
fn merge(runs: &[(&str, u64)]) -> TaskSpec {
    let run = |(at, (region, bytes)): (usize, &(&str, u64))| {
        let key = format!("runs/1/{at}");
        let key = if region.is_empty() { key } else { join_region(region, &key) };
        RunRef { kind: RunKind::Sha1, object: Frame { key, bytes: *bytes }, rows: 1 }
    };
    TaskSpec::Merge { load: None, runs: runs.iter().enumerate().map(run).collect(), segments: vec![], keep: vec![] }
}

async fn job(catalogue: &Catalogue, priority: i64, specs: &[TaskSpec]) -> JobId {
    let job = catalogue.create_job(&NewJob { priority, ..JobSpec::Compact.into() }).await.unwrap();
    let running = Change::Job { job, from: JobState::Queued, to: JobState::Running, message: String::new(), hint: String::new() };
    let task = |(at, spec): (usize, &TaskSpec)| {
        Change::Queue(NewTask { job, key: format!("merge/{at}"), spec: spec.clone(), splits: 0, not_before: 0 })
    };
    catalogue.apply(&specs.iter().enumerate().map(task).chain([running]).collect::<Vec<_>>()).await.unwrap();
    job
}

async fn lease(catalogue: &Catalogue, dispatcher: DispatcherId) -> Option<Lease> {
    let request = LeaseRequest { dispatcher, lane: 0, worker: "worker".into(), kinds: vec![TaskKind::Merge], lease_ms: limits::LEASE_MS };
    catalogue.lease(&request).await.unwrap()
}

/// The regions of the tasks a dispatcher gets, till there is none for it.
async fn leased(catalogue: &Catalogue, dispatcher: DispatcherId) -> Vec<Option<String>> {
    let mut regions = vec![];
    while let Some(lease) = lease(catalogue, dispatcher).await {
        regions.push(lease.spec.region().map(Into::into));
    }
    regions
}

fn region(name: &str) -> Option<String> {
    Some(name.to_owned())
}

async fn a_task_is_done_where_its_bytes_are(engine: Engine) {
    let bench = Bench::new(engine).await;
    let catalogue = &bench.catalogue;
    let register = async |name, region| catalogue.register_dispatcher(name, 1, region).await.unwrap();
    let (plain, eu) = (register("plain", None).await, register("eu", Some("eu")).await);
    // In pairs; where there are several, where most of the bytes are.
    let specs = [merge(&[("us", 1)]), merge(&[("", 9)]), merge(&[("eu", 5), ("us", 4), ("", 4)])];
    let all: Vec<_> = specs.iter().flat_map(|spec| [spec.clone(), spec.clone()]).collect();
    let unbooked = job(catalogue, 0, &all).await;
    assert_eq!(leased(catalogue, plain).await, [None, None]);
    assert_eq!(leased(catalogue, eu).await, [region("eu"), region("eu")]);
    let waits = catalogue.tasks(Default::default(), 1).await.unwrap()[0].clone();
    assert_eq!((waits.job, &waits.region), (unbooked, &region("us")));
    let told = catalogue.explain(waits.id).await.unwrap().because.join("; ");
    assert!(told.contains("there is no lane for it in region us, where its bytes are"), "{told}");
    let us = register("us", Some("us")).await;
    assert_eq!(leased(catalogue, us).await, [region("us"), region("us")]);

    // Booked as leased.
    job(catalogue, 0, &all).await;
    let scheduler = Scheduler::new(catalogue.clone());
    while scheduler.reconcile_once().await.unwrap() {}
    let mut booked = vec![];
    for slot in catalogue.slots().await.unwrap().iter().filter(|slot| slot.job != unbooked) {
        booked.push((slot.dispatcher, catalogue.task(slot.task).await.unwrap().region));
    }
    assert_eq!(booked, [(plain, None), (plain, None), (eu, region("eu")), (eu, region("eu")), (us, region("us")), (us, region("us"))]);
    assert_eq!(leased(catalogue, us).await, [region("us"), region("us")]);
    // Who comes back elsewhere leaves what is booked to those who are there.
    assert_eq!(register("eu", Some("us")).await, eu);
    assert_eq!(leased(catalogue, eu).await, [None::<String>; 0]);
}

async fn others_tasks_keep_nobody_waiting(engine: Engine) {
    let bench = Bench::new(engine).await;
    let catalogue = &bench.catalogue;
    let eu = catalogue.register_dispatcher("eu", 1, Some("eu")).await.unwrap();
    for _ in 0..70 {
        job(catalogue, 9, &[merge(&[("us", 1)])]).await;
    }
    let own = job(catalogue, 0, &[merge(&[("eu", 1)]), merge(&[("", 1)])]).await;
    assert_eq!(lease(catalogue, eu).await.map(|lease| lease.job), Some(own));
    assert!(Scheduler::new(catalogue.clone()).reconcile_once().await.unwrap());
    assert_eq!(catalogue.slots().await.unwrap().len(), 2);
}

async fn a_region_s_figures_are_its_own(engine: Engine) {
    let bench = Bench::new(engine).await;
    let catalogue = &bench.catalogue;
    let eu = catalogue.register_dispatcher("eu", 3, Some("eu")).await.unwrap();
    job(catalogue, 0, &[merge(&[("us", 1)]), merge(&[("us", 1)]), merge(&[("eu", 1)]), merge(&[("", 1)])]).await;
    lease(catalogue, eu).await.unwrap();
    let figures = async |region| {
        let Workload { queued, running, lanes, .. } = catalogue.workload(region, 600).await.unwrap();
        (queued.tasks, running.tasks, lanes)
    };
    assert_eq!(figures(Some("us")).await, (2, 0, 0));
    assert_eq!(figures(Some("eu")).await, (0, 1, 3));
    assert_eq!(figures(None).await, (3, 1, 3));
    catalogue.dispatcher_seen(eu, DispatcherState::Draining).await.unwrap();
    assert_eq!(figures(Some("eu")).await, (0, 1, 0));
}

async fn a_deadline_is_weighed_by_the_lanes_of_its_region(engine: Engine) {
    const MINUTE: i64 = 60_000;
    let bench = Bench::new(engine).await;
    let catalogue = &bench.catalogue;
    for (name, lanes) in [("us", 1), ("eu", 9)] {
        catalogue.register_dispatcher(name, lanes, Some(name)).await.unwrap();
    }
    // Ten minutes for a lane, by what is taken for granted before anything was learnt.
    let tasks = |region| vec![merge(&[(region, 20_000 * MINUTE as u64)]); 10];
    let deadline = catalogue.now() + 60 * MINUTE;
    let there = [tasks("us"), tasks("")].concat();
    let due = job(catalogue, 0, &there).await;
    catalogue.change_schedule(due, ScheduleChange { deadline: Some(Some(deadline)), ..ScheduleChange::default() }).await.unwrap();
    job(catalogue, 0, &tasks("eu")).await;
    Scheduler::new(catalogue.clone()).reconcile_once().await.unwrap();
    let jobs = catalogue.runnable_jobs(Some("us"), deadline, 9).await.unwrap();
    let minutes = jobs.iter().find(|runnable| runnable.job == due).and_then(|runnable| Some((deadline - runnable.late_from?) / MINUTE));
    // Nobody else has anything to do there, and the rest has ten lanes.
    assert_eq!(minutes, Some(10));
}
