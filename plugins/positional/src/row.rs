//! One row, carefully: from the left up to the column that gets the rest, from the right behind it.

use std::ops::Range;

use memchr::memrchr;

use crate::{
    field::{self, Form},
    layout::{COLUMNS_MAX, Layout},
};

/// Separators that a user's name may have in it, at most.
const EXTRA_MAX: usize = 4;
/// Separators in a time, an address or a URL, at most.
const INNER_MAX: usize = 8;

/// Where each column's value is.
pub type Cells = [Range<usize>; COLUMNS_MAX];

/// Parts a row, or says why it is none.
pub fn split(layout: &Layout, text: &[u8]) -> Result<Cells, &'static str> {
    let cells = split_with(layout, text, usize::MAX, 0);
    if let Some(cells) = &cells
        && fits(layout, text, cells)
    {
        return Ok(cells.clone());
    }
    // There may be separators in a word before an e-mail or a hash.
    let words =
        (0..layout.rest).filter(|at| layout.places[*at].form == Form::Word && layout.email() != Some(*at) && layout.secret() != Some(*at));
    for word in words.take(3) {
        for extra in 1..=EXTRA_MAX {
            if let Some(cells) = split_with(layout, text, word, extra).filter(|cells| fits(layout, text, cells)) {
                return Ok(cells);
            }
        }
    }
    let Some(cells) = cells else { return Err("columns-missing") };
    let email = layout.email().is_none_or(|at| layout.allows(at, &text[cells[at].clone()]));
    Err(if email { "no-hash" } else { "no-email" })
}

fn fits(layout: &Layout, text: &[u8], cells: &Cells) -> bool {
    let checked = [layout.email(), layout.secret()];
    checked.into_iter().flatten().all(|at| layout.allows(at, &text[cells[at].clone()]))
}

/// Parts a row in which the column `word` has `extra` separators.
fn split_with(layout: &Layout, text: &[u8], word: usize, extra: usize) -> Option<Cells> {
    let mut cells: Cells = std::array::from_fn(|_| 0..0);
    let (columns, separator) = (layout.places.len(), layout.separator);
    let mut at = 0;
    for column in 0..layout.rest {
        let mut end = match layout.places[column].form {
            Form::Word => field::word_end(text, at, separator),
            _ => field::end(text, at, separator).0,
        };
        for _ in 0..if column == word { extra } else { 0 } {
            end = field::word_end(text, end + usize::from(end < text.len()), separator);
        }
        cells[column] = at..end;
        // A salt may be missing, with its separator.
        if end == text.len() {
            let is_last = column + 1 == columns - 1 && layout.rest == columns - 1 && layout.is_salted();
            cells[column + 1] = end..end;
            return is_last.then_some(cells);
        }
        at = end + 1;
    }
    let mut end = text.len();
    for column in (layout.rest + 1..columns).rev() {
        let start = start_of(text, at, end, separator, layout.places[column].form)?;
        cells[column] = start..end;
        end = start.checked_sub(1).filter(|end| *end >= at)?;
    }
    cells[layout.rest] = at..end;
    Some(cells)
}

/// Where the field begins that ends at `end`.
fn start_of(text: &[u8], from: usize, end: usize, separator: u8, form: Form) -> Option<usize> {
    let word = from + memrchr(separator, &text[from..end])? + 1;
    if form == Form::Word {
        return Some(word);
    }
    let (mut start, mut at) = (word, word);
    for _ in 0..INNER_MAX {
        if field::special(text, at, separator).is_some_and(|(special, _)| special == end) {
            start = at;
        }
        match at.checked_sub(1).filter(|before| *before > from).and_then(|before| memrchr(separator, &text[from..before])) {
            Some(before) => at = from + before + 1,
            None => break,
        }
    }
    Some(start)
}
