//! What a CREATE TABLE of `sqlite_schema` says of a table's records: which column each value is of, and what it may be.
//!
//! Not in it: indexes, views and triggers, whose pages and texts are nobody's data.

use std::borrow::Cow;

use sluice_plugin::{
    columns::meaning,
    person::{COLUMNS_MAX, NamedColumn, People},
};

/// What SQLite makes of a column's type: <https://www.sqlite.org/datatype3.html#determination_of_column_affinity>.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Affinity {
    Integer,
    Text,
    Blob,
    Real,
    Numeric,
}

/// A column as it stands in records.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Column {
    pub name: Vec<u8>,
    pub affinity: Affinity,
    pub not_null: bool,
}

/// A table.
#[derive(Debug)]
pub struct Table {
    /// As they stand in a record, which is another order than the table's if it is one without rowids.
    pub columns: Vec<Column>,
    /// Which column is the rowid by another name, and NULL in every record.
    pub rowid_column: Option<usize>,
    /// Are its records in an index's pages?
    pub without_rowid: bool,
    pub people: People,
    pub has_people: bool,
}

impl Table {
    /// Reads a CREATE TABLE.
    pub fn parse(sql: &[u8]) -> Option<Self> {
        let mut parser = Definitions { tokens: Tokens(sql).peekable(), columns: Vec::new(), key: Vec::new() };
        let (defined, key, without_rowid) = parser.table()?;
        let mut columns: Vec<Defined> = defined.into_iter().filter(|column| !column.is_virtual).collect();
        if columns.is_empty() || columns.len() > COLUMNS_MAX * 8 {
            return None;
        }
        let rowid_column = match key.as_slice() {
            [only] if !without_rowid => columns.iter().position(|column| column.is(only) && column.is_integer && !column.key_descends),
            _ => None,
        };
        if without_rowid {
            let rank = |column: &Defined| key.iter().position(|name| column.is(name)).unwrap_or(key.len());
            columns.sort_by_key(rank);
        }
        let columns: Vec<Column> = columns.into_iter().map(|defined| defined.column).collect();
        let named = |column: &Column| NamedColumn { name: column.name.clone(), meaning: meaning(&column.name) };
        let people = People::new(columns.iter().map(named).collect());
        Some(Self { columns, rowid_column, without_rowid, has_people: people.hold_people(), people })
    }
}

/// A column as it is defined.
struct Defined {
    column: Column,
    /// Of the type INTEGER, by that very word.
    is_integer: bool,
    /// `PRIMARY KEY DESC` behind the column, by an old mistake of SQLite's, makes no alias.
    key_descends: bool,
    /// Computed when it is read, and in no record.
    is_virtual: bool,
}

impl Defined {
    fn is(&self, name: &[u8]) -> bool {
        self.column.name.eq_ignore_ascii_case(name)
    }
}

/// A reader of what stands in a CREATE TABLE's parentheses.
struct Definitions<'a> {
    tokens: std::iter::Peekable<Tokens<'a>>,
    columns: Vec<Defined>,
    /// Names of the primary key's columns.
    key: Vec<Vec<u8>>,
}

impl<'a> Definitions<'a> {
    /// Columns, primary key, and whether it has no rowids.
    fn table(&mut self) -> Option<(Vec<Defined>, Vec<Vec<u8>>, bool)> {
        if !self.tokens.next()?.is(b"create") {
            return None;
        }
        let is_temporary = |token: &Token<'_>| token.is(b"temp") || token.is(b"temporary");
        while self.tokens.next_if(is_temporary).is_some() {}
        if !self.tokens.next()?.is(b"table") {
            return None;
        }
        loop {
            match self.tokens.next()? {
                Token::Sign(b'(') => break,
                token if token.is(b"as") => return None,
                _ => {}
            }
        }
        while self.definition()? {}
        let mut without_rowid = false;
        while let Some(token) = self.tokens.next() {
            without_rowid |= token.is(b"without") && self.tokens.peek().is_some_and(|next| next.is(b"rowid"));
        }
        Some((std::mem::take(&mut self.columns), std::mem::take(&mut self.key), without_rowid))
    }

    /// One column or constraint; `false` after the last one.
    fn definition(&mut self) -> Option<bool> {
        let first = self.tokens.next()?;
        let constraints = [&b"constraint"[..], b"primary", b"unique", b"check", b"foreign"];
        if constraints.iter().any(|word| first.is(word)) {
            let is_key = first.is(b"primary") || first.is(b"constraint") && self.tokens.nth(1)?.is(b"primary");
            return self.constraint(is_key);
        }
        let Token::Word(name, _) = first else { return None };
        self.column(name.into_owned())
    }

