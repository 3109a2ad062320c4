//! SQL dumps as mysqldump, mariadb-dump and phpMyAdmin write them.
//!
//! CREATE TABLE gives the names of columns, an INSERT's own list wins over it, and only tables that hold people give records: the rows
//! of others are skipped. [`statement`] reads what stands between VALUES lists, [`tuple`] the rows in them, [`tables`] is what a chunk
//! in the middle of a dump has to know. Chunks may begin between two rows of one INSERT.
//! Deliberately absent: triggers, views and routines (skipped), and dumps of other databases.
#![forbid(unsafe_code)]

mod statement;
mod tables;
mod tuple;

use memchr::memmem;
use sluice_plugin::{Bitmaps, Claim, Cuts, Descriptor, Framing, Input, Out, Parser, Sample, Start, person::ColumnTags, person::Person};

use crate::{
    statement::{Step, TableColumns, step},
    tables::{Insert, State},
    tuple::{Nothing, Tuple, Values, next_start, read_tuple},
};

/// Bytes between cuts, at least.
const CUT_BYTES: u64 = 1 << 20;

/// The parser.
pub struct Mysqldump {
    state: State,
    maps: Bitmaps<2>,
    tags: ColumnTags,
    /// Offset of the last cut.
    cut: u64,
}

impl Parser for Mysqldump {
    fn describe() -> Descriptor {
        Descriptor {
            name: "mysqldump",
            version: env!("CARGO_PKG_VERSION"),
            title: "MySQL and MariaDB dumps",
            formats: &["mysqldump", "mariadb-dump", "phpMyAdmin SQL"],
            framing: Framing::Marks,
            ..Descriptor::TEXT
        }
    }

    fn probe(sample: &Sample<'_>) -> Option<Claim> {
        claim(sample)
    }

    fn open(start: &Start<'_>) -> Result<Self, String> {
        let state = match start.context {
            [] => State::default(),
            context => State::unpack(context).ok_or("the chunk's context is none of this parser's")?,
        };
        Ok(Self { state, maps: Bitmaps::default(), tags: ColumnTags::default(), cut: start.base })
    }

    fn push(&mut self, input: &mut Input<'_>, out: &mut Out<'_>) -> Result<(), String> {
        let (bytes, last) = (input.bytes(), input.is_last());
        tuple::index(bytes, &mut self.maps);
        let mut at = input.consumed();
        while at < bytes.len() {
            if self.state.in_values {
                at = self.rows(bytes, at, last, out);
                if self.state.in_values {
                    break;
                }
                continue;
            }
            let Some(end) = self.between(bytes, at, last) else { break };
            match end {
                Between::Skip(end) => {
                    out.skip(&bytes[at..end]);
                    at = end;
                }
                Between::Stray(end) => {
                    out.reject(&bytes[at..end], "stray-text");
                    at = end;
                }
            }
        }
        input.consume_to(at);
        Ok(())
    }

    fn scan(&mut self, input: &mut Input<'_>, cuts: &mut Cuts<'_>) -> Result<(), String> {
        let (bytes, last) = (input.bytes(), input.is_last());
        tuple::index(bytes, &mut self.maps);
        let mut at = input.consumed();
        while at < bytes.len() {
            let end = if self.state.in_values {
                match self.place(bytes, at, last) {
                    Place::Row(start) if start > at => start,
                    Place::Row(_) => match read_tuple(bytes, &self.maps, at, last, &mut Nothing) {
                        Tuple::Read { end, .. } => end,
                        Tuple::Incomplete if !last => break,
                        Tuple::Incomplete | Tuple::Broken => match next_start(bytes, at) {
                            Some(end) => end,
                            None if last => bytes.len(),
                            None => break,
                        },
                    },
                    Place::Leave(end) => {
                        self.state.in_values = false;
                        end
                    }
                    Place::Incomplete(end) => {
                        at = end;
                        break;
                    }
                }
            } else {
                match self.between(bytes, at, last) {
                    Some(Between::Skip(end) | Between::Stray(end)) => end,
                    None => break,
                }
            };
            at = end;
            let offset = input.base() + at as u64;
            if offset >= self.cut + CUT_BYTES && (at < bytes.len() || !last) {
                cuts.cut(offset, &self.state.pack());
                self.cut = offset;
            }
        }
        input.consume_to(at);
        Ok(())
    }
}

