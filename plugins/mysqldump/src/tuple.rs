//! Reads one tuple of a VALUES list, `(1,'ann',NULL,0xFF)`, the only place that knows where one ends.
//!
//! A string costs one look-up for its closing quote and is not copied; escapes, introducers (`_binary '…'`), hexadecimal values and
//! expressions go the slow way. Bytes that are no text come as upper-case hexadecimal digits.

use memchr::{memchr2, memmem};
use sluice_plugin::{Bitmaps, person::Person};

/// The longest tuple, which bounds how far a stray quote can reach.
pub const TUPLE_BYTES_MAX: usize = 2 << 20;

/// Bitmap class: quote or backslash.
const QUOTE: usize = 0;
/// Bitmap class: comma or closing parenthesis.
const END: usize = 1;

/// Builds the bitmaps [`read_tuple`] wants.
#[inline(always)]
pub fn index(bytes: &[u8], maps: &mut Bitmaps<2>) {
    maps.build(bytes, |block| [block.eq(b'\'') | block.eq(b'\\'), block.eq(b',') | block.eq(b')')]);
}

/// Takes the values of a tuple; NULL and empty ones may be left out.
pub trait Sink<'i> {
    /// A value that is a slice of the input.
    fn value(&mut self, column: usize, value: &'i [u8]);
    /// A value that had to be unescaped.
    fn copied(&mut self, column: usize, value: &[u8]);
}

/// For who only wants to know where tuples end.
pub struct Nothing;

impl Sink<'_> for Nothing {
    #[inline(always)]
    fn value(&mut self, _: usize, _: &[u8]) {}
    fn copied(&mut self, _: usize, _: &[u8]) {}
}

impl<'i> Sink<'i> for Person<'_, 'i, '_, '_> {
    #[inline(always)]
    fn value(&mut self, column: usize, value: &'i [u8]) {
        Person::value(self, column, value);
    }
    fn copied(&mut self, column: usize, value: &[u8]) {
        Person::copied(self, column, value);
    }
}

/// Keeps the values of a tuple.
#[derive(Default)]
pub struct Values(pub Vec<Vec<u8>>);

impl Sink<'_> for Values {
    fn value(&mut self, column: usize, value: &[u8]) {
        self.copied(column, value);
    }
    fn copied(&mut self, column: usize, value: &[u8]) {
        self.0.resize(column, Vec::new());
        self.0.push(value.to_vec());
    }
}

/// A tuple as read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tuple {
    /// Where it ends, with the comma and line end behind it, and how many values it has.
    Read {
        /// Offset of the byte after it.
        end: usize,
        /// Number of values.
        columns: usize,
    },
    /// More input is needed.
    Incomplete,
    /// It is no tuple.
    Broken,
}

/// Reads the tuple whose parenthesis opens at `start`.
#[inline(always)]
pub fn read_tuple<'i>(bytes: &'i [u8], maps: &Bitmaps<2>, start: usize, last: bool, sink: &mut impl Sink<'i>) -> Tuple {
    let tuple = read_values(bytes, maps, start, last, sink);
    match tuple {
        Tuple::Read { end, .. } if end - start > TUPLE_BYTES_MAX => Tuple::Broken,
        Tuple::Incomplete if bytes.len() - start > TUPLE_BYTES_MAX => Tuple::Broken,
        _ => tuple,
    }
}

