//! The record store on Tantivy: one index for all loads, in one folder, of one process.
//!
//! [`schema`] says what is indexed, [`document`] hands batches over without an allocation a value, [`directory`] keeps
//! files out of the process's memory and [`syncing`] gets them to the disk, [`building`] makes an attempt's segments, [`writer`] has the
//! attempts, group commits and recovery, [`merging`] decides what is merged, [`reading`] counts, digests and searches. What blocks
//! runs off the async threads.

mod building;
mod directory;
mod document;
mod merging;
mod reading;
mod schema;
mod syncing;
mod writer;

use std::{path::Path, sync::Arc};

use async_trait::async_trait;
use futures::StreamExt;
use sluice_record::{DocBatch, FencingToken, LoadId, TaskId};
use tantivy::{Index, IndexReader, ReloadPolicy, TantivyError, directory::error::LockError};
use tokio::sync::mpsc;

use self::{directory::IndexFolder, schema::Fields, writer::Writing};
use super::{Attempt, Exported, Health, Matching, Page, RecordQuery, RecordStore, StoredRecord};
use crate::{StoreError, error::BoxError};

/// Stretches of an export or a search that are read ahead of who takes them.
const STRETCHES_AHEAD: usize = 2;

/// How the embedded record store uses the machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TantivyOptions {
    /// Attempts that write at once, usually: each builds segments of its own.
    pub writers: usize,
    /// Memory for segments being built, over all attempts; each has at least [`building::MEMORY_BYTES_MIN`].
    pub memory_bytes: usize,
    /// Merges at once.
    pub merge_threads: usize,
}

impl Default for TantivyOptions {
    fn default() -> Self {
        Self { writers: 2, memory_bytes: 64 << 20, merge_threads: 1 }
    }
}

/// The embedded record store. Cloning shares it.
#[derive(Clone)]
pub struct TantivyRecords {
    folder: IndexFolder,
    fields: Fields,
    reader: IndexReader,
    writing: Arc<Writing>,
}

impl TantivyRecords {
    /// Opens the store in a folder, which is made with owner-only rights if it is not there. What was not committed when
    /// the last process ended, however it ended, is gone. Blocks on the disk.
    ///
    /// # Errors
    /// [`StoreError::InUse`] if another process has it open; [`StoreError::Damaged`] if it is of another schema;
    /// [`StoreError::Full`] and [`StoreError::Unavailable`].
    pub fn open(path: &Path, options: TantivyOptions) -> Result<Self, StoreError> {
        let folder = IndexFolder::open(path)
            .map_err(|error| StoreError::from_source(format!("opening the record store in {}", path.display()), error))?;
        let (schema, fields) = schema::schema();
        let index = Index::builder()
            .schema(schema)
            .settings(schema::settings())
            .open_or_create(folder.clone())
            .map_err(|error| from_engine("opening the record store", error))?;
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()
            .map_err(|error| from_engine("opening the record store", error))?;
        let writing = Writing::open(index, folder.clone(), fields, reader.clone(), options)?;
        Ok(Self { folder, fields, reader, writing: Arc::new(writing) })
    }

    /// Runs what blocks off the async threads.
    async fn reading<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&tantivy::Searcher, &Fields) -> Result<T, StoreError> + Send + 'static,
    {
        let (searcher, fields) = (self.reader.searcher(), self.fields);
        blocking(move || work(&searcher, &fields)).await
    }

    /// As [`Self::reading`], for work that hands out its result stretch by stretch.
    fn streaming<F>(&self, work: F) -> Exported
    where
        F: FnOnce(&tantivy::Searcher, &Fields, &mut dyn FnMut(Vec<StoredRecord>) -> bool) -> Result<(), StoreError> + Send + 'static,
    {
        let (searcher, fields) = (self.reader.searcher(), self.fields);
        let (send, receive) = mpsc::channel(STRETCHES_AHEAD);
        tokio::task::spawn_blocking(move || {
            // Nobody listens any more: then there is nothing to do.
            if let Err(error) = work(&searcher, &fields, &mut |records| send.blocking_send(Ok(records)).is_ok()) {
                let _ = send.blocking_send(Err(error));
            }
        });
        futures::stream::unfold(receive, async |mut receive| Some((receive.recv().await?, receive))).boxed()
    }
}