    /// A table's constraint, whose names count if it is the primary key.
    fn constraint(&mut self, is_key: bool) -> Option<bool> {
        let (mut depth, mut at_name) = (0usize, false);
        loop {
            match self.tokens.next()? {
                Token::Sign(b'(') => (depth, at_name) = (depth + 1, depth == 0),
                Token::Sign(b')') if depth == 0 => return Some(false),
                Token::Sign(b')') => depth -= 1,
                Token::Sign(b',') if depth == 0 => return Some(true),
                Token::Sign(b',') => at_name = depth == 1,
                Token::Word(name, _) if is_key && at_name => {
                    self.key.push(name.into_owned());
                    at_name = false;
                }
                _ => at_name = false,
            }
        }
    }

    fn column(&mut self, name: Vec<u8>) -> Option<bool> {
        let (mut kind, mut in_type, mut depth) = (Vec::new(), true, 0usize);
        let (mut not_null, mut key_descends, mut generated, mut stored) = (false, false, false, false);
        let more = loop {
            let token = self.tokens.next()?;
            match token {
                Token::Sign(b'(') => depth += 1,
                Token::Sign(b')') if depth == 0 => break false,
                Token::Sign(b')') => depth -= 1,
                Token::Sign(b',') if depth == 0 => break true,
                _ if depth > 0 => {}
                Token::Word(word, quoted) => {
                    let is = |other: &[u8]| !quoted && word.eq_ignore_ascii_case(other);
                    let ends_type = [
                        &b"constraint"[..],
                        b"primary",
                        b"not",
                        b"null",
                        b"unique",
                        b"check",
                        b"default",
                        b"collate",
                        b"references",
                        b"generated",
                        b"as",
                    ];
                    in_type &= !ends_type.iter().any(|other| is(other));
                    if in_type {
                        kind.extend(word.to_ascii_lowercase());
                        kind.push(b' ');
                    } else if is(b"not") && self.tokens.peek().is_some_and(|next| next.is(b"null")) {
                        not_null = true;
                    } else if is(b"primary") {
                        self.key.push(name.clone());
                    } else if is(b"desc") {
                        key_descends = true;
                    } else if is(b"as") {
                        generated = true;
                    } else if is(b"stored") {
                        stored = true;
                    }
                }
                Token::Sign(_) => {}
            }
        };
        let column = Column { name, affinity: affinity(&kind), not_null };
        self.columns.push(Defined { column, is_integer: kind == b"integer ", key_descends, is_virtual: generated && !stored });
        Some(more)
    }
}

fn affinity(kind: &[u8]) -> Affinity {
    let has = |word: &[u8]| kind.windows(word.len()).any(|window| window == word);
    if has(b"int") {
        Affinity::Integer
    } else if has(b"char") || has(b"clob") || has(b"text") {
        Affinity::Text
    } else if kind.is_empty() || has(b"blob") {
        Affinity::Blob
    } else if has(b"real") || has(b"floa") || has(b"doub") {
        Affinity::Real
    } else {
        Affinity::Numeric
    }
}

/// A part of an SQL text.
enum Token<'a> {
    /// A word, number, string or quoted name without its quotes; whether it had some.
    Word(Cow<'a, [u8]>, bool),
    Sign(u8),
}

impl Token<'_> {
    /// Is it this bare word, whatever its case?
    fn is(&self, word: &[u8]) -> bool {
        matches!(self, Self::Word(text, false) if text.eq_ignore_ascii_case(word))
    }
}

/// The parts of an SQL text, comments left out.
struct Tokens<'a>(&'a [u8]);

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let rest = self.0.trim_ascii_start();
            self.0 = match rest {
                [b'-', b'-', ..] => rest.iter().position(|byte| *byte == b'\n').map_or(&[], |end| &rest[end..]),
                [b'/', b'*', ..] => rest.windows(2).skip(2).position(|window| window == b"*/").map_or(&[], |end| &rest[end + 4..]),
                [] => return None,
                [open @ (b'"' | b'`' | b'\'' | b'['), inner @ ..] => {
                    return Some(self.quoted(inner, if *open == b'[' { b']' } else { *open }));
                }
                [first, after @ ..] => {
                    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || *byte >= 0x80;
                    let len = rest.iter().take_while(|byte| is_word(byte)).count();
                    self.0 = if len == 0 { after } else { &rest[len..] };
                    return Some(if len == 0 { Token::Sign(*first) } else { Token::Word(rest[..len].into(), false) });
                }
            };
        }
    }
}

impl<'a> Tokens<'a> {
    /// What stands within quotes, doubled ones halved. What does not end goes to the end.
    fn quoted(&mut self, inner: &'a [u8], close: u8) -> Token<'a> {
        let mut name = Cow::Borrowed(&inner[..0]);
        let mut rest = inner;
        loop {
            let end = rest.iter().position(|byte| *byte == close);
            let (text, after) = end.map_or((rest, &rest[rest.len()..]), |end| (&rest[..end], &rest[end + 1..]));
            if name.is_empty() {
                name = text.into()
            } else {
                name.to_mut().extend_from_slice(text)
            }
            if after.first() != Some(&close) || close == b']' {
                self.0 = after;
                return Token::Word(name, true);
            }
            name.to_mut().push(close);
            rest = &after[1..];
        }
    }
}
