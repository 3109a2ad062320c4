//! SQL dumps as mysqldump, mariadb-dump and phpMyAdmin write them.
//!
//! The kit's [`sql`] reads them; what is MySQL's own is here: how it writes strings, names and comments, and how its dumps are known.
//! Deliberately absent: triggers, views and routines (skipped), and dumps of other databases.
#![forbid(unsafe_code)]

use memchr::memmem;
use sluice_plugin::{
    Claim, Cuts, Descriptor, Framing, Input, Out, Parser, Sample, Start,
    columns::is_email,
    sql::{Dialect, Reader},
};

/// How MySQL and MariaDB write SQL.
static DIALECT: Dialect = Dialect {
    backslash_escapes: true,
    double_quoted_strings: true,
    name_quotes: &[(b'`', b'`'), (b'"', b'"')],
    comments: &["#"],
    commands: &["delimiter"],
    constraints: &["key", "primary", "unique", "constraint", "index", "fulltext", "spatial", "foreign", "check", "period"],
    ..Dialect::STANDARD
};

/// The parser.
pub struct Mysqldump(Reader);

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

    fn group(names: &[&str]) -> Vec<Vec<u32>> {
        groups(names)
    }

    fn open(start: &Start<'_>) -> Result<Self, String> {
        Reader::open(&DIALECT, start).map(Self)
    }

    fn push(&mut self, input: &mut Input<'_>, out: &mut Out<'_>) -> Result<(), String> {
        self.0.push(input, out);
        Ok(())
    }

    fn scan(&mut self, input: &mut Input<'_>, cuts: &mut Cuts<'_>) -> Result<(), String> {
        self.0.scan(input, cuts);
        Ok(())
    }
}

/// What `--tab` wrote: a table's schema, NAME.sql, and its rows, NAME.txt. The names are sorted, so that the two of a table are neighbours or
/// nearly.
fn groups(names: &[&str]) -> Vec<Vec<u32>> {
    let place = |name: &str| names.binary_search(&name).ok().and_then(|at| u32::try_from(at).ok());
    let schemas = names.iter().filter_map(|name| Some((place(name)?, name.strip_suffix(".sql")?)));
    schemas.filter_map(|(schema, stem)| Some(vec![schema, place(&format!("{stem}.txt"))?])).collect()
}

/// Rows of a table whose schema is not there: as many values in most lines (a text may go on in the next), an e-mail among them, and `\N` where there is none.
fn claim_rows(sample: &Sample<'_>) -> Option<Claim> {
    let lines: Vec<&[u8]> = sample.lines().take(100).collect();
    let values = |line: &&[u8]| line.split(|byte| *byte == b'\t').count();
    let width = lines.first().map(values).filter(|width| *width >= 3)?;
    let has = |line: &[u8], is: &dyn Fn(&[u8]) -> bool| line.split(|byte| *byte == b'\t').any(is);
    let is_data = |value: &[u8]| is_email(value) || value == b"\\N" || !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    let count = |is: &dyn Fn(&[u8]) -> bool| lines.iter().filter(|line| has(line, is)).count();
    let is_even = lines.iter().filter(|line| values(line) == width).count() * 2 >= lines.len();
    let is_known = count(&|value| value == b"\\N") > 0 && count(&is_email) * 2 >= lines.len() && has(lines[0], &is_data);
    (is_even && is_known).then(|| Claim::new(66, "rows of a table parted by tabs, with \\N for nothing, as mysqldump --tab writes them"))
}

fn claim(sample: &Sample<'_>) -> Option<Claim> {
    if sample.name.ends_with(".txt")
        && let Some(claim) = claim_rows(sample)
    {
        return Some(claim);
    }
    let head = sample.head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(sample.head).trim_ascii_start();
    let told = DIALECT.without_strings(head);
    let has = |needle: &[u8]| memmem::find(&told, needle).is_some();
    let first = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let second = head.split(|byte| *byte == b'\n').nth(1).unwrap_or_default();
    let writer = [&b"-- MySQL dump"[..], b"-- MariaDB dump", b"-- phpMyAdmin SQL Dump", b"/*M!999999", b"-- mysqldump"];
    if writer.iter().any(|start| first.starts_with(start) || second.starts_with(start)) {
        return Some(Claim::new(96, "the first lines name the program that wrote the dump"));
    }
    let others = [
        &b"PostgreSQL database dump"[..],
        b"PRAGMA foreign_keys",
        b"SET IDENTITY_INSERT",
        b"\nGO\n",
        b"\nGO\r\n",
        b"REM INSERTING into",
        b"SET DEFINE OFF",
    ];
    if others.iter().any(|words| has(words)) {
        return None;
    }
    let sql = [&b"--"[..], b"/*", b"#", b"INSERT", b"REPLACE", b"CREATE", b"DROP", b"SET ", b"USE ", b"LOCK ", b"insert", b"create"];
    if !sql.iter().any(|start| head.starts_with(start)) {
        return None;
    }
    let inserts = has(b"INSERT INTO") || has(b"REPLACE INTO") || has(b"INSERT IGNORE") || has(b"insert into");
    // A backtick alone says nothing: names of other databases may have one.
    let quotes = [&b"INTO `"[..], b"into `", b"TABLE `", b"EXISTS `", b"IGNORE `"].iter().any(|quoted| has(quoted));
    let of_mysql = quotes && (has(b"ENGINE=") || inserts) || has(b"/*!40");
    match (of_mysql, inserts || has(b"CREATE TABLE")) {
        (true, true) => Some(Claim::new(85, "SQL with MySQL's quotes or comments")),
        (false, true) if inserts => Some(Claim::new(45, "SQL INSERT statements, of MySQL perhaps")),
        _ => None,
    }
}

sluice_plugin::export!(Mysqldump);
