//! What every record store must do, written over the trait alone; [`suite`] takes any engine.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use futures::{
    TryStreamExt,
    future::{BoxFuture, FutureExt, join_all},
};
use sluice_record::{DataClasses, DocBatch, FencingToken, FieldKind, LoadId, MemberId, TaskId, WEBSITE_NAME, WEBSITE_TAG};
use sluice_store::{
    StoreError,
    records::{Attempt, Cursor, Matching, Page, RecordQuery, RecordStore, StoredRecord},
};

/// A place where a store lives: opened again after the store was dropped, it is as after a restart.
#[async_trait]
pub(crate) trait Place: Send + Sync {
    async fn open(&self) -> Arc<dyn RecordStore>;
}

type Case = for<'a> fn(&'a dyn Place) -> BoxFuture<'a, ()>;

const CASES: &[(&str, Case)] = &[
    ("written twice is as written once", |place| twice_is_once(place).boxed()),
    ("two tasks interleaved stay apart", |place| interleaved_tasks(place).boxed()),
    ("what was not committed is gone after a restart", |place| uncommitted_is_gone(place).boxed()),
    ("an older attempt is shut out", |place| older_attempt_is_shut_out(place).boxed()),
    ("only the loads asked for are found", |place| only_published_loads(place).boxed()),
    ("pages are whole, in order, and none twice", |place| pages(place).boxed()),
    ("a purged load is gone and the others stay", |place| purge(place).boxed()),
    ("a digest knows records and nothing else", |place| digest(place).boxed()),
    ("an export has every record of its load once", |place| export(place).boxed()),
    ("many writers at once lose nothing", |place| concurrent_writers(place).boxed()),
    ("all that match come in a stream, of the loads asked for", |place| searching_all(place).boxed()),
    ("accounts, domains and words are found as people type them", |place| finding(place).boxed()),
    ("a record comes back as it went in", |place| round_trip(place).boxed()),
    ("impossible requests are refused", |place| impossible_requests(place).boxed()),
];

/// Runs every case in a place of its own.
pub(crate) async fn suite<P: Place>(new_place: impl Fn() -> P) {
    for (name, case) in CASES {
        println!("{name}");
        case(&new_place()).await;
    }
}

const LOAD: LoadId = LoadId(7);
const OTHER: LoadId = LoadId(8);
const MEMBER: MemberId = MemberId(3);
pub(crate) const LEASE: FencingToken = FencingToken(5);

type Row = (u64, Vec<(FieldKind, String)>);

fn person(number: u64) -> Row {
    let domain = ["example.com", "example.net", "example.org"][number as usize % 3];
    (number * 50, vec![(FieldKind::Email, format!("person{number}@{domain}")), (FieldKind::FullName, format!("Person Number{number}"))])
}

fn people(numbers: std::ops::Range<u64>) -> Vec<Row> {
    numbers.map(person).collect()
}

fn batch(load: LoadId, member: MemberId, task: TaskId, rows: &[Row]) -> Arc<DocBatch> {
    let mut batch = DocBatch::new(load, member, task);
    for (offset, fields) in rows {
        let mut doc = batch.begin(*offset, 40);
        let mut classes = DataClasses::default();
        for (kind, value) in fields {
            classes.insert(*kind);
            doc.field(kind.tag(), value);
        }
        doc.classes(classes);
    }
    Arc::new(batch)
}

async fn write(store: &dyn RecordStore, attempt: Attempt, rows: &[Row]) {
    store.write(attempt, batch(attempt.load(), MEMBER, attempt.task(), rows)).await.unwrap();
}

async fn run_task(store: &dyn RecordStore, load: LoadId, task: TaskId, rows: &[Row]) -> Attempt {
    let attempt = store.begin(load, task, LEASE).await.unwrap();
    write(store, attempt, rows).await;
    store.commit(attempt).await.unwrap();
    attempt
}

fn query(matching: Matching, loads: &[LoadId]) -> RecordQuery {
    RecordQuery { matching, loads: loads.to_vec(), limit: 100, after: None }
}

fn account(text: &str) -> Matching {
    Matching::Account(text.into())
}

