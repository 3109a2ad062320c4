//! Records of tables: what to do with the values of columns whose names or content gave them a meaning.
//!
//! [`People`] is made once a table and keeps a flat slot a column; [`Person`] is one row on its way. The rules of every table are
//! here: a secret is told by its content, a login equal to the e-mail is dropped, one that is an e-mail is one, `DOMAIN\` is stripped
//! into the column `domain`, and a second column of a kind of which a person has but one goes by its own name.

use std::ops::Range;

use sluice_record::{Event, FieldKind, HashKind};

use crate::{
    Out, Record, Value,
    columns::{Meaning, is_email},
    secret,
};

/// Columns of a table that are looked at; values beyond them only count.
pub const COLUMNS_MAX: usize = 256;

/// What to do with a column's values: an event tag, or one of these.
pub(crate) const DROP: u8 = 0;
pub(crate) const EMAIL: u8 = FieldKind::Email.tag();
pub(crate) const LOGIN: u8 = FieldKind::Username.tag();
pub(crate) const SECRET: u8 = FieldKind::Password.tag();
pub(crate) const SALT: u8 = FieldKind::Salt.tag();
/// A secret of which the column's name says more.
pub(crate) const HINTED: u8 = 1;

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
    /// The tag of a column's values, which is named now if it is not yet; 0 if there are too many. Never while a record is being filled.
    pub fn tag(&mut self, name: &[u8], out: &mut Out<'_>) -> u8 {
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
    pub(crate) tags: [u8; COLUMNS_MAX],
    pub(crate) hints: Vec<Option<HashKind>>,
    domain: u8,
    has_salts: bool,
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
                    if hint.is_some() { HINTED } else { SECRET }
                }
                Meaning::Extra => DROP,
            };
        }
        let has_salts = tags.contains(&SALT);
        Self { columns, tags, hints, domain: DROP, has_salts }
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

    /// What the login turns out to be, given which values it and the e-mail are.
    #[cold]
    #[inline(never)]
    pub(crate) fn settle_login<'o, 'a>(&self, mut record: Record<'o, 'a>, login: usize, email: Option<usize>) -> Record<'o, 'a> {
        let event = record.told(login);
        let value = record.bytes(event);
        let backslash = memchr::memchr(b'\\', value).filter(|at| *at > 0 && at + 1 < value.len() && self.domain != DROP);
        let span = event.span();
        let part = |tag: u8, from: usize, to: usize| Event::new(tag, span.offset + from as u32, (to - from) as u32, span.arena);
        let (is_same, len) = (email.is_some_and(|email| value.eq_ignore_ascii_case(record.bytes(record.told(email)))), value.len());
        if email.is_none() && is_email(value) {
            record.tell_again(login, part(EMAIL, 0, len));
        } else if is_same {
            record.remove(login);
        } else if let Some(at) = backslash {
            record.tell_again(login, part(LOGIN, at + 1, len));
            record.add_event(part(self.domain, 0, at));
        }
        record
    }

    #[inline(always)]
    fn tag(&self, column: usize) -> u8 {
        self.tags.get(column).copied().unwrap_or(DROP)
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

    /// Is a row of it somebody's? It is with an e-mail or phone, a login with its secret, or a name with where or when.
    pub fn hold_people(&self) -> bool {
        use FieldKind::*;
        let has = |kinds: &[FieldKind]| kinds.iter().any(|kind| self.has(*kind));
        has(&[Email, Phone]) || has(&[Username]) && self.has_secret() || has(&[FullName, LastName]) && has(&[Dob, Address, PostalCode])
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
pub(crate) fn is_single(meaning: Meaning) -> bool {
    match meaning {
        Meaning::Field(kind) => !matches!(kind, FieldKind::Email | FieldKind::Phone | FieldKind::Ip | FieldKind::Address | FieldKind::Salt),
        Meaning::Secret(_) | Meaning::Extra => false,
    }
}

/// A row on its way to become a record.
///
/// It is small and never borrowed by a function that is not inlined, so that a reader's loop keeps it in registers.
#[must_use = "a row is finished with `end` or given up with `abandon`"]
pub struct Person<'p, 'o, 'a> {
    people: &'p People,
    record: Record<'o, 'a>,
    /// Which value is the login, and which the e-mail: a login that equals the e-mail is dropped at the row's end.
    login: usize,
    email: usize,
    dropped: bool,
    overflow: bool,
}

/// No value is the login, or the e-mail.
const NONE: usize = usize::MAX;

impl<'p, 'o, 'a> Person<'p, 'o, 'a> {
    /// Begins a row.
    #[inline(always)]
    pub fn new(people: &'p People, record: Record<'o, 'a>) -> Self {
        Self { people, record, login: NONE, email: NONE, dropped: false, overflow: false }
    }

    /// A value; an empty one is none. One that is no slice of the input is copied.
    #[inline(always)]
    pub fn value(&mut self, column: usize, value: &[u8]) {
        let tag = self.people.tag(column);
        if !value.is_empty() && (tag > SECRET || self.special(column, tag)) {
            self.record.add(self.told_tag(column, tag, value), value);
        }
    }

    /// As [`Person::value`], the value given by its place in the push's bytes: for hot loops that count in offsets anyway.
    #[inline(always)]
    pub fn span(&mut self, column: usize, value: Range<usize>) {
        let tag = self.people.tag(column);
        if tag > SECRET {
            self.record.add(tag, value);
        } else if !value.is_empty() && self.special(column, tag) {
            let tag = if tag >= EMAIL && value.len() < secret::UNHINTED_BYTES_MIN {
                tag
            } else {
                self.told_tag(column, tag, self.record.at(value.clone()))
            };
            self.record.add(tag, value);
        }
    }

    /// Notes which value is the login or the e-mail; `false` if it is dropped.
    #[inline(always)]
    fn special(&mut self, column: usize, tag: u8) -> bool {
        let nth = self.record.values();
        self.email = if tag == EMAIL { nth } else { self.email };
        self.login = if tag == LOGIN { nth } else { self.login };
        if tag == DROP {
            let within = column < self.people.columns.len();
            self.dropped |= within;
            self.overflow |= !within;
        }
        tag != DROP
    }

    /// The tag to tell a value under: a secret's depends on what it is.
    #[inline(always)]
    fn told_tag(&self, column: usize, tag: u8, value: &[u8]) -> u8 {
        if tag == SECRET || tag == HINTED { secret_tag(value, self.people.hints.get(column).copied().flatten()) } else { tag }
    }

    /// A value that stands within another one: of a kind of which the table has no column.
    pub fn beside(&mut self, meaning: Meaning, value: &[u8]) {
        if value.is_empty() || self.people.columns.iter().any(|column| column.meaning == meaning) {
            return;
        }
        let tag = match meaning {
            Meaning::Field(kind) => kind.tag(),
            Meaning::Secret(hint) if !self.people.has_secret() => secret_tag(value, hint),
            Meaning::Secret(_) | Meaning::Extra => return,
        };
        self.record.add(tag, value);
    }

    /// Is the column of a kind of which a person may have several?
    pub fn may_be_several(&self, column: usize) -> bool {
        matches!(self.people.meaning(column), Meaning::Field(FieldKind::Email | FieldKind::Phone | FieldKind::Ip))
    }

    /// Was there no value at all?
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.record.values() == 0 && !self.dropped
    }

    /// Was there a value beyond the table's columns?
    pub fn has_overflow(&self) -> bool {
        self.overflow
    }

    /// The value of the e-mail column, or nothing.
    pub fn email(&self) -> &[u8] {
        if self.email == NONE { b"" } else { self.record.bytes(self.record.told(self.email)) }
    }

    /// Gives the row up, as if it had never begun.
    #[inline(always)]
    pub fn abandon(self) {
        self.record.abandon();
    }

    /// Finishes the record with its whole raw row.
    #[inline(always)]
    pub fn end(self, raw: impl Value) {
        self.settled().end_row(raw);
    }

    #[inline(always)]
    fn settled(mut self) -> Record<'o, 'a> {
        if self.people.has_salts {
            self.record.settle_salted();
        }
        if self.login == NONE {
            return self.record;
        }
        self.people.settle_login(self.record, self.login, (self.email != NONE).then_some(self.email))
    }
}

#[inline(never)]
fn secret_tag(value: &[u8], hint: Option<HashKind>) -> u8 {
    secret::identify(value, hint).tag()
}
