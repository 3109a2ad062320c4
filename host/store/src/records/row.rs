//! A record as one compact row of bytes: what the stores keep for display, and what the digest is made over.
//!
//! `member` varint · then the canonical part: `offset` varint · `len` varint · `classes` varint · fields, each a tag
//! byte, for a named column its name (length varint, bytes), and the value (length varint, bytes). Varints are LEB128.
//! A named column has tag 128 here, whichever of 128–255 its chunk gave it: those mean another column in every chunk.

use sluice_record::{DataClasses, Doc, FieldKind, LoadId, MemberId, Tag, WEBSITE_NAME, WEBSITE_TAG};

use super::StoredRecord;
use crate::StoreError;

/// Appends a document's row to `row` and returns where its fields' values lie, by a call for each.
pub(super) fn encode(member: MemberId, doc: &Doc<'_>, row: &mut Vec<u8>, mut value_at: impl FnMut(u8, std::ops::Range<usize>)) {
    push_varint(row, member.0.cast_unsigned());
    push_head(row, doc.offset, doc.len, doc.classes);
    for (tag, value) in doc.fields() {
        push_field(row, tag, doc.column(tag), value);
        value_at(tag, row.len() - value.len()..row.len());
    }
}

/// Begins the canonical part.
pub(super) fn push_head(row: &mut Vec<u8>, offset: u64, len: u32, classes: DataClasses) {
    push_varint(row, offset);
    push_varint(row, len.into());
    push_varint(row, classes.0.into());
}

/// Goes on with a field; its name counts only if it is a named column.
pub(super) fn push_field(row: &mut Vec<u8>, tag: u8, name: &str, value: &str) {
    row.push(tag.min(Tag::EXTRA_MIN));
    if tag >= Tag::EXTRA_MIN {
        push_bytes(row, name.as_bytes());
    }
    push_bytes(row, value.as_bytes());
}

/// The part of a row that the digest is made over: all but the member.
pub(super) fn canonical(row: &[u8]) -> Result<&[u8], StoreError> {
    let mut rest = row;
    take_varint(&mut rest)?;
    Ok(rest)
}

/// Reads a row back.
pub(super) fn decode(load: LoadId, row: &[u8]) -> Result<StoredRecord, StoreError> {
    let mut rest = row;
    let member = MemberId(take_varint(&mut rest)?.cast_signed());
    let offset = take_varint(&mut rest)?;
    let len = u32::try_from(take_varint(&mut rest)?).map_err(|_| damaged())?;
    let classes = DataClasses(u32::try_from(take_varint(&mut rest)?).map_err(|_| damaged())?);
    let mut fields = Vec::new();
    while let Some((tag, after)) = rest.split_first() {
        rest = after;
        let name = match FieldKind::from_tag(*tag) {
            _ if *tag >= Tag::EXTRA_MIN => take_text(&mut rest)?,
            _ if *tag == WEBSITE_TAG => WEBSITE_NAME.to_owned(),
            Some(kind) => kind.name().to_owned(),
            None => return Err(damaged()),
        };
        fields.push((name, take_text(&mut rest)?));
    }
    Ok(StoredRecord { load, member, offset, len, classes, fields })
}

fn push_varint(row: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        row.push(value as u8 | 0x80);
        value >>= 7;
    }
    row.push(value as u8);
}

fn push_bytes(row: &mut Vec<u8>, bytes: &[u8]) {
    push_varint(row, bytes.len() as u64);
    row.extend_from_slice(bytes);
}

fn take_varint(rest: &mut &[u8]) -> Result<u64, StoreError> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first().ok_or_else(damaged)?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(damaged())
}

fn take_text(rest: &mut &[u8]) -> Result<String, StoreError> {
    let len = usize::try_from(take_varint(rest)?).map_err(|_| damaged())?;
    let (text, after) = rest.split_at_checked(len).ok_or_else(damaged)?;
    *rest = after;
    String::from_utf8(text.to_vec()).map_err(|_| damaged())
}

fn damaged() -> StoreError {
    StoreError::Damaged { what: "a stored record".into(), reason: "its row cannot be read".into() }
}