async fn emails(store: &dyn RecordStore, matching: Matching, loads: &[LoadId]) -> BTreeSet<String> {
    let page = store.search(&query(matching, loads)).await.unwrap();
    page.records.iter().map(|record| record.get(FieldKind::Email).unwrap_or("none").to_owned()).collect()
}

async fn twice_is_once(place: &dyn Place) {
    let store = place.open().await;
    run_task(&*store, LOAD, TaskId(1), &people(0..500)).await;
    let once = store.digest(LOAD).await.unwrap();

    run_task(&*store, LOAD, TaskId(1), &people(0..500)).await;
    assert_eq!(store.count(LOAD).await.unwrap(), 500);
    assert_eq!(store.digest(LOAD).await.unwrap(), once);

    // Given up halfway, and begun again by the same process.
    let given_up = store.begin(LOAD, TaskId(1), LEASE).await.unwrap();
    write(&*store, given_up, &people(0..250)).await;
    run_task(&*store, LOAD, TaskId(1), &people(0..500)).await;
    assert_eq!(store.count(LOAD).await.unwrap(), 500);

    // Committed halfway, and begun again by another process.
    let halfway = store.begin(LOAD, TaskId(2), LEASE).await.unwrap();
    write(&*store, halfway, &people(500..600)).await;
    store.commit(halfway).await.unwrap();
    write(&*store, halfway, &people(600..700)).await;
    drop(store);
    let store = place.open().await;
    run_task(&*store, LOAD, TaskId(2), &people(500..800)).await;
    assert_eq!(store.count(LOAD).await.unwrap(), 800);

    // A task that has nothing any more.
    let empty = store.begin(LOAD, TaskId(2), LEASE).await.unwrap();
    store.commit(empty).await.unwrap();
    assert_eq!((store.count(LOAD).await.unwrap(), store.digest(LOAD).await.unwrap()), (500, once));
}

async fn interleaved_tasks(place: &dyn Place) {
    let store = place.open().await;
    let (first, second) = (store.begin(LOAD, TaskId(1), LEASE).await.unwrap(), store.begin(LOAD, TaskId(2), LEASE).await.unwrap());
    for step in 0..10 {
        write(&*store, first, &people(step * 10..step * 10 + 10)).await;
        write(&*store, second, &people(1_000 + step * 10..1_000 + step * 10 + 10)).await;
    }
    store.commit(first).await.unwrap();
    run_task(&*store, LOAD, TaskId(2), &people(1_000..1_030)).await;
    assert_eq!(store.count(LOAD).await.unwrap(), 130);
    assert_eq!(emails(&*store, account("person1030@example.net"), &[LOAD]).await, BTreeSet::new());
    assert_eq!(emails(&*store, account("person99@example.com"), &[LOAD]).await.len(), 1);
}

async fn uncommitted_is_gone(place: &dyn Place) {
    let store = place.open().await;
    let attempt = run_task(&*store, LOAD, TaskId(1), &people(0..300)).await;
    write(&*store, attempt, &people(300..400)).await;
    let replaced = store.begin(LOAD, TaskId(1), LEASE).await.unwrap();
    write(&*store, replaced, &people(0..10)).await;
    drop(store);
    let store = place.open().await;
    assert_eq!(store.count(LOAD).await.unwrap(), 300, "neither the writes nor the deletion of a begun attempt were committed");
}

async fn older_attempt_is_shut_out(place: &dyn Place) {
    let store = place.open().await;
    let older = store.begin(LOAD, TaskId(1), LEASE).await.unwrap();
    write(&*store, older, &people(0..10)).await;
    let newer = store.begin(LOAD, TaskId(1), LEASE).await.unwrap();
    let refused = store.write(older, batch(LOAD, MEMBER, TaskId(1), &people(10..20))).await;
    assert!(matches!(refused, Err(StoreError::Superseded)), "{refused:?}");
    assert!(matches!(store.commit(older).await, Err(StoreError::Superseded)));
    write(&*store, newer, &people(0..5)).await;
    store.commit(newer).await.unwrap();
    assert_eq!(store.count(LOAD).await.unwrap(), 5);

    // Who slept through the end of its lease must not delete what its successor wrote.
    let later = store.begin(LOAD, TaskId(1), FencingToken(LEASE.0 + 1)).await.unwrap();
    let asleep = store.begin(LOAD, TaskId(1), LEASE).await;
    assert!(matches!(asleep, Err(StoreError::Superseded)), "{asleep:?}");
    write(&*store, later, &people(0..7)).await;
    store.commit(later).await.unwrap();
    assert!(matches!(store.begin(LOAD, TaskId(1), LEASE).await, Err(StoreError::Superseded)));
    assert_eq!(store.count(LOAD).await.unwrap(), 7);
}

