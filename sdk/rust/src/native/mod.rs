//! Runs a parser by calling it, for an author's own tests, for measurements, and for a parser around another: the same code, without the host.

use sluice_record::{Batch, Event, Tag, limits};

#[cfg(feature = "cases")]
pub mod cases;
#[cfg(feature = "properties")]
pub mod properties;

use crate::{Cuts, Input, Out, Parser, Start, out::Buffers};

/// What a parser found in some bytes.
#[derive(Debug)]
pub struct Found {
    /// A batch a push.
    pub batches: Vec<Batch>,
}

impl Found {
    /// Checks that records, rejects and skips tile what was consumed, in order, and that every span lies where it says.
    ///
    /// # Errors
    /// The offset in the member of the first byte that is wrong, and how.
    pub fn check_tiling(&self) -> Result<(), String> {
        self.batches.iter().try_for_each(check_batch)
    }
}

fn check_batch(batch: &Batch) -> Result<(), String> {
    let mut at = 0;
    for event in &batch.events {
        let (tag, span) = (Event(*event).tag(), Event(*event).span());
        let bytes = if span.arena { batch.arena.len() } else { batch.input.len() };
        let end = span.offset as usize + span.len as usize;
        if end > bytes {
            return Err(format!("a span of {} bytes reaches outside at {}", span.len, batch.base + at as u64));
        }
        if tag <= Tag::REJECT.0 {
            if span.arena || span.offset as usize != at || span.len == 0 {
                return Err(format!("a gap or an overlap at {}", batch.base + at as u64));
            }
            at = end;
        }
    }
    if at == batch.input.len() { Ok(()) } else { Err(format!("consumed, but not accounted for, at {}", batch.base + at as u64)) }
}

/// Parses `bytes` as one member in one chunk, `push_bytes` a push.
///
/// # Panics
/// When the parser refuses to open, fails, or doesn't consume everything after the last push: an author's test should say so.
pub fn parse<P: Parser>(bytes: &[u8], push_bytes: usize) -> Found {
    let start = Start::default();
    parse_chunk::<P>(bytes, &start, push_bytes)
}

/// As [`parse`], for a chunk within a member.
///
/// # Panics
/// As [`parse`].
pub fn parse_chunk<P: Parser>(bytes: &[u8], start: &Start<'_>, push_bytes: usize) -> Found {
    let mut batches = Vec::new();
    let mut parser = P::open(start).unwrap_or_else(|message| panic!("open: {message}"));
    let mut buffers = Buffers::default();
    feed(bytes, push_bytes, |at, chunk, last| {
        let mut batch = Batch { base: start.base + at as u64, ..Batch::default() };
        let mut emit = |events: &[u64], arena: &[u8]| append(&mut batch, events, arena);
        let consumed = push(&mut parser, &mut buffers, start.base + at as u64, chunk, last, &mut emit)
            .unwrap_or_else(|message| panic!("push at {at}: {message}"));
        batch.input.extend_from_slice(&chunk[..consumed]);
        batches.push(batch);
        consumed
    });
    Found { batches }
}

/// Scans `bytes`: offset and context of every cut.
///
/// # Panics
/// As [`parse`].
pub fn scan<P: Parser>(bytes: &[u8], push_bytes: usize) -> Vec<(u64, Vec<u8>)> {
    let mut found = Vec::new();
    let mut parser = P::open(&Start::default()).unwrap_or_else(|message| panic!("open: {message}"));
    feed(bytes, push_bytes, |at, chunk, last| {
        let mut cut = |offset: u64, context: &[u8]| found.push((offset, context.to_vec()));
        scan_push(&mut parser, at as u64, chunk, last, &mut cut).unwrap_or_else(|message| panic!("scan at {at}: {message}"))
    });
    found
}

/// One push with the buffers of the caller: what a measurement calls in its loop.
///
/// # Errors
/// The parser's.
pub fn push<P: Parser>(
    parser: &mut P,
    buffers: &mut Buffers,
    base: u64,
    chunk: &[u8],
    last: bool,
    emit: &mut dyn FnMut(&[u64], &[u8]),
) -> Result<usize, String> {
    let mut input = Input::new(chunk, base, last);
    let mut out = Out::new(chunk, buffers, emit);
    parser.push(&mut input, &mut out)?;
    out.finish();
    Ok(input.consumed())
}

/// As [`push`], of a scan: gives each cut to the caller.
///
/// # Errors
/// The parser's.
pub fn scan_push<P: Parser>(parser: &mut P, base: u64, chunk: &[u8], last: bool, cut: &mut dyn FnMut(u64, &[u8])) -> Result<usize, String> {
    let mut input = Input::new(chunk, base, last);
    parser.scan(&mut input, &mut Cuts::new(cut))?;
    Ok(input.consumed())
}

fn feed(bytes: &[u8], push_bytes: usize, mut push: impl FnMut(usize, &[u8], bool) -> usize) {
    let (mut at, mut size) = (0, push_bytes);
    loop {
        let end = bytes.len().min(at + size);
        let last = end == bytes.len();
        let consumed = push(at, &bytes[at..end], last);
        at += consumed;
        if last {
            assert_eq!(at, bytes.len(), "after the last push everything is consumed");
            return;
        }
        size = if consumed == 0 { size + push_bytes } else { push_bytes.max(end - at + push_bytes) };
        assert!(size <= limits::RECORD_BYTES_MAX, "the parser consumes nothing of {size} bytes at {at}");
    }
}

fn append(batch: &mut Batch, events: &[u64], arena: &[u8]) {
    let rebase = batch.arena.len() as u32;
    batch.events.extend(events.iter().map(|event| {
        let (event, span) = (Event(*event), Event(*event).span());
        if span.arena { Event::new(event.tag(), span.offset + rebase, span.len, true).0 } else { event.0 }
    }));
    batch.arena.extend_from_slice(arena);
}
