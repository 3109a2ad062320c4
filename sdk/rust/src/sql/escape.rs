//! What strings say: without their escapes and doubled quotes, and bytes that are no text as upper-case hexadecimal digits.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use super::Dialect;

/// A string with escapes or doubled quotes in it, without its quotes; are PostgreSQL's bytes read in it?
pub(super) fn plain<'i>(inner: &'i [u8], dialect: &Dialect, reads_bytea: bool) -> Cow<'i, [u8]> {
    if dialect.backslash_escapes {
        return Cow::Owned(as_text(unescape(inner, b'\'')));
    }
    let plain = undouble(inner, b'\'');
    match reads_bytea {
        true => bytea(&plain).map_or(plain, Cow::Owned),
        false => plain,
    }
}

/// The bytes of PostgreSQL's `\x…`: text if they are, else the digits. `None` if it is none.
pub(super) fn bytea(value: &[u8]) -> Option<Vec<u8>> {
    let digits = value.strip_prefix(b"\\x")?;
    let is_hex = !digits.is_empty() && digits.len().is_multiple_of(2) && digits.iter().all(u8::is_ascii_hexdigit);
    is_hex.then(|| hexadecimal(digits).into_owned())
}

fn undouble(inner: &[u8], quote: u8) -> Cow<'_, [u8]> {
    if memchr(quote, inner).is_none() {
        return Cow::Borrowed(inner);
    }
    let mut plain = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = memchr(quote, rest) {
        plain.extend_from_slice(&rest[..=at]);
        rest = rest.get(at + 2..).unwrap_or_default();
    }
    plain.extend_from_slice(rest);
    Cow::Owned(plain)
}

/// MySQL's escapes: <https://dev.mysql.com/doc/refman/8.4/en/string-literals.html>.
pub(super) fn unescape(value: &[u8], quote: u8) -> Vec<u8> {
    let mut plain = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = memchr2(quote, b'\\', rest) {
        plain.extend_from_slice(&rest[..at]);
        match (rest[at], rest.get(at + 1)) {
            (b'\\', Some(b'%' | b'_')) => plain.extend_from_slice(&rest[at..at + 2]),
            (b'\\', Some(_)) => {
                mysql_escape(&rest[at + 1..], &mut plain);
            }
            (byte, _) => plain.push(byte),
        }
        rest = rest.get(at + 2..).unwrap_or_default();
    }
    plain.extend_from_slice(rest);
    plain
}

/// What stands behind a backslash, as MySQL reads it; gives its length.
pub(super) fn mysql_escape(rest: &[u8], plain: &mut Vec<u8>) -> usize {
    plain.push(match rest.first() {
        None => b'\\',
        Some(b'0') => 0,
        Some(b'b') => 8,
        Some(b'n') => b'\n',
        Some(b'r') => b'\r',
        Some(b't') => b'\t',
        Some(b'Z') => 26,
        Some(other) => *other,
    });
    rest.len().min(1)
}

/// PostgreSQL's escapes, of `E'…'`: <https://www.postgresql.org/docs/current/sql-syntax-lexical.html>.
pub(super) fn unescape_e(value: &[u8]) -> Vec<u8> {
    let (mut plain, mut rest) = (Vec::with_capacity(value.len()), value);
    while let Some(at) = memchr2(b'\'', b'\\', rest) {
        plain.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        if rest[0] == b'\'' {
            plain.push(b'\'');
            rest = rest.get(2..).unwrap_or_default();
            continue;
        }
        rest = &rest[1 + escape(&rest[1..], &mut plain)..];
    }
    plain.extend_from_slice(rest);
    plain
}

/// What stands behind a backslash, as PostgreSQL reads it; gives its length.
pub(super) fn escape(rest: &[u8], plain: &mut Vec<u8>) -> usize {
    let digits = |text: &[u8], radix: u32, most: usize| {
        let len = text.iter().take(most).take_while(|digit| char::from(**digit).is_digit(radix)).count();
        let value = text[..len].iter().fold(0u32, |value, digit| value * radix + char::from(*digit).to_digit(radix).unwrap_or_default());
        (len, value)
    };
    let Some(first) = rest.first() else {
        plain.push(b'\\');
        return 0;
    };
    match first {
        b'b' => plain.push(8),
        b'f' => plain.push(12),
        b'n' => plain.push(b'\n'),
        b'r' => plain.push(b'\r'),
        b't' => plain.push(b'\t'),
        b'v' => plain.push(11),
        b'0'..=b'7' => {
            let (len, value) = digits(rest, 8, 3);
            plain.push(value as u8);
            return len;
        }
        b'x' => {
            let (len, value) = digits(&rest[1..], 16, 2);
            plain.push(if len == 0 { b'x' } else { value as u8 });
            return 1 + len;
        }
        b'u' | b'U' => {
            let most = if *first == b'u' { 4 } else { 8 };
            let (len, value) = digits(&rest[1..], 16, most);
            match char::from_u32(value).filter(|_| len == most) {
                Some(letter) => plain.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
                None => plain.push(*first),
            }
            return if len == most { 1 + len } else { 1 };
        }
        other => plain.push(*other),
    }
    1
}

