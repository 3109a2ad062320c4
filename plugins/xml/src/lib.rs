//! XML with people in it, whatever its shape: `mysqldump --xml`, phpMyAdmin, what REST and SOAP services and databases export.
//!
//! Nobody says which elements are records: [`paths`] learns it from the document. The modules, in the order things happen: the kit's `xml`
//! cuts bytes into tags, [`paths`] says which begin records, [`row`] reads one, [`leaf`] says what its elements and attributes mean. A
//! document may be cut before any record; what was learned by then, and what is open there, is the context.
//! Deliberately absent: document types (nothing is ever expanded), records within records, and validation: what is broken outside of records
//! is nobody's.
#![forbid(unsafe_code)]

mod leaf;
mod open;
mod paths;
mod row;

use memchr::memmem;
use sluice_plugin::{
    Claim, Cuts, Descriptor, Framing, Input, Out, Parser, Sample, Start,
    entry::Entry,
    text::is_same,
    xml::{Index, Reader, Tag, Token, local},
};

use crate::{
    leaf::Slots,
    open::Open,
    paths::{AHEAD_BYTES, Paths},
    row::{Around, End, Nothing, Person},
};

/// Bytes between cuts, at least, and of the largest context that is worth one.
const CUT_BYTES: u64 = 1 << 20;
const CONTEXT_BYTES_MAX: usize = 128 << 10;

/// The parser.
#[derive(Default)]
pub struct Xml {
    index: Index,
    known: Known,
    slots: Slots,
    /// Offset of the last cut.
    cut: u64,
}

/// What was learned, and where in the document we are.
#[derive(Default)]
struct Known {
    paths: Paths,
    open: Open,
    /// What keys mean, for looking ahead.
    slots: Slots,
}

/// The bytes of one push.
struct Push<'a, 'm> {
    bytes: &'a [u8],
    last: bool,
    base: u64,
    reader: Reader<'a, 'm>,
}

/// What is done with a stretch: said, or only looked at by a scan.
trait Told<'a> {
    fn skip(&mut self, row: &'a [u8]);
    fn reject(&mut self, row: &'a [u8], reason: &'static str);
    /// Reads a record; its raw bytes are `bytes[from..]` up to where it ends.
    fn record(&mut self, push: &mut Push<'a, '_>, from: usize, tag: Tag<'a>, beside: &Beside<'_>) -> End;
    /// Before a record, at this place of the push's.
    fn before(&mut self, _: usize, _: &Known) {}
}

impl Parser for Xml {
    fn describe() -> Descriptor {
        Descriptor {
            name: "xml",
            version: env!("CARGO_PKG_VERSION"),
            title: "XML with people in it, of any shape",
            formats: &["XML", "mysqldump --xml", "phpMyAdmin XML", "SOAP"],
            framing: Framing::Marks,
            ..Descriptor::TEXT
        }
    }

    fn probe(sample: &Sample<'_>) -> Option<Claim> {
        claim(sample)
    }

    fn open(start: &Start<'_>) -> Result<Self, String> {
        let mut parser = Self { cut: start.base, ..Self::default() };
        if !start.context.is_empty() {
            let (paths, open) = Paths::unpack(start.context).ok_or("the chunk's context is none of this parser's")?;
            parser.known = Known { paths, open, slots: Slots::default() };
        }
        Ok(parser)
    }

    fn push(&mut self, input: &mut Input<'_>, out: &mut Out<'_>) -> Result<(), String> {
        let Self { index, known, slots, .. } = self;
        let mut told = People { slots, out };
        known.walk(index, input, &mut told);
        Ok(())
    }

    fn scan(&mut self, input: &mut Input<'_>, cuts: &mut Cuts<'_>) -> Result<(), String> {
        let Self { index, known, cut, .. } = self;
        let base = input.base();
        known.walk(index, input, &mut Scan { cuts, cut, base });
        Ok(())
    }
}

/// Says what there is.
struct People<'s, 'o, 'i> {
    slots: &'s mut Slots,
    out: &'o mut Out<'i>,
}

