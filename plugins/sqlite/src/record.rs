//! A row as it lies in a cell: a header that says each value's type, and the values: <https://www.sqlite.org/fileformat2.html#record_format>.

use std::io::Write;

use crate::page::{Encoding, varint};

/// The longest run of bytes that are no text and yet told, as hexadecimal digits.
const BLOB_BYTES_MAX: usize = 256;

/// The values of a row, in their columns' order.
#[derive(Clone, Debug)]
pub struct Values<'a> {
    types: &'a [u8],
    body: &'a [u8],
}

/// A value's type: 0 is NULL, 1 to 6 whole numbers, 7 a fraction, 8 and 9 the numbers 0 and 1, and then bytes and texts of some length.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Type(pub u64);

impl Type {
    fn bytes(self) -> u64 {
        match self.0 {
            0 | 8 | 9 => 0,
            5 => 6,
            6 | 7 => 8,
            small if small < 5 => small,
            long => long.saturating_sub(12) / 2,
        }
    }

    pub fn is_null(self) -> bool {
        self.0 == 0
    }

    pub fn is_whole_number(self) -> bool {
        matches!(self.0, 1..=6 | 8 | 9)
    }

    pub fn is_number(self) -> bool {
        matches!(self.0, 1..=9)
    }

    pub fn is_text(self) -> bool {
        self.0 >= 13 && self.0 % 2 == 1
    }
}

impl<'a> Values<'a> {
    /// Begins to read what is on the page of a payload of so many bytes. `None` if it is no row: its types do not add up to its length.
    pub fn read(local: &'a [u8], payload_bytes: u64) -> Option<Self> {
        let mut at = 0;
        let header_bytes = usize::try_from(varint(local, &mut at)?).ok()?;
        let (types, body) = (local.get(at..header_bytes)?, local.get(header_bytes..)?);
        let mut each = Types(types);
        let mut bytes = header_bytes as u64;
        for kind in &mut each {
            bytes = bytes.checked_add(kind.bytes())?;
            if matches!(kind.0, 10 | 11) {
                return None;
            }
        }
        (each.0.is_empty() && bytes == payload_bytes).then_some(Self { types, body })
    }

    /// The values' types alone.
    pub fn types(&self) -> Types<'a> {
        Types(self.types)
    }
}

impl<'a> Iterator for Values<'a> {
    type Item = (Type, Option<&'a [u8]>);

    /// A value's type and its bytes, which are `None` if not all of them are on the page.
    fn next(&mut self) -> Option<Self::Item> {
        let mut types = Types(self.types);
        let kind = types.next()?;
        self.types = types.0;
        let split = usize::try_from(kind.bytes()).ok().and_then(|bytes| self.body.split_at_checked(bytes));
        let (value, body) = split.map_or((None, &self.body[self.body.len()..]), |(value, body)| (Some(value), body));
        self.body = body;
        Some((kind, if value.is_none() && kind.bytes() == 0 { Some(&[]) } else { value }))
    }
}

/// The types in a row's header.
#[derive(Clone, Debug)]
pub struct Types<'a>(&'a [u8]);

impl Iterator for Types<'_> {
    type Item = Type;

    fn next(&mut self) -> Option<Type> {
        let mut at = 0;
        let kind = varint(self.0, &mut at)?;
        self.0 = &self.0[at..];
        Some(Type(kind as u64))
    }
}

/// A value as text: itself if it is UTF-8, else written into `scratch`. Empty if there is nothing to say of it.
pub fn text<'s>(kind: Type, value: &'s [u8], encoding: Encoding, scratch: &'s mut Vec<u8>) -> &'s [u8] {
    scratch.clear();
    match kind.0 {
        0 | 10 | 11 => return b"",
        8 => return b"0",
        9 => return b"1",
        7 => fraction(f64::from_be_bytes(value.try_into().unwrap_or_default()), scratch),
        1..=6 => whole(value, scratch),
        _ if !kind.is_text() => return bytes(value, scratch),
        _ => match encoding {
            Encoding::Utf8 => return value,
            Encoding::Utf16Le => utf16(value, u16::from_le_bytes, scratch),
            Encoding::Utf16Be => utf16(value, u16::from_be_bytes, scratch),
        },
    }
    scratch
}

/// A number of up to eight bytes.
fn whole(value: &[u8], scratch: &mut Vec<u8>) {
    let sign = if value.first().is_some_and(|byte| *byte >= 0x80) { -1 } else { 0 };
    let number = value.iter().fold(sign, |number: i64, byte| number << 8 | i64::from(*byte));
    // Writing into memory does not fail.
    let _ = write!(scratch, "{number}");
}

/// As short as it can be said, and never in hundreds of digits.
fn fraction(number: f64, scratch: &mut Vec<u8>) {
    let is_plain = number == 0.0 || (1e-6..1e17).contains(&number.abs());
    let _ = if is_plain { write!(scratch, "{number}") } else { write!(scratch, "{number:e}") };
}

fn utf16(value: &[u8], unit: fn([u8; 2]) -> u16, scratch: &mut Vec<u8>) {
    let units = value.as_chunks::<2>().0.iter().map(|bytes| unit(*bytes));
    for letter in char::decode_utf16(units) {
        let letter = letter.unwrap_or(char::REPLACEMENT_CHARACTER);
        scratch.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// Bytes that are text are told as such, a few others as hexadecimal digits, and pictures not at all.
fn bytes<'s>(value: &'s [u8], scratch: &'s mut Vec<u8>) -> &'s [u8] {
    let is_control = |byte: &u8| *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
    if !value.iter().any(is_control) && std::str::from_utf8(value).is_ok() {
        return value;
    }
    if value.len() > BLOB_BYTES_MAX {
        return b"";
    }
    scratch.extend(value.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| b"0123456789abcdef"[usize::from(digit)]));
    scratch
}
