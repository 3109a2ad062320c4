//! Counting, searching and exporting what is committed: every query leaves out the parts that are hidden, see [`super::parts`].

use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use opensearch::http::Method;
use serde_json::{Value, json};
use sluice_record::LoadId;

use super::{
    client::{Client, Failure},
    document::{Source, damaged, fold},
    parts::{self, Hidden},
    schema::{self, Names},
};
use crate::{
    StoreError,
    records::{Health, Matching, PAGE_RECORDS_MAX, Page, QUERY_WORDS_MAX, RecordQuery},
};

const READING: &str = "reading records from OpenSearch";
/// How often a query is made anew because a commit came in between.
const ROUNDS_MAX: usize = 5;
/// Records of an export that one request brings, if they are not too long together.
const EXPORT_RECORDS: usize = 2_000;
/// How long whoever takes an export may dawdle over such a stretch.
const EXPORT_KEEP: &str = "10m";

/// How many documents match.
pub(super) async fn total(client: &Client, names: &Names, query: &Value) -> Result<u64, StoreError> {
    let found = client.ask(Method::Post, &search_path(names), &counting(query)).await.map_err(|failure| failure.while_(READING))?;
    counted(&found)
}

fn counting(query: &Value) -> Value {
    json!({ "query": query, "size": 0, "track_total_hits": true })
}

fn counted(found: &Value) -> Result<u64, StoreError> {
    found["hits"]["total"]["value"].as_u64().ok_or_else(damaged)
}

/// With all shards, or not at all.
fn search_path(names: &Names) -> String {
    format!("/{}/_search?allow_partial_search_results=false", names.records)
}

/// Makes a request, and again if a task's document changed meanwhile: then it may have seen half of a commit. Loads that are published
/// don't change.
async fn settled(
    client: &Client,
    names: &Names,
    loads: Option<&[LoadId]>,
    path: &str,
    body: impl Fn(&Hidden) -> Value + Send,
) -> Result<(Value, Hidden), StoreError> {
    let mut hidden = parts::hidden(client, names, loads).await?;
    for round in 1.. {
        let found = client.ask(Method::Post, path, &body(&hidden)).await.map_err(|failure| failure.while_(READING))?;
        let now = parts::hidden(client, names, loads).await?;
        if now == hidden || round == ROUNDS_MAX {
            return Ok((found, hidden));
        }
        hidden = now;
    }
    Err(damaged())
}

fn visible(filter: &[Value], hidden: &Hidden) -> Value {
    json!({ "bool": { "filter": filter, "must_not": [{ "terms": { "part": hidden.parts } }] } })
}

fn of_loads(loads: &[LoadId]) -> Value {
    json!({ "terms": { "load": loads } })
}

pub(super) async fn count(client: &Client, names: &Names, load: LoadId) -> Result<u64, StoreError> {
    let loads = [load];
    let filter = [of_loads(&loads)];
    counted(&settled(client, names, Some(&loads), &search_path(names), |hidden| counting(&visible(&filter, hidden))).await?.0)
}

pub(super) async fn search(client: &Client, names: &Names, query: &RecordQuery) -> Result<Page, StoreError> {
    if query.limit == 0 || query.limit > PAGE_RECORDS_MAX {
        return Err(StoreError::Invalid(format!("a page has 1 to {PAGE_RECORDS_MAX} records, not {}", query.limit)));
    }
    let filter = [matching(&query.matching)?, of_loads(&query.loads)];
    if query.loads.is_empty() {
        return Ok(Page::default());
    }
    let searching = |hidden: &Hidden| {
        let mut body = json!({
            "query": visible(&filter, hidden), "size": query.limit + 1, "track_total_hits": false,
            "sort": ["load", "member", "offset"],
        });
        if let Some(after) = query.after {
            body["search_after"] = json!([after.load, after.member, after.offset]);
        }
        body
    };
    let (mut found, _) = settled(client, names, Some(&query.loads), &search_path(names), searching).await?;
    let mut page = Page::default();
    for source in sources(&mut found)? {
        page.records.push(source?.record()?);
    }
    if page.records.len() > query.limit {
        page.records.truncate(query.limit);
        page.next = page.records.last().map(crate::records::StoredRecord::cursor);
    }
    Ok(page)
}

fn sources(found: &mut Value) -> Result<impl Iterator<Item = Result<Source, StoreError>>, StoreError> {
    let Value::Array(hits) = found["hits"]["hits"].take() else { return Err(damaged()) };
    Ok(hits.into_iter().map(|mut hit| serde_json::from_value(hit["_source"].take()).map_err(|_| damaged())))
}

