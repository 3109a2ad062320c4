//! The object store, on a local folder and on S3.

use std::{
    io::{Read, Write},
    sync::Arc,
    time::Duration,
};

use futures::TryStreamExt;
use sluice_engines::s3::S3;
use sluice_record::{Frame, LoadId, RunKind, TaskId};
use sluice_store::{
    StoreError, is_outage,
    objects::{Objects, PART_BYTES, keys},
};

/// Where a suite's objects are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Where {
    Folder,
    S3,
}

/// Makes two tests of each function.
macro_rules! on_both_stores {
    (async: $($test:ident),*; threads: $($blocking:ident),*;) => {
        on_both_stores!(folder Folder; $($test)*; $($blocking)*);
        on_both_stores!(s3 S3; $($test)*; $($blocking)*);
    };
    ($name:ident $place:ident; $($test:ident)*; $($blocking:ident)*) => {
        mod $name {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(super::Where::$place).await;
            })*
            $(#[test]
            fn $blocking() {
                super::$blocking(super::Where::$place);
            })*
        }
    };
}

on_both_stores!(
    async:
        an_upload_is_seen_whole_or_not_at_all,
        parts_of_a_dump_are_listed_in_their_order_and_deleted_together,
        what_is_missing_or_impossible_is_told_apart,
        of_several_who_create_an_object_one_does,
        a_key_says_in_which_region_its_object_is;
    threads:
        a_dropped_upload_leaves_nothing,
        threads_write_and_read_without_a_runtime_of_their_own;
);

/// A store of a test's own.
struct Place {
    folder: tempfile::TempDir,
    _server: Option<Arc<S3>>,
}

fn store(place: Where) -> (Place, Objects) {
    let folder = tempfile::tempdir().unwrap();
    match place {
        Where::Folder => {
            let objects = Objects::open_url(&format!("file://{}", folder.path().join("objects").display()), []).unwrap();
            (Place { folder, _server: None }, objects)
        }
        Where::S3 => {
            let server = sluice_engines::s3::shared().unwrap();
            let objects = Objects::open_url(&server.place(), server.options()).unwrap();
            (Place { folder, _server: Some(server) }, objects)
        }
    }
}

fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 31 % 251) as u8).collect()
}

/// How long a test waits for what must come about.
const DEADLINE: std::time::Duration = std::time::Duration::from_secs(20);

/// Every file below the folder, finished or not.
fn files(folder: &std::path::Path) -> usize {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).map(|path| if path.is_dir() { files(&path) } else { 1 }).sum()
}

async fn an_upload_is_seen_whole_or_not_at_all(place: Where) {
    let (place, objects) = store(place);
    for len in [0, 1, PART_BYTES - 1, PART_BYTES, 3 * PART_BYTES + 17] {
        let content = bytes(len);
        let key = keys::dump_part("abc", len as u64);
        let mut upload = objects.upload(&key).await.unwrap();
        for piece in content.chunks(1_000_003) {
            upload.write(piece).await.unwrap();
        }
        assert!(!objects.exists(&key).await.unwrap());
        assert_eq!(upload.finish().await.unwrap(), Frame { key: key.clone(), bytes: len as u64 });
        assert_eq!(objects.size(&key).await.unwrap(), Some(len as u64));
        assert_eq!(objects.get(&key, u64::MAX).await.unwrap(), content);
        let streamed: Vec<bytes::Bytes> = objects.stream(&key).await.unwrap().try_collect().await.unwrap();
        assert_eq!(streamed.concat(), content);
    }
    let before = files(place.folder.path());
    let mut upload = objects.upload("dumps/given-up/0").await.unwrap();
    upload.write(&bytes(2 * PART_BYTES + 1)).await.unwrap();
    upload.abort().await.unwrap();
    assert_eq!(files(place.folder.path()), before);
}

fn a_dropped_upload_leaves_nothing(place: Where) {
    let (place, objects) = store(place);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut upload = objects.upload("dumps/x/0").await.unwrap();
        upload.write(&bytes(2 * PART_BYTES)).await.unwrap();
    });
    let mut writer = {
        let _entered = runtime.enter();
        objects.writer("staged/1/2-0").unwrap()
    };
    writer.write_all(&bytes(2 * PART_BYTES)).unwrap();
    drop(writer);
    let gone = async {
        while files(place.folder.path()) > 0 {
            tokio::task::yield_now().await;
        }
    };
    runtime.block_on(async { tokio::time::timeout(DEADLINE, gone).await }).unwrap();
}

