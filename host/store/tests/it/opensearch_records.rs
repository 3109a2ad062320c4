//! The record store on a real OpenSearch: the suite, and the faults that a server of its own can be given.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use opensearch::http::{Method, headers::HeaderMap, request::JsonBody, transport::Transport};
use serde_json::json;
use sluice_engines::{opensearch::OpenSearch, tls::Front};
use sluice_record::{DocBatch, FieldKind, LoadId, MemberId, TaskId};
use sluice_store::{
    StoreError, is_outage,
    records::{OpenSearchOptions, OpenSearchRecords, RecordStore},
};
use tokio::sync::{Mutex, MutexGuard};

use crate::record_store::{LEASE, Place, suite};

/// One server for all tests of this process, which have it one after another: some disturb it.
async fn server() -> MutexGuard<'static, OpenSearch> {
    static SERVER: OnceLock<Mutex<OpenSearch>> = OnceLock::new();
    SERVER.get_or_init(|| Mutex::new(OpenSearch::start().unwrap())).lock().await
}

/// Indices of a test's own.
struct Prefix(OpenSearchOptions);

impl Prefix {
    fn new(server: &OpenSearch) -> Self {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let prefix = format!("test-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        Self(OpenSearchOptions { urls: vec![server.url().into()], prefix, bulk_bytes: 4 << 10, ..OpenSearchOptions::default() })
    }
}

#[async_trait]
impl Place for Prefix {
    async fn open(&self) -> Arc<dyn RecordStore> {
        Arc::new(OpenSearchRecords::open(&self.0).await.unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn passes_the_suite() {
    let server = server().await;
    suite(|| Prefix::new(&server)).await;
}

const LOAD: LoadId = LoadId(7);

/// As many records as wanted, each with a value of its own.
fn people(task: TaskId, records: std::ops::Range<u64>) -> Arc<DocBatch> {
    let mut batch = DocBatch::new(LOAD, MemberId(1), task);
    for record in records {
        batch.begin(record * 40, 40).field(FieldKind::Email.tag(), &format!("person{record}@example.com"));
    }
    Arc::new(batch)
}

async fn run_task(store: &OpenSearchRecords, task: TaskId, records: std::ops::Range<u64>) -> Result<(), StoreError> {
    let attempt = store.begin(LOAD, task, LEASE).await?;
    for first in records.clone().step_by(100) {
        store.write(attempt, people(task, first..(first + 100).min(records.end))).await?;
    }
    store.commit(attempt).await
}

/// What an operator asks of the server itself.
async fn ask(server: &OpenSearch, method: Method, path: &str, body: serde_json::Value) {
    let transport = Transport::single_node(server.url()).unwrap();
    let answer = transport.send(method, path, HeaderMap::new(), None::<&()>, Some(JsonBody::new(body)), None).await.unwrap();
    assert!(answer.status_code().is_success(), "{path}: {}", answer.text().await.unwrap());
}

/// Puts a setting of the server or of an index.
async fn put(server: &OpenSearch, path: &str, body: serde_json::Value) {
    ask(server, Method::Put, path, body).await;
}

/// Short of patience, so that a fault shows.
fn impatient(server: &OpenSearch) -> OpenSearchOptions {
    OpenSearchOptions { request_wait: Duration::from_secs(3), outage_wait: Duration::from_secs(1), ..Prefix::new(server).0 }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_of_another_process_is_shut_out_and_what_it_wrote_never_shows() {
    let server = server().await;
    let place = Prefix::new(&server);
    let (ours, theirs) = (OpenSearchRecords::open(&place.0).await.unwrap(), OpenSearchRecords::open(&place.0).await.unwrap());
    let older = ours.begin(LOAD, TaskId(1), LEASE).await.unwrap();
    ours.write(older, people(TaskId(1), 0..200)).await.unwrap();
    run_task(&theirs, TaskId(1), 0..150).await.unwrap();
    let digest = theirs.digest(LOAD).await.unwrap();
    // Its lease is lost, and it does not know yet; another task's commit makes what it writes searchable.
    ours.write(older, people(TaskId(1), 200..900)).await.unwrap();
    let refused = ours.commit(older).await;
    assert!(matches!(refused, Err(StoreError::Superseded)), "{refused:?}");
    run_task(&theirs, TaskId(2), 1_000..1_001).await.unwrap();
    assert_eq!(ours.count(LOAD).await.unwrap(), 151);
    theirs.purge(LOAD).await.unwrap();
    run_task(&theirs, TaskId(1), 0..150).await.unwrap();
    assert_eq!((ours.count(LOAD).await.unwrap(), ours.digest(LOAD).await.unwrap()), (150, digest));
    let during = ours.begin(LOAD, TaskId(3), LEASE).await.unwrap();
    ours.write(during, people(TaskId(3), 0..10)).await.unwrap();
    theirs.purge(LOAD).await.unwrap();
    let refused = ours.commit(during).await;
    assert!(matches!(refused, Err(StoreError::Superseded)), "a purge by another process shuts attempts out: {refused:?}");
    assert_eq!(theirs.count(LOAD).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_is_written_to_it_loses_nothing_that_was_committed_and_doubles_nothing() {
    let mut server = server().await;
    let options = OpenSearchOptions { outage_wait: Duration::from_secs(1), ..Prefix::new(&server).0 };
    let store = OpenSearchRecords::open(&options).await.unwrap();
    run_task(&store, TaskId(1), 0..2_000).await.unwrap();
    for round in 0..2 {
        let attempt = store.begin(LOAD, TaskId(2), LEASE).await.unwrap();
        for first in (0..5_000).step_by(100) {
            store.write(attempt, people(TaskId(2), first..first + 100)).await.unwrap();
            if first == 3_000 {
                break;
            }
        }
        server.process().unwrap().kill().unwrap();
        if round == 0 {
            let failed = store.commit(attempt).await;
            assert!(failed.as_ref().is_err_and(|error| is_outage(error)), "{failed:?}");
            assert!(matches!(store.health().await, Err(StoreError::Unavailable { .. })));
        }
        tokio::task::block_in_place(|| server.restart().unwrap());
        // What the server had acknowledged may be gone with it, or may not: in either case no half of it shows.
        match store.commit(attempt).await {
            Ok(()) => assert_eq!(store.count(LOAD).await.unwrap(), 5_100),
            Err(error) => {
                assert!(error.is_transient(), "{error:?}");
                assert_eq!(store.count(LOAD).await.unwrap(), 2_000 + 1_000 * round);
            }
        }
        run_task(&store, TaskId(2), 2_000..2_000 + 1_000 * (round + 1)).await.unwrap();
        assert_eq!(store.count(LOAD).await.unwrap(), 3_000 + 1_000 * round);
    }
    let whole = store.digest(LOAD).await.unwrap();
    store.purge(LOAD).await.unwrap();
    run_task(&store, TaskId(9), 0..4_000).await.unwrap();
    assert_eq!(store.digest(LOAD).await.unwrap(), whole);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_arrives_late_from_a_server_that_hung_does_not_show() {
    let mut server = server().await;
    let store = OpenSearchRecords::open(&impatient(&server)).await.unwrap();
    run_task(&store, TaskId(1), 0..100).await.unwrap();
    let attempt = store.begin(LOAD, TaskId(2), LEASE).await.unwrap();
    server.process().unwrap().pause().unwrap();
    let mut failed = store.write(attempt, people(TaskId(2), 0..1_000)).await;
    if failed.is_ok() {
        failed = store.commit(attempt).await;
    }
    assert!(failed.as_ref().is_err_and(|error| is_outage(error)), "{failed:?}");
    assert!(matches!(store.count(LOAD).await, Err(StoreError::Unavailable { .. })));
    assert!(matches!(store.health().await, Err(StoreError::Unavailable { .. })));
    server.process().unwrap().resume().unwrap();
    // The bulk requests that were given up are carried out now.
    let mut tries = 0;
    while let Err(error) = run_task(&store, TaskId(2), 500..600).await {
        tries += 1;
        assert!(error.is_transient() && tries < 20, "{error:?}");
    }
    assert_eq!(store.count(LOAD).await.unwrap(), 200);
    store.health().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_and_survived() {
    let server = server().await;
    let options = impatient(&server);
    let store = OpenSearchRecords::open(&options).await.unwrap();
    run_task(&store, TaskId(1), 0..100).await.unwrap();
    // The block that the flood stage sets, and lifts when there is room.
    let settings = format!("/{}-records/_settings", options.prefix);
    put(&server, &settings, json!({ "index.blocks.read_only_allow_delete": true })).await;
    let failed = run_task(&store, TaskId(2), 100..300).await;
    assert!(matches!(failed, Err(StoreError::Full { .. })), "{failed:?}");
    assert!(matches!(store.health().await, Err(StoreError::Full { .. })));
    assert_eq!(store.count(LOAD).await.unwrap(), 100, "what there is can be read");
    put(&server, &settings, json!({ "index.blocks.read_only_allow_delete": null })).await;
    run_task(&store, TaskId(2), 100..300).await.unwrap();
    assert_eq!(store.count(LOAD).await.unwrap(), 300);
    store.health().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overloaded_server_is_waited_for_and_what_it_refused_is_sent_again() {
    // Of the hundreds of requests that come at once, a few have room.
    let overloaded = OpenSearch::start_with(&["indexing_pressure.memory.limit: 48kb"]).unwrap();
    let options = OpenSearchOptions { shards: 4, outage_wait: Duration::from_mins(5), ..Prefix::new(&overloaded).0 };
    let store = OpenSearchRecords::open(&options).await.unwrap();
    let tasks = (0..4).map(|task| {
        let store = store.clone();
        tokio::spawn(async move { run_task(&store, TaskId(task), task as u64 * 2_000..task as u64 * 2_000 + 2_000).await })
    });
    for task in futures::future::join_all(tasks).await {
        task.unwrap().unwrap();
    }
    assert_eq!(store.count(LOAD).await.unwrap(), 8_000);
    let transport = Transport::single_node(overloaded.url()).unwrap();
    let refused = "/_nodes/stats/indexing_pressure?filter_path=nodes.*.indexing_pressure.memory.total.coordinating_rejections";
    let refused =
        transport.send(Method::Get, refused, HeaderMap::new(), None::<&()>, None::<()>, None).await.unwrap().text().await.unwrap();
    assert!(
        refused.contains("coordinating_rejections") && !refused.contains(":0}"),
        "nothing was refused, so nothing was shown: {refused}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_began_first_is_given_room_first() {
    const BATCHES: u64 = 60;
    let server = server().await;
    // Of one request at a time.
    let options = OpenSearchOptions { in_flight_bytes: 4 << 10, ..Prefix::new(&server).0 };
    let store = OpenSearchRecords::open(&options).await.unwrap();
    let first = store.begin(LOAD, TaskId(1), LEASE).await.unwrap();
    let second = store.begin(LOAD, TaskId(2), LEASE).await.unwrap();
    let of_second = Arc::new(AtomicU64::new(0));
    let writing = {
        let (store, of_second) = (store.clone(), Arc::clone(&of_second));
        tokio::spawn(async move {
            for batch in 0..BATCHES {
                store.write(second, people(TaskId(2), batch * 100..(batch + 1) * 100)).await.unwrap();
                of_second.fetch_add(1, Ordering::Relaxed);
            }
            store.commit(second).await.unwrap();
        })
    };
    while of_second.load(Ordering::Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
    let before = of_second.load(Ordering::Relaxed);
    for batch in 0..BATCHES {
        store.write(first, people(TaskId(1), batch * 100..(batch + 1) * 100)).await.unwrap();
    }
    let meanwhile = of_second.load(Ordering::Relaxed) - before;
    store.commit(first).await.unwrap();
    assert!(meanwhile < BATCHES / 3, "who began later wrote {meanwhile} batches while the first wrote {BATCHES}");
    writing.await.unwrap();
    assert_eq!(store.count(LOAD).await.unwrap(), 2 * BATCHES * 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_that_somebody_changed_is_told_by_field() {
    let server = server().await;
    let options = Prefix::new(&server).0;
    let store = OpenSearchRecords::open(&options).await.unwrap();
    store.health().await.unwrap();
    put(&server, &format!("/{}-records/_mapping", options.prefix), json!({ "properties": { "shoe_size": { "type": "long" } } })).await;
    for refused in [store.health().await.map(drop), OpenSearchRecords::open(&options).await.map(drop)] {
        let Err(StoreError::Damaged { reason, .. }) = refused else { panic!("{refused:?}") };
        assert!(reason.contains("shoe_size"), "{reason}");
    }
}

/// TLS and users are nginx's here: the security plugin is not to be had for this server.
#[tokio::test(flavor = "multi_thread")]
async fn over_tls_it_believes_whom_the_ca_file_vouches_for_and_says_who_it_is() {
    let server = server().await;
    let (front, another) =
        (Front::start(server.url(), "sluice", "secret").unwrap(), Front::start(server.url(), "sluice", "secret").unwrap());
    let by_tls = OpenSearchOptions {
        urls: vec![front.url()],
        user: Some("sluice".into()),
        password: Some("secret".into()),
        ca_pem: Some(front.ca().unwrap()),
        ..impatient(&server)
    };
    let (store, task) = (OpenSearchRecords::open(&by_tls).await.unwrap(), TaskId(1));
    run_task(&store, task, 0..300).await.unwrap();
    assert_eq!(store.count(LOAD).await.unwrap(), 300);
    store.purge(LOAD).await.unwrap();
    assert_eq!(store.count(LOAD).await.unwrap(), 0);

    for (what, refused) in [
        ("certificate", OpenSearchOptions { ca_pem: None, ..by_tls.clone() }),
        ("certificate", OpenSearchOptions { ca_pem: Some(another.ca().unwrap()), ..by_tls.clone() }),
        ("401", OpenSearchOptions { password: Some("secret2".into()), ..by_tls.clone() }),
        ("401", OpenSearchOptions { user: None, ..by_tls.clone() }),
    ] {
        let Err(StoreError::Unavailable { source, .. }) = OpenSearchRecords::open(&refused).await else { panic!("{what}: it opened") };
        assert!(what != "401" || !is_outage(&*source), "who is refused must not be told to wait");
        let causes: Vec<String> =
            std::iter::successors(Some(&*source as &dyn std::error::Error), |error| error.source()).map(ToString::to_string).collect();
        assert!(causes.iter().any(|cause| cause.contains(what)), "{what}: {causes:?}");
        assert!(!causes.concat().contains("secret"), "{causes:?}");
    }
}

/// As `docs/operators.md` tells operators whose index has grown.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_rolled_over_and_split_is_one_store() {
    let server = server().await;
    let options = Prefix::new(&server).0;
    let (store, alias) = (OpenSearchRecords::open(&options).await.unwrap(), format!("{}-records", options.prefix));
    run_task(&store, TaskId(1), 0..300).await.unwrap();
    // Nobody waits for this: an attempt that is open goes on in the new index.
    let attempt = store.begin(LOAD, TaskId(2), LEASE).await.unwrap();
    store.write(attempt, people(TaskId(2), 300..400)).await.unwrap();
    ask(&server, Method::Post, &format!("/{alias}/_rollover"), json!({})).await;
    store.write(attempt, people(TaskId(2), 400..500)).await.unwrap();
    store.commit(attempt).await.unwrap();
    let whole = (store.count(LOAD).await.unwrap(), store.digest(LOAD).await.unwrap());
    assert_eq!(whole.0, 500);

    let (from, to) = (format!("{alias}-1"), format!("{alias}-1-split"));
    put(&server, &format!("/{from}/_settings"), json!({ "index.blocks.write": true })).await;
    let settings = json!({ "settings": { "index.number_of_shards": 4, "index.blocks.write": null } });
    ask(&server, Method::Post, &format!("/{from}/_split/{to}?wait_for_active_shards=all&timeout=1m"), settings).await;
    let actions = json!([{ "remove_index": { "index": from } }, { "add": { "index": to, "alias": alias, "is_write_index": false } }]);
    ask(&server, Method::Post, "/_aliases", json!({ "actions": actions })).await;
    assert_eq!((store.count(LOAD).await.unwrap(), store.digest(LOAD).await.unwrap()), whole);

    let again = OpenSearchRecords::open(&options).await.unwrap();
    run_task(&again, TaskId(1), 0..200).await.unwrap();
    assert_eq!(again.count(LOAD).await.unwrap(), 400, "what the task had written before is behind it, in the other index");
    again.purge(LOAD).await.unwrap();
    assert_eq!(again.count(LOAD).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn options_that_cannot_be_are_refused_before_anything_is_asked() {
    let options =
        |url: &str, prefix: &str| OpenSearchOptions { urls: vec![url.into()], prefix: prefix.into(), ..OpenSearchOptions::default() };
    for (url, prefix) in [
        ("http://user:secret@search.example.org", "sluice"),
        ("file:///etc/passwd", "sluice"),
        ("search.example.org", "sluice"),
        ("http://search.example.org", ""),
        ("http://search.example.org", "../_all"),
        ("http://search.example.org", "Sluice*"),
    ] {
        let refused = OpenSearchRecords::open(&options(url, prefix)).await;
        let Err(StoreError::Invalid(said)) = refused else { panic!("{url} {prefix}: {refused:?}") };
        assert!(!said.contains("secret"), "{said}");
    }
    let with_password = OpenSearchOptions { user: Some("sluice".into()), password: Some("secret".into()), ..options("http://a", "sluice") };
    assert!(!format!("{with_password:?}").contains("secret"));
    let nowhere = OpenSearchOptions { outage_wait: Duration::from_millis(300), ..options("http://127.0.0.1:9", "sluice") };
    assert!(matches!(OpenSearchRecords::open(&nowhere).await, Err(StoreError::Unavailable { .. })));
}
