//! Records as JSON lines, straight from a batch's bytes into a buffer.

use sluice_record::{Batch, Field, FieldKind, Fields, Item, Tag};

use super::report::MemberReport;

/// Lines on their way out, and the names of the chunk's columns.
pub(super) struct Lines {
    bytes: Vec<u8>,
    /// By tag - 128: the key as JSON, with its colon.
    columns: Vec<Vec<u8>>,
}

impl Lines {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), columns: Vec::new() }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub(super) fn batch(&mut self, batch: &Batch, report: &mut MemberReport) {
        for item in batch.items() {
            match item {
                Item::Record { fields, .. } => {
                    report.records += 1;
                    self.record(fields);
                }
                Item::Skip { span } => report.skip_bytes += u64::from(span.len),
                Item::Reject { span, reason } => report.reject(batch.base + u64::from(span.offset), span.len, reason),
                Item::Column { tag, name } => self.column(tag, name),
            }
        }
    }

    fn column(&mut self, tag: u8, name: &[u8]) {
        let index = usize::from(tag.saturating_sub(Tag::EXTRA_MIN));
        if self.columns.len() <= index {
            self.columns.resize(index + 1, Vec::new());
        }
        let mut key = Vec::new();
        text(&mut key, name);
        key.push(b':');
        // Two columns of one name would be one key twice.
        let mut number = 2;
        while self.columns.contains(&key) {
            key.clear();
            text(&mut key, format!("{}_{number}", String::from_utf8_lossy(name)).as_bytes());
            key.push(b':');
            number += 1;
        }
        self.columns[index] = key;
    }

    fn record(&mut self, fields: Fields<'_>) {
        let out = &mut self.bytes;
        out.push(b'{');
        let (mut seen, mut extras) = (0u64, false);
        for field in fields {
            let Some(kind) = field.kind() else {
                extras = true;
                continue;
            };
            let bit = 1 << kind.tag();
            if seen & bit != 0 {
                extras = true;
                continue;
            }
            seen |= bit;
            standard(out, kind, field);
        }
        if extras {
            self.extra(fields);
        }
        let out = &mut self.bytes;
        if out.last() == Some(&b',') {
            out.pop();
        }
        out.extend_from_slice(b"}\n");
    }

    /// Named columns, and standard kinds that come a second time (`email_2`).
    fn extra(&mut self, fields: Fields<'_>) {
        let out = &mut self.bytes;
        out.extend_from_slice(br#""extra":{"#);
        let mut times = [0u8; 64];
        for field in fields {
            match field.kind() {
                None => {
                    let index = usize::from(field.tag.saturating_sub(Tag::EXTRA_MIN));
                    out.extend_from_slice(self.columns.get(index).map_or(&b"\"\":"[..], Vec::as_slice));
                    text(out, field.value);
                    out.push(b',');
                }
                Some(kind) => {
                    let times = &mut times[usize::from(kind.tag())];
                    *times = times.saturating_add(1);
                    if *times > 1 {
                        text(out, format!("{}_{times}", kind.name()).as_bytes());
                        out.push(b':');
                        text(out, field.value);
                        out.push(b',');
                    }
                }
            }
        }
        if out.last() == Some(&b',') {
            out.pop();
        }
        out.extend_from_slice(b"},");
    }
}

fn standard(out: &mut Vec<u8>, kind: FieldKind, field: Field<'_>) {
    out.push(b'"');
    out.extend_from_slice(kind.name().as_bytes());
    out.extend_from_slice(b"\":");
    text(out, field.value);
    out.push(b',');
    if let Some(hash) = field.hash_kind() {
        out.extend_from_slice(b"\"hash_kind\":\"");
        out.extend_from_slice(hash.name().as_bytes());
        out.extend_from_slice(b"\",");
    }
}

/// A JSON string; bytes that are no UTF-8 become U+FFFD.
fn text(out: &mut Vec<u8>, value: &[u8]) {
    let plain = |byte: &u8| matches!(byte, 0x20..=0x7e) && *byte != b'"' && *byte != b'\\';
    out.push(b'"');
    if value.iter().all(plain) {
        out.extend_from_slice(value);
        out.push(b'"');
        return;
    }
    out.pop();
    // Writing to a vector cannot fail.
    let _ = match std::str::from_utf8(value) {
        Ok(value) => serde_json::to_writer(out, value),
        Err(_) => serde_json::to_writer(out, &String::from_utf8_lossy(value)),
    };
}
