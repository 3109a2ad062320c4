//! Logs of information stealers: a folder a machine, in which saved logins stand in blocks of `Key: value`.
//!
//! A [`block`] of a URL, a login and a password is a record ([`login`]), in whichever family's words ([`key`]) and order; fields that
//! somebody typed into forms are one record a run of them ([`form`]). What else lies in such a folder is claimed, so that nobody takes
//! it for something, and skipped: cookies, pages, programs, tokens, and what is said of the [`machine`], of which no line is an account.
//! Where the host joins a machine's [`folder`], that is told with each of its logins. A member may be cut between any two blocks. Deliberately absent: payment cards, whose numbers are never told;
//! and logins without keys (`url:login:password`), which are the combo plugin's.
#![forbid(unsafe_code)]

mod block;
mod folder;
mod form;
mod key;
mod line;
mod login;
mod machine;
mod memo;
mod path;
mod probe;
mod quick;
mod reader;

use sluice_plugin::{Bitmaps, Claim, Cuts, Descriptor, Framing, Input, Out, Parser, Sample, Start, blocks::is_rule};

use crate::{
    block::Block,
    folder::Member,
    machine::Machine,
    path::Holds,
    quick::Usual,
    reader::{Columns, Reader},
};

/// Bytes between places where a chunk may begin.
const CUT_BYTES: u64 = 128 << 10;

/// The parser.
#[derive(Default)]
pub struct Stealer {
    /// The members that are still to be read, the nearest last.
    members: Vec<Member>,
    machine: Machine,
    reader: Reader,
    columns: Columns,
    bitmaps: Bitmaps<1>,
    usual: Usual,
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

    fn group(names: &[&str]) -> Vec<Vec<u32>> {
        folder::groups(names)
    }

    fn open(start: &Start<'_>) -> Result<Self, String> {
        let mut members = folder::members(start.name, start.parts);
        members.reverse();
        Ok(Self { members, machine: Machine::unpack(start.context), cut: start.base, ..Self::default() })
    }

    fn push(&mut self, input: &mut Input<'_>, out: &mut Out<'_>) -> Result<(), String> {
        self.bitmaps.build(input.bytes(), |block| [block.at_most(b' ' - 1)]);
        loop {
            self.quick(input, out);
            let Some(block) = self.next(input) else { return Ok(()) };
            self.tell(&block, out);
        }
    }

    fn scan(&mut self, input: &mut Input<'_>, cuts: &mut Cuts<'_>) -> Result<(), String> {
        loop {
            let at = input.offset();
            let known = if at - self.cut >= CUT_BYTES { Some(self.machine.pack()) } else { None };
            if self.next(input).is_none() {
                return Ok(());
            }
            if let Some(context) = known {
                self.cut = at;
                cuts.cut(at, &context);
            }
        }
    }
}

impl Stealer {
    /// What is left of the member at hand, and whether all of it is there.
    fn member<'a>(&mut self, input: &Input<'a>) -> (&'a [u8], bool) {
        while self.members.len() > 1 && self.members.last().is_some_and(|member| member.end <= input.offset()) {
            self.members.pop();
        }
        let Some(member) = self.members.last() else { return (input.rest(), input.is_last()) };
        self.reader.holds = member.holds;
        let (rest, left) = (input.rest(), member.end.saturating_sub(input.offset()));
        match usize::try_from(left) {
            Ok(left) if left <= rest.len() && left > 0 => (&rest[..left], true),
            _ => (rest, input.is_last()),
        }
    }

    /// Reads blocks as long as they look like those before.
    fn quick(&mut self, input: &mut Input<'_>, out: &mut Out<'_>) {
        let (text, _) = self.member(input);
        if matches!(self.reader.holds, Holds::Forms | Holds::Machine) {
            return;
        }
        let machine = self.machine.told(usize::MAX / quick::ROW_SHARE, &mut self.columns, out);
        let range = input.consumed()..input.consumed() + text.len();
        input.consume_to(self.usual.read(input.bytes(), range, self.bitmaps.class(0), &machine, out));
    }

    /// Says what a block is.
    fn tell(&mut self, block: &Block<'_>, out: &mut Out<'_>) {
        match block {
            Block::Nothing(rows) => {
                out.skip(rows);
                if is_rule(rows.trim_ascii_end()) {
                    self.usual.learn_rule(rows);
                }
            }
            Block::Odd(rows, reason) => out.reject(rows, reason),
            Block::Login(rows, login) => {
                login.tell(rows, &self.machine, &mut self.columns, out);
                self.usual.learn(rows, login, &mut self.reader.keys, &self.columns);
            }
            Block::Form(rows, typed) if typed.is_somebody() => typed.tell(rows, out),
            Block::Form(rows, _) => out.skip(rows),
        }
    }

    /// Consumes and gives the next block, which is of one member.
    fn next<'a>(&mut self, input: &mut Input<'a>) -> Option<Block<'a>> {
        let (text, last) = self.member(input);
        let block = block::next(text, last, &mut self.reader)?;
        if self.reader.holds == Holds::Machine {
            self.machine.note(block.rows(), &mut self.reader);
        }
        input.consume_to(input.consumed() + block.rows().len());
        Some(block)
    }
}

sluice_plugin::export!(Stealer);
