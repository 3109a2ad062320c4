//! The record store: normalised records, written in bulk by tasks, visible by load, searched by account, domain or text.
//!
//! [`RecordStore`] is what the rest of the house knows. [`TantivyRecords`] is the embedded default, [`OpenSearchRecords`] the one
//! it grows into; both pass the suite in `tests/it/record_store.rs`. Deliberately not here: which loads are
//! published (the catalogue says, every query brings them along) and what may be stored at all (protect has decided).
//!
//! The unit of writing is an [`Attempt`] of a task. Beginning a newer attempt deletes what the older ones wrote and shuts
//! them out, so that a task killed, leased again, or run twice by mistake leaves what one run would have.

mod digest;
mod opensearch;
mod row;
mod tantivy;

use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;
use sluice_record::{DataClasses, DocBatch, FencingToken, FieldKind, LoadId, MemberId, TaskId};

pub use self::{
    opensearch::{OpenSearchOptions, OpenSearchRecords},
    tantivy::{TantivyOptions, TantivyRecords},
};
pub use digest::MultisetDigest;

pub(crate) use self::opensearch::Failure as OpenSearchFailure;
use crate::StoreError;

/// A store of normalised records.
#[async_trait]
pub trait RecordStore: Send + Sync {
    /// Begins an attempt of a task, by the token of its lease: whatever earlier attempts wrote is deleted with this one's first
    /// commit, and what they still try to write is refused. So is an attempt whose lease is older than that of the last: it would
    /// delete what a later one has written. Under the same lease a task may begin again. Cheap for a task that never wrote.
    ///
    /// # Errors
    /// [`StoreError::Superseded`] if an attempt under a later lease began, [`StoreError::Unavailable`], [`StoreError::Full`].
    async fn begin(&self, load: LoadId, task: TaskId, lease: FencingToken) -> Result<Attempt, StoreError>;

    /// Writes documents in bulk; returns when the store has room for more. Call it from many tasks at once.
    ///
    /// # Errors
    /// [`StoreError::Superseded`] if a newer attempt began, [`StoreError::Lost`] if the writer failed since this one's
    /// last commit (begin again), [`StoreError::Full`] and [`StoreError::Unavailable`] if it failed just now;
    /// [`StoreError::Invalid`] for documents of another task or load.
    async fn write(&self, attempt: Attempt, docs: Arc<DocBatch>) -> Result<(), StoreError>;

    /// Makes everything this attempt wrote so far durable, countable and searchable. Attempts that ask at once share
    /// one commit.
    ///
    /// # Errors
    /// As [`RecordStore::write`].
    async fn commit(&self, attempt: Attempt) -> Result<(), StoreError>;

    /// Exactly how many committed records a load has.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    async fn count(&self, load: LoadId) -> Result<u64, StoreError>;

    /// One page of the committed records that match, of the loads given and no others, by ascending [`Cursor`].
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a limit out of bounds or a text without a word; as [`RecordStore::count`].
    async fn search(&self, query: &RecordQuery) -> Result<Page, StoreError>;

    /// All committed records that match, of the loads given and no others, in no order, a few at a time: for answers about a whole
    /// domain, where each page would look for everything anew. What is written or deleted meanwhile does not show. A stream that
    /// broke off ends with its error; whoever has enough drops it.
    ///
    /// # Errors
    /// As [`RecordStore::search`].
    async fn search_all(&self, matching: &Matching, loads: &[LoadId]) -> Result<Exported, StoreError>;

    /// All records of a load that are committed now, in no order, a few at a time. What is written or deleted meanwhile does not show.
    /// A stream that broke off ends with its error.
    ///
    /// # Errors
    /// As [`RecordStore::count`].
    async fn export(&self, load: LoadId) -> Result<Exported, StoreError>;

    /// A digest over all committed records of a load, as a multiset: byte range in the member, data classes and fields.
    /// Neither order, task, load nor member ids count, so two loads of the same input, one killed and restarted, agree.
    ///
    /// # Errors
    /// As [`RecordStore::count`].
    async fn digest(&self, load: LoadId) -> Result<[u8; 32], StoreError>;

