//! Blocks of lines, and the attributes in them: continuation lines joined, comments left out.

use std::borrow::Cow;

use memchr::memchr;
use sluice_plugin::{Line, text};

/// What stands at a place.
#[derive(Clone, Copy)]
pub enum Block<'a> {
    /// A blank line.
    Blank(&'a [u8]),
    /// Lines that are not blank.
    Lines(&'a [u8]),
}

/// The block that a text begins with, if all of it is there. It ends at a blank line, or at a `dn` if it has one already: some tools leave
/// no blank line between entries.
pub fn next_block(text: &[u8], last: bool) -> Option<Block<'_>> {
    let (mut at, mut has_dn) = (0, false);
    while let Some(line) = Line::at(&text[at..], last) {
        if line.text.is_empty() {
            return Some(if at == 0 { Block::Blank(line.raw) } else { Block::Lines(&text[..at]) });
        }
        if is_dn(line.text) && std::mem::replace(&mut has_dn, true) {
            return Some(Block::Lines(&text[..at]));
        }
        at += line.raw.len();
    }
    (last && at > 0).then(|| Block::Lines(&text[..at]))
}

pub fn is_dn(line: &[u8]) -> bool {
    matches!(line, [b'd' | b'D', b'n' | b'N', b':', ..])
}

/// Are there nothing but comments?
pub fn is_comment(rows: &[u8]) -> bool {
    let mut rest = rows;
    while let Some(line) = Line::at(rest, true) {
        if !matches!(line.text, [b'#' | b' ', ..]) {
            return false;
        }
        rest = &rest[line.raw.len()..];
    }
    rows.starts_with(b"#")
}

/// An attribute and its value.
pub struct Attribute<'a> {
    /// Without its options: `cn` of `cn;lang-de`.
    pub name: Cow<'a, [u8]>,
    /// As it was before it was encoded; `None` if it cannot be read, or is not in this file.
    pub value: Option<Cow<'a, [u8]>>,
}

impl Attribute<'_> {
    /// Names have no case.
    pub fn is(&self, name: &[u8]) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// The attributes of a block. Lines without a colon are left out.
pub fn attributes(rows: &[u8]) -> impl Iterator<Item = Attribute<'_>> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        let line = Line::at(rest, true)?;
        rest = &rest[line.raw.len()..];
        let mut whole = Cow::Borrowed(line.text);
        while rest.first() == Some(&b' ')
            && let Some(more) = Line::at(rest, true)
        {
            whole.to_mut().extend_from_slice(&more.text[1..]);
            rest = &rest[more.raw.len()..];
        }
        Some(whole)
    })
    .filter_map(attribute)
}

fn attribute(line: Cow<'_, [u8]>) -> Option<Attribute<'_>> {
    if matches!(line.first(), None | Some(b'#' | b' ')) {
        return None;
    }
    let colon = memchr(b':', &line)?;
    let name = memchr(b';', &line[..colon]).unwrap_or(colon);
    Some(match line {
        Cow::Borrowed(line) => Attribute { name: line[..name].into(), value: decoded(&line[colon + 1..]) },
        Cow::Owned(line) => {
            Attribute { name: line[..name].to_vec().into(), value: decoded(&line[colon + 1..]).map(|value| value.into_owned().into()) }
        }
    })
}

/// What stands behind a name and its colon: `: base64`, `< URL`, or the value itself.
fn decoded(value: &[u8]) -> Option<Cow<'_, [u8]>> {
    match value {
        [b':', encoded @ ..] => text::base64(trimmed(encoded)).map(Cow::Owned),
        [b'<', ..] => None,
        plain => Some(trimmed(plain).into()),
    }
}

/// Without the blanks before it.
fn trimmed(value: &[u8]) -> &[u8] {
    let blanks = value.iter().take_while(|byte| **byte == b' ').count();
    &value[blanks..]
}
