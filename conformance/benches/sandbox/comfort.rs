//! What the kit's builder costs: the same little parser with `out.record(..).email(..).password(..).end()` and with events packed by hand.
//!
//! Natively, for a bench holds no WebAssembly of its own. The parser does so little (two memchr a line) that the events are much of its work.

use anyhow::{Error, Result};
use sluice_plugin::{Buffers, Claim, Descriptor, FieldKind, Framing, Input, Out, Parser, Sample, Start, native};
use sluice_record::{Event, Tag};

use crate::{plain::OnEvents, pushes};

/// Where the lines `login:password` are: start, separator, end of the text, start of the next.
#[inline(always)]
fn pairs(bytes: &[u8], mut pair: impl FnMut(usize, usize, usize, usize)) -> usize {
    let mut start = 0;
    while let Some(len) = memchr::memchr(b'\n', &bytes[start..]) {
        let end = start + len;
        let separator = memchr::memchr(b':', &bytes[start..end]).map_or(end, |at| start + at);
        pair(start, separator, end, end + 1);
        start = end + 1;
    }
    start
}

struct Built;

impl Parser for Built {
    fn describe() -> Descriptor {
        Descriptor { name: "built", version: "0.1.0", title: "Pairs", framing: Framing::Lines, ..Descriptor::TEXT }
    }
    fn probe(_: &Sample<'_>) -> Option<Claim> {
        None
    }
    fn open(_: &Start<'_>) -> Result<Self, String> {
        Ok(Self)
    }
    fn push(&mut self, input: &mut Input<'_>, out: &mut Out<'_>) -> Result<(), String> {
        let bytes = input.bytes();
        let end = pairs(bytes, |start, separator, end, next| {
            let password = bytes.get(separator + 1..end).unwrap_or_default();
            out.record(&bytes[start..next]).email(&bytes[start..separator]).password(password).end();
        });
        input.consume_to(end);
        Ok(())
    }
}

/// With the builder.
pub(crate) fn built(input: &[u8], push_bytes: usize, on_events: OnEvents<'_>) -> Result<()> {
    let (mut parser, mut buffers) = (Built, Buffers::default());
    pushes(input, push_bytes, |at, chunk, last| {
        let mut emit = |events: &[u64], arena: &[u8]| on_events(chunk, events, arena);
        native::push(&mut parser, &mut buffers, at as u64, chunk, last, &mut emit).map_err(Error::msg)
    })
}

/// By hand.
pub(crate) fn packed(input: &[u8], push_bytes: usize, on_events: OnEvents<'_>) -> Result<()> {
    let pack = |tag: u8, start: usize, end: usize| Event::new(tag, start as u32, (end - start) as u32, false).0;
    let mut events: Vec<u64> = Vec::with_capacity(16 << 10);
    pushes(input, push_bytes, |_, chunk, _| {
        let consumed = pairs(chunk, |start, separator, end, next| {
            if events.len() >= 8 << 10 {
                on_events(chunk, &events, b"");
                events.clear();
            }
            events.push(pack(Tag::RECORD.0, start, next));
            if start < separator {
                events.push(pack(FieldKind::Email.tag(), start, separator));
            }
            if separator + 1 < end {
                events.push(pack(FieldKind::Password.tag(), separator + 1, end));
            }
        });
        on_events(chunk, &events, b"");
        events.clear();
        Ok(consumed)
    })
}
