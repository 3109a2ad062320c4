//! Workers elsewhere: the dispatcher over HTTP, by a real server.

use std::{future::pending, sync::Arc, time::Duration};

use sluice_catalogue::{Error, JobState, TaskState};
use sluice_control::{
    ControlError, Controller, DISPATCH, Dispatcher, Dispatching, OfLane, RemoteDispatchers, Scheduler, WorkerToken, dispatch_routes,
};
use sluice_record::{FencingToken, TaskFailure, TaskId, TaskOutcome};

use crate::{Bench, Planner, work};

const TOKEN: &str = "token-of-the-workers";

/// Serves a dispatcher and gives its address.
async fn served(dispatcher: Arc<Dispatcher>, token: WorkerToken) -> String {
    let router = axum::Router::new().nest(DISPATCH, dispatch_routes(dispatcher, token));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

fn remote(urls: &[&str], token: &str) -> OfLane {
    let urls: Vec<_> = urls.iter().map(ToString::to_string).collect();
    RemoteDispatchers::new(&urls, None, WorkerToken::new(token)).unwrap().of_lane(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_of_another_region_gets_nothing() {
    let bench = with_work().await;
    let dispatcher = Arc::new(Dispatcher::register(bench.catalogue.clone(), "here", 0, Some("eu")).await.unwrap());
    let url = served(dispatcher, WorkerToken::new(TOKEN)).await;
    let ask = async |region| {
        let remote = RemoteDispatchers::new(std::slice::from_ref(&url), region, WorkerToken::new(TOKEN)).unwrap().of_lane(0);
        remote.lease(0, "worker", never()).await
    };
    for region in [None, Some("us")] {
        let error = ask(region).await.unwrap_err().to_string();
        assert!(error.contains("is of another region than this worker"), "{error}");
    }
    assert!(ask(Some("eu")).await.unwrap().is_some());
}

fn never() -> sluice_control::Shutdown {
    Box::pin(pending())
}

fn is_stale<T>(result: Result<T, ControlError>) -> bool {
    matches!(result, Err(ControlError::Catalogue(Error::Stale { .. })))
}

/// With an import whose first task waits.
async fn with_work() -> Bench {
    let bench = Bench::new(sluice_engines::sql::Engine::Sqlite).await;
    let controller = Controller::new(bench.catalogue.clone(), bench.store.clone(), Arc::new(Planner));
    bench.import(false).await;
    while controller.reconcile_once().await.unwrap() {}
    bench
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_is_done_by_workers_over_http() {
    let mut bench = Bench::new(sluice_engines::sql::Engine::Sqlite).await;
    let controller = Controller::new(bench.catalogue.clone(), bench.store.clone(), Arc::new(Planner));
    let scheduler = Scheduler::new(bench.catalogue.clone());
    let dispatcher = Arc::new(Dispatcher::register(bench.catalogue.clone(), "here", 0, None).await.unwrap());
    let url = served(dispatcher, WorkerToken::new(TOKEN)).await;
    bench.roles.push(tokio::spawn(async move { controller.run(pending()).await }));
    bench.roles.push(tokio::spawn(async move { scheduler.run(pending()).await }));
    for lane in 0..2 {
        let (remote, store, faults) = (remote(&[&url], TOKEN), bench.store.clone(), bench.faults.clone());
        bench.roles.push(tokio::spawn(async move {
            // The first waits before there is any job.
            while let Some(lease) = remote.lease(lane, &format!("elsewhere-{lane}"), never()).await.unwrap() {
                assert!(remote.renew(lease.task, lease.token).await.unwrap() > 0);
                remote.progress(lease.task, lease.token, 1, 1).await.unwrap();
                let ended = work(&lease.spec, true, &store, &faults);
                remote.complete(lease.task, lease.token, &ended).await.unwrap();
                // As when the answer was lost: it counts once.
                remote.complete(lease.task, lease.token, &ended).await.unwrap();
            }
        }));
    }
    let job = bench.import(true).await;
    let done = bench.until(job, JobState::Done).await;
    assert_eq!((done.progress.stored, done.progress.tasks_done), (35, 1 + 2 + 4 + 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_longer_held_is_stale_and_who_has_no_token_gets_nothing() {
    let bench = with_work().await;
    let dispatcher = Arc::new(Dispatcher::register(bench.catalogue.clone(), "here", 0, None).await.unwrap());
    let url = served(dispatcher.clone(), WorkerToken::new(TOKEN)).await;
    let (worker, stranger) = (remote(&[&url], TOKEN), remote(&[&url], "another"));
    let refused = stranger.lease(0, "stranger", never()).await.unwrap_err();
    assert!(refused.to_string().contains("does not know the worker token"), "{refused}");
    let lease = worker.lease(0, "worker", never()).await.unwrap().unwrap();
    let failed = Err(TaskFailure::new(sluice_record::FailureKind::Plugin, "as told"));
    for refused in [
        stranger.plugins().await.map(drop),
        stranger.renew(lease.task, lease.token).await.map(drop),
        stranger.progress(lease.task, lease.token, 1, 1).await,
        stranger.complete(lease.task, lease.token, &failed).await,
    ] {
        assert!(matches!(refused, Err(ControlError::Remote(_))), "{refused:?}");
    }
    let bare = reqwest::Client::new().post(format!("{url}{DISPATCH}/lease")).body("{}").send().await.unwrap();
    assert_eq!(bare.status(), 401);
    let odd = reqwest::Client::new().post(format!("{url}{DISPATCH}/lease")).bearer_auth(TOKEN).body("{}").send().await.unwrap();
    assert!(odd.status().is_client_error());
    assert_eq!(bench.catalogue.task(lease.task).await.unwrap().state, TaskState::Leased);

    let ended = Ok(TaskOutcome::Staged { members: vec![], notes: vec![] });
    for (task, token) in [(lease.task, FencingToken(lease.token.0 + 1)), (TaskId(999), lease.token)] {
        assert!(is_stale(worker.renew(task, token).await));
        assert!(is_stale(worker.progress(task, token, 1, 1).await));
        assert!(is_stale(worker.complete(task, token, &ended).await));
    }
    worker.complete(lease.task, lease.token, &ended).await.unwrap();
    assert_eq!(bench.catalogue.task(lease.task).await.unwrap().state, TaskState::Done);

    // Who waits can be called off; one that drains says so, and one that is gone is named.
    let soon = Box::pin(tokio::time::sleep(Duration::from_millis(50)));
    assert!(worker.lease(0, "worker", soon).await.unwrap().is_none());
    dispatcher.drain().await.unwrap();
    assert!(worker.lease(0, "worker", never()).await.unwrap_err().to_string().contains("503"));
    let gone = remote(&["http://127.0.0.1:1"], TOKEN).lease(0, "worker", never()).await.unwrap_err();
    assert!(gone.to_string().contains("127.0.0.1:1") && gone.to_string().contains("nothing listens"), "{gone}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_passes_by_who_is_away_or_draining_and_any_dispatcher_takes_what_another_leased() {
    let bench = with_work().await;
    let register = async |name| Arc::new(Dispatcher::register(bench.catalogue.clone(), name, 0, None).await.unwrap());
    let (one, other) = (register("one").await, register("other").await);
    let (one_url, other_url) = (served(one.clone(), WorkerToken::new(TOKEN)).await, served(other, WorkerToken::new(TOKEN)).await);
    let lanes = async || bench.catalogue.dispatchers().await.unwrap().iter().map(|dispatcher| dispatcher.lanes).collect::<Vec<_>>();
    assert_eq!(lanes().await, [0, 0]);

    let worker = remote(&["http://127.0.0.1:1", &one_url, &other_url], TOKEN);
    let lease = worker.lease(0, "worker-0", never()).await.unwrap().unwrap();
    assert_eq!(bench.catalogue.task(lease.task).await.unwrap().dispatcher, Some(one.id()));
    // There are as many lanes as workers that ask, and none where nobody does.
    assert_eq!(lanes().await, [1, 0]);
    one.drain().await.unwrap();
    let soon = Box::pin(tokio::time::sleep(Duration::from_millis(50)));
    assert!(worker.lease(0, "worker-0", soon).await.unwrap().is_none());
    assert_eq!(lanes().await, [1, 1]);
    // One that begins anew without workers of its own leaves leases alone.
    register("one").await;
    remote(&[&other_url], TOKEN)
        .complete(lease.task, lease.token, &Ok(TaskOutcome::Staged { members: vec![], notes: vec![] }))
        .await
        .unwrap();
    assert_eq!(bench.catalogue.task(lease.task).await.unwrap().state, TaskState::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_changed_while_both_run() {
    let bench = Bench::new(sluice_engines::sql::Engine::Sqlite).await;
    let dispatcher = Arc::new(Dispatcher::register(bench.catalogue.clone(), "here", 0, None).await.unwrap());
    let token = WorkerToken::new(TOKEN);
    let url = served(dispatcher, token.clone()).await;
    let (before, after) = (remote(&[&url], TOKEN), remote(&[&url], "the next one"));
    assert!(before.plugins().await.is_ok() && after.plugins().await.is_err());
    assert!(token.rotate("the next one") && !token.rotate("the next one"));
    assert!(before.plugins().await.is_ok() && after.plugins().await.is_ok());
    token.rotate("the third one");
    assert!(before.plugins().await.is_err() && after.plugins().await.is_ok());
}
