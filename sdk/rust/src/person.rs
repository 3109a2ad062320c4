//! Records of tables: what to do with the values of columns whose names or content gave them a meaning.
//!
//! [`People`] is made once a table and keeps a flat slot a column; [`Person`] is one row on its way. The rules of every table are
//! here: a secret is told by its content, a login equal to the e-mail is dropped, one that is an e-mail is one, `DOMAIN\` is stripped
//! into the column `domain`, and a second column of a kind of which a person has but one goes by its own name.

use sluice_record::{FieldKind, HashKind};

use crate::{
    Out, Record,
    columns::{Meaning, is_email},
    secret::{self, Secret},
};

/// Columns of a table that are looked at; values beyond them only count.
pub const COLUMNS_MAX: usize = 256;

/// What to do with a column's values: an event tag, or one of these.
const DROP: u8 = 0;
const EMAIL: u8 = FieldKind::Email.tag();
const LOGIN: u8 = FieldKind::Username.tag();
const SECRET: u8 = FieldKind::Password.tag();

/// A column of a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NamedColumn {
    /// As the table has it.
    pub name: Vec<u8>,
    /// What its values are.
    pub meaning: Meaning,
}

/// The tags of columns named so far in a chunk, so that tables share them.
#[derive(Clone, Default, Debug)]
pub struct ColumnTags(Vec<(Vec<u8>, u8)>);

impl ColumnTags {
    fn tag(&mut self, name: &[u8], out: &mut Out<'_>) -> u8 {
        if let Some((_, tag)) = self.0.iter().find(|(known, _)| known == name) {
            return *tag;
        }
        let Some(column) = out.column(name) else { return DROP };
        self.0.push((name.to_vec(), column.tag()));
        column.tag()
    }
}

/// A table's columns, ready for its rows.
#[derive(Clone, Debug)]
pub struct People {
    columns: Vec<NamedColumn>,
    tags: [u8; COLUMNS_MAX],
    hints: Vec<Option<HashKind>>,
    domain: u8,
    /// Is there a column of salts?
    salted: bool,
}

impl People {
    /// Makes a table's columns ready; those beyond [`COLUMNS_MAX`] are left out.
    pub fn new(mut columns: Vec<NamedColumn>) -> Self {
        columns.truncate(COLUMNS_MAX);
        for at in 1..columns.len() {
            let (before, rest) = columns.split_at_mut(at);
            if is_single(rest[0].meaning) && before.iter().any(|column| column.meaning == rest[0].meaning) {
                rest[0].meaning = Meaning::Extra;
            }
        }
        let mut tags = [DROP; COLUMNS_MAX];
        let mut hints = vec![None; COLUMNS_MAX];
        for (at, column) in columns.iter().enumerate() {
            tags[at] = match column.meaning {
                Meaning::Field(kind) => kind.tag(),
                Meaning::Secret(hint) => {
                    hints[at] = hint;
                    SECRET
                }
                Meaning::Extra => DROP,
            };
        }
        let salted = columns.iter().any(|column| column.meaning == Meaning::Field(FieldKind::Salt));
        Self { columns, tags, hints, domain: DROP, salted }
    }

    /// Names the columns that are no standard kind. Once a chunk and table, and never while a record is being filled;
    /// before it, their values are dropped.
    pub fn name_columns(&mut self, tags: &mut ColumnTags, out: &mut Out<'_>) {
        if self.has(FieldKind::Username) {
            self.domain = tags.tag(b"domain", out);
        }
        for (at, column) in self.columns.iter().enumerate() {
            if column.meaning == Meaning::Extra {
                self.tags[at] = tags.tag(&column.name, out);
            }
        }
    }

    /// The columns.
    pub fn columns(&self) -> &[NamedColumn] {
        &self.columns
    }

    /// Is there a column of this kind?
    pub fn has(&self, kind: FieldKind) -> bool {
        self.columns.iter().any(|column| column.meaning == Meaning::Field(kind))
    }

    /// Is there a column of passwords or hashes?
    pub fn has_secret(&self) -> bool {
        self.columns.iter().any(|column| matches!(column.meaning, Meaning::Secret(_)))
    }

    /// The meaning of a column.
    #[inline]
    pub fn meaning(&self, column: usize) -> Meaning {
        self.columns.get(column).map_or(Meaning::Extra, |column| column.meaning)
    }

    /// The columns in bytes, for a chunk's context: count, then meaning, length and name of each.
    pub fn pack(&self, context: &mut Vec<u8>) {
        context.extend_from_slice(&(self.columns.len() as u16).to_le_bytes());
        for column in &self.columns {
            let name = &column.name[..column.name.len().min(255)];
            context.extend_from_slice(&[column.meaning.pack(), name.len() as u8]);
            context.extend_from_slice(name);
        }
    }

    /// Reads what [`People::pack`] wrote, and gives what follows it.
    pub fn unpack(context: &[u8]) -> Option<(Self, &[u8])> {
        let (count, mut rest) = context.split_first_chunk::<2>()?;
        let mut columns = Vec::new();
        for _ in 0..u16::from_le_bytes(*count) {
            let ([meaning, len], after) = rest.split_first_chunk::<2>()?;
            let (name, after) = after.split_at_checked(usize::from(*len))?;
            columns.push(NamedColumn { name: name.to_vec(), meaning: Meaning::unpack(*meaning) });
            rest = after;
        }
        Some((Self::new(columns), rest))
    }
}

