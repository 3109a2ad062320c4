//! Finds a file's dialect from its first bytes.
//!
//! As clevercsv does: every dialect reads the sample, and the one wins whose rows are of one length and whose cells look like
//! something (van den Burg, Nazábal, Sutton: "Wrangling messy CSV files by detecting row and type patterns", 2019). Only delimiters
//! people use are tried, escapes and padding only where the sample shows them, and names the dictionary knows count too.

use memchr::memmem;
use sluice_plugin::{Bitmaps, heading::known_names};

use crate::row::{Dialect, Sink, line_end, read_row};

/// Bytes at the start of a member that decide on its dialect and header.
pub const SAMPLE_BYTES: usize = 64 << 10;
/// Rows of the sample that are looked at.
const ROWS_MAX: usize = 200;

/// A row of the sample.
#[derive(Clone, Default, Debug)]
pub struct SampleRow {
    pub start: usize,
    pub end: usize,
    pub cells: Vec<Vec<u8>>,
}

impl SampleRow {
    /// Nothing but blanks?
    pub fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim_ascii().is_empty())
    }
}

impl Sink<'_> for SampleRow {
    fn field(&mut self, column: usize, value: &[u8]) {
        self.unescaped(column, value);
    }
    fn unescaped(&mut self, column: usize, value: &[u8]) {
        if self.cells.len() <= column {
            self.cells.resize(column + 1, Vec::new());
        }
        self.cells[column] = value.to_vec();
    }
}

/// A sample read in a dialect.
#[derive(Clone, Debug)]
pub struct Sniffed {
    pub dialect: Dialect,
    /// Whole rows, odd ones left out.
    pub rows: Vec<SampleRow>,
    /// Fields most rows have.
    pub columns: usize,
    /// Share of the rows, blank ones aside, that have so many, 0–1.
    pub consistency: f64,
    score: f64,
}

/// The dialect of a sample; `whole` when the member ends with it.
pub fn sniff(sample: &[u8], whole: bool) -> Option<Sniffed> {
    if let Some((delimiter, start)) = excel_line(sample) {
        return read(sample, start, whole, Dialect::plain(delimiter));
    }
    let mut best: Option<Sniffed> = None;
    for delimiter in *b",;\t|" {
        let escapes = contains(sample, b"\\\"") || contains(sample, &[b'\\', delimiter]);
        let quote_after_space = contains(sample, &[delimiter, b' ', b'"']);
        for (escape, padded) in [(false, false), (false, true), (true, false), (true, true)] {
            if escape && !escapes || padded && !quote_after_space || !sample.contains(&delimiter) {
                continue;
            }
            let found = read(sample, start_of(sample), whole, Dialect { escape, padded, ..Dialect::plain(delimiter) });
            // A dialect with more in it must read the sample better, not just as well.
            best = match (best, found) {
                (Some(best), Some(found)) if found.score > best.score * 1.000_001 => Some(found),
                (None, Some(found)) => Some(found),
                (best, _) => best,
            };
        }
    }
    let mut best = match best {
        Some(best) if best.columns > 1 => best,
        _ => read(sample, start_of(sample), whole, Dialect::plain(b','))?,
    };
    if !best.dialect.padded && is_padded(&best.rows) {
        best = read(sample, start_of(sample), whole, Dialect { padded: true, ..best.dialect })?;
    }
    // Who escapes delimiters does not quote: a quote that begins a value is part of it.
    let dialect = best.dialect;
    if dialect.escape && escapes_delimiters(sample, dialect.delimiter) {
        best = read(sample, start_of(sample), whole, Dialect { bare: true, ..dialect })?;
    }
    Some(best)
}

/// Is there a line without a quote that has a delimiter escaped?
fn escapes_delimiters(sample: &[u8], delimiter: u8) -> bool {
    let mut lines = sample.split(|byte| *byte == b'\n').take(ROWS_MAX);
    lines.any(|line| memchr::memchr(b'"', line).is_none() && contains(line, &[b'\\', delimiter]))
}

