//! One record's canonical values, in two buffers that the next record uses again.

use std::borrow::Cow;

use sluice_record::{DataClasses, FieldKind, HashKind, Tag};

use crate::email;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Value {
    pub(crate) tag: u8,
    start: u32,
    len: u32,
}

impl Value {
    fn text<'a>(&self, text: &'a str) -> &'a str {
        &text[self.start as usize..(self.start + self.len) as usize]
    }
}

/// The canonical values of one record, in the record's order. Filled by [`crate::Normaliser::normalise`], which clears it first.
#[derive(Clone, Default, Debug)]
pub struct Canonical {
    pub(crate) text: String,
    values: Vec<Value>,
    /// Passwords that are no UTF-8, as they were: offset of their lossy form in `text`, and their bytes.
    raw: Vec<(u32, Vec<u8>)>,
    identity: Option<FieldKind>,
    classes: DataClasses,
}

impl Canonical {
    /// Every value with its tag: a field kind (16–63), a hash kind (64–127) or a named column (128–255).
    /// A password that is no UTF-8 shows U+FFFD where it is broken; [`Self::passwords`] has its bytes.
    pub fn fields(&self) -> impl ExactSizeIterator<Item = (u8, &str)> {
        self.values.iter().map(|value| (value.tag, value.text(&self.text)))
    }

    /// The first value of a kind.
    pub fn get(&self, kind: FieldKind) -> Option<&str> {
        self.fields().find(|(tag, _)| FieldKind::from_tag(*tag) == Some(kind)).map(|(_, value)| value)
    }

    /// Whom the record is about: its e-mail, else its user name, else its phone number.
    pub fn account(&self) -> Option<&str> {
        self.accounts().next()
    }

    /// Every account: all e-mails; of a record without any, its user names; of one without those, its phone numbers.
    pub fn accounts(&self) -> impl Iterator<Item = &str> {
        let identity = self.identity.map(FieldKind::tag);
        self.fields().filter(move |(tag, _)| Some(*tag) == identity).map(|(_, value)| value)
    }

    /// The kind of [`Self::accounts`].
    pub const fn identity(&self) -> Option<FieldKind> {
        self.identity
    }

