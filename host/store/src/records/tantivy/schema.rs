//! The index's schema and settings: only what queries and bookkeeping need, since each further field costs every record
//! an allocation in the indexer and bytes on disk.
//!
//! | field | how | for |
//! |---|---|---|
//! | origin | term: load then task, eight bytes each, big-endian | counting and purging a load (a range of terms), deleting a task (one term) |
//! | account | term, one for each e-mail, user name and phone number, folded | searching by account |
//! | domain | term, one for each e-mail, folded; one for each website, behind [`WEBSITE_MARK`] | searching by domain |
//! | text | tokens without positions or norms | full text of what policy `search` keeps |
//! | load, member, offset | columns | filtering by published loads, and the order of pages |
//! | row | stored | display and digest |

use sluice_record::{LoadId, TaskId};
use tantivy::{
    IndexSettings, Term,
    schema::{BytesOptions, Field, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing, TextOptions},
    store::Compressor,
};

use crate::records::ACCOUNT_TERM_BYTES_MAX;

/// Stands before a website's domain in its term: no text has this byte. A field of its own would be another schema, which stores that
/// are there could not be opened with.
const WEBSITE_MARK: u8 = 0xff;

/// The schema's fields; their order is that of their numbers, and documents give their values in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields {
    pub(super) origin: Field,
    pub(super) load: Field,
    pub(super) member: Field,
    pub(super) offset: Field,
    pub(super) row: Field,
    pub(super) account: Field,
    pub(super) domain: Field,
    pub(super) text: Field,
}

pub(super) const LOAD_COLUMN: &str = "load";
pub(super) const MEMBER_COLUMN: &str = "member";
pub(super) const OFFSET_COLUMN: &str = "offset";

pub(super) fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let term = BytesOptions::default().set_indexed();
    let column = NumericOptions::default().set_fast();
    let tokens = TextFieldIndexing::default().set_tokenizer("default").set_index_option(IndexRecordOption::Basic).set_fieldnorms(false);
    let fields = Fields {
        origin: builder.add_bytes_field("origin", term.clone()),
        load: builder.add_u64_field(LOAD_COLUMN, column.clone()),
        member: builder.add_u64_field(MEMBER_COLUMN, column.clone()),
        offset: builder.add_u64_field(OFFSET_COLUMN, column),
        row: builder.add_bytes_field("row", BytesOptions::default().set_stored()),
        account: builder.add_bytes_field("account", term.clone()),
        domain: builder.add_bytes_field("domain", term),
        text: builder.add_text_field("text", TextOptions::default().set_indexing_options(tokens)),
    };
    (builder.build(), fields)
}

/// Rows are compressed by the indexing thread itself: one more thread a segment gains nothing on a machine whose cores
/// are parsing.
pub(super) fn settings() -> IndexSettings {
    IndexSettings { docstore_compression: Compressor::Lz4, docstore_compress_dedicated_thread: false, ..IndexSettings::default() }
}

/// The term of a load's task.
pub(super) fn origin(load: LoadId, task: TaskId) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&load.0.to_be_bytes());
    bytes[8..].copy_from_slice(&task.0.to_be_bytes());
    bytes
}

/// The terms of all of a load's tasks: from the first, inclusive, to the last, inclusive.
pub(super) fn origins(load: LoadId) -> ([u8; 16], [u8; 16]) {
    let (mut first, mut last) = ([0; 16], [0xff; 16]);
    first[..8].copy_from_slice(&load.0.to_be_bytes());
    last[..8].copy_from_slice(&load.0.to_be_bytes());
    (first, last)
}

pub(super) fn origin_term(fields: &Fields, load: LoadId, task: TaskId) -> Term {
    Term::from_field_bytes(fields.origin, &origin(load, task))
}

/// Appends what an account or a domain is indexed under: folded to lower case, or its digest if it is overlong.
pub(super) fn push_account_term(value: &str, term: &mut Vec<u8>) {
    let start = term.len();
    if value.is_ascii() {
        term.extend(value.bytes().map(|byte| byte.to_ascii_lowercase()));
    } else {
        term.extend_from_slice(value.to_lowercase().as_bytes());
    }
    if term.len() - start > ACCOUNT_TERM_BYTES_MAX {
        let digest = blake3::hash(&term[start..]);
        term.truncate(start);
        term.extend_from_slice(digest.as_bytes());
    }
}

/// Appends what a website's domain is indexed under, in the field of domains.
pub(super) fn push_website_term(domain: &str, term: &mut Vec<u8>) {
    term.push(WEBSITE_MARK);
    push_account_term(domain, term);
}

/// As [`push_website_term`], alone.
pub(super) fn website_term(domain: &str) -> Vec<u8> {
    let mut term = Vec::new();
    push_website_term(domain, &mut term);
    term
}

/// As [`push_account_term`], alone.
pub(super) fn account_term(value: &str) -> Vec<u8> {
    let mut term = Vec::new();
    push_account_term(value, &mut term);
    term
}
