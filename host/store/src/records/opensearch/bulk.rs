//! Bulk writes: what of a request was taken, and what to do about the rest.
//!
//! | answer | what is done |
//! |---|---|
//! | the node refused the connection; 429 or 503, of the whole or of items | those that were not taken are sent again, later and later |
//! | no answer, or none in time | the attempt fails: nobody knows what was taken, and ids are the server's |
//! | the flood stage's block | the attempt fails: the store is full |
//! | anything else of an item | the attempt fails: a record that fits its mapping is never refused |

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Client, Failure};

#[derive(Deserialize)]
struct Answer {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    create: Created,
}

#[derive(Deserialize)]
struct Created {
    status: u16,
    #[serde(default)]
    error: Reason,
}

#[derive(Deserialize, Default)]
struct Reason {
    r#type: String,
    #[serde(default)]
    reason: String,
}

/// The path of a bulk write to an index: each item's status is answered, for an item that is refused must be known from the others.
pub(super) fn path(alias: &str) -> String {
    format!("/{alias}/_bulk?require_alias=true&timeout=10s&filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason")
}

/// Writes all of it, two lines a record, or fails; gives the memory back, empty, to be used again.
pub(super) async fn write(client: &Client, path: &str, mut lines: Vec<u8>) -> Result<Vec<u8>, Failure> {
    let mut outage = client.outage();
    loop {
        let body = Bytes::from(lines);
        let failure = match client.bulk(path, body.clone()).await {
            Ok(answer) if answer.starts_with(b"{\"errors\":false") => return Ok(emptied(body)),
            Ok(answer) => {
                let (refused, failure) = sort(&answer, &body)?;
                lines = refused;
                failure
            }
            Err(failure) if failure.was_not_sent() || failure.is(429) || failure.is(503) => {
                lines = body.into();
                failure
            }
            Err(failure) => return Err(failure),
        };
        metrics::counter!("sluice_write_bulk_retries_total").increment(1);
        outage.wait(failure).await?;
    }
}

/// Its memory, if nobody else has it any more.
fn emptied(body: Bytes) -> Vec<u8> {
    let Ok(mut body) = body.try_into_mut() else { return Vec::new() };
    body.clear();
    body.into()
}

/// The lines of those items that may be sent again, and why they were refused.
fn sort(answer: &[u8], body: &[u8]) -> Result<(Vec<u8>, Failure), Failure> {
    let Answer { items } = serde_json::from_slice(answer).map_err(|_| Failure::Unreadable("an answer to a bulk write"))?;
    let mut lines = body.split_inclusive(|byte| *byte == b'\n');
    let (mut again, mut why) = (Vec::new(), None);
    for Item { create } in items {
        let (Some(action), Some(source)) = (lines.next(), lines.next()) else {
            return Err(Failure::Unreadable("a bulk write's answer has more items than the request"));
        };
        if create.status < 300 {
            continue;
        }
        let error: Value = json!({ "type": create.error.r#type, "reason": create.error.reason });
        let failure = Failure::of(create.status, &error);
        if !failure.passes() {
            return Err(failure);
        }
        again.extend_from_slice(action);
        again.extend_from_slice(source);
        why = Some(failure);
    }
    match why {
        Some(failure) if lines.next().is_none() => Ok((again, failure)),
        _ => Err(Failure::Unreadable("a bulk write's answer does not fit the request")),
    }
}
