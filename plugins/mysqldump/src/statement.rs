//! What stands between VALUES lists: comments, CREATE TABLE, the heads of INSERTs, and the rest of a dump's statements.

use memchr::{memchr, memmem};

/// The longest statement or comment; of a longer one only the first line is read over.
const STATEMENT_BYTES_MAX: usize = 1 << 20;
/// The longest comment, likewise: a file of opened comments must not be searched to its end at each of them.
const COMMENT_BYTES_MAX: usize = 64 << 10;
/// Statements of a dump that hold nobody's data.
const OTHER_STATEMENTS: [&[u8]; 22] = [
    b"alter",
    b"begin",
    b"call",
    b"commit",
    b"create",
    b"delete",
    b"drop",
    b"end",
    b"flush",
    b"grant",
    b"insert",
    b"lock",
    b"on",
    b"replace",
    b"rollback",
    b"set",
    b"start",
    b"truncate",
    b"unlock",
    b"update",
    b"use",
    b"analyze",
];

/// What stands at a place outside of VALUES lists.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// Nobody's data up to here.
    Skip(usize),
    /// No SQL up to here.
    Stray(usize),
    /// A CREATE TABLE up to here.
    Table(usize, TableColumns),
    /// The head of an INSERT; its VALUES list begins here.
    Insert(usize, TableColumns),
    /// More input is needed.
    Incomplete,
}

/// A table's name and the names of its columns; an INSERT may not say them.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct TableColumns {
    pub table: Vec<u8>,
    pub columns: Vec<Vec<u8>>,
}

/// Looks at what begins at `at`.
pub fn step(bytes: &[u8], at: usize, last: bool) -> Step {
    let rest = &bytes[at..];
    let blanks = rest.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == b';').count();
    if blanks > 0 {
        return Step::Skip(at + blanks);
    }
    if rest.starts_with(b"\xef\xbb\xbf") {
        return Step::Skip(at + 3);
    }
    if rest.len() < 16 && !last {
        return Step::Incomplete;
    }
    let line = || match memchr(b'\n', rest) {
        Some(end) => Some(at + end + 1),
        None => last.then_some(bytes.len()),
    };
    let skip_line = || line().map_or(Step::Incomplete, Step::Skip);
    if rest.starts_with(b"--") || rest.starts_with(b"#") {
        return skip_line();
    }
    let within = |end: Option<usize>, bytes_max: usize| match end {
        Some(end) if end <= bytes_max => Ok(at + end),
        None if rest.len() <= bytes_max && !last => Err(Step::Incomplete),
        _ => Err(skip_line()),
    };
    if rest.starts_with(b"/*") {
        let end = memmem::find(&rest[..rest.len().min(COMMENT_BYTES_MAX)], b"*/").map(|end| end + 2);
        return within(end, COMMENT_BYTES_MAX).map_or_else(|step| step, Step::Skip);
    }
    let word = rest.iter().take(16).take_while(|byte| byte.is_ascii_alphabetic()).count();
    let word = rest[..word].to_ascii_lowercase();
    if word == b"delimiter" {
        return skip_line();
    }
    if !OTHER_STATEMENTS.contains(&word.as_slice()) {
        return line().map_or(Step::Incomplete, Step::Stray);
    }
    if word == b"insert" || word == b"replace" {
        match insert_head(rest) {
            Parsed::Found(end, head) => return Step::Insert(at + end, head),
            Parsed::Incomplete if !last && rest.len() <= STATEMENT_BYTES_MAX => return Step::Incomplete,
            _ => {}
        }
    }
    match within(statement_end(rest), STATEMENT_BYTES_MAX) {
        Ok(end) if word == b"create" => match create_table(&bytes[at..end]) {
            Some(table) => Step::Table(end, table),
            None => Step::Skip(end),
        },
        Ok(end) => Step::Skip(end),
        Err(step) => step,
    }
}

enum Parsed {
    Found(usize, TableColumns),
    Incomplete,
    No,
}

/// A reader of words, names and signs.
struct Words<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Words<'a> {
    fn peek(&mut self) -> Option<u8> {
        let rest = &self.bytes[self.at..];
        self.at += rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.bytes.get(self.at).copied()
    }

    /// A bare word or a quoted name; empty when something else comes, `None` when it may go on beyond the end.
    fn word(&mut self) -> Option<Vec<u8>> {
        let first = self.peek()?;
        let start = self.at;
        if matches!(first, b'`' | b'"') {
            let mut name = Vec::new();
            loop {
                let from = self.at + 1;
                let end = from + memchr(first, self.bytes.get(from..)?)?;
                name.extend_from_slice(&self.bytes[from..end]);
                self.at = end + 1;
                if *self.bytes.get(self.at)? != first {
                    return Some(name);
                }
                name.push(first);
            }
        }
        let len = self.bytes[start..]
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || **byte >= 0x80)
            .count();
        self.at += len;
        (self.at < self.bytes.len()).then(|| self.bytes[start..self.at].to_vec())
    }

    fn sign(&mut self, sign: u8) -> Option<bool> {
        let is = self.peek()? == sign;
        self.at += usize::from(is);
        Some(is)
    }

    /// `table` or `database.table`.
    fn table(&mut self) -> Option<Vec<u8>> {
        let name = self.word()?;
        if self.sign(b'.')? { self.word() } else { Some(name) }
    }
}

