//! Cases as data: a file, and beside it in NAME.jsonl what a parser is to find in it. An author's own tests call [`check`].
//!
//! What was found is told in the words of `sluice parse`, before anything is normalised: a record is an object of its fields, a reject
//! `{"reject": reason}`, a second value of a key makes a list. Failing is panicking, as tests do.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value, json};
use sluice_record::{Field, FieldKind, Item};

use super::{Found, parse_chunk};
use crate::{InputKind, Parser, Part, Sample, Start};

/// Sizes of pushes that bring out what goes wrong where one ends.
pub const PUSH_BYTES: [usize; 7] = [1, 2, 3, 7, 64, 4096, 1 << 20];

/// Reads every file of `folder` that has a NAME.jsonl beside it, and every folder that has, whose files the parser is to join, whatever the size of a push, and looks whether the parser claims it and
/// finds what stands there. Gives how many there are, which is never none.
///
/// # Panics
/// When it finds anything else.
pub fn check<P: Parser>(folder: impl AsRef<Path>) -> usize {
    let cases = files(folder.as_ref());
    assert!(!cases.is_empty(), "no file of {:?} has its records beside it", folder.as_ref());
    for (path, expectation) in &cases {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let members = if path.is_dir() { joined::<P>(path, &name) } else { vec![(name, bytes(path))] };
        let (input, parts) = together(&members, P::describe().input);
        // A member by itself is not told of parts.
        let parts = if members.len() > 1 { &parts[..] } else { &[] };
        let name = &members[0].0;
        let wanted = fs::read_to_string(expectation).unwrap_or_else(|error| panic!("{expectation:?}: {error}"));
        let wanted = wanted.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{expectation:?}: {error}")));
        let wanted: Vec<Value> = wanted.collect();
        for push_bytes in PUSH_BYTES {
            let start = Start { name, parts, ..Start::default() };
            assert_eq!(items(&parse_chunk::<P>(&input, &start, push_bytes)), wanted, "{path:?} in pushes of {push_bytes}");
        }
        let head = &input[..input.len().min(crate::limits::SAMPLE_BYTES_MAX)];
        let claim = P::probe(&Sample { name, size: Some(input.len() as u64), head, tail: b"" });
        assert!(claim.as_ref().is_some_and(|claim| claim.confidence > 50), "{path:?}: {claim:?}");
    }
    cases.len()
}

/// Reads `bytes` whatever the size of a push, and looks whether the parser finds what is `wanted`.
///
/// # Panics
/// When it finds anything else.
#[track_caller]
pub fn gives<P: Parser>(bytes: &[u8], wanted: &[Value]) {
    for push_bytes in PUSH_BYTES {
        let found = items(&parse_chunk::<P>(bytes, &Start::default(), push_bytes));
        assert_eq!(found, wanted, "in pushes of {push_bytes}");
    }
}

/// Records and rejects in the order of the input, as JSON objects.
///
/// # Panics
/// When they and the skips do not tile the input.
pub fn items(found: &Found) -> Vec<Value> {
    if let Err(message) = found.check_tiling() {
        panic!("{message}");
    }
    let (mut all, mut columns) = (Vec::new(), BTreeMap::new());
    for item in found.batches.iter().flat_map(|batch| batch.items()) {
        match item {
            Item::Record { fields, .. } => all.push(record(fields, &columns)),
            Item::Reject { reason, .. } => all.push(json!({ "reject": text(reason) })),
            Item::Skip { .. } => {}
            Item::Column { tag, name } => drop(columns.insert(tag, text(name))),
        }
    }
    all
}

/// Members that the parser has to join, in its order.
fn joined<P: Parser>(folder: &Path, name: &str) -> Vec<(String, Vec<u8>)> {
    let mut members = Vec::new();
    below(folder, name, &mut members);
    members.sort();
    let names: Vec<_> = members.iter().map(|(name, _)| name.as_str()).collect();
    let groups = P::group(&names);
    assert_eq!(groups.len(), 1, "the members of {folder:?} belong together");
    groups[0].iter().map(|place| members[*place as usize].clone()).collect()
}

/// The files below a folder.
fn below(folder: &Path, name: &str, members: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}")) {
        let path = entry.unwrap_or_else(|error| panic!("{folder:?}: {error}")).path();
        let name = format!("{name}/{}", path.file_name().unwrap_or_default().to_string_lossy());
        if path.is_dir() { below(&path, &name, members) } else { members.push((name, bytes(&path))) }
    }
}

/// As the host joins them.
fn together(members: &[(String, Vec<u8>)], input: InputKind) -> (Vec<u8>, Vec<Part<'_>>) {
    let (mut all, mut parts) = (Vec::new(), Vec::new());
    for (name, bytes) in members {
        let base = all.len() as u64;
        all.extend_from_slice(bytes);
        if members.len() > 1 && input == InputKind::Text && !bytes.is_empty() && !bytes.ends_with(b"\n") {
            all.push(b'\n');
        }
        parts.push(Part { name, base, size: all.len() as u64 - base });
    }
    (all, parts)
}

fn bytes(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{path:?}: {error}"))
}

/// Inputs and what stands beside them, by name.
fn files(folder: &Path) -> Vec<(PathBuf, PathBuf)> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let paths = entries.map(|entry| entry.unwrap_or_else(|error| panic!("{folder:?}: {error}")).path());
    let with_expectation = paths.map(|path| (path.with_extension("jsonl"), path));
    let mut cases: Vec<_> = with_expectation
        .filter(|(expectation, path)| path != expectation && expectation.exists())
        .map(|(expectation, path)| (path, expectation))
        .collect();
    cases.sort();
    cases
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
            None => add(&mut extra, columns.get(&field.tag).map_or("?", String::as_str), value),
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
