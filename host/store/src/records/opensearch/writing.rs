//! Writing: attempts of this process, bulk requests side by side, and commits that many share.
//!
//! An attempt's documents collect in a buffer; a full one is sent while the next one fills, as long as there is room for its bytes. Ids are
//! the server's, for it looks none up then; so a request that was not answered can't be sent again, and its attempt fails. The next one hides
//! and deletes what there is of it.
//!
//! The translog is not synced at each request: a commit flushes, which makes all that was written durable, refreshes, and then counts the
//! part. A server that was killed after it had acknowledged records, and before they were durable, has lost some: then the count is short,
//! and the attempt is lost with them. So is one that something wrote twice.

use std::{
    collections::HashMap,
    mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use opensearch::http::Method;
use serde_json::{Value, json};
use sluice_record::{DocBatch, FencingToken, LoadId, TaskId};
use tokio::task::JoinSet;

use super::{
    OpenSearchOptions, bulk,
    client::{Client, Failure},
    document::Encoder,
    parts::{self, Seen},
    reading,
    room::Room,
    schema::Names,
};
use crate::{StoreError, records::Attempt};

const WRITING: &str = "writing records to OpenSearch";
const COMMITTING: &str = "committing records in OpenSearch";
const DELETING: &str = "deleting records in OpenSearch";
/// Between two looks at a deletion, and how often one is begun again that a node took with it.
const DELETION_POLL_MS: [u64; 2] = [20, 2_000];
const DELETIONS_MAX: u32 = 16;

/// The writing half of the store.
#[derive(Debug)]
pub(super) struct Writing {
    client: Client,
    names: Names,
    bulk_path: String,
    bulk_bytes: usize,
    room: Room,
    attempts: Mutex<Attempts>,
    commits: Commits,
}

#[derive(Debug, Default)]
struct Attempts {
    /// The newest attempt of each task that this process knows; one entry a task until its load is purged or the process ends.
    newest: HashMap<TaskId, (Attempt, Arc<tokio::sync::Mutex<Open>>)>,
    last_number: u64,
}

/// Commits asked for, and the last one that was dealt with; held by who commits.
#[derive(Debug, Default)]
struct Commits {
    asked: AtomicU64,
    answered: tokio::sync::Mutex<u64>,
}

#[derive(Debug)]
struct Open {
    seen: Seen,
    /// Hidden, and this attempt's; none after a commit until the next write.
    part: Option<u64>,
    part_records: u64,
    encoder: Encoder,
    lines: Vec<u8>,
    sending: JoinSet<Result<Vec<u8>, StoreError>>,
    has_committed: bool,
    is_lost: bool,
}

impl Writing {
    pub(super) fn new(client: Client, names: Names, options: &OpenSearchOptions) -> Self {
        Self {
            bulk_path: bulk::path(&names.records),
            client,
            names,
            bulk_bytes: options.bulk_bytes,
            room: Room::new(options.in_flight_bytes),
            attempts: Mutex::default(),
            commits: Commits::default(),
        }
    }

    pub(super) async fn begin(&self, load: LoadId, task: TaskId, lease: FencingToken) -> Result<Attempt, StoreError> {
        let (seen, part) = parts::begin(&self.client, &self.names, load, task, lease).await?;
        let open = Open {
            seen,
            part: Some(part),
            part_records: 0,
            encoder: Encoder::default(),
            lines: Vec::new(),
            sending: JoinSet::new(),
            has_committed: false,
            is_lost: false,
        };
        let mut attempts = self.attempts();
        attempts.last_number += 1;
        let attempt = Attempt { load, task, lease, number: attempts.last_number };
        attempts.newest.insert(task, (attempt, Arc::new(tokio::sync::Mutex::new(open))));
        Ok(attempt)
    }

    pub(super) async fn write(&self, attempt: Attempt, docs: &DocBatch) -> Result<(), StoreError> {
        if (docs.load, docs.task) != (attempt.load, attempt.task) {
            return Err(StoreError::Invalid("documents of one task were written by an attempt of another".into()));
        }
        let open = self.find(attempt)?;
        let mut open = open.lock().await;
        let written = self.write_open(&mut open, attempt.number, docs).await;
        self.ended(attempt, &mut open, written)
    }

    async fn write_open(&self, open: &mut Open, number: u64, docs: &DocBatch) -> Result<(), StoreError> {
        if docs.is_empty() || open.is_lost {
            return Ok(());
        }
        let part = match open.part {
            Some(part) => part,
            None => self.open_part(open).await?,
        };
        for doc in docs.docs() {
            open.encoder.line(docs, &doc, part, &mut open.lines)?;
            open.part_records += 1;
            if open.lines.len() >= self.bulk_bytes {
                self.send(open, number).await?;
            }
        }
        Ok(())
    }

    async fn open_part(&self, open: &mut Open) -> Result<u64, StoreError> {
        let part = parts::new_part()?;
        let mut next = open.seen.parts.clone();
        next.hidden.push(part);
        if !parts::replace(&self.client, &self.names, &mut open.seen, next).await? {
            return Err(StoreError::Superseded);
        }
        (open.part, open.part_records) = (Some(part), 0);
        Ok(part)
    }

    /// Sends what has collected, as soon as there is room for it; what was sent before may fail here.
    async fn send(&self, open: &mut Open, number: u64) -> Result<(), StoreError> {
        let lines = mem::take(&mut open.lines);
        let room = self.room.take(number, lines.len()).await;
        // Memory of lines that were sent: the kernel clears what is new.
        while let Some(sent) = open.sending.try_join_next() {
            open.lines = joined(sent)?;
        }
        open.lines.reserve(self.bulk_bytes + self.bulk_bytes / 8);
        let (client, path) = (self.client.clone(), self.bulk_path.clone());
        open.sending.spawn(async move {
            let _room = room;
            bulk::write(&client, &path, lines).await.map_err(|failure| failure.while_(WRITING))
        });
        Ok(())
    }

    pub(super) async fn commit(&self, attempt: Attempt) -> Result<(), StoreError> {
        let open = self.find(attempt)?;
        let mut open = open.lock().await;
        let committed = self.commit_open(&mut open, attempt.number).await;
        self.ended(attempt, &mut open, committed)
    }

    async fn commit_open(&self, open: &mut Open, number: u64) -> Result<(), StoreError> {
        if open.is_lost {
            return Ok(());
        }
        if !open.lines.is_empty() {
            self.send(open, number).await?;
        }
        open.lines = Vec::new();
        while let Some(sent) = open.sending.join_next().await {
            joined(sent)?;
        }
        let Some(part) = open.part else { return Ok(()) };
        let mut next = open.seen.parts.clone();
        if !open.has_committed {
            next.hidden.append(&mut next.committed);
        }
        next.hidden.retain(|hidden| *hidden != part);
        if open.part_records > 0 {
            self.make_durable().await?;
            let of_part = json!({ "term": { "part": part } });
            let counted = reading::total(&self.client, &self.names, &of_part).await?;
            if counted != open.part_records {
                // A newer attempt deletes what it replaces.
                if !parts::is_current(&self.client, &self.names, &open.seen).await? {
                    return Err(StoreError::Superseded);
                }
                tracing::warn!("OpenSearch has {counted} of {} records that it acknowledged", open.part_records);
                return Err(StoreError::Lost);
            }
            next.committed.push(part);
        }
        let replaced = next.hidden.clone();
        if !parts::replace(&self.client, &self.names, &mut open.seen, next).await? {
            return Err(StoreError::Superseded);
        }
        (open.part, open.part_records) = (None, 0);
        if !mem::replace(&mut open.has_committed, true) && !replaced.is_empty() {
            // Nobody sees them; what is left of them takes room until the next attempt or the load's purge.
            if let Err(error) = self.delete(&json!({ "terms": { "part": replaced } })).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "records of replaced attempts are still there");
            }
        }
        Ok(())
    }

    /// Flushes and refreshes, for all who asked until then.
    async fn make_durable(&self) -> Result<(), StoreError> {
        let number = self.commits.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let mut answered = self.commits.answered.lock().await;
        if *answered >= number {
            return Ok(());
        }
        let asked = self.commits.asked.load(Ordering::SeqCst);
        for what in ["_flush?wait_if_ongoing=true", "_refresh?"] {
            let path = format!("/{}/{what}", self.names.records);
            let done = self.client.insist(Method::Post, &path, &Value::Null).await.map_err(|failure| failure.while_(COMMITTING))?;
            if done["_shards"]["failed"].as_u64() != Some(0) {
                return Err(Failure::Unreadable("a shard could not be flushed").while_(COMMITTING));
            }
        }
        *answered = asked;
        Ok(())
    }

    pub(super) async fn purge(&self, load: LoadId) -> Result<(), StoreError> {
        self.attempts().newest.retain(|_, (attempt, _)| attempt.load != load);
        parts::forget(&self.client, &self.names, load).await?;
        self.delete(&json!({ "term": { "load": load } })).await
    }

    /// Deletes what a query finds, and waits until that is done, however long; a node that is lost takes the work with it.
    async fn delete(&self, query: &Value) -> Result<(), StoreError> {
        let failed = |failure: Failure| failure.while_(DELETING);
        // What was written last is not found before it is refreshed.
        let refresh = format!("/{}/_refresh", self.names.records);
        let path = format!("/{}/_delete_by_query?conflicts=proceed&refresh=true&wait_for_completion=false&slices=auto", self.names.records);
        for _ in 0..DELETIONS_MAX {
            self.client.insist(Method::Post, &refresh, &Value::Null).await.map_err(failed)?;
            let begun = self.client.insist(Method::Post, &path, &json!({ "query": query })).await.map_err(failed)?;
            let id = begun["task"].as_str().ok_or_else(|| failed(Failure::Unreadable("a deletion has no task")))?;
            if self.deleted(id).await? {
                return Ok(());
            }
        }
        Err(failed(Failure::Unreadable("a deletion did not come to its end")))
    }

    /// Waits for a deletion; true if it left nothing.
    async fn deleted(&self, task: &str) -> Result<bool, StoreError> {
        let [mut poll_ms, poll_ms_max] = DELETION_POLL_MS;
        loop {
            match self.client.insist(Method::Get, &format!("/_tasks/{task}"), &Value::Null).await {
                Ok(state) if state["completed"] == true => {
                    let left = state["response"]["version_conflicts"].as_u64() != Some(0);
                    let failures = state["response"]["failures"].as_array().is_none_or(|failures| !failures.is_empty());
                    if failures {
                        let failure = state["response"]["failures"][0].clone();
                        let status = failure["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(500);
                        // Of a document, or of a shard that could not be searched.
                        let cause = ["cause", "reason"].map(|key| &failure[key]).into_iter().find(|cause| cause.is_object());
                        return Err(Failure::of(status, cause.unwrap_or(&failure)).while_(DELETING));
                    }
                    return Ok(!left);
                }
                Ok(_) => {}
                Err(failure) if failure.is(404) => return Ok(false),
                Err(failure) => return Err(failure.while_(DELETING)),
            }
            tokio::time::sleep(std::time::Duration::from_millis(poll_ms)).await;
            poll_ms = (poll_ms * 2).min(poll_ms_max);
        }
    }

    fn find(&self, attempt: Attempt) -> Result<Arc<tokio::sync::Mutex<Open>>, StoreError> {
        match self.attempts().newest.get(&attempt.task) {
            Some((newest, open)) if *newest == attempt => Ok(Arc::clone(open)),
            _ => Err(StoreError::Superseded),
        }
    }

    /// What came of a write or a commit: an attempt that failed once writes no more, and one that was overtaken is told so.
    fn ended(&self, attempt: Attempt, open: &mut Open, ended: Result<(), StoreError>) -> Result<(), StoreError> {
        let was_lost = open.is_lost;
        open.is_lost |= ended.is_err();
        if open.is_lost {
            open.lines = Vec::new();
            open.sending.abort_all();
        }
        self.find(attempt)?;
        if was_lost { Err(StoreError::Lost) } else { ended }
    }

    /// What this guards is whole at every instant, so a panic elsewhere does not spoil it.
    fn attempts(&self) -> MutexGuard<'_, Attempts> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn joined(sent: Result<Result<Vec<u8>, StoreError>, tokio::task::JoinError>) -> Result<Vec<u8>, StoreError> {
    sent.unwrap_or_else(|error| Err(StoreError::from_source(WRITING, error)))
}
