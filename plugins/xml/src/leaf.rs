//! What an element or an attribute is called, and so what it means.
//!
//! `<email>`, `<field name="email">`, `<param key="email" value="…"/>`, `<contact email="…"/>` and `<key>email</key><string>…` all say the
//! same. A name that says nothing by itself (`value`, `string`) stands for the element around it.

use std::{borrow::Cow, collections::HashMap};

use sluice_plugin::{
    FieldKind, Out,
    columns::{self, Meaning, is_email},
    entry::Entry,
    person::ColumnTags,
    text::is_same,
    xml::{self, Tag, attributes, local},
};

/// Names that are remembered, and bytes of one: they come from the input.
const NAMES_MAX: usize = 1024;
const NAME_BYTES_MAX: usize = 128;

/// Elements that say in an attribute what they are called.
const KEYED: [&[u8]; 18] = [
    b"field",
    b"column",
    b"col",
    b"property",
    b"prop",
    b"attribute",
    b"attr",
    b"param",
    b"parameter",
    b"data",
    b"value",
    b"entry",
    b"str",
    b"string",
    b"int",
    b"item",
    b"element",
    b"simplefield",
];
const KEYS: [&[u8]; 7] = [b"name", b"key", b"column", b"field", b"property", b"k", b"friendlyname"];
const VALUES: [&[u8]; 3] = [b"value", b"val", b"v"];
/// Elements that are told apart by their name attribute: `<table_data name="users">`.
pub const TABLES: [&[u8]; 6] = [b"table", b"table_data", b"table_structure", b"entity", b"dataset", b"rowset"];
/// Names that mean what the element around them is called.
const GENERIC: [&[u8]; 17] = [
    b"value",
    b"string",
    b"text",
    b"data",
    b"content",
    b"number",
    b"attributevalue",
    b"int",
    b"integer",
    b"i4",
    b"long",
    b"item",
    b"str",
    b"date",
    b"val",
    b"s",
    b"address",
];

pub fn is_one_of(name: &[u8], names: &[&[u8]]) -> bool {
    names.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// An attribute that is how XML is written, and no value.
fn is_meta(name: &[u8]) -> bool {
    name.starts_with(b"xmlns") || name.starts_with(b"xsi:") || name.starts_with(b"xml:")
}

/// Does it say what the element behind it is called?
pub fn is_key(tag: &Tag<'_>) -> bool {
    tag.attributes.is_empty() && local(tag.name).eq_ignore_ascii_case(b"key")
}

/// What an element is called: by an attribute, if it is of those that say it there.
pub fn key_of<'a>(tag: &Tag<'a>) -> &'a [u8] {
    let name = local(tag.name);
    if tag.attributes.len() < 4 || !is_one_of(name, &KEYED) {
        return name;
    }
    attributes(tag.attributes).find(|(key, _)| is_one_of(local(key), &KEYS)).map_or(name, |(_, key)| key)
}

/// How an element with text, or without any child, is read.
pub struct Leaf<'t, 'a> {
    pub tag: &'t Tag<'a>,
    /// What stands within it, as it is written.
    pub inner: &'a [u8],
    /// What the element around it is called; empty if that is the record itself.
    pub around: &'a [u8],
}

impl<'a> Leaf<'_, 'a> {
    /// The values of the element: key, key around it, and value as it is written. `pending` is the key that the element before it gave.
    pub fn values(&self, pending: &mut Option<&'a [u8]>, mut each: impl FnMut(&'a [u8], &'a [u8], &'a [u8], bool)) {
        let name = local(self.tag.name);
        if is_key(self.tag) {
            *pending = Some(self.inner);
            return;
        }
        let said = pending.take().filter(|_| is_one_of(name, &GENERIC));
        if self.tag.attributes.len() < 4 {
            return each(said.unwrap_or(name), self.around, self.inner, false);
        }
        let key = said.unwrap_or_else(|| key_of(self.tag));
        let is_keyed = key.as_ptr() != name.as_ptr();
        let mut is_hex = false;
        let is_blank = self.inner.iter().all(u8::is_ascii_whitespace);
        let has_value = is_blank && attributes(self.tag.attributes).any(|(name, _)| is_one_of(local(name), &VALUES));
        for (attribute, value) in attributes(self.tag.attributes) {
            match local(attribute) {
                b"nil" if value == b"true" || value == b"1" => return,
                b"type" if value.ends_with(b"hexBinary") => is_hex = true,
                _ if is_meta(attribute) => {}
                name if is_keyed && is_one_of(name, &KEYS) => {}
                name if is_keyed && has_value && is_one_of(name, &VALUES) => each(key, self.around, value, false),
                // What is said of a value is none, unless it finds a person.
                name if is_keyed || !is_blank && !is_telling(columns::meaning(name)) => {}
                name => each(name, key, value, false),
            }
        }
        if !is_blank {
            each(key, self.around, self.inner, is_hex);
        }
    }
}

