//! Reads one row: the only place that knows where a row ends, so that parsing, scanning and sniffing always agree.
//!
//! The fast path does one bitmap look-up a field and copies nothing. A quoted field may span lines, but a stray quote must not
//! swallow the rows after it: a quote inside a quoted field that neither closes nor doubles it, a field longer than
//! [`QUOTED_BYTES_MAX`], or a row over several lines with another number of columns than its table makes the row *odd*. Then only
//! its first line is looked at again, with quotes taken literally where they close nothing, and the next row begins after it.

use std::borrow::Cow;

use memchr::{memchr, memchr2};
use sluice_plugin::{Bitmaps, Class, Out, cells::Plan, person::Person};

/// The longest quoted field, which bounds the look-ahead for its closing quote.
pub const QUOTED_BYTES_MAX: usize = 64 << 10;

/// Where delimiters and line ends are, and where quotes.
#[derive(Clone, Copy, Debug)]
pub struct Maps<'m> {
    end: Class<'m>,
    quote: Class<'m>,
}

/// How rows are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dialect {
    /// Between fields: `,`, `;`, tab or `|`.
    pub delimiter: u8,
    /// A backslash takes the next byte literally.
    pub escape: bool,
    /// Spaces around fields are no part of them.
    pub padded: bool,
    /// A quote is a character as any other: sqlcmd's tables, with their rule under the header, have none around
    /// fields, nor has who escapes delimiters.
    pub bare: bool,
}

impl Dialect {
    /// The plain one of a delimiter.
    pub const fn plain(delimiter: u8) -> Self {
        Self { delimiter, escape: false, padded: false, bare: false }
    }

    /// Has it escapes or padding, or no quotes?
    pub const fn is_fancy(self) -> bool {
        self.escape || self.padded || self.bare
    }

    /// Builds the bitmaps [`read_row`] wants.
    pub fn index<'m>(self, bytes: &[u8], maps: &'m mut Bitmaps<2>) -> Maps<'m> {
        maps.build(bytes, |block| [block.eq(self.delimiter) | block.eq(b'\n'), block.eq(b'"')]);
        Maps { end: maps.class(0), quote: maps.class(1) }
    }
}

/// Takes the fields of a row; empty ones may be left out.
pub trait Sink<'i> {
    /// A field that is a slice of the input.
    fn field(&mut self, column: usize, value: &'i [u8]);
    /// A field that had to be unescaped.
    fn unescaped(&mut self, column: usize, value: &[u8]);
}

/// For who only wants to know where rows end.
pub struct Nothing;

impl Sink<'_> for Nothing {
    #[inline(always)]
    fn field(&mut self, _: usize, _: &[u8]) {}
    fn unescaped(&mut self, _: usize, _: &[u8]) {}
}

/// A row as read.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Where the next one begins.
    pub end: usize,
    /// Fields it has.
    pub columns: usize,
    /// A quote was not where quotes belong: `end` and `columns` mean nothing.
    pub odd: bool,
}

const ODD: Row = Row { end: 0, columns: 0, odd: true };

/// Whether a field that begins with this byte is a value as it stands: unless it is a quote, or one of those [`bare_odd`] looks at.
static IS_PLAIN: [bool; 256] = {
    let mut plain = [true; 256];
    plain[b'"' as usize] = false;
    plain[b'N' as usize] = false;
    plain[b'\\' as usize] = false;
    plain[b'=' as usize] = false;
    plain
};

