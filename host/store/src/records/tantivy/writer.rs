//! Writing: attempts, commits that many share, and recovery from a failed disk.
//!
//! Each attempt builds segments of its own (see [`super::building`]); to commit is to finish them, to hand them to Tantivy's writer,
//! and to have it write its list of segments. Those who ask while another commits share the next commit. The first commit of an
//! attempt deletes what earlier ones of its task had committed. What an attempt did not commit is nobody's: a newer one forgets it.
//!
//! When a commit fails, all that was not committed is given up, for it is not known what of it is on the disk: the attempts are
//! marked lost, and a new writer starts from the last commit.
//!
//! Lock order: `engine`, then `attempts`. Neither is held while documents are indexed; `engine` belongs to whoever commits.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use sluice_record::{DocBatch, FencingToken, LoadId, TaskId};
use tantivy::{Index, IndexReader, IndexWriter, TantivyError, index::SegmentMeta, indexer::IndexWriterOptions};

use super::{
    TantivyOptions, blocking,
    building::Builder,
    directory::IndexFolder,
    document::{Row, Rows, Spares},
    from_engine,
    merging::BoundedMerges,
    reading,
    schema::{Fields, origin_term},
};
use crate::{StoreError, records::Attempt};

/// Bytes of one batch: offsets in its buffer are 32 bits, and it grows while it is encoded.
const BATCH_BYTES_MAX: usize = 512 << 20;
/// Tantivy's own indexing thread, which is never given a document.
const IDLE_THREAD_BYTES: usize = 15_000_000;

/// How long nobody writes before what was written is merged.
const REST: Duration = Duration::from_secs(10);

/// The writing half of the store.
pub(super) struct Writing {
    shared: Arc<Shared>,
    /// Tantivy's writer, unless it failed and a new one could not be made yet. Whoever commits holds it; those who come meanwhile find
    /// their work covered by the next commit.
    engine: Arc<tokio::sync::Mutex<Option<IndexWriter<Row>>>>,
    spares: Arc<Spares>,
}

struct Shared {
    index: Index,
    folder: IndexFolder,
    fields: Fields,
    reader: IndexReader,
    options: TantivyOptions,
    attempts: Mutex<Attempts>,
    /// Has nobody written for a while?
    is_at_rest: Arc<AtomicBool>,
}

#[derive(Default)]
struct Attempts {
    /// The newest attempt of each task; one entry a task until its load is purged or the process ends.
    newest: HashMap<TaskId, Newest>,
    last_number: u64,
    /// Finished segments that the next commit covers, by those who asked for it.
    asked: Vec<(Attempt, Vec<SegmentMeta>)>,
    asked_count: u64,
    /// Of those, the ones that were dealt with.
    answered_count: u64,
    last_commit: Option<Instant>,
    /// Is somebody waiting for rest?
    rest_is_awaited: bool,
}

struct Newest {
    attempt: Attempt,
    /// Held while a batch is indexed: an attempt's batches come one after another.
    builder: Arc<tokio::sync::Mutex<Builder>>,
    has_committed: bool,
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

    /// How many have more to write.
    fn open(&self) -> usize {
        self.newest.values().filter(|newest| newest.is_open).count()
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
        let shared =
            Shared { index, folder, fields, reader, options, attempts: Mutex::default(), is_at_rest: Arc::new(AtomicBool::new(true)) };
        let writer = shared.new_writer()?;
        // What a killed process left. Said already, if it fails.
        let _ = sweep(&writer);
        Ok(Self { shared: Arc::new(shared), engine: Arc::new(tokio::sync::Mutex::new(Some(writer))), spares: Arc::default() })
    }

    pub(super) fn begin(&self, load: LoadId, task: TaskId, lease: FencingToken) -> Result<Attempt, StoreError> {
        let mut attempts = self.shared.attempts();
        if attempts.newest.get(&task).is_some_and(|newest| newest.attempt.lease > lease) {
            return Err(StoreError::Superseded);
        }
        attempts.last_number += 1;
        let attempt = Attempt { load, task, lease, number: attempts.last_number };
        attempts.newest.insert(task, Newest { attempt, builder: Arc::default(), has_committed: false, lost: false, is_open: true });
        self.shared.is_at_rest.store(false, Ordering::Relaxed);
        Ok(attempt)
    }

