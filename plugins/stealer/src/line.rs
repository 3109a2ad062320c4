//! What a line is, by itself.

use sluice_plugin::blocks::{is_rule, pair};

use crate::{
    key::{Key, key_of},
    memo::Memo,
};

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A line's kind.
#[derive(Clone, Copy)]
pub enum Class<'a> {
    Blank,
    /// Strokes between blocks, or around a title.
    Rule,
    Pair(Pair<'a>),
    /// Something else that can be read: a banner, a list's entry, the next line of a password.
    Text,
    /// Something else that can't.
    Binary,
}

/// A key, its name as it stands there, and the value with the blanks before it.
#[derive(Clone, Copy)]
pub struct Pair<'a> {
    pub key: Key,
    pub name: &'a [u8],
    pub value: &'a [u8],
    /// Has the line control characters?
    pub is_binary: bool,
}

/// Says what a line is.
pub fn classify<'a>(line: &'a [u8], keys: &mut Memo<Key>) -> Class<'a> {
    let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
    if line.trim_ascii().is_empty() {
        return Class::Blank;
    }
    if is_rule(line) {
        return Class::Rule;
    }
    let is_binary = line.iter().fold(false, |odd, byte| odd | (*byte < b' ') & (*byte != b'\t'));
    match pair(line) {
        Some(pair) => Class::Pair(Pair { key: keys.of(pair.key, key_of), name: pair.key, value: pair.value, is_binary }),
        None if is_binary => Class::Binary,
        None => Class::Text,
    }
}

/// Is it a value that says there is none?
pub fn is_nothing(value: &[u8]) -> bool {
    value.is_empty() || value == b"UNKNOWN"
}

/// Has it a login and a password without keys, as lists of them have? Nobody's banner has.
pub fn is_keyless_login(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    if line.contains(&b' ') || line.contains(&b'\t') {
        return false;
    }
    let login = match memchr::memmem::find(line, b"://") {
        Some(at) => memchr::memchr(b':', &line[at + 3..]).map(|colon| &line[at + 4 + colon..]),
        None => Some(line),
    };
    let Some(login) = login else { return false };
    let Some(colon) = login.iter().position(|byte| matches!(byte, b':' | b';' | b'|')) else { return false };
    sluice_plugin::columns::is_email(&login[..colon]) && colon + 1 < login.len()
}
