//! What the operator API takes and gives where that is not the catalogue's own type. The OpenAPI document is made from these.

use serde::{Deserialize, Serialize};
use sluice_catalogue::{Breach, Dispatcher, JobSpec, KeyId, NewBreach, Plan, Slot};
use sluice_record::{BlobDigest, BreachId, DumpId, JobId, LoadId, MemberId, PluginDigest};
use sluice_store::records::{Cursor, StoredRecord};
use utoipa::{IntoParams, ToSchema};

/// What was made.
#[derive(Serialize, ToSchema)]
pub(crate) struct Created {
    pub(crate) id: i64,
}

/// The job that does what was asked for.
#[derive(Serialize, ToSchema)]
pub(crate) struct Asked {
    pub(crate) job: JobId,
}

/// A breach with what its published loads say of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct BreachView {
    id: BreachId,
    about: NewBreach,
    /// When its first load was published, in milliseconds since 1970.
    added_at: i64,
    modified_at: i64,
    /// Distinct accounts of its published loads.
    pwn_count: u64,
    data_classes: Vec<String>,
    published_loads: u64,
}

impl From<Breach> for BreachView {
    fn from(breach: Breach) -> Self {
        let Breach { id, about, added_at, modified_at, pwn_count, data_classes, published_loads } = breach;
        Self { id, about, added_at, modified_at, pwn_count, data_classes, published_loads }
    }
}

/// A job that is asked for.
#[derive(Deserialize, ToSchema)]
pub(crate) struct JobRequest {
    #[serde(flatten)]
    pub(crate) spec: JobSpec,
    /// Greater goes first; 0 is ordinary.
    #[serde(default)]
    pub(crate) priority: i64,
    /// The daily stretch in UTC in which its tasks may start, `HH:MM-HH:MM`; it may pass midnight.
    #[serde(default)]
    pub(crate) window: Option<String>,
    /// By when it should be done, RFC 3339.
    #[serde(default)]
    pub(crate) deadline: Option<String>,
}

/// What is to change of when a job runs.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct JobChange {
    /// Greater goes first; 0 is ordinary.
    pub(crate) priority: Option<i64>,
    /// `HH:MM-HH:MM` in UTC, or `none`.
    pub(crate) window: Option<String>,
    /// RFC 3339, or `none`.
    pub(crate) deadline: Option<String>,
}

/// How long a job is waited for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Patience {
    /// Answers when the job's state changes, or after so many milliseconds: at once if nothing is said, 30,000 at most.
    pub(crate) wait_ms: Option<u64>,
}

/// What load is asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Target {
    /// Within how many seconds the queued work is to be done: 600 if nothing is said, a week at most.
    pub(crate) target_seconds: Option<u64>,
    /// Only what is to be done in this region, and its lanes; what may be done anywhere is in no region's.
    pub(crate) region: Option<String>,
}

/// What a load stored.
#[derive(Serialize, ToSchema)]
pub(crate) struct LoadDigest {
    /// Hex; the same for the same records, however they were written.
    pub(crate) digest: String,
    pub(crate) records: u64,
    pub(crate) accounts: u64,
    pub(crate) passwords: u64,
}

/// Dispatchers and what is reserved of their time.
#[derive(Serialize, ToSchema)]
pub(crate) struct Slots {
    pub(crate) dispatchers: Vec<Dispatcher>,
    pub(crate) slots: Vec<Slot>,
}

/// A plugin that was installed.
#[derive(Serialize, ToSchema)]
pub(crate) struct Installed {
    pub(crate) digest: PluginDigest,
}

/// A key to be made.
#[derive(Deserialize, ToSchema)]
pub(crate) struct KeyRequest {
    /// Whose it is.
    pub(crate) label: String,
    /// An operator's token?
    #[serde(default)]
    pub(crate) operator: bool,
    #[serde(default)]
    pub(crate) plan: Plan,
    /// Requests a minute.
    pub(crate) rpm: u32,
    /// Milliseconds since 1970.
    #[serde(default)]
    pub(crate) expires_at: Option<i64>,
}

/// A key that was made. It is in this answer and nowhere else.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedKey {
    pub(crate) id: KeyId,
    pub(crate) key: String,
}

/// What bytes are expected to have arrived.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct Completion {
    pub(crate) digest: Option<BlobDigest>,
}

/// A dump that is all there; its id is another's if that one has the same bytes.
#[derive(Serialize, ToSchema)]
pub(crate) struct Completed {
    pub(crate) id: DumpId,
    pub(crate) digest: BlobDigest,
}

/// One of `account`, `domain` and `text`.
#[derive(Deserialize, IntoParams)]
pub(crate) struct Search {
    pub(crate) account: Option<String>,
    pub(crate) domain: Option<String>,
    pub(crate) text: Option<String>,
    /// Records of a page.
    pub(crate) limit: Option<usize>,
    /// `next` of the page before, as JSON.
    pub(crate) after: Option<String>,
}

/// A record as it was stored.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecordView {
    load: LoadId,
    member: MemberId,
    /// Where its raw row is in the staged member.
    offset: u64,
    len: u32,
    /// Pairs: the field's kind or the column's name, and the value.
    #[schema(value_type = Vec<Vec<String>>)]
    fields: Vec<(String, String)>,
}

impl From<StoredRecord> for RecordView {
    fn from(record: StoredRecord) -> Self {
        let StoredRecord { load, member, offset, len, fields, .. } = record;
        Self { load, member, offset, len, fields }
    }
}

/// A row that was rejected.
#[derive(ToSchema)]
#[allow(dead_code)] // only its shape is asked for
pub(crate) struct RejectView {
    member: MemberId,
    /// The member's path within the dump, or the dump's own name.
    name: String,
    /// Where it is in the member, once that is unpacked and its text is UTF-8.
    offset: u64,
    bytes: u32,
    reason: String,
}

/// A page of records.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecordPage {
    pub(crate) records: Vec<RecordView>,
    /// Where the next page begins; null on the last.
    #[schema(value_type = Option<Object>)]
    pub(crate) next: Option<Cursor>,
}

/// An event of a job's progress.
#[derive(ToSchema)]
#[allow(dead_code)] // only its shape is asked for
pub(crate) struct Told {
    jobs: Vec<ToldJob>,
    bytes_per_second: f64,
}

/// A job within an event.
#[derive(ToSchema)]
#[allow(dead_code)]
pub(crate) struct ToldJob {
    id: JobId,
    state: sluice_catalogue::JobState,
    message: String,
    hint: String,
    load: Option<LoadId>,
    tasks: u64,
    tasks_done: u64,
    bytes: u64,
    bytes_done: u64,
    records: u64,
    rejects: u64,
    finished_at: Option<i64>,
}