async fn only_published_loads(place: &dyn Place) {
    let store = place.open().await;
    run_task(&*store, LOAD, TaskId(1), &people(0..30)).await;
    run_task(&*store, OTHER, TaskId(2), &people(0..60)).await;
    let wanted = account("person4@example.net");
    for (loads, found) in [(&[][..], 0), (&[LoadId(9)], 0), (&[LOAD], 1), (&[OTHER], 1), (&[OTHER, LOAD], 2)] {
        let page = store.search(&query(wanted.clone(), loads)).await.unwrap();
        assert_eq!(page.records.len(), found, "{loads:?}");
        assert!(page.records.iter().all(|record| loads.contains(&record.load)));
    }
    assert_eq!((store.count(LOAD).await.unwrap(), store.count(OTHER).await.unwrap(), store.count(LoadId(9)).await.unwrap()), (30, 60, 0));
}

async fn all_pages(store: &dyn RecordStore, matching: Matching, limit: usize) -> Vec<StoredRecord> {
    let mut records = Vec::new();
    let mut after = None;
    loop {
        let Page { records: page, next } =
            store.search(&RecordQuery { matching: matching.clone(), loads: vec![LOAD, OTHER], limit, after }).await.unwrap();
        assert!(page.len() == limit || next.is_none(), "a page that is not the last is full");
        records.extend(page);
        match next {
            None => return records,
            after_this => after = after_this,
        }
    }
}

async fn pages(place: &dyn Place) {
    let store = place.open().await;
    run_task(&*store, OTHER, TaskId(3), &people(0..31)).await;
    run_task(&*store, LOAD, TaskId(2), &people(60..90)).await;
    run_task(&*store, LOAD, TaskId(1), &people(0..60)).await;
    let whole = all_pages(&*store, Matching::Domain("example.com".into()), 1_000).await;
    assert_eq!(whole.len(), 30 + 11);
    let cursors: Vec<Cursor> = whole.iter().map(StoredRecord::cursor).collect();
    assert!(cursors.is_sorted(), "{cursors:?}");
    for limit in [1, 4, 7, 40, 41, 42] {
        assert_eq!(all_pages(&*store, Matching::Domain("example.com".into()), limit).await, whole, "pages of {limit}");
    }
}

async fn purge(place: &dyn Place) {
    let store = place.open().await;
    run_task(&*store, LOAD, TaskId(1), &people(0..100)).await;
    run_task(&*store, LOAD, TaskId(2), &people(100..200)).await;
    run_task(&*store, OTHER, TaskId(3), &people(0..50)).await;
    let late = store.begin(LOAD, TaskId(4), LEASE).await.unwrap();
    write(&*store, late, &people(200..220)).await;
    let kept = store.digest(OTHER).await.unwrap();
    for _ in 0..2 {
        store.purge(LOAD).await.unwrap();
        assert_eq!((store.count(LOAD).await.unwrap(), store.count(OTHER).await.unwrap()), (0, 50));
    }
    assert!(matches!(store.commit(late).await, Err(StoreError::Superseded)));
    assert_eq!(emails(&*store, account("person3@example.com"), &[LOAD]).await.len(), 0);
    assert_eq!(store.digest(OTHER).await.unwrap(), kept);
    drop(store);
    let store = place.open().await;
    assert_eq!((store.count(LOAD).await.unwrap(), store.count(OTHER).await.unwrap()), (0, 50));
    run_task(&*store, LOAD, TaskId(1), &people(0..10)).await;
    assert_eq!(store.count(LOAD).await.unwrap(), 10);
}

