//! What stands between VALUES lists: comments, CREATE TABLE, the heads of INSERTs, and the rest of a dump's statements.

use memchr::{memchr, memmem};

use super::{
    Dialect,
    account::{Account, account},
    value::{dollar_quoted_end, quoted_end},
};

/// The longest statement or comment; of a longer one only the first line is read over.
const STATEMENT_BYTES_MAX: usize = 1 << 20;
/// The longest comment, likewise: a file of opened comments must not be searched to its end at each of them.
const COMMENT_BYTES_MAX: usize = 64 << 10;
/// Statements of a dump that hold nobody's data, of every database.
const STATEMENTS: [&str; 34] = [
    "alter",
    "analyze",
    "as",
    "begin",
    "call",
    "comment",
    "commit",
    "create",
    "declare",
    "delete",
    "drop",
    "end",
    "exec",
    "execute",
    "flush",
    "grant",
    "if",
    "insert",
    "lock",
    "merge",
    "on",
    "replace",
    "returning",
    "revoke",
    "rollback",
    "select",
    "set",
    "start",
    "truncate",
    "unlock",
    "update",
    "use",
    "values",
    "with",
];

/// What stands at a place outside of VALUES lists.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// Nobody's data up to here.
    Skip(usize),
    /// No SQL up to here.
    Stray(usize),
    /// A CREATE TABLE up to here.
    Table(usize, TableColumns),
    /// The head of an INSERT; its VALUES list begins here.
    Insert(usize, TableColumns),
    /// The head of a COPY; its rows begin here.
    Copy(usize, TableColumns),
    /// What makes an account of the database's own, up to here.
    Account(usize, Account),
    /// More input is needed.
    Incomplete,
}

/// A table's name and the names of its columns; an INSERT may not say them.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct TableColumns {
    pub(super) table: Vec<u8>,
    pub(super) columns: Vec<Vec<u8>>,
    /// Is there a column of bytes? They may be written as a text's; PostgreSQL writes `\x…`, which is a text elsewhere.
    pub(super) has_bytes: bool,
    /// Tables whose columns come first, by PostgreSQL's INHERITS.
    pub(super) parents: Vec<Vec<u8>>,
}

/// Looks at what begins at `at`.
pub(super) fn step(bytes: &[u8], at: usize, last: bool, dialect: &Dialect) -> Step {
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
    if rest.starts_with(b"--") || dialect.comments.iter().any(|comment| starts_with(rest, comment)) {
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
    if dialect.postgres && rest[0] == b'\\' {
        return skip_line();
    }
    let word = rest.iter().take(16).take_while(|byte| byte.is_ascii_alphabetic()).count();
    let word = rest[..word].to_ascii_lowercase();
    let is_among = |words: &[&str]| words.iter().any(|known| known.as_bytes() == word);
    if word == b"delimiter" && is_among(dialect.commands) {
        return delimited(rest, last).map_or_else(skip_line, |end| end.map_or(Step::Incomplete, |end| Step::Skip(at + end)));
    }
    if is_among(dialect.commands) {
        return skip_line();
    }
    if !is_among(&STATEMENTS) && !is_among(dialect.statements) {
        return line().map_or(Step::Incomplete, Step::Stray);
    }
    // Oracle's `INSERT ALL INTO … VALUES … INTO … VALUES … SELECT …`.
    let is_insert = word == b"insert" || word == b"replace" || word == b"into" && is_among(dialect.statements);
    if is_insert {
        match insert_head(rest, dialect) {
            Parsed::Found(end, head) => return Step::Insert(at + end, head),
            Parsed::Incomplete if !last && rest.len() <= STATEMENT_BYTES_MAX => return Step::Incomplete,
            _ => {}
        }
    }
    let end = match within(statement_end(rest, last, dialect), STATEMENT_BYTES_MAX) {
        Ok(end) => end,
        Err(step) => return step,
    };
    let statement = &bytes[at..end];
    if dialect.postgres
        && word == b"copy"
        && let Some(table) = copy_head(statement, dialect)
    {
        // The rows begin on the next line.
        return line_behind(bytes, end, last).map_or(Step::Incomplete, |end| Step::Copy(end, table));
    }
    if word == b"create"
        && let Some(table) = create_table(statement, dialect)
    {
        return Step::Table(end, table);
    }
    if matches!(word.as_slice(), b"create" | b"alter" | b"grant")
        && let Some(account) = account(statement, dialect)
    {
        return Step::Account(end, account);
    }
    Step::Skip(end)
}

/// Behind the rest of a line.
fn line_behind(bytes: &[u8], at: usize, last: bool) -> Option<usize> {
    memchr(b'\n', &bytes[at..]).map(|end| at + end + 1).or(last.then_some(bytes.len()))
}

/// `COPY name [(columns)] FROM stdin;`
fn copy_head(statement: &[u8], dialect: &Dialect) -> Option<TableColumns> {
    let mut words = Words { bytes: statement, at: 0, dialect };
    words.word()?;
    let mut found = TableColumns { table: words.table()?, ..TableColumns::default() };
    if words.sign(b'(')? {
        found.columns = words.names()??;
    }
    (words.one_of(&["from"])? && words.one_of(&["stdin"])? && words.peek()? == b';').then_some(found)
}

/// Does the text begin so, in any case?
fn starts_with(text: &[u8], start: &str) -> bool {
    text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start.as_bytes()))
}

