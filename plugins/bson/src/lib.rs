//! BSON, as mongodump writes it: documents after each other, each with its length before it; and mongodump's archives of such.
//!
//! A document stands alone, so a member may be cut before any ([`Parser::scan`] hops from length to length). A length that cannot be is
//! believed no longer: reading goes on where a document begins next by all that can be seen of one, its length, its last byte, a first
//! value. What a document means is the kit's ([`sluice_plugin::document`]).
//! Deliberately absent: what archives say of their collections, and compression, which is the host's.
#![forbid(unsafe_code)]

mod document;

use memchr::memchr;
use sluice_plugin::{Claim, Cuts, Descriptor, Framing, Input, InputKind, Out, Parser, Sample, Start, document::Documents, limits};

use crate::document::{BYTES_MIN, Reader, length, value};

/// A document's bytes, at most: MongoDB's own bound is 16 MiB, and for its own use a little more.
const DOCUMENT_BYTES_MAX: usize = 17 << 20;
/// Chunks need not begin more often.
const CUT_BYTES_MIN: u64 = 256 << 10;
/// What an archive begins with, and what ends a stretch of it.
const ARCHIVE: [u8; 4] = [0x6d, 0xe2, 0x99, 0x81];
const ARCHIVE_END: [u8; 4] = [0xff; 4];
/// The longest document that is read, and what is looked at of longer ones.
const DOCUMENT_BYTES_READ_MAX: usize = 3 << 20;
const LONG_BYTES_SEEN: usize = 1 << 20;
/// Bytes of a value's name.
const NAME_BYTES_MAX: usize = 1 << 10;

/// The parser.
#[derive(Default)]
pub struct Bson {
    documents: Documents,
    reader: Reader,
    /// Bytes that are still to come of a document too long to be read.
    left_bytes: usize,
    /// While scanning: where a chunk began last, and before where none may.
    cut: u64,
    uncut: u64,
}

/// What stands at a place.
enum Step {
    Wait,
    /// A mark of an archive.
    Mark(usize),
    /// A document, up to where.
    Document(usize),
    /// One too long to be read: how many bytes it has.
    Long(usize),
    /// None, up to where one begins; and up to where was looked for it.
    Nothing {
        end: usize,
        seen: usize,
    },
}

impl Parser for Bson {
    fn describe() -> Descriptor {
        Descriptor {
            name: "bson",
            version: env!("CARGO_PKG_VERSION"),
            title: "BSON, as mongodump writes it",
            formats: &["BSON", "mongodump", "mongodump archive"],
            input: InputKind::Bytes,
            framing: Framing::Marks,
            ..Descriptor::TEXT
        }
    }

    fn probe(sample: &Sample<'_>) -> Option<Claim> {
        let head = sample.head;
        if head.starts_with(&ARCHIVE) {
            return Some(Claim::new(95, "it begins as mongodump's archives do"));
        }
        match ended(head) {
            // Anything may look like the shortest, which says nothing.
            Ended::At(BYTES_MIN) => None,
            Ended::At(len) => {
                let mut bson = Self::default();
                bson.reader.read(head, 0, len, &mut bson.documents).ok()?;
                Some(match ended(&head[len..]) {
                    Ended::Wrong => Claim::new(85, "it begins with a BSON document, though none follows"),
                    Ended::At(_) | Ended::Open(_) => Claim::new(95, "it begins with a BSON document, and another or nothing follows"),
                })
            }
            Ended::Open(len) if len as u64 <= sample.size.unwrap_or(u64::MAX) && head.len() >= limits::SAMPLE_BYTES_MAX => {
                Some(Claim::new(70, "it begins as a long BSON document would"))
            }
            Ended::Open(_) | Ended::Wrong => None,
        }
    }

    fn open(start: &Start<'_>) -> Result<Self, String> {
        Ok(Self { cut: start.base, ..Self::default() })
    }

    fn push(&mut self, input: &mut Input<'_>, out: &mut Out<'_>) -> Result<(), String> {
        let (bytes, is_last) = (input.bytes(), input.is_last());
        let mut at = input.consumed();
        while at < bytes.len() {
            let end = if self.left_bytes > 0 {
                let end = bytes.len().min(at + self.left_bytes);
                self.left_bytes -= end - at;
                out.skip(&bytes[at..end]);
                end
            } else {
                match step(bytes, at, is_last) {
                    Step::Wait => break,
                    Step::Mark(end) => {
                        out.skip(&bytes[at..end]);
                        end
                    }
                    Step::Document(end) => {
                        self.read(bytes, at, end, out);
                        end
                    }
                    Step::Long(len) => {
                        let end = at + BYTES_MIN;
                        out.reject(&bytes[at..end], "record-too-long");
                        self.left_bytes = len - BYTES_MIN;
                        end
                    }
                    Step::Nothing { end, .. } => {
                        let reason = if end == bytes.len() && is_last { "truncated" } else { "no-document" };
                        out.reject(&bytes[at..end], reason);
                        end
                    }
                }
            };
            at = end;
        }
        input.consume_to(at);
        Ok(())
    }

    fn scan(&mut self, input: &mut Input<'_>, cuts: &mut Cuts<'_>) -> Result<(), String> {
        let (bytes, is_last) = (input.bytes(), input.is_last());
        let mut at = input.consumed();
        while at < bytes.len() {
            if self.left_bytes > 0 {
                let end = bytes.len().min(at + self.left_bytes);
                self.left_bytes -= end - at;
                at = end;
                continue;
            }
            let offset = input.base() + at as u64;
            at = match step(bytes, at, is_last) {
                Step::Wait => break,
                Step::Document(end) => {
                    if offset >= (self.cut + CUT_BYTES_MIN).max(self.uncut) {
                        cuts.cut(offset, b"");
                        self.cut = offset;
                    }
                    end
                }
                Step::Mark(end) => end,
                Step::Nothing { end, seen } => {
                    // A chunk that ended before what was looked at would see less.
                    self.uncut = self.uncut.max(input.base() + seen as u64);
                    end
                }
                Step::Long(len) => {
                    self.left_bytes = len - BYTES_MIN;
                    at + BYTES_MIN
                }
            };
        }
        input.consume_to(at);
        Ok(())
    }
}

