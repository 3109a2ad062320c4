//! A table's shape: dialect, names and meanings of its columns; found at a member's start, and packed for the chunks that begin
//! further on.

use sluice_plugin::{
    FieldKind,
    columns::{Meaning, infer_table, is_email, is_ip, known},
    person::{COLUMNS_MAX, NamedColumn, People},
};

use crate::{
    row::Dialect,
    sniff::{self, SampleRow, Sniffed},
};

/// Rows above a header that may be titles.
const TITLE_ROWS_MAX: usize = 12;
/// A header longer than this is not looked for again further down.
const HEADER_BYTES_MAX: usize = 16 << 10;
/// Rows whose content tells what a headerless column is.
const INFER_ROWS_MAX: usize = 100;
/// First byte of a packed context.
const CONTEXT_VERSION: u8 = 1;

/// A table.
#[derive(Clone, Debug)]
pub struct Table {
    pub dialect: Dialect,
    /// Fields a row has; may be more than `columns`.
    pub width: usize,
    pub people: People,
    /// The header's raw row, to know it again in joined files; empty without one.
    pub header: Vec<u8>,
}

/// A table, where its rows begin, and how sure that is.
#[derive(Clone, Debug)]
pub struct Head {
    pub table: Table,
    /// Offset of the first row of data in the sample.
    pub body: usize,
    /// Share of the rows that have the table's width, 0–1.
    pub consistency: f64,
    /// Rows of the sample.
    pub rows: usize,
}

/// Reads a member's first bytes; `whole` when the member ends with them.
pub fn head(sample: &[u8], whole: bool) -> Head {
    let Some(sniffed) = sniff::sniff(sample, whole) else {
        let dialect = Dialect::plain(b',');
        let table = Table { dialect, width: 1, people: columns_without_header(&[], 1), header: Vec::new() };
        return Head { table, body: sniff::start_of(sample), consistency: 0.0, rows: 0 };
    };
    let at = header_row(&sniffed);
    let rows = &sniffed.rows;
    let mut dialect = sniffed.dialect;
    let (people, header, body) = match at {
        Some(at) => {
            let rule = rows.get(at + 1).filter(|row| is_rule(&sample[row.start..row.end], sniffed.dialect.delimiter));
            dialect.bare = rule.is_some();
            let header = &sample[rows[at].start..rows[at].end];
            let header = if header.len() <= HEADER_BYTES_MAX { header.to_vec() } else { Vec::new() };
            (columns_of_header(&rows[at].cells, &data_rows(&sniffed, at + 1)), header, rule.unwrap_or(&rows[at]).end)
        }
        None => {
            let start = sniff::excel_line(sample).map_or_else(|| sniff::start_of(sample), |(_, start)| start);
            (columns_without_header(&data_rows(&sniffed, 0), sniffed.columns), Vec::new(), start)
        }
    };
    let table = Table { dialect, width: sniffed.columns.max(1), people, header };
    Head { table, body, consistency: sniffed.consistency, rows: rows.len() }
}

/// Rows of the table's width from `from` on.
fn data_rows(sniffed: &Sniffed, from: usize) -> Vec<&SampleRow> {
    sniffed.rows.iter().skip(from).filter(|row| row.cells.len() == sniffed.columns && !row.is_blank()).take(INFER_ROWS_MAX).collect()
}

/// Which row is the header: names and no data, with at least half of its cells filled.
fn header_row(sniffed: &Sniffed) -> Option<usize> {
    let candidates = || {
        let rows = sniffed.rows.iter().enumerate().take(TITLE_ROWS_MAX);
        rows.filter(|(_, row)| row.cells.len() == sniffed.columns || row.cells.len() + 1 == sniffed.columns && row.cells.len() > 2)
            .filter(|(_, row)| row.cells.iter().filter(|cell| !cell.is_empty()).count() * 2 >= sniffed.columns)
            .filter(|(_, row)| !row.cells.iter().any(|cell| is_data(cell)))
    };
    let named = candidates()
        .map(|(at, row)| (at, sniff::known_names(&row.cells), row.cells.len()))
        .filter(|(_, names, columns)| *names >= 2 || *names == 1 && *columns <= 3)
        .max_by_key(|(at, names, _)| (*names, usize::MAX - at));
    if let Some((at, ..)) = named {
        return Some(at);
    }
    // No name is known; a first row of words above columns of data is a header all the same.
    let (at, _) = candidates().next()?;
    let data = data_rows(sniffed, at + 1);
    let typed = |column: usize| data.iter().filter(|row| row.cells.get(column).is_some_and(|cell| is_data(cell))).count();
    (data.len() >= 2 && (0..sniffed.columns).any(|column| typed(column) * 5 >= data.len() * 4)).then_some(at)
}