async fn digest_of(place: &dyn Place, load: LoadId, batches: &[Arc<DocBatch>]) -> [u8; 32] {
    let store = place.open().await;
    store.purge(load).await.unwrap();
    for batch in batches {
        let attempt = store.begin(batch.load, batch.task, LEASE).await.unwrap();
        store.write(attempt, Arc::clone(batch)).await.unwrap();
        store.commit(attempt).await.unwrap();
    }
    store.digest(load).await.unwrap()
}

fn with_column(tag: u8, name: &str, value: &str) -> Arc<DocBatch> {
    let mut batch = DocBatch::new(LOAD, MEMBER, TaskId(1));
    batch.name_column(tag, name);
    batch.begin(0, 10).field(tag, value);
    Arc::new(batch)
}

async fn digest(place: &dyn Place) {
    let rows = people(0..40);
    let reversed: Vec<Row> = rows.iter().rev().cloned().collect();
    let one = digest_of(place, LOAD, &[batch(LOAD, MEMBER, TaskId(1), &rows)]).await;
    let same: [(&str, LoadId, Vec<Arc<DocBatch>>); 4] = [
        ("another order", LOAD, vec![batch(LOAD, MEMBER, TaskId(1), &reversed)]),
        ("another load, member and task", LoadId(900), vec![batch(LoadId(900), MemberId(800), TaskId(700), &rows)]),
        ("split over tasks", LOAD, vec![batch(LOAD, MEMBER, TaskId(5), &rows[..11]), batch(LOAD, MEMBER, TaskId(6), &rows[11..])]),
        ("a task written again", LOAD, vec![batch(LOAD, MEMBER, TaskId(1), &rows[3..]), batch(LOAD, MEMBER, TaskId(1), &rows)]),
    ];
    for (what, load, batches) in &same {
        assert_eq!(digest_of(place, *load, batches).await, one, "{what}");
    }
    let mut seen = BTreeSet::from([one]);
    let moved: Vec<Row> = rows.iter().map(|(offset, fields)| (offset + 1, fields.clone())).collect();
    let mut renamed = rows.clone();
    renamed[7].1[1].1 = "Somebody Else".into();
    let different: [(&str, Vec<Arc<DocBatch>>); 6] = [
        ("a record missing", vec![batch(LOAD, MEMBER, TaskId(1), &rows[1..])]),
        ("a record twice", vec![batch(LOAD, MEMBER, TaskId(1), &rows), batch(LOAD, MEMBER, TaskId(2), &rows[..1])]),
        ("a record three times", vec![batch(LOAD, MEMBER, TaskId(1), &rows), batch(LOAD, MEMBER, TaskId(2), &[person(0), person(0)])]),
        ("other byte ranges", vec![batch(LOAD, MEMBER, TaskId(1), &moved)]),
        ("another value", vec![batch(LOAD, MEMBER, TaskId(1), &renamed)]),
        ("no record", vec![]),
    ];
    for (what, batches) in &different {
        assert!(seen.insert(digest_of(place, LOAD, batches).await), "{what}");
    }
    let column = digest_of(place, LOAD, &[with_column(128, "shoe_size", "42")]).await;
    assert_eq!(digest_of(place, LOAD, &[with_column(131, "shoe_size", "42")]).await, column, "a column by another tag");
    assert_ne!(digest_of(place, LOAD, &[with_column(128, "hat_size", "42")]).await, column, "another column");
}

async fn concurrent_writers(place: &dyn Place) {
    let store = place.open().await;
    let tasks = (0..8_u64).map(|task| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let attempt = store.begin(LOAD, TaskId(task as i64), LEASE).await.unwrap();
            for step in 0..20 {
                let first = task * 10_000 + step * 100;
                write(&*store, attempt, &people(first..first + 100)).await;
                if step % 7 == 3 {
                    store.commit(attempt).await.unwrap();
                }
            }
            store.commit(attempt).await.unwrap();
        })
    });
    for task in join_all(tasks).await {
        task.unwrap();
    }
    assert_eq!(store.count(LOAD).await.unwrap(), 8 * 2_000);
    for task in 0..8_u64 {
        run_task(&*store, OTHER, TaskId(100 + task as i64), &people(task * 10_000..task * 10_000 + 2_000)).await;
    }
    assert_eq!(store.digest(LOAD).await.unwrap(), store.digest(OTHER).await.unwrap());
}