fn threads_write_and_read_without_a_runtime_of_their_own(place: Where) {
    let (_place, objects) = store(place);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _entered = runtime.enter();
    for len in [0, 10, 1 << 20, PART_BYTES * 2 + 5] {
        let content = bytes(len);
        let mut writer = objects.writer(&keys::staged(LoadId(1), TaskId(2), 0)).unwrap();
        for piece in content.chunks(77_777) {
            writer.write_all(piece).unwrap();
        }
        let frame = writer.finish().unwrap();
        assert_eq!(frame.bytes, len as u64);
        let object = objects.open(&frame).unwrap();
        let mut buffer = vec![0; 1_000];
        for offset in [0, 1, len / 2, len.saturating_sub(500), len, len + 1] {
            let read = object.read_at(&mut buffer, offset as u64).unwrap();
            assert_eq!(&buffer[..read], &content[offset.min(len)..(offset + 1_000).min(len)], "{len} at {offset}");
        }
        let mut whole = Vec::new();
        object.reader().read_to_end(&mut whole).unwrap();
        assert_eq!(whole, content);
    }
}

#[tokio::test]
async fn what_a_killed_process_left_unfinished_is_deleted() {
    let (Place { folder, .. }, objects) = store(Where::Folder);
    objects.put("dumps/a/0", bytes(3).into()).await.unwrap();
    let left = folder.path().join("objects/dumps/a/1#1");
    std::fs::write(&left, bytes(5)).unwrap();
    assert_eq!(objects.list("dumps").await.unwrap().len(), 1);
    // Of somebody else who may still be at it …
    objects.delete_unfinished(Duration::from_secs(3_600)).await.unwrap();
    assert!(left.exists());
    objects.delete_unfinished(Duration::ZERO).await.unwrap();
    assert!(!left.exists() && objects.exists("dumps/a/0").await.unwrap());
}

async fn parts_of_a_dump_are_listed_in_their_order_and_deleted_together(place: Where) {
    let (_place, objects) = store(place);
    let offsets = [0_u64, 5, 300, 70_000, 1 << 40];
    for offset in offsets.iter().rev() {
        objects.put(&keys::dump_part("upload-1", *offset), bytes(7).into()).await.unwrap();
    }
    objects.put(&keys::dump_part("upload-10", 0), bytes(7).into()).await.unwrap();
    let listed = objects.list(&keys::dump("upload-1")).await.unwrap();
    assert_eq!(listed, offsets.map(|offset| Frame { key: keys::dump_part("upload-1", offset), bytes: 7 }));
    for _ in 0..2 {
        objects.delete_folder(&keys::dump("upload-1")).await.unwrap();
        assert_eq!(objects.list("dumps").await.unwrap().len(), 1);
    }
    objects.delete("dumps/none").await.unwrap();
    objects.health().await.unwrap();
}

async fn what_is_missing_or_impossible_is_told_apart(place: Where) {
    let (place, objects) = store(place);
    let key = keys::run(LoadId(1), TaskId(2), RunKind::Sha1, 3);
    let missing = Frame { key: key.clone(), bytes: 4 };
    assert!(matches!(objects.get(&key, 10).await, Err(StoreError::NotFound { .. })));
    assert!(matches!(objects.get_range(&key, 0..3).await, Err(StoreError::NotFound { .. })));
    // What is not on this machine is asked for when it is read.
    let open = |frame: Frame| {
        let objects = objects.clone();
        let read = move || objects.open(&frame)?.read_at(&mut [0; 8], 0).map_err(|error| *error.into_inner().unwrap().downcast().unwrap());
        async { tokio::task::spawn_blocking(read).await.unwrap() }
    };
    assert!(matches!(open(missing.clone()).await, Err(StoreError::NotFound { .. })));
    objects.put(&key, bytes(3).into()).await.unwrap();
    assert!(matches!(open(missing).await, Err(StoreError::Damaged { .. })), "shorter than its frame says");
    assert!(matches!(objects.get(&key, 2).await, Err(StoreError::Invalid(_))), "larger than allowed");
    assert_eq!(objects.get_range(&key, 1..3).await.unwrap(), bytes(3)[1..]);
    for key in ["../outside", "a//b", "/x", "a/./b"] {
        let refused = objects.put(key, bytes(1).into()).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_)) | Ok(_)) && !place.folder.path().join("outside").exists(), "{key}");
    }
    assert_eq!(keys::dump("../../etc/passwd"), "dumps/etcpasswd");
}

