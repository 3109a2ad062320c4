//! Rows of a line each, their values parted by tabs: COPY of PostgreSQL, and what mysqldump's `--tab` writes beside the schema.
//!
//! COPY has a mark behind its rows, a file of MySQL's does not. A backslash is an escape, `\N` alone is no value, and a line end behind a backslash is data. A usual value costs one look-up.

use std::borrow::Cow;

use memchr::{memchr, memmem};

use super::{
    Dialect,
    escape::{as_text, bytea, escape, mysql_escape},
    tuple::{Sink, Tuple},
};
use crate::{Bitmaps, Class, Out, cells::Plan};

/// Where tabs, line ends, backslashes and braces are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'m> {
    class: Class<'m>,
    dialect: &'static Dialect,
    bytea: bool,
}

impl Fields<'_> {
    /// As of [`Maps`](super::tuple::Maps).
    pub(super) fn with_bytea(self, bytea: bool) -> Self {
        Self { bytea: self.bytea && bytea, ..self }
    }
}

/// Builds the bitmap that readers of lines want.
pub(super) fn build(bytes: &[u8], maps: &mut Bitmaps<1>, dialect: &Dialect) {
    match dialect.postgres {
        true => maps.build(bytes, |block| [block.eq(b'\t') | block.eq(b'\n') | block.eq(b'\\') | block.eq(b'{')]),
        false => maps.build(bytes, |block| [block.eq(b'\t') | block.eq(b'\n') | block.eq(b'\\')]),
    }
}

/// The bitmap that [`build`] built.
pub(super) fn fields<'m>(maps: &'m Bitmaps<1>, dialect: &'static Dialect) -> Fields<'m> {
    Fields { class: maps.class(0), dialect, bytea: dialect.postgres }
}

/// Is this the first line of rows, and not of statements?
pub(super) fn is_row(line: &[u8]) -> bool {
    let comments = [&b"--"[..], b"/*", b"#"];
    line.contains(&b'\t') && !comments.iter().any(|comment| line.starts_with(comment))
}

/// What ends the rows: `\.` on a line of its own. The offset behind it, `Some(None)` if more input must tell.
pub(super) fn end_mark(bytes: &[u8], at: usize, last: bool, dialect: &Dialect) -> Option<Option<usize>> {
    if !dialect.postgres {
        return None;
    }
    let rest = &bytes[at..];
    let end = match rest {
        [] | [b'\\'] if !last => return Some(None),
        [b'\\', b'.', after @ ..] => match after {
            [b'\n', ..] => 3,
            [b'\r', b'\n', ..] => 4,
            [] | [b'\r'] if !last => return Some(None),
            [] => 2,
            _ => return None,
        },
        _ => return None,
    };
    Some(Some(at + end))
}

/// Behind the rows of a table without people, the mark that ends them excluded; or as far as whole lines reach.
pub(super) fn rows_end(bytes: &[u8], at: usize, last: bool, dialect: &Dialect) -> usize {
    let mark =
        memmem::find_iter(&bytes[at..], b"\n\\.").map(|end| at + end + 1).find(|line| end_mark(bytes, *line, last, dialect).is_some());
    match mark {
        Some(mark) => mark,
        None if last => bytes.len(),
        None => memchr::memrchr(b'\n', &bytes[at..]).map_or(at, |end| at + end + 1),
    }
}

/// Reads lines, the first of which begins at `start`, for as long as there is no escape in them but `\N`, no value over 114 bytes, and
/// room for their values; gives where it stopped, and how many those were.
///
/// As [`super::tuple::read_simple_tuples`] it calls nothing.
#[inline(never)]
pub(super) fn read_simple_lines(bytes: &[u8], fields: Fields<'_>, mut start: usize, plan: &mut Plan, out: &mut Out<'_>) -> (usize, usize) {
    let Some(mut cells) = plan.cells(out) else { return (start, 0) };
    let mut at = start;
    while let Some(mut end) = fields.class.find_nearby(at) {
        let from = at;
        let mut until = end;
        let Some(mut stop) = bytes.get(end).copied() else { break };
        if stop == b'\\' {
            if (end != at) | (bytes.get(at + 1) != Some(&b'N')) {
                break;
            }
            (until, end) = (at, at + 2);
            match bytes.get(end) {
                Some(byte) => stop = *byte,
                None => break,
            }
        }
        at = end + 1;
        if stop == b'\t' {
            if !cells.put(from..until) {
                break;
            }
            continue;
        }
        // A carriage return before the line end is none of the value.
        if stop != b'\n' || bytes[end.saturating_sub(1)] == b'\r' || !cells.put(from..until) || !cells.end(start..at) {
            break;
        }
        start = at;
        if cells.is_full() {
            break;
        }
    }
    (start, cells.rows())
}

/// Reads the line that begins at `start`.
pub(super) fn read_line<'i>(bytes: &'i [u8], fields: Fields<'_>, start: usize, last: bool, sink: &mut impl Sink<'i>) -> Tuple {
    let (mut at, mut from, mut columns) = (start, start, 0);
    let (mut is_escaped, mut is_composite) = (false, false);
    loop {
        let stop = fields.class.find(at);
        let byte = bytes.get(stop).copied();
        match byte {
            Some(b'\\') => {
                if stop + 1 >= bytes.len() && !last {
                    return Tuple::Incomplete;
                }
                is_escaped = true;
                at = stop + 2;
                continue;
            }
            Some(b'{') => {
                is_composite |= stop == from;
                at = stop + 1;
                continue;
            }
            None if !last => return Tuple::Incomplete,
            _ => {}
        }
        let stop = stop.min(bytes.len());
        let value = &bytes[from.min(stop)..stop];
        let value = if byte == Some(b'\t') { value } else { value.strip_suffix(b"\r").unwrap_or(value) };
        if !is_escaped && !is_composite {
            sink.value(columns, value);
        } else if value != b"\\N" {
            let plain = if is_escaped { unescape(value, fields) } else { Cow::Borrowed(value) };
            match is_composite {
                true => sink.composite(columns, &plain),
                false => sink.copied(columns, &plain),
            }
        }
        columns += 1;
        if byte != Some(b'\t') {
            return Tuple::Read { end: (stop + 1).min(bytes.len()), columns };
        }
        (at, from, is_escaped, is_composite) = (stop + 1, stop + 1, false, false);
    }
}

fn unescape<'i>(value: &'i [u8], fields: Fields<'_>) -> Cow<'i, [u8]> {
    let (mut plain, mut rest) = (Vec::with_capacity(value.len()), value);
    while let Some(at) = memchr(b'\\', rest) {
        plain.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        let len = if fields.dialect.postgres { escape(rest, &mut plain) } else { mysql_escape(rest, &mut plain) };
        rest = &rest[len..];
    }
    plain.extend_from_slice(rest);
    Cow::Owned(match fields.dialect.postgres {
        true if fields.bytea => bytea(&plain).unwrap_or(plain),
        true => plain,
        false => as_text(plain),
    })
}
