//! The indices: what they are called, their mappings and settings, and whether those of the server are still these.
//!
//! | field | how | for |
//! |---|---|---|
//! | load | number, column | counting and purging a load; filtering by published loads; the order of pages |
//! | part | number | hiding what is not committed, deleting what a newer attempt replaces |
//! | member, offset | columns | the order of pages |
//! | account | keyword, one for each e-mail, user name and phone number, folded | searching by account |
//! | domain | keyword, one for each e-mail, folded | searching by domain |
//! | website | keyword, a domain | searching a stealer's log by website |
//! | text | tokens without positions or norms | full text of what policy `search` keeps |
//! | shape | not indexed | which field each value is, and what folding changed: see [`super::document`] |
//!
//! A record is its `_source`, so that an index of a newer schema can be filled from an older one by `_reindex`.
//!
//! Records are not routed by account: one may have several, and a lookup by any of them would have to ask every shard all the same.
//! Look-ups at load are answered by the ranges, not here.

use opensearch::http::Method;
use serde_json::{Value, json};

use super::{OpenSearchOptions, client::Client};
use crate::StoreError;

/// Rises with each change of the mappings below.
const VERSION: u64 = 1;
/// `_shard_doc`, by which exports are paged.
const SERVER_VERSION_MIN: (u64, u64) = (3, 3);

/// The indices' names.
#[derive(Clone, Debug)]
pub(super) struct Names {
    /// Alias of the index of records, which requests name: a bulk write through an alias can't make an index by itself.
    pub(super) records: String,
    /// Which parts of each task count; see [`super::parts`].
    pub(super) tasks: String,
}

impl Names {
    pub(super) fn new(prefix: &str) -> Result<Self, StoreError> {
        let is_fit = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
        if prefix.is_empty() || prefix.len() > 64 || !prefix.bytes().all(is_fit) || !prefix.as_bytes()[0].is_ascii_alphanumeric() {
            let rule = "an index prefix has 1 to 64 lower-case letters, digits, - and _, and begins with a letter or digit";
            return Err(StoreError::Invalid(rule.into()));
        }
        Ok(Self { records: format!("{prefix}-records"), tasks: format!("{prefix}-tasks-{VERSION}") })
    }
}

fn record_properties() -> Value {
    json!({
        "load": { "type": "long" },
        "part": { "type": "long", "doc_values": false },
        "member": { "type": "long", "index": false },
        "offset": { "type": "long", "index": false },
        "account": { "type": "keyword", "doc_values": false },
        "domain": { "type": "keyword", "doc_values": false },
        "website": { "type": "keyword", "doc_values": false },
        "text": { "type": "text", "norms": false, "index_options": "docs" },
        "shape": { "type": "object", "enabled": false },
    })
}

fn task_properties() -> Value {
    json!({
        "load": { "type": "long" },
        "task": { "type": "long", "index": false },
        "lease": { "type": "long", "index": false, "doc_values": false },
        "committed": { "type": "long", "index": false, "doc_values": false },
        "hidden": { "type": "long" },
    })
}

fn mappings(properties: &Value) -> Value {
    json!({ "dynamic": "strict", "_meta": { "sluice": VERSION }, "properties": properties })
}

/// Nothing is searched before its commit has refreshed, so refreshing by the clock would be for nothing. A commit flushes: see
/// [`super::writing`] for what that makes of the translog.
fn record_settings(options: &OpenSearchOptions) -> Value {
    json!({
        "number_of_shards": options.shards, "auto_expand_replicas": replicas(options), "refresh_interval": "-1",
        "translog": { "durability": "async", "sync_interval": "5s", "flush_threshold_size": "1gb" },
    })
}

/// One node has none to give a replica to.
fn replicas(options: &OpenSearchOptions) -> String {
    format!("0-{}", options.replicas)
}

