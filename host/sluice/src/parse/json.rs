//! Records as JSON lines, straight from a batch's bytes into a buffer.

use sluice_record::{Batch, Field, FieldKind, Fields, Item, Tag};

use super::report::MemberReport;

/// A kind's key as JSON, with its colon: of one size, because so it is copied without a call; and its length.
type Key = ([u8; KEY_BYTES], usize);
const KEY_BYTES: usize = 16;

/// By tag.
static KEYS: [Key; 64] = {
    let mut keys = [([0; KEY_BYTES], 0); 64];
    let mut index = 0;
    while index < FieldKind::ALL.len() {
        let (kind, key) = (FieldKind::ALL[index], &mut keys[FieldKind::ALL[index].tag() as usize]);
        let name = kind.name().as_bytes();
        key.0[0] = b'"';
        key.0.split_at_mut(1).1.split_at_mut(name.len()).0.copy_from_slice(name);
        key.0[name.len() + 1] = b'"';
        key.0[name.len() + 2] = b':';
        key.1 = name.len() + 3;
        index += 1;
    }
    keys
};

/// Lines on their way out, and the names of the chunk's columns.
pub(super) struct Lines {
    bytes: Vec<u8>,
    /// By tag - 128: the key as JSON, with its colon.
    columns: Vec<Vec<u8>>,
}

impl Lines {
    /// In the memory of a buffer that was used before.
    pub(super) fn reuse(mut spare: Vec<u8>) -> Self {
        spare.clear();
        Self { bytes: spare, columns: Vec::new() }
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
            match field.kind() {
                Some(kind) if seen >> kind.tag() & 1 == 0 => {
                    seen |= 1 << kind.tag();
                    standard(out, kind, field);
                }
                _ => extras = true,
            }
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

    /// Named columns, and standard kinds that come a second time (`email_2`; a hash with its kind, `hash_2_kind`); a column that does is numbered alike.
    fn extra(&mut self, fields: Fields<'_>) {
        let out = &mut self.bytes;
        out.extend_from_slice(br#""extra":{"#);
        let mut times = [0u16; 256];
        for field in fields {
            let times = &mut times[usize::from(field.kind().map_or(field.tag, FieldKind::tag))];
            *times = times.saturating_add(1);
            match field.kind() {
                Some(_) if *times == 1 => continue,
                Some(kind) => {
                    text(out, format!("{}_{times}", kind.name()).as_bytes());
                    out.push(b':');
                }
                None => {
                    let index = usize::from(field.tag.saturating_sub(Tag::EXTRA_MIN));
                    let key = self.columns.get(index).map_or(&b"\"\":"[..], Vec::as_slice);
                    if *times == 1 {
                        out.extend_from_slice(key);
                    } else {
                        out.extend_from_slice(key.strip_suffix(b"\":").unwrap_or(key));
                        out.extend_from_slice(format!("_{times}\":").as_bytes());
                    }
                }
            }
            text(out, field.value);
            out.push(b',');
            if let (Some(_), Some(hash)) = (field.kind(), field.hash_kind()) {
                text(out, format!("hash_{times}_kind").as_bytes());
                out.push(b':');
                text(out, hash.name().as_bytes());
                out.push(b',');
            }
        }
        if out.last() == Some(&b',') {
            out.pop();
        }
        out.extend_from_slice(b"},");
    }
}

fn standard(out: &mut Vec<u8>, kind: FieldKind, field: Field<'_>) {
    let (key, key_bytes) = &KEYS[usize::from(kind.tag())];
    let end = out.len() + key_bytes;
    out.extend_from_slice(key);
    out.truncate(end);
    text(out, field.value);
    out.push(b',');
    if let Some(hash) = field.hash_kind() {
        out.extend_from_slice(b"\"hash_kind\":\"");
        out.extend_from_slice(hash.name().as_bytes());
        out.extend_from_slice(b"\",");
    }
}

/// A JSON string; bytes that are no UTF-8 become U+FFFD.
///
/// Most values are short and need no escape: they are copied and looked at eight bytes at a time, and given to serde_json if they do need one.
fn text(out: &mut Vec<u8>, value: &[u8]) {
    let start = out.len();
    out.reserve(value.len() + 2 + size_of::<u64>());
    out.push(b'"');
    let (words, rest) = value.as_chunks::<8>();
    let last = padded(value, rest);
    let (mut escapes, mut high) = (escaped(last), last);
    for word in words {
        out.extend_from_slice(word);
        let word = u64::from_le_bytes(*word);
        escapes |= escaped(word);
        high |= word;
    }
    out.extend_from_slice(&last.to_le_bytes());
    out.truncate(start + 1 + value.len());
    out.push(b'"');
    let is_ascii = high & every(0x80) == 0;
    if escapes & every(0x80) != 0 || !is_ascii && std::str::from_utf8(value).is_err() {
        out.truncate(start);
        // Writing to a vector cannot fail.
        let _ = serde_json::to_writer(out, &String::from_utf8_lossy(value));
    }
}

/// The value's last bytes, those behind its whole words, with blanks behind them.
fn padded(value: &[u8], rest: &[u8]) -> u64 {
    let bits = rest.len() as u32 * 8;
    let blanks = every(b' ');
    match (value.last_chunk::<8>(), rest.first_chunk::<4>(), rest.last_chunk::<4>()) {
        (_, None, None) if rest.is_empty() => blanks,
        (Some(end), ..) => u64::from_le_bytes(*end) >> (64 - bits) | blanks << bits,
        (None, Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << (bits - 32) | blanks << bits
        }
        _ => rest.iter().rev().fold(blanks, |word, byte| word << 8 | u64::from(*byte)),
    }
}

/// Sets a byte's highest bit if JSON escapes it: a control, a quote, a backslash. One above it may be set too, but none without one.
fn escaped(word: u64) -> u64 {
    let below = |word: u64, bound: u8| word.wrapping_sub(every(bound)) & !word;
    below(word, 0x20) | below(word ^ every(b'"'), 1) | below(word ^ every(b'\\'), 1)
}

/// The byte, eight times.
const fn every(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}
