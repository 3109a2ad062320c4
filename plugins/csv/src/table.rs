//! A table's shape: dialect, names and meanings of its columns; found at a member's start, and packed for the chunks that begin
//! further on.

use sluice_plugin::{
    heading::{Cells, columns_of_header, columns_without_header, data_rows, header_row},
    person::People,
};

use crate::{row::Dialect, sniff};

/// A header longer than this is not looked for again further down.
const HEADER_BYTES_MAX: usize = 16 << 10;
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
    let rows = &sniffed.rows;
    let cells: Vec<Cells<'_>> = rows.iter().map(|row| row.cells.as_slice()).collect();
    let at = header_row(&cells, sniffed.columns);
    let mut dialect = sniffed.dialect;
    let (people, header, body) = match at {
        Some(at) => {
            let rule = rows.get(at + 1).filter(|row| is_rule(&sample[row.start..row.end], sniffed.dialect.delimiter));
            dialect.bare |= rule.is_some();
            let header = &sample[rows[at].start..rows[at].end];
            let header = if header.len() <= HEADER_BYTES_MAX { header.to_vec() } else { Vec::new() };
            (columns_of_header(cells[at], &data_rows(&cells, sniffed.columns, at + 1)), header, rule.unwrap_or(&rows[at]).end)
        }
        None => {
            let start = sniff::excel_line(sample).map_or_else(|| sniff::start_of(sample), |(_, start)| start);
            (columns_without_header(&data_rows(&cells, sniffed.columns, 0), sniffed.columns), Vec::new(), start)
        }
    };
    let table = Table { dialect, width: sniffed.columns.max(1), people, header };
    Head { table, body, consistency: sniffed.consistency, rows: rows.len() }
}

/// Only dashes between the delimiters?
#[cold]
#[inline(never)]
pub fn is_rule(row: &[u8], delimiter: u8) -> bool {
    row.iter().all(|byte| matches!(byte, b'-' | b'+' | b' ' | b'\r' | b'\n') || *byte == delimiter)
        && row.iter().filter(|byte| **byte == b'-').count() >= 2
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