/// Text as it is, other bytes as hexadecimal digits.
pub(super) fn as_text(value: Vec<u8>) -> Vec<u8> {
    if is_text(&value) {
        return value;
    }
    value.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| b"0123456789ABCDEF"[usize::from(digit)]).collect()
}

/// Bytes that the shortest hash has.
const HASH_BYTES_MIN: usize = 8;

/// Is it UTF-8 with no control characters but those that MySQL escapes, and these few, unless it is too short for a hash?
pub(super) fn is_text(value: &[u8]) -> bool {
    let is_control = |byte: &&u8| **byte < 32 && !matches!(byte, b'\t' | b'\n' | b'\r');
    let controls = value.iter().filter(is_control).count();
    std::str::from_utf8(value).is_ok()
        && (controls == 0
            || (controls * 4 <= value.len() || value.len() < HASH_BYTES_MIN)
                && value.iter().filter(is_control).all(|byte| matches!(byte, 0 | 8 | 26)))
}

/// How many bytes are text by [`is_text`] wherever they are cut. What is ASCII, most of a dump, is looked at 64 bytes at once.
pub(super) fn text_bytes(bytes: &[u8]) -> usize {
    let is_plain = |chunk: &&[u8; 64]| chunk.iter().fold(true, |plain, byte| plain & byte.is_ascii() & (*byte >= b' '));
    let mut at = 0;
    loop {
        at += 64 * bytes[at..].as_chunks::<64>().0.iter().take_while(is_plain).count();
        let piece = &bytes[at..bytes.len().min(at + 128)];
        let valid = std::str::from_utf8(piece).map_or_else(|error| error.valid_up_to(), str::len);
        let is_control = |byte: &u8| *byte < 32 && !matches!(byte, b'\t' | b'\n' | b'\r');
        let text = piece[..valid].iter().position(is_control).unwrap_or(valid);
        at += text;
        // A character of up to four bytes may stand on the piece's end.
        if piece.len() < 128 || text + 3 < piece.len() {
            return at;
        }
    }
}

/// Bytes by their hexadecimal digits: text if they are, else the digits.
pub(super) fn hexadecimal(digits: &[u8]) -> Cow<'_, [u8]> {
    let nibble = |digit: u8| char::from(digit).to_digit(16).map(|value| value as u8);
    let decoded: Option<Vec<u8>> = digits.as_chunks::<2>().0.iter().map(|[high, low]| Some(nibble(*high)? << 4 | nibble(*low)?)).collect();
    match decoded {
        Some(text) if digits.len().is_multiple_of(2) && is_text(&text) => Cow::Owned(text),
        _ => Cow::Borrowed(digits),
    }
}

/// Oracle's `\00e9`, UTF-16 units, and SQLite's `\u00e9`, `\+00e9e9` and `\U0000e9e9` beside it; `\\` is a backslash.
pub(super) fn unistr(text: &[u8]) -> Vec<u8> {
    let (mut result, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some(at) = memchr(b'\\', rest) {
        result.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let (letter, len) = match rest {
            [_, b'\\', ..] => (Some('\\'), 2),
            [_, b'u', ..] => unit(rest, 2),
            [_, b'+', ..] => (digits(rest, 2, 6).and_then(char::from_u32), 8),
            [_, b'U', ..] => (digits(rest, 2, 8).and_then(char::from_u32), 10),
            _ => unit(rest, 1),
        };
        let (letter, len) = letter.map_or(('\\', 1), |letter| (letter, len));
        result.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
        rest = &rest[len..];
    }
    result.extend_from_slice(rest);
    result
}

/// The number that so many hexadecimal digits are.
fn digits(text: &[u8], at: usize, len: usize) -> Option<u32> {
    let digits = text.get(at..at + len).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// The letter of four digits, or of two times four, each behind the same sign; and how long that is.
fn unit(text: &[u8], sign: usize) -> (Option<char>, usize) {
    let len = sign + 4;
    let Some(first) = digits(text, sign, 4) else { return (None, 1) };
    let second = if text.get(len..len + sign) == text.get(..sign) { digits(text, len + sign, 4) } else { None };
    match second.filter(|second| first >> 10 == 0x36 && second >> 10 == 0x37) {
        Some(second) => (char::from_u32(0x10000 + ((first & 0x3ff) << 10) + (second & 0x3ff)), 2 * len),
        None => (Some(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER)), len),
    }
}
