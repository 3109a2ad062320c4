//! How a script is known: by what only one database's tools write, else by INSERTs that no other plugin claims.

use memchr::memmem;
use sluice_plugin::{Claim, Sample, sql::Dialect};

pub fn claim(sample: &Sample<'_>, dialect: &Dialect) -> Option<Claim> {
    let head = sample.head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(sample.head).trim_ascii_start();
    if !begins_as_sql(head) {
        return None;
    }
    let upper = dialect.without_strings(head).to_ascii_uppercase();
    let has = |needle: &str| memmem::find(&upper, needle.as_bytes()).is_some();
    let is_line = |line: &str| upper.split(|byte| *byte == b'\n').any(|text| text.trim_ascii() == line.as_bytes());
    if has("-- POSTGRESQL DATABASE") || has(" FROM STDIN;") {
        return None;
    }
    let inserts = has("INSERT ") && has("VALUES");
    if !inserts && !has("CREATE TABLE") {
        return None;
    }
    if upper.starts_with(b"PRAGMA FOREIGN_KEYS")
        || upper.starts_with(b"BEGIN TRANSACTION;")
        || has("\nPRAGMA FOREIGN_KEYS")
        || has("SQLITE_SEQUENCE")
    {
        return Some(Claim::new(93, "it begins as SQLite's .dump does"));
    }
    if has("SET IDENTITY_INSERT") || has("/****** OBJECT:") || is_line("GO") && (has("[DBO].") || inserts) || has("INSERT [DBO].[") {
        return Some(Claim::new(92, "SQL with what only SQL Server's scripts have"));
    }
    let of_mysql = has("/*!4") || has("ENGINE=") || has("INTO `") || has("TABLE `") || has("EXISTS `");
    let oracle = [
        "REM INSERTING INTO",
        "SET DEFINE OFF",
        "PROMPT IMPORTING TABLE",
        "--  DDL FOR TABLE",
        "VARCHAR2(",
        "TO_DATE(",
        "TO_TIMESTAMP(",
        "FROM DUAL",
    ];
    if !of_mysql && oracle.iter().any(|words| has(words)) {
        return Some(Claim::new(91, "SQL with what only scripts for Oracle have"));
    }
    if !inserts || of_mysql {
        return None;
    }
    if escapes_quotes(head) {
        return Some(Claim::new(40, "SQL INSERT statements, with backslashes before quotes"));
    }
    Some(Claim::new(60, "SQL INSERT statements that name no program"))
}

/// Is there a backslash before a quote, as MySQL writes `O\'Neil`? One at the end of a string, or before a doubled quote, is somebody's password.
fn escapes_quotes(head: &[u8]) -> bool {
    memmem::find_iter(head, b"\\'").any(|at| head.get(at + 2).is_some_and(|behind| behind.is_ascii_alphanumeric() || *behind >= 0x80))
}

/// Does it begin with a comment, or a word that a statement begins with?
fn begins_as_sql(head: &[u8]) -> bool {
    let word = head.iter().take(16).take_while(|byte| byte.is_ascii_alphabetic()).count();
    let words = [
        "alter", "begin", "commit", "create", "declare", "delete", "drop", "exec", "go", "if", "insert", "pragma", "print", "prompt",
        "rem", "replace", "set", "spool", "start", "truncate", "use", "whenever",
    ];
    let is_comment = head.starts_with(b"--") || head.starts_with(b"/*");
    is_comment || words.iter().any(|known| head[..word].eq_ignore_ascii_case(known.as_bytes()))
}
