//! Counting, digesting and searching what is committed. All of it blocks on the disk.

use std::collections::{BTreeSet, BinaryHeap};

use sluice_record::{LoadId, MemberId, TaskId};
use tantivy::{
    BitSet, DocAddress, DocId, DocSet, Searcher, SegmentReader, TERMINATED, TantivyError, Term,
    columnar::Column,
    fastfield::AliveBitSet,
    postings::TermInfo,
    query::{BooleanQuery, EnableScoring, Occur, Query, Scorer, TermQuery, Weight},
    schema::IndexRecordOption,
    tokenizer::{TextAnalyzer, TokenStream},
};

use super::{
    document::StoredRow,
    from_engine,
    schema::{Fields, LOAD_COLUMN, MEMBER_COLUMN, OFFSET_COLUMN, account_term, origin_term, origins, website_term},
};
use crate::{
    StoreError,
    records::{Cursor, Matching, MultisetDigest, PAGE_RECORDS_MAX, Page, QUERY_WORDS_MAX, RecordQuery, StoredRecord, row},
};

/// Blocks of stored rows kept while a segment's rows are read in the order they stand in.
const BLOCKS_CACHED: usize = 2;

fn failed(error: impl Into<TantivyError>) -> StoreError {
    from_engine("reading records", error.into())
}

