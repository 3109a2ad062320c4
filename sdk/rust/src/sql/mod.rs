//! SQL dumps of every database: CREATE TABLE says the columns, INSERT the rows, and rows of people become records.
//!
//! A plugin says how its database writes SQL, a [`Dialect`], and hands its pushes to a [`Reader`]. [`statement`](self) reads what stands
//! between VALUES lists, `rows` and `tuple` the rows in them, `value` and `escape` what is no usual value, and `tables` is what a chunk in the middle of a dump
//! has to know, `copy` reads rows parted by tabs, `account` what makes a database's own users. Chunks may begin between two rows of one INSERT.
//! Deliberately absent: types (a value is what it says), and anything a dump does but to tell its rows.

mod account;
mod composite;
mod copy;
mod date;
mod escape;
mod reader;
mod rows;
mod statement;
mod tables;
mod tuple;
mod value;

pub use reader::Reader;

/// How a database writes SQL, as far as a reader of dumps must know.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// Is a backslash within `'…'` an escape, as MySQL has them?
    pub backslash_escapes: bool,
    /// Is `"…"` a string among values, and not a name?
    pub double_quoted_strings: bool,
    /// Quotes of names, opening and closing.
    pub name_quotes: &'static [(u8, u8)],
    /// Beginnings of comments that go to the end of their line, beside `--`; in any case.
    pub comments: &'static [&'static str],
    /// Words that take the rest of their line, as commands of a database's own client do; in lower case.
    pub commands: &'static [&'static str],
    /// Words that begin statements, beside those that every database has; in lower case.
    pub statements: &'static [&'static str],
    /// Words that begin no column but a key or a constraint within CREATE TABLE, unless they are quoted; in lower case.
    pub constraints: &'static [&'static str],
    /// Is it Transact-SQL: a line of `GO` ends a statement, none needs a semicolon, and `+` joins strings?
    pub transact: bool,
    /// Is it PostgreSQL's: COPY, strings between dollars (`$body$…$body$`), bytes as `\x…`, arrays and JSON between braces?
    pub postgres: bool,
    /// Are there strings of `q'[…]'`?
    pub alternative_quotes: bool,
}

impl Dialect {
    /// What all have in common; a plugin says what its database has besides.
    pub const STANDARD: Self = Self {
        backslash_escapes: false,
        double_quoted_strings: false,
        name_quotes: &[(b'"', b'"')],
        comments: &[],
        commands: &[],
        statements: &[],
        constraints: &["primary", "unique", "constraint", "foreign", "check"],
        transact: false,
        postgres: false,
        alternative_quotes: false,
    };

    /// A text without what is in its strings and comments' lines, for who looks for words of a database: people write such words, too.
    /// A line that is a comment or a command is as it is.
    pub fn without_strings(&self, text: &[u8]) -> Vec<u8> {
        let mut left = Vec::with_capacity(text.len());
        let mut at = 0;
        while at < text.len() {
            let line = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |end| at + end + 1);
            let word = text[at..line].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
            let is_command = self.commands.iter().any(|command| command.as_bytes().eq_ignore_ascii_case(&text[at..at + word]));
            if is_command || text[at..].starts_with(b"--") || self.comments.iter().any(|comment| text[at..].starts_with(comment.as_bytes()))
            {
                left.extend_from_slice(&text[at..line]);
                at = line;
                continue;
            }
            // Strings on the line, the last of which may end on another one.
            while let Some(open) = memchr::memchr(b'\'', &text[at..line.max(at)]).map(|open| at + open) {
                left.extend_from_slice(&text[at..=open]);
                at = value::quoted_end(text, open, b'\'', self.backslash_escapes).unwrap_or(text.len());
                if at >= line {
                    break;
                }
            }
            if at < line {
                left.extend_from_slice(&text[at..line]);
                at = line;
            }
        }
        left
    }

    /// The quote that closes a name which this one opens.
    fn closing(&self, opening: u8) -> Option<u8> {
        self.name_quotes.iter().find(|(open, _)| *open == opening).map(|(_, close)| *close)
    }
}