#[inline(always)]
fn read_values<'i>(bytes: &'i [u8], maps: &Bitmaps<2>, start: usize, last: bool, sink: &mut impl Sink<'i>) -> Tuple {
    let (mut at, mut columns) = (start + 1, 0);
    loop {
        let Some(&first) = bytes.get(at) else { return Tuple::Incomplete };
        if first == b'\'' {
            let from = at + 1;
            let quote = maps.find(QUOTE, from);
            match bytes.get(quote + 1) {
                Some(next) if bytes[quote] == b'\'' && *next != b'\'' => {
                    sink.value(columns, &bytes[from..quote]);
                    at = quote + 1;
                }
                None => return Tuple::Incomplete,
                Some(_) => match escaped_string(bytes, maps, from, quote, columns, sink) {
                    Some(after) => at = after,
                    None => return Tuple::Incomplete,
                },
            }
        } else if is_plain(first, bytes.get(at + 1)) {
            let end = maps.find(END, at);
            if end >= bytes.len() {
                return Tuple::Incomplete;
            }
            let value = &bytes[at..end];
            if value != b"NULL" {
                sink.value(columns, value.trim_ascii_end());
            }
            at = end;
        } else if first == b' ' {
            at += 1;
            continue;
        } else {
            match odd_value(bytes, at, columns, sink) {
                Odd::End(after) => at = after,
                Odd::Incomplete => return Tuple::Incomplete,
                Odd::Broken => return Tuple::Broken,
            }
        }
        columns += 1;
        match bytes.get(at) {
            Some(b',') => at += 1,
            Some(b')') => return behind(bytes, at + 1, last, columns),
            None => return Tuple::Incomplete,
            Some(_) => match after_blanks(bytes, at) {
                (None, _) => return Tuple::Incomplete,
                (Some(b','), after) => at = after + 1,
                (Some(b')'), after) => return behind(bytes, after + 1, last, columns),
                (Some(_), _) => return Tuple::Broken,
            },
        }
    }
}

/// A number or NULL; what may be anything else goes the slow way.
#[inline(always)]
fn is_plain(first: u8, second: Option<&u8>) -> bool {
    match first {
        b'0' => !matches!(second, Some(b'x' | b'X') | None),
        b'1'..=b'9' | b'-' | b'.' => true,
        b'N' => second == Some(&b'U'),
        _ => false,
    }
}

/// A tuple's raw row has the comma and the line end after it.
#[inline(always)]
fn behind(bytes: &[u8], mut at: usize, last: bool, columns: usize) -> Tuple {
    match bytes.get(at) {
        None if !last => return Tuple::Incomplete,
        Some(b',') => {
            at += 1;
            match bytes.get(at) {
                None if !last => return Tuple::Incomplete,
                Some(b'\n') => at += 1,
                _ => {}
            }
        }
        _ => {}
    }
    Tuple::Read { end: at, columns }
}

#[cold]
fn after_blanks(bytes: &[u8], at: usize) -> (Option<u8>, usize) {
    let at = at + bytes[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    (bytes.get(at).copied(), at)
}

/// A string with escapes or doubled quotes in it: hands it on and gives the offset after its closing quote.
#[cold]
#[inline(never)]
fn escaped_string<'i>(
    bytes: &'i [u8],
    maps: &Bitmaps<2>,
    from: usize,
    mut at: usize,
    column: usize,
    sink: &mut impl Sink<'i>,
) -> Option<usize> {
    loop {
        let next = *bytes.get(at + 1)?;
        if bytes[at] == b'\'' && next != b'\'' {
            break;
        }
        at = maps.find(QUOTE, at + 2);
    }
    sink.copied(column, &as_text(unescape(&bytes[from..at], b'\'')));
    Some(at + 1)
}

/// MySQL's escapes: <https://dev.mysql.com/doc/refman/8.4/en/string-literals.html>.
fn unescape(value: &[u8], quote: u8) -> Vec<u8> {
    let mut plain = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = memchr2(quote, b'\\', rest) {
        plain.extend_from_slice(&rest[..at]);
        match (rest[at], rest.get(at + 1)) {
            (b'\\', Some(escaped)) => match escaped {
                b'0' => plain.push(0),
                b'b' => plain.push(8),
                b'n' => plain.push(b'\n'),
                b'r' => plain.push(b'\r'),
                b't' => plain.push(b'\t'),
                b'Z' => plain.push(26),
                b'%' | b'_' => plain.extend_from_slice(&[b'\\', *escaped]),
                other => plain.push(*other),
            },
            (byte, _) => plain.push(byte),
        }
        rest = rest.get(at + 2..).unwrap_or_default();
    }
    plain.extend_from_slice(rest);
    plain
}

/// Text as it is, other bytes as hexadecimal digits.
fn as_text(value: Vec<u8>) -> Vec<u8> {
    if is_text(&value) {
        return value;
    }
    value.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| b"0123456789ABCDEF"[usize::from(digit)]).collect()
}