    pub(super) async fn write(&self, attempt: Attempt, docs: Arc<DocBatch>) -> Result<(), StoreError> {
        if docs.is_empty() {
            return Ok(());
        }
        if (docs.load, docs.task) != (attempt.load, attempt.task) {
            return Err(StoreError::Invalid("documents of one task were written by an attempt of another".into()));
        }
        if docs.bytes() > BATCH_BYTES_MAX {
            return Err(StoreError::Invalid(format!("a batch has {} bytes of documents; {BATCH_BYTES_MAX} are the most", docs.bytes())));
        }
        let (builder, memory_bytes) = self.shared.reopen(attempt)?;
        let mut builder = builder.lock_owned().await;
        let (shared, spares) = (Arc::clone(&self.shared), Arc::clone(&self.spares));
        let written = blocking(move || {
            let rows = Rows::encode(shared.fields, &docs, &spares);
            drop(docs); // whoever wrote them may have its memory back
            let added = builder.add(&shared.index, memory_bytes, rows);
            added.map_err(|error| shared.give_up(attempt, &mut builder, error))
        })
        .await;
        self.swept(written).await
    }

    pub(super) async fn commit(&self, attempt: Attempt) -> Result<(), StoreError> {
        let mut builder = self.shared.close(attempt)?.lock_owned().await;
        let shared = Arc::clone(&self.shared);
        let finished = blocking(move || {
            let finished = builder.finish();
            finished.map_err(|error| shared.give_up(attempt, &mut builder, error))
        });
        let segments = self.swept(finished.await).await?;
        let number = self.shared.ask(attempt, segments)?;
        let engine = Arc::clone(&self.engine).lock_owned().await;
        if number <= self.shared.attempts().answered_count {
            return self.shared.attempts().check(attempt).map(|_| ());
        }
        self.with_engine(engine, Shared::commit_asked).await?;
        self.await_rest();
        Ok(())
    }

    /// Has what was committed merged when nobody has written for a while: those who wait for the load have the cores until then.
    fn await_rest(&self) {
        let mut attempts = self.shared.attempts();
        attempts.last_commit = Some(Instant::now());
        if attempts.open() > 0 || std::mem::replace(&mut attempts.rest_is_awaited, true) {
            return;
        }
        // A store that is dropped meanwhile is not held open.
        let (shared, engine) = (Arc::downgrade(&self.shared), Arc::downgrade(&self.engine));
        let mut due = Instant::now() + REST;
        tokio::spawn(async move {
            loop {
                tokio::time::sleep_until(due.into()).await;
                let Some((shared, engine)) = shared.upgrade().zip(engine.upgrade()) else { return };
                match shared.rest() {
                    Rest::NotBefore(then) => due = then,
                    Rest::Disturbed => return,
                    Rest::Begun => {
                        let mut engine = engine.lock_owned().await;
                        let merging = blocking(move || match &mut *engine {
                            // With nothing to commit it looks for what to merge.
                            Some(writer) => writer.commit().map(drop).map_err(|error| shared.recover(&mut engine, error)),
                            None => Ok(()),
                        });
                        return drop(merging.await);
                    }
                }
            }
        });
    }

    /// Shuts a load's attempts out: what they did not commit is forgotten.
    pub(super) async fn shut_out(&self, load: LoadId) {
        let _committing = self.engine.lock().await;
        self.shared.attempts().newest.retain(|_, newest| newest.attempt.load != load);
    }

    /// Deletes tasks of a load that was shut out.
    pub(super) async fn delete_tasks(&self, load: LoadId, tasks: Vec<TaskId>) -> Result<(), StoreError> {
        if tasks.is_empty() {
            return Ok(());
        }
        let engine = Arc::clone(&self.engine).lock_owned().await;
        self.with_engine(engine, move |shared, writer| {
            shared.commit(writer, &tasks.iter().map(|task| (load, *task)).collect::<Vec<_>>(), vec![])
        })
        .await
    }

