//! Logs of information stealers: a folder a machine, in which saved logins stand in blocks of `Key: value`.
//!
//! A [`block`] of a URL, a login and a password is a record ([`login`]), in whichever family's words ([`key`]) and order; fields that
//! somebody typed into forms are one record a run of them ([`form`]). What else lies in such a folder is claimed, so that nobody takes
//! it for something, and skipped: cookies, pages, programs, tokens, system information, of which no line says whose it is.
//! Every block stands alone, so a member may be cut between any two. Deliberately absent: payment cards, whose numbers are never told;
//! and logins without keys (`url:login:password`), which are the combo plugin's.
#![forbid(unsafe_code)]

mod block;
mod form;
mod key;
mod line;
mod login;
mod path;
mod probe;
mod reader;

use sluice_plugin::{Claim, Cuts, Descriptor, Framing, Input, Out, Parser, Sample, Start};

use crate::{
    block::Block,
    reader::{Columns, Reader},
};

/// Bytes between places where a chunk may begin.
const CUT_BYTES: u64 = 128 << 10;

/// The parser.
#[derive(Default)]
pub struct Stealer {
    reader: Reader,
    columns: Columns,
    /// While scanning: where the last chunk may begin.
    cut: u64,
}

impl Parser for Stealer {
    fn describe() -> Descriptor {
        Descriptor {
            name: "stealer",
            version: env!("CARGO_PKG_VERSION"),
            title: "Logs of information stealers",
            formats: &["RedLine", "META", "Raccoon", "Vidar", "Lumma", "StealC", "RisePro", "Azorult"],
            framing: Framing::Marks,
            ..Descriptor::TEXT
        }
    }

    fn probe(sample: &Sample<'_>) -> Option<Claim> {
        probe::probe(sample)
    }

    fn open(start: &Start<'_>) -> Result<Self, String> {
        let reader = Reader { holds: path::holds(start.name), ..Reader::default() };
        Ok(Self { reader, cut: start.base, ..Self::default() })
    }

    fn push(&mut self, input: &mut Input<'_>, out: &mut Out<'_>) -> Result<(), String> {
        while let Some(block) = block::next(input.rest(), input.is_last(), &mut self.reader) {
            match &block {
                Block::Nothing(rows) => out.skip(rows),
                Block::Odd(rows, reason) => out.reject(rows, reason),
                Block::Login(rows, login) => login.tell(rows, &mut self.columns, out),
                Block::Form(rows, typed) if typed.is_somebody() => typed.tell(rows, out),
                Block::Form(rows, _) => out.skip(rows),
            }
            input.consume_to(input.consumed() + block.rows().len());
        }
        Ok(())
    }

    fn scan(&mut self, input: &mut Input<'_>, cuts: &mut Cuts<'_>) -> Result<(), String> {
        while let Some(block) = block::next(input.rest(), input.is_last(), &mut self.reader) {
            if input.offset() - self.cut >= CUT_BYTES {
                self.cut = input.offset();
                cuts.cut(self.cut, b"");
            }
            input.consume_to(input.consumed() + block.rows().len());
        }
        Ok(())
    }
}

sluice_plugin::export!(Stealer);
