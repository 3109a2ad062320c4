//! What somebody typed into forms: names of fields and values, which a browser keeps to fill them in again.
//!
//! All that stands together is one person's and one record, with every e-mail address and phone number in it and the first of all else.
//! Told is what names say and values look like, and addresses whatever the name. Never told: user names, for nobody knows of what;
//! passwords and cards, which are no business of a form's; and somebody without an address or a number.

use sluice_plugin::{
    FieldKind, Out, blocks,
    columns::{self, Meaning, is_email},
};

use crate::{
    block::{BLOCK_BYTES_MAX, ahead},
    key::{Key, key_of},
    line::{Class, Pair, classify},
    login::is_card_number,
    path::Holds,
    reader::Reader,
};

/// A person's e-mail addresses and phone numbers that are told.
const ADDRESSES_MAX: usize = 64;
/// Bytes of fields that are one person's.
const RUN_BYTES_MAX: usize = BLOCK_BYTES_MAX / 4;

/// What was typed that says who it was.
#[derive(Default)]
pub struct Typed<'a>(Vec<(FieldKind, &'a [u8])>);

/// A field and where its lines end.
struct Filled<'a> {
    name: &'a [u8],
    value: &'a [u8],
    end: usize,
}

/// The fields that a text begins with, and where they end, if there are any and all of them are there.
pub fn run<'a>(text: &'a [u8], last: bool, reader: &mut Reader) -> Option<Option<(usize, Typed<'a>)>> {
    let Some(mut filled) = field(text, 0, last, reader)? else { return Some(None) };
    let mut typed = Typed::default();
    loop {
        typed.add(filled.name, filled.value, reader);
        let end = filled.end;
        let mut at = end;
        filled = loop {
            if at > RUN_BYTES_MAX {
                return Some(Some((end, typed)));
            }
            if let Some(next) = field(text, at, last, reader)? {
                break next;
            }
            match ahead(text, at, last)? {
                Some(line) if matches!(classify(line.text, &mut reader.keys), Class::Blank | Class::Rule) => at += line.raw.len(),
                _ => return Some(Some((end, typed))),
            }
        };
    }
}

/// The field at a place: in two lines, in one, or, where the path says that all are fields, whatever stands in a line.
fn field<'a>(text: &'a [u8], at: usize, last: bool, reader: &mut Reader) -> Option<Option<Filled<'a>>> {
    let Some(line) = ahead(text, at, last)? else { return Some(None) };
    let end = at + line.raw.len();
    let class = classify(line.text, &mut reader.keys);
    if let Class::Pair(Pair { key: Key::Field, value: name, is_binary: false, .. }) = class {
        if let Some(bar) = memchr::memmem::find(name, b" | ") {
            let value = blocks::pair(&name[bar + 3..]).filter(|pair| reader.keys.of(pair.key, key_of) == Key::Value);
            return Some(value.map(|value| Filled { name: &name[..bar], value: value.value, end }));
        }
        if let Some(next) = ahead(text, end, last)?
            && let Class::Pair(Pair { key: Key::Value, value, is_binary: false, .. }) = classify(next.text, &mut reader.keys)
        {
            return Some(Some(Filled { name, value, end: end + next.raw.len() }));
        }
    }
    if reader.holds != Holds::Forms || !matches!(class, Class::Pair(_) | Class::Text) {
        return Some(None);
    }
    Some(parted(line.text).map(|(name, value)| Filled { name, value, end }))
}

/// A line's field and value: parted by a tab, a colon or a blank, whichever stands before the others.
fn parted(line: &[u8]) -> Option<(&[u8], &[u8])> {
    if let Some(tab) = memchr::memchr(b'\t', line) {
        return Some((&line[..tab], &line[tab + 1..]));
    }
    let at = line.iter().position(|byte| matches!(byte, b':' | b' '))?;
    Some((&line[..at], &line[at + 1..]))
}

impl<'a> Typed<'a> {
    fn add(&mut self, name: &[u8], value: &'a [u8], reader: &mut Reader) {
        let value = value.trim_ascii();
        let Some(kind) = kind_of(name, value, reader) else { return };
        let known = self.0.iter().filter(|(other, _)| *other == kind);
        let room = if matches!(kind, FieldKind::Email | FieldKind::Phone) { ADDRESSES_MAX } else { 1 };
        if known.clone().count() < room && !known.clone().any(|(_, other)| other.eq_ignore_ascii_case(value)) {
            self.0.push((kind, value));
        }
    }

    /// Is there somebody who can be told?
    pub fn is_somebody(&self) -> bool {
        self.0.iter().any(|(kind, _)| matches!(kind, FieldKind::Email | FieldKind::Phone))
    }

    /// Says it.
    pub fn tell(&self, rows: &[u8], out: &mut Out<'_>) {
        let mut record = out.record(rows);
        for (kind, value) in &self.0 {
            record.add(kind.tag(), value);
        }
        record.end();
    }
}

/// The kind of a value, if it is told.
fn kind_of(name: &[u8], value: &[u8], reader: &mut Reader) -> Option<FieldKind> {
    if is_email(value) {
        return Some(FieldKind::Email);
    }
    let kind = reader.fields.of(name.trim_ascii(), kind_of_name)?;
    (!value.is_empty() && is_fit(kind, value) && !is_card_number(value)).then_some(kind)
}

/// The kind of a field's values by its name.
fn kind_of_name(name: &[u8]) -> Option<FieldKind> {
    match columns::meaning(name) {
        Meaning::Field(kind) if key_of(name) != Key::Card => Some(kind),
        _ => None,
    }
}

/// Does a value look as those of its kind do, if they are told?
fn is_fit(kind: FieldKind, value: &[u8]) -> bool {
    use FieldKind::{Address, City, Country, Dob, Employer, FirstName, FullName, LastName, Phone, PostalCode, Region};
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let is_odd = value.iter().any(|byte| matches!(byte, b'@' | b'<' | b'>' | b'{' | b'=')) || value.len() > 200;
    !is_odd
        && match kind {
            Phone => (7..=15).contains(&digits) && value.iter().all(|byte| byte.is_ascii_digit() || b"+ -().".contains(byte)),
            FullName | FirstName | LastName | City | Region | Country => digits == 0,
            PostalCode => value.len() <= 12 && digits > 0,
            Dob => digits >= 4,
            Address | Employer => true,
            _ => false,
        }
}