/// `DELIMITER $$ … DELIMITER ;` has routines between, whose statements are not the dump's. The offset behind it, `Some(None)` if more input
/// must tell, and `None` if it is but a line.
fn delimited(text: &[u8], last: bool) -> Option<Option<usize>> {
    let Some(line) = memchr(b'\n', text) else { return (!last).then_some(None) };
    if text[b"delimiter".len()..line].trim_ascii() == b";" {
        return None;
    }
    let within = &text[..text.len().min(STATEMENT_BYTES_MAX)];
    match memmem::find(&within[line..], b"\nDELIMITER ;") {
        Some(at) => {
            let end = line + at + 1;
            Some(memchr(b'\n', &text[end..]).map(|len| end + len + 1).or(last.then_some(text.len())))
        }
        None => (!last && text.len() < STATEMENT_BYTES_MAX).then_some(None),
    }
}

enum Parsed {
    Found(usize, TableColumns),
    Incomplete,
    No,
}

/// A reader of words, names and signs.
pub(super) struct Words<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    pub(super) dialect: &'a Dialect,
}

impl<'a> Words<'a> {
    pub(super) fn peek(&mut self) -> Option<u8> {
        let rest = &self.bytes[self.at..];
        self.at += rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.bytes.get(self.at).copied()
    }

