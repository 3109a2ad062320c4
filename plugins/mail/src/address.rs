//! Addresses of a header: `"Example, Ann" <ann@example.com>, bob@example.net (Bob), Friends: cem@example.org;`.

use std::{borrow::Cow, ops::Range};

use memchr::{memchr, memchr2, memmem, memrchr};
use sluice_plugin::{
    columns::is_email,
    mime::{decoded, encoded_words},
};

/// Headers that name people.
const PERSONAL: [&[u8]; 11] =
    [b"from", b"sender", b"reply-to", b"to", b"cc", b"bcc", b"resent-from", b"resent-sender", b"resent-to", b"resent-cc", b"resent-bcc"];

/// Bytes of a quoted text, a comment, or an address in brackets: what does not end within them is none.
const QUOTED_BYTES_MAX: usize = 1024;

/// Does a header of this name name people?
pub fn is_personal(name: &[u8]) -> bool {
    PERSONAL.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Whom a header names.
pub struct Person<'a> {
    pub email: &'a [u8],
    pub name: Cow<'a, [u8]>,
}

/// What a header has, and where.
pub enum Mention<'a> {
    Person(Range<usize>, Person<'a>),
    /// An address that is none.
    Broken(Range<usize>),
}

/// What stands in a header behind its name, in its order.
pub fn mentions(rows: &[u8], from: usize) -> impl Iterator<Item = Mention<'_>> {
    let mut at = memchr(b':', &rows[from - 1..]).map_or(rows.len(), |colon| from + colon);
    let mut unclosed = Unclosed::default();
    std::iter::from_fn(move || {
        while at < rows.len() {
            let (piece, next) = next_piece(rows, at, &mut unclosed);
            at = next;
            let raw = &rows[piece.clone()];
            let start = piece.start + raw.len() - raw.trim_ascii_start().len();
            let range = start..start + raw.trim_ascii().len();
            match person(&rows[range.clone()]) {
                Some(person) => return Some(Mention::Person(range, person)),
                None if memchr(b'@', &rows[range.clone()]).is_some() => return Some(Mention::Broken(range)),
                None => {}
            }
        }
        None
    })
}

/// The next mention, up to the end of an address in brackets, or a comma or a group's bounds that are in no quotes, comment or encoded word;
/// and where the one behind it begins.
fn next_piece(rows: &[u8], from: usize, unclosed: &mut Unclosed) -> (Range<usize>, usize) {
    let (mut at, mut start) = (from, from);
    while at < rows.len() {
        at = match rows[at] {
            b'\\' => at + 2,
            b'"' if at >= unclosed.quotes => quoted_end(rows, at).unwrap_or_else(|end| Unclosed::since(&mut unclosed.quotes, at, end)),
            b'(' if at >= unclosed.comments => comment_end(rows, at).unwrap_or_else(|end| Unclosed::since(&mut unclosed.comments, at, end)),
            b'<' if at >= unclosed.brackets => match memchr2(b'>', b',', near(rows, at)) {
                // Whatever follows: some programs put the comma into an encoded word.
                Some(len) if rows[at + len] == b'>' => return (start..at + len + 1, at + len + 1),
                Some(len) => at + len,
                None => Unclosed::since(&mut unclosed.brackets, at, at + QUOTED_BYTES_MAX),
            },
            b'=' if at >= unclosed.words && rows[at..].starts_with(b"=?") => {
                word_end(rows, at).unwrap_or_else(|end| Unclosed::since(&mut unclosed.words, at, end))
            }
            b',' | b';' => return (start..at, at + 1),
            // What stands before it is a group's name.
            b':' => {
                start = at + 1;
                start
            }
            _ => at + 1,
        };
    }
    (start..rows.len(), rows.len())
}

/// What is looked through for the end of something.
fn near(rows: &[u8], from: usize) -> &[u8] {
    &rows[from..rows.len().min(from + QUOTED_BYTES_MAX)]
}

/// Up to where nothing of a kind ends, so that it need not be looked for again.
#[derive(Default)]
struct Unclosed {
    quotes: usize,
    comments: usize,
    brackets: usize,
    words: usize,
}

