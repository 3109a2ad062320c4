//! SQL dumps as pg_dump and pg_dumpall write them: COPY, INSERT, and the roles of a cluster.
//!
//! The kit's [`sluice_plugin::sql`] reads them; what is PostgreSQL's own is here: how it writes SQL, and how its dumps are known.
//! Deliberately absent: the custom, directory and tar formats, which pg_restore makes SQL of, large objects, and dumps of other databases.
#![forbid(unsafe_code)]

use memchr::memmem;
use sluice_plugin::{
    Claim, Cuts, Descriptor, Framing, Input, Out, Parser, Sample, Start,
    sql::{Dialect, Reader},
};

/// How PostgreSQL writes SQL.
static DIALECT: Dialect = Dialect {
    statements: &[
        "checkpoint",
        "close",
        "cluster",
        "copy",
        "deallocate",
        "discard",
        "do",
        "import",
        "listen",
        "move",
        "notify",
        "prepare",
        "reassign",
        "refresh",
        "reindex",
        "reset",
        "savepoint",
        "security",
        "show",
        "table",
        "vacuum",
    ],
    constraints: &["primary", "unique", "constraint", "foreign", "check", "exclude", "like"],
    postgres: true,
    ..Dialect::STANDARD
};

/// The parser.
pub struct Pgdump(Reader);

impl Parser for Pgdump {
    fn describe() -> Descriptor {
        Descriptor {
            name: "pgdump",
            version: env!("CARGO_PKG_VERSION"),
            title: "PostgreSQL dumps",
            formats: &["pg_dump", "pg_dumpall"],
            framing: Framing::Marks,
            ..Descriptor::TEXT
        }
    }

    fn probe(sample: &Sample<'_>) -> Option<Claim> {
        claim(sample)
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

fn claim(sample: &Sample<'_>) -> Option<Claim> {
    let head = sample.head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(sample.head).trim_ascii_start();
    let has = |needle: &[u8]| memmem::find(head, needle).is_some();
    let is_named = |line: &[u8]| line.starts_with(b"-- PostgreSQL database");
    if head.split(|byte| *byte == b'\n').take(8).any(is_named) {
        return Some(Claim::new(96, "the first lines name pg_dump"));
    }
    let sql = [
        &b"--"[..],
        b"/*",
        b"\\restrict",
        b"\\connect",
        b"SET ",
        b"SELECT pg_catalog.",
        b"COPY ",
        b"CREATE ",
        b"ALTER ",
        b"INSERT INTO ",
        b"BEGIN",
        b"DROP ",
    ];
    if !sql.iter().any(|start| head.starts_with(start)) || has(b"`") {
        return None;
    }
    if has(b" FROM stdin;") && has(b"COPY ") {
        return Some(Claim::new(92, "rows of a COPY, as PostgreSQL alone has them"));
    }
    let words = [
        &b"SELECT pg_catalog."[..],
        b"SET standard_conforming_strings",
        b"SET search_path",
        b"OWNER TO ",
        b"::character varying",
        b"CREATE TABLE public.",
    ];
    if words.iter().any(|word| has(word)) && (has(b"INSERT INTO ") || has(b"CREATE TABLE ")) {
        return Some(Claim::new(85, "SQL with words that PostgreSQL alone has"));
    }
    (has(b"CREATE ROLE ") || has(b"ALTER ROLE "))
        .then(|| Claim::new(80, "roles, as pg_dumpall writes them"))
        .or_else(|| has(b"INSERT INTO public.").then(|| Claim::new(70, "rows inserted into PostgreSQL's schema `public`")))
}

sluice_plugin::export!(Pgdump);