fn matching(matching: &Matching) -> Result<Value, StoreError> {
    let mut term = String::new();
    Ok(match matching {
        Matching::Account(account) => json!({ "term": { "account": fold(account, &mut term) } }),
        Matching::Domain(domain) => json!({ "term": { "domain": fold(domain, &mut term) } }),
        Matching::Website(domain) => json!({ "term": { "website": fold(domain, &mut term) } }),
        Matching::Text(text) => {
            let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).count();
            if words == 0 || words > QUERY_WORDS_MAX {
                return Err(StoreError::Invalid(format!("a text to search for has 1 to {QUERY_WORDS_MAX} words, not {words}")));
            }
            json!({ "match": { "text": { "query": text, "operator": "and" } } })
        }
    })
}

/// An export under way.
struct Export {
    client: Client,
    body: Value,
    records: usize,
    is_done: bool,
}

/// Some at a time.
pub(super) type Sources = BoxStream<'static, Result<Vec<Source>, StoreError>>;

/// The loads' records as they stand now, or those that match.
pub(super) async fn stream(client: &Client, names: &Names, wanted: Option<&Matching>, loads: &[LoadId]) -> Result<Sources, StoreError> {
    let filter: Vec<Value> = [of_loads(loads)].into_iter().chain(wanted.map(matching).transpose()?).collect();
    if loads.is_empty() {
        return Ok(stream::empty().boxed());
    }
    let open = format!("/{}/_search/point_in_time?keep_alive={EXPORT_KEEP}", names.records);
    let (opened, hidden) = settled(client, names, Some(loads), &open, |_| Value::Null).await?;
    let body = json!({
        "query": visible(&filter, &hidden), "track_total_hits": false, "sort": ["_shard_doc"],
        "pit": { "id": opened["pit_id"], "keep_alive": EXPORT_KEEP },
    });
    let export = Export { client: client.clone(), body, records: EXPORT_RECORDS, is_done: false };
    Ok(stream::unfold(export, async |mut export| {
        if export.is_done {
            return None;
        }
        let next = export.next().await;
        let is_empty = next.as_ref().is_ok_and(Vec::is_empty);
        if is_empty || next.is_err() {
            export.is_done = true;
            // It ends by itself too.
            let _ = export.client.ask(Method::Delete, "/_search/point_in_time", &json!({ "pit_id": [export.body["pit"]["id"]] })).await;
        }
        if is_empty { None } else { Some((next, export)) }
    })
    .boxed())
}

impl Export {
    async fn next(&mut self) -> Result<Vec<Source>, StoreError> {
        let mut found = loop {
            self.body["size"] = json!(self.records);
            // A point in time knows its index.
            match self.client.ask(Method::Post, "/_search?allow_partial_search_results=false", &self.body).await {
                Err(Failure::TooLong) if self.records > 1 => self.records /= 2,
                found => break found.map_err(|failure| failure.while_(READING))?,
            }
        };
        if let Some(last) = found["hits"]["hits"].as_array().and_then(|hits| hits.last()) {
            self.body["search_after"] = last["sort"].clone();
        }
        if let Some(id) = found["pit_id"].as_str() {
            self.body["pit"]["id"] = json!(id);
        }
        sources(&mut found)?.collect()
    }
}

pub(super) async fn health(client: &Client, names: &Names, version: &str) -> Result<Health, StoreError> {
    let failed = |failure: Failure| failure.while_("asking how the record store in OpenSearch is");
    let cluster = client.ask(Method::Get, &format!("/_cluster/health/{}", names.records), &Value::Null).await.map_err(failed)?;
    if cluster["status"] == "red" || cluster["timed_out"] == true {
        return Err(failed(Failure::Unreadable("a shard of it is on no node (its state is red)")));
    }
    let settings = format!("/{}/_settings?flat_settings=true", names.records);
    let settings = client.ask(Method::Get, &settings, &Value::Null).await.map_err(failed)?;
    let is_blocked = |index: &Value| index["settings"]["index.blocks.read_only_allow_delete"] == "true";
    if settings.as_object().is_some_and(|indices| indices.values().any(is_blocked)) {
        return Err(failed(Failure::Full));
    }
    schema::check(client, names).await?;
    let stats = client.ask(Method::Get, &format!("/{}/_stats/store,segments", names.records), &Value::Null).await.map_err(failed)?;
    let (found, _) = settled(client, names, None, &search_path(names), |hidden| counting(&visible(&[], hidden))).await?;
    Ok(Health {
        engine: format!("opensearch {version}"),
        records: counted(&found)?,
        segments: stats["_all"]["primaries"]["segments"]["count"].as_u64().unwrap_or(0) as usize,
        bytes: stats["_all"]["total"]["store"]["size_in_bytes"].as_u64().unwrap_or(0),
    })
}
