//! What holds whatever the engine.

use sluice_catalogue::{Catalogue, Error, NewDump, NewSlot, Settings, TaskFilter, TaskState, Topic};
use sluice_engines::{on_both_engines, sql::Engine};
use sluice_record::{Frame, TaskFailure};

use crate::{DEADLINE, Seen, breach, connect, done, open, queue, request};

on_both_engines!(
    opens_and_migrates_twice,
    no_task_is_leased_twice_and_none_is_lost,
    booked_tasks_too_are_leased_once,
    a_result_handed_in_twice_is_taken_once,
    steps_at_once_lose_nothing,
    what_is_written_is_told,
    text_may_hold_anything,
    what_is_there_already_is_a_conflict,
);

async fn opens_and_migrates_twice(engine: Engine) {
    let database = engine.database().unwrap();
    for _ in 0..2 {
        let catalogue = Catalogue::open(database.url()).await.unwrap();
        catalogue.migrate().await.unwrap();
        catalogue.migrate().await.unwrap();
        assert_eq!(catalogue.generation().await.unwrap().number, 0);
        assert!(catalogue.open_jobs().await.unwrap().is_empty());
        catalogue.ready().await.unwrap();
        catalogue.close().await;
    }
}

/// Several processes' worth of handles, as many as the engine takes.
async fn handles(engine: Engine, url: &str) -> Vec<Catalogue> {
    let mut handles = vec![open(url).await];
    while engine == Engine::Postgres && handles.len() < 3 {
        handles.push(connect(&Settings::at(url)).await);
    }
    handles
}

/// Leases and completes until there is nothing left, and says what it had.
async fn work(catalogue: Catalogue, dispatcher: sluice_record::DispatcherId, lane: u32) -> Seen {
    let mut seen = Seen::new();
    while let Some(lease) = catalogue.lease(&request(dispatcher, lane)).await.unwrap() {
        *seen.entry((lease.task.0, lease.token.0)).or_default() += 1;
        catalogue.renew(lease.task, lease.token, 60_000).await.unwrap();
        catalogue.report_progress(lease.task, lease.token, 1, 1).await.unwrap();
        catalogue.complete_task(lease.task, lease.token, &done()).await.unwrap();
    }
    seen
}

async fn everybody_works(handles: &[Catalogue], dispatcher: sluice_record::DispatcherId, tasks: usize) {
    let workers: Vec<_> =
        (0..12_u32).map(|at| tokio::spawn(work(handles[at as usize % handles.len()].clone(), dispatcher, at % 4))).collect();
    let mut all = Seen::new();
    for worker in workers {
        worker.await.unwrap().into_iter().for_each(|(lease, times)| *all.entry(lease).or_default() += times);
    }
    assert_eq!(all.len(), tasks, "each once: {all:?}");
    assert!(all.iter().all(|((_, token), times)| (*token, *times) == (1, 1)), "{all:?}");
    let ended = TaskFilter { state: Some(TaskState::Done), ..TaskFilter::default() };
    assert_eq!(handles[0].tasks(ended, 10_000).await.unwrap().len(), tasks);
    assert!(handles[0].slots().await.unwrap().is_empty());
}

async fn no_task_is_leased_twice_and_none_is_lost(engine: Engine) {
    let database = engine.database().unwrap();
    let handles = handles(engine, database.url()).await;
    let (job, dispatcher) = queue(&handles[0], 200).await;
    everybody_works(&handles, dispatcher, 200).await;
    assert_eq!(handles[0].job(job).await.unwrap().progress.tasks, 200);
}

async fn booked_tasks_too_are_leased_once(engine: Engine) {
    let database = engine.database().unwrap();
    let handles = handles(engine, database.url()).await;
    let (job, dispatcher) = queue(&handles[0], 100).await;
    let queued = handles[0].queued_tasks(job, None, 100).await.unwrap();
    let slots: Vec<NewSlot> = (0_i64..)
        .zip(queued)
        .map(|(at, queued)| NewSlot {
            dispatcher,
            lane: at as u32 % 4,
            starts_at: at,
            ends_at: at + 1,
            task: queued.task,
            job,
            priority: 0,
            reason: "a test".into(),
        })
        .collect();
    assert_eq!(handles[0].book(&slots).await.unwrap(), 100);
    everybody_works(&handles, dispatcher, 100).await;
}

