//! What was found, as JSON lines with the keys of `sluice parse`; rejects and skips as lines of their own.

use std::fmt::Write;

use sluice_combo::Combo;
use sluice_plugin::{FieldKind, native};

fn quoted(value: &[u8]) -> String {
    format!("\"{}\"", String::from_utf8_lossy(value).replace('\\', "\\\\").replace('"', "\\\""))
}

/// Parses and prints; panics if the batches do not tile the input.
pub(crate) fn parse(bytes: &[u8], push_bytes: usize) -> String {
    let found = native::parse::<Combo>(bytes, push_bytes);
    found.check_tiling().expect("records, rejects and skips tile the input");
    assert_eq!(found.batches.iter().map(|batch| batch.input.len()).sum::<usize>(), bytes.len());
    let (mut text, mut columns, mut in_skip) = (String::new(), std::collections::HashMap::new(), false);
    for batch in &found.batches {
        for item in batch.items() {
            let was_in_skip = std::mem::replace(&mut in_skip, matches!(item, native_item::Skip { .. }));
            match item {
                native_item::Record { fields, .. } => {
                    let mut keys: Vec<String> = Vec::new();
                    for field in fields {
                        let key = match field.kind() {
                            Some(FieldKind::Hash) => {
                                keys.push(format!("\"hash_kind\":\"{}\"", field.hash_kind().map_or("unknown", |kind| kind.name())));
                                "hash".to_owned()
                            }
                            Some(kind) => kind.name().to_owned(),
                            None => format!("extra.{}", columns[&field.tag]),
                        };
                        keys.push(format!("\"{key}\":{}", quoted(field.value)));
                    }
                    writeln!(text, "{{{}}}", keys.join(",")).expect("a string grows");
                }
                native_item::Reject { reason, .. } => writeln!(text, "reject {}", String::from_utf8_lossy(reason)).expect("a string grows"),
                // Skips that touch are one, but not across pushes.
                native_item::Skip { .. } if was_in_skip => {}
                native_item::Skip { .. } => text.push_str("skip\n"),
                native_item::Column { tag, name } => {
                    columns.insert(tag, String::from_utf8_lossy(name).into_owned());
                }
            }
        }
    }
    text
}

use sluice_plugin::Item as native_item;