/// Is it UTF-8 with no control characters but those that MySQL escapes, and these few?
fn is_text(value: &[u8]) -> bool {
    let is_control = |byte: &&u8| **byte < 32 && !matches!(byte, b'\t' | b'\n' | b'\r');
    let controls = value.iter().filter(is_control).count();
    std::str::from_utf8(value).is_ok()
        && (controls == 0 || controls * 4 <= value.len() && value.iter().filter(is_control).all(|byte| matches!(byte, 0 | 8 | 26)))
}

enum Odd {
    End(usize),
    Incomplete,
    Broken,
}

/// Introducers, hexadecimal and bit values, double-quoted strings and expressions.
#[cold]
#[inline(never)]
fn odd_value<'i>(bytes: &'i [u8], start: usize, column: usize, sink: &mut impl Sink<'i>) -> Odd {
    let word = bytes[start..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    let introducer = &bytes[start..start + word];
    let (next, at) = after_blanks(bytes, start + word);
    match next {
        None => Odd::Incomplete,
        Some(b'\'' | b'"') if word == 0 || introducer[0] == b'_' || introducer.eq_ignore_ascii_case(b"n") => {
            let Some(end) = string_end(bytes, at) else { return Odd::Incomplete };
            let inner = &bytes[at + 1..end - 1];
            sink.copied(column, &as_text(unescape(inner, bytes[at])));
            Odd::End(end)
        }
        Some(b'\'') if introducer.eq_ignore_ascii_case(b"x") => {
            let Some(end) = string_end(bytes, at) else { return Odd::Incomplete };
            hexadecimal(&bytes[at + 1..end - 1], column, sink);
            Odd::End(end)
        }
        Some(b'0') if introducer.first() == Some(&b'_') => odd_value(bytes, at, column, sink),
        Some(b',' | b')') if introducer.len() >= 2 && introducer[..2].eq_ignore_ascii_case(b"0x") => {
            hexadecimal(&introducer[2..], column, sink);
            Odd::End(at)
        }
        Some(b',' | b')') if word > 0 => {
            if !introducer.eq_ignore_ascii_case(b"null") {
                sink.value(column, introducer);
            }
            Odd::End(at)
        }
        Some(_) => expression_end(bytes, start),
    }
}

/// The offset after a string whose quote opens at `start`.
fn string_end(bytes: &[u8], start: usize) -> Option<usize> {
    let quote = bytes[start];
    let mut at = start + 1;
    loop {
        at += memchr2(quote, b'\\', bytes.get(at..)?)?;
        let next = *bytes.get(at + 1)?;
        if bytes[at] == quote && next != quote {
            return Some(at + 1);
        }
        at += 2;
    }
}

fn hexadecimal<'i>(digits: &'i [u8], column: usize, sink: &mut impl Sink<'i>) {
    let nibble = |digit: u8| char::from(digit).to_digit(16).map(|value| value as u8);
    let decoded: Option<Vec<u8>> = digits.as_chunks::<2>().0.iter().map(|[high, low]| Some(nibble(*high)? << 4 | nibble(*low)?)).collect();
    match decoded {
        Some(text) if digits.len().is_multiple_of(2) && is_text(&text) => sink.copied(column, &text),
        _ => sink.value(column, digits),
    }
}

/// An expression says nothing of a person; only its end matters.
fn expression_end(bytes: &[u8], start: usize) -> Odd {
    let (mut at, mut depth) = (start, 0usize);
    loop {
        match bytes.get(at) {
            None => return Odd::Incomplete,
            Some(b'\'' | b'"') => match string_end(bytes, at) {
                Some(end) => {
                    at = end;
                    continue;
                }
                None => return Odd::Incomplete,
            },
            Some(b'(') => depth += 1,
            Some(b')' | b',') if depth == 0 => return Odd::End(at),
            Some(b')') => depth -= 1,
            Some(b'\n' | b';') => return Odd::Broken,
            Some(_) => {}
        }
        at += 1;
    }
}

/// Where to go on after a tuple that cannot be read: at the next one on the line, or on the next line. `None` when neither is in sight.
pub fn next_start(bytes: &[u8], start: usize) -> Option<usize> {
    let line = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |at| start + at + 1);
    match memmem::find(&bytes[start..line], b"),(") {
        Some(at) => Some(start + at + 2),
        None => (bytes[..line].ends_with(b"\n")).then_some(line),
    }
}