async fn a_result_handed_in_twice_is_taken_once(engine: Engine) {
    let database = engine.database().unwrap();
    let catalogue = open(database.url()).await;
    let (_, dispatcher) = queue(&catalogue, 2).await;
    for ended in [done(), Err(TaskFailure::new(sluice_record::FailureKind::Plugin, "as told"))] {
        let lease = catalogue.lease(&request(dispatcher, 0)).await.unwrap().unwrap();
        catalogue.complete_task(lease.task, lease.token, &ended).await.unwrap();
        let first = catalogue.task(lease.task).await.unwrap();
        catalogue.complete_task(lease.task, lease.token, &ended).await.unwrap();
        assert_eq!(catalogue.task(lease.task).await.unwrap(), first);
        let late = sluice_record::FencingToken(lease.token.0 - 1);
        assert!(matches!(catalogue.complete_task(lease.task, late, &ended).await, Err(Error::Stale { .. })));
    }
    assert!(catalogue.rates().await.unwrap().iter().all(|rate| rate.bytes == 0));
}

async fn steps_at_once_lose_nothing(engine: Engine) {
    let database = engine.database().unwrap();
    let handles = handles(engine, database.url()).await;
    let new = NewDump { name: "example.txt".into(), bytes: None };
    let dump = handles[0].create_dump(&new).await.unwrap();
    // Each appends at the offset it read; who was overtaken is told, and reads again.
    let append = |catalogue: Catalogue| async move {
        let mut appended = 0;
        while appended < 10 {
            let offset = catalogue.dump(dump).await.unwrap().bytes;
            match catalogue.append_part(dump, offset, &Frame { key: format!("dumps/1/{offset}"), bytes: 1 }).await {
                Ok(_) => appended += 1,
                Err(Error::Conflict { .. }) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
    };
    let all: Vec<_> = (0..6).map(|at| tokio::spawn(append(handles[at % handles.len()].clone()))).collect();
    for one in all {
        one.await.unwrap();
    }
    assert_eq!(handles[0].dump(dump).await.unwrap().bytes, 60);
    let parts = handles[0].dump_parts(dump).await.unwrap();
    assert_eq!(parts.len(), 60);
    let audits: Vec<_> = (0..6)
        .map(|at| {
            let catalogue = handles[at % handles.len()].clone();
            tokio::spawn(async move { catalogue.audit("a", "b", "c", "d").await })
        })
        .collect();
    for audit in audits {
        audit.await.unwrap().unwrap();
    }
    assert_eq!(handles[0].audit_entries(10).await.unwrap().len(), 6);
}

async fn what_is_written_is_told(engine: Engine) {
    let database = engine.database().unwrap();
    let handles = handles(engine, database.url()).await;
    let mut all: Vec<_> = handles.iter().map(|handle| handle.changes(&[Topic::Catalogue])).collect();
    // Until each listens: word that came before that may be missed.
    for (at, changes) in all.iter_mut().enumerate() {
        let mut tries = 0;
        let told = async {
            loop {
                tries += 1;
                handles[0].create_breach(&breach(&format!("Example{at}x{tries}"))).await.unwrap();
                if changes.changed_within(std::time::Duration::from_millis(200)).await {
                    return;
                }
            }
        };
        tokio::time::timeout(DEADLINE, told).await.unwrap();
    }
}

async fn text_may_hold_anything(engine: Engine) {
    let database = engine.database().unwrap();
    let catalogue = open(database.url()).await;
    let name = "a\0b 'quoted' \u{1F600} \u{202E}.txt";
    let dump = catalogue.create_dump(&NewDump { name: name.into(), bytes: None }).await.unwrap();
    assert_eq!(catalogue.dump(dump).await.unwrap().name, name.replace('\0', "\u{FFFD}"));
    let (_, dispatcher) = queue(&catalogue, 1).await;
    let lease = catalogue.lease(&request(dispatcher, 0)).await.unwrap().unwrap();
    let failure = TaskFailure::new(sluice_record::FailureKind::Plugin, "it said \0");
    catalogue.complete_task(lease.task, lease.token, &Err(failure.clone())).await.unwrap();
    assert_eq!(catalogue.task(lease.task).await.unwrap().failure, Some(failure));
}

async fn what_is_there_already_is_a_conflict(engine: Engine) {
    let database = engine.database().unwrap();
    let catalogue = open(database.url()).await;
    catalogue.create_breach(&breach("Example")).await.unwrap();
    for _ in 0..20 {
        assert!(matches!(catalogue.create_breach(&breach("EXAMPLE")).await, Err(Error::Conflict { .. })));
    }
    assert_eq!(catalogue.breaches().await.unwrap().len(), 1);
    assert_eq!(catalogue.breach_named("eXAMPLE").await.unwrap().about.name, "Example");
}