    /// A bare word or a quoted name; empty when something else comes, `None` when it may go on beyond the end.
    pub(super) fn word(&mut self) -> Option<Vec<u8>> {
        let first = self.peek()?;
        let start = self.at;
        if let Some(close) = self.dialect.closing(first) {
            let mut name = Vec::new();
            loop {
                let from = self.at + 1;
                let end = from + memchr(close, self.bytes.get(from..)?)?;
                name.extend_from_slice(&self.bytes[from..end]);
                self.at = end + 1;
                if *self.bytes.get(self.at)? != close {
                    return Some(name);
                }
                name.push(close);
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

    /// `table`, `database.table` or longer, the parts parted by points.
    fn table(&mut self) -> Option<Vec<u8>> {
        let mut name = self.word()?;
        while self.sign(b'.')? {
            name.push(b'.');
            name.extend(self.word()?);
        }
        Some(name)
    }

    /// Goes over one of these words, if one comes; in lower case.
    pub(super) fn one_of(&mut self, known: &[&str]) -> Option<bool> {
        let before = self.at;
        let word = self.word()?;
        let is = known.iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes()));
        self.at = if is { self.at } else { before };
        Some(is)
    }

    /// `(name, name …)`; `Some(None)` if it is something else.
    fn names(&mut self) -> Option<Option<Vec<Vec<u8>>>> {
        let mut names = Vec::new();
        loop {
            names.push(self.word()?);
            if self.sign(b')')? {
                return Some(Some(names));
            }
            if !self.sign(b',')? {
                return Some(None);
            }
        }
    }
}

/// `INSERT [OR IGNORE …] [INTO] name [(columns)] [OVERRIDING SYSTEM VALUE] VALUES`.
fn insert_head(bytes: &[u8], dialect: &Dialect) -> Parsed {
    let mut words = Words { bytes, at: 0, dialect };
    let mut head = || -> Option<Option<TableColumns>> {
        words.word()?;
        if words.one_of(&["or"])? {
            words.word()?;
        }
        while words.one_of(&["ignore", "low_priority", "high_priority", "delayed", "all"])? {}
        words.one_of(&["into"])?;
        let mut found = TableColumns { table: words.table()?, ..TableColumns::default() };
        if words.sign(b'(')? {
            match words.names()? {
                Some(names) => found.columns = names,
                None => return Some(None),
            }
        }
        while words.one_of(&["overriding", "system", "user", "value"])? {
            // MySQL's `VALUE (…)`.
            if words.peek()? == b'(' {
                return Some(Some(found));
            }
        }
        Some(words.one_of(&["values"])?.then_some(found))
    };
    match head() {
        Some(Some(found)) => Parsed::Found(words.at, found),
        Some(None) => Parsed::No,
        None => Parsed::Incomplete,
    }
}

/// `CREATE [TEMPORARY] TABLE [IF NOT EXISTS] name (column …, KEY …)`.
fn create_table(statement: &[u8], dialect: &Dialect) -> Option<TableColumns> {
    let mut words = Words { bytes: statement, at: 0, dialect };
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
    if words.one_of(&["if"])? {
        words.word()?;
        words.word()?;
    }
    let mut found = TableColumns { table: words.table()?, ..TableColumns::default() };
    if !words.sign(b'(')? {
        return None;
    }
    loop {
        let quoted = dialect.closing(words.peek()?).is_some();
        let name = words.word()?;
        let is_key = dialect.constraints.iter().any(|key| name.eq_ignore_ascii_case(key.as_bytes()));
        if !name.is_empty() && (quoted || !is_key) {
            found.columns.push(name);
            found.has_bytes |= words.one_of(&["binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "bytea"])?;
        }
        words.at = definition_end(statement, words.at, dialect)?;
        let is_last = statement[words.at] == b')';
        words.at += 1;
        if is_last {
            found.parents = parents(&mut words).unwrap_or_default();
            return (!found.columns.is_empty() || !found.parents.is_empty()).then_some(found);
        }
    }
}

/// `INHERITS (table, table …)`.
fn parents(words: &mut Words<'_>) -> Option<Vec<Vec<u8>>> {
    let mut parents = Vec::new();
    if words.one_of(&["inherits"])? && words.sign(b'(')? {
        while parents.is_empty() || words.sign(b',')? {
            parents.push(words.table()?);
        }
    }
    Some(parents)
}

/// The comma or parenthesis that ends a column's definition.
fn definition_end(statement: &[u8], mut at: usize, dialect: &Dialect) -> Option<usize> {
    let mut depth = 0usize;
    loop {
        let byte = *statement.get(at)?;
        if let Some(end) = string_or_name_end(statement, at, dialect) {
            at = end?;
            continue;
        }
        match byte {
            b'(' => depth += 1,
            b',' | b')' if depth == 0 => return Some(at),
            b')' => depth -= 1,
            b'-' if statement[at..].starts_with(b"-- ") => at += memchr(b'\n', &statement[at..])?,
            b'/' if statement[at..].starts_with(b"/*") => at += memmem::find(&statement[at..], b"*/")? + 1,
            _ => {}
        }
        at += 1;
    }
}

/// The offset after the string or quoted name at `at`, `Some(None)` if it does not end; `None` if there is none.
fn string_or_name_end(bytes: &[u8], at: usize, dialect: &Dialect) -> Option<Option<usize>> {
    let close = match bytes[at] {
        b'\'' => b'\'',
        // What else is in brackets than a name is no matter where only its end is looked for.
        opening => dialect.closing(opening)?,
    };
    Some(quoted_end(bytes, at, close, dialect.backslash_escapes && matches!(close, b'\'' | b'"')))
}

/// The offset after the semicolon that ends the statement, quotes and comments observed; in Transact-SQL a line of `GO` ends it too, and one
/// that begins with INSERT, unless that is a routine's.
fn statement_end(bytes: &[u8], last: bool, dialect: &Dialect) -> Option<usize> {
    let bytes = &bytes[..bytes.len().min(STATEMENT_BYTES_MAX)];
    let is_routine = starts_with(bytes, "create ") && !starts_with(bytes[7..].trim_ascii_start(), "table");
    let mut at = 0;
    loop {
        let byte = match bytes.get(at) {
            Some(byte) => *byte,
            None if last && bytes.len() < STATEMENT_BYTES_MAX => return Some(bytes.len()),
            None => return None,
        };
        if let Some(end) = string_or_name_end(bytes, at, dialect) {
            at = end?;
            continue;
        }
        match byte {
            b'/' if bytes.get(at + 1) == Some(&b'*') => at += memmem::find(&bytes[at..], b"*/")? + 2,
            b'-' if bytes[at..].starts_with(b"--") => at += memchr(b'\n', &bytes[at..])?,
            b'$' if dialect.postgres && is_dollar_quote(bytes, at) => at += dollar_quoted_end(&bytes[at..])?.0,
            b'\n' if dialect.transact && (is_go(&bytes[at + 1..], last) || !is_routine && starts_with(&bytes[at + 1..], "insert ")) => {
                return Some(at + 1);
            }
            b';' => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// `$$` or `$name$`; `$1` is a parameter.
fn is_dollar_quote(bytes: &[u8], at: usize) -> bool {
    let tag = bytes[at + 1..].iter().take(64).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    bytes.get(at + 1 + tag) == Some(&b'$') && !bytes[at + 1].is_ascii_digit()
}

/// Does a line of `GO` alone begin here? Where more input must tell, not yet.
fn is_go(line: &[u8], last: bool) -> bool {
    let is_word = line.get(..2).is_some_and(|go| go.eq_ignore_ascii_case(b"go"));
    is_word && line.get(2).map_or(last, |byte| matches!(byte, b'\r' | b'\n' | b' '))
}