impl Bson {
    fn read(&mut self, bytes: &[u8], start: usize, end: usize, out: &mut Out<'_>) {
        self.documents.forget();
        if let Err(reason) = self.reader.read(bytes, start, end, &mut self.documents) {
            return out.reject(&bytes[start..end], reason);
        }
        let plan = self.documents.plan(&self.reader.tree, &self.reader.shape, bytes, out);
        self.documents.tell(&plan, &self.reader.tree, bytes, start..end, out);
    }
}

/// Says what stands at a place, by a document's outermost values.
fn step(bytes: &[u8], at: usize, is_last: bool) -> Step {
    let rest = &bytes[at..];
    if rest.starts_with(&ARCHIVE) || rest.starts_with(&ARCHIVE_END) {
        return Step::Mark(at + 4);
    }
    if rest.len() <= BYTES_MIN && !is_last {
        return Step::Wait;
    }
    match ended(rest) {
        Ended::At(len) => Step::Document(at + len),
        Ended::Open(len) if len > DOCUMENT_BYTES_READ_MAX && rest.len() >= LONG_BYTES_SEEN => Step::Long(len),
        Ended::Open(_) if !is_last => Step::Wait,
        Ended::Open(_) | Ended::Wrong => next(bytes, at, is_last),
    }
}

/// How a document that begins here ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// Where its length says.
    At(usize),
    /// Its length says more than there is, and nothing else speaks against it.
    Open(usize),
    /// It is none.
    Wrong,
}

fn ended(bytes: &[u8]) -> Ended {
    let Some(len) = length(bytes) else { return if bytes.len() < 4 { Ended::Open(0) } else { Ended::Wrong } };
    if !(BYTES_MIN..=DOCUMENT_BYTES_MAX).contains(&len) {
        return Ended::Wrong;
    }
    // A long one is judged by its beginning, however much of it is there.
    let seen = if len > DOCUMENT_BYTES_READ_MAX { LONG_BYTES_SEEN } else { len };
    let all = &bytes[..bytes.len().min(seen)];
    let mut at = 4;
    loop {
        match all.get(at) {
            Some(0) => return if at + 1 == len { Ended::At(len) } else { Ended::Wrong },
            Some(kind) => match value_end(all, at, *kind) {
                Some(end) if end < len => at = end,
                None if all.len() < len && all.len() - at <= NAME_BYTES_MAX + 16 => return Ended::Open(len),
                _ => return Ended::Wrong,
            },
            None if all.len() < len => return Ended::Open(len),
            None => return Ended::Wrong,
        }
    }
}

/// Behind a value and its name, if they can be told.
fn value_end(bytes: &[u8], at: usize, kind: u8) -> Option<usize> {
    let name = bytes.get(at + 1..)?;
    let rest = &name[memchr(0, &name[..name.len().min(NAME_BYTES_MAX)])? + 1..];
    let len = match kind {
        3 | 4 => length(rest).filter(|len| *len >= BYTES_MIN)?,
        _ => value(kind, rest).ok().map(|(_, before, len, behind)| before + len + behind)?,
    };
    Some(bytes.len() - rest.len() + len)
}

/// Is what stands here the beginning of a value that is a document, its type and its name?
fn is_within(before: &[u8]) -> bool {
    let Some((0, before)) = before.split_last() else { return false };
    let name = before.iter().rev().take(NAME_BYTES_MAX).take_while(|byte| **byte > 0x1f).count();
    name > 0 && matches!(before.get(before.len().wrapping_sub(name + 1)), Some(3))
}

/// Where a document begins next, if one does with a value by the name of `_id`, as nearly all do: it is whole, and no part of another
/// one. If it looks like a part, another or nothing must follow it.
fn next(bytes: &[u8], at: usize, is_last: bool) -> Step {
    let window = &bytes[..bytes.len().min(at + DOCUMENT_BYTES_READ_MAX)];
    let is_all = is_last || window.len() - at == DOCUMENT_BYTES_READ_MAX;
    let mut from = at + 1;
    while let Some(found) = window.get(from..).and_then(|rest| memchr::memmem::find(rest, b"_id\0")) {
        from += found + 4;
        let Some(begin) = (from - 4).checked_sub(BYTES_MIN).filter(|begin| *begin > at) else { continue };
        match ended(&window[begin..]) {
            Ended::At(_) if !is_within(&window[..begin]) => return Step::Nothing { end: begin, seen: window.len() },
            Ended::At(len) => match ended(&window[begin + len..]) {
                Ended::At(_) => return Step::Nothing { end: begin, seen: window.len() },
                Ended::Open(_) if begin + len == window.len() && is_last => return Step::Nothing { end: begin, seen: window.len() },
                Ended::Open(_) if is_all => return Step::Nothing { end: begin, seen: window.len() },
                Ended::Open(_) => return Step::Wait,
                Ended::Wrong if window[begin + len..].starts_with(&ARCHIVE_END) => return Step::Nothing { end: begin, seen: window.len() },
                Ended::Wrong => {}
            },
            Ended::Open(_) if !is_all => return Step::Wait,
            Ended::Open(_) | Ended::Wrong => {}
        }
    }
    if is_all { Step::Nothing { end: window.len(), seen: window.len() } } else { Step::Wait }
}

sluice_plugin::export!(Bson);
