//! JSON of every shape: lines, arrays, documents after each other or levels down, and what databases' tools export.
//!
//! [`member`] finds documents in what is around them, [`unit`] reads one with care, and [`shapes`] reads those that look like one before
//! many times as fast. What a document means is the kit's ([`sluice_plugin::document`]). A chunk's context is the brackets around it.
//! Deliberately absent: JSON in the values of other formats, and text that a key's name does not make anybody's.
#![forbid(unsafe_code)]

mod member;
mod shapes;
mod unit;

use sluice_plugin::{Bitmaps, Claim, Cuts, Descriptor, Framing, Input, Out, Parser, Sample, Start, identify};

use crate::member::{Member, Step, View};

/// Chunks need not begin more often.
const CUT_BYTES_MIN: u64 = 256 << 10;
/// Of a head's bytes those that may be broken, in percent.
const BROKEN_PERCENT_MAX: usize = 50;

/// The parser.
#[derive(Default)]
pub struct Json {
    member: Member,
    bitmaps: Bitmaps<1>,
    /// Bytes that must be there before what was incomplete is tried again: twice what there was.
    wanted_bytes: usize,
    /// While scanning: where a chunk began last, and where the next may.
    cut: u64,
    uncut: u64,
    /// While scanning: has a document begun at a line behind another one? Then cuts are found without reading.
    is_lines: bool,
}

impl Parser for Json {
    fn describe() -> Descriptor {
        Descriptor {
            name: "json",
            version: env!("CARGO_PKG_VERSION"),
            title: "JSON: lines, arrays, nested documents, exports",
            formats: &["JSON", "JSON lines", "mongoexport", "elasticdump", "Firebase"],
            framing: Framing::Marks,
            ..Descriptor::TEXT
        }
    }

    fn probe(sample: &Sample<'_>) -> Option<Claim> {
        let is_whole = sample.size.is_none_or(|size| size <= sample.head.len() as u64);
        let mut json = Self { member: Member::new(b"")?, ..Self::default() };
        json.member.is_scanning = true;
        json.build(sample.head);
        let view = View { bytes: sample.head, is_last: is_whole, enders: json.bitmaps.class(0) };
        let (mut at, mut broken, mut documents) = (0, 0, 0);
        while at < sample.head.len() {
            let (end, is_broken) = match json.member.step(view, at) {
                Step::Wait => {
                    documents += usize::from(!json.member.reader.tree.leaves.is_empty());
                    break;
                }
                Step::Skip(end) => (end, false),
                Step::Reject(end, _) => (end, true),
                Step::Document(end) => {
                    documents += usize::from(!json.member.reader.tree.leaves.is_empty());
                    (end, false)
                }
                Step::Alone { end, .. } => (end, false),
            };
            json.member.passed(&sample.head[at..end]);
            broken += if is_broken { end - at } else { 0 };
            at = end;
        }
        let is_json = documents > 0 && broken * 100 <= sample.head.len() * BROKEN_PERCENT_MAX;
        match broken {
            0 if is_json => Some(Claim::new(95, "it begins with JSON documents that have keys")),
            _ if is_json => Some(Claim::new(85, "most of what it begins with is JSON documents that have keys")),
            _ => None,
        }
    }

    fn open(start: &Start<'_>) -> Result<Self, String> {
        let member = Member::new(start.context).ok_or("the context is not this plugin's")?;
        Ok(Self { member, cut: start.base, ..Self::default() })
    }

    fn push(&mut self, input: &mut Input<'_>, out: &mut Out<'_>) -> Result<(), String> {
        self.each(input, |json, step, at, bytes| match step {
            Step::Wait => {}
            Step::Skip(end) => out.skip(&bytes[at..end]),
            Step::Reject(end, reason) => out.reject(&bytes[at..end], reason),
            Step::Document(end) => json.tell(at, end, bytes, out),
            Step::Alone { email, secret, end } => {
                let secret = &bytes[secret.0..secret.1];
                out.record(&bytes[at..end]).email(&bytes[email.0..email.1]).tagged(identify(secret, None).tag(), secret).end();
            }
        });
        Ok(())
    }