/// What stands within a VALUES list.
enum Place {
    /// A row opens here.
    Row(usize),
    /// The list ends; statements go on here.
    Leave(usize),
    /// Blanks up to here, and then the input ends.
    Incomplete(usize),
}

/// What stood between VALUES lists, up to where.
enum Between {
    Skip(usize),
    Stray(usize),
}

impl Mysqldump {
    /// Reads over one statement, and learns from it; `None` when more input is needed.
    fn between(&mut self, bytes: &[u8], at: usize, last: bool) -> Option<Between> {
        if let Some(insert) = &self.state.insert
            && !insert.head.is_empty()
            && bytes[at..].starts_with(&insert.head)
        {
            self.state.in_values = true;
            return Some(Between::Skip(at + insert.head.len()));
        }
        match step(bytes, at, last) {
            Step::Incomplete => None,
            Step::Skip(end) => Some(Between::Skip(end)),
            Step::Stray(end) => Some(Between::Stray(end)),
            Step::Table(end, table) => {
                self.state.tables.learn(table);
                self.state.insert = None;
                Some(Between::Skip(end))
            }
            Step::Insert(end, head) => {
                self.state.insert = Some(self.insert(bytes, at, end, &head, last)?);
                self.state.in_values = true;
                Some(Between::Skip(end))
            }
        }
    }

    #[cold]
    fn insert(&self, bytes: &[u8], at: usize, end: usize, head: &TableColumns, last: bool) -> Option<Insert> {
        let text = &bytes[at..end];
        if let Some(insert) = Insert::new(text, head, &self.state.tables) {
            return Some(insert);
        }
        // Nobody told of this table: its first row must.
        let mut first = Values::default();
        match self.place(bytes, end, last) {
            Place::Row(start) => match read_tuple(bytes, &self.maps, start, last, &mut first) {
                Tuple::Read { columns, .. } => first.0.resize(columns, Vec::new()),
                Tuple::Incomplete if !last => return None,
                Tuple::Incomplete | Tuple::Broken => first.0.clear(),
            },
            Place::Incomplete(_) if !last => return None,
            Place::Incomplete(_) | Place::Leave(_) => {}
        }
        Some(Insert::inferred(text, &first.0))
    }

    /// Looks at what stands at `at` in a VALUES list.
    #[inline(always)]
    fn place(&self, bytes: &[u8], at: usize, last: bool) -> Place {
        if bytes.get(at) == Some(&b'(') {
            return Place::Row(at);
        }
        let after = at + bytes[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | b',')).count();
        match bytes.get(after) {
            Some(b'(') => Place::Row(after),
            Some(b';') => Place::Leave(after + 1),
            Some(_) => Place::Leave(after),
            None if last => Place::Incomplete(bytes.len()),
            None => Place::Incomplete(after),
        }
    }

    /// Reads the rows of a VALUES list; gives where it stopped.
    #[inline(never)]
    fn rows(&mut self, bytes: &[u8], mut at: usize, last: bool, out: &mut Out<'_>) -> usize {
        let Some(insert) = &mut self.state.insert else { return at };
        if insert.has_people && !std::mem::replace(&mut insert.named, true) {
            insert.people.name_columns(&mut self.tags, out);
        }
        loop {
            match self.place(bytes, at, last) {
                Place::Row(start) => {
                    out.skip(&bytes[at..start]);
                    at = start;
                }
                Place::Leave(end) => {
                    out.skip(&bytes[at..end]);
                    self.state.in_values = false;
                    return end;
                }
                Place::Incomplete(end) => {
                    out.skip(&bytes[at..end]);
                    return end;
                }
            }
            let Some(insert) = &self.state.insert else { return at };
            let end =
                if insert.has_people { row(insert, bytes, &self.maps, at, last, out) } else { other_row(bytes, &self.maps, at, last, out) };
            match end {
                Some(end) => at = end,
                None => return at,
            }
        }
    }
}