    /// Deletes what a failed attempt left: it takes room that is needed now.
    async fn swept<T>(&self, built: Result<T, StoreError>) -> Result<T, StoreError> {
        if built.is_err() {
            let engine = Arc::clone(&self.engine).lock_owned().await;
            let _ = blocking(move || engine.as_ref().map_or(Ok(()), sweep)).await;
        }
        built
    }

    /// Makes a writer if the last failure left none.
    pub(super) async fn health(&self) -> Result<(), StoreError> {
        let engine = Arc::clone(&self.engine).lock_owned().await;
        if engine.is_some() { Ok(()) } else { self.with_engine(engine, |_, _| Ok(())).await }
    }

    /// Does something with Tantivy's writer; if that fails, starts again from the last commit.
    async fn with_engine(
        &self,
        mut engine: tokio::sync::OwnedMutexGuard<Option<IndexWriter<Row>>>,
        work: impl FnOnce(&Shared, &mut IndexWriter<Row>) -> Result<(), TantivyError> + Send + 'static,
    ) -> Result<(), StoreError> {
        let shared = Arc::clone(&self.shared);
        blocking(move || {
            let writer = match &mut *engine {
                Some(writer) => writer,
                none => none.insert(shared.new_writer()?),
            };
            work(&shared, writer).map_err(|error| shared.recover(&mut engine, error))
        })
        .await
    }
}

impl Shared {
    fn new_writer(&self) -> Result<IndexWriter<Row>, StoreError> {
        let options = IndexWriterOptions::builder()
            .num_worker_threads(1)
            .memory_budget_per_thread(IDLE_THREAD_BYTES)
            .num_merge_threads(self.options.merge_threads.max(1))
            .build();
        let writer = self.index.writer_with_options(options).map_err(|error| from_engine("opening the record store's writer", error))?;
        writer.set_merge_policy(Box::new(BoundedMerges::new(self.folder.clone(), Arc::clone(&self.is_at_rest))));
        Ok(writer)
    }

    /// Commits for all who asked.
    fn commit_asked(&self, writer: &mut IndexWriter<Row>) -> Result<(), TantivyError> {
        let (mut segments, mut first_commits, mut covered) = (vec![], vec![], vec![]);
        {
            let mut attempts = self.attempts();
            attempts.answered_count = attempts.asked_count;
            for (attempt, finished) in std::mem::take(&mut attempts.asked) {
                // Who was superseded meanwhile is told so.
                let Ok(newest) = attempts.check(attempt) else { continue };
                if !newest.has_committed {
                    first_commits.push((attempt.load, attempt.task));
                }
                segments.extend(finished);
                covered.push(attempt);
            }
        }
        let searcher = self.reader.searcher();
        let mut replaced = vec![];
        for (load, task) in first_commits {
            if reading::has_task(&searcher, &self.fields, load, task)? {
                replaced.push((load, task));
            }
        }
        self.commit(writer, &replaced, segments)?;
        let mut attempts = self.attempts();
        for attempt in covered {
            if let Ok(newest) = attempts.check(attempt) {
                newest.has_committed = true;
            }
        }
        Ok(())
    }

    /// Deletes tasks and then adds segments, in two commits: Tantivy applies a deletion to each segment that was there when it next
    /// looked for deletions, and a task's new segments must not be there.
    fn commit(&self, writer: &mut IndexWriter<Row>, deleted: &[(LoadId, TaskId)], added: Vec<SegmentMeta>) -> Result<(), TantivyError> {
        if deleted.is_empty() && added.is_empty() {
            // Whoever begins and commits nothing gives up what it had.
            return writer.garbage_collect_files().wait().map(drop);
        }
        for (load, task) in deleted {
            writer.delete_term(origin_term(&self.fields, *load, *task));
        }
        if !deleted.is_empty() {
            writer.commit()?;
        }
        if !added.is_empty() {
            for segment in added {
                writer.add_segment(segment)?;
            }
            writer.commit()?;
        }
        self.reader.reload()
    }

