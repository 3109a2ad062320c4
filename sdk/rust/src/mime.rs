//! What mail and cards are written in: quoted-printable, encoded words, and texts of any charset.
//!
//! Behind the feature `charsets`, for it brings tables along. Deliberately absent: parts of messages, which are for who reads mail.

use std::borrow::Cow;

use encoding_rs::Encoding;
use memchr::{memchr, memmem};

use crate::text::base64;

/// Bytes of a charset's name, and of an encoded word: a standard allows it 75, programs write more.
const CHARSET_BYTES_MAX: usize = 64;
const WORD_BYTES_MAX: usize = 4 << 10;

/// Undoes `=XX` and line ends behind a `=`; what is no such thing stays as it is.
pub fn quoted_printable(value: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr(b'=', value) else { return value.into() };
    let mut plain = value[..first].to_vec();
    let mut rest = &value[first..];
    while let [byte, after @ ..] = rest {
        rest = match (byte, after) {
            (b'=', [b'\r', b'\n', after @ ..] | [b'\n', after @ ..]) => after,
            (b'=', [b'\r'] | []) => &[],
            (b'=', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                plain.push(digit(*high) << 4 | digit(*low));
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

fn digit(byte: u8) -> u8 {
    char::from(byte).to_digit(16).unwrap_or_default() as u8
}

/// A text of a charset in UTF-8. One of a charset that nobody knows, or that does not say, is taken for what it looks like: UTF-8, else the
/// Western one.
pub fn decoded<'a>(charset: &[u8], value: Cow<'a, [u8]>) -> Cow<'a, [u8]> {
    let said = Encoding::for_label(charset).unwrap_or(encoding_rs::UTF_8);
    let encoding = if said == encoding_rs::UTF_8 && std::str::from_utf8(&value).is_err() { encoding_rs::WINDOWS_1252 } else { said };
    if encoding == encoding_rs::UTF_8 || value.is_ascii() && encoding.is_ascii_compatible() {
        return value;
    }
    encoding.decode_without_bom_handling(&value).0.into_owned().into_bytes().into()
}

/// A header's text: `=?utf-8?Q?J=C3=BCrgen?=` is `Jürgen`. Blanks between two such words are none, and a letter may be parted by them.
pub fn encoded_words(value: &[u8]) -> Cow<'_, [u8]> {
    if memmem::find(value, b"=?").is_none() {
        return value.into();
    }
    let (mut plain, mut word, mut charset): (Vec<u8>, Vec<u8>, &[u8]) = (Vec::new(), Vec::new(), b"");
    let mut rest = value;
    while !rest.is_empty() {
        let start = memmem::find(rest, b"=?").unwrap_or(rest.len());
        let (before, from) = rest.split_at(start);
        let Some((found, bytes, after)) = encoded_word(from) else {
            end_word(&mut plain, &mut word, charset);
            let (text, after) = rest.split_at((start + 2).min(rest.len()));
            plain.extend_from_slice(text);
            rest = after;
            continue;
        };
        let is_joined = !word.is_empty() && before.iter().all(u8::is_ascii_whitespace);
        if !(is_joined && found.eq_ignore_ascii_case(charset)) {
            end_word(&mut plain, &mut word, charset);
        }
        if !is_joined {
            plain.extend_from_slice(before);
        }
        (charset, rest) = (found, after);
        word.extend_from_slice(&bytes);
    }
    end_word(&mut plain, &mut word, charset);
    plain.into()
}

fn end_word(plain: &mut Vec<u8>, word: &mut Vec<u8>, charset: &[u8]) {
    plain.extend_from_slice(&decoded(charset, std::mem::take(word).into()));
}

/// The charset, the bytes of the word that a text begins with, and what follows it.
fn encoded_word(text: &[u8]) -> Option<(&[u8], Vec<u8>, &[u8])> {
    let inner = text.strip_prefix(b"=?")?;
    let charset_end = memchr(b'?', &inner[..inner.len().min(CHARSET_BYTES_MAX)])?;
    let [kind, b'?', body @ ..] = &inner[charset_end + 1..] else { return None };
    let end = memmem::find(&body[..body.len().min(WORD_BYTES_MAX)], b"?=")?;
    let bytes = match kind {
        b'Q' | b'q' => {
            let spaced: Vec<u8> = body[..end].iter().map(|byte| if *byte == b'_' { b' ' } else { *byte }).collect();
            quoted_printable(&spaced).into_owned()
        }
        b'B' | b'b' => base64(body[..end].trim_ascii())?,
        _ => return None,
    };
    // RFC 2231 lets a language follow the charset.
    let charset = inner[..charset_end].split(|byte| *byte == b'*').next().unwrap_or_default();
    Some((charset, bytes, &body[end + 2..]))
}