impl Unclosed {
    /// What begins here does not end before `end`: it is a character as any other.
    fn since(kind: &mut usize, start: usize, end: usize) -> usize {
        *kind = end;
        start + 1
    }
}

/// Behind a quoted text, or up to where it does not end.
fn quoted_end(rows: &[u8], start: usize) -> Result<usize, usize> {
    let (mut at, rows) = (start + 1, &rows[..rows.len().min(start + QUOTED_BYTES_MAX)]);
    while let Some(found) = rows.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        if rows[at + found] == b'"' {
            return Ok(at + found + 1);
        }
        at += found + 2;
    }
    Err(rows.len())
}

/// Behind a comment, which may have others in it, or up to where it does not end.
fn comment_end(rows: &[u8], start: usize) -> Result<usize, usize> {
    let (mut depth, mut at, rows) = (0u32, start, &rows[..rows.len().min(start + QUOTED_BYTES_MAX)]);
    while let Some(byte) = rows.get(at) {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            b'\\' => at += 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Ok(at);
        }
    }
    Err(rows.len())
}

/// Behind an encoded word, in which there is no blank, or behind what is none.
fn word_end(rows: &[u8], start: usize) -> Result<usize, usize> {
    let word = near(rows, start);
    let word = &word[..word.iter().position(u8::is_ascii_whitespace).unwrap_or(word.len())];
    let body = word.iter().enumerate().filter(|(_, byte)| **byte == b'?').nth(2).map(|(at, _)| at + 1);
    body.and_then(|body| memmem::find(&word[body..], b"?=").map(|end| start + body + end + 2)).ok_or(start + word.len())
}

/// Whom a mention names: `name <address>`, or `address (name)`.
fn person(raw: &[u8]) -> Option<Person<'_>> {
    if let Some(close) = memrchr(b'>', raw)
        && let Some(open) = memrchr(b'<', &raw[..close])
    {
        let inner = raw[open + 1..close].trim_ascii();
        // An old route: `<@relay.example.com:ann@example.com>`.
        let email = if inner.starts_with(b"@") { memrchr(b':', inner).map_or(inner, |at| &inner[at + 1..]) } else { inner };
        return is_address(email).then(|| Person { email, name: name(&raw[..open], email) });
    }
    let open = memchr(b'(', raw).unwrap_or(raw.len());
    let email = raw[..open].trim_ascii();
    let comment = raw[open..].trim_ascii_end();
    let comment = comment.strip_prefix(b"(").and_then(|inner| inner.strip_suffix(b")")).unwrap_or_default();
    is_address(email).then(|| Person { email, name: name(comment, email) })
}

fn is_address(text: &[u8]) -> bool {
    is_email(text) && !text.iter().any(|byte| matches!(byte, b'<' | b'>' | b'(' | b')' | b'[' | b']' | b'\\'))
}

/// A name: lines joined, quotes and backslashes undone, encoded words decoded; none if it only repeats the address.
fn name<'a>(raw: &'a [u8], email: &[u8]) -> Cow<'a, [u8]> {
    let raw = raw.trim_ascii();
    let is_plain = raw.is_ascii() && !raw.iter().any(|byte| matches!(byte, b'"' | b'\\' | b'=' | b'\'' | b'\r' | b'\n' | b'\t'));
    let name = if is_plain { raw.into() } else { decoded_name(raw) };
    if name.eq_ignore_ascii_case(email) { b"".into() } else { name }
}

fn decoded_name(raw: &[u8]) -> Cow<'_, [u8]> {
    let mut plain = Vec::with_capacity(raw.len());
    let mut bytes = raw.iter().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' | b'\r' | b'\n' => {}
            b'\\' => plain.extend(bytes.next()),
            b'\t' => plain.push(b' '),
            byte => plain.push(*byte),
        }
    }
    let words = encoded_words(&plain).into_owned();
    let name = decoded(b"utf-8", words.into());
    let name = name.trim_ascii();
    let name = name.strip_prefix(b",").map_or(name, <[u8]>::trim_ascii_start);
    // Outlook puts names into quotes of its own.
    name.strip_prefix(b"'").and_then(|inner| inner.strip_suffix(b"'")).unwrap_or(name).to_vec().into()
}
