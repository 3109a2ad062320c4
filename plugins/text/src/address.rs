//! The address around an `@`, or why there is none.
//!
//! What stands around it decides as much as the address itself: logs and sources are full of names with an `@` that nobody gets mail at.

use std::ops::Range;

use crate::domain::is_domain;

const LOCAL_CHARS_MAX: usize = 64;
/// Bytes before an address that are looked at: what is in them says whether it is part of something else.
const BEFORE_BYTES: usize = 256;

// What a byte may be in, a bit each.
const LOCAL: u8 = 1;
const NAME: u8 = 2;
static CLASSES: [u8; 256] = {
    let (mut classes, mut byte) = ([0; 256], 0);
    while byte < 256 {
        let is_letter = byte >= 0x80 || (byte as u8).is_ascii_alphanumeric();
        let is_local = is_letter || matches!(byte as u8, b'_' | b'.' | b'+' | b'-' | b'\'');
        let is_name = is_letter || matches!(byte as u8, b'.' | b'-');
        classes[byte] = if is_local { LOCAL } else { 0 } | if is_name { NAME } else { 0 };
        byte += 1;
    }
    classes
};

/// Where the address is whose `@` is at `at`, if there is one.
pub fn around(text: &[u8], at: usize) -> Option<Range<usize>> {
    let start = local_start(text, at)?;
    let end = domain_end(text, at + 1)?;
    let fine = is_local(&text[start..at]) && is_domain(&text[at + 1..end]) && !is_part_before(text, start) && !is_part_behind(text, end);
    (fine && !is_made_by_machine(&text[start..at]) && !is_remote(&text[start..at], &text[end..])).then_some(start..end)
}

/// `a-z 0-9 _ . + - '`, and letters of other scripts.
fn local_start(text: &[u8], at: usize) -> Option<usize> {
    let from = at.saturating_sub(4 * LOCAL_CHARS_MAX + 1);
    let fine = |byte: &u8| CLASSES[usize::from(*byte)] & LOCAL != 0;
    let mut start = from + text[from..at].iter().rposition(|byte| !fine(byte)).map_or(0, |last| last + 1);
    // Of other scripts only letters and digits: quotes and dashes end it, as does what is no UTF-8.
    while let Some(high) = text[start..at].iter().rposition(|byte| *byte >= 0x80) {
        let last = start + high;
        match std::str::from_utf8(&text[start..at]) {
            Ok(local) => {
                start = local
                    .char_indices()
                    .rfind(|(_, letter)| !letter.is_ascii() && !letter.is_alphanumeric())
                    .map_or(start, |(index, letter)| start + index + letter.len_utf8());
                break;
            }
            Err(_) => start = last + 1,
        }
    }
    while matches!(text[start..at], [b'\'', ..]) {
        start += 1;
    }
    // `\nann@…`, written as two characters: the letter is no part of it.
    if start > 0 && text[start - 1] == b'\\' && matches!(text[start..at], [b'n' | b'r' | b't', _, ..]) {
        start += 1;
    }
    // `%20ann@…`: what was written as digits is no part of it.
    if start > 0 && text[start - 1] == b'%' && text[start..at].len() > 2 && text[start..start + 2].iter().all(u8::is_ascii_hexdigit) {
        start += 2;
    }
    (start < at).then_some(start)
}

fn domain_end(text: &[u8], from: usize) -> Option<usize> {
    let fine = |byte: &u8| CLASSES[usize::from(*byte)] & NAME != 0;
    let run = text[from..].iter().take(254).take_while(|byte| fine(byte)).count();
    let name = &text[from..from + run];
    let valid = if name.is_ascii() { name.len() } else { letters_end(name) };
    let name = &name[..valid];
    let dots = name.iter().rev().take_while(|byte| matches!(byte, b'.' | b'-')).count();
    (dots < name.len()).then_some(from + name.len() - dots)
}

/// Where a name of other scripts' letters ends.
fn letters_end(name: &[u8]) -> usize {
    match std::str::from_utf8(name) {
        Ok(name) => name.find(|letter: char| !letter.is_ascii() && !letter.is_alphanumeric()).unwrap_or(name.len()),
        Err(error) => error.valid_up_to(),
    }
}

