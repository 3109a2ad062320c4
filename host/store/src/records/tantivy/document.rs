//! A batch of documents as Tantivy takes it: all rows and terms in one buffer, each document an index into it, so that
//! no value is allocated on its own.

use std::{
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use sluice_record::{DocBatch, FieldKind, Tag};
use tantivy::{
    Document,
    schema::{
        Field, Value,
        document::{DeserializeError, DocumentDeserialize, DocumentDeserializer, ReferenceValue, ReferenceValueLeaf},
    },
};

use super::schema::{Fields, origin, push_account_term};
use crate::records::{ACCOUNT_TERM_BYTES_MAX, row};

/// What a batch is encoded into.
#[derive(Debug, Default)]
struct Buffers {
    heads: Vec<Head>,
    terms: Vec<TermAt>,
    bytes: Vec<u8>,
}

/// Buffers kept, and the bytes of one that is: batches are alike, and memory that goes back to the kernel comes from it zeroed anew.
const SPARES_MAX: usize = 8;
const SPARE_BYTES_MAX: usize = 4 << 20;

/// The buffers of batches that are indexed, for the next ones.
#[derive(Debug, Default)]
pub(super) struct Spares(Mutex<Vec<Buffers>>);

impl Spares {
    fn take(&self) -> Buffers {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    fn keep(&self, mut buffers: Buffers) {
        let bytes =
            buffers.bytes.capacity() + buffers.heads.capacity() * size_of::<Head>() + buffers.terms.capacity() * size_of::<TermAt>();
        let mut spares = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if bytes <= SPARE_BYTES_MAX && spares.len() < SPARES_MAX {
            buffers.heads.clear();
            buffers.terms.clear();
            buffers.bytes.clear();
            spares.push(buffers);
        }
    }
}

/// A batch, encoded.
#[derive(Debug)]
pub(super) struct Rows {
    fields: Fields,
    origin: [u8; 16],
    load: u64,
    member: u64,
    buffers: Buffers,
    spares: Arc<Spares>,
}

#[derive(Debug)]
struct Head {
    offset: u64,
    row: Range<u32>,
    terms: Range<u32>,
}

#[derive(Debug)]
struct TermAt {
    field: Field,
    at: Range<u32>,
}

impl Drop for Rows {
    fn drop(&mut self) {
        self.spares.keep(std::mem::take(&mut self.buffers));
    }
}

impl Rows {
    pub(super) fn encode(fields: Fields, docs: &DocBatch, spares: &Arc<Spares>) -> Self {
        let mut rows = Self {
            fields,
            origin: origin(docs.load, docs.task),
            load: docs.load.0.cast_unsigned(),
            member: docs.member.0.cast_unsigned(),
            buffers: spares.take(),
            spares: Arc::clone(spares),
        };
        rows.buffers.heads.reserve(docs.len());
        rows.buffers.terms.reserve(2 * docs.len());
        let mut values = Vec::new();
        for doc in docs.docs() {
            let row_start = rows.buffers.bytes.len();
            let terms_start = rows.buffers.terms.len() as u32;
            values.clear();
            row::encode(docs.member, &doc, &mut rows.buffers.bytes, |tag, at| values.push((tag, at)));
            let row_end = rows.buffers.bytes.len();
            for (tag, at) in &values {
                rows.index_value(*tag, at);
            }
            rows.buffers.terms[terms_start as usize..].sort_unstable_by_key(|term| term.field);
            rows.buffers.heads.push(Head {
                offset: doc.offset,
                row: row_start as u32..row_end as u32,
                terms: terms_start..rows.buffers.terms.len() as u32,
            });
        }
        rows
    }

    /// Documents in it.
    pub(super) const fn len(&self) -> usize {
        self.buffers.heads.len()
    }

    fn index_value(&mut self, tag: u8, value: &Range<usize>) {
        let kind = if tag >= Tag::EXTRA_MIN { None } else { FieldKind::from_tag(tag) };
        match kind {
            Some(FieldKind::Email) => {
                self.push_term(self.fields.account, value.clone());
                let address = &self.buffers.bytes[value.clone()];
                if let Some(at_sign) = address.iter().rposition(|byte| *byte == b'@') {
                    self.push_term(self.fields.domain, value.start + at_sign + 1..value.end);
                }
            }
            Some(FieldKind::Username | FieldKind::Phone) => self.push_term(self.fields.account, value.clone()),
            Some(kind) if kind.is_secret() => {}
            _ => self.buffers.terms.push(TermAt { field: self.fields.text, at: value.start as u32..value.end as u32 }),
        }
    }

    /// A term that is the value itself needs no bytes of its own.
    fn push_term(&mut self, field: Field, value: Range<usize>) {
        let bytes = &self.buffers.bytes[value.clone()];
        let at = if bytes.len() <= ACCOUNT_TERM_BYTES_MAX && bytes.iter().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
            value
        } else {
            let text = String::from_utf8_lossy(bytes).into_owned();
            let start = self.buffers.bytes.len();
            push_account_term(&text, &mut self.buffers.bytes);
            start..self.buffers.bytes.len()
        };
        self.buffers.terms.push(TermAt { field, at: at.start as u32..at.end as u32 });
    }

    fn slice(&self, at: &Range<u32>) -> &[u8] {
        &self.buffers.bytes[at.start as usize..at.end as usize]
    }
}

/// One document of a batch.
#[derive(Clone, Debug)]
pub(super) struct Row {
    rows: Arc<Rows>,
    index: u32,
}

impl Row {
    /// The documents of a batch.
    pub(super) fn all(rows: Rows) -> impl ExactSizeIterator<Item = Self> {
        let rows = Arc::new(rows);
        (0..rows.len() as u32).map(move |index| Self { rows: Arc::clone(&rows), index })
    }
}

impl Document for Row {
    type Value<'a> = RowValue<'a>;
    type FieldsValuesIter<'a> = RowValues<'a>;

    fn iter_fields_and_values(&self) -> RowValues<'_> {
        RowValues { rows: &self.rows, head: &self.rows.buffers.heads[self.index as usize], at: 0 }
    }
}

