//! SQL scripts with INSERTs that no program's own plugin reads: of SQLite's `.dump`, SQL Server's Management Studio, Oracle's SQL Developer
//! and PL/SQL tools, and those that anybody's tool writes.
//!
//! The kit's [`sql`](sluice_plugin::sql) reads them by one dialect, for what is special in one means nothing in the others: `GO` on a line
//! of its own, `REM`, `PRAGMA`, names in brackets. What is here is that dialect, and how a script is known.
//! Deliberately absent: backslashes as escapes, which are MySQL's (`mysqldump` reads those), COPY (`pgdump`), rows of `INSERT … SELECT …`,
//! and what routines would insert.
#![forbid(unsafe_code)]

mod probe;

use sluice_plugin::{
    Claim, Cuts, Descriptor, Framing, Input, Out, Parser, Sample, Start,
    sql::{Dialect, Reader},
};

/// How all of them write SQL.
static DIALECT: Dialect = Dialect {
    name_quotes: &[(b'"', b'"'), (b'[', b']'), (b'`', b'`')],
    // A slash alone runs what is before it, in SQL*Plus.
    comments: &["/\n", "/\r", "rem ", "rem\n", "rem\r", "@", "!", ":"],
    commands: &[
        "accept", "clear", "column", "connect", "define", "exit", "go", "host", "pause", "pragma", "print", "prompt", "quit", "set",
        "show", "spool", "start", "undefine", "use", "variable", "whenever",
    ],
    statements: &["attach", "detach", "into", "reindex", "save", "savepoint", "release", "vacuum", "waitfor", "explain"],
    constraints: &["primary", "unique", "constraint", "foreign", "check", "index", "key", "period", "supplemental", "exclude"],
    transact: true,
    alternative_quotes: true,
    ..Dialect::STANDARD
};

/// The parser.
pub struct Script(Reader);

impl Parser for Script {
    fn describe() -> Descriptor {
        Descriptor {
            name: "sqlscript",
            version: env!("CARGO_PKG_VERSION"),
            title: "SQL scripts of SQLite, SQL Server, Oracle and others",
            formats: &["SQLite .dump", "SQL Server script", "Oracle script", "SQL INSERTs"],
            framing: Framing::Marks,
            ..Descriptor::TEXT
        }
    }

    fn probe(sample: &Sample<'_>) -> Option<Claim> {
        probe::claim(sample, &DIALECT)
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

sluice_plugin::export!(Script);