impl<'a> Told<'a> for People<'_, '_, '_> {
    fn skip(&mut self, row: &'a [u8]) {
        self.out.skip(row);
    }
    fn reject(&mut self, row: &'a [u8], reason: &'static str) {
        self.out.reject(row, reason);
    }
    fn record(&mut self, push: &mut Push<'a, '_>, from: usize, tag: Tag<'a>, beside: &Beside<'_>) -> End {
        self.slots.begin();
        let mut person = Person { entry: Entry::default(), slots: self.slots, out: self.out, pending: None };
        let end = row::read(&mut push.reader, push.bytes, tag, beside, push.last, &mut person);
        let (entry, bytes) = (person.entry, push.bytes);
        match end {
            End::Whole(to) if entry.is_anybody() => entry.tell(&bytes[from..to], self.out),
            End::Whole(to) => self.out.skip(&bytes[from..to]),
            End::Broken(to, reason) | End::Torn(to, reason) => self.out.reject(&bytes[from..to], reason),
            End::Incomplete => {}
        }
        end
    }
}

/// Says where may be cut.
struct Scan<'c, 'm, 't> {
    cuts: &'c mut Cuts<'m>,
    cut: &'t mut u64,
    base: u64,
}

impl<'a> Told<'a> for Scan<'_, '_, '_> {
    fn skip(&mut self, _: &'a [u8]) {}
    fn reject(&mut self, _: &'a [u8], _: &'static str) {}
    fn record(&mut self, push: &mut Push<'a, '_>, _: usize, tag: Tag<'a>, beside: &Beside<'_>) -> End {
        row::read(&mut push.reader, push.bytes, tag, beside, push.last, &mut Nothing)
    }
    fn before(&mut self, at: usize, known: &Known) {
        let offset = self.base + at as u64;
        // What was read ahead is the same in both chunks only if no chunk ends within it.
        if offset < *self.cut + CUT_BYTES || offset < known.paths.looked_to || known.open.deep > 0 {
            return;
        }
        let context = known.paths.pack(&known.open);
        if context.len() <= CONTEXT_BYTES_MAX {
            self.cuts.cut(offset, &context);
            *self.cut = offset;
        }
    }
}

/// What stands around a record, or an element beside records.
struct Beside<'k> {
    known: &'k Known,
    name: &'k [u8],
}

impl Around for Beside<'_> {
    fn is_beside(&self, name: &[u8]) -> bool {
        is_same(name, self.name) || self.known.paths.is_record_named(self.known.open.path(), local(name))
    }
    fn is_around(&self, name: &[u8]) -> bool {
        self.known.open.has(name)
    }
}

