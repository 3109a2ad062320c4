//! Rows of tables, one after the other: records, rejects, and what is passed over.

use super::{
    copy::{self, Fields},
    escape::text_bytes,
    tuple::{Maps, Nothing, Row, TUPLE_BYTES_MAX, Tuple, next_start, read_simple_tuples, read_tuple, read_usual_tuple},
};
use crate::{
    Out,
    cells::Plan,
    person::{People, Person},
};

/// What stands within a VALUES list.
pub(super) enum Place {
    /// A row opens here.
    Row(usize),
    /// The list ends; statements go on here.
    Leave(usize),
    /// Blanks up to here, and then the input ends.
    Incomplete(usize),
}

/// Lines of people for as long as there is nothing odd about them; `None` if there is about the first.
#[inline(always)]
pub(super) fn some_lines(
    people: &People,
    plan: Option<&mut Plan>,
    bytes: &[u8],
    fields: Fields<'_>,
    at: usize,
    out: &mut Out<'_>,
) -> Option<usize> {
    let plan = plan?;
    let (end, rows) = copy::read_simple_lines(bytes, fields, at, plan, out);
    if rows == 0 {
        return None;
    }
    Some(people.tell(rows, false, plan, out).unwrap_or(end))
}

/// One line of people; `None` when it is not complete.
#[inline(never)]
pub(super) fn line<const RAW_BYTES: bool>(
    people: &People,
    width: usize,
    bytes: &[u8],
    fields: Fields<'_>,
    at: usize,
    last: bool,
    out: &mut Out<'_>,
) -> Option<usize> {
    let mut row = Row::<RAW_BYTES>(Person::new(people, out.begin()));
    let tuple = copy::read_line(bytes, fields, at, last, &mut row);
    end_line(row.0, tuple, width, &bytes[at..], at).or_else(|| unusual_line(tuple, width, bytes, at, out))
}

/// Ends a usual line's record; gives where the line ends.
fn end_line(person: Person<'_, '_, '_>, tuple: Tuple, width: usize, rest: &[u8], at: usize) -> Option<usize> {
    if let Tuple::Read { end, columns } = tuple
        && let Some(row) = rest.get(..end - at)
        && columns == width
        && row.ends_with(b"\n")
        && !person.is_empty()
    {
        person.end(row);
        return Some(end);
    }
    person.abandon();
    None
}

#[cold]
fn unusual_line(tuple: Tuple, width: usize, bytes: &[u8], at: usize, out: &mut Out<'_>) -> Option<usize> {
    let Tuple::Read { end, columns } = tuple else { return None };
    let row = &bytes[at..end];
    match () {
        () if !row.ends_with(b"\n") => out.reject(row, "truncated-row"),
        () if columns != width => out.reject(row, "column-count"),
        () => out.skip(row),
    }
    Some(end)
}

/// Rows with what stands between them; gives where it stopped, and whether the list ended there.
#[inline(never)]
pub(super) fn rows(
    bytes: &[u8],
    mut at: usize,
    last: bool,
    out: &mut Out<'_>,
    mut row: impl FnMut(usize, &mut Out<'_>) -> Option<usize>,
) -> (usize, bool) {
    loop {
        if bytes.get(at) != Some(&b'(') {
            let place = place(bytes, at, last);
            let (Place::Row(end) | Place::Leave(end) | Place::Incomplete(end)) = place;
            out.skip(&bytes[at..end]);
            at = end;
            if !matches!(place, Place::Row(_)) {
                return (at, matches!(place, Place::Leave(_)));
            }
        }
        match row(at, out) {
            Some(end) => at = end,
            None => return (at, false),
        }
    }
}

/// Looks at what stands at `at` in a VALUES list.
#[inline(never)]
pub(super) fn place(bytes: &[u8], at: usize, last: bool) -> Place {
    let after = at + bytes[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | b',')).count();
    match bytes.get(after) {
        Some(b'(') => Place::Row(after),
        Some(b';') => Place::Leave(after + 1),
        Some(_) => Place::Leave(after),
        None if last => Place::Incomplete(bytes.len()),
        None => Place::Incomplete(after),
    }
}

/// Rows of people for as long as there is nothing odd about them; `None` if there is about the first.
#[inline(always)]
pub(super) fn some_rows(
    people: &People,
    plan: Option<&mut Plan>,
    head: &[u8],
    bytes: &[u8],
    maps: Maps<'_>,
    at: usize,
    out: &mut Out<'_>,
) -> Option<usize> {
    let plan = plan?;
    let (end, rows) = read_simple_tuples(bytes, maps, at, head, plan, out);
    if rows == 0 {
        return None;
    }
    // Where a backslash is an escape a tuple with one is not simple.
    Some(people.tell(rows, maps.has_backslashes(), plan, out).unwrap_or(end))
}