    /// The plain passwords' bytes, `$HEX[…]` decoded.
    pub fn passwords(&self) -> impl Iterator<Item = Cow<'_, [u8]>> {
        self.values.iter().filter(|value| value.tag == FieldKind::Password.tag()).map(|value| {
            let raw = self.raw.iter().find(|(start, _)| *start == value.start);
            let bytes = raw.map_or_else(|| value.text(&self.text).as_bytes(), |(_, bytes)| bytes.as_slice());
            dollar_hex(bytes).map_or(Cow::Borrowed(bytes), Cow::Owned)
        })
    }

    /// The kinds of field the record has.
    pub const fn classes(&self) -> DataClasses {
        self.classes
    }

    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.values.clear();
        self.raw.clear();
        self.identity = None;
        self.classes = DataClasses::default();
    }

    /// Makes a value of what was appended to `text` since `start`; nothing appended is no value.
    pub(crate) fn push(&mut self, tag: u8, start: usize) {
        let len = self.text.len() - start;
        if len == 0 {
            return;
        }
        self.values.push(Value { tag, start: start as u32, len: len as u32 });
        if let Some(kind) = FieldKind::from_tag(tag) {
            self.classes.insert(kind);
        }
    }

    /// Keeps the bytes of a password whose text is lossy.
    pub(crate) fn push_raw(&mut self, start: usize, bytes: &[u8]) {
        self.raw.push((start as u32, bytes.to_vec()));
    }

    /// What only the whole record can tell, once all values are in.
    pub(crate) fn settle(&mut self) {
        let (has_email, has_username) = (self.classes.contains(FieldKind::Email), self.classes.contains(FieldKind::Username));
        match (has_email, has_username) {
            (true, true) => self.drop_usernames_that_are_the_email(),
            (false, true) => self.promote_username(),
            _ => {}
        }
        if self.values.len() > 2 {
            self.drop_second_copies();
            self.drop_extras_that_are_secrets();
        }
        self.identity = [FieldKind::Email, FieldKind::Username, FieldKind::Phone].into_iter().find(|kind| self.classes.contains(*kind));
    }

    /// Does it say whom or what?
    pub(crate) fn is_anybody(&self) -> bool {
        self.identity.is_some() || self.classes.contains(FieldKind::Password) || self.classes.contains(FieldKind::Hash)
    }

    fn drop_usernames_that_are_the_email(&mut self) {
        let Self { text, values, .. } = self;
        let is_address = |value: &Value| value.tag == FieldKind::Username.tag() && value.text(text).as_bytes().contains(&b'@');
        if !values.iter().any(is_address) {
            return;
        }
        let emails: Vec<Value> = values.iter().filter(|value| value.tag == FieldKind::Email.tag()).copied().collect();
        let mut address = String::new();
        self.values.retain(|value| {
            if !is_address(value) {
                return true;
            }
            let name = value.text(text);
            address.clear();
            let canonical = if email::canonical(name, &mut address).is_ok() { address.as_str() } else { name };
            !emails.iter().any(|email| email.text(text) == canonical)
        });
        self.count_classes();
    }

    fn promote_username(&mut self) {
        let username = FieldKind::Username.tag();
        for index in 0..self.values.len() {
            let value = self.values[index];
            if value.tag != username || !value.text(&self.text).contains('@') {
                continue;
            }
            let name = value.text(&self.text).to_owned();
            let start = self.text.len();
            if email::canonical(&name, &mut self.text).is_ok_and(|whole| whole) {
                let len = self.text.len() - start;
                self.values[index] = Value { tag: FieldKind::Email.tag(), start: start as u32, len: len as u32 };
            } else {
                self.text.truncate(start);
            }
        }
        self.count_classes();
    }

    /// An address or a user name said twice is said once.
    fn drop_second_copies(&mut self) {
        let twice = |kind: FieldKind, values: &[Value]| values.iter().filter(|value| value.tag == kind.tag()).nth(1).is_some();
        if !twice(FieldKind::Email, &self.values) && !twice(FieldKind::Username, &self.values) && !twice(FieldKind::Phone, &self.values) {
            return;
        }
        let mut seen: Vec<Value> = Vec::new();
        let text = &self.text;
        self.values.retain(|value| {
            let account = [FieldKind::Email, FieldKind::Username, FieldKind::Phone].iter().any(|kind| kind.tag() == value.tag);
            let known = account && seen.iter().any(|other| other.tag == value.tag && other.text(text) == value.text(text));
            if account && !known {
                seen.push(*value);
            }
            !known
        });
    }

    /// A column with an odd name may hold the password once more.
    fn drop_extras_that_are_secrets(&mut self) {
        let is_secret = |value: &Value| FieldKind::from_tag(value.tag).is_some_and(FieldKind::is_secret);
        if !self.values.iter().any(|value| value.tag >= Tag::EXTRA_MIN) || !self.values.iter().any(is_secret) {
            return;
        }
        let secrets: Vec<Value> = self.values.iter().filter(|value| is_secret(value)).copied().collect();
        let text = &self.text;
        self.values.retain(|value| {
            let copy = || secrets.iter().any(|secret| secret.text(text).trim().eq_ignore_ascii_case(value.text(text)));
            value.tag < Tag::EXTRA_MIN || !copy()
        });
    }

    fn count_classes(&mut self) {
        self.classes = DataClasses::default();
        for kind in self.values.iter().filter_map(|value| FieldKind::from_tag(value.tag)) {
            self.classes.insert(kind);
        }
    }
}

/// Is the tag a secret's: a password's, a hash's of any kind, a salt's?
pub(crate) fn is_secret(tag: u8) -> bool {
    HashKind::from_tag(tag).is_some() || FieldKind::from_tag(tag).is_some_and(FieldKind::is_secret)
}

/// The bytes of hashcat's notation for passwords that are no plain text: `$HEX[70617373]`.
fn dollar_hex(bytes: &[u8]) -> Option<Vec<u8>> {
    let digits = bytes.strip_prefix(b"$HEX[")?.strip_suffix(b"]")?;
    if digits.is_empty() || !digits.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    digits.chunks_exact(2).map(|pair| Some((digit(pair[0])? << 4 | digit(pair[1])?) as u8)).collect()
}
