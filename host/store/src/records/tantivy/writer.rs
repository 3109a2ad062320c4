//! Writing: attempts, the queue, commits that many share, and recovery from a failed disk.
//!
//! Every write and every pending deletion takes the next number of a sequence; a commit covers all numbers up to where
//! the sequence stood. An attempt whose last number is covered has nothing to fear. When Tantivy's writer fails, all
//! that was not covered is gone: the attempts it belonged to are marked lost, and a new writer starts from the last commit.
//!
//! Lock order: `turn`, then `engine`, then `attempts`. `attempts` is held while documents are stamped and queued, so that
//! what an attempt queued comes before the deletion that its successor's beginning queues. Queueing never blocks: the
//! queue's room is bounded below Tantivy's own bound.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use sluice_record::{DocBatch, LoadId, TaskId};
use tantivy::{
    Index, IndexReader, IndexWriter, TantivyError,
    indexer::{IndexWriterOptions, UserOperation},
};
use tokio::sync::{OwnedRwLockWriteGuard, RwLock, Semaphore};

use super::{
    TantivyOptions, blocking,
    directory::IndexFolder,
    document::{Row, Rows, Spares},
    from_engine,
    merging::BoundedMerges,
    schema::{Fields, origin_term},
};
use crate::{StoreError, records::Attempt};

/// Documents an indexing thread takes at a time.
const GROUP_DOCUMENTS: usize = 256;
/// A group takes at least this much of the queue's room, which keeps the groups below the 10,000 that Tantivy queues.
const GROUP_KIB_MIN: usize = 4;
/// More room than this is not given, for the same reason.
const QUEUE_KIB_MAX: usize = 9_000 * GROUP_KIB_MIN;
/// Bytes of one batch: offsets in its buffer are 32 bits, and it grows while it is encoded.
const BATCH_BYTES_MAX: usize = 512 << 20;

/// The writing half of the store.
pub(super) struct Writing {
    shared: Arc<Shared>,
    engine: Arc<RwLock<Engine>>,
    /// Whoever commits holds it; those who come meanwhile find their work covered by the next commit.
    turn: tokio::sync::Mutex<()>,
    room: Arc<Semaphore>,
    room_kib: usize,
    spares: Arc<Spares>,
}

struct Shared {
    index: Index,
    folder: IndexFolder,
    fields: Fields,
    reader: IndexReader,
    options: TantivyOptions,
    attempts: Mutex<Attempts>,
    /// Numbers up to this one are committed.
    committed: AtomicU64,
    /// Has any attempt more to write? Merging minds.
    is_writing: Arc<AtomicBool>,
}

/// Tantivy's writer, unless it failed and a new one could not be made yet.
struct Engine {
    writer: Option<IndexWriter<Row>>,
    /// Grows with each recovery, so that one failure seen by many is recovered from once.
    epoch: u64,
}

#[derive(Default)]
struct Attempts {
    /// The newest attempt of each task; one entry a task until its load is purged or the process ends.
    newest: HashMap<TaskId, Newest>,
    last_number: u64,
    /// The last number of the sequence that was given out.
    sequence: u64,
}

struct Newest {
    attempt: Attempt,
    /// The sequence number of its last write or deletion; 0 if it did neither.
    last: u64,
    lost: bool,
    /// It began, or wrote, since it last committed.
    is_open: bool,
}

impl Attempts {
    fn check(&mut self, attempt: Attempt) -> Result<&mut Newest, StoreError> {
        match self.newest.get_mut(&attempt.task) {
            Some(newest) if newest.attempt != attempt => Err(StoreError::Superseded),
            None => Err(StoreError::Superseded),
            Some(newest) if newest.lost => Err(StoreError::Lost),
            Some(newest) => Ok(newest),
        }
    }

    const fn next_in_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }
}

impl Writing {
    pub(super) fn open(
        index: Index,
        folder: IndexFolder,
        fields: Fields,
        reader: IndexReader,
        options: TantivyOptions,
    ) -> Result<Self, StoreError> {
        let room_kib = (options.queue_bytes >> 10).clamp(GROUP_KIB_MIN, QUEUE_KIB_MAX);
        let shared = Shared {
            index,
            folder,
            fields,
            reader,
            options,
            attempts: Mutex::default(),
            committed: AtomicU64::new(0),
            is_writing: Arc::default(),
        };
        let writer = shared.new_writer()?;
        Ok(Self {
            shared: Arc::new(shared),
            engine: Arc::new(RwLock::new(Engine { writer: Some(writer), epoch: 0 })),
            turn: tokio::sync::Mutex::new(()),
            room: Arc::new(Semaphore::new(room_kib)),
            room_kib,
            spares: Arc::default(),
        })
    }