/// Reads rows from `start` on for as long as no field is odd or over 57 bytes, no quote doubled, no row as long as the header, and there is
/// room for their values; gives where it stopped, and how many those were.
///
/// It is what most time is spent in, and calls nothing: compilers for WebAssembly keep nothing in a register that must outlive a call.
#[inline(never)]
pub fn read_simple_rows(
    bytes: &[u8],
    maps: Maps<'_>,
    mut start: usize,
    delimiter: u8,
    header_bytes: usize,
    plan: &mut Plan,
    out: &mut Out<'_>,
) -> (usize, usize) {
    let Some(mut cells) = plan.cells(out) else { return (start, 0) };
    let (mut at, Some(mut first)) = (start, bytes.get(start).copied()) else { return (start, 0) };
    // A row that begins with a minus may be the rule under a header.
    while at != start || first != b'-' {
        let (mut from, Some(mut end)) = (at, maps.end.find_near(at)) else { break };
        let mut to = end;
        if !IS_PLAIN[usize::from(first)] {
            if first == b'"' {
                let Some(close) = maps.quote.find_near(at + 1) else { break };
                (from, to, end) = (at + 1, close, close + 1);
            } else if first != b'N' || bytes.get(at + 1).is_none_or(|second| *second == b'U') {
                // Names begin with an N too; a NULL does not go on with a small letter.
                break;
            }
        }
        let Some(&[stop, next]) = bytes.get(end..end + 2).and_then(|two| two.first_chunk()) else { break };
        if stop == delimiter {
            if !cells.put(from..to) {
                break;
            }
            (at, first) = (end + 1, next);
            continue;
        }
        // The last field. A carriage return before the line end belongs to neither.
        if (stop == b'\r') & (next == b'\n') & (from != at) {
            end += 1;
        } else if stop != b'\n' {
            break;
        } else if from == at && to > from && bytes.get(to - 1) == Some(&b'\r') {
            to -= 1;
        }
        at = end + 1;
        if at - start == header_bytes || !cells.put(from..to) || !cells.end(start..at) {
            break;
        }
        start = at;
        match bytes.get(at) {
            Some(byte) if !cells.is_full() => first = *byte,
            _ => break,
        }
    }
    (start, cells.rows())
}

/// Reads the row at `start` if there is nothing odd about it, and gives where the next one begins and its number of fields; else
/// `None`, and [`read_row`] must read it anew. Without escapes and padding.
///
/// One look-up a field, offsets in place of slices, no call but for a field over 57 bytes.
#[inline(always)]
pub fn read_usual_row(
    bytes: &[u8],
    maps: Maps<'_>,
    start: usize,
    delimiter: u8,
    person: &mut Person<'_, '_, '_>,
) -> Option<(usize, usize)> {
    let (mut at, mut columns) = (start, 0);
    loop {
        let first = *bytes.get(at)?;
        let (mut from, mut to, mut end);
        if IS_PLAIN[usize::from(first)] {
            from = at;
            end = maps.end.find(at);
            to = end;
        } else if first == b'"' {
            from = at + 1;
            to = maps.quote.find(from);
            end = to + 1;
            if to - from > QUOTED_BYTES_MAX {
                return None;
            }
        } else {
            from = at;
            end = maps.end.find(at);
            to = end;
            match bytes.get(from..to)? {
                b"NULL" | b"\\N" => from = to,
                [b'=', b'"', ..] => return None,
                _ => {}
            }
        }
        let stop = *bytes.get(end)?;
        if stop == delimiter {
            person.span(columns, from..to);
            columns += 1;
            at = end + 1;
            continue;
        }
        // The last field: a carriage return before the line end belongs to neither.
        let is_bare = first != b'"';
        if stop == b'\r' && !is_bare && bytes.get(end + 1) == Some(&b'\n') {
            end += 1;
        } else if stop != b'\n' {
            return None;
        } else if is_bare && to > from && bytes[to - 1] == b'\r' {
            to -= 1;
        }
        person.span(columns, from..to);
        return Some((end + 1, columns + 1));
    }
}

