//! PostgreSQL's values of several: an array `{a,"b c"}` of addresses or phones, each element of which is the column's, and an object of
//! JSON, whose members that speak of a person are values beside the column's own.
//!
//! Deliberately absent: what stands deeper than that, and ranges and rows, which are told as they are.

use std::borrow::Cow;

use crate::{
    columns::{Meaning, meaning},
    person::Person,
    text::unescape,
};

/// Elements or members that are looked at.
const PARTS_MAX: usize = 64;

/// Tells a value that begins with a brace.
pub(super) fn tell(person: &mut Person<'_, '_, '_>, column: usize, value: &[u8]) {
    match value {
        [b'{', inner @ .., b'}'] if is_object(inner) => {
            person.value(column, value);
            members(inner, |name, value| {
                let meaning = meaning(&name);
                if meaning != Meaning::Extra {
                    person.beside(meaning, &value);
                }
            });
        }
        [b'{', inner @ .., b'}'] if person.may_be_several(column) => elements(inner, |element| person.value(column, &element)),
        _ => person.value(column, value),
    }
}

/// A name in quotes, and a colon behind it.
fn is_object(inner: &[u8]) -> bool {
    let inner = inner.trim_ascii_start();
    string_end(inner).is_some_and(|end| inner[end..].trim_ascii_start().starts_with(b":"))
}

/// The offset behind a string of JSON or an array, at whose quote the text begins.
fn string_end(text: &[u8]) -> Option<usize> {
    if text.first() != Some(&b'"') {
        return None;
    }
    let mut at = 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// Members whose value is a string or a number.
fn members(mut rest: &[u8], mut tell: impl FnMut(Cow<'_, [u8]>, Cow<'_, [u8]>)) {
    for _ in 0..PARTS_MAX {
        rest = rest.trim_ascii_start();
        let Some(end) = string_end(rest) else { return };
        let name = unescape(&rest[1..end - 1]);
        let Some(value) = rest[end..].trim_ascii_start().strip_prefix(b":") else { return };
        let value = value.trim_ascii_start();
        let len = match value.first() {
            Some(b'"') => match string_end(value) {
                Some(end) => {
                    tell(name, unescape(&value[1..end - 1]));
                    end
                }
                None => return,
            },
            Some(b'{' | b'[') => match group_end(value) {
                Some(end) => end,
                None => return,
            },
            _ => {
                let end = memchr::memchr(b',', value).unwrap_or(value.len());
                let word = value[..end].trim_ascii();
                if word.first().is_some_and(|first| first.is_ascii_digit() || *first == b'-') {
                    tell(name, Cow::Borrowed(word));
                }
                end
            }
        };
        match value[len..].trim_ascii_start().strip_prefix(b",") {
            Some(after) => rest = after,
            None => return,
        }
    }
}

/// The offset behind an object or array, at whose bracket the text begins.
fn group_end(text: &[u8]) -> Option<usize> {
    let (mut at, mut depth) = (0, 0usize);
    loop {
        match text.get(at)? {
            b'"' => {
                at += string_end(&text[at..])?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 1 => return Some(at + 1),
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
}

/// The elements of an array, `NULL` not.
fn elements(mut rest: &[u8], mut tell: impl FnMut(Cow<'_, [u8]>)) {
    for _ in 0..PARTS_MAX {
        let end = match string_end(rest) {
            Some(end) => {
                let inner = &rest[1..end - 1];
                let plain = || inner.split(|byte| *byte == b'\\').collect::<Vec<_>>().concat();
                tell(if inner.contains(&b'\\') { Cow::Owned(plain()) } else { Cow::Borrowed(inner) });
                end
            }
            None => {
                let end = memchr::memchr(b',', rest).unwrap_or(rest.len());
                if !rest[..end].eq_ignore_ascii_case(b"null") {
                    tell(Cow::Borrowed(&rest[..end]));
                }
                end
            }
        };
        match rest[end..].strip_prefix(b",") {
            Some(after) => rest = after,
            None => return,
        }
    }
}
