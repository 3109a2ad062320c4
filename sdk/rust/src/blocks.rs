//! Lines of `Key: value` that stand together in blocks: what stealer logs, and many a tool's report, are written in.
//!
//! Deliberately absent: what a key means, and where a block ends, for those are the format's; and the folding and the parameters of
//! LDIF, vCard and mail headers, which have a grammar of their own.

use crate::Line;

/// Bytes of a line in which the colon behind a key is looked for.
const KEY_BYTES_MAX: usize = 48;
/// A colon as Chinese and Japanese input methods write it.
const WIDE_COLON: &[u8] = "：".as_bytes();
/// Marks that rules are drawn with in ASCII.
const STROKES: &[u8] = b"=-_*#~+.|<>/\\";

impl<'a> Line<'a> {
    /// The line that a text begins with, if all of it is there; the last of a text needs no line end.
    #[inline]
    pub fn at(text: &'a [u8], last: bool) -> Option<Self> {
        let (raw, line) = match memchr::memchr(b'\n', text) {
            Some(at) => (&text[..=at], &text[..at]),
            None if last && !text.is_empty() => (text, text),
            None => return None,
        };
        Some(Self { raw, text: line.strip_suffix(b"\r").unwrap_or(line) })
    }
}

/// A key and what stands behind its colon.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pair<'a> {
    /// Without what it is adorned with: `Login` of `- [Login] : ann`.
    pub key: &'a [u8],
    /// As it stands there, with the blanks before it.
    pub value: &'a [u8],
}

/// Reads `Key: value`. A URL is none, and neither is what has signs in its key that no key has.
pub fn pair(line: &[u8]) -> Option<Pair<'_>> {
    let head = &line[..line.len().min(KEY_BYTES_MAX)];
    let (end, value) = match head.iter().position(|byte| matches!(byte, b':' | 0xEF))? {
        at if head[at] == b':' => (at, at + 1),
        _ => colon(head)?,
    };
    // JSON's keys are in quotes, and are another reader's.
    let key = unadorned(&line[..end]).filter(|_| memchr::memchr2(b'"', b'{', &line[..end]).is_none())?;
    let value = &line[value..];
    let is_odd = |byte: &u8| matches!(byte, b'\t' | b'/' | b'@' | b'\\' | b'=' | b'<' | b'>' | b'}' | b',' | b';' | b'|');
    (!key.iter().any(is_odd) && !value.starts_with(b"//")).then_some(Pair { key, value })
}

/// Where the colon behind a key begins and ends, of either width.
#[cold]
fn colon(head: &[u8]) -> Option<(usize, usize)> {
    let narrow = memchr::memchr(b':', head);
    match memchr::memmem::find(&head[..narrow.unwrap_or(head.len())], WIDE_COLON) {
        Some(at) => Some((at, at + WIDE_COLON.len())),
        None => narrow.map(|at| (at, at + 1)),
    }
}

/// Is it a rule between blocks: three strokes at least and nothing else, or strokes around a title?
pub fn is_rule(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    if line.len() < 3 || line[0].is_ascii_alphanumeric() {
        return false;
    }
    if line[0] < 0x80 {
        let is_stroke = |byte: &&u8| STROKES.contains(byte);
        let all = line.iter().all(|byte| is_stroke(&byte) || *byte == b' ');
        return all || line.iter().take_while(is_stroke).count() >= 3 && line.iter().rev().take_while(is_stroke).count() >= 3;
    }
    std::str::from_utf8(line).is_ok_and(|line| line.chars().nth(2).is_some() && line.chars().all(is_stroke))
}

/// Dashes, boxes and blocks of Unicode.
fn is_stroke(letter: char) -> bool {
    matches!(letter, '\u{2010}'..='\u{2015}' | '\u{2500}'..='\u{259f}' | '\u{2e3a}' | '\u{2e3b}' | '\u{30fc}' | ' ')
        || letter.is_ascii() && STROKES.contains(&(letter as u8))
}

/// A key without list marks, brackets and pictures around it.
fn unadorned(key: &[u8]) -> Option<&[u8]> {
    let (Some(first), Some(last)) = (key.first(), key.last()) else { return None };
    if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() {
        return Some(key);
    }
    let text = std::str::from_utf8(key).ok()?;
    // A vowel sign of Indic or Thai script ends a word without being a letter.
    let is_adornment = |letter: char| !letter.is_alphanumeric() && !matches!(letter, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{e7f}');
    let text = text.trim_matches(is_adornment);
    (!text.is_empty()).then_some(text.as_bytes())
}