/// Kinds of which a person has one. Never secrets, and nothing that finds a person.
fn is_single(meaning: Meaning) -> bool {
    match meaning {
        Meaning::Field(kind) => !matches!(kind, FieldKind::Email | FieldKind::Phone | FieldKind::Ip | FieldKind::Address | FieldKind::Salt),
        Meaning::Secret(_) | Meaning::Extra => false,
    }
}

/// A row on its way to become a record.
#[must_use = "a row is finished with `end` or given up with `abandon`"]
pub struct Person<'p, 'i, 'o, 'a> {
    people: &'p People,
    record: Record<'o, 'a>,
    /// Kept back until the row's end: a login that equals the e-mail is dropped.
    login: &'i [u8],
    email: &'i [u8],
    copied: Option<Box<Copied>>,
    filled: bool,
    overflow: bool,
}

/// Login and e-mail that are no slices of the input.
#[derive(Default)]
struct Copied {
    login: Vec<u8>,
    email: Vec<u8>,
}

impl<'p, 'i, 'o, 'a> Person<'p, 'i, 'o, 'a> {
    /// Begins a row.
    #[inline(always)]
    pub fn new(people: &'p People, record: Record<'o, 'a>) -> Self {
        Self { people, record, login: b"", email: b"", copied: None, filled: false, overflow: false }
    }

    /// A value that is a slice of the input; an empty one is none.
    #[inline(always)]
    pub fn value(&mut self, column: usize, value: &'i [u8]) {
        if value.is_empty() {
            return;
        }
        let tag = self.people.tags.get(column).copied().unwrap_or(DROP);
        if tag > SECRET {
            self.filled = true;
            self.record.add(tag, value);
        } else if tag == SECRET {
            self.filled = true;
            self.secret(column, value);
        } else if tag == EMAIL {
            self.filled = true;
            self.email = value;
            self.record.add(EMAIL, value);
        } else if tag == LOGIN {
            self.filled = true;
            self.login = value;
        } else {
            self.dropped(column);
        }
    }

    #[cold]
    fn dropped(&mut self, column: usize) {
        let within = column < self.people.columns.len();
        self.filled |= within;
        self.overflow |= !within;
    }

    /// A value that had to be unescaped.
    #[cold]
    #[inline(never)]
    pub fn copied(&mut self, column: usize, value: &[u8]) {
        let tag = self.people.tags.get(column).copied().unwrap_or(DROP);
        match tag {
            _ if value.is_empty() => return,
            DROP => return self.dropped(column),
            EMAIL => {
                self.copied.get_or_insert_default().email = value.to_vec();
                self.record.add(EMAIL, value);
            }
            LOGIN => self.copied.get_or_insert_default().login = value.to_vec(),
            SECRET => self.secret(column, value),
            _ => self.record.add(tag, value),
        }
        self.filled = true;
    }

    #[inline(always)]
    fn secret(&mut self, column: usize, value: &[u8]) {
        let tag = match secret::identify(value, self.people.hints[column]) {
            Secret::Plain => SECRET,
            Secret::Hash(kind) => kind.tag(),
        };
        self.record.add(tag, value);
    }

    /// Was there no value at all?
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        !self.filled
    }

    /// Was there a value beyond the table's columns?
    pub fn has_overflow(&self) -> bool {
        self.overflow
    }

    /// The value of the e-mail column, or nothing.
    pub fn email(&self) -> &[u8] {
        match &self.copied {
            Some(copied) if !copied.email.is_empty() => &copied.email,
            _ => self.email,
        }
    }

    /// Gives the row up, as if it had never begun.
    pub fn abandon(self) {
        self.record.abandon();
    }

    /// Finishes the record with its whole raw row.
    #[inline(always)]
    pub fn end(mut self, raw: &[u8]) {
        if self.copied.is_none() && (self.login.len() != self.email.len() && !self.email.is_empty()) && !has_backslash(self.login) {
            self.record.add(LOGIN, self.login);
        } else if !self.login.is_empty() || self.copied.is_some() {
            self.end_login();
        }
        if self.people.salted {
            self.record.settle_salted();
        }
        self.record.end_row(raw);
    }

    #[inline(never)]
    fn end_login(&mut self) {
        let copied = self.copied.take().unwrap_or_default();
        let login = if copied.login.is_empty() { self.login } else { copied.login.as_slice() };
        let email = if copied.email.is_empty() { self.email } else { copied.email.as_slice() };
        if email.is_empty() && is_email(login) {
            return self.record.add(EMAIL, login);
        }
        if login.eq_ignore_ascii_case(email) {
            return;
        }
        match memchr::memchr(b'\\', login) {
            Some(at) if at > 0 && at + 1 < login.len() && self.people.domain != DROP => {
                self.record.add(LOGIN, &login[at + 1..]);
                self.record.add(self.people.domain, &login[..at]);
            }
            _ => self.record.add(LOGIN, login),
        }
    }
}

/// Logins are short: eight bytes a step beat a call of `memchr`.
#[inline(always)]
fn has_backslash(login: &[u8]) -> bool {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    let (words, tail) = login.as_chunks::<8>();
    let in_words = words.iter().any(|word| {
        let differs = u64::from_le_bytes(*word) ^ (ONES * b'\\' as u64);
        differs.wrapping_sub(ONES) & !differs & (ONES << 7) != 0
    });
    in_words || tail.contains(&b'\\')
}