/// Reads the row at `start`; `None` when more input is needed to say where it ends.
///
/// `FANCY` is [`Dialect::is_fancy`]: most dialects are not, and should not pay for asking at every field.
#[inline]
pub fn read_row<'i, const FANCY: bool>(
    bytes: &'i [u8],
    maps: Maps<'_>,
    start: usize,
    last: bool,
    dialect: Dialect,
    sink: &mut impl Sink<'i>,
) -> Option<Row> {
    let (mut at, mut columns) = (start, 0);
    loop {
        if FANCY && dialect.padded {
            at = after_spaces(bytes, at);
        }
        let Some(&first) = bytes.get(at) else {
            return last.then_some(Row { end: bytes.len(), columns: columns + 1, odd: false });
        };
        if first != b'"' || FANCY && dialect.bare {
            let mut end = maps.end.find(at);
            if FANCY && dialect.escape {
                end = unescaped_end(bytes, maps, at, end);
            }
            let stop = bytes.get(end).copied();
            if stop.is_none() && !last {
                return None;
            }
            let mut value = bytes.get(at..end).unwrap_or_default();
            if stop != Some(dialect.delimiter) {
                value = value.strip_suffix(b"\r").unwrap_or(value);
            }
            if FANCY {
                match bare_fancy(value, dialect) {
                    Cow::Borrowed(value) => sink.field(columns, value),
                    Cow::Owned(value) => sink.unescaped(columns, &value),
                }
            } else {
                sink.field(columns, bare_odd(value));
            }
            columns += 1;
            at = end + 1;
            if stop != Some(dialect.delimiter) {
                return Some(Row { end: at.min(bytes.len()), columns, odd: false });
            }
            continue;
        }
        let from = at + 1;
        let mut close = maps.quote.find(from);
        let next = bytes.get(close + 1);
        if matches!(next, Some(b'"') | None) || FANCY && dialect.escape || close - from > QUOTED_BYTES_MAX {
            match closing(bytes, maps, from, close, last, dialect) {
                Close::At(found) => close = found,
                Close::Unknown => return None,
                Close::Nowhere => return Some(ODD),
            }
            match unescape(&bytes[from..close], dialect) {
                Cow::Borrowed(value) => sink.field(columns, value),
                Cow::Owned(value) => sink.unescaped(columns, &value),
            }
        } else {
            sink.field(columns, &bytes[from..close]);
        }
        columns += 1;
        at = close + 1;
        if FANCY && dialect.padded {
            at = after_spaces(bytes, at);
        }
        match bytes.get(at) {
            Some(byte) if *byte == dialect.delimiter => at += 1,
            Some(b'\n') => return Some(Row { end: at + 1, columns, odd: false }),
            None => return last.then_some(Row { end: bytes.len(), columns, odd: false }),
            Some(_) => return after_quote(bytes, at, last, columns),
        }
    }
}

/// What follows a closing quote when it is neither delimiter nor line end.
#[cold]
fn after_quote(bytes: &[u8], at: usize, last: bool, columns: usize) -> Option<Row> {
    match bytes.get(at + 1) {
        _ if bytes[at] != b'\r' => Some(ODD),
        Some(b'\n') => Some(Row { end: at + 2, columns, odd: false }),
        Some(_) => Some(ODD),
        None => last.then_some(Row { end: bytes.len(), columns, odd: false }),
    }
}

#[inline]
fn after_spaces(bytes: &[u8], at: usize) -> usize {
    at + bytes[at.min(bytes.len())..].iter().take_while(|byte| **byte == b' ').count()
}

/// `NULL` and `\N` are no values, `="00123"` is Excel's way to keep the zeros.
#[inline(always)]
fn bare_odd(value: &[u8]) -> &[u8] {
    match value {
        [b'=', b'"', inner @ .., b'"'] => inner,
        _ => null_odd(value),
    }
}

#[inline(always)]
fn null_odd(value: &[u8]) -> &[u8] {
    if matches!(value, b"NULL" | b"\\N") { b"" } else { value }
}

/// As [`bare_odd`], where there may be escapes and spaces.
#[inline(never)]
fn bare_fancy(mut value: &[u8], dialect: Dialect) -> Cow<'_, [u8]> {
    if dialect.padded {
        value = value.trim_ascii_end();
    }
    let bare = if dialect.bare { null_odd(value) } else { bare_odd(value) };
    if dialect.escape && bare.len() == value.len() { unescape(value, dialect) } else { Cow::Borrowed(bare) }
}

enum Close {
    At(usize),
    /// More input is needed.
    Unknown,
    Nowhere,
}

/// Finds the quote that closes a field whose next quote, at `quote`, may not be it.
#[cold]
#[inline(never)]
fn closing(bytes: &[u8], maps: Maps<'_>, from: usize, mut quote: usize, last: bool, dialect: Dialect) -> Close {
    loop {
        if quote - from > QUOTED_BYTES_MAX {
            return Close::Nowhere;
        }
        if quote >= bytes.len() {
            return if last { Close::Nowhere } else { Close::Unknown };
        }
        if dialect.escape && is_escaped(bytes, from, quote) {
            quote = maps.quote.find(quote + 1);
            continue;
        }
        match bytes.get(quote + 1) {
            Some(b'"') => quote = maps.quote.find(quote + 2),
            None if !last => return Close::Unknown,
            _ => return Close::At(quote),
        }
    }
}

