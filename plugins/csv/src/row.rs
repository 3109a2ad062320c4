//! Reads one row: the only place that knows where a row ends, so that parsing, scanning and sniffing always agree.
//!
//! The fast path does one bitmap look-up a field and copies nothing. A quoted field may span lines, but a stray quote must not
//! swallow the rows after it: a quote inside a quoted field that neither closes nor doubles it, a field longer than
//! [`QUOTED_BYTES_MAX`], or a row over several lines with another number of columns than its table makes the row *odd*. Then only
//! its first line is looked at again, with quotes taken literally where they close nothing, and the next row begins after it.

use memchr::{memchr, memchr2};
use sluice_plugin::Bitmaps;

/// The longest quoted field, which bounds the look-ahead for its closing quote.
pub const QUOTED_BYTES_MAX: usize = 64 << 10;

/// Bitmap class: delimiter or line end.
const END: usize = 0;
/// Bitmap class: quote.
const QUOTE: usize = 1;

/// How rows are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dialect {
    /// Between fields: `,`, `;`, tab or `|`.
    pub delimiter: u8,
    /// A backslash takes the next byte literally.
    pub escape: bool,
    /// Spaces around fields are no part of them.
    pub padded: bool,
    /// A quote is a character as any other: sqlcmd's tables, with their rule under the header, have none around fields.
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
    #[inline(always)]
    pub fn index(self, bytes: &[u8], maps: &mut Bitmaps<2>) {
        maps.build(bytes, |block| [block.eq(self.delimiter) | block.eq(b'\n'), block.eq(b'"')]);
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

/// Reads the row at `start`; `None` when more input is needed to say where it ends.
///
/// `FANCY` is [`Dialect::is_fancy`]: most dialects are not, and should not pay for asking at every field.
#[inline(always)]
pub fn read_row<'i, const FANCY: bool>(
    bytes: &'i [u8],
    maps: &Bitmaps<2>,
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
            let mut end = maps.find(END, at);
            if FANCY && dialect.escape {
                end = unescaped_end(bytes, maps, at, end);
            }
            let Some(&stop) = bytes.get(end) else {
                if last {
                    let value = &bytes[at..];
                    bare::<FANCY>(first, value.strip_suffix(b"\r").unwrap_or(value), dialect, columns, sink);
                }
                return last.then_some(Row { end: bytes.len(), columns: columns + 1, odd: false });
            };
            if stop == b'\n' {
                let value = &bytes[at..end];
                bare::<FANCY>(first, value.strip_suffix(b"\r").unwrap_or(value), dialect, columns, sink);
                return Some(Row { end: end + 1, columns: columns + 1, odd: false });
            }
            bare::<FANCY>(first, &bytes[at..end], dialect, columns, sink);
            columns += 1;
            at = end + 1;
            continue;
        }
        let from = at + 1;
        let mut close = maps.find(QUOTE, from);
        let next = bytes.get(close + 1);
        if matches!(next, Some(b'"') | None) || FANCY && dialect.escape || close - from > QUOTED_BYTES_MAX {
            match closing(bytes, maps, from, close, last, dialect) {
                Close::At(found) => {
                    close = found;
                    unescape(&bytes[from..close], dialect, columns, sink);
                }
                Close::Unknown => return None,
                Close::Nowhere => return Some(ODD),
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

/// A field without quotes, and its first byte: only few need a closer look.
#[inline(always)]
fn bare<'i, const FANCY: bool>(first: u8, value: &'i [u8], dialect: Dialect, column: usize, sink: &mut impl Sink<'i>) {
    if FANCY || matches!(first, b'N' | b'\\' | b'=') { bare_odd(value, dialect, column, sink) } else { sink.field(column, value) }
}

/// `NULL` and `\N` are no values, `="00123"` is Excel's way to keep the zeros.
#[inline(never)]
fn bare_odd<'i>(mut value: &'i [u8], dialect: Dialect, column: usize, sink: &mut impl Sink<'i>) {
    if dialect.padded {
        value = value.trim_ascii_end();
    }
    match value {
        [] | b"NULL" | b"\\N" => {}
        [b'=', b'"', inner @ .., b'"'] if !dialect.bare => sink.field(column, inner),
        _ if dialect.escape => unescape(value, dialect, column, sink),
        _ => sink.field(column, value),
    }
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
fn closing(bytes: &[u8], maps: &Bitmaps<2>, from: usize, mut quote: usize, last: bool, dialect: Dialect) -> Close {
    loop {
        if quote - from > QUOTED_BYTES_MAX {
            return Close::Nowhere;
        }
        if quote >= bytes.len() {
            return if last { Close::Nowhere } else { Close::Unknown };
        }
        if dialect.escape && is_escaped(bytes, from, quote) {
            quote = maps.find(QUOTE, quote + 1);
            continue;
        }
        match bytes.get(quote + 1) {
            Some(b'"') => quote = maps.find(QUOTE, quote + 2),
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
fn unescaped_end(bytes: &[u8], maps: &Bitmaps<2>, from: usize, mut end: usize) -> usize {
    while end < bytes.len() && is_escaped(bytes, from, end) {
        end = maps.find(END, end + 1);
    }
    end
}

/// Hands on a field in which quotes are doubled or bytes escaped.
#[cold]
#[inline(never)]
fn unescape<'i>(value: &'i [u8], dialect: Dialect, column: usize, sink: &mut impl Sink<'i>) {
    let special = if dialect.escape { memchr2(b'"', b'\\', value) } else { memchr(b'"', value) };
    let Some(first) = special else { return sink.field(column, value) };
    let mut plain = value[..first].to_vec();
    let mut rest = value[first..].iter();
    while let Some(byte) = rest.next() {
        match byte {
            b'"' if rest.as_slice().first() == Some(&b'"') => plain.extend(rest.next()),
            b'\\' if dialect.escape => plain.push(rest.next().copied().unwrap_or(b'\\')),
            _ => plain.push(*byte),
        }
    }
    match plain.as_slice() {
        [b'=', b'"', inner @ .., b'"'] => sink.unescaped(column, inner),
        _ => sink.unescaped(column, &plain),
    }
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
            unescape(&rest[1..quote], dialect, columns, sink);
            at += quote + 1;
        } else {
            let is_end = |at: &usize| rest[*at] == dialect.delimiter && !(dialect.escape && is_escaped(rest, 0, *at));
            let end = (0..rest.len()).find(is_end).unwrap_or(rest.len());
            bare_odd(&rest[..end], dialect, columns, sink);
            at += end;
        }
        columns += 1;
        if at >= line.len() {
            return Some(columns);
        }
        at += 1;
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
