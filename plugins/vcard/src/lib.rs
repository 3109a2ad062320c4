//! vCards of all versions: what phones, mail programs and address books write out.
//!
//! A card is a record if there is an address, a number or a login in it. [`card`] reads its properties, here is what they mean. Every card
//! stands alone, so a member may be cut before any.
//! Deliberately absent: pictures, sounds and keys, an agent's card within a card, and what is said about a value (home, work, preferred).
#![forbid(unsafe_code)]

mod card;

use std::borrow::Cow;

use sluice_plugin::{
    Claim, Cuts, Descriptor, FieldKind, Framing, Input, Out, Parser, Sample, Start,
    columns::{Meaning, known},
    entry::Entry,
    person::ColumnTags,
};

use crate::card::{Block, Property, is_begin, line_at, next_block, parts, plain, properties};

/// The parser: it remembers nothing but the columns it has named.
#[derive(Default)]
pub struct Vcard {
    columns: ColumnTags,
    /// While scanning: may a card begin here, or is it an agent's?
    agent: bool,
}

impl Parser for Vcard {
    fn describe() -> Descriptor {
        Descriptor {
            name: "vcard",
            version: env!("CARGO_PKG_VERSION"),
            title: "vCards, as phones and address books are written out",
            formats: &["vCard 2.1", "vCard 3.0", "vCard 4.0"],
            framing: Framing::Marks,
            ..Descriptor::TEXT
        }
    }

    fn probe(sample: &Sample<'_>) -> Option<Claim> {
        let head = sample.head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(sample.head);
        let first = head.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty())?;
        if is_begin(first) {
            return Some(Claim::new(95, "it begins with a card"));
        }
        let cards = sample.lines().filter(|line| is_begin(line)).count();
        (cards > 1).then(|| Claim::new(70, "cards begin in it, after something else"))
    }

    fn open(_: &Start<'_>) -> Result<Self, String> {
        Ok(Self::default())
    }

    fn push(&mut self, input: &mut Input<'_>, out: &mut Out<'_>) -> Result<(), String> {
        while let Some(block) = next_block(input.rest(), input.is_last()) {
            match block {
                Block::Blank(line) => out.skip(line),
                Block::Card(rows) => self.read(rows, out),
                Block::Torn(rows) => out.reject(rows, "card-not-closed"),
                Block::Stray(rows) => out.reject(rows, "no-card"),
            }
            input.consume_to(input.consumed() + block.rows().len());
        }
        Ok(())
    }

    fn scan(&mut self, input: &mut Input<'_>, cuts: &mut Cuts<'_>) -> Result<(), String> {
        while let Some(line) = line_at(input.rest(), input.is_last()) {
            if is_begin(line.text) && !self.agent {
                cuts.cut(input.offset(), b"");
            }
            self.agent = card::is_agent(line.text) || self.agent && line.text.trim_ascii().is_empty();
            input.consume_to(input.consumed() + line.raw.len());
        }
        Ok(())
    }
}

impl Vcard {
    /// A card: a record, or nobody's.
    fn read(&mut self, rows: &[u8], out: &mut Out<'_>) {
        let mut person = Person { entry: Entry::default(), columns: &mut self.columns, out };
        for property in properties(rows) {
            person.add(property);
        }
        let Person { entry, out, .. } = person;
        if entry.is_anybody() { entry.tell(rows, out) } else { out.skip(rows) }
    }
}

/// Properties that are about the card, or no text.
const NOTHING: [&str; 17] = [
    "BEGIN",
    "END",
    "VERSION",
    "PRODID",
    "REV",
    "PHOTO",
    "LOGO",
    "SOUND",
    "KEY",
    "AGENT",
    "X-ABLABEL",
    "X-ABADR",
    "SORT-STRING",
    "MAILER",
    "CLIENTPIDMAP",
    "PROFILE",
    "XML",
];

/// A person, as the properties of a card come.
struct Person<'p, 'o, 'a> {
    entry: Entry<'a>,
    columns: &'p mut ColumnTags,
    out: &'p mut Out<'o>,
}

