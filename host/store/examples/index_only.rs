//! The reference for the ingest bench: how fast Tantivy indexes documents that are ready, with nothing before it.
//!
//! `index_only --docs N --seed S [--ours] [--fields F]` makes documents in slabs and times the indexing alone: by a plain
//! loop of `add_document` with Tantivy's own documents, directory and merge policy and one commit at the end, or with
//! `--ours` by the record store, a commit every `TASK_DOCUMENTS`. Schema and settings are the record store's either way.
#![allow(clippy::print_stdout)]

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use sluice_record::{DataClasses, DocBatch, FieldKind, LoadId, MemberId, TaskId};
use sluice_store::records::{RecordStore, TantivyOptions, TantivyRecords};
use tantivy::{Index, IndexWriter, TantivyDocument, indexer::LogMergePolicy, schema::Schema};

/// Documents made at a time.
const SLAB_DOCUMENTS: u64 = 100_000;
/// What a parse task of combo lists comes to.
const TASK_DOCUMENTS: u64 = 1_500_000;
/// Documents in one batch of a task.
const BATCH_DOCUMENTS: u64 = 8_192;

type Failure = Box<dyn std::error::Error>;

struct Arguments {
    docs: u64,
    seed: u64,
    fields: u64,
    ours: bool,
}

fn main() -> Result<(), Failure> {
    let arguments = arguments()?;
    let folder = tempfile::tempdir()?;
    let (indexing, settled) = if arguments.ours { ours(folder.path(), &arguments)? } else { plain(folder.path(), &arguments)? };
    let bytes: u64 = std::fs::read_dir(folder.path())?.map(|entry| Ok(entry?.metadata()?.len())).sum::<std::io::Result<u64>>()?;
    println!(
        "{} docs: {:.0} docs/s to the last commit, {:.0} docs/s until merged; {} bytes a doc on disk; peak memory {}",
        arguments.docs,
        arguments.docs as f64 / indexing.as_secs_f64(),
        arguments.docs as f64 / settled.as_secs_f64(),
        bytes / arguments.docs.max(1),
        peak_memory()
    );
    Ok(())
}

fn arguments() -> Result<Arguments, Failure> {
    let mut arguments = Arguments { docs: 1_000_000, seed: 1, fields: 0, ours: false };
    let mut given = std::env::args().skip(1);
    while let Some(name) = given.next() {
        match name.as_str() {
            "--ours" => arguments.ours = true,
            "--docs" => arguments.docs = given.next().ok_or("--docs wants a number")?.parse()?,
            "--seed" => arguments.seed = given.next().ok_or("--seed wants a number")?.parse()?,
            "--fields" => arguments.fields = given.next().ok_or("--fields wants a number")?.parse()?,
            other => return Err(format!("unknown argument {other}").into()),
        }
    }
    Ok(arguments)
}

/// A person's values: an address and `fields` words more.
fn person(state: &mut u64, fields: u64) -> (String, Vec<String>) {
    const NAMES: [&str; 16] =
        ["anna", "bruno", "chen", "dara", "elif", "femi", "goran", "hana", "ivan", "jun", "kofi", "lena", "mina", "noor", "olga", "pavel"];
    let mut next = |bound: u64| {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*state >> 33) % bound
    };
    let domain = if next(4) == 0 { format!("mail{}.example.org", next(5_000)) } else { format!("mail{}.example.com", next(8)) };
    let (first, last) = (NAMES[next(16) as usize], NAMES[next(16) as usize]);
    let address = format!("{first}.{last}{}@{domain}", next(10_000_000));
    (address, (0..fields).map(|_| format!("{} {}", NAMES[next(16) as usize], next(100_000))).collect())
}

