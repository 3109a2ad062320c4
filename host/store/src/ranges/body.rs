//! A password range as HaveIBeenPwned clients read it: `SUFFIX:COUNT` joined by CRLF, upper case, no line end after the last.

use std::ops::Range;

use bytes::Bytes;

use super::format::{Block, Row};

/// A rendered range.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RangeBody {
    /// The text; empty if there is no row.
    pub text: Bytes,
    /// Rows in it: what padding fills up from.
    pub rows: usize,
}

/// Digits of the prefix that are not repeated in a row.
const PREFIX_DIGITS: usize = 5;
/// The longest row: 35 digits, a colon, a count of 20 digits, and a line end.
const ROW_BYTES_MAX: usize = 58;

/// Some rows of one block, next to one another.
pub(crate) struct Stretch {
    block: Block<Bytes>,
    rows: Range<usize>,
}

impl Stretch {
    /// Those of a block whose keys lie from `low` to `high`.
    pub(crate) fn between(block: Block<Bytes>, low: u64, high: u64) -> Self {
        let rows = block.place_of(low)..high.checked_add(1).map_or(block.len(), |above| block.place_of(above));
        Self { block, rows }
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        self.rows.clone().map(|place| self.block.row(place))
    }
}

/// Renders the rows of one segment as they lie there: their digits are made a block at a time.
pub(crate) fn render_stretches(stretches: &[Stretch], hash_bytes: usize) -> RangeBody {
    let rows = stretches.iter().map(Stretch::len).sum();
    let mut text = Vec::with_capacity(rows * (2 * hash_bytes + 2) + ROW_BYTES_MAX);
    let mut digits = Vec::new();
    for Stretch { block, rows } in stretches {
        let payload = block.payload();
        digits.resize(2 * payload.len(), 0);
        // Sizes are equal, so it cannot fail.
        let _ = const_hex::encode_to_slice_upper(payload, &mut digits);
        let shared_digits = 2 * block.shared_bytes();
        let head = digits.get(PREFIX_DIGITS..shared_digits).unwrap_or_default();
        let dropped = PREFIX_DIGITS.saturating_sub(shared_digits);
        for place in rows.clone() {
            let suffix = 2 * block.suffix_of(place).start + dropped..2 * block.suffix_of(place).end;
            append_row(&mut text, head, &digits[suffix], block.value(place));
        }
    }
    finish(text, rows)
}

/// Renders rows that ascend, each hash once, all of one prefix; `hash_bytes` is 20 or 16.
pub(crate) fn render(rows: &[Row], hash_bytes: usize) -> RangeBody {
    let mut text = Vec::with_capacity(rows.len() * (2 * hash_bytes + 2) + ROW_BYTES_MAX);
    for row in rows {
        let mut digits = [0; 40];
        let _ = const_hex::encode_to_slice_upper(&row.hash[..hash_bytes], &mut digits[..2 * hash_bytes]);
        append_row(&mut text, &[], &digits[PREFIX_DIGITS..2 * hash_bytes], row.value);
    }
    finish(text, rows.len())
}

/// Every row begins with CRLF: the first one's goes.
fn finish(text: Vec<u8>, rows: usize) -> RangeBody {
    RangeBody { text: Bytes::from(text).split_off(if rows == 0 { 0 } else { 2 }), rows }
}

fn append_row(text: &mut Vec<u8>, head: &[u8], tail: &[u8], value: u64) {
    // One line is put together on the stack and copied once.
    let mut line = [0; ROW_BYTES_MAX];
    line[..2].copy_from_slice(b"\r\n");
    let (middle, mut end) = (2 + head.len(), 2 + head.len() + tail.len());
    line[2..middle].copy_from_slice(head);
    line[middle..end].copy_from_slice(tail);
    line[end] = b':';
    end += 1;
    if value < 10 {
        line[end] = b'0' + value as u8;
        text.extend_from_slice(&line[..=end]);
        return;
    }
    let digits = value.ilog10() as usize + 1;
    let mut rest = value;
    for digit in line[end..end + digits].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    text.extend_from_slice(&line[..end + digits]);
}