/// Is the cell something a column is never called: a number, a date, an e-mail, an IP, a hash?
fn is_data(cell: &[u8]) -> bool {
    let cell = cell.trim_ascii();
    let digits = cell.iter().filter(|byte| byte.is_ascii_digit()).count();
    digits * 2 > cell.len() && known(cell).is_none()
        || is_email(cell)
        || is_ip(cell)
        || cell.starts_with(b"http")
        || cell.starts_with(b"$2")
        || cell.len() >= 32 && cell.iter().all(u8::is_ascii_hexdigit)
}

/// Only dashes between the delimiters?
#[cold]
#[inline(never)]
pub fn is_rule(row: &[u8], delimiter: u8) -> bool {
    row.iter().all(|byte| matches!(byte, b'-' | b'+' | b' ' | b'\r' | b'\n') || *byte == delimiter)
        && row.iter().filter(|byte| **byte == b'-').count() >= 2
}

fn columns_of_header(cells: &[Vec<u8>], data: &[&SampleRow]) -> People {
    let mut columns = Vec::new();
    for (at, cell) in cells.iter().take(COLUMNS_MAX).enumerate() {
        let name = cell.trim_ascii();
        let mut meaning = known(name).unwrap_or(Meaning::Extra);
        if meaning == Meaning::Field(FieldKind::Username) || known(name).is_none() && at == 0 {
            // A column called `user` may hold addresses, and a nameless one anything.
            let samples: Vec<&[u8]> = data.iter().filter_map(|row| row.cells.get(at)).map(Vec::as_slice).collect();
            if sluice_plugin::columns::infer(&samples) == Meaning::Field(FieldKind::Email)
                && !cells.iter().any(|cell| known(cell) == Some(Meaning::Field(FieldKind::Email)))
            {
                meaning = Meaning::Field(FieldKind::Email);
            }
        }
        let name = if name.is_empty() { format!("column_{}", at + 1).into_bytes() } else { name.to_vec() };
        columns.push(NamedColumn { name, meaning });
    }
    People::new(columns)
}

fn columns_without_header(data: &[&SampleRow], width: usize) -> People {
    let width = width.min(COLUMNS_MAX);
    let cells = |column: usize| data.iter().filter_map(|row| row.cells.get(column)).map(Vec::as_slice).collect();
    let meanings = infer_table(&(0..width).map(cells).collect::<Vec<Vec<&[u8]>>>());
    let named = |(at, meaning): (usize, Meaning)| NamedColumn { name: format!("column_{}", at + 1).into_bytes(), meaning };
    People::new(meanings.into_iter().enumerate().map(named).collect())
}

impl Table {
    /// Does a column say whose record a row is?
    pub fn has_identity(&self) -> bool {
        self.people.columns().iter().any(|column| column.meaning.is_identity())
    }

    /// Is this row the header again, or the rule under it?
    #[inline(always)]
    pub fn is_header(&self, raw: &[u8]) -> bool {
        raw.len() == self.header.len() && raw == self.header || raw.first() == Some(&b'-') && is_rule(raw, self.dialect.delimiter)
    }

    /// As a chunk's context: version, delimiter, flags, width, columns, header.
    pub fn pack(&self) -> Vec<u8> {
        let Dialect { escape, padded, bare, .. } = self.dialect;
        let flags = u8::from(escape) | u8::from(padded) << 1 | u8::from(bare) << 2;
        let mut context = vec![CONTEXT_VERSION, self.dialect.delimiter, flags];
        context.extend_from_slice(&(self.width as u32).to_le_bytes());
        self.people.pack(&mut context);
        context.extend_from_slice(&self.header);
        context
    }

    /// Reads what [`Table::pack`] wrote.
    pub fn unpack(context: &[u8]) -> Option<Self> {
        let ([CONTEXT_VERSION, delimiter, flags], rest) = context.split_first_chunk::<3>()? else { return None };
        let (width, rest) = rest.split_first_chunk::<4>()?;
        let (people, header) = People::unpack(rest)?;
        let [escape, padded, bare] = [1, 2, 4].map(|flag| flags & flag != 0);
        let dialect = Dialect { delimiter: *delimiter, escape, padded, bare };
        Some(Self { dialect, width: u32::from_le_bytes(*width) as usize, people, header: header.to_vec() })
    }
}