impl std::fmt::Debug for TantivyRecords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TantivyRecords({:?})", self.folder)
    }
}

#[async_trait]
impl RecordStore for TantivyRecords {
    async fn begin(&self, load: LoadId, task: TaskId, lease: FencingToken) -> Result<Attempt, StoreError> {
        self.writing.begin(load, task, lease)
    }

    async fn write(&self, attempt: Attempt, docs: Arc<DocBatch>) -> Result<(), StoreError> {
        self.writing.write(attempt, docs).await
    }

    async fn commit(&self, attempt: Attempt) -> Result<(), StoreError> {
        self.writing.commit(attempt).await
    }

    async fn count(&self, load: LoadId) -> Result<u64, StoreError> {
        self.reading(move |searcher, fields| reading::count(searcher, fields, load)).await
    }

    async fn search(&self, query: &RecordQuery) -> Result<Page, StoreError> {
        let query = query.clone();
        self.reading(move |searcher, fields| reading::search(searcher, fields, &query)).await
    }

    async fn search_all(&self, matching: &Matching, loads: &[LoadId]) -> Result<Exported, StoreError> {
        let (matching, loads) = (matching.clone(), loads.to_vec());
        Ok(self.streaming(move |searcher, fields, take| reading::search_all(searcher, fields, &matching, &loads, take)))
    }

    async fn export(&self, load: LoadId) -> Result<Exported, StoreError> {
        Ok(self.streaming(move |searcher, fields, take| reading::export(searcher, fields, load, take)))
    }

    async fn digest(&self, load: LoadId) -> Result<[u8; 32], StoreError> {
        self.reading(move |searcher, fields| reading::digest(searcher, fields, load)).await
    }

    async fn purge(&self, load: LoadId) -> Result<(), StoreError> {
        self.writing.shut_out(load).await;
        let tasks = self.reading(move |searcher, fields| reading::tasks(searcher, fields, load)).await?;
        self.writing.delete_tasks(load, tasks).await
    }

    async fn health(&self) -> Result<Health, StoreError> {
        self.writing.health().await?;
        let folder = self.folder.clone();
        self.reading(move |searcher, _| {
            Ok(Health {
                engine: tantivy::version_string().to_owned(),
                records: searcher.num_docs(),
                segments: searcher.segment_readers().len(),
                bytes: folder.bytes().map_err(|error| StoreError::from_source("measuring the record store", error))?,
            })
        })
        .await
    }
}

/// Runs what blocks off the async threads; it goes on to its end even if nobody waits for it any more.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, StoreError> + Send + 'static) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(StoreError::Unavailable { doing: "running the record store's work".into(), source: Box::new(error) }),
    }
}

/// Tells apart what can be done about an error of Tantivy's; some of its errors keep their I/O error where a walk over
/// the sources does not find it.
fn from_engine(doing: &str, error: TantivyError) -> StoreError {
    use tantivy::directory::error::{OpenReadError, OpenWriteError};
    let damaged = |reason: String| StoreError::Damaged { what: "the record store".into(), reason };
    let io = match &error {
        TantivyError::LockFailure(LockError::LockBusy, _) => return StoreError::InUse { what: "the record store".into() },
        TantivyError::SchemaError(_) => return damaged("it was made with another schema; export its loads and import them anew".into()),
        TantivyError::IncompatibleIndex(_) | TantivyError::DataCorruption(_) => return damaged("Tantivy cannot read its files".into()),
        TantivyError::IoError(io)
        | TantivyError::LockFailure(LockError::IoError(io), _)
        | TantivyError::OpenWriteError(OpenWriteError::IoError { io_error: io, .. })
        | TantivyError::OpenReadError(OpenReadError::IoError { io_error: io, .. }) => Some(Arc::clone(io)),
        _ => None,
    };
    match io {
        Some(io) if crate::error::is_full_kind(&io) => StoreError::from_source(doing, std::io::Error::from(io.kind())),
        _ => StoreError::from_source(doing, BoxError::from(error)),
    }
}
