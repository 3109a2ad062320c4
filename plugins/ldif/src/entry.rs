//! An entry on its way to become a record.

use std::{borrow::Cow, collections::HashMap};

use sluice_plugin::{Column, FieldKind, HashKind, Out, columns::is_email};

use crate::{
    attribute::{self, Use, Uses},
    block::Attribute,
};

/// Values of one entry that are kept: a group may have members by the ten thousand.
const VALUES_MAX: usize = 512;
const EMAIL: u8 = FieldKind::Email.tag();
const USERNAME: u8 = FieldKind::Username.tag();
/// For a value that goes by its attribute's name.
const EXTRA: u8 = 0;

struct Value<'a> {
    tag: u8,
    name: Cow<'a, [u8]>,
    value: Cow<'a, [u8]>,
}

/// An entry's values, in its order.
pub struct Entry<'a>(Vec<Value<'a>>);

impl<'a> Entry<'a> {
    /// Reads attributes; none if there is nobody in them.
    pub fn read(attributes: impl Iterator<Item = Attribute<'a>>, uses: &mut Uses) -> Option<Self> {
        let mut entry = Self(Vec::new());
        for attribute in attributes {
            if entry.0.len() == VALUES_MAX {
                break;
            }
            if let Some(value) = attribute.value {
                let how = uses.of(&attribute.name);
                entry.add(attribute.name, value, how);
            }
        }
        entry.name_by_dn();
        entry.settle_login();
        let is_telling = |tag: u8| {
            HashKind::from_tag(tag).is_some()
                || [EMAIL, USERNAME, FieldKind::Password.tag(), FieldKind::FirstName.tag(), FieldKind::LastName.tag()].contains(&tag)
        };
        entry.0.iter().any(|value| is_telling(value.tag)).then_some(entry)
    }

    fn add(&mut self, name: Cow<'a, [u8]>, value: Cow<'a, [u8]>, how: Use) {
        if value.is_empty() {
            return;
        }
        if how != Use::UnicodePassword && std::str::from_utf8(&value).is_err() {
            return; // a photo, a certificate
        }
        let (tag, value) = match how {
            Use::None => return,
            Use::Field(kind) => (kind.tag(), value),
            Use::Postal => (FieldKind::Address.tag(), attribute::postal(value)),
            Use::Labelled => (FieldKind::Url.tag(), attribute::labelled(value)),
            Use::Extra => (EXTRA, value),
            Use::Secret(hint) => match attribute::secret(value, hint) {
                Some(secret) => secret,
                None => return,
            },
            Use::UnicodePassword => match attribute::unicode_password(value) {
                Some(secret) => secret,
                None => return,
            },
            Use::Proxy => match attribute::proxy(value) {
                Some(email) => (EMAIL, email),
                None => return,
            },
            Use::Moment(kind) => match attribute::moment(value) {
                Some(moment) => (kind.tag(), moment),
                None => return,
            },
        };
        // A person has one of it: what comes second goes by its own name.
        let is_second = is_single(tag) && self.0.iter().any(|value| value.tag == tag);
        self.0.push(Value { tag: if is_second { EXTRA } else { tag }, name, value });
    }

    fn has(&self, tag: u8) -> bool {
        self.0.iter().any(|value| value.tag == tag)
    }

    /// An entry without a login may have it in its name: `uid=ann,ou=people,dc=example,dc=com`.
    fn name_by_dn(&mut self) {
        if self.has(USERNAME) || self.has(EMAIL) {
            return;
        }
        let Some((name, value)) = self.0.first().and_then(|dn| first_of_dn(&dn.value)) else { return };
        if let Use::Field(kind @ (FieldKind::Email | FieldKind::Username)) = attribute::use_of(&name) {
            self.0.push(Value { tag: kind.tag(), name: name.into(), value: value.into() });
        }
    }

    /// A login that is the e-mail address is none, and one that is an e-mail address is one.
    fn settle_login(&mut self) {
        let Some(at) = self.0.iter().position(|value| value.tag == USERNAME) else { return };
        let login = &self.0[at].value;
        if self.0.iter().any(|value| value.tag == EMAIL && value.value.eq_ignore_ascii_case(login)) {
            self.0.remove(at);
        } else if is_email(login) && !self.has(EMAIL) {
            self.0[at].tag = EMAIL;
        }
    }

    /// Says it: first the columns it needs, then the record.
    pub fn tell(mut self, rows: &[u8], columns: &mut HashMap<Vec<u8>, Option<Column>>, out: &mut Out<'_>) {
        for value in self.0.iter_mut().filter(|value| value.tag == EXTRA) {
            let column = match columns.get(value.name.as_ref()) {
                Some(known) => *known,
                None => *columns.entry(value.name.to_vec()).or_insert(out.column(&value.name)),
            };
            value.tag = column.map_or(EXTRA, Column::tag);
        }
        let mut record = out.record(rows);
        for value in self.0.iter().filter(|value| value.tag != EXTRA) {
            record.add(value.tag, &value.value);
        }
        record.end();
    }
}

/// Kinds of which a person has one.
fn is_single(tag: u8) -> bool {
    use FieldKind::{Address, Email, Hash, Ip, Password, Phone, Salt};
    let kind = FieldKind::from_tag(tag);
    kind.is_some_and(|kind| ![Email, Phone, Ip, Address, Password, Hash, Salt].contains(&kind))
}

/// The attribute that an entry's name begins with, and its value: up to the first `,` or `+`, with what stands behind backslashes undone.
fn first_of_dn(dn: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let sign = memchr::memchr(b'=', dn)?;
    let (mut value, mut rest) = (Vec::new(), &dn[sign + 1..]);
    while let [byte, after @ ..] = rest {
        let (plain, skipped) = match (byte, after) {
            (b',' | b'+', _) => break,
            (b'\\', [high, low, ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or_default() as u8;
                (digit(*high) << 4 | digit(*low), 3)
            }
            (b'\\', [escaped, ..]) => (*escaped, 2),
            _ => (*byte, 1),
        };
        value.push(plain);
        rest = &rest[skipped..];
    }
    (!value.is_empty() && std::str::from_utf8(&value).is_ok()).then(|| (dn[..sign].trim_ascii().to_vec(), value))
}