impl<'a> Person<'_, '_, 'a> {
    fn add(&mut self, property: Property<'a>) {
        if property.is(&NOTHING) || property.is_binary {
            return;
        }
        let name = property.name;
        let is = |names: &[&str]| property.is(names);
        if is(&["N"]) {
            let [last, first, middle, ..] = parts::<6>(property.value());
            self.field(FieldKind::LastName, b"N", last);
            self.field(FieldKind::FirstName, b"N", first);
            return self.extra(b"middle_name", middle);
        }
        if is(&["ADR"]) {
            return self.address(property.value());
        }
        if is(&["ORG"]) {
            let [employer, department] = parts(property.value());
            self.field(FieldKind::Employer, b"ORG", employer);
            return self.extra(b"department", department);
        }
        let kind = match () {
            () if is(&["EMAIL"]) => Some(FieldKind::Email),
            () if is(&["TEL"]) => Some(FieldKind::Phone),
            () if is(&["FN"]) => Some(FieldKind::FullName),
            () if is(&["BDAY"]) => Some(FieldKind::Dob),
            () if is(&["TITLE"]) => Some(FieldKind::JobTitle),
            () if is(&["GENDER", "X-GENDER"]) => Some(FieldKind::Gender),
            () if is(&["URL"]) => Some(FieldKind::Url),
            () => None,
        };
        let value = plain(property.value());
        match kind {
            Some(FieldKind::Email) => self.field(FieldKind::Email, name, after_scheme(value, b"mailto:")),
            Some(FieldKind::Phone) => {
                let value = after_scheme(value, b"tel:");
                let end = memchr::memmem::find(&value, b";ext=").unwrap_or(value.len());
                self.field(FieldKind::Phone, name, part(value, 0, end));
            }
            // A day without its year is none.
            Some(FieldKind::Dob) if value.starts_with(b"--") => self.extra(name, value),
            Some(FieldKind::Gender) => {
                let end = memchr::memchr(b';', &value).unwrap_or(value.len());
                self.field(FieldKind::Gender, name, part(value, 0, end));
            }
            Some(kind) => self.field(kind, name, value),
            None => self.other(name, value),
        }
    }

    /// A property of no standard: by the dictionary, for programs write what they like.
    fn other(&mut self, name: &[u8], value: Cow<'a, [u8]>) {
        let bare = name.get(..2).filter(|start| start.eq_ignore_ascii_case(b"X-")).map(|_| &name[2..]);
        let meaning = bare.and_then(known).filter(|meaning| !meaning.is_identity()).unwrap_or(Meaning::Extra);
        self.entry.add(name, meaning, value, self.columns, self.out);
    }

    fn address(&mut self, value: Cow<'a, [u8]>) {
        let [post_box, more, street, city, region, code, country] = parts::<7>(value);
        let lines = match post_box.is_empty() && more.is_empty() {
            true => street,
            false => {
                let lines: Vec<_> = [post_box, more, street].into_iter().filter(|line| !line.is_empty()).collect();
                lines.join(&b", "[..]).into()
            }
        };
        self.field(FieldKind::Address, b"ADR", lines);
        // A person's second city is none: it goes with the street.
        for (kind, value) in
            [FieldKind::City, FieldKind::Region, FieldKind::PostalCode, FieldKind::Country].into_iter().zip([city, region, code, country])
        {
            self.field(kind, kind.name().as_bytes(), value);
        }
    }

    fn field(&mut self, kind: FieldKind, name: &[u8], value: Cow<'a, [u8]>) {
        let value = match value.trim_ascii().len() == value.len() {
            true => value,
            false => value.trim_ascii().to_vec().into(),
        };
        self.entry.add(name, Meaning::Field(kind), value, self.columns, self.out);
    }

    fn extra(&mut self, name: &[u8], value: Cow<'a, [u8]>) {
        self.entry.add(name, Meaning::Extra, value, self.columns, self.out);
    }
}

/// Without `tel:` or the like before it.
fn after_scheme<'a>(value: Cow<'a, [u8]>, scheme: &[u8]) -> Cow<'a, [u8]> {
    let has_scheme = value.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    if has_scheme {
        let len = value.len();
        part(value, scheme.len(), len)
    } else {
        value
    }
}

fn part(value: Cow<'_, [u8]>, from: usize, to: usize) -> Cow<'_, [u8]> {
    match value {
        Cow::Borrowed(value) => value[from..to].into(),
        Cow::Owned(value) => value[from..to].to_vec().into(),
    }
}

sluice_plugin::export!(Vcard);
