//! A parser with a bug, around a plugin's own: the judge's test `planted` puts this file among the sources of a copy of each official plugin.
//! All that the plugin says goes through here, in the words an author has.
//!
//! Which bug a component has is the last byte of a mark in it, so that what was built once is a copy for each.

use std::{borrow::Cow, collections::HashMap, hint::black_box, mem};

use sluice_plugin::{Buffers, Claim, Cuts, Descriptor, Input, Out, Parser, Sample, Start, native};
use sluice_record::{Event, FieldKind, Tag};

static MARK: [u8; 21] = *b"sluice planted bug: -";

/// A cut is told a byte early.
const EARLY: u8 = b'e';
/// A cut is told a byte late.
const LATE: u8 = b'l';
/// The first byte of a chunk is taken for the end of the one before.
const BEGIN: u8 = b'b';
/// The end of a push is taken for that of the chunk.
const END: u8 = b'p';
/// A record's first value is put into a buffer that still has that of the record before.
const LEAK: u8 = b's';
/// The last row is lost.
const LAST: u8 = b'r';
/// The values of a record go through a map, whose order is another each time.
const MAP: u8 = b'm';

fn has(bug: u8) -> bool {
    black_box(&MARK).last() == Some(&bug)
}

/// An event's tag and its bytes.
type Told<'a> = (u8, Cow<'a, [u8]>);

pub struct Faulty<P> {
    parser: P,
    buffers: Buffers,
    /// Nothing was read yet of a chunk that begins within its member.
    is_within: bool,
    /// The first value of the record before.
    value: Vec<u8>,
}

impl<P: Parser> Parser for Faulty<P> {
    fn describe() -> Descriptor {
        P::describe()
    }

    fn probe(sample: &Sample<'_>) -> Option<Claim> {
        P::probe(sample)
    }

    fn group(names: &[&str]) -> Vec<Vec<u32>> {
        P::group(names)
    }

    fn open(start: &Start<'_>) -> Result<Self, String> {
        Ok(Self { parser: P::open(start)?, buffers: Buffers::default(), is_within: start.base > 0, value: Vec::new() })
    }

    fn push(&mut self, input: &mut Input<'_>, out: &mut Out<'_>) -> Result<(), String> {
        let (bytes, last) = (input.bytes(), input.is_last() || has(END));
        let begin = usize::from(has(BEGIN) && !bytes.is_empty() && mem::take(&mut self.is_within));
        let chunk = &bytes[begin..];
        let mut told: Vec<Told<'_>> = Vec::new();
        let mut emit = |events: &[u64], arena: &[u8]| {
            told.extend(events.iter().map(|event| {
                let (tag, span) = (Event(*event).tag(), Event(*event).span());
                let range = span.offset as usize..(span.offset + span.len) as usize;
                (tag, if span.arena { arena[range].to_vec().into() } else { chunk[range].into() })
            }));
        };
        let base = input.base() + begin as u64;
        let consumed = native::push(&mut self.parser, &mut self.buffers, base, chunk, last, &mut emit)?;
        input.consume_to(begin + consumed);
        if has(LEAK) {
            leak(&mut told, &mut self.value);
        }
        if has(LAST) && last {
            lose(&mut told);
        }
        if has(MAP) {
            reorder(&mut told);
        }
        out.skip(&bytes[..begin]);
        tell(&told, out);
        Ok(())
    }

    fn scan(&mut self, input: &mut Input<'_>, cuts: &mut Cuts<'_>) -> Result<(), String> {
        let mut cut = |offset: u64, context: &[u8]| cuts.cut(offset + u64::from(has(LATE)) - u64::from(has(EARLY)), context);
        let consumed = native::scan_push(&mut self.parser, input.base(), input.bytes(), input.is_last(), &mut cut)?;
        input.consume_to(consumed);
        Ok(())
    }
}

fn is_value(tag: u8) -> bool {
    tag >= FieldKind::Email.tag()
}

fn leak(told: &mut [Told<'_>], before: &mut Vec<u8>) {
    let mut is_first = false;
    for (tag, value) in told {
        if mem::replace(&mut is_first, *tag == Tag::RECORD.0) && is_value(*tag) {
            let own = value.to_vec();
            before.extend_from_slice(&own);
            *value = mem::replace(before, own).into();
        }
    }
}

fn lose(told: &mut Vec<Told<'_>>) {
    let Some(at) = told.iter().rposition(|(tag, _)| [Tag::RECORD.0, Tag::REJECT.0].contains(tag)) else { return };
    told[at].0 = Tag::SKIP.0;
    let behind = told[at + 1..].iter().take_while(|(tag, _)| is_value(*tag) || *tag == Tag::REASON.0).count();
    told.drain(at + 1..=at + behind);
}

/// A record that has but one value goes with the next, as far as what its column is may be told only there.
fn reorder(told: &mut [Told<'_>]) {
    let mut places: Vec<usize> = Vec::new();
    for at in 0..=told.len() {
        let tag = told.get(at).map(|(tag, _)| *tag);
        if tag.is_none_or(|tag| tag == Tag::RECORD.0) && places.len() > 1 {
            let values: HashMap<usize, Told<'_>> = places.iter().map(|at| (*at, told[*at].clone())).collect();
            places.drain(..).zip(values.into_values()).for_each(|(at, value)| told[at] = value);
        }
        places.extend(tag.filter(|tag| is_value(*tag) && *tag < Tag::EXTRA_MIN).map(|_| at));
    }
}

fn tell(told: &[Told<'_>], out: &mut Out<'_>) {
    for (at, (tag, bytes)) in told.iter().enumerate() {
        let behind = &told[at + 1..];
        match Tag(*tag) {
            Tag::RECORD => {
                let mut record = out.record(bytes);
                behind.iter().take_while(|(tag, _)| is_value(*tag)).for_each(|(tag, value)| record.add(*tag, value));
                record.end();
            }
            Tag::REJECT => {
                let reason = behind.first().map(|(_, reason)| String::from_utf8_lossy(reason).into_owned());
                out.reject(bytes, reason.unwrap_or_default().leak());
            }
            Tag::SKIP => out.skip(bytes),
            Tag::COLUMN => drop(out.column(&bytes[1..])),
            _ => {}
        }
    }
}
