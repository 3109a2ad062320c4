//! Lines, cards and properties: where a card ends, folded lines joined, quoted-printable undone.

use std::borrow::Cow;

use memchr::{memchr, memchr2};
use sluice_plugin::{Line, mime};

/// What stands at a place.
#[derive(Clone, Copy)]
pub enum Block<'a> {
    Blank(&'a [u8]),
    /// From BEGIN to END.
    Card(&'a [u8]),
    /// A card in which another one begins, or the input ends.
    Torn(&'a [u8]),
    /// Lines that are in no card.
    Stray(&'a [u8]),
}

impl<'a> Block<'a> {
    pub fn rows(self) -> &'a [u8] {
        let (Self::Blank(rows) | Self::Card(rows) | Self::Torn(rows) | Self::Stray(rows)) = self;
        rows
    }
}

/// The line a text begins with, if all of it is there.
pub fn line_at(text: &[u8], last: bool) -> Option<Line<'_>> {
    let (raw, line) = match memchr(b'\n', text) {
        Some(at) => (&text[..=at], &text[..at]),
        None if last && !text.is_empty() => (text, text),
        None => return None,
    };
    Some(Line { raw, text: line.strip_suffix(b"\r").unwrap_or(line) })
}

pub fn is_begin(line: &[u8]) -> bool {
    is_bound(line, b"BEGIN:VCARD")
}

fn is_end(line: &[u8]) -> bool {
    is_bound(line, b"END:VCARD")
}

fn is_bound(line: &[u8], bound: &[u8]) -> bool {
    line.get(..bound.len()).is_some_and(|start| start.eq_ignore_ascii_case(bound)) && line[bound.len()..].trim_ascii().is_empty()
}

/// An agent's card may stand within a card.
pub fn is_agent(line: &[u8]) -> bool {
    line.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"AGENT")) && line.trim_ascii_end().ends_with(b":")
}

/// The block a text begins with, if all of it is there.
pub fn next_block(text: &[u8], last: bool) -> Option<Block<'_>> {
    let first = line_at(text, last)?;
    if first.text.trim_ascii().is_empty() {
        return Some(Block::Blank(first.raw));
    }
    let in_card = is_begin(first.text);
    let (mut at, mut end, mut depth) = (first.raw.len(), first.raw.len(), usize::from(in_card));
    let mut agent = false;
    loop {
        let Some(line) = line_at(&text[at..], last) else {
            return (last && at == text.len()).then_some(if in_card { Block::Torn(&text[..end]) } else { Block::Stray(&text[..end]) });
        };
        let blank = line.text.trim_ascii().is_empty();
        if is_begin(line.text) {
            if !agent {
                return Some(if in_card { Block::Torn(&text[..end]) } else { Block::Stray(&text[..end]) });
            }
            depth += 1;
        }
        // Blank lines before an agent's card are allowed.
        agent = in_card && (is_agent(line.text) || agent && blank);
        at += line.raw.len();
        if !blank {
            end = at;
        }
        if in_card && is_end(line.text) {
            depth -= 1;
            if depth == 0 {
                return Some(Block::Card(&text[..at]));
            }
        }
    }
}

/// Does a parameter say that the value is quoted-printable, or that it is no text, whatever its name: `ENCODING=BASE64` or bare?
fn encoding(parameters: &[u8]) -> (bool, bool) {
    let (mut is_quoted, mut is_binary) = (false, false);
    for parameter in parameters.split(|byte| *byte == b';') {
        let said = parameter.rsplit(|byte| *byte == b'=').next().unwrap_or_default();
        is_quoted |= said.eq_ignore_ascii_case(b"QUOTED-PRINTABLE");
        is_binary |= said.eq_ignore_ascii_case(b"BASE64") || said.eq_ignore_ascii_case(b"B");
    }
    (is_quoted, is_binary)
}

/// A property of a card.
pub struct Property<'a> {
    /// Without its group, in capitals as it is written or not.
    pub name: &'a [u8],
    parameters: &'a [u8],
    is_quoted: bool,
    /// Is it something else than text: a picture, a key?
    pub is_binary: bool,
    /// Lines joined, and nothing else undone.
    value: Cow<'a, [u8]>,
}

