//! Writers of dump formats: a person in, the bytes of a row out, and the truth beside them.
//!
//! The truth is one JSON object a record in the keys that `sluice parse` prints, with canonical values, so that a test compares field by
//! field. What is no record (banners, headers, junk) has no truth.

mod combo;
mod csv;
mod mysqldump;
mod ulp;

use sluice_record::{FieldKind, HashKind};

use crate::{
    people::{People, Person, Random},
    traits::Traits,
};

/// A family of formats.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Format {
    /// Lines of `email:pass` and its kin.
    Combo,
    /// Lines of `url:login:pass` and its kin.
    Ulp,
    /// Separated values with a header.
    Csv,
    /// What mysqldump writes.
    Mysqldump,
}

impl Format {
    /// Its dialects, the usual one first.
    pub const fn dialects(self) -> &'static [&'static str] {
        match self {
            Self::Combo => combo::DIALECTS,
            Self::Ulp => ulp::DIALECTS,
            Self::Csv => csv::DIALECTS,
            Self::Mysqldump => mysqldump::DIALECTS,
        }
    }

    /// The ending that such files have, without a dot.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Combo | Self::Ulp => "txt",
            Self::Csv => "csv",
            Self::Mysqldump => "sql",
        }
    }

    /// A writer of one of [`Self::dialects`]; `None` if there is no such dialect.
    pub fn writer(self, dialect: &str, traits: Traits) -> Option<Box<dyn FormatWriter>> {
        Some(match self {
            Self::Combo => Box::new(combo::Combo::new(dialect, traits)?),
            Self::Ulp => Box::new(ulp::Ulp::new(dialect, traits)?),
            Self::Csv => Box::new(csv::Csv::new(dialect, traits)?),
            Self::Mysqldump => Box::new(mysqldump::Mysqldump::new(dialect, traits)?),
        })
    }
}

/// Writes one format. Output is UTF-8; an encoding comes later.
pub trait FormatWriter {
    /// What stands before the first row.
    fn head(&mut self, _out: &mut String) {}
    /// Fills in what the format needs of the next person.
    fn draw(&mut self, people: &mut People, random: &mut Random, person: &mut Person);
    /// Writes her row, whatever junk chance puts before it, and her truth.
    fn row(&mut self, random: &mut Random, person: &Person, out: &mut String, truth: &mut Truth<'_>);
    /// What stands after the last of that many rows.
    fn tail(&mut self, _rows: u64, _out: &mut String) {}
}

/// One record's truth: a line of JSON, if anybody wants it.
#[derive(Debug)]
pub struct Truth<'a> {
    line: Option<&'a mut String>,
    extra: Vec<(&'a str, String)>,
    first: bool,
}

impl<'a> Truth<'a> {
    /// Begins a record.
    pub fn begin(mut line: Option<&'a mut String>) -> Self {
        if let Some(line) = &mut line {
            line.push('{');
        }
        Self { line, extra: Vec::new(), first: true }
    }

    /// A value; an empty one is none.
    pub fn field(&mut self, kind: FieldKind, value: &str) {
        self.pair(kind.name(), value);
    }

    /// A hash, its kind and its salt.
    pub fn hash(&mut self, kind: Option<HashKind>, hash: &str, salt: &str) {
        self.field(FieldKind::Hash, hash);
        self.pair("hash_kind", kind.map_or("", HashKind::name));
        self.field(FieldKind::Salt, salt);
    }

    /// A column without a kind.
    pub fn extra(&mut self, column: &'a str, value: &str) {
        if self.line.is_some() && !value.is_empty() {
            self.extra.push((column, value.to_owned()));
        }
    }

    /// Ends the record.
    pub fn end(mut self) {
        let extra = std::mem::take(&mut self.extra);
        if !extra.is_empty() {
            self.key("extra");
            self.first = true;
            self.push("{");
            for (column, value) in extra {
                self.pair(column, &value);
            }
            self.push("}");
        }
        self.push("}\n");
    }

    fn pair(&mut self, key: &str, value: &str) {
        if self.line.is_none() || value.is_empty() {
            return;
        }
        self.key(key);
        if let Some(line) = &mut self.line {
            push_json(value, line);
        }
    }

    fn key(&mut self, key: &str) {
        if !std::mem::take(&mut self.first) {
            self.push(",");
        }
        if let Some(line) = &mut self.line {
            push_json(key, line);
            line.push(':');
        }
    }

    fn push(&mut self, text: &str) {
        if let Some(line) = &mut self.line {
            line.push_str(text);
        }
    }
}

fn push_json(text: &str, to: &mut String) {
    if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        to.push('"');
        to.push_str(text);
        to.push('"');
    } else {
        to.push_str(&serde_json::Value::from(text).to_string());
    }
}

/// `\n`, or now and then `\r\n`.
fn push_line_end(random: &mut Random, traits: Traits, out: &mut String) {
    out.push_str(if traits.contains(Traits::MIXED_LINE_ENDS) && random.one_in(3) { "\r\n" } else { "\n" });
}

/// Banners, blank lines, and long lines of nothing, as lists have them.
fn push_junk_lines(random: &mut Random, traits: Traits, out: &mut String) {
    const BANNERS: [&str; 6] = [
        "##############################",
        "=== SYNTHETIC LIST, NOBODY IS IN IT ===",
        "---------- part two ----------",
        "",
        "   ",
        "// checked and sorted",
    ];
    if traits.contains(Traits::BANNERS) && random.one_in(500) {
        out.push_str(random.pick_str(&BANNERS));
        push_line_end(random, traits, out);
    }
    if traits.contains(Traits::LONG_LINES) && random.one_in(20_000) {
        random.push_chars(b"abcdefghijklmnopqrstuvwxyz0123456789", 120_000, out);
        out.push('\n');
    }
}