fn is_telling(meaning: Meaning) -> bool {
    meaning.is_identity() || matches!(meaning, Meaning::Secret(_))
}

/// The values in the attributes of an element that has others within it.
pub fn attribute_values<'a>(tag: &Tag<'a>, mut each: impl FnMut(&'a [u8], &'a [u8])) {
    let is_table = is_one_of(local(tag.name), &TABLES);
    for (name, value) in attributes(tag.attributes) {
        if !(is_meta(name) || is_table && name == b"name") {
            each(local(name), value);
        }
    }
}

/// What a key means within another.
fn meaning_of(key: &[u8], around: &[u8]) -> Option<Meaning> {
    let own = columns::known(key);
    if around.is_empty() {
        return own;
    }
    let outer = columns::known(around).filter(|outer| *outer != Meaning::Extra);
    // `<company><name>` is no name of a person, `<phone><number>` no number of anything else.
    let is_name = own == Some(Meaning::Field(FieldKind::FullName)) && outer.is_some_and(|outer| matches!(outer, Meaning::Field(_)));
    if is_one_of(key, &GENERIC) || is_name { outer.or(own) } else { own }
}

/// Leaves of a record that are remembered in their order, and how many of them an element may leave out.
const SEQUENCE_MAX: usize = 256;
const LEFT_OUT_MAX: usize = 4;

/// What stands for the attributes of an attribute.
const OF_ATTRIBUTE: &[u8] = b"=";

/// A leaf whose tag says nothing but its key, or an attribute.
struct Seen {
    name: Vec<u8>,
    attributes: Vec<u8>,
    around: Vec<u8>,
    key: Vec<u8>,
    meaning: Option<Meaning>,
    /// The tag of its column, once it has one.
    column: Option<u8>,
}

/// What keys turned out to mean.
#[derive(Default)]
pub struct Slots {
    known: HashMap<Vec<u8>, Option<Meaning>>,
    wanted: Vec<u8>,
    /// The leaves of records before this one: the next is likely to have the same, and then nothing needs looking up.
    sequence: Vec<Seen>,
    next: usize,
    columns: ColumnTags,
}

impl Slots {
    /// A record begins.
    pub fn begin(&mut self) {
        self.next = 0;
    }