#[test]
fn a_url_that_names_no_store_is_refused_without_its_secrets() {
    for url in [
        "s3://",
        "ftp://example.com/x",
        "memory:///",
        "https://example.com/objects",
        "s3:// /",
        "gs://bucket?token=hush",
        "s3://me:hush@bucket",
    ] {
        let refused = Objects::open_url(url, []).err();
        assert!(matches!(&refused, Some(StoreError::Invalid(said)) if !said.contains("hush")), "{url}: {refused:?}");
    }
}

/// As object_store gives it at the end of its own tries, which take minutes.
#[test]
fn a_server_that_is_away_is_told_from_what_no_waiting_helps() {
    let away = |store| object_store::Error::Generic { store, source: "nobody answers".into() };
    let denied = object_store::Error::PermissionDenied { path: "dumps/1".into(), source: "AccessDenied".into() };
    let unavailable = |source: object_store::Error| StoreError::Unavailable { doing: "reading a dump".into(), source: source.into() };
    assert!(is_outage(&unavailable(away("S3"))));
    let read: Arc<std::io::Error> = std::io::Error::from(unavailable(away("S3"))).into();
    assert!(is_outage(&read), "as ranges and decoders hand it on");
    assert!(!is_outage(&unavailable(away("LocalFileSystem"))) && !is_outage(&unavailable(denied)) && !is_outage(&StoreError::Lost));
}

async fn of_several_who_create_an_object_one_does(place: Where) {
    let (_place, objects) = store(place);
    let creating = (0..6_u8).map(|at| {
        let objects = objects.clone();
        tokio::spawn(async move { objects.create("plugins/one", vec![at; 3].into()).await.unwrap() })
    });
    let created: Vec<bool> = futures::future::join_all(creating).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(created.iter().filter(|created| **created).count(), 1, "{created:?}");
    let winner = created.iter().position(|created| *created).unwrap() as u8;
    assert_eq!(objects.get("plugins/one", 10).await.unwrap(), vec![winner; 3]);
}

async fn a_key_says_in_which_region_its_object_is(place: Where) {
    let ((_shared, shared), (_eu, eu), (_us, us)) = (store(place), store(Where::Folder), store(place));
    let regions = || [("eu".to_owned(), eu.clone()), ("us".to_owned(), us.clone())];
    let objects = shared.clone().with_regions(regions(), Some("eu")).unwrap();
    let near = objects.near("rejects/1/2");
    assert_eq!((near.as_str(), shared.near("rejects/1/2").as_str()), ("region/eu/rejects/1/2", "rejects/1/2"));
    let mut frames = vec![];
    for (key, content) in [(near.as_str(), &b"there"[..]), ("region/us/rejects/1/3", b"farther"), ("rejects/1/1", b"of all")] {
        frames.push(objects.put(key, content.into()).await.unwrap());
        assert_eq!(objects.get(key, 100).await.unwrap(), content);
        assert_eq!(objects.get_range(key, 1..3).await.unwrap(), &content[1..3]);
    }
    // In its region's store it is what it would be in any.
    assert_eq!(eu.get("rejects/1/2", 100).await.unwrap(), "there");
    assert_eq!(us.list("rejects").await.unwrap(), [Frame { key: "rejects/1/3".into(), bytes: 7 }]);
    assert_eq!((shared.list("rejects/1").await.unwrap().len(), objects.list("rejects/1").await.unwrap()), (1, frames.clone()));
    let reading = frames.clone();
    let opened = objects.clone();
    let read =
        move || reading.iter().map(|frame| std::io::read_to_string(opened.open(frame).unwrap().reader()).unwrap()).collect::<Vec<_>>();
    assert_eq!(tokio::task::spawn_blocking(read).await.unwrap(), ["there", "farther", "of all"]);
    // A process elsewhere reads all of it; who is told of no regions, or of too few, says what is missing.
    let elsewhere = shared.clone().with_regions(regions(), None).unwrap();
    assert_eq!(elsewhere.size(&near).await.unwrap(), Some(5));
    let missing = [shared.get(&near, 100).await.unwrap_err(), shared.clone().with_regions([], Some("eu")).unwrap_err()];
    assert!(missing.iter().all(|error| error.to_string().contains("[objects.regions.eu]")), "{missing:?}");
    objects.health().await.unwrap();
    objects.delete_folder("rejects/1").await.unwrap();
    assert_eq!(objects.list("rejects/1").await.unwrap(), []);
    assert!(!eu.exists("rejects/1/2").await.unwrap() && !us.exists("rejects/1/3").await.unwrap());
}