async fn finding(place: &dyn Place) {
    let store = place.open().await;
    let long = "x".repeat(2_000);
    let rows = [
        (
            0,
            vec![
                (FieldKind::Email, "ann@example.com".into()),
                (FieldKind::City, "São Paulo".into()),
                (FieldKind::FullName, "Ann Lee".into()),
            ],
        ),
        (1, vec![(FieldKind::Email, "bob@example.com".into()), (FieldKind::Username, "BobTheÉtoile".into())]),
        (2, vec![(FieldKind::Email, "none@example.net".into()), (FieldKind::Username, long.clone())]),
        (3, vec![(FieldKind::Email, "phone@example.org".into()), (FieldKind::Phone, "+15550100".into())]),
    ];
    run_task(&*store, LOAD, TaskId(1), &rows).await;
    let domain = |text: &str| Matching::Domain(text.into());
    let words = |text: &str| Matching::Text(text.into());
    for (matching, found) in [
        (account("ann@example.com"), &["ann@example.com"][..]),
        (account("ANN@Example.com"), &["ann@example.com"]),
        (account("ann"), &[]),
        (account("bobtheétoile"), &["bob@example.com"]),
        (account("BOBTHEÉTOILE"), &["bob@example.com"]),
        (account(&long), &["none@example.net"]),
        (account(&long[1..]), &[]),
        (account("+15550100"), &["phone@example.org"]),
        (domain("example.com"), &["ann@example.com", "bob@example.com"]),
        (domain("EXAMPLE.COM"), &["ann@example.com", "bob@example.com"]),
        (domain("com"), &[]),
        (words("paulo"), &["ann@example.com"]),
        (words("Lee, PAULO!"), &["ann@example.com"]),
        (words("lee rome"), &[]),
    ] {
        let found: BTreeSet<String> = found.iter().map(|email| (*email).to_owned()).collect();
        assert_eq!(emails(&*store, matching.clone(), &[LOAD]).await, found, "{matching:?}");
    }
}

async fn export(place: &dyn Place) {
    let store = place.open().await;
    let exported = async |load| {
        let stretches: Vec<Vec<StoredRecord>> = store.export(load).await.unwrap().try_collect().await.unwrap();
        let emails = stretches.iter().flatten().map(|record| record.get(FieldKind::Email).unwrap().to_owned());
        let mut emails: Vec<String> = emails.collect();
        emails.sort();
        emails
    };
    for task in 0..3 {
        run_task(&*store, LOAD, TaskId(task), &people(task as u64 * 900..task as u64 * 900 + 900)).await;
        run_task(&*store, OTHER, TaskId(10 + task), &people(0..5)).await;
    }
    // Written anew, and smaller: what it wrote before must not show.
    run_task(&*store, LOAD, TaskId(1), &people(900..1_000)).await;
    let email = |number: u64| person(number).1.remove(0).1;
    let mut wanted: Vec<String> = (0..1_000).chain(1_800..2_700).map(email).collect();
    wanted.sort();
    assert_eq!(exported(LOAD).await, wanted);
    assert_eq!(exported(LoadId(99)).await, Vec::<String>::new());
}