    /// Starts again from the last commit, and tells a full disk from other reasons.
    fn recover(&self, engine: &mut Option<IndexWriter<Row>>, error: TantivyError) -> StoreError {
        *engine = None; // gives the lock back
        self.attempts().newest.values_mut().for_each(Newest::lose);
        let reason = self.reason(error);
        tracing::warn!(error = &reason as &dyn std::error::Error, "the record store's writer failed; it starts again from the last commit");
        self.folder.forget_failures();
        match self.new_writer() {
            Ok(writer) => {
                // Said already, if it fails.
                let _ = sweep(&writer);
                *engine = Some(writer);
            }
            Err(error) => tracing::warn!(error = &error as &dyn std::error::Error, "no new writer yet"),
        }
        reason
    }

    /// An attempt could not build its segments; the others go on.
    fn give_up(&self, attempt: Attempt, builder: &mut Builder, error: TantivyError) -> StoreError {
        *builder = Builder::default();
        if let Ok(newest) = self.attempts().check(attempt) {
            newest.lose();
        }
        self.reason(error)
    }

    fn reason(&self, error: TantivyError) -> StoreError {
        match self.folder.take_failure() {
            Some(failure) => StoreError::from_source("writing records", failure),
            None => from_engine("writing records", error),
        }
    }

    /// What these guard is whole at every instant, so a panic elsewhere does not spoil it.
    fn attempts(&self) -> MutexGuard<'_, Attempts> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that an attempt writes; gives its builder, and what memory is its share.
    fn reopen(&self, attempt: Attempt) -> Result<(Arc<tokio::sync::Mutex<Builder>>, usize), StoreError> {
        let mut attempts = self.attempts();
        let newest = attempts.check(attempt)?;
        newest.is_open = true;
        let builder = Arc::clone(&newest.builder);
        self.is_at_rest.store(false, Ordering::Relaxed);
        Ok((builder, self.options.memory_bytes / self.options.writers.max(attempts.open())))
    }

    /// Notes that an attempt writes no more, for all one knows; gives its builder.
    fn close(&self, attempt: Attempt) -> Result<Arc<tokio::sync::Mutex<Builder>>, StoreError> {
        let mut attempts = self.attempts();
        let newest = attempts.check(attempt)?;
        newest.is_open = false;
        Ok(Arc::clone(&newest.builder))
    }

    fn ask(&self, attempt: Attempt, segments: Vec<SegmentMeta>) -> Result<u64, StoreError> {
        let mut attempts = self.attempts();
        attempts.check(attempt)?;
        attempts.asked.push((attempt, segments));
        attempts.asked_count += 1;
        Ok(attempts.asked_count)
    }

    /// Has everybody been silent for long enough?
    fn rest(&self) -> Rest {
        let mut attempts = self.attempts();
        let is_disturbed = attempts.open() > 0;
        if !is_disturbed && let Some(due) = attempts.last_commit.map(|last| last + REST).filter(|due| *due > Instant::now()) {
            return Rest::NotBefore(due);
        }
        attempts.rest_is_awaited = false;
        self.is_at_rest.store(!is_disturbed, Ordering::Relaxed);
        if is_disturbed { Rest::Disturbed } else { Rest::Begun }
    }
}

enum Rest {
    NotBefore(Instant),
    /// Somebody writes, and will commit.
    Disturbed,
    Begun,
}

/// Deletes files that belong to no segment.
fn sweep(writer: &IndexWriter<Row>) -> Result<(), StoreError> {
    let swept = writer.garbage_collect_files().wait().map(drop).map_err(|error| from_engine("deleting files that were given up", error));
    swept.inspect_err(|error| tracing::warn!(error = error as &dyn std::error::Error, "files that were given up could not be deleted"))
}

impl Newest {
    /// What it wrote and did not commit is gone.
    fn lose(&mut self) {
        self.lost = true;
        self.builder = Arc::default();
    }
}
