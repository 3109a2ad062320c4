//! Accounts a line, as systems and their tools keep them: `shadow` and `passwd`, `htpasswd` and digest authentication, pwdump's and
//! secretsdump's rows with their Kerberos keys, and what crackers have found: potfiles, and what John the Ripper shows.
//!
//! What a line is most lines tell by their shape (`windows`, `unix`, `cracked`, `listed`, asked in this order by `line`); a member's first
//! 64 KiB say what the others are, and chunks further on get that as their context (`dialect`). A locked or empty account is a record
//! without a secret, and an account whose hash is broken a reject: nobody's password is what is left of a hash.
//! Deliberately absent: groups, and lists of e-mails with hashes, which are the combo and positional plugins'.
#![forbid(unsafe_code)]

mod account;
mod cracked;
mod dialect;
mod hex;
mod line;
mod listed;
mod unix;
mod windows;

use sluice_plugin::{
    Claim, Cuts, Descriptor, Framing, Input, Out, Parser, Sample, Start,
    opening::{self, LineCuts},
};

use crate::{account::Columns, dialect::Dialect};

/// The parser.
pub struct Accounts {
    /// `None` until enough of the member's start is there.
    dialect: Option<Dialect>,
    columns: Columns,
    cuts: LineCuts,
}

impl Parser for Accounts {
    fn describe() -> Descriptor {
        Descriptor {
            name: "accounts",
            version: env!("CARGO_PKG_VERSION"),
            title: "Accounts of systems and what crackers found: shadow, htpasswd, pwdump, potfiles",
            formats: &["shadow", "passwd", "htpasswd", "htdigest", "pwdump", "NTDS", "potfile"],
            framing: Framing::Marks,
            ..Descriptor::TEXT
        }
    }

    fn probe(sample: &Sample<'_>) -> Option<Claim> {
        dialect::probe(sample)
    }

    fn open(start: &Start<'_>) -> Result<Self, String> {
        let dialect = match start.context {
            [] => None,
            context => Some(Dialect::unpack(context).ok_or("the chunk's context is none of this parser's")?),
        };
        Ok(Self { dialect, columns: Columns::default(), cuts: LineCuts::new(start.base) })
    }

    fn push(&mut self, input: &mut Input<'_>, out: &mut Out<'_>) -> Result<(), String> {
        let Some(dialect) = self.dialect(input) else { return Ok(()) };
        while let Some(line) = input.next_line() {
            line::read(line.raw, line.text, dialect, &mut self.columns, out);
        }
        Ok(())
    }

    fn scan(&mut self, input: &mut Input<'_>, cuts: &mut Cuts<'_>) -> Result<(), String> {
        if let Some(dialect) = self.dialect(input) {
            self.cuts.cut(input, cuts, &dialect.pack());
        }
        Ok(())
    }
}

impl Accounts {
    /// What the file is, as soon as that is known.
    fn dialect(&mut self, input: &Input<'_>) -> Option<Dialect> {
        if self.dialect.is_none() {
            self.dialect = Some(Dialect::of(opening::lines(input)?));
        }
        self.dialect
    }
}

sluice_plugin::export!(Accounts);
