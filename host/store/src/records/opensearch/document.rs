//! A record as a line of a bulk request, and back from its `_source`.
//!
//! What is indexed is the record's data: values stand in `account` or `text`, in the record's order. `shape` says the rest:
//! `[len, classes, field…]`, a field being the tag of the next value of its array (a website's is `website`), a named column's name (of the next of `text`), or
//! `[tag, value]` where the value was folded to be indexed and has to be shown as it was.

use serde::Deserialize;
use sluice_record::{DataClasses, Doc, DocBatch, FieldKind, LoadId, MemberId, Tag, WEBSITE_NAME, WEBSITE_TAG};

use crate::{
    StoreError,
    records::{ACCOUNT_TERM_BYTES_MAX, StoredRecord, row},
};

/// Arrays of the record at hand, used again for the next one.
#[derive(Debug, Default)]
pub(super) struct Encoder {
    account: Vec<u8>,
    domain: Vec<u8>,
    website: Vec<u8>,
    text: Vec<u8>,
    shape: Vec<u8>,
    term: String,
}

impl Encoder {
    /// Appends a document's two lines: the action, which leaves its id to the server, and its source.
    pub(super) fn line(&mut self, docs: &DocBatch, doc: &Doc<'_>, part: u64, lines: &mut Vec<u8>) -> Result<(), StoreError> {
        for array in [&mut self.account, &mut self.domain, &mut self.website, &mut self.text, &mut self.shape] {
            array.clear();
        }
        for (tag, value) in doc.fields() {
            match if tag >= Tag::EXTRA_MIN { None } else { FieldKind::from_tag(tag) } {
                Some(kind @ (FieldKind::Email | FieldKind::Username | FieldKind::Phone)) => self.account(kind, value),
                Some(kind) if kind.is_secret() => return Err(StoreError::Invalid("a secret was to be stored beside an account".into())),
                Some(kind) => {
                    push(&mut self.text, |text| string(text, value));
                    push(&mut self.shape, |shape| number(shape, kind.tag()));
                }
                None if tag == WEBSITE_TAG => folded(&mut self.website, &mut self.shape, &mut self.term, tag, value),
                None => {
                    push(&mut self.text, |text| string(text, value));
                    push(&mut self.shape, |shape| string(shape, doc.column(tag)));
                }
            }
        }
        let Ok(offset) = i64::try_from(doc.offset) else {
            return Err(StoreError::Invalid("a record lies beyond the largest member there can be".into()));
        };
        lines.extend_from_slice(b"{\"create\":{}}\n{\"load\":");
        number(lines, docs.load.0);
        for (key, value) in [(&b",\"part\":"[..], part.cast_signed()), (b",\"member\":", docs.member.0), (b",\"offset\":", offset)] {
            lines.extend_from_slice(key);
            number(lines, value);
        }
        let arrays = [
            (&b",\"account\":["[..], &self.account),
            (b",\"domain\":[", &self.domain),
            (b",\"website\":[", &self.website),
            (b",\"text\":[", &self.text),
        ];
        for (key, array) in arrays {
            if !array.is_empty() {
                lines.extend_from_slice(key);
                lines.extend_from_slice(array);
                lines.push(b']');
            }
        }
        lines.extend_from_slice(b",\"shape\":[");
        number(lines, doc.len);
        lines.push(b',');
        number(lines, doc.classes.0);
        if !self.shape.is_empty() {
            lines.push(b',');
            lines.extend_from_slice(&self.shape);
        }
        lines.extend_from_slice(b"]}\n");
        Ok(())
    }

    fn account(&mut self, kind: FieldKind, value: &str) {
        let domain = if kind == FieldKind::Email { value.rsplit_once('@').map(|(_, domain)| domain) } else { None };
        if is_itself(value) {
            push(&mut self.account, |accounts| quoted(accounts, value));
            push(&mut self.shape, |shape| number(shape, kind.tag()));
            if let Some(domain) = domain {
                push(&mut self.domain, |domains| quoted(domains, domain));
            }
            return;
        }
        folded(&mut self.account, &mut self.shape, &mut self.term, kind.tag(), value);
        if let Some(domain) = domain {
            let term = fold(domain, &mut self.term);
            push(&mut self.domain, |domains| string(domains, term));
        }
    }
}

/// Is it, as nearly all are, what it is indexed under, and what JSON has between the quotes?
fn is_itself(value: &str) -> bool {
    let is_itself = |byte: u8| matches!(byte, b' '..=b'~') & !byte.is_ascii_uppercase() & (byte != b'"') & (byte != b'\\');
    value.len() <= ACCOUNT_TERM_BYTES_MAX && value.bytes().fold(true, |all, byte| all & is_itself(byte))
}

/// What [`is_itself`] as a string.
fn quoted(json: &mut Vec<u8>, text: &str) {
    json.push(b'"');
    json.extend_from_slice(text.as_bytes());
    json.push(b'"');
}

