//! Connections that break: in the middle of anything, and right where a commit's answer would have come.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use sluice_catalogue::{Catalogue, Clock as _, Error, ManualClock, SystemClock, TaskFilter, TaskState};
use sluice_engines::postgres::{Database, Running};
use sluice_record::DispatcherId;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

use crate::{Seen, breach, done, open, queue, request, until};

const TASKS: usize = 150;

/// Works as a lane does: what fails is tried again, what came of a task is offered until it is taken.
async fn work(catalogue: Catalogue, dispatcher: DispatcherId, lane: u32) -> (Seen, Seen) {
    let (mut leased, mut taken) = (Seen::new(), Seen::new());
    loop {
        let lease = match catalogue.lease(&sluice_catalogue::LeaseRequest { lease_ms: 1_000, ..request(dispatcher, lane) }).await {
            Ok(Some(lease)) => lease,
            Ok(None) => {
                let done = TaskFilter { state: Some(TaskState::Done), ..TaskFilter::default() };
                if catalogue.tasks(done, 1_000).await.is_ok_and(|done| done.len() == TASKS) {
                    return (leased, taken);
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            }
            Err(Error::Unavailable(_) | Error::Busy(_)) => continue,
            Err(error) => panic!("{error:?}"),
        };
        *leased.entry((lease.task.0, lease.token.0)).or_default() += 1;
        loop {
            match catalogue.complete_task(lease.task, lease.token, &done()).await {
                Ok(()) => break *taken.entry((lease.task.0, 0)).or_default() += 1,
                Err(Error::Stale { .. }) => break,
                Err(Error::Unavailable(_) | Error::Busy(_)) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_restarts_while_tasks_are_leased_costs_none_and_doubles_none() {
    let server = Running::start(&[]).unwrap();
    let url = server.database("catalogue").unwrap();
    let catalogue = open(&url).await;
    let (_, dispatcher) = queue(&catalogue, TASKS).await;
    let workers: Vec<_> = (0..6).map(|lane| tokio::spawn(work(catalogue.clone(), dispatcher, lane))).collect();
    let expiry = tokio::spawn({
        let catalogue = catalogue.clone();
        async move {
            loop {
                drop(catalogue.expire_leases().await);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    });
    for restart in 1..=3 {
        until(async || {
            let left = TaskFilter { state: Some(TaskState::Done), ..TaskFilter::default() };
            let done = catalogue.tasks(left, 1_000).await.map_or(0, |done| done.len());
            (done >= restart * TASKS / 5).then_some(())
        })
        .await;
        server.stop().unwrap();
        server.start_again().unwrap();
    }
    let (mut leased, mut taken) = (Seen::new(), Seen::new());
    for worker in workers {
        let (had, gave) = worker.await.unwrap();
        had.into_iter().for_each(|(lease, times)| *leased.entry(lease).or_default() += times);
        gave.into_iter().for_each(|(task, times)| *taken.entry(task).or_default() += times);
    }
    expiry.abort();
    assert!(leased.values().all(|times| *times == 1), "a token is one worker's: {leased:?}");
    assert_eq!(taken.len(), TASKS);
    assert!(taken.values().all(|times| *times == 1), "a result is taken once: {taken:?}");
}

/// What becomes of the next COMMIT that passes.
const PASSES: u8 = 0;
const ANSWER_IS_LOST: u8 = 1;
const COMMIT_IS_LOST: u8 = 2;
/// It waits to be let go, and is lost then.
const COMMIT_IS_HELD: u8 = 3;

/// A way to the server that breaks when it is told to.
struct Proxy {
    fate: AtomicU8,
    held: Notify,
    let_go: Notify,
}

impl Proxy {
    /// Also a URL that leads through it.
    async fn start(url: &str) -> (Arc<Self>, String) {
        let (user, rest) = url.split_once('@').unwrap();
        let (server, database) = rest.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("{user}@{}/{database}", listener.local_addr().unwrap());
        let proxy = Arc::new(Self { fate: AtomicU8::new(PASSES), held: Notify::new(), let_go: Notify::new() });
        tokio::spawn({
            let (server, proxy) = (server.to_owned(), Arc::clone(&proxy));
            async move {
                loop {
                    let (client, _) = listener.accept().await.unwrap();
                    if let Ok(server) = TcpStream::connect(&server).await {
                        tokio::spawn(pass(client, server, Arc::clone(&proxy)));
                    }
                }
            }
        });
        (proxy, url)
    }

    fn next(&self, fate: u8) {
        self.fate.store(fate, Ordering::SeqCst);
    }
}

async fn pass(mut client: TcpStream, mut server: TcpStream, proxy: Arc<Proxy>) {
    let (mut up, mut down) = ([0; 16_384], [0; 16_384]);
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let Ok(read @ 1..) = read else { return };
                let is_commit = up[..read].windows(7).any(|window| window == b"COMMIT\0");
                let fate = if is_commit { proxy.fate.swap(PASSES, Ordering::SeqCst) } else { PASSES };
                if fate == COMMIT_IS_HELD {
                    proxy.held.notify_one();
                    return proxy.let_go.notified().await;
                }
                if fate == COMMIT_IS_LOST {
                    return;
                }
                if server.write_all(&up[..read]).await.is_err() {
                    return;
                }
                if fate == ANSWER_IS_LOST {
                    let _ = server.read(&mut down).await;
                    return;
                }
            }
            read = server.read(&mut down) => {
                let Ok(read @ 1..) = read else { return };
                if client.write_all(&down[..read]).await.is_err() {
                    return;
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_in_doubt_is_looked_up() {
    let database = Database::new().unwrap();
    let (proxy, url) = Proxy::start(database.url()).await;
    let catalogue = open(&url).await;

    proxy.next(ANSWER_IS_LOST);
    catalogue.create_breach(&breach("Taken")).await.unwrap();
    assert_eq!(proxy.fate.load(Ordering::SeqCst), PASSES, "it did break");

    proxy.next(COMMIT_IS_LOST);
    let lost = catalogue.create_breach(&breach("Lost")).await;
    assert!(matches!(lost, Err(Error::Unavailable(_))), "{lost:?}");
    let breaches = catalogue.breaches().await.unwrap();
    assert_eq!(breaches.iter().map(|breach| breach.about.name.as_str()).collect::<Vec<_>>(), ["Taken"]);

    // A task's lease and its result are each taken once, with the connection lost both times.
    let (_, dispatcher) = queue(&catalogue, 1).await;
    proxy.next(ANSWER_IS_LOST);
    let lease = catalogue.lease(&request(dispatcher, 0)).await.unwrap().unwrap();
    proxy.next(ANSWER_IS_LOST);
    catalogue.complete_task(lease.task, lease.token, &done()).await.unwrap();
    assert_eq!(catalogue.task(lease.task).await.unwrap().state, TaskState::Done);
    assert!(catalogue.lease(&request(dispatcher, 0)).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_a_crash_took_is_not_taken_for_what_others_commit_afterwards() {
    // The server writes nothing down but for commits, so that it forgets that it had begun this one.
    let server = Running::start(&["wal_writer_delay=10s"]).unwrap();
    let url = server.database("catalogue").unwrap();
    let (proxy, through) = Proxy::start(&url).await;
    let catalogue = open(&through).await;
    proxy.next(COMMIT_IS_HELD);
    let lost = tokio::spawn(async move { catalogue.create_breach(&breach("Lost")).await });
    proxy.held.notified().await;
    server.stop().unwrap();
    server.start_again().unwrap();
    let others = open(&url).await;
    for name in ["One", "Two", "Three", "Four", "Five"] {
        others.create_breach(&breach(name)).await.unwrap();
    }
    proxy.let_go.notify_one();
    let lost = lost.await.unwrap();
    assert!(matches!(lost, Err(Error::Unavailable(_))), "{lost:?}");
    assert_eq!(others.breaches().await.unwrap().len(), 5);

    // What commits leave for that is forgotten when nobody can be in doubt about them any more.
    let left = || server.sql("catalogue", "SELECT COUNT(*) FROM commits").unwrap().parse::<u32>().unwrap();
    others.forget_commits().await.unwrap();
    assert!(left() >= 6, "five that came, and one that did not: {}", left());
    let later = ManualClock::at(SystemClock.now() + 7_200_000);
    Catalogue::open_with(&url, Arc::new(later)).await.unwrap().forget_commits().await.unwrap();
    assert_eq!(left(), 0);
}