fn is_local(local: &[u8]) -> bool {
    let is_long = local.len() > LOCAL_CHARS_MAX && std::str::from_utf8(local).map_or(true, |local| local.chars().count() > LOCAL_CHARS_MAX);
    let dots = local.starts_with(b".") || local.ends_with(b".") || local.windows(2).any(|two| two == b"..");
    let quoted = local.ends_with(b"'");
    !is_long && !dots && !quoted && local.iter().any(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80)
}

/// What stands before it makes it a part of a path, a URL's login, another name, or the number of a message.
fn is_part_before(text: &[u8], start: usize) -> bool {
    let Some(last) = start.checked_sub(1).map(|at| text[at]) else { return false };
    let before = &text[start.saturating_sub(BEFORE_BYTES)..start];
    let word = &before[before.iter().rposition(|byte| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'>')).map_or(0, |at| at + 1)..];
    match last {
        b'@' | b'/' | b'\\' => return true,
        b'<' => return is_id(&before[..before.len() - 1]),
        _ => {}
    }
    // Within angle brackets an address is all there is.
    if word.contains(&b'<') && !word.ends_with(b"mailto:") && is_bracketed(word) {
        return true;
    }
    let authority = memchr::memmem::rfind(word, b"://").map(|at| &word[at + 3..]);
    if authority.is_some_and(|login| !login.iter().any(|byte| matches!(byte, b'/' | b'?' | b'#'))) {
        return true;
    }
    match last {
        b':' => {
            [&b"sip:"[..], b"sips:", b"xmpp:", b"cid:", b"mid:", b"acct:", b"im:"].iter().any(|scheme| ends_with_any_case(word, scheme))
        }
        // `bounce+ann=example.com@…`.
        b'=' => word.rsplit(|byte| matches!(byte, b'&' | b'?' | b'=' | b',' | b';')).nth(1).is_some_and(|name| name.contains(&b'+')),
        _ => false,
    }
}

/// `<CAF=abc`: the bracket is the word's last but for what has no place in an address.
fn is_bracketed(word: &[u8]) -> bool {
    word.iter()
        .rposition(|byte| *byte == b'<')
        .is_some_and(|at| word[at + 1..].iter().all(|byte| !matches!(byte, b'<' | b'(' | b',' | b';')))
}

/// Does it end as the name of a message's number does?
fn is_id(before: &[u8]) -> bool {
    let name = before.trim_ascii_end();
    let names = [&b"id="[..], b"id:", b"in-reply-to:", b"references:", b"in-reply-to=", b"references="];
    names.iter().any(|known| ends_with_any_case(name, known))
}

fn ends_with_any_case(text: &[u8], end: &[u8]) -> bool {
    text.len() >= end.len() && text[text.len() - end.len()..].eq_ignore_ascii_case(end)
}

/// What stands behind it makes it a part of something else.
fn is_part_behind(text: &[u8], end: usize) -> bool {
    match &text[end..] {
        [b'@' | b'_' | b'+', ..] => true,
        [b'/', rest @ ..] => {
            let word = rest.iter().take(BEFORE_BYTES).take_while(|byte| byte.is_ascii_graphic()).copied();
            let word: Vec<u8> = word.collect();
            !word.is_empty() && !word.contains(&b'@')
        }
        [b':', b'/' | b'~', ..] => true,
        _ => false,
    }
}

/// `git@host:group/project`.
fn is_remote(local: &[u8], behind: &[u8]) -> bool {
    [&b"git"[..], b"hg", b"svn"].contains(&local) && (behind.first() == Some(&b':') || local == b"git")
}

/// Numbers of messages and of sessions: a moment in digits, or nothing but hexadecimal ones.
fn is_made_by_machine(local: &[u8]) -> bool {
    let mut run = 0;
    let longest = local.iter().fold(0, |longest, byte| {
        run = if byte.is_ascii_digit() { run + 1 } else { 0 };
        run.max(longest)
    });
    let hex = local.len() >= 24 && local.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-' || *byte == b'.');
    longest >= 14 || hex
}