    /// Deletes all of a load, and shuts its attempts out. Doing it twice is as doing it once.
    ///
    /// # Errors
    /// As [`RecordStore::commit`].
    async fn purge(&self, load: LoadId) -> Result<(), StoreError>;

    /// How the store is: what `ready` and the metrics ask.
    ///
    /// # Errors
    /// [`StoreError::Full`] or [`StoreError::Unavailable`] while the writer is down.
    async fn health(&self) -> Result<Health, StoreError>;
}

/// What [`RecordStore::export`] and [`RecordStore::search_all`] give.
pub type Exported = BoxStream<'static, Result<Vec<StoredRecord>, StoreError>>;

/// An attempt of a task to write its output; made by [`RecordStore::begin`] alone.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Attempt {
    load: LoadId,
    task: TaskId,
    lease: FencingToken,
    /// Of those under one lease.
    number: u64,
}

impl Attempt {
    /// The load it writes to.
    pub const fn load(&self) -> LoadId {
        self.load
    }

    /// The task it is one of.
    pub const fn task(&self) -> TaskId {
        self.task
    }
}

/// What to look for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordQuery {
    /// What must match.
    pub matching: Matching,
    /// The published loads: no other's records are found.
    pub loads: Vec<LoadId>,
    /// Records in a page, 1 to [`PAGE_RECORDS_MAX`].
    pub limit: usize,
    /// Go on after this one.
    pub after: Option<Cursor>,
}

/// Records in one page at most.
pub const PAGE_RECORDS_MAX: usize = 1_000;
/// Words in one full-text query at most.
pub const QUERY_WORDS_MAX: usize = 16;

/// Accounts longer than this are indexed by their BLAKE3: a term's length is bounded, a value's more loosely so.
const ACCOUNT_TERM_BYTES_MAX: usize = 320;

/// What must match.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Matching {
    /// An e-mail address, user name or phone number, exactly but for case.
    Account(String),
    /// The domain of an e-mail address, exactly but for case.
    Domain(String),
    /// The domain of a website that a record's account was used at ([`sluice_record::WEBSITE_TAG`]), exactly but for case.
    Website(String),
    /// Words that must all be in the fields kept for full text.
    Text(String),
}

/// A record's place in the order of results: stable however the store rearranges itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub struct Cursor {
    /// The load.
    pub load: LoadId,
    /// The member, within the load.
    pub member: MemberId,
    /// First byte of the raw row in the member.
    pub offset: u64,
}

/// One page of results.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Page {
    /// By ascending cursor.
    pub records: Vec<StoredRecord>,
    /// Where the next page begins; `None` if this one is the last.
    pub next: Option<Cursor>,
}

/// A record as it was stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredRecord {
    /// The load.
    pub load: LoadId,
    /// The staged member it was read from.
    pub member: MemberId,
    /// First byte of its raw row in the staged member.
    pub offset: u64,
    /// Bytes of its raw row.
    pub len: u32,
    /// Kinds of field it had, kept or not.
    pub classes: DataClasses,
    /// Its values in the record's order: name of the field (a [`FieldKind::name`], [`sluice_record::WEBSITE_NAME`] or the column's)
    /// and canonical text.
    pub fields: Vec<(String, String)>,
}

impl StoredRecord {
    /// Its place in the order of results.
    pub const fn cursor(&self) -> Cursor {
        Cursor { load: self.load, member: self.member, offset: self.offset }
    }

    /// The first value of a kind.
    pub fn get(&self, kind: FieldKind) -> Option<&str> {
        self.all(kind.name()).next()
    }

    /// All values of a name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.fields.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// How a store is.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Health {
    /// The engine and its version.
    pub engine: String,
    /// Committed records, deleted ones left out.
    pub records: u64,
    /// Segments or shards.
    pub segments: usize,
    /// Bytes on disk.
    pub bytes: u64,
}
