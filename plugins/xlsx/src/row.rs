//! Reads one row: its cells, and what they show.

use std::borrow::Cow;

use sluice_plugin::xml::{Reader, Tag, Token, attributes, local, text};

use crate::{
    book::{Book, rich_text, unescaped},
    number::{self, Format},
};

/// Columns of a row that are looked at: more than a table may have.
const COLUMNS_MAX: usize = 256;

/// How a row ends.
pub enum End {
    Whole(usize),
    /// Another one begins within it, or the sheet ends.
    Torn(usize),
    /// Not in the bytes there are.
    Incomplete,
}

/// What a cell shows.
pub enum Shown<'a> {
    Own(Cow<'a, [u8]>),
    /// A text that is shared.
    Shared(usize),
}

impl Shown<'_> {
    /// Its bytes; `None` if nobody knows the text.
    pub fn bytes<'s>(&'s self, book: &'s Book) -> Option<&'s [u8]> {
        match self {
            Self::Own(bytes) => Some(bytes),
            Self::Shared(at) => book.text(*at),
        }
    }
}

/// Cells that are not empty, by column.
pub type Cells<'a> = Vec<(usize, Shown<'a>)>;

/// Is it a row's tag, in workbooks or in the XML of 2003?
pub fn is_row(tag: &Tag<'_>) -> bool {
    matches!(local(tag.name), b"row" | b"Row")
}

/// Reads the row whose tag the reader has just read.
pub fn read<'a>(reader: &mut Reader<'a, '_>, bytes: &'a [u8], row: Tag<'a>, book: &Book, last: bool, cells: &mut Cells<'a>) -> End {
    cells.clear();
    if row.is_empty {
        return End::Whole(reader.at());
    }
    let mut next = 0;
    while let Some((range, token)) = reader.next_token() {
        match token {
            Token::Open(tag) if is_row(&tag) => return torn(bytes, range.start),
            Token::Open(tag) if matches!(local(tag.name), b"c" | b"Cell") => {
                let Some((column, across, shown)) = cell(reader, bytes, tag, next, book) else { break };
                next = column + 1 + across;
                if let Some(shown) = shown.filter(|_| column < COLUMNS_MAX) {
                    cells.push((column, shown));
                }
            }
            Token::Close(name) if name == row.name => return End::Whole(range.end),
            Token::Close(name) if matches!(local(name), b"sheetData" | b"Table") => return torn(bytes, range.start),
            Token::Open(_) | Token::Close(_) | Token::Text(_) | Token::Aside | Token::Broken => {}
        }
    }
    if last { torn(bytes, bytes.len()) } else { End::Incomplete }
}

fn torn(bytes: &[u8], end: usize) -> End {
    End::Torn(bytes[..end].trim_ascii_end().len())
}

/// What a cell's attributes say.
struct Cell<'a> {
    column: usize,
    across: usize,
    kind: &'a [u8],
    style: usize,
}

fn head<'a>(tag: &Tag<'a>, next: usize) -> Cell<'a> {
    let number = |value: &[u8]| std::str::from_utf8(value).ok().and_then(|text| text.parse::<usize>().ok());
    let mut cell = Cell { column: next, across: 0, kind: b"n", style: 0 };
    for (name, value) in attributes(tag.attributes) {
        match local(name) {
            b"r" => cell.column = column_of(value).unwrap_or(next),
            b"Index" => cell.column = number(value).and_then(|index| index.checked_sub(1)).unwrap_or(next),
            b"MergeAcross" => cell.across = number(value).unwrap_or(0).min(COLUMNS_MAX),
            b"t" => cell.kind = value,
            b"s" => cell.style = number(value).unwrap_or(0),
            _ => {}
        }
    }
    cell.column = cell.column.min(COLUMNS_MAX);
    cell
}

/// The column of a reference: `AB12` is 27.
fn column_of(reference: &[u8]) -> Option<usize> {
    let letters = reference.iter().take_while(|byte| byte.is_ascii_alphabetic());
    let column = letters.take(4).fold(0, |column, letter| column * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1);
    column.checked_sub(1)
}

/// A cell: its column, columns that it covers beside it, and what it shows; `None` if its end is not there.
fn cell<'a>(
    reader: &mut Reader<'a, '_>,
    bytes: &'a [u8],
    tag: Tag<'a>,
    next: usize,
    book: &Book,
) -> Option<(usize, usize, Option<Shown<'a>>)> {
    let Cell { column, across, kind, style } = head(&tag, next);
    if tag.is_empty {
        return Some((column, across, None));
    }
    let mut shown = None;
    loop {
        let ahead = *reader;
        let (_, token) = reader.next_token()?;
        match token {
            Token::Close(name) if name == tag.name => return Some((column, across, shown)),
            // The cell does not end: the row's reader sees it too.
            Token::Open(inner) if is_row(&inner) || local(inner.name) == local(tag.name) => {
                *reader = ahead;
                return Some((column, across, shown));
            }
            Token::Close(name) if matches!(local(name), b"row" | b"Row") => {
                *reader = ahead;
                return Some((column, across, shown));
            }
            Token::Open(inner) if inner.is_empty => {}
            Token::Open(inner) => match local(inner.name) {
                b"v" => shown = value(kind, inside(reader, bytes, inner.name)?, book.format(style), book),
                b"is" => shown = Some(Shown::Own(rich_text(reader, bytes, inner.name)?.into())),
                b"Data" => {
                    let kind = attributes(inner.attributes).find(|(name, _)| local(name) == b"Type").map_or(&b""[..], |(_, kind)| kind);
                    shown = value(kind, inside(reader, bytes, inner.name)?, Format::Number, book);
                }
                _ => {}
            },
            Token::Close(_) | Token::Text(_) | Token::Aside | Token::Broken => {}
        }
    }
}

/// What stands within an element, as it is written.
fn inside<'a>(reader: &mut Reader<'a, '_>, bytes: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let from = reader.at();
    if let Some(end) = reader.text_end(name) {
        return Some(&bytes[from..end]);
    }
    loop {
        let (range, token) = reader.next_token()?;
        if matches!(token, Token::Close(end) if end == name) {
            return Some(&bytes[from..range.start]);
        }
    }
}

/// What a value shows, by its cell's type: those of workbooks, then those of 2003.
fn value<'a>(kind: &[u8], raw: &'a [u8], format: Format, book: &Book) -> Option<Shown<'a>> {
    let shown = match kind {
        b"s" => return Some(Shown::Shared(std::str::from_utf8(raw.trim_ascii()).ok()?.parse().ok()?)),
        b"e" | b"Error" => return None,
        b"b" | b"Boolean" => if raw.trim_ascii() == b"1" { &b"TRUE"[..] } else { b"FALSE" }.into(),
        b"n" | b"Number" => number::shown(raw.trim_ascii(), format, book.is_1904),
        b"DateTime" => day(raw.trim_ascii()).into(),
        _ => match text(raw) {
            Cow::Borrowed(text) => unescaped(text),
            Cow::Owned(text) => unescaped(&text).into_owned().into(),
        },
    };
    (!shown.is_empty()).then_some(Shown::Own(shown))
}

/// A moment at midnight is a day.
fn day(moment: &[u8]) -> &[u8] {
    moment.strip_suffix(b"T00:00:00.000").or_else(|| moment.strip_suffix(b"T00:00:00")).unwrap_or(moment)
}
