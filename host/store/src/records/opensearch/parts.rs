//! Which of what was written counts: the fence, kept in OpenSearch itself so that it holds between processes.
//!
//! A **part** is what one attempt writes between two commits; its number, drawn at random, is in each of its records. A task's document
//! lists the parts that are committed and those that are hidden: open ones, ones that were given up, and ones that a newer attempt has
//! replaced. A query leaves out the hidden parts of the loads it asks for. So a record of an attempt that lost its lease is never seen,
//! however late it arrives, for its part stays hidden for good; and a commit shows a part, and hides what it replaces, by one write of one
//! document, which OpenSearch refuses if another process changed it meanwhile.
//!
//! A load that was written without a fault has no hidden part when it is published.

use opensearch::http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sluice_record::{FencingToken, LoadId, TaskId};

use super::{
    client::{Client, Failure},
    schema::Names,
};
use crate::StoreError;

/// Attempts that one task may give up, and documents with hidden parts that one query can take into account: far below what OpenSearch
/// takes in one query's terms.
const HIDDEN_PARTS_MAX: usize = 500;
const HIDING_TASKS_MAX: u64 = 10_000;
const HIDDEN_TERMS_MAX: usize = 60_000;
/// Marks a task of a purged load, until it begins again. No part has this number.
const FORGOTTEN: u64 = 0;
/// Tasks that one request of a purge deals with.
const PURGED_TASKS: usize = 1_000;
/// Rounds of a purge that others get in the way of.
const PURGE_ROUNDS_MAX: usize = 10_000;

const WRITING: &str = "noting what of a task counts in OpenSearch";
const READING: &str = "reading what of a load counts in OpenSearch";

/// A task's document.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct TaskParts {
    load: i64,
    task: i64,
    /// Token of the lease that the newest attempt began under.
    lease: i64,
    pub(super) committed: Vec<u64>,
    pub(super) hidden: Vec<u64>,
}

/// A task's document as it was when this process last saw it.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) parts: TaskParts,
    /// Sequence number and primary term; none if there is no document.
    version: Option<(u64, u64)>,
}

/// A new part's number: unique, because nobody draws the same one of 2⁶³ twice.
pub(super) fn new_part() -> Result<u64, StoreError> {
    let drawn = getrandom::u64().map_err(|error| StoreError::from_source("drawing a random number", std::io::Error::other(error)))?;
    Ok((drawn >> 1).max(FORGOTTEN + 1))
}

fn path(names: &Names, load: i64, task: i64) -> String {
    format!("/{}/_doc/{load}-{task}", names.tasks)
}

/// Opens a part for a new attempt: it is hidden before anything of it is written, and older attempts can't commit any more. Who comes with
/// an older lease than the last is refused.
pub(super) async fn begin(
    client: &Client,
    names: &Names,
    load: LoadId,
    task: TaskId,
    lease: FencingToken,
) -> Result<(Seen, u64), StoreError> {
    loop {
        let mut seen = read(client, names, load, task).await?;
        if seen.parts.lease > lease.0 {
            return Err(StoreError::Superseded);
        }
        if seen.parts.hidden.len() >= HIDDEN_PARTS_MAX {
            let reason = format!("task {task} was given up {HIDDEN_PARTS_MAX} times; purge its load");
            return Err(StoreError::Damaged { what: "the record store's list of a task's attempts".into(), reason });
        }
        let part = new_part()?;
        let mut next = seen.parts.clone();
        next.hidden.retain(|part| *part != FORGOTTEN);
        next.hidden.push(part);
        next.lease = lease.0;
        if replace(client, names, &mut seen, next).await? {
            return Ok((seen, part));
        }
    }
}

async fn read(client: &Client, names: &Names, load: LoadId, task: TaskId) -> Result<Seen, StoreError> {
    match client.insist(Method::Get, &path(names, load.0, task.0), &Value::Null).await {
        Ok(found) => {
            let version = found["_seq_no"].as_u64().zip(found["_primary_term"].as_u64());
            let parts = serde_json::from_value(found["_source"].clone()).map_err(|_| damaged())?;
            Ok(Seen { parts, version: Some(version.ok_or_else(damaged)?) })
        }
        Err(failure) if failure.is_no_document() => {
            Ok(Seen { parts: TaskParts { load: load.0, task: task.0, lease: 0, committed: vec![], hidden: vec![] }, version: None })
        }
        Err(failure) => Err(failure.while_(READING)),
    }
}

/// Has nobody changed a task's document since?
pub(super) async fn is_current(client: &Client, names: &Names, seen: &Seen) -> Result<bool, StoreError> {
    Ok(read(client, names, LoadId(seen.parts.load), TaskId(seen.parts.task)).await?.version == seen.version)
}

