//! Lines: what parts messages, and what begins a header.

use memchr::memchr;
use sluice_plugin::Line;

/// A header's name is no longer than this.
const NAME_BYTES_MAX: usize = 128;

/// The line a text begins with, if all of it is there.
#[inline]
pub fn first_line(text: &[u8], last: bool) -> Option<Line<'_>> {
    let (raw, line) = match memchr(b'\n', text) {
        Some(at) => (&text[..=at], &text[..at]),
        None if last && !text.is_empty() => (text, text),
        None => return None,
    };
    Some(Line { raw, text: line.strip_suffix(b"\r").unwrap_or(line) })
}

/// `From `, a sender, and a moment: the line before a message of an mbox.
pub fn is_separator(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else { return false };
    let is_time = |word: &[u8]| matches!(word, [h, b':', ..] | [_, h, b':', ..] if h.is_ascii_digit()) && word.len() <= 12;
    rest.len() < 1024 && rest.split(|byte| *byte == b' ').any(is_time)
}

/// Is what looks like a separator one: does a header stand behind it? Not known if the text ends first.
pub fn is_separator_before(text: &[u8], last: bool) -> Option<bool> {
    if text.is_empty() && last {
        return Some(true);
    }
    let line = first_line(text, last)?;
    Some(header_name(line.text).is_some() || line.text.starts_with(b">From "))
}

/// How long the name of the header is that a text begins with.
pub fn header_name(text: &[u8]) -> Option<usize> {
    let colon = memchr(b':', &text[..text.len().min(NAME_BYTES_MAX)])?;
    let name = text[..colon].trim_ascii_end();
    (!name.is_empty() && name.iter().all(|byte| matches!(byte, 33..=126))).then_some(name.len())
}