/// What an account or a domain is indexed under: folded to lower case, or its digest if it is overlong.
pub(super) fn fold<'a>(value: &'a str, term: &'a mut String) -> &'a str {
    if value.len() <= ACCOUNT_TERM_BYTES_MAX && value.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        return value;
    }
    *term = value.to_lowercase();
    if term.len() > ACCOUNT_TERM_BYTES_MAX {
        *term = const_hex::encode(blake3::hash(term.as_bytes()).as_bytes());
    }
    term
}

/// Appends a value as it is indexed, and what it takes to show it as it was.
fn folded(array: &mut Vec<u8>, shape: &mut Vec<u8>, term: &mut String, tag: u8, value: &str) {
    let term = fold(value, term);
    push(array, |array| string(array, term));
    push(shape, |shape| {
        if term == value {
            number(shape, tag);
        } else {
            shape.push(b'[');
            number(shape, tag);
            shape.push(b',');
            string(shape, value);
            shape.push(b']');
        }
    });
}

/// Appends to an array.
fn push(array: &mut Vec<u8>, element: impl FnOnce(&mut Vec<u8>)) {
    if !array.is_empty() {
        array.push(b',');
    }
    element(array);
}

fn string(json: &mut Vec<u8>, text: &str) {
    // Writing into memory does not fail.
    let _ = serde_json::to_writer(json, text);
}

fn number(json: &mut Vec<u8>, number: impl serde::Serialize) {
    let _ = serde_json::to_writer(json, &number);
}

/// A record's source.
#[derive(Debug, Deserialize)]
pub(super) struct Source {
    load: i64,
    member: i64,
    offset: i64,
    #[serde(default)]
    account: Vec<String>,
    #[serde(default)]
    website: Vec<String>,
    #[serde(default)]
    text: Vec<String>,
    shape: Vec<Shape>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Shape {
    Number(u32),
    Column(String),
    Folded(u8, String),
}

/// A field of a source: tag, name and value.
type Field = (u8, String, String);

impl Source {
    pub(super) fn record(self) -> Result<StoredRecord, StoreError> {
        let (load, member, offset) = (LoadId(self.load), MemberId(self.member), self.offset.cast_unsigned());
        let (len, classes, fields) = self.fields()?;
        let fields = fields.into_iter().map(|(_, name, value)| (name, value)).collect();
        Ok(StoredRecord { load, member, offset, len, classes, fields })
    }

    /// Appends the bytes that a digest is made over.
    pub(super) fn canonical(self, bytes: &mut Vec<u8>) -> Result<(), StoreError> {
        let offset = self.offset.cast_unsigned();
        let (len, classes, fields) = self.fields()?;
        row::push_head(bytes, offset, len, classes);
        for (tag, name, value) in &fields {
            row::push_field(bytes, *tag, name, value);
        }
        Ok(())
    }

    fn fields(self) -> Result<(u32, DataClasses, Vec<Field>), StoreError> {
        let (mut accounts, mut websites, mut texts) = (self.account.into_iter(), self.website.into_iter(), self.text.into_iter());
        let mut shape = self.shape.into_iter();
        let (Some(Shape::Number(len)), Some(Shape::Number(classes))) = (shape.next(), shape.next()) else { return Err(damaged()) };
        let mut fields = Vec::new();
        for field in shape {
            fields.push(match field {
                Shape::Column(name) => (Tag::EXTRA_MIN, name, texts.next().ok_or_else(damaged)?),
                Shape::Folded(WEBSITE_TAG, value) => {
                    websites.next().ok_or_else(damaged)?;
                    (WEBSITE_TAG, WEBSITE_NAME.to_owned(), value)
                }
                Shape::Folded(tag, value) => {
                    accounts.next().ok_or_else(damaged)?;
                    (tag, kind(tag)?.name().to_owned(), value)
                }
                Shape::Number(tag) => {
                    let tag = u8::try_from(tag).map_err(|_| damaged())?;
                    if tag == WEBSITE_TAG {
                        fields.push((tag, WEBSITE_NAME.to_owned(), websites.next().ok_or_else(damaged)?));
                        continue;
                    }
                    let kind = kind(tag)?;
                    let is_account = matches!(kind, FieldKind::Email | FieldKind::Username | FieldKind::Phone);
                    let value = if is_account { accounts.next() } else { texts.next() };
                    (tag, kind.name().to_owned(), value.ok_or_else(damaged)?)
                }
            });
        }
        Ok((len, DataClasses(classes), fields))
    }
}

fn kind(tag: u8) -> Result<FieldKind, StoreError> {
    FieldKind::from_tag(tag).ok_or_else(damaged)
}

pub(super) fn damaged() -> StoreError {
    StoreError::Damaged { what: "a stored record".into(), reason: "its source cannot be read".into() }
}
