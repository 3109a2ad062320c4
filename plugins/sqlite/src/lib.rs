//! SQLite's database files.
//!
//! A file is read once, from its first page to its last, as a dump comes: [`database`] reads the schema and [`owners`] says which table a
//! page belongs to, [`page`] and [`record`] are the file format, [`schema`] what a CREATE TABLE says, [`rows`] tells people. Chunks may
//! begin at any page, given what is known of the pages behind it ([`context`]).
//! Deliberately absent: values that go on in overflow pages (what is whole on the row's own page is told, what is cut off is not), and the
//! write-ahead log, which is another file: what is only in it is not told.
#![forbid(unsafe_code)]

mod context;
mod database;
mod owners;
mod page;
mod record;
mod rows;
mod schema;

use sluice_plugin::{Claim, Cuts, Descriptor, Framing, Input, InputKind, Out, Parser, Sample, Start, person::ColumnTags};

use crate::{
    database::{Begun, Database},
    owners::Role,
    page::{MAGIC, Page},
};

/// Bytes between cuts, at least.
const CUT_BYTES: u64 = 1 << 20;
/// What is no database is rejected by so many bytes; another one may begin behind each.
const NOISE_BYTES: usize = 4096;

/// The parser.
#[derive(Default)]
pub struct Sqlite {
    database: Option<Database>,
    tags: ColumnTags,
    scratch: Vec<u8>,
    /// Offset in the member up to which the last database's schema needs, or needed, to be there.
    wanted: u64,
    /// Offset of the last cut.
    cut: u64,
}

/// A stretch of the input.
enum Step {
    /// A page of the database, of so many bytes.
    Page(Role, u32, usize),
    /// No database.
    Noise(usize),
}

impl Parser for Sqlite {
    fn describe() -> Descriptor {
        Descriptor {
            name: "sqlite",
            version: env!("CARGO_PKG_VERSION"),
            title: "SQLite database files",
            formats: &["SQLite"],
            input: InputKind::Bytes,
            framing: Framing::Marks,
            ..Descriptor::TEXT
        }
    }

    fn probe(sample: &Sample<'_>) -> Option<Claim> {
        sample.head.starts_with(MAGIC).then(|| Claim::new(99, "it begins as every SQLite database does"))
    }

    fn open(start: &Start<'_>) -> Result<Self, String> {
        let database = match start.context {
            [] => None,
            context => Some(context::unpack(context, start.base).ok_or("the chunk's context is none of this parser's")?),
        };
        Ok(Self { database, cut: start.base, ..Self::default() })
    }

    fn push(&mut self, input: &mut Input<'_>, out: &mut Out<'_>) -> Result<(), String> {
        while let Some(step) = self.step(input) {
            let rest = input.rest();
            let len = match step {
                Step::Noise(len) => {
                    out.reject(&rest[..len], "no-database");
                    len
                }
                Step::Page(role, number, len) => {
                    self.tell(role, number, &rest[..len], out);
                    len
                }
            };
            input.consume_to(input.consumed() + len);
        }
        Ok(())
    }

    fn scan(&mut self, input: &mut Input<'_>, cuts: &mut Cuts<'_>) -> Result<(), String> {
        while let Some(Step::Page(_, _, len) | Step::Noise(len)) = self.step(input) {
            input.consume_to(input.consumed() + len);
            let at = input.offset();
            if at < self.cut + CUT_BYTES || at < self.wanted || input.is_last() && input.rest().is_empty() {
                continue;
            }
            if let Some(context) = self.database.as_ref().map_or_else(|| Some(Vec::new()), context::pack) {
                cuts.cut(at, &context);
            }
            // Packing what is too much, at every page, would take longer than reading.
            self.cut = at;
        }
        Ok(())
    }
}

impl Sqlite {
    /// Looks at the next page, and learns from it; `None` when more input is needed.
    fn step(&mut self, input: &Input<'_>) -> Option<Step> {
        let (rest, at, last) = (input.rest(), input.offset(), input.is_last());
        let is_beginning = self.database.as_ref().is_none_or(|database| database.number(at) != 1);
        if rest.is_empty() || at + (rest.len() as u64) < self.wanted && !last {
            return None;
        }
        let is_magic = rest.starts_with(MAGIC);
        if is_beginning && (is_magic || !last && rest.len() < MAGIC.len() && MAGIC.starts_with(rest)) {
            match Database::begin(at, rest, last) {
                Begun::Database(database, bytes) => {
                    self.database = Some(database);
                    self.wanted = at + bytes as u64;
                }
                Begun::Wanted(bytes) => {
                    self.wanted = at + bytes as u64;
                    return None;
                }
                Begun::No if !last && rest.len() < page::HEADER_BYTES => return None,
                Begun::No => {}
            }
        }
        let page_bytes = self.database.as_ref().map_or(NOISE_BYTES, |database| database.layout.page_bytes);
        if rest.len() < page_bytes && !last {
            return None;
        }
        let len = page_bytes.min(rest.len());
        Some(match &mut self.database {
            Some(database) => {
                let number = database.number(at);
                Step::Page(database.role(number, &rest[..len]), number, len)
            }
            None => Step::Noise(len),
        })
    }

    fn tell(&mut self, role: Role, number: u32, bytes: &[u8], out: &mut Out<'_>) {
        let Some(database) = &mut self.database else { return };
        match role {
            Role::Rows(nth) => {
                let tree = database.owners.trees.get_mut(nth).filter(|tree| tree.table.has_people);
                match (tree, Page::read(&database.layout, number, bytes)) {
                    (Some(tree), Some(page)) => rows::tell(&database.layout, tree, &page, &mut self.tags, &mut self.scratch, out),
                    _ => out.skip(bytes),
                }
            }
            Role::Lost => out.reject(bytes, "malformed-page"),
            Role::Nobody | Role::Schema => out.skip(bytes),
        }
    }
}

sluice_plugin::export!(Sqlite);