/// Bytes of one look ahead.
const AHEAD_BYTES_MIN: usize = 512;
const AHEAD_BYTES_MAX: usize = 16 << 10;

/// How far there is only text: no value of it is bytes that have to come as digits. It looks as far ahead as rows have come already, so
/// that an INSERT of one row costs no look at all that follows.
pub(super) struct TextAhead {
    from: usize,
    end: usize,
}

impl TextAhead {
    /// Of a list that begins there.
    pub(super) const fn new(from: usize) -> Self {
        Self { from, end: from }
    }

    /// Where text that begins at `at` ends, or further text begins.
    pub(super) fn end(&mut self, bytes: &[u8], at: usize) -> usize {
        if at >= self.end {
            let ahead = (2 * (at - self.from)).clamp(AHEAD_BYTES_MIN, AHEAD_BYTES_MAX);
            self.end = at + text_bytes(&bytes[at..bytes.len().min(at + ahead)]);
        }
        self.end
    }
}

/// One row of people; `None` when it is not complete.
#[inline(never)]
pub(super) fn usual_row(
    people: &People,
    width: usize,
    bytes: &[u8],
    maps: Maps<'_>,
    at: usize,
    last: bool,
    out: &mut Out<'_>,
) -> Option<usize> {
    let mut person = Person::new(people, out.begin());
    if let Some((end, columns)) = read_usual_tuple(bytes, maps, at, &mut person)
        && columns == width
        && end - at <= TUPLE_BYTES_MAX
        && !person.is_empty()
    {
        person.end(at..end);
        return Some(end);
    }
    person.abandon();
    odd_row::<false>(people, width, bytes, maps, at, last, out)
}

/// As [`usual_row`], with values told by slices.
#[inline(never)]
pub(super) fn odd_row<const RAW_BYTES: bool>(
    people: &People,
    width: usize,
    bytes: &[u8],
    maps: Maps<'_>,
    at: usize,
    last: bool,
    out: &mut Out<'_>,
) -> Option<usize> {
    let mut row = Row::<RAW_BYTES>(Person::new(people, out.begin()));
    let tuple = read_tuple(bytes, maps, at, last, &mut row);
    let Row(person) = row;
    if let Tuple::Read { end, columns } = tuple
        && columns == width
        && !person.is_empty()
    {
        person.end(&bytes[at..end]);
        return Some(end);
    }
    person.abandon();
    unusual_row(bytes, at, tuple, width, last, out)
}

#[cold]
#[inline(never)]
fn unusual_row(bytes: &[u8], at: usize, tuple: Tuple, width: usize, last: bool, out: &mut Out<'_>) -> Option<usize> {
    match tuple {
        Tuple::Read { end, columns } => {
            if columns == width {
                out.skip(&bytes[at..end]);
                return Some(end);
            }
            let end = joined_end(bytes, at, end);
            out.reject(&bytes[at..end], "column-count");
            Some(end)
        }
        Tuple::Incomplete if !last => None,
        Tuple::Incomplete | Tuple::Broken => broken_row(bytes, at, last, out),
    }
}

/// One row of a table without people.
#[inline(always)]
pub(super) fn other_row(bytes: &[u8], maps: Maps<'_>, at: usize, last: bool, out: &mut Out<'_>) -> Option<usize> {
    match read_tuple(bytes, maps, at, last, &mut Nothing) {
        Tuple::Read { end, .. } => {
            out.skip(&bytes[at..end]);
            Some(end)
        }
        Tuple::Incomplete if !last => None,
        Tuple::Incomplete | Tuple::Broken => broken_row(bytes, at, last, out),
    }
}

/// A tuple of a wrong number of values may be several, joined by a quote too many or too few: where the next one begins, if so.
pub(super) fn joined_end(bytes: &[u8], at: usize, end: usize) -> usize {
    next_start(bytes, at, true).filter(|next| *next < end && bytes[*next] == b'(').unwrap_or(end)
}

#[cold]
fn broken_row(bytes: &[u8], at: usize, last: bool, out: &mut Out<'_>) -> Option<usize> {
    match next_start(bytes, at, last) {
        Some(end) => {
            out.reject(&bytes[at..end], "malformed-row");
            Some(end)
        }
        None if last => {
            out.reject(&bytes[at..], "truncated-row");
            Some(bytes.len())
        }
        None => None,
    }
}
