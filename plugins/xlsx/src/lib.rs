//! Excel workbooks, and the XML that Excel wrote in 2003.
//!
//! A workbook is an archive: its parts reach one instance as one member ([`Parser::group`]), the workbook first, then styles, the texts that
//! cells share, and the sheets. [`book`] keeps what the first three say, [`row`] reads rows, [`number`] what numbers show, [`sheet`] finds
//! the header, by the rules of all tables. A part is known by its root element, not by its name.
//! Deliberately absent: formulas (what they came to is in the cell), comments, and old binary workbooks. Sheets need what stands before
//! them, up to dozens of MiB: a workbook is read in one piece.
#![forbid(unsafe_code)]

mod book;
mod number;
mod row;
mod sheet;

use std::collections::HashMap;

use memchr::memmem;
use sluice_plugin::{
    Claim, Descriptor, Framing, Input, Out, Parser, Sample, Start,
    person::ColumnTags,
    xml::{Index, Reader, Tag, Token, local},
};

use crate::{
    book::{Book, rich_text},
    row::{Cells, End, is_row},
    sheet::Sheet,
};

/// Bytes of a sheet that decide on its table, and rows of them.
const SAMPLE_BYTES: usize = 64 << 10;
const SAMPLE_ROWS_MAX: usize = 200;

/// In what the parts of a workbook speak.
const PARTS: [&[u8]; 3] = [b"spreadsheetml", b"schemas.openxmlformats.org", b"urn:schemas-microsoft-com:vml"];

/// The parser.
#[derive(Default)]
pub struct Xlsx {
    index: Index,
    book: Book,
    /// The sheet we are in, and how many of its rows were read.
    sheet: Option<(Sheet, usize)>,
    columns: ColumnTags,
}

impl Parser for Xlsx {
    fn describe() -> Descriptor {
        Descriptor {
            name: "xlsx",
            version: env!("CARGO_PKG_VERSION"),
            title: "Excel workbooks",
            formats: &["XLSX", "XLSM", "XML Spreadsheet 2003"],
            framing: Framing::Whole,
            ..Descriptor::TEXT
        }
    }

    fn probe(sample: &Sample<'_>) -> Option<Claim> {
        let mut index = Index::default();
        let mut reader = index.read(sample.head.get(..8192).unwrap_or(sample.head), true);
        let root = loop {
            match reader.next_token()?.1 {
                Token::Open(tag) => break tag,
                Token::Text(text) if !text.trim_ascii().strip_prefix(b"\xef\xbb\xbf").unwrap_or(text.trim_ascii()).is_empty() => {
                    return None;
                }
                Token::Text(_) | Token::Aside => {}
                Token::Close(_) | Token::Broken => return None,
            }
        };
        let speaks = |name: &[u8]| memmem::find(root.attributes, name).is_some();
        match local(root.name) {
            b"Workbook" if speaks(b"office:spreadsheet") => Some(Claim::new(97, "a workbook in the XML of 2003")),
            b"workbook" if speaks(b"spreadsheetml") => Some(Claim::new(97, "a workbook's first part")),
            // What is no sheet is nobody's: relations, properties, themes. Texts and slides are for who reads text.
            _ if speaks(b"wordprocessingml") || speaks(b"presentationml") => None,
            _ if PARTS.iter().any(|part| speaks(part)) => Some(Claim::new(92, "a part of a workbook")),
            _ => None,
        }
    }

    fn group(names: &[&str]) -> Vec<Vec<u32>> {
        group(names)
    }

    fn open(_: &Start<'_>) -> Result<Self, String> {
        Ok(Self::default())
    }

    fn push(&mut self, input: &mut Input<'_>, out: &mut Out<'_>) -> Result<(), String> {
        let Self { index, book, sheet, columns } = self;
        let mut push = Push { bytes: input.bytes(), last: input.is_last(), reader: index.read(input.bytes(), input.is_last()) };
        push.reader.seek(input.consumed());
        let mut cells = Cells::new();
        while let Some(to) = push.step(book, sheet, columns, &mut cells, out) {
            push.reader.seek(to);
            input.consume_to(to);
        }
        Ok(())
    }
}

/// The bytes of one push.
struct Push<'a, 'm> {
    bytes: &'a [u8],
    last: bool,
    reader: Reader<'a, 'm>,
}