    /// `committed` says whether the index holds documents of the task.
    pub(super) async fn begin(&self, load: LoadId, task: TaskId, committed: bool) -> Result<Attempt, StoreError> {
        self.revive().await?;
        let engine = self.engine.read().await;
        let writer = engine.writer()?;
        let mut attempts = self.shared.attempts();
        attempts.last_number += 1;
        let attempt = Attempt { load, task, number: attempts.last_number };
        let wrote = attempts.newest.get(&task).is_some_and(|newest| newest.last > 0);
        let mut last = 0;
        if committed || wrote {
            writer.delete_term(origin_term(&self.shared.fields, load, task));
            last = attempts.next_in_sequence();
        }
        attempts.newest.insert(task, Newest { attempt, last, lost: false, is_open: true });
        self.shared.is_writing.store(true, Ordering::Relaxed);
        Ok(attempt)
    }

    pub(super) async fn write(&self, attempt: Attempt, docs: &DocBatch) -> Result<(), StoreError> {
        if docs.is_empty() {
            return Ok(());
        }
        if (docs.load, docs.task) != (attempt.load, attempt.task) {
            return Err(StoreError::Invalid("documents of one task were written by an attempt of another".into()));
        }
        if docs.bytes() > BATCH_BYTES_MAX {
            return Err(StoreError::Invalid(format!("a batch has {} bytes of documents; {BATCH_BYTES_MAX} are the most", docs.bytes())));
        }
        self.revive().await?;
        let kib = (docs.bytes() >> 9).max(docs.len().div_ceil(GROUP_DOCUMENTS) * GROUP_KIB_MIN).min(self.room_kib);
        let room = Arc::clone(&self.room)
            .acquire_many_owned(kib as u32)
            .await
            .map_err(|error| StoreError::Unavailable { doing: "waiting for room in the queue".into(), source: Box::new(error) })?;
        let documents: Vec<Row> = Row::all(Rows::encode(self.shared.fields, docs, &self.spares, room)).collect();
        let (epoch, error) = {
            let engine = self.engine.read().await;
            let mut attempts = self.shared.attempts();
            attempts.check(attempt)?;
            let last = attempts.next_in_sequence();
            let newest = attempts.check(attempt)?;
            (newest.last, newest.is_open) = (last, true);
            self.shared.is_writing.store(true, Ordering::Relaxed);
            match queue(engine.writer()?, documents) {
                Ok(()) => return Ok(()),
                Err(error) => (engine.epoch, error),
            }
        };
        Err(self.recover(epoch, error).await)
    }

    pub(super) async fn commit(&self, attempt: Attempt) -> Result<(), StoreError> {
        let last = self.shared.close(attempt)?;
        if last <= self.shared.committed.load(Ordering::Acquire) {
            return Ok(());
        }
        let _turn = self.turn.lock().await;
        if last <= self.shared.committed.load(Ordering::Acquire) {
            return Ok(());
        }
        self.shared.attempts().check(attempt)?;
        self.commit_all().await
    }

    /// Shuts a load's attempts out, and settles what they had written so far.
    pub(super) async fn shut_out(&self, load: LoadId) -> Result<(), StoreError> {
        let _turn = self.turn.lock().await;
        self.shared.forget(load);
        self.commit_all().await
    }

    /// Deletes tasks of a load that was shut out.
    pub(super) async fn delete_tasks(&self, load: LoadId, tasks: Vec<TaskId>) -> Result<(), StoreError> {
        if tasks.is_empty() {
            return Ok(());
        }
        let _turn = self.turn.lock().await;
        {
            let engine = self.engine.read().await;
            for task in tasks {
                engine.writer()?.delete_term(origin_term(&self.shared.fields, load, task));
            }
        }
        self.commit_all().await
    }

    pub(super) async fn health(&self) -> Result<(), StoreError> {
        self.revive().await
    }

    /// Commits all there is; the caller has the turn.
    async fn commit_all(&self) -> Result<(), StoreError> {
        let mut engine = Arc::clone(&self.engine).write_owned().await;
        let shared = Arc::clone(&self.shared);
        blocking(move || {
            let sequence = shared.attempts().sequence;
            let committed = engine.revived(&shared)?.commit();
            match committed.and_then(|_| shared.reader.reload()) {
                Ok(()) => {
                    shared.committed.store(sequence, Ordering::Release);
                    Ok(())
                }
                Err(error) => Err(engine.recover(&shared, error)),
            }
        })
        .await
    }