/// Makes what is missing, and refuses what is not as it should be.
pub(super) async fn install(client: &Client, names: &Names, options: &OpenSearchOptions) -> Result<String, StoreError> {
    let doing = "opening the record store in OpenSearch";
    let failed = |failure: super::client::Failure| failure.while_(doing);
    let server = client.insist(Method::Get, "/", &Value::Null).await.map_err(failed)?;
    let version = server["version"]["number"].as_str().unwrap_or_default().to_owned();
    let mut numbers = version.split('.').map(|number| number.parse::<u64>().unwrap_or(0));
    let (major, minor) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if server["version"]["distribution"] != "opensearch" || (major, minor) < SERVER_VERSION_MIN {
        let (needed_major, needed_minor) = SERVER_VERSION_MIN;
        return Err(StoreError::Invalid(format!(
            "the record store needs OpenSearch {needed_major}.{needed_minor} or newer, not {version:?}"
        )));
    }
    put_template(client, names, options).await?;
    let index = json!({ "aliases": { &names.records: { "is_write_index": true } } });
    // Asked by its name alone: who may see the indices of this store need not be told of others'.
    match client.insist(Method::Head, &format!("/{}", names.records), &Value::Null).await {
        Err(failure) if failure.is(404) => make(client, &format!("{}-{VERSION}", names.records), &index).await?,
        found => found.map(drop).map_err(failed)?,
    }
    let tasks = json!({
        "settings": { "index": { "number_of_shards": 1, "auto_expand_replicas": replicas(options) } },
        "mappings": mappings(&task_properties()),
    });
    make(client, &names.tasks, &tasks).await?;
    check(client, names).await?;
    Ok(version)
}

/// The template is for the indices that operators make: to reindex into, or by rollover.
async fn put_template(client: &Client, names: &Names, options: &OpenSearchOptions) -> Result<(), StoreError> {
    let doing = "putting the record store's index template into OpenSearch";
    let path = format!("/_index_template/{}", names.records);
    let is_newer = match client.insist(Method::Get, &path, &Value::Null).await {
        Ok(found) => found["index_templates"][0]["index_template"]["version"].as_u64() > Some(VERSION),
        Err(failure) if failure.is(404) => false,
        Err(failure) => return Err(failure.while_(doing)),
    };
    if is_newer {
        let reason = "its template was made by a newer Sluice: run that one, or give this one an index prefix of its own";
        return Err(StoreError::Damaged { what: format!("the index template {}", names.records), reason: reason.into() });
    }
    let template = json!({
        "index_patterns": [format!("{}-*", names.records)], "version": VERSION, "priority": 500,
        "template": { "settings": { "index": record_settings(options) }, "mappings": mappings(&record_properties()) },
    });
    client.insist(Method::Put, &path, &template).await.map(drop).map_err(|failure| failure.while_(doing))
}

/// Makes an index; that another process was quicker is as well.
async fn make(client: &Client, index: &str, body: &Value) -> Result<(), StoreError> {
    match client.insist(Method::Put, &format!("/{index}"), body).await {
        Err(super::client::Failure::Refused { kind, .. }) if kind == "resource_already_exists_exception" => Ok(()),
        made => made.map(drop).map_err(|failure| failure.while_("making the record store's indices in OpenSearch")),
    }
}

/// Are the mappings those that this version writes?
pub(super) async fn check(client: &Client, names: &Names) -> Result<(), StoreError> {
    for (name, wanted) in [(&names.records, record_properties()), (&names.tasks, task_properties())] {
        let found = client.ask(Method::Get, &format!("/{name}/_mapping"), &Value::Null).await;
        let found = found.map_err(|failure| failure.while_("reading the record store's mappings"))?;
        for (index, found) in found.as_object().into_iter().flatten() {
            if let Some(drift) = drift(&found["mappings"], &mappings(&wanted)) {
                let reason = format!(
                    "its mapping is not this version's: {drift}; reindex it into a new index (the template is there) and move the alias {name}"
                );
                return Err(StoreError::Damaged { what: format!("the index {index} in OpenSearch"), reason });
            }
        }
    }
    Ok(())
}

/// The first difference, in words.
fn drift(found: &Value, wanted: &Value) -> Option<String> {
    for key in ["dynamic", "_meta"] {
        if found[key] != wanted[key] {
            return Some(format!("{key} is {}, and should be {}", found[key], wanted[key]));
        }
    }
    let (found, wanted) = (found["properties"].as_object()?, wanted["properties"].as_object()?);
    let missing = wanted.iter().find(|(field, how)| found.get(*field) != Some(how));
    missing.map(|(field, how)| format!("field {field} should be {how}")).or_else(|| {
        let unknown = found.keys().find(|field| !wanted.contains_key(*field));
        unknown.map(|field| format!("field {field:?} is unknown"))
    })
}