/// Does the index hold documents of the task, or did it before they were deleted?
pub(super) fn has_task(searcher: &Searcher, fields: &Fields, load: LoadId, task: TaskId) -> Result<bool, TantivyError> {
    let term = origin_term(fields, load, task);
    for segment in searcher.segment_readers() {
        if segment.inverted_index(fields.origin)?.doc_freq(&term)? > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The tasks that wrote to a load.
pub(super) fn tasks(searcher: &Searcher, fields: &Fields, load: LoadId) -> Result<Vec<TaskId>, StoreError> {
    let mut tasks = BTreeSet::new();
    for segment in searcher.segment_readers() {
        for (origin, _) in segment_origins(segment, fields, load)? {
            if let Some(task) = origin.last_chunk::<8>() {
                tasks.insert(TaskId(i64::from_be_bytes(*task)));
            }
        }
    }
    Ok(tasks.into_iter().collect())
}

/// A load's terms in one segment; there are as many as tasks that wrote to it.
fn segment_origins(segment: &SegmentReader, fields: &Fields, load: LoadId) -> Result<Vec<(Vec<u8>, TermInfo)>, StoreError> {
    let (first, last) = origins(load);
    let index = segment.inverted_index(fields.origin).map_err(failed)?;
    let mut stream = index.terms().range().ge(first).le(last).into_stream().map_err(failed)?;
    let mut found = Vec::new();
    while let Some((origin, info)) = stream.next() {
        found.push((origin.to_vec(), info.clone()));
    }
    Ok(found)
}

/// Calls for each of a load's documents in a segment, deleted ones left out.
fn for_each_document(segment: &SegmentReader, fields: &Fields, load: LoadId, mut call: impl FnMut(DocId)) -> Result<(), StoreError> {
    let index = segment.inverted_index(fields.origin).map_err(failed)?;
    let alive = segment.alive_bitset();
    for (_, info) in segment_origins(segment, fields, load)? {
        let mut postings = index.read_postings_from_terminfo(&info, IndexRecordOption::Basic).map_err(failed)?;
        let mut document = postings.doc();
        while document != TERMINATED {
            if alive.is_none_or(|alive| alive.is_alive(document)) {
                call(document);
            }
            document = postings.advance();
        }
    }
    Ok(())
}

pub(super) fn count(searcher: &Searcher, fields: &Fields, load: LoadId) -> Result<u64, StoreError> {
    let mut records = 0;
    for segment in searcher.segment_readers() {
        if segment.has_deletes() {
            for_each_document(segment, fields, load, |_| records += 1)?;
        } else {
            records += segment_origins(segment, fields, load)?.iter().map(|(_, info)| u64::from(info.doc_freq)).sum::<u64>();
        }
    }
    Ok(records)
}

pub(super) fn digest(searcher: &Searcher, fields: &Fields, load: LoadId) -> Result<[u8; 32], StoreError> {
    let mut digest = MultisetDigest::default();
    for_each_row(searcher, fields, load, |row| {
        digest.add(row::canonical(row)?);
        Ok(true)
    })?;
    Ok(digest.finish())
}

/// Calls with a load's records, as many at a time as a page has; stops when the call says so.
pub(super) fn export(
    searcher: &Searcher,
    fields: &Fields,
    load: LoadId,
    mut call: impl FnMut(Vec<StoredRecord>) -> bool,
) -> Result<(), StoreError> {
    let mut records = Vec::new();
    for_each_row(searcher, fields, load, |row| {
        records.push(row::decode(load, row)?);
        Ok(records.len() < PAGE_RECORDS_MAX || call(std::mem::take(&mut records)))
    })?;
    call(records);
    Ok(())
}

/// Calls for each of a load's stored rows, in the order they stand in, until a call gives false.
fn for_each_row(
    searcher: &Searcher,
    fields: &Fields,
    load: LoadId,
    mut call: impl FnMut(&[u8]) -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    for segment in searcher.segment_readers() {
        // Tasks interleave in a segment; a bit a document puts them in the order their rows are stored in.
        let mut documents = BitSet::with_max_value(segment.max_doc());
        for_each_document(segment, fields, load, |document| _ = documents.insert(document))?;
        let rows = segment.get_store_reader(BLOCKS_CACHED).map_err(failed)?;
        for document in (0..segment.max_doc()).filter(|document| documents.contains(*document)) {
            let StoredRow(stored) = rows.get(document).map_err(failed)?;
            if !call(&stored)? {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The first documents after a cursor. Memory is the page's; time is that of the documents that match.
pub(super) fn search(searcher: &Searcher, fields: &Fields, query: &RecordQuery) -> Result<Page, StoreError> {
    if query.limit == 0 || query.limit > PAGE_RECORDS_MAX {
        return Err(StoreError::Invalid(format!("a page has 1 to {PAGE_RECORDS_MAX} records, not {}", query.limit)));
    }
    let (weight, loads) = (weight(searcher, fields, &query.matching)?, query.loads.iter().copied().collect());
    // One more than fit the page, to tell whether there is another; the address breaks no ties, for there are none.
    let mut found: BinaryHeap<(Cursor, DocAddress)> = BinaryHeap::new();
    for (number, segment) in (0..).zip(searcher.segment_readers()) {
        let Some(matches) = Matches::of(segment, &*weight, &loads)? else { continue };
        let (members, offsets) = (column(segment, MEMBER_COLUMN)?, column(segment, OFFSET_COLUMN)?);
        for (load, document) in matches {
            let member = MemberId(members.first(document).unwrap_or_default().cast_signed());
            let cursor = Cursor { load, member, offset: offsets.first(document).unwrap_or_default() };
            if query.after.is_some_and(|after| cursor <= after) {
                continue;
            }
            let found_here = (cursor, DocAddress::new(number, document));
            if found.len() <= query.limit {
                found.push(found_here);
            } else if let Some(mut last) = found.peek_mut()
                && cursor < last.0
            {
                *last = found_here;
            }
        }
    }
    let mut found = found.into_sorted_vec();
    let more = found.len() > query.limit;
    found.truncate(query.limit);
    let mut page = Page { records: Vec::with_capacity(found.len()), next: None };
    for (cursor, address) in found {
        let StoredRow(stored) = searcher.doc(address).map_err(failed)?;
        page.records.push(row::decode(cursor.load, &stored)?);
        page.next = more.then_some(cursor);
    }
    Ok(page)
}

/// Calls with all records that match, as many at a time as a page has; stops when the call says so. Rows are read in the order they
/// stand in.
pub(super) fn search_all(
    searcher: &Searcher,
    fields: &Fields,
    matching: &Matching,
    loads: &[LoadId],
    mut call: impl FnMut(Vec<StoredRecord>) -> bool,
) -> Result<(), StoreError> {
    let (weight, loads) = (weight(searcher, fields, matching)?, loads.iter().copied().collect());
    let mut records = Vec::new();
    for segment in searcher.segment_readers() {
        let Some(matches) = Matches::of(segment, &*weight, &loads)? else { continue };
        let rows = segment.get_store_reader(BLOCKS_CACHED).map_err(failed)?;
        for (load, document) in matches {
            let StoredRow(stored) = rows.get(document).map_err(failed)?;
            records.push(row::decode(load, &stored)?);
            if records.len() == PAGE_RECORDS_MAX && !call(std::mem::take(&mut records)) {
                return Ok(());
            }
        }
    }
    call(records);
    Ok(())
}

/// A segment's documents that match, of the loads asked for; deleted ones left out.
struct Matches<'a> {
    all: Box<dyn Scorer>,
    alive: Option<&'a AliveBitSet>,
    loads: &'a BTreeSet<LoadId>,
    load: Column<u64>,
}

impl<'a> Matches<'a> {
    /// Nothing without a match: to open a column is to read all of it, and few segments have the account that is asked for.
    fn of(segment: &'a SegmentReader, weight: &dyn Weight, loads: &'a BTreeSet<LoadId>) -> Result<Option<Self>, StoreError> {
        let all = weight.scorer(segment, 1.0).map_err(failed)?;
        if all.doc() == TERMINATED {
            return Ok(None);
        }
        let (alive, load) = (segment.alive_bitset(), column(segment, LOAD_COLUMN)?);
        Ok(Some(Self { all, alive, loads, load }))
    }
}

impl Iterator for Matches<'_> {
    type Item = (LoadId, DocId);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let document = self.all.doc();
            if document == TERMINATED {
                return None;
            }
            self.all.advance();
            let load = LoadId(self.load.first(document).unwrap_or_default().cast_signed());
            if self.alive.is_none_or(|alive| alive.is_alive(document)) && self.loads.contains(&load) {
                return Some((load, document));
            }
        }
    }
}

fn column(segment: &SegmentReader, name: &str) -> Result<Column<u64>, StoreError> {
    segment.fast_fields().u64(name).map_err(failed)
}

fn weight(searcher: &Searcher, fields: &Fields, matching: &Matching) -> Result<Box<dyn Weight>, StoreError> {
    engine_query(fields, matching)?.weight(EnableScoring::disabled_from_searcher(searcher)).map_err(failed)
}

fn engine_query(fields: &Fields, matching: &Matching) -> Result<Box<dyn Query>, StoreError> {
    let term = |term: Term| Box::new(TermQuery::new(term, IndexRecordOption::Basic)) as Box<dyn Query>;
    match matching {
        Matching::Account(account) => Ok(term(Term::from_field_bytes(fields.account, &account_term(account)))),
        Matching::Domain(domain) => Ok(term(Term::from_field_bytes(fields.domain, &account_term(domain)))),
        Matching::Website(domain) => Ok(term(Term::from_field_bytes(fields.domain, &website_term(domain)))),
        Matching::Text(text) => {
            let words = words(text);
            if words.is_empty() || words.len() > QUERY_WORDS_MAX {
                return Err(StoreError::Invalid(format!("a text to search for has 1 to {QUERY_WORDS_MAX} words, not {}", words.len())));
            }
            let clauses = words.iter().map(|word| (Occur::Must, term(Term::from_field_text(fields.text, word)))).collect();
            Ok(Box::new(BooleanQuery::new(clauses)))
        }
    }
}

/// The words as they are indexed.
fn words(text: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let mut tokens: TextAnalyzer = tantivy::tokenizer::TokenizerManager::default().get("default").unwrap_or_default();
    let mut stream = tokens.token_stream(text);
    while stream.advance() {
        words.insert(stream.token().text.clone());
    }
    words
}