/// The properties of a card but those of an agent in it. Lines that are none are left out.
pub fn properties(card: &[u8]) -> impl Iterator<Item = Property<'_>> {
    let mut rest = card;
    let mut depth = 0usize;
    let mut keeps_blank = false;
    std::iter::from_fn(move || {
        loop {
            let line = line_at(rest, true)?;
            rest = &rest[line.raw.len()..];
            depth += usize::from(is_begin(line.text));
            if depth > 1 || is_end(line.text) {
                depth = depth.saturating_sub(usize::from(is_end(line.text)));
                continue;
            }
            let Some(colon) = colon(line.text) else { continue };
            let head = &line.text[..colon];
            let name_end = memchr(b';', head).unwrap_or(colon);
            let (name, parameters) = head.split_at(name_end);
            let name = memchr(b'.', name).map_or(name, |dot| &name[dot + 1..]);
            let (is_quoted, is_binary) = encoding(parameters);
            let mut value = Cow::Borrowed(&line.text[colon + 1..]);
            loop {
                let is_soft = is_quoted && value.last() == Some(&b'=');
                let is_folded = matches!(rest.first(), Some(b' ' | b'\t'));
                if !is_soft && !is_folded {
                    break;
                }
                let Some(more) = line_at(rest, true) else { break };
                if is_soft {
                    value.to_mut().pop();
                }
                // The old version folds where a blank stands, and keeps it.
                let kept = if is_soft || keeps_blank && !is_quoted { more.text } else { &more.text[1..] };
                value.to_mut().extend_from_slice(kept);
                rest = &rest[more.raw.len()..];
            }
            keeps_blank |= name.eq_ignore_ascii_case(b"VERSION") && value.trim_ascii() == b"2.1";
            return Some(Property { name, parameters, is_quoted, is_binary, value });
        }
    })
}

/// The colon before the value: not one in a quoted parameter.
fn colon(line: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let found = at + memchr2(b':', b'"', &line[at..])?;
        if line[found] == b':' {
            return Some(found);
        }
        at = match memchr(b'"', &line[found + 1..]) {
            Some(end) => found + end + 2,
            None => return memchr(b':', line),
        };
    }
}

impl<'a> Property<'a> {
    pub fn is(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.name.eq_ignore_ascii_case(name.as_bytes()))
    }

    /// The value: quoted-printable and charset undone, backslashes not.
    pub fn value(self) -> Cow<'a, [u8]> {
        if !self.is_quoted {
            return self.value;
        }
        let charset = self.parameters.split(|byte| *byte == b';').find_map(|one| {
            let (name, value) = one.split_at_checked(8)?;
            name.eq_ignore_ascii_case(b"CHARSET=").then_some(value)
        });
        let plain = mime::quoted_printable(&self.value).into_owned();
        mime::decoded(charset.unwrap_or(b"utf-8"), plain.into())
    }
}

/// The parts of a value that has some, parted by `;`: at most `N`, the last with all that is left.
pub fn parts<const N: usize>(value: Cow<'_, [u8]>) -> [Cow<'_, [u8]>; N] {
    match value {
        Cow::Borrowed(value) if memchr(b'\\', value).is_none() => {
            let mut parts = value.splitn(N, |byte| *byte == b';');
            std::array::from_fn(|_| parts.next().unwrap_or_default().trim_ascii().into())
        }
        value => unescaped(&value).map(Cow::Owned),
    }
}

/// As [`parts`], with backslashes undone.
fn unescaped<const N: usize>(value: &[u8]) -> [Vec<u8>; N] {
    let mut parts = std::array::from_fn(|_| Vec::new());
    let (mut at, mut bytes) = (0, value.iter());
    while let Some(byte) = bytes.next() {
        match byte {
            b';' if at + 1 < N => at += 1,
            b'\\' => parts[at].extend(escaped(bytes.next())),
            byte => parts[at].push(*byte),
        }
    }
    parts.map(|part: Vec<u8>| part.trim_ascii().to_vec())
}

fn escaped(byte: Option<&u8>) -> [u8; 1] {
    match byte {
        Some(b'n' | b'N') => *b"\n",
        Some(byte) => [*byte],
        None => *b"\\",
    }
}

/// A whole value with its backslashes undone.
pub fn plain(value: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    if memchr(b'\\', &value).is_none() {
        return value;
    }
    let [plain] = unescaped::<1>(&value);
    plain.into()
}