/// `INSERT [IGNORE …] INTO name [(columns)] VALUES`.
fn insert_head(bytes: &[u8]) -> Parsed {
    let mut words = Words { bytes, at: 0 };
    let mut head = || -> Option<Option<TableColumns>> {
        words.word()?;
        loop {
            let before = words.at;
            let word = words.word()?.to_ascii_lowercase();
            match word.as_slice() {
                b"into" => break,
                b"ignore" | b"low_priority" | b"high_priority" | b"delayed" => {}
                _ => {
                    words.at = before;
                    break;
                }
            }
        }
        let mut found = TableColumns { table: words.table()?, columns: Vec::new() };
        if words.sign(b'(')? {
            loop {
                found.columns.push(words.word()?);
                if words.sign(b')')? {
                    break;
                }
                if !words.sign(b',')? {
                    return Some(None);
                }
            }
        }
        let values = words.word()?;
        Some((values.eq_ignore_ascii_case(b"values") || values.eq_ignore_ascii_case(b"value")).then_some(found))
    };
    match head() {
        Some(Some(found)) => Parsed::Found(words.at, found),
        Some(None) => Parsed::No,
        None => Parsed::Incomplete,
    }
}

/// `CREATE [TEMPORARY] TABLE [IF NOT EXISTS] name (column …, KEY …)`.
fn create_table(statement: &[u8]) -> Option<TableColumns> {
    let mut words = Words { bytes: statement, at: 0 };
    loop {
        let word = words.word()?;
        if word.eq_ignore_ascii_case(b"table") {
            break;
        }
        // CREATE DATABASE, VIEW and the like; and no word at all would be read for ever.
        if word.is_empty() || words.at > 64 {
            return None;
        }
    }
    let before = words.at;
    if words.word()?.eq_ignore_ascii_case(b"if") {
        words.word()?;
        words.word()?;
    } else {
        words.at = before;
    }
    let mut found = TableColumns { table: words.table()?, columns: Vec::new() };
    if !words.sign(b'(')? {
        return None;
    }
    loop {
        let quoted = matches!(words.peek()?, b'`' | b'"');
        let name = words.word()?;
        let is_key =
            [&b"key"[..], b"primary", b"unique", b"constraint", b"index", b"fulltext", b"spatial", b"foreign", b"check", b"period"];
        if !name.is_empty() && (quoted || !is_key.iter().any(|key| name.eq_ignore_ascii_case(key))) {
            found.columns.push(name);
        }
        words.at = definition_end(statement, words.at)?;
        if statement[words.at] == b')' {
            return (!found.columns.is_empty()).then_some(found);
        }
        words.at += 1;
    }
}

/// The comma or parenthesis that ends a column's definition.
fn definition_end(statement: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 0usize;
    loop {
        match statement.get(at)? {
            b'\'' | b'"' | b'`' => {
                at = quoted_end(statement, at)?;
                continue;
            }
            b'(' => depth += 1,
            b',' | b')' if depth == 0 => return Some(at),
            b')' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
}

fn quoted_end(bytes: &[u8], start: usize) -> Option<usize> {
    let quote = bytes[start];
    let mut at = start + 1;
    while *bytes.get(at)? != quote {
        at += if bytes[at] == b'\\' && quote != b'`' { 2 } else { 1 };
    }
    Some(at + 1)
}

/// The offset after the semicolon that ends the statement, quotes and comments observed.
fn statement_end(bytes: &[u8]) -> Option<usize> {
    let bytes = &bytes[..bytes.len().min(STATEMENT_BYTES_MAX)];
    let mut at = 0;
    loop {
        match bytes.get(at)? {
            b'\'' | b'"' | b'`' => at = quoted_end(bytes, at)?,
            b'/' if bytes.get(at + 1) == Some(&b'*') => at += memmem::find(&bytes[at..], b"*/")? + 2,
            b'-' if bytes[at..].starts_with(b"-- ") => at += memchr(b'\n', &bytes[at..])?,
            b';' => return Some(at + 1),
            _ => at += 1,
        }
    }
}