impl Known {
    /// Goes through a push as far as it can.
    fn walk<'a>(&mut self, index: &mut Index, input: &mut Input<'a>, told: &mut impl Told<'a>) {
        let bytes = input.bytes();
        let mut push = Push { bytes, last: input.is_last(), base: input.base(), reader: index.read(bytes, input.is_last()) };
        push.reader.seek(input.consumed());
        while let Some(to) = self.step(&mut push, told) {
            push.reader.seek(to);
            input.consume_to(to);
        }
    }

    /// One thing outside of records, or one record; says where it ends.
    fn step<'a>(&mut self, push: &mut Push<'a, '_>, told: &mut impl Told<'a>) -> Option<usize> {
        let (range, token) = push.reader.next_token()?;
        let text = &push.bytes[range.clone()];
        let among_records = self.paths.has_records(self.open.path());
        match token {
            Token::Open(tag) => return self.element(push, range.start, tag, told),
            Token::Close(name) if self.open.leave(name) || !among_records => {}
            Token::Text(_) if among_records && !text.trim_ascii().is_empty() => {
                let from = range.end - text.trim_ascii_start().len();
                let to = self.stray(push, from)?;
                told.skip(&push.bytes[range.start..from]);
                told.reject(&push.bytes[from..to], "text-between-records");
                return Some(to);
            }
            Token::Close(_) | Token::Broken if among_records => {
                let to = self.stray(push, range.start)?;
                told.reject(&push.bytes[range.start..to], "broken-tag");
                return Some(to);
            }
            Token::Close(_) | Token::Text(_) | Token::Aside | Token::Broken => {}
        }
        told.skip(text);
        Some(range.end)
    }

    /// An element: a record, or something with elements in it.
    fn element<'a>(&mut self, push: &mut Push<'a, '_>, from: usize, tag: Tag<'a>, told: &mut impl Told<'a>) -> Option<usize> {
        let (path, within) = (self.paths.enter(self.open.path(), &tag), push.reader.at());
        if self.paths.is_new(path, push.base + from as u64) {
            self.look(push, from)?;
        }
        if self.paths.is_record(path) {
            told.before(from, self);
            let beside = Beside { known: self, name: tag.name };
            return told.record(push, from, tag, &beside).end();
        }
        if !tag.is_empty && self.paths.has_records(self.open.path()) {
            // It stands beside records, and may be one whose name is broken.
            let to = (from + AHEAD_BYTES).min(push.bytes.len());
            let mut ahead = push.reader.until(to);
            let end = row::read(&mut ahead, push.bytes, tag, &Beside { known: self, name: b"" }, false, &mut Nothing);
            self.paths.looked_to = self.paths.looked_to.max(push.base + ahead.at() as u64);
            match end {
                End::Torn(to, reason) => {
                    told.reject(&push.bytes[from..to], reason);
                    return Some(to);
                }
                End::Incomplete if to < from + AHEAD_BYTES && !push.last => return None,
                End::Whole(_) | End::Broken(..) | End::Incomplete => {}
            }
        }
        if !tag.is_empty {
            self.open.enter(path, tag.name);
        }
        told.skip(&push.bytes[from..within]);
        Some(within)
    }

    /// Looks ahead from a place, if there is enough.
    fn look(&mut self, push: &Push<'_, '_>, from: usize) -> Option<()> {
        let to = (from + AHEAD_BYTES).min(push.bytes.len());
        if to < from + AHEAD_BYTES && !push.last {
            return None;
        }
        let offset = push.base + from as u64;
        let is_whole = push.last && to == push.bytes.len() && self.open.is_empty();
        let mut reader = push.reader.until(to);
        reader.seek(from);
        self.paths.look(reader, push.bytes, &self.open, offset, is_whole, &mut self.slots);
        Some(())
    }

    /// Where something that is no record ends: before the next record, or the end of what is around.
    fn stray(&self, push: &Push<'_, '_>, from: usize) -> Option<usize> {
        let mut reader = push.reader;
        let beside = Beside { known: self, name: b"" };
        let end = loop {
            match reader.next_token() {
                Some((range, Token::Open(tag))) if beside.is_beside(tag.name) => break range.start,
                Some((range, Token::Close(name))) if beside.is_around(name) => break range.start,
                Some(_) => {}
                None if push.last => break push.bytes.len(),
                None => return None,
            }
        };
        Some(push.bytes[..end].trim_ascii_end().len().max(from + 1))
    }
}

fn claim(sample: &Sample<'_>) -> Option<Claim> {
    let head = sample.head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(sample.head).trim_ascii_start();
    let starts = |start: &[u8]| head.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
    if !matches!(head, [b'<', b'?' | b'!' | b'a'..=b'z' | b'A'..=b'Z' | b'_', ..]) || starts(b"<!doctype html") || starts(b"<html") {
        return None;
    }
    // Sheets are rows of cells, and what a cell means stands in another row.
    if memmem::find(head.get(..4096).unwrap_or(head), b"spreadsheet").is_some() {
        return None;
    }
    let is_declared = starts(b"<?xml");
    let has_people = |text: &[u8]| {
        let (mut index, mut paths) = (Index::default(), Paths::default());
        let is_whole = sample.size.is_none_or(|size| size <= sample.head.len() as u64);
        paths.look(index.read(text, true), text, &Open::default(), 0, is_whole, &mut Slots::default());
        paths.has_people()
    };
    let (confidence, reason) = if has_people(head) {
        (if is_declared { 95 } else { 88 }, "elements that repeat, with values of a person in each")
    } else if has_people(sample.tail) {
        (80, "elements that repeat towards its end, with values of a person in each")
    } else if starts(b"<?xml") {
        (
            if memmem::find(head.get(..4096).unwrap_or(head), b"<mysqldump").is_some() { 75 } else { 30 },
            "XML, without people in what was looked at",
        )
    } else {
        return None;
    };
    Some(Claim::new(confidence, reason))
}

sluice_plugin::export!(Xml);