    /// Puts a new writer in the place of one that failed, unless another caller did.
    async fn recover(&self, epoch: u64, error: TantivyError) -> StoreError {
        let mut engine: OwnedRwLockWriteGuard<Engine> = Arc::clone(&self.engine).write_owned().await;
        let shared = Arc::clone(&self.shared);
        let recovered = blocking(move || {
            Err::<(), _>(if engine.epoch == epoch { engine.recover(&shared, error) } else { from_engine("writing records", error) })
        });
        recovered.await.err().unwrap_or(StoreError::Lost)
    }

    /// Makes a writer if the last failure left none.
    async fn revive(&self) -> Result<(), StoreError> {
        if self.engine.read().await.writer.is_some() {
            return Ok(());
        }
        let mut engine = Arc::clone(&self.engine).write_owned().await;
        let shared = Arc::clone(&self.shared);
        blocking(move || engine.revived(&shared).map(|_| ())).await
    }
}

impl Engine {
    fn writer(&self) -> Result<&IndexWriter<Row>, StoreError> {
        self.writer.as_ref().ok_or(StoreError::Lost)
    }

    fn revived(&mut self, shared: &Shared) -> Result<&mut IndexWriter<Row>, StoreError> {
        match &mut self.writer {
            Some(writer) => Ok(writer),
            none => Ok(none.insert(shared.new_writer()?)),
        }
    }

    /// Starts again from the last commit, and tells a full disk from other reasons.
    fn recover(&mut self, shared: &Shared, error: TantivyError) -> StoreError {
        self.epoch += 1;
        self.writer = None; // gives the lock back, and waits for the indexing threads to end
        shared.mark_lost();
        let reason = match shared.folder.take_failure() {
            Some(failure) => StoreError::from_source("writing records", failure),
            None => from_engine("writing records", error),
        };
        tracing::warn!(error = &reason as &dyn std::error::Error, "the record store's writer failed; it starts again from the last commit");
        match shared.new_writer() {
            Ok(writer) => {
                // What the failed writer left behind takes room that is needed now.
                if let Err(error) = writer.garbage_collect_files().wait() {
                    tracing::warn!(%error, "files of the failed writer could not be deleted");
                }
                self.writer = Some(writer);
            }
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "no new writer yet"),
        }
        reason
    }
}

impl Shared {
    fn new_writer(&self) -> Result<IndexWriter<Row>, StoreError> {
        let options = IndexWriterOptions::builder()
            .num_worker_threads(self.options.threads.clamp(1, 8))
            .memory_budget_per_thread((self.options.memory_bytes / self.options.threads.clamp(1, 8)).max(15_000_000))
            .num_merge_threads(self.options.merge_threads.max(1))
            .build();
        let writer = self.index.writer_with_options(options).map_err(|error| from_engine("opening the record store's writer", error))?;
        writer.set_merge_policy(Box::new(BoundedMerges::new(self.folder.clone(), Arc::clone(&self.is_writing))));
        Ok(writer)
    }

    /// What these guard is whole at every instant, so a panic elsewhere does not spoil it.
    fn attempts(&self) -> MutexGuard<'_, Attempts> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that an attempt writes no more, for all one knows; gives the sequence number of its last write.
    fn close(&self, attempt: Attempt) -> Result<u64, StoreError> {
        let mut attempts = self.attempts();
        let newest = attempts.check(attempt)?;
        newest.is_open = false;
        let last = newest.last;
        self.note_writing(&attempts);
        Ok(last)
    }

    fn forget(&self, load: LoadId) {
        let mut attempts = self.attempts();
        attempts.newest.retain(|_, newest| newest.attempt.load != load);
        self.note_writing(&attempts);
    }

    fn note_writing(&self, attempts: &Attempts) {
        self.is_writing.store(attempts.newest.values().any(|newest| newest.is_open), Ordering::Relaxed);
    }

    fn mark_lost(&self) {
        let committed = self.committed.load(Ordering::Acquire);
        for newest in self.attempts().newest.values_mut() {
            newest.lost |= newest.last > committed;
        }
    }
}

/// Hands documents to the indexing threads.
fn queue(writer: &IndexWriter<Row>, documents: Vec<Row>) -> Result<(), TantivyError> {
    let mut documents = documents.into_iter();
    while documents.len() > 0 {
        let group: Vec<_> = documents.by_ref().take(GROUP_DOCUMENTS).map(UserOperation::Add).collect();
        writer.run(group)?;
    }
    Ok(())
}