    /// Adds the value of a leaf that was seen where it stands now; `false` if it was not.
    pub fn add_seen<'a>(&mut self, leaf: &Leaf<'_, 'a>, entry: &mut Entry<'a>, out: &mut Out<'_>) -> bool {
        self.add_seen_value(leaf.tag.name, leaf.tag.attributes, leaf.around, leaf.inner, entry, out)
    }

    /// Adds the value of an attribute.
    pub fn add_attribute<'a>(&mut self, key: &[u8], raw: &'a [u8], entry: &mut Entry<'a>, out: &mut Out<'_>) {
        if !self.add_seen_value(key, OF_ATTRIBUTE, b"", raw, entry, out) {
            self.insert(key, OF_ATTRIBUTE, b"", key);
            self.add(key, b"", raw, false, entry, out);
        }
    }

    #[inline]
    fn add_seen_value<'a>(
        &mut self,
        name: &[u8],
        attributes: &[u8],
        around: &[u8],
        raw: &'a [u8],
        entry: &mut Entry<'a>,
        out: &mut Out<'_>,
    ) -> bool {
        let ahead = self.sequence.iter_mut().enumerate().skip(self.next).take(LEFT_OUT_MAX);
        let is_it = |seen: &Seen| is_same(&seen.name, name) && is_same(&seen.attributes, attributes) && is_same(&seen.around, around);
        let Some((at, seen)) = { ahead }.find(|(_, seen)| is_it(seen)) else { return false };
        self.next = at + 1;
        let value = xml::text(raw);
        let meaning = meaning_with(seen.meaning, &value);
        if is_nothing(&value, meaning) {
            return true;
        }
        if meaning == Meaning::Extra {
            let columns = &mut self.columns;
            entry.tagged(*seen.column.get_or_insert_with(|| columns.tag(&seen.key, out)), value);
        } else {
            entry.add(&seen.key, meaning, value, &mut self.columns, out);
        }
        true
    }

    /// Remembers a leaf for [`Slots::add_seen`].
    pub fn learn(&mut self, leaf: &Leaf<'_, '_>) {
        let (tag, key) = (leaf.tag, key_of(leaf.tag));
        let is_plain = tag.attributes.len() < 4 || key.as_ptr() != local(tag.name).as_ptr() && attributes(tag.attributes).count() == 1;
        if is_plain && !is_key(tag) {
            self.insert(tag.name, tag.attributes, leaf.around, key);
        }
    }

    fn insert(&mut self, name: &[u8], attributes: &[u8], around: &[u8], key: &[u8]) {
        if name.len() + attributes.len() + around.len() > NAME_BYTES_MAX {
            return;
        }
        if self.sequence.len() >= SEQUENCE_MAX {
            self.sequence.clear();
            self.next = 0;
        }
        let meaning = self.known(key, around);
        let [name, attributes, around, key] = [name, attributes, around, key].map(<[u8]>::to_vec);
        self.sequence.insert(self.next, Seen { name, attributes, around, key, meaning, column: None });
        self.next += 1;
    }

    fn known(&mut self, key: &[u8], around: &[u8]) -> Option<Meaning> {
        self.wanted.clear();
        self.wanted.extend_from_slice(key);
        self.wanted.push(0);
        self.wanted.extend_from_slice(around);
        if let Some(known) = self.known.get(&self.wanted) {
            return *known;
        }
        let meaning = meaning_of(key, around);
        if self.known.len() < NAMES_MAX && self.wanted.len() <= NAME_BYTES_MAX {
            self.known.insert(self.wanted.clone(), meaning);
        }
        meaning
    }

    /// What a value means: an address is one whatever it is called, unless its name says that it is something else.
    pub fn meaning(&mut self, key: &[u8], around: &[u8], value: &[u8]) -> Meaning {
        meaning_with(self.known(key, around), value)
    }

    /// Adds a value to a person.
    pub fn add<'a>(&mut self, key: &[u8], around: &[u8], raw: &'a [u8], is_hex: bool, entry: &mut Entry<'a>, out: &mut Out<'_>) {
        let mut value = xml::text(raw);
        if is_hex {
            value = from_hex(value);
        }
        let meaning = self.meaning(key, around, &value);
        if is_nothing(&value, meaning) {
            return;
        }
        entry.add(key, meaning, value, &mut self.columns, out);
    }
}

fn meaning_with(meaning: Option<Meaning>, value: &[u8]) -> Meaning {
    match meaning {
        None | Some(Meaning::Field(FieldKind::Address)) if is_email(value) => Meaning::Field(FieldKind::Email),
        meaning => meaning.unwrap_or(Meaning::Extra),
    }
}

/// Blanks are how a document is laid out, or a password.
fn is_nothing(value: &[u8], meaning: Meaning) -> bool {
    value.iter().all(u8::is_ascii_whitespace) && (meaning == Meaning::Extra || value.contains(&b'\n'))
}

/// Text that was written in hexadecimal digits; what is none stays as it is.
fn from_hex(value: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let (pairs, rest) = value.as_chunks::<2>();
    let bytes: Option<Vec<u8>> = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect();
    match bytes {
        Some(bytes) if rest.is_empty() && std::str::from_utf8(&bytes).is_ok_and(|text| !text.chars().any(char::is_control)) => bytes.into(),
        _ => value,
    }
}