/// A value, borrowed from its batch.
#[derive(Clone, Copy, Debug)]
pub(super) enum RowValue<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Text(&'a str),
}

impl<'a> Value<'a> for RowValue<'a> {
    type ArrayIter = std::iter::Empty<Self>;
    type ObjectIter = std::iter::Empty<(&'a str, Self)>;

    fn as_value(&self) -> ReferenceValue<'a, Self> {
        ReferenceValue::Leaf(match *self {
            Self::Number(number) => ReferenceValueLeaf::U64(number),
            Self::Bytes(bytes) => ReferenceValueLeaf::Bytes(bytes),
            Self::Text(text) => ReferenceValueLeaf::Str(text),
        })
    }
}

/// The values of a document, by ascending field: the five that every document has, then its terms.
#[derive(Debug)]
pub(super) struct RowValues<'a> {
    rows: &'a Rows,
    head: &'a Head,
    at: usize,
}

impl<'a> Iterator for RowValues<'a> {
    type Item = (Field, RowValue<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (rows, fields) = (self.rows, &self.rows.fields);
        self.at += 1;
        Some(match self.at {
            1 => (fields.origin, RowValue::Bytes(&rows.origin)),
            2 => (fields.load, RowValue::Number(rows.load)),
            3 => (fields.member, RowValue::Number(rows.member)),
            4 => (fields.offset, RowValue::Number(self.head.offset)),
            5 => (fields.row, RowValue::Bytes(rows.slice(&self.head.row))),
            at => {
                let term = rows.buffers.terms[self.head.terms.start as usize..self.head.terms.end as usize].get(at - 6)?;
                let bytes = rows.slice(&term.at);
                (
                    term.field,
                    if term.field == fields.text {
                        RowValue::Text(std::str::from_utf8(bytes).unwrap_or_default())
                    } else {
                        RowValue::Bytes(bytes)
                    },
                )
            }
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = (5 + self.head.terms.len()).saturating_sub(self.at);
        (left, Some(left))
    }
}

/// The stored part of a document.
#[derive(Debug)]
pub(super) struct StoredRow(pub(super) Vec<u8>);

impl DocumentDeserialize for StoredRow {
    fn deserialize<'de, D: DocumentDeserializer<'de>>(mut deserializer: D) -> Result<Self, DeserializeError> {
        match deserializer.next_field::<Vec<u8>>()? {
            Some((_, row)) => Ok(Self(row)),
            None => Err(DeserializeError::custom("a document without its row")),
        }
    }
}