/// More than a page has, in several tasks, with a task written anew; a website's domain is no e-mail's.
async fn searching_all(place: &dyn Place) {
    let store = place.open().await;
    let websites = |numbers: std::ops::Range<u64>, load, task| {
        let mut batch = DocBatch::new(load, MEMBER, task);
        for number in numbers {
            let mut doc = batch.begin(number * 50, 40);
            doc.field(FieldKind::Email.tag(), &format!("person{number}@example.com"));
            doc.field(WEBSITE_TAG, if number % 2 == 0 { "example.net" } else { "Example.ORG" });
        }
        Arc::new(batch)
    };
    for (load, task, numbers) in
        [(LOAD, 1, 0..1_500), (LOAD, 2, 1_500..3_000), (LOAD, 2, 1_500..2_600), (OTHER, 3, 0..10), (LoadId(9), 4, 0..10)]
    {
        let attempt = store.begin(load, TaskId(task), LEASE).await.unwrap();
        store.write(attempt, websites(numbers, load, TaskId(task))).await.unwrap();
        store.commit(attempt).await.unwrap();
    }
    let found = async |matching: Matching, loads: &[LoadId]| -> Vec<(LoadId, String, String)> {
        let stretches: Vec<Vec<StoredRecord>> = store.search_all(&matching, loads).await.unwrap().try_collect().await.unwrap();
        let told = |record: &StoredRecord| {
            let website = record.all(WEBSITE_NAME).next().unwrap().to_owned();
            (record.load, record.get(FieldKind::Email).unwrap().to_owned(), website)
        };
        let mut told: Vec<_> = stretches.iter().flatten().map(told).collect();
        told.sort();
        told
    };
    let even = found(Matching::Website("EXAMPLE.net".into()), &[LOAD]).await;
    let mut wanted: Vec<_> =
        (0..2_600).step_by(2).map(|number| (LOAD, format!("person{number}@example.com"), "example.net".into())).collect();
    wanted.sort();
    assert_eq!(even, wanted);
    assert_eq!(found(Matching::Website("example.org".into()), &[OTHER, LoadId(9)]).await.len(), 10);
    assert_eq!(found(Matching::Domain("example.com".into()), &[OTHER, LOAD]).await.len(), 2_610);
    assert_eq!(found(account("person7@example.com"), &[OTHER]).await[0].2, "Example.ORG");
    for nothing in [Matching::Website("example.com".into()), Matching::Domain("example.net".into()), account("example.net")] {
        assert_eq!(found(nothing, &[LOAD, OTHER]).await, []);
    }
    // Who has enough stops listening, and the store goes on.
    let mut stream = store.search_all(&Matching::Domain("example.com".into()), &[LOAD]).await.unwrap();
    assert_eq!(stream.try_next().await.unwrap().unwrap()[0].load, LOAD);
    drop(stream);
    assert_eq!(store.count(LOAD).await.unwrap(), 2_600);
}

async fn round_trip(place: &dyn Place) {
    let store = place.open().await;
    let mut batch = DocBatch::new(LOAD, MemberId(i64::MAX), TaskId(1));
    batch.name_column(200, "shoe size");
    let mut classes = DataClasses::default();
    classes.insert(FieldKind::Email);
    classes.insert(FieldKind::Password);
    let mut doc = batch.begin(4 << 40, u32::MAX);
    doc.classes(classes);
    doc.field(FieldKind::Email.tag(), "ann@example.com");
    doc.field(200, "42 ½");
    doc.field(FieldKind::Address.tag(), "");
    let attempt = store.begin(LOAD, TaskId(1), LEASE).await.unwrap();
    store.write(attempt, Arc::new(batch)).await.unwrap();
    store.commit(attempt).await.unwrap();
    let page = store.search(&query(account("ann@example.com"), &[LOAD])).await.unwrap();
    let fields = [("email", "ann@example.com"), ("shoe size", "42 ½"), ("address", "")];
    let record = StoredRecord {
        load: LOAD,
        member: MemberId(i64::MAX),
        offset: 4 << 40,
        len: u32::MAX,
        classes,
        fields: fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
    };
    assert_eq!(page, Page { records: vec![record], next: None });
    let health = store.health().await.unwrap();
    assert_eq!(health.records, 1);
}

async fn impossible_requests(place: &dyn Place) {
    let store = place.open().await;
    let attempt = store.begin(LOAD, TaskId(1), LEASE).await.unwrap();
    for foreign in [batch(OTHER, MEMBER, TaskId(1), &people(0..1)), batch(LOAD, MEMBER, TaskId(2), &people(0..1))] {
        assert!(matches!(store.write(attempt, foreign).await, Err(StoreError::Invalid(_))));
    }
    let many_words = (0..50).map(|number| format!("word{number} ")).collect::<String>();
    for (matching, limit) in
        [(account("a"), 0), (account("a"), 100_000), (Matching::Text("!?".into()), 10), (Matching::Text(many_words), 10)]
    {
        let refused = store.search(&RecordQuery { matching, loads: vec![LOAD], limit, after: None }).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{refused:?}");
    }
}