/// Replaces a task's document, and lets searches see it; false if another process has been quicker.
pub(super) async fn replace(client: &Client, names: &Names, seen: &mut Seen, next: TaskParts) -> Result<bool, StoreError> {
    let condition = match seen.version {
        Some((number, term)) => format!("if_seq_no={number}&if_primary_term={term}"),
        None => "op_type=create".into(),
    };
    let path = format!("{}?refresh=true&{condition}", path(names, next.load, next.task));
    match client.insist(Method::Put, &path, &json!(next)).await {
        Ok(answer) => {
            *seen = Seen { parts: next, version: answer["_seq_no"].as_u64().zip(answer["_primary_term"].as_u64()) };
            Ok(true)
        }
        Err(failure) if failure.is(409) => {
            // A first try may have succeeded whose answer was lost; parts' numbers tell it from another's.
            *seen = read(client, names, LoadId(next.load), TaskId(next.task)).await?;
            Ok(seen.parts == next)
        }
        Err(failure) => Err(failure.while_(WRITING)),
    }
}

/// Parts that must not show, and whether that has changed.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Hidden {
    pub(super) parts: Vec<u64>,
    /// Rises with every change of a task's document.
    last_change: i64,
}

/// What is hidden of some loads, or of all.
pub(super) async fn hidden(client: &Client, names: &Names, loads: Option<&[LoadId]>) -> Result<Hidden, StoreError> {
    let loads = loads.map_or_else(|| json!({ "match_all": {} }), |loads| json!({ "terms": { "load": loads } }));
    let query = json!({
        "query": { "bool": { "filter": [loads] } },
        "post_filter": { "exists": { "field": "hidden" } },
        "aggs": { "last_change": { "max": { "field": "_seq_no" } } },
        "size": HIDING_TASKS_MAX, "_source": ["hidden"], "sort": ["_doc"], "track_total_hits": true,
    });
    let path = format!("/{}/_search?allow_partial_search_results=false", names.tasks);
    let found = client.ask(Method::Post, &path, &query).await.map_err(|failure| failure.while_(READING))?;
    let mut parts = Vec::new();
    for task in found["hits"]["hits"].as_array().ok_or_else(damaged)? {
        let hidden = task["_source"]["hidden"].as_array().into_iter().flatten();
        parts.extend(hidden.filter_map(Value::as_u64));
    }
    if found["hits"]["total"]["value"].as_u64() > Some(HIDING_TASKS_MAX) || parts.len() > HIDDEN_TERMS_MAX {
        let reason = "more attempts were given up than a query can leave out; purge loads that failed".into();
        return Err(StoreError::Damaged { what: "the record store's list of attempts".into(), reason });
    }
    parts.sort_unstable();
    Ok(Hidden { parts, last_change: found["aggregations"]["last_change"]["value"].as_f64().map_or(-1, |number| number as i64) })
}

/// Shuts a load's attempts out, and hides or forgets what they committed. What may still arrive stays hidden.
pub(super) async fn forget(client: &Client, names: &Names, load: LoadId) -> Result<(), StoreError> {
    let search = format!("/{}/_search?allow_partial_search_results=false&seq_no_primary_term=true", names.tasks);
    // Tasks that never failed have an empty list, and are deleted; the others lose what they had committed.
    let query = json!({
        "query": { "bool": { "filter": [{ "term": { "load": load } }], "must_not": [{ "term": { "hidden": FORGOTTEN } }] } },
        "size": PURGED_TASKS, "sort": ["_doc"],
    });
    for _ in 0..PURGE_ROUNDS_MAX {
        let found = client.insist(Method::Post, &search, &query).await.map_err(|failure| failure.while_(READING))?;
        let tasks = found["hits"]["hits"].as_array().ok_or_else(damaged)?;
        if tasks.is_empty() {
            return Ok(());
        }
        let mut lines = Vec::new();
        for task in tasks {
            let mut action = json!({ "_id": task["_id"], "if_seq_no": task["_seq_no"], "if_primary_term": task["_primary_term"] });
            let mut parts: TaskParts = serde_json::from_value(task["_source"].clone()).map_err(|_| damaged())?;
            if parts.hidden.is_empty() {
                action = json!({ "delete": action });
                lines.extend_from_slice(format!("{action}\n").as_bytes());
            } else {
                parts.hidden.append(&mut parts.committed);
                parts.hidden.push(FORGOTTEN);
                action = json!({ "index": action });
                lines.extend_from_slice(format!("{action}\n{}\n", json!(parts)).as_bytes());
            }
        }
        // Who was changed meanwhile, or did not fit a queue, comes again with the next round.
        let path = format!("/{}/_bulk?refresh=true&filter_path=errors", names.tasks);
        let mut outage = client.outage();
        while let Err(failure) = client.bulk(&path, lines.clone().into()).await {
            match failure {
                failure if failure.passes() => outage.wait(failure).await.map_err(|failure| failure.while_(WRITING))?,
                failure => return Err(failure.while_(WRITING)),
            }
        }
    }
    Err(Failure::Unreadable("its tasks are begun again while it is purged").while_(WRITING))
}

fn damaged() -> StoreError {
    StoreError::Damaged { what: "the record store's list of a task's attempts".into(), reason: "it cannot be read".into() }
}