impl<'a> Push<'a, '_> {
    /// One row, one shared text, or one piece of anything else; says where it ends.
    fn step(
        &mut self,
        book: &mut Book,
        sheet: &mut Option<(Sheet, usize)>,
        columns: &mut ColumnTags,
        cells: &mut Cells<'a>,
        out: &mut Out<'_>,
    ) -> Option<usize> {
        let (range, token) = self.reader.next_token()?;
        let bytes = self.bytes;
        match (token, &mut *sheet) {
            (Token::Open(tag), Some((sheet, rows))) if is_row(&tag) => {
                let end = row::read(&mut self.reader, bytes, tag, book, self.last, cells);
                match end {
                    End::Whole(to) => sheet.tell(*rows, &bytes[range.start..to], cells, book, out),
                    End::Torn(to) => out.reject(&bytes[range.start..to], "row-not-closed"),
                    End::Incomplete => {}
                }
                let (End::Whole(to) | End::Torn(to)) = end else { return None };
                *rows += 1;
                return Some(to);
            }
            (Token::Open(tag), _) if local(tag.name) == b"si" && !tag.is_empty => match rich_text(&mut self.reader, bytes, tag.name) {
                Some(text) => {
                    book.add(&text);
                    let to = self.reader.at();
                    out.skip(&bytes[range.start..to]);
                    return Some(to);
                }
                None if self.last => {
                    out.reject(&bytes[range.start..], "text-not-closed");
                    return Some(bytes.len());
                }
                None => return None,
            },
            (Token::Open(tag), _) if local(tag.name) == b"si" => book.add(b""),
            (Token::Open(tag), _) if matches!(local(tag.name), b"sheetData" | b"Table") && !tag.is_empty => {
                let mut new = Sheet::new(&self.sample(tag, book)?);
                new.name_columns(columns, out);
                *sheet = Some((new, 0));
            }
            (Token::Open(tag), _) => book.open(&tag),
            (Token::Close(name), _) if matches!(local(name), b"sheetData" | b"Table") => *sheet = None,
            (Token::Close(name), _) => book.close(name),
            (Token::Broken, Some(_)) => {
                out.reject(&bytes[range.clone()], "broken-tag");
                return Some(range.end);
            }
            (Token::Text(_) | Token::Aside | Token::Broken, _) => {}
        }
        out.skip(&bytes[range.clone()]);
        Some(range.end)
    }

    /// A sheet's first rows; `None` if more bytes are needed for them.
    fn sample(&self, sheet: Tag<'a>, book: &Book) -> Option<Vec<Vec<Vec<u8>>>> {
        let to = self.reader.at() + SAMPLE_BYTES;
        if to > self.bytes.len() && !self.last {
            return None;
        }
        let mut reader = self.reader.until(to.min(self.bytes.len()));
        let (mut rows, mut cells) = (Vec::new(), Cells::new());
        while let Some((_, token)) = reader.next_token() {
            match token {
                Token::Open(tag) if is_row(&tag) => {
                    let end = row::read(&mut reader, self.bytes, tag, book, false, &mut cells);
                    match end {
                        End::Whole(_) => rows.push(row_of(&cells, book)),
                        // It keeps its place: rows are counted up to the header.
                        End::Torn(to) => {
                            rows.push(Vec::new());
                            reader.seek(to);
                        }
                        End::Incomplete => break,
                    }
                    if rows.len() >= SAMPLE_ROWS_MAX {
                        break;
                    }
                }
                Token::Open(tag) if tag.name == sheet.name => break,
                Token::Close(name) if name == sheet.name => break,
                _ => {}
            }
        }
        Some(rows)
    }
}

/// Bytes of a cell that are looked at to tell what its column holds.
const CELL_BYTES_MAX: usize = 256;

/// A row with its empty cells.
fn row_of(cells: &Cells<'_>, book: &Book) -> Vec<Vec<u8>> {
    let mut row = Vec::new();
    for (column, shown) in cells {
        if row.len() <= *column {
            row.resize(column + 1, Vec::new());
        }
        let bytes = shown.bytes(book).unwrap_or_default();
        row[*column] = bytes[..bytes.len().min(CELL_BYTES_MAX)].to_vec();
    }
    row
}

/// The parts of each workbook: the workbook itself, styles, shared texts, then the sheets by number.
fn group(names: &[&str]) -> Vec<Vec<u32>> {
    let mut books: HashMap<&str, Vec<(usize, usize, u32)>> = HashMap::new();
    for (at, name) in names.iter().enumerate() {
        let Some(folder) = name.rfind("xl/").filter(|at| *at == 0 || name[..*at].ends_with('/')) else { continue };
        let (book, part) = (&name[..folder], name[folder + 3..].to_ascii_lowercase());
        let sheet = part.strip_prefix("worksheets/").filter(|sheet| !sheet.contains('/') && sheet.ends_with(".xml"));
        let place = match (part.as_str(), sheet) {
            ("workbook.xml", _) => (0, 0),
            ("styles.xml", _) => (1, 0),
            ("sharedstrings.xml", _) => (2, 0),
            (_, Some(sheet)) => (3, sheet.chars().filter(char::is_ascii_digit).take(9).collect::<String>().parse().unwrap_or(0)),
            _ => continue,
        };
        books.entry(book).or_default().push((place.0, place.1, at as u32));
    }
    let mut groups: Vec<_> = books.into_values().filter(|parts| parts.len() > 1 && parts.iter().any(|part| part.0 == 0)).collect();
    groups.iter_mut().for_each(|parts| parts.sort_unstable());
    groups.sort_unstable_by_key(|parts| parts[0].2);
    groups.into_iter().map(|parts| parts.into_iter().map(|(.., at)| at).collect()).collect()
}

sluice_plugin::export!(Xlsx);
