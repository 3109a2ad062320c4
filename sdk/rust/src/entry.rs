//! A person told by names and values, one after the other, of formats whose records have no columns: documents, blocks, cards.
//!
//! The rules are those of tables ([`crate::person`]): a secret is told by its content, a login equal to the e-mail is dropped, one that is
//! an e-mail is one, `DOMAIN\` is stripped into the column `domain`, a second value of a kind of which a person has one goes by its own
//! name. Values are kept until the record is told, so that it can be given up, and columns be named before it.

use std::borrow::Cow;

use sluice_record::FieldKind;

use crate::{
    Out,
    columns::{Meaning, is_email},
    identify,
    person::{ColumnTags, DROP, EMAIL, LOGIN, SALT, is_single},
};

/// Values of one entry that are kept; what is more is left out.
const VALUES_MAX: usize = 1024;

/// Values for which there is room at once.
const VALUES_USUAL: usize = 16;

/// The values of a person, in the order of the input.
#[derive(Debug)]
pub struct Entry<'a> {
    values: Vec<(u8, Cow<'a, [u8]>)>,
    /// Kinds there are, a bit each.
    kinds: u64,
    domain: u8,
}

impl<'a> Default for Entry<'a> {
    fn default() -> Self {
        Self { values: Vec::with_capacity(VALUES_USUAL), kinds: 0, domain: DROP }
    }
}

const fn bit(tag: u8) -> u64 {
    if tag < 64 { 1 << tag } else { 1 << FieldKind::Hash.tag() }
}

impl<'a> Entry<'a> {
    /// Adds a value by what its name means. It may name a column, and so stands before the record.
    #[inline]
    pub fn add(&mut self, name: &[u8], meaning: Meaning, value: Cow<'a, [u8]>, columns: &mut ColumnTags, out: &mut Out<'_>) {
        if value.is_empty() || self.values.len() >= VALUES_MAX {
            return;
        }
        let tag = match meaning {
            Meaning::Field(kind) if self.kinds & bit(kind.tag()) == 0 || !is_single(meaning) => kind.tag(),
            Meaning::Secret(hint) => identify(&value, hint).tag(),
            Meaning::Field(_) | Meaning::Extra => columns.tag(name, out),
        };
        if tag == LOGIN && value.contains(&b'\\') {
            self.domain = columns.tag(b"domain", out);
        }
        self.tagged(tag, value);
    }

    /// Adds a value by its tag.
    #[inline]
    pub fn tagged(&mut self, tag: u8, value: Cow<'a, [u8]>) {
        if tag != DROP && !value.is_empty() && self.values.len() < VALUES_MAX {
            self.kinds |= bit(tag);
            self.values.push((tag, value));
        }
    }

    /// Is there a value of this kind?
    pub fn has(&self, kind: FieldKind) -> bool {
        self.kinds & bit(kind.tag()) != 0
    }

    /// Does it say whose it is, or have a secret?
    pub fn is_anybody(&self) -> bool {
        use FieldKind::{Email, Hash, Password, Phone, Username};
        [Email, Username, Phone, Password, Hash].iter().any(|kind| self.has(*kind))
    }

    /// Says the record: `rows` is all of its raw bytes.
    pub fn tell(mut self, rows: &[u8], out: &mut Out<'_>) {
        self.settle_login();
        let mut record = out.record(rows);
        for (tag, value) in &self.values {
            record.add(*tag, value);
        }
        if self.kinds & bit(SALT) != 0 {
            record.settle_salted();
        }
        record.end();
    }

    /// A login that is the e-mail address is none, one that is an e-mail address is one, and a domain before it is no part of it.
    fn settle_login(&mut self) {
        let Some(at) = self.values.iter().position(|(tag, _)| *tag == LOGIN) else { return };
        let login = &self.values[at].1;
        if self.values.iter().any(|(tag, value)| *tag == EMAIL && value.eq_ignore_ascii_case(login)) {
            self.values.remove(at);
        } else if !self.has(FieldKind::Email) && is_email(login) {
            self.values[at].0 = EMAIL;
        } else if let Some(backslash) = memchr::memchr(b'\\', login).filter(|slash| *slash > 0 && slash + 1 < login.len())
            && self.domain != DROP
        {
            let (domain, rest) = parted(std::mem::take(&mut self.values[at].1), backslash);
            self.values[at].1 = rest;
            self.values.push((self.domain, domain));
        }
    }
}

/// Two values around a byte.
fn parted(value: Cow<'_, [u8]>, at: usize) -> (Cow<'_, [u8]>, Cow<'_, [u8]>) {
    match value {
        Cow::Borrowed(value) => (value[..at].into(), value[at + 1..].into()),
        Cow::Owned(value) => (value[..at].to_vec().into(), value[at + 1..].to_vec().into()),
    }
}