/// Tantivy by itself. The record store makes the index, so that schema and settings are its own, and is closed again.
fn plain(folder: &Path, arguments: &Arguments) -> Result<(Duration, Duration), Failure> {
    drop(TantivyRecords::open(folder, TantivyOptions::default())?);
    let index = Index::open_in_dir(folder)?;
    let schema = index.schema();
    let options = TantivyOptions::default();
    let mut writer: IndexWriter = index.writer_with_num_threads(options.writers, options.memory_bytes)?;
    writer.set_merge_policy(Box::new(LogMergePolicy::default()));
    let (mut state, mut indexing) = (arguments.seed, Duration::ZERO);
    for first in (0..arguments.docs).step_by(SLAB_DOCUMENTS as usize) {
        let last = (first + SLAB_DOCUMENTS).min(arguments.docs);
        let documents: Vec<TantivyDocument> =
            (first..last).map(|number| document(&schema, number, &person(&mut state, arguments.fields))).collect::<Result<_, _>>()?;
        let started = Instant::now();
        for document in documents {
            writer.add_document(document)?;
        }
        indexing += started.elapsed();
    }
    let started = Instant::now();
    writer.commit()?;
    indexing += started.elapsed();
    let started = Instant::now();
    writer.wait_merging_threads()?;
    Ok((indexing, indexing + started.elapsed()))
}

fn document(schema: &Schema, number: u64, (address, words): &(String, Vec<String>)) -> Result<TantivyDocument, Failure> {
    let mut origin = [0; 16];
    origin[15] = (number / TASK_DOCUMENTS) as u8;
    let mut row = vec![1];
    row.extend_from_slice(&number.to_le_bytes()[..4]);
    let mut document = TantivyDocument::new();
    document.add_bytes(schema.get_field("origin")?, &origin);
    document.add_u64(schema.get_field("load")?, 1);
    document.add_u64(schema.get_field("member")?, 1);
    document.add_u64(schema.get_field("offset")?, number * 40);
    for (tag, value) in [(16, address)].into_iter().chain(words.iter().map(|word| (21, word))) {
        row.extend_from_slice(&[tag, value.len() as u8]);
        row.extend_from_slice(value.as_bytes());
    }
    document.add_bytes(schema.get_field("row")?, &row);
    document.add_bytes(schema.get_field("account")?, address.as_bytes());
    document.add_bytes(schema.get_field("domain")?, address.split_once('@').unwrap_or_default().1.as_bytes());
    for word in words {
        document.add_text(schema.get_field("text")?, word);
    }
    Ok(document)
}

/// The record store, by two tasks at a time as a worker of two threads has them.
#[tokio::main]
async fn ours(folder: &Path, arguments: &Arguments) -> Result<(Duration, Duration), Failure> {
    let store = TantivyRecords::open(folder, TantivyOptions::default())?;
    let (mut state, mut indexing) = (arguments.seed, Duration::ZERO);
    let mut attempt = store.begin(LoadId(1), TaskId(0)).await?;
    for first in (0..arguments.docs).step_by(SLAB_DOCUMENTS as usize) {
        let last = (first + SLAB_DOCUMENTS).min(arguments.docs);
        let batches: Vec<Arc<DocBatch>> = (first..last)
            .step_by(BATCH_DOCUMENTS as usize)
            .map(|start| batch(attempt.task(), start..(start + BATCH_DOCUMENTS).min(last), &mut state, arguments.fields))
            .collect();
        let started = Instant::now();
        for batch in batches {
            store.write(attempt, batch).await?;
        }
        if last.is_multiple_of(TASK_DOCUMENTS) {
            store.commit(attempt).await?;
            attempt = store.begin(LoadId(1), TaskId((last / TASK_DOCUMENTS) as i64)).await?;
        }
        indexing += started.elapsed();
    }
    let started = Instant::now();
    store.commit(attempt).await?;
    indexing += started.elapsed();
    println!("{:?}", store.health().await?);
    let started = Instant::now();
    let digest = store.digest(LoadId(1)).await?;
    println!("digest {:02x?}… of {} in {:?}", &digest[..4], store.count(LoadId(1)).await?, started.elapsed());
    Ok((indexing, indexing))
}

fn batch(task: TaskId, numbers: std::ops::Range<u64>, state: &mut u64, fields: u64) -> Arc<DocBatch> {
    let mut batch = DocBatch::new(LoadId(1), MemberId(1), task);
    let mut classes = DataClasses::default();
    classes.insert(FieldKind::Email);
    for number in numbers {
        let (address, words) = person(state, fields);
        let mut doc = batch.begin(number * 40, 39);
        doc.classes(classes);
        doc.field(FieldKind::Email.tag(), &address);
        for word in &words {
            doc.field(FieldKind::FullName.tag(), word);
        }
    }
    Arc::new(batch)
}

/// What the kernel says the process has taken at most.
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("unknown").trim().to_owned()
}
