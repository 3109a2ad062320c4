//! The object store on a local folder.

use std::io::{Read, Write};

use futures::TryStreamExt;
use sluice_record::{Frame, LoadId, RunKind, TaskId};
use sluice_store::{
    StoreError,
    objects::{Objects, PART_BYTES, keys},
};

fn store() -> (tempfile::TempDir, Objects) {
    let folder = tempfile::tempdir().unwrap();
    let objects = Objects::local(&folder.path().join("objects")).unwrap();
    (folder, objects)
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

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_is_seen_whole_or_not_at_all() {
    let (folder, objects) = store();
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
    let before = files(folder.path());
    let mut upload = objects.upload("dumps/given-up/0").await.unwrap();
    upload.write(&bytes(2 * PART_BYTES + 1)).await.unwrap();
    upload.abort().await.unwrap();
    assert_eq!(files(folder.path()), before);
}

#[test]
fn a_dropped_upload_leaves_nothing() {
    let (folder, objects) = store();
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
        while files(folder.path()) > 0 {
            tokio::task::yield_now().await;
        }
    };
    runtime.block_on(async { tokio::time::timeout(DEADLINE, gone).await }).unwrap();
}

#[test]
fn threads_write_and_read_without_a_runtime_of_their_own() {
    let (_folder, objects) = store();
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
    let (folder, objects) = store();
    objects.put("dumps/a/0", bytes(3).into()).await.unwrap();
    let left = folder.path().join("objects/dumps/a/1#1");
    std::fs::write(&left, bytes(5)).unwrap();
    assert_eq!(objects.list("dumps").await.unwrap().len(), 1);
    objects.delete_unfinished().await.unwrap();
    assert!(!left.exists() && objects.exists("dumps/a/0").await.unwrap());
}

#[tokio::test]
async fn parts_of_a_dump_are_listed_in_their_order_and_deleted_together() {
    let (_folder, objects) = store();
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

#[tokio::test]
async fn what_is_missing_impossible_or_unsupported_is_told_apart() {
    let (folder, objects) = store();
    let key = keys::run(LoadId(1), TaskId(2), RunKind::Sha1, 3);
    let missing = Frame { key: key.clone(), bytes: 4 };
    assert!(matches!(objects.get(&key, 10).await, Err(StoreError::NotFound { .. })));
    assert!(matches!(objects.get_range(&key, 0..3).await, Err(StoreError::NotFound { .. })));
    assert!(matches!(objects.open(&missing), Err(StoreError::NotFound { .. })));
    objects.put(&key, bytes(3).into()).await.unwrap();
    assert!(matches!(objects.open(&missing), Err(StoreError::Damaged { .. })), "shorter than its frame says");
    assert!(matches!(objects.get(&key, 2).await, Err(StoreError::Invalid(_))), "larger than allowed");
    assert_eq!(objects.get_range(&key, 1..3).await.unwrap(), bytes(3)[1..]);
    for key in ["../outside", "a//b", "/x", "a/./b"] {
        let refused = objects.put(key, bytes(1).into()).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_)) | Ok(_)) && !folder.path().join("outside").exists(), "{key}");
    }
    assert_eq!(keys::dump("../../etc/passwd"), "dumps/etcpasswd");
    let refused = Objects::from_url("s3://bucket/prefix").unwrap_err();
    assert!(refused.to_string().contains("s3://"), "{refused}");
    Objects::from_url(&format!("file://{}", folder.path().join("objects").display())).unwrap();
}
