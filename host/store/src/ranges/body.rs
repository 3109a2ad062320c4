//! A password range as HaveIBeenPwned clients read it: `SUFFIX:COUNT` joined by CRLF, upper case, no line end after the last.

use bytes::Bytes;

use super::format::Row;

/// A rendered range.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RangeBody {
    /// The text; empty if there is no row.
    pub text: Bytes,
    /// Rows in it: what padding fills up from.
    pub rows: usize,
    /// CRC-32 of the text, for an entity tag: alike on every replica and after every restart.
    pub checksum: u32,
}

/// Digits of the prefix that are not repeated in a row.
const PREFIX_DIGITS: usize = 5;
/// The byte that has the prefix's last digit and the suffix's first.
const SPLIT_BYTE: usize = PREFIX_DIGITS / 2;
const HEX: [[u8; 2]; 256] = hex_pairs();

const fn hex_pairs() -> [[u8; 2]; 256] {
    const DIGITS: [u8; 16] = *b"0123456789ABCDEF";
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        pairs[byte] = [DIGITS[byte >> 4], DIGITS[byte & 15]];
        byte += 1;
    }
    pairs
}

/// Renders rows that ascend, each hash once, all of one prefix; `hash_bytes` is 20 or 16.
pub(crate) fn render(rows: &[Row], hash_bytes: usize) -> RangeBody {
    let mut text = Vec::with_capacity(rows.len() * (2 * hash_bytes + 2));
    for row in rows {
        match hash_bytes {
            16 => append_row::<16>(&mut text, row),
            _ => append_row::<20>(&mut text, row),
        }
    }
    // Every row begins with CRLF: the first one's goes.
    let text = Bytes::from(text).split_off(if rows.is_empty() { 0 } else { 2 });
    let checksum = crc32fast::hash(&text);
    RangeBody { text, rows: rows.len(), checksum }
}

fn append_row<const HASH_BYTES: usize>(text: &mut Vec<u8>, row: &Row) {
    // One line is put together on the stack and copied once. The prefix's last digit falls where the line feed belongs.
    let mut line = [0; 64];
    line[0] = b'\r';
    for (pair, byte) in line[1..].as_chunks_mut::<2>().0.iter_mut().zip(&row.hash[SPLIT_BYTE..HASH_BYTES]) {
        *pair = HEX[usize::from(*byte)];
    }
    line[1] = b'\n';
    let mut end = 1 + 2 * (HASH_BYTES - SPLIT_BYTE);
    line[end] = b':';
    end += 1;
    if row.value < 10 {
        line[end] = b'0' + row.value as u8;
        text.extend_from_slice(&line[..=end]);
        return;
    }
    let digits = row.value.ilog10() as usize + 1;
    let mut value = row.value;
    for digit in line[end..end + digits].iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
    text.extend_from_slice(&line[..end + digits]);
}
