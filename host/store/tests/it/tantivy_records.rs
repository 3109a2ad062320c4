//! The embedded record store: the suite, and what only a store in a folder of our own can be asked.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
};

use async_trait::async_trait;
use sluice_record::{DocBatch, FieldKind, LoadId, MemberId, TaskId};
use sluice_store::{
    StoreError,
    records::{RecordStore, TantivyOptions, TantivyRecords},
};

use crate::record_store::{LEASE, Place, suite};

struct Folder(tempfile::TempDir);

#[async_trait]
impl Place for Folder {
    async fn open(&self) -> Arc<dyn RecordStore> {
        Arc::new(TantivyRecords::open(self.0.path(), options()).unwrap())
    }
}

fn options() -> TantivyOptions {
    TantivyOptions { writers: 2, memory_bytes: 30_000_000, ..TantivyOptions::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn passes_the_suite() {
    suite(|| Folder(tempfile::tempdir().unwrap())).await;
}

#[test]
fn a_second_process_is_told_that_the_store_is_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let store = TantivyRecords::open(folder.path(), options()).unwrap();
    assert!(matches!(TantivyRecords::open(folder.path(), options()), Err(StoreError::InUse { .. })));
    drop(store);
    TantivyRecords::open(folder.path(), options()).unwrap();
}

#[cfg(unix)]
#[test]
fn its_files_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("records");
    let _store = TantivyRecords::open(&folder, options()).unwrap();
    assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    for entry in std::fs::read_dir(&folder).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", entry.file_name());
    }
}

const LOAD: LoadId = LoadId(1);
const TASK_RECORDS: u64 = 300;

/// Records whose values do not compress, so that files grow as the numbers say.
fn noise(task: TaskId, records: u64, value_bytes: usize) -> Arc<DocBatch> {
    let mut batch = DocBatch::new(LOAD, MemberId(1), task);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(task.0.cast_unsigned() + 1);
    for record in 0..records {
        let value: String = (0..value_bytes)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                char::from(b'!' + (state >> 58) as u8)
            })
            .collect();
        batch.begin(record, 1).field(FieldKind::Username.tag(), &value);
    }
    Arc::new(batch)
}

async fn run_task(store: &TantivyRecords, task: TaskId, records: u64, value_bytes: usize) -> Result<(), StoreError> {
    let attempt = store.begin(LOAD, task, LEASE).await?;
    for _ in 0..records / TASK_RECORDS {
        store.write(attempt, noise(task, TASK_RECORDS, value_bytes)).await?;
    }
    store.commit(attempt).await
}

const FOLDER_VARIABLE: &str = "SLUICE_TEST_RECORDS_FOLDER";

fn folder_of_this_child() -> Option<PathBuf> {
    std::env::var_os(FOLDER_VARIABLE).map(PathBuf::from)
}

/// Runs one of the tests below in a process of its own, through a shell that has said `prologue`.
fn child(test: &str, folder: &Path, prologue: &str) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("{prologue} exec \"$0\" \"$@\"")).arg(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored", "--nocapture"]).env(FOLDER_VARIABLE, folder);
    command
}

/// Commits task after task and says so, until it is killed.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "the child of `killed_at_any_instant_it_opens_at_a_commit`"]
async fn commits_for_ever() {
    let Some(folder) = folder_of_this_child() else { return };
    let store = TantivyRecords::open(&folder, options()).unwrap();
    let done = store.count(LOAD).await.unwrap() / TASK_RECORDS;
    for task in done.. {
        run_task(&store, TaskId(task as i64), TASK_RECORDS, 20).await.unwrap();
        println!("committed {}", task + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_instant_it_opens_at_a_commit() {
    let folder = tempfile::tempdir().unwrap();
    for commits in [1, 2, 5, 9] {
        let mut process =
            child("tantivy_records::commits_for_ever", folder.path(), "").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let said = lines.filter_map(|line| line.split_once("committed ")?.1.trim().parse::<u64>().ok()).nth(commits - 1).unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
        let store = TantivyRecords::open(folder.path(), options()).unwrap();
        let count = store.count(LOAD).await.unwrap();
        assert!(count >= said * TASK_RECORDS && count % TASK_RECORDS == 0, "{count} records after {said} commits of {TASK_RECORDS}");
    }
}

/// Runs where no file may grow beyond 2 MiB.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "the child of `a_failed_write_is_told_and_survived`"]
async fn meets_a_limit() {
    let Some(folder) = folder_of_this_child() else { return };
    let store = TantivyRecords::open(&folder, options()).unwrap();
    run_task(&store, TaskId(1), TASK_RECORDS, 20).await.unwrap();
    let before = store.digest(LOAD).await.unwrap();

    let bystander = store.begin(LOAD, TaskId(2), LEASE).await.unwrap();
    store.write(bystander, noise(TaskId(2), TASK_RECORDS, 20)).await.unwrap();
    let failed = run_task(&store, TaskId(3), 20 * TASK_RECORDS, 5_000).await;
    assert!(matches!(failed, Err(StoreError::Full { .. })), "{failed:?}");
    assert_eq!((store.count(LOAD).await.unwrap(), store.digest(LOAD).await.unwrap()), (TASK_RECORDS, before));
    store.commit(bystander).await.unwrap();
    assert_eq!(store.count(LOAD).await.unwrap(), 2 * TASK_RECORDS, "one attempt's failure is no other's");

    run_task(&store, TaskId(3), TASK_RECORDS, 20).await.unwrap();
    assert_eq!(store.count(LOAD).await.unwrap(), 3 * TASK_RECORDS);
    store.health().await.unwrap();
    println!("survived");
}

#[test]
fn a_failed_write_is_told_and_survived() {
    let folder = tempfile::tempdir().unwrap();
    let output = child("tantivy_records::meets_a_limit", folder.path(), "trap '' XFSZ; ulimit -f 4096;").output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("survived"), "{output:?}");
}
