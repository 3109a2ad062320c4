//! Quotes and escapes: what every reader of texts needs. The kits of all languages have these, and they do the same;
//! comparing is this one's alone.
//!
//! A value that needs nothing undone comes as it is, and so crosses into the host as a span.

use std::borrow::Cow;

use memchr::memchr;

/// As `==`, for what is short or mostly the same: compilers for WebAssembly make that a call, which goes byte by byte.
#[inline(always)]
pub fn is_same(one: &[u8], other: &[u8]) -> bool {
    let ((words, rest), (others, other_rest)) = (one.as_chunks::<8>(), other.as_chunks::<8>());
    one.len() == other.len()
        && words.iter().zip(others).all(|(one, other)| u64::from_le_bytes(*one) == u64::from_le_bytes(*other))
        && rest.iter().zip(other_rest).all(|(one, other)| one == other)
}

/// As `starts_with`; see [`is_same`].
#[inline(always)]
pub fn begins_with(text: &[u8], start: &[u8]) -> bool {
    text.get(..start.len()).is_some_and(|text| is_same(text, start))
}

/// Takes quotes off, and halves doubled ones within: `"a ""b"""` is `a "b"`. What is not quoted comes as it is.
pub fn unquote(value: &[u8], quote: u8) -> Cow<'_, [u8]> {
    let [first, inner @ .., last] = value else { return value.into() };
    if *first != quote || *last != quote {
        return value.into();
    }
    if memchr(quote, inner).is_none() {
        return inner.into();
    }
    let mut plain = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter().peekable();
    while let Some(byte) = bytes.next() {
        plain.push(*byte);
        if *byte == quote {
            bytes.next_if_eq(&&quote);
        }
    }
    plain.into()
}

/// Undoes backslashes: `\n \r \t \0`, `\xHH`, `\uXXXX` (pairs too); any other byte behind one is itself.
pub fn unescape(value: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr(b'\\', value) else { return value.into() };
    let mut plain = value[..first].to_vec();
    let mut rest = &value[first..];
    while let [byte, after @ ..] = rest {
        rest = match (byte, after) {
            (b'\\', [b'x', digits @ ..]) if hex(digits, 2).is_some() => {
                plain.extend(hex(digits, 2).map(|number| number as u8));
                &digits[2..]
            }
            (b'\\', [b'u', digits @ ..]) if hex(digits, 4).is_some() => {
                let high = hex(digits, 4).unwrap_or_default();
                let low =
                    digits[4..].strip_prefix(b"\\u").and_then(|low| hex(low, 4)).filter(|low| high >> 10 == 0x36 && low >> 10 == 0x37);
                let letter = low.map_or(high, |low| 0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff));
                let letter = char::from_u32(letter).unwrap_or(char::REPLACEMENT_CHARACTER);
                plain.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                &digits[if low.is_some() { 10 } else { 4 }..]
            }
            (b'\\', [escaped, after @ ..]) => {
                plain.push(match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'0' => 0,
                    other => *other,
                });
                after
            }
            _ => {
                plain.push(*byte);
                after
            }
        };
    }
    plain.into()
}

/// The number that the first digits are.
fn hex(text: &[u8], digits: usize) -> Option<u32> {
    text.get(..digits)?.iter().try_fold(0, |number, digit| Some(number << 4 | char::from(*digit).to_digit(16)?))
}

/// Decodes base64, padded or not, without blanks. `None` if it is none.
pub fn base64(value: &[u8]) -> Option<Vec<u8>> {
    let value = value.strip_suffix(b"=").unwrap_or(value);
    let value = value.strip_suffix(b"=").unwrap_or(value);
    if value.len() % 4 == 1 {
        return None;
    }
    let (mut plain, mut bits) = (Vec::with_capacity(value.len() / 4 * 3 + 2), 0u32);
    for (at, digit) in value.iter().enumerate() {
        bits = bits << 6 | u32::from(sixth(*digit)?);
        // Behind the second, third and fourth digit of four there is a byte more.
        if at % 4 > 0 {
            plain.push((bits >> (6 - 2 * (at % 4))) as u8);
        }
    }
    Some(plain)
}

fn sixth(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}
