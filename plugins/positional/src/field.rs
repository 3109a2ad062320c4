//! Where a field ends whose value may have separators in it: times, addresses of the sixth version, URLs.

use std::net::Ipv6Addr;

/// What a field is that may have separators in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// None of these.
    Word,
    Time,
    Ip,
    Url,
}

impl Form {
    pub const ALL: [Self; 4] = [Self::Word, Self::Time, Self::Ip, Self::Url];
}

/// Bytes of an IPv6 address at most.
const IPV6_BYTES_MAX: usize = 45;

/// Where the field that begins at `at` ends, and what it is.
pub fn end(text: &[u8], at: usize, separator: u8) -> (usize, Form) {
    special(text, at, separator).unwrap_or_else(|| (word_end(text, at, separator), Form::Word))
}

/// Where the next separator is, or the end.
pub fn word_end(text: &[u8], at: usize, separator: u8) -> usize {
    memchr::memchr(separator, &text[at..]).map_or(text.len(), |len| at + len)
}

/// As [`end`], if the field is none of words: it must end at a separator, or with the text.
pub fn special(text: &[u8], at: usize, separator: u8) -> Option<(usize, Form)> {
    let rest = &text[at..];
    let (bytes, form) = match rest.first()? {
        b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' | b'h' => time(rest)
            .map(|bytes| (bytes, Form::Time))
            .or_else(|| ipv6(rest, separator).map(|bytes| (bytes, Form::Ip)))
            .or_else(|| url(rest, separator).map(|bytes| (bytes, Form::Url)))?,
        _ => return None,
    };
    rest.get(bytes).is_none_or(|next| *next == separator).then_some((at + bytes, form))
}

/// `2015-03-04 05:06:07`, with fractions, `AM`, a zone or not; `04.03.2015` and the like. A date alone is a word.
fn time(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    let mut number = |least: usize, most: usize, ends: &[u8]| {
        let digits = text[at..].iter().take(most + 1).take_while(|byte| byte.is_ascii_digit()).count();
        let end = text.get(at + digits).copied().unwrap_or_default();
        ((least..=most).contains(&digits) && ends.contains(&end)).then(|| at += digits + 1)
    };
    number(1, 4, b"-/.")?;
    number(1, 2, b"-/.")?;
    number(2, 4, b" T")?;
    number(1, 2, b":")?;
    // Here the number may end the text: what ended it is looked at below.
    let minutes = text.get(at..at + 2).filter(|two| two.iter().all(u8::is_ascii_digit)).map(|_| at + 2)?;
    let mut end = minutes;
    if let [b':', a, b, ..] = text[end..]
        && a.is_ascii_digit()
        && b.is_ascii_digit()
        && !text.get(end + 3).is_some_and(u8::is_ascii_digit)
    {
        end += 3;
    }
    if let [b'.', rest @ ..] = &text[end..] {
        end += 1 + rest.iter().take(9).take_while(|byte| byte.is_ascii_digit()).count();
    }
    for mark in [&b" AM"[..], b" PM", b"Z", b" UTC"] {
        end += if text[end..].starts_with(mark) { mark.len() } else { 0 };
    }
    if let [b'+' | b'-', a, b, rest @ ..] = &text[end..]
        && a.is_ascii_digit()
        && b.is_ascii_digit()
    {
        let rest_bytes = match rest {
            [b':', c, d, ..] if c.is_ascii_digit() && d.is_ascii_digit() => 3,
            [c, d, ..] if c.is_ascii_digit() && d.is_ascii_digit() => 2,
            _ => 0,
        };
        end += 3 + rest_bytes;
    }
    Some(end)
}

/// The longest address that ends at a separator. It begins as those do that are given out, lest numbers with nothing between them be one.
fn ipv6(text: &[u8], separator: u8) -> Option<usize> {
    if separator != b':' || text.get(4) != Some(&b':') || !matches!(text[0], b'2' | b'3' | b'f' | b'F') {
        return None;
    }
    let run = text.iter().take(IPV6_BYTES_MAX + 1).take_while(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.')).count();
    let ends = (7..=run.min(IPV6_BYTES_MAX)).rev().filter(|end| text.get(*end).is_none_or(|next| *next == separator));
    ends.into_iter().find(|end| std::str::from_utf8(&text[..*end]).is_ok_and(|text| text.parse::<Ipv6Addr>().is_ok()))
}

/// `https://host:port/path`, up to the next separator that is no port's.
fn url(text: &[u8], separator: u8) -> Option<usize> {
    let scheme = if text.starts_with(b"https://") {
        8
    } else if text.starts_with(b"http://") {
        7
    } else {
        return None;
    };
    let end = word_end(text, scheme, separator);
    let port = text.get(end + 1..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count();
    let is_port = separator == b':' && (1..=5).contains(&port) && text.get(end + 1 + port) == Some(&b'/');
    Some(if is_port { word_end(text, end + 1 + port, separator) } else { end })
}