/// Stands an odd number of backslashes before `at`?
fn is_escaped(bytes: &[u8], from: usize, at: usize) -> bool {
    bytes[from..at].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

#[cold]
#[inline(never)]
fn unescaped_end(bytes: &[u8], maps: Maps<'_>, from: usize, mut end: usize) -> usize {
    while end < bytes.len() && is_escaped(bytes, from, end) {
        end = maps.end.find(end + 1);
    }
    end
}

/// A field in which quotes are doubled or bytes escaped, or may be.
#[cold]
#[inline(never)]
fn unescape(value: &[u8], dialect: Dialect) -> Cow<'_, [u8]> {
    let special = if dialect.escape { memchr2(b'"', b'\\', value) } else { memchr(b'"', value) };
    let Some(first) = special else { return Cow::Borrowed(value) };
    let mut plain = value[..first].to_vec();
    let mut rest = value[first..].iter();
    while let Some(byte) = rest.next() {
        match byte {
            b'"' if !dialect.bare && rest.as_slice().first() == Some(&b'"') => plain.extend(rest.next()),
            b'\\' if dialect.escape => plain.push(rest.next().copied().unwrap_or(b'\\')),
            _ => plain.push(*byte),
        }
    }
    if let [b'=', b'"', .., b'"'] = plain.as_slice() {
        plain.pop();
        plain.drain(..2);
    }
    Cow::Owned(plain)
}

/// The end of the line at `start`, line end included; `None` when more input is needed.
pub fn line_end(bytes: &[u8], start: usize, last: bool) -> Option<usize> {
    match memchr(b'\n', &bytes[start..]) {
        Some(at) => Some(start + at + 1),
        None => last.then_some(bytes.len()),
    }
}

/// Reads a line by itself: a quote closes a field only before a delimiter or the line's end and is a character elsewhere.
/// Gives the number of fields, or `None` when a quoted field is not closed.
pub fn read_line<'i>(line: &'i [u8], dialect: Dialect, sink: &mut impl Sink<'i>) -> Option<usize> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let (mut at, mut columns) = (0, 0);
    loop {
        let rest = &line[at..];
        if rest.first() == Some(&b'"') && !dialect.bare {
            let mut quote = 1;
            loop {
                quote += memchr(b'"', rest.get(quote..)?)?;
                match rest.get(quote + 1) {
                    _ if dialect.escape && is_escaped(rest, 1, quote) => quote += 1,
                    Some(byte) if *byte == dialect.delimiter => break,
                    None => break,
                    Some(b'"') => quote += 2,
                    Some(_) => quote += 1,
                }
            }
            tell(unescape(&rest[1..quote], dialect), columns, sink);
            at += quote + 1;
        } else {
            let is_end = |at: &usize| rest[*at] == dialect.delimiter && !(dialect.escape && is_escaped(rest, 0, *at));
            let end = (0..rest.len()).find(is_end).unwrap_or(rest.len());
            tell(bare_fancy(&rest[..end], dialect), columns, sink);
            at += end;
        }
        columns += 1;
        if at >= line.len() {
            return Some(columns);
        }
        at += 1;
    }
}

fn tell<'i>(value: Cow<'i, [u8]>, column: usize, sink: &mut impl Sink<'i>) {
    match value {
        Cow::Borrowed(value) => sink.field(column, value),
        Cow::Owned(value) => sink.unescaped(column, &value),
    }
}

/// What to make of the row at `start`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It is what was read, up to here; the number of columns may not be the table's.
    AsRead(usize),
    /// Only its first line, up to here, read by [`read_line`].
    Line(usize),
    /// Its first line, up to here, cannot be read.
    Unbalanced(usize),
}

/// Judges a row; `None` when more input is needed.
#[inline(always)]
pub fn judge(bytes: &[u8], start: usize, last: bool, row: Row, dialect: Dialect, columns: usize) -> Option<Verdict> {
    if !row.odd && row.columns == columns { Some(Verdict::AsRead(row.end)) } else { judge_odd(bytes, start, last, row, dialect, columns) }
}

#[cold]
#[inline(never)]
fn judge_odd(bytes: &[u8], start: usize, last: bool, row: Row, dialect: Dialect, columns: usize) -> Option<Verdict> {
    let end = line_end(bytes, start, last)?;
    Some(if !row.odd && row.end == end {
        Verdict::AsRead(end)
    } else if read_line(&bytes[start..end], dialect, &mut Nothing) == Some(columns) {
        Verdict::Line(end)
    } else {
        Verdict::Unbalanced(end)
    })
}
