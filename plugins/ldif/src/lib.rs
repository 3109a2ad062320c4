//! LDIF (RFC 2849): what slapcat, ldapsearch and other directories' tools write.
//!
//! Lines that stand together, without a blank one, are a [`block`]; one with a `dn` is an entry, and an entry with something of a person
//! in it a record ([`entry`]). What an attribute means is in [`attribute`]. Every block stands alone, so a member may be cut at any blank line.
//! Deliberately absent: values in other files (`attr:< file:///…`), and telling what a change does: each value of a change record is data
//! of somebody, whether it was added or taken away.
#![forbid(unsafe_code)]

mod attribute;
mod block;
mod entry;

use std::collections::HashMap;

use sluice_plugin::{Claim, Column, Cuts, Descriptor, Framing, Input, Line, Out, Parser, Sample, Start};

use crate::{
    attribute::Uses,
    block::{Block, attributes, next_block},
};

/// The parser: it remembers nothing but the columns it has named, and what names of attributes mean.
#[derive(Default)]
pub struct Ldif {
    columns: HashMap<Vec<u8>, Option<Column>>,
    uses: Uses,
    /// While scanning: is the last line a blank one?
    after_blank: bool,
}

impl Parser for Ldif {
    fn describe() -> Descriptor {
        Descriptor {
            name: "ldif",
            version: env!("CARGO_PKG_VERSION"),
            title: "LDIF, as directories are written out",
            formats: &["LDIF"],
            framing: Framing::Marks,
            ..Descriptor::TEXT
        }
    }

    fn probe(sample: &Sample<'_>) -> Option<Claim> {
        let mut lines = sample.lines().filter(|line| !line.is_empty() && !line.starts_with(b"#") && !line.starts_with(b" "));
        let first = lines.next()?;
        let starts = |name: &[u8]| first.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name));
        if starts(b"version: ") && lines.next().is_some_and(block::is_dn) {
            return Some(Claim::new(95, "a version line and an entry's dn behind it"));
        }
        block::is_dn(first).then(|| Claim::new(90, "it begins with an entry's dn"))
    }

    fn open(_: &Start<'_>) -> Result<Self, String> {
        Ok(Self::default())
    }

    fn push(&mut self, input: &mut Input<'_>, out: &mut Out<'_>) -> Result<(), String> {
        while let Some(block) = next_block(input.rest(), input.is_last()) {
            match block {
                Block::Blank(line) => out.skip(line),
                Block::Lines(rows) => self.read(rows, out),
            }
            let (Block::Blank(rows) | Block::Lines(rows)) = block;
            input.consume_to(input.consumed() + rows.len());
        }
        Ok(())
    }

    fn scan(&mut self, input: &mut Input<'_>, cuts: &mut Cuts<'_>) -> Result<(), String> {
        while let Some(line) = Line::at(input.rest(), input.is_last()) {
            if !line.text.is_empty() && self.after_blank {
                cuts.cut(input.offset(), b"");
            }
            self.after_blank = line.text.is_empty();
            input.consume_to(input.consumed() + line.raw.len());
        }
        Ok(())
    }
}

impl Ldif {
    /// A block: a record, a reject, or nobody's.
    fn read(&mut self, rows: &[u8], out: &mut Out<'_>) {
        let mut all = attributes(rows).peekable();
        let has_version = all.next_if(|first| first.is(b"version")).is_some();
        match all.peek() {
            Some(first) if first.is(b"dn") => match entry::Entry::read(all, &mut self.uses) {
                Some(entry) => entry.tell(rows, &mut self.columns, out),
                None => out.skip(rows),
            },
            // ldapsearch ends what it writes with how the search went.
            Some(first) if ["search", "result", "ref"].iter().any(|name| first.is(name.as_bytes())) => out.skip(rows),
            Some(_) => out.reject(rows, "no-dn"),
            None if has_version || block::is_comment(rows) => out.skip(rows),
            None => out.reject(rows, "no-attributes"),
        }
    }
}

sluice_plugin::export!(Ldif);
