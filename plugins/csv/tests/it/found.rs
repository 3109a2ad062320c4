//! What a parser found, in the words of `sluice parse`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sluice_plugin::{FieldKind, native::Found};
use sluice_record::{Field, Item};

/// Records and rejects in input order, as JSON objects; checks on the way that they and the skips tile the input.
pub fn items(found: &Found) -> Vec<Value> {
    let (mut all, mut columns) = (Vec::new(), BTreeMap::new());
    for batch in &found.batches {
        let mut at = 0;
        for item in batch.items() {
            let span = match item {
                Item::Record { span, fields } => {
                    all.push(record(fields, &columns));
                    span
                }
                Item::Reject { span, reason } => {
                    all.push(serde_json::json!({ "reject": text(reason) }));
                    span
                }
                Item::Skip { span } => span,
                Item::Column { tag, name } => {
                    columns.insert(tag, text(name));
                    continue;
                }
            };
            assert_eq!(span.offset, at, "no gap, no overlap");
            assert!(span.len > 0, "nothing empty");
            at += span.len;
        }
        assert_eq!(at as usize, batch.input.len(), "all that was consumed is accounted for");
    }
    all
}

fn record<'a>(fields: impl Iterator<Item = Field<'a>>, columns: &BTreeMap<u8, String>) -> Value {
    let (mut record, mut extra) = (Map::new(), Map::new());
    for field in fields {
        let value = text(field.value);
        match field.kind() {
            Some(FieldKind::Hash) => {
                add(&mut record, "hash", value);
                add(&mut record, "hash_kind", field.hash_kind().map_or("unknown", |kind| kind.name()).into());
            }
            Some(kind) => add(&mut record, kind.name(), value),
            None => add(&mut extra, &columns[&field.tag], value),
        }
    }
    if !extra.is_empty() {
        record.insert("extra".into(), extra.into());
    }
    record.into()
}

/// A second value of a key makes a list.
fn add(to: &mut Map<String, Value>, key: &str, value: String) {
    match to.get_mut(key) {
        None => drop(to.insert(key.into(), value.into())),
        Some(Value::Array(all)) => all.push(value.into()),
        Some(first) => *first = Value::Array(vec![first.take(), value.into()]),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
