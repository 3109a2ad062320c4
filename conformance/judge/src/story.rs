//! What a plugin made of a member, told so that it hangs on neither pushes nor chunks.

use std::{collections::BTreeMap, convert::Infallible, fmt, ops::Range};

use serde_json::{Map, Value};
use sluice_record::{Batch, CutPoint, Field, FieldKind, Item};
use sluice_sandbox::{ChunkError, Fault, Feed, Plugin, Start, parse_chunk, scan_member};

/// A stretch of the member, by its first byte and its length, and what it became.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Row {
    /// Values by the names of their kinds or columns, in the order they were told.
    Record {
        at: u64,
        bytes: u64,
        values: Vec<(String, Vec<u8>)>,
    },
    Reject {
        at: u64,
        bytes: u64,
        reason: Vec<u8>,
    },
    /// Skips that touch are one.
    Skip {
        at: u64,
        bytes: u64,
    },
}

impl Row {
    /// The stretch's bytes.
    pub(crate) fn range(&self) -> Range<usize> {
        let (Self::Record { at, bytes, .. } | Self::Reject { at, bytes, .. } | Self::Skip { at, bytes }) = self;
        *at as usize..(at + bytes) as usize
    }
}

/// In words, for whoever looks for what is wrong.
impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Range { start, end } = self.range();
        match self {
            Self::Skip { .. } => write!(f, "bytes {start}..{end} skipped"),
            Self::Reject { reason, .. } => write!(f, "bytes {start}..{end} rejected as {}", reason.escape_ascii()),
            Self::Record { values, .. } => {
                let values: Vec<_> = values.iter().map(|(name, value)| format!("{name} \"{}\"", value.escape_ascii())).collect();
                write!(f, "bytes {start}..{end} a record of {}", if values.is_empty() { "nothing".into() } else { values.join(", ") })
            }
        }
    }
}

/// Reads a member, of which the plugin is `told`, in one chunk.
pub(crate) fn read(plugin: &Plugin, told: Start<'_>, input: &[u8], push_bytes: usize) -> Result<Vec<Row>, Fault> {
    read_chunks(plugin, told, input, &[], push_bytes)
}

/// Reads a member in chunks, each by itself as another machine would.
pub(crate) fn read_chunks(plugin: &Plugin, told: Start<'_>, input: &[u8], cuts: &[CutPoint], push_bytes: usize) -> Result<Vec<Row>, Fault> {
    let mut rows = Vec::new();
    let first = CutPoint { offset: 0, context: vec![] };
    let begins: Vec<&CutPoint> = std::iter::once(&first).chain(cuts).collect();
    let ends = cuts.iter().map(|cut| cut.offset).chain([input.len() as u64]);
    for (begin, end) in begins.into_iter().zip(ends) {
        let mut columns = BTreeMap::new();
        let start = Start { base: begin.offset, context: &begin.context, ..told };
        let mut read = pieces(&input[begin.offset as usize..end as usize]);
        let mut tell = |batch: &mut Batch| {
            batch.items().for_each(|item| add(&mut rows, &mut columns, batch.base, item));
            Ok(())
        };
        parse_chunk(plugin, start, feed(push_bytes), &mut read, &mut tell).map_err(fault)?;
    }
    Ok(rows)
}

/// Where the plugin's scan says that a member may be cut.
pub(crate) fn cuts(plugin: &Plugin, told: Start<'_>, input: &[u8], push_bytes: usize) -> Result<Vec<CutPoint>, Fault> {
    scan_member(plugin, told, 0, feed(push_bytes), &mut pieces(input)).map_err(fault)
}

pub(crate) fn feed(push_bytes: usize) -> Feed {
    Feed { push_bytes, ..Feed::default() }
}

pub(crate) fn pieces(mut input: &[u8]) -> impl FnMut(&mut Vec<u8>, usize) -> Result<bool, Infallible> {
    move |buffer, wanted| {
        let (some, rest) = input.split_at(wanted.min(input.len()));
        buffer.extend_from_slice(some);
        input = rest;
        Ok(!input.is_empty())
    }
}

pub(crate) fn fault(error: ChunkError<Infallible>) -> Fault {
    match error {
        ChunkError::Fault(fault) => fault,
        ChunkError::Caller(never) => match never {},
    }
}

fn add(rows: &mut Vec<Row>, columns: &mut BTreeMap<u8, String>, base: u64, item: Item<'_>) {
    match item {
        Item::Record { span, fields } => {
            let values = fields.map(|field| (name(&field, columns), field.value.to_vec())).collect();
            rows.push(Row::Record { at: base + u64::from(span.offset), bytes: span.len.into(), values });
        }
        Item::Reject { span, reason } => {
            rows.push(Row::Reject { at: base + u64::from(span.offset), bytes: span.len.into(), reason: reason.to_vec() });
        }
        Item::Skip { span } => match rows.last_mut() {
            Some(Row::Skip { bytes, .. }) => *bytes += u64::from(span.len),
            _ => rows.push(Row::Skip { at: base + u64::from(span.offset), bytes: span.len.into() }),
        },
        Item::Column { tag, name } => drop(columns.insert(tag, String::from_utf8_lossy(name).into_owned())),
    }
}

fn name(field: &Field<'_>, columns: &BTreeMap<u8, String>) -> String {
    match (field.hash_kind(), field.kind()) {
        (Some(hash), _) => format!("hash {}", hash.name()),
        (None, Some(kind)) => kind.name().to_owned(),
        (None, None) => format!("extra {}", columns.get(&field.tag).map_or("", String::as_str)),
    }
}

/// Records and rejects as they stand in a case's `.jsonl`, with where they are: a record as `sluice parse` prints it, a second value of a
/// key making a list.
pub(crate) fn as_json(rows: &[Row]) -> Vec<(Range<usize>, Value)> {
    let text = |bytes: &[u8]| Value::from(String::from_utf8_lossy(bytes).into_owned());
    let all = rows.iter().filter_map(|row| match row {
        Row::Skip { .. } => None,
        Row::Reject { reason, .. } => Some((row.range(), serde_json::json!({ "reject": text(reason) }))),
        Row::Record { values, .. } => {
            let (mut record, mut extra) = (Map::new(), Map::new());
            for (name, value) in values {
                match name.split_once(' ') {
                    Some(("hash", kind)) => {
                        put(&mut record, FieldKind::Hash.name(), text(value));
                        put(&mut record, "hash_kind", kind.into());
                    }
                    Some((_, column)) => put(&mut extra, column, text(value)),
                    None => put(&mut record, name, text(value)),
                }
            }
            if !extra.is_empty() {
                record.insert("extra".into(), extra.into());
            }
            Some((row.range(), record.into()))
        }
    });
    all.collect()
}

fn put(to: &mut Map<String, Value>, key: &str, value: Value) {
    match to.get_mut(key) {
        None => drop(to.insert(key.into(), value)),
        Some(Value::Array(all)) => all.push(value),
        Some(first) => *first = Value::Array(vec![first.take(), value]),
    }
}