/// One row of people; `None` when it is not complete.
#[inline(always)]
fn row(insert: &Insert, bytes: &[u8], maps: &Bitmaps<2>, at: usize, last: bool, out: &mut Out<'_>) -> Option<usize> {
    let mut person = Person::new(&insert.people, out.record(&bytes[at..at]));
    match read_tuple(bytes, maps, at, last, &mut person) {
        Tuple::Read { end, columns } if columns == insert.width && !person.is_empty() => {
            person.end(&bytes[at..end]);
            Some(end)
        }
        Tuple::Read { end, columns } => {
            person.abandon();
            if columns == insert.width {
                out.skip(&bytes[at..end]);
            } else {
                out.reject(&bytes[at..end], "column-count");
            }
            Some(end)
        }
        Tuple::Incomplete if !last => {
            person.abandon();
            None
        }
        Tuple::Incomplete | Tuple::Broken => {
            person.abandon();
            broken_row(bytes, at, last, out)
        }
    }
}

/// One row of a table without people; a function of its own, so that the other stays small enough for its registers.
#[inline(never)]
fn other_row(bytes: &[u8], maps: &Bitmaps<2>, at: usize, last: bool, out: &mut Out<'_>) -> Option<usize> {
    match read_tuple(bytes, maps, at, last, &mut Nothing) {
        Tuple::Read { end, .. } => {
            out.skip(&bytes[at..end]);
            Some(end)
        }
        Tuple::Incomplete if !last => None,
        Tuple::Incomplete | Tuple::Broken => broken_row(bytes, at, last, out),
    }
}

#[cold]
fn broken_row(bytes: &[u8], at: usize, last: bool, out: &mut Out<'_>) -> Option<usize> {
    match next_start(bytes, at) {
        Some(end) => {
            out.reject(&bytes[at..end], "malformed-row");
            Some(end)
        }
        None if last => {
            out.reject(&bytes[at..], "truncated-row");
            Some(bytes.len())
        }
        None => None,
    }
}

fn claim(sample: &Sample<'_>) -> Option<Claim> {
    let head = sample.head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(sample.head).trim_ascii_start();
    let has = |needle: &[u8]| memmem::find(head, needle).is_some();
    let first = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let second = head.split(|byte| *byte == b'\n').nth(1).unwrap_or_default();
    let writer = [&b"-- MySQL dump"[..], b"-- MariaDB dump", b"-- phpMyAdmin SQL Dump", b"/*M!999999", b"-- mysqldump"];
    if writer.iter().any(|start| first.starts_with(start) || second.starts_with(start)) {
        return Some(Claim::new(96, "the first lines name the program that wrote the dump"));
    }
    if has(b"PostgreSQL database dump") || has(b"PRAGMA foreign_keys") || has(b"SET IDENTITY_INSERT") || has(b"\nGO\n") || has(b"\nGO\r\n")
    {
        return None;
    }
    let sql = [&b"--"[..], b"/*", b"#", b"INSERT", b"REPLACE", b"CREATE", b"DROP", b"SET ", b"USE ", b"LOCK ", b"insert", b"create"];
    if !sql.iter().any(|start| head.starts_with(start)) {
        return None;
    }
    let inserts = has(b"INSERT INTO") || has(b"REPLACE INTO") || has(b"INSERT IGNORE") || has(b"insert into");
    let of_mysql = has(b"`") && (has(b"ENGINE=") || inserts) || has(b"/*!40");
    match (of_mysql, inserts || has(b"CREATE TABLE")) {
        (true, true) => Some(Claim::new(85, "SQL with MySQL's quotes or comments")),
        (false, true) if inserts => Some(Claim::new(45, "SQL INSERT statements, of MySQL perhaps")),
        _ => None,
    }
}

sluice_plugin::export!(Mysqldump);