    fn scan(&mut self, input: &mut Input<'_>, cuts: &mut Cuts<'_>) -> Result<(), String> {
        self.member.is_scanning = true;
        if !self.is_lines {
            let base = input.base();
            self.each(input, |json, step, at, bytes| json.scanned(step, at, base, bytes, cuts));
        }
        if self.is_lines {
            self.cut_lines(input, cuts);
        }
        Ok(())
    }
}

impl Json {
    fn build(&mut self, bytes: &[u8]) {
        self.bitmaps.build(bytes, |block| [block.eq(b'"') | block.eq(b'\\') | block.at_most(0x1f)]);
    }

    /// Goes from step to step through a push.
    fn each(&mut self, input: &mut Input<'_>, mut told: impl FnMut(&mut Self, Step, usize, &[u8])) {
        let (bytes, is_last) = (input.bytes(), input.is_last());
        if input.rest().len() < self.wanted_bytes && !is_last {
            return;
        }
        self.build(bytes);
        let bitmaps = std::mem::take(&mut self.bitmaps);
        let view = View { bytes, is_last, enders: bitmaps.class(0) };
        let mut at = input.consumed();
        while at < bytes.len() {
            let step = self.member.step(view, at);
            let end = match step {
                Step::Wait => break,
                Step::Skip(end) | Step::Reject(end, _) | Step::Document(end) | Step::Alone { end, .. } => end,
            };
            told(self, step, at, bytes);
            self.member.passed(&bytes[at..end]);
            at = end;
            if self.is_lines {
                break;
            }
        }
        self.bitmaps = bitmaps;
        input.consume_to(at);
        self.wanted_bytes = if at < bytes.len() && !is_last {
            (bytes.len() - at).saturating_mul(2).min(sluice_plugin::limits::RECORD_BYTES_MAX)
        } else {
            0
        };
    }

    /// A document that was read.
    fn tell(&mut self, at: usize, end: usize, bytes: &[u8], out: &mut Out<'_>) {
        let Member { documents, reader, shapes, plan, .. } = &mut self.member;
        let plan = match plan {
            Some(plan) => plan.clone(),
            None => documents.plan(&reader.tree, &shapes.shape, bytes, out),
        };
        documents.tell(&plan, &reader.tree, bytes, at..end, out);
    }

    /// What a scan does with a step.
    fn scanned(&mut self, step: Step, at: usize, base: u64, bytes: &[u8], cuts: &mut Cuts<'_>) {
        let begins = matches!(step, Step::Document(_));
        let offset = base + at as u64;
        if begins && offset >= self.uncut && offset >= self.cut + CUT_BYTES_MIN {
            cuts.cut(offset, &self.member.context());
            self.cut = offset;
        }
        if let Step::Document(end) = step
            && self.member.is_at_top()
            && matches!(bytes[at..end], [.., b'}', b'\n'] | [.., b'}', b'\r', b'\n'])
            && bytes.get(end) == Some(&b'{')
        {
            self.is_lines = true;
        }
        if !begins {
            self.uncut = self.uncut.max(base + self.member.looked_at as u64);
        }
    }

    /// Finds cuts without reading: a bracket that closes, a line's end, and a bracket that opens.
    fn cut_lines(&mut self, input: &mut Input<'_>, cuts: &mut Cuts<'_>) {
        let (bytes, base) = (input.bytes(), input.base());
        let mut at = input.consumed();
        loop {
            let from = ((self.cut + CUT_BYTES_MIN).saturating_sub(base) as usize).max(at + 1);
            let Some(found) = bytes.get(from..).and_then(|rest| memchr::memmem::find(rest, b"\n{")) else { break };
            let line = from + found + 1;
            if matches!(bytes[..line], [.., b'}', b'\n'] | [.., b'}', b'\r', b'\n']) {
                self.cut = base + line as u64;
                cuts.cut(self.cut, &[0; 4]);
            }
            at = line;
        }
        // A border may stand where two pushes meet.
        let keep = if input.is_last() { 0 } else { 4 };
        input.consume_to(bytes.len().saturating_sub(keep).max(input.consumed()));
    }
}

sluice_plugin::export!(Json);