fn contains(sample: &[u8], needle: &[u8]) -> bool {
    memmem::find(sample, needle).is_some()
}

/// Bytes before the text: a byte order mark the decoder left.
pub fn start_of(sample: &[u8]) -> usize {
    if sample.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 }
}

/// Excel's first line `sep=;`: the delimiter, and where the next line begins.
pub fn excel_line(sample: &[u8]) -> Option<(u8, usize)> {
    let start = start_of(sample);
    let [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter, rest @ ..] = &sample[start..] else { return None };
    let line_end = if rest.starts_with(b"\r\n") { 2 } else { usize::from(rest.starts_with(b"\n")) };
    (line_end > 0 && *delimiter != b'\n').then_some((*delimiter, start + 5 + line_end))
}

fn read(sample: &[u8], start: usize, whole: bool, dialect: Dialect) -> Option<Sniffed> {
    let mut maps = Bitmaps::default();
    let maps = dialect.index(sample, &mut maps);
    let (mut rows, mut odd) = (Vec::new(), 0);
    let mut at = start;
    while at < sample.len() && rows.len() < ROWS_MAX {
        let mut sampled = SampleRow { start: at, ..SampleRow::default() };
        let Some(row) = read_row::<true>(sample, maps, at, whole, dialect, &mut sampled) else { break };
        if row.odd {
            odd += 1;
            let Some(end) = line_end(sample, at, whole) else { break };
            at = end;
            continue;
        }
        sampled.cells.resize(row.columns, Vec::new());
        sampled.end = row.end;
        at = row.end;
        rows.push(sampled);
    }
    let filled = rows.iter().filter(|row| !row.is_blank()).count();
    if filled == 0 {
        return None;
    }
    let columns = usual_length(&rows);
    let alike = rows.iter().filter(|row| !row.is_blank() && row.cells.len() == columns);
    let consistency = alike.clone().count() as f64 / (filled + odd) as f64;
    let pattern = consistency * (columns as f64 - 1.0).max(0.001) / columns as f64;
    let cells = alike.take(60).flat_map(|row| &row.cells);
    let (mut typed, mut all) = (0.0, 0.0);
    for cell in cells {
        all += 1.0;
        typed += f64::from(u8::from(looks_like_something(cell)));
    }
    let names = rows.iter().take(10).map(|row| known_names(&row.cells)).max().unwrap_or(0).min(5) as f64;
    let score = pattern * (typed / f64::max(all, 1.0)).max(0.001) * (1.0 + names / 10.0);
    Some(Sniffed { dialect, rows, columns, consistency, score })
}

/// The number of cells most rows have; of two that are as frequent the greater.
fn usual_length(rows: &[SampleRow]) -> usize {
    let mut counts = std::collections::BTreeMap::new();
    for row in rows.iter().filter(|row| !row.is_blank()) {
        *counts.entry(row.cells.len()).or_insert(0usize) += 1;
    }
    counts.into_iter().max_by_key(|(length, count)| (*count, *length)).map_or(1, |(length, _)| length)
}

/// A number, date, address, hash, word or text, with no delimiter or quote left inside that another dialect would have cut at.
fn looks_like_something(cell: &[u8]) -> bool {
    let cell = cell.trim_ascii();
    !cell.iter().any(|byte| matches!(byte, b';' | b'\t' | b'|'))
        && !cell.starts_with(b"\"")
        && !cell.ends_with(b"\"")
        && !cell.ends_with(b"\\")
        && cell.iter().filter(|byte| **byte == b',').count() < 2
}

/// Do spaces stand around two cells in five?
fn is_padded(rows: &[SampleRow]) -> bool {
    let (mut padded, mut all) = (0, 0);
    for cell in rows.iter().flat_map(|row| row.cells.iter().skip(usize::from(row.cells.len() > 1))).filter(|cell| !cell.is_empty()) {
        all += 1;
        padded += usize::from(cell.starts_with(b" ") || cell.ends_with(b" "));
    }
    padded * 5 >= all * 2 && padded > 0
}
