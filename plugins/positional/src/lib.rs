//! Rows whose columns stand by place, as forums' tables are passed on: `user:email:hash:salt`, with numbers, phones, addresses and times
//! among them, the salt with whatever is in it.
//!
//! A member's first 64 KiB tell the columns (`told`), chunks further on get them as their context (`layout`). Rows without anything odd
//! are read many at once (`rows`), others carefully (`row`).
//! Deliberately absent: quotes, which are the csv plugin's; rows of a login and a secret alone, and URLs with them, which are combo's.
#![forbid(unsafe_code)]

mod field;
mod layout;
mod row;
mod rows;
mod told;

use memchr::memchr;
use sluice_plugin::{
    Bitmaps, Claim, Cuts, Descriptor, FieldKind, Framing, Input, Out, Parser, Sample, Start,
    columns::Meaning,
    opening::{self, LineCuts},
    person::{ColumnTags, Person},
};

use crate::{
    layout::Layout,
    rows::{Maps, Usual},
    told::Told,
};

/// The parser.
pub struct Positional {
    /// `None` until enough of the member's start is there; within, nothing if no columns could be told.
    layout: Option<Option<Layout>>,
    /// How to read many rows at once, if that can be.
    usual: Option<Usual>,
    bitmaps: Bitmaps<3>,
    cuts: LineCuts,
    named: bool,
}

impl Parser for Positional {
    fn describe() -> Descriptor {
        Descriptor {
            name: "positional",
            version: env!("CARGO_PKG_VERSION"),
            title: "Rows whose columns stand by place: user:email:hash:salt",
            formats: &["user:email:hash:salt"],
            framing: Framing::Marks,
            ..Descriptor::TEXT
        }
    }

    fn probe(sample: &Sample<'_>) -> Option<Claim> {
        // Excel's `sep=;`, and quotes, are csv's.
        let is_csv = |line: &&[u8]| line.starts_with(b"\"") || line.get(..4).is_some_and(|head| head.eq_ignore_ascii_case(b"sep="));
        if sample.lines().take(1).any(|line| is_csv(&told::without_mark(line))) {
            return None;
        }
        claim(told::layout(sample.lines())?)
    }

    fn open(start: &Start<'_>) -> Result<Self, String> {
        let layout = match start.context {
            [] => None,
            [0] => Some(None),
            context => Some(Some(Layout::unpack(context).ok_or("the chunk's context is none of this parser's")?)),
        };
        Ok(Self { layout, usual: None, bitmaps: Bitmaps::default(), cuts: LineCuts::new(start.base), named: false })
    }

    fn push(&mut self, input: &mut Input<'_>, out: &mut Out<'_>) -> Result<(), String> {
        if !self.begin(input) {
            return Ok(());
        }
        let Some(layout) = self.layout.as_mut().and_then(Option::as_mut) else {
            while let Some(line) = input.next_line() {
                if is_nobody(line.text) { out.skip(line.raw) } else { out.reject(line.raw, "no-columns") }
            }
            return Ok(());
        };
        if !std::mem::replace(&mut self.named, true) {
            layout.people.name_columns(&mut ColumnTags::default(), out);
            self.usual = Usual::new(layout);
        }
        let (bytes, last) = (input.bytes(), input.is_last());
        let maps = Maps::build(&mut self.bitmaps, layout.separator, bytes);
        let mut at = input.consumed();
        while at < bytes.len() {
            if let Some(usual) = &mut self.usual {
                let end = usual.read(&layout.people, maps, bytes, at, out);
                if end > at {
                    at = end;
                    continue;
                }
            }
            let next = match memchr(b'\n', &bytes[at..]) {
                Some(len) => at + len + 1,
                None if last => bytes.len(),
                None => break,
            };
            read(layout, &bytes[at..next], out);
            at = next;
        }
        input.consume_to(at);
        Ok(())
    }

    fn scan(&mut self, input: &mut Input<'_>, cuts: &mut Cuts<'_>) -> Result<(), String> {
        if self.begin(input) {
            let context = self.layout.as_ref().and_then(Option::as_ref).map_or_else(|| vec![0], Layout::pack);
            self.cuts.cut(input, cuts, &context);
        }
        Ok(())
    }
}

impl Positional {
    /// Makes sure that the columns are known; `false` when more input is needed for that.
    fn begin(&mut self, input: &Input<'_>) -> bool {
        if self.layout.is_none() {
            let Some(opening) = opening::lines(input) else { return false };
            let lines = opening.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
            self.layout = Some(told::layout(lines).map(|told| told.layout));
        }
        true
    }
}

/// One row, carefully.
#[inline(never)]
fn read(layout: &Layout, raw: &[u8], out: &mut Out<'_>) {
    let text = raw.strip_suffix(b"\n").unwrap_or(raw);
    let text = told::without_mark(text.strip_suffix(b"\r").unwrap_or(text));
    if is_nobody(text) || !layout.header.is_empty() && text == layout.header {
        return out.skip(raw);
    }
    if text.len() > told::LINE_BYTES_MAX {
        return out.reject(raw, "line-too-long");
    }
    if text.iter().any(|byte| *byte < b' ' && *byte != b'\t') {
        return out.reject(raw, "binary");
    }
    match row::split(layout, text) {
        Ok(cells) => {
            let mut person = Person::new(&layout.people, out.begin());
            for (column, cell) in cells.into_iter().take(layout.places.len()).enumerate() {
                let value = &text[cell];
                person.value(column, if layout::is_nothing(value) { b"" } else { value });
            }
            if person.is_empty() {
                person.abandon();
                return out.skip(raw);
            }
            person.end(raw);
        }
        Err(reason) => out.reject(raw, reason),
    }
}

fn is_nobody(text: &[u8]) -> bool {
    text.trim_ascii().is_empty() || told::is_banner(text)
}

/// What the columns say of how surely this is a table by place, and nobody else's.
fn claim(told: Told) -> Option<Claim> {
    let Told { layout, rows, whole, has_header } = told;
    let share = whole * 100 / rows.max(1);
    let columns = layout.places.len();
    let meaning = |kind| layout.people.has(kind);
    let is_colon = layout.separator == b':';
    // Of tables with other separators csv reads those that are even, or have names for their columns.
    if !is_colon && (has_header || !meaning(FieldKind::Email)) {
        return None;
    }
    let is_url_first = layout.people.meaning(0) == Meaning::Field(FieldKind::Url);
    if share < 80 || is_url_first || layout.secret().is_none() {
        return None;
    }
    if layout.is_salted() {
        return Some(Claim::new(91, format!("{share} % of {rows} rows have a hash and its salt among {columns} columns")));
    }
    if is_colon && has_header {
        return Some(Claim::new(91, format!("a header names {columns} columns parted by colons, and {share} % of {rows} rows have them")));
    }
    let is_odd = [FieldKind::Ip, FieldKind::Phone, FieldKind::CreatedAt, FieldKind::Dob, FieldKind::FullName].into_iter().any(meaning);
    if is_colon && meaning(FieldKind::Email) && (columns >= 4 || is_odd) {
        return Some(Claim::new(
            89,
            format!("{share} % of {rows} rows have the same {columns} columns parted by colons, an e-mail among them"),
        ));
    }
    None
}

sluice_plugin::export!(Positional);
