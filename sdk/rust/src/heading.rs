//! The heading of a table: which of its first rows names the columns, and what they hold with and without one. For everything that has rows
//! of cells: delimited texts, sheets.
//!
//! Rows are given as their cells; a row that has not the table's width is no row of data.

use sluice_record::FieldKind;

use crate::{
    columns::{Meaning, infer, is_email, is_ip, known},
    person::{COLUMNS_MAX, NamedColumn, People},
    unnamed,
};

/// Rows above a header that may be titles.
const TITLE_ROWS_MAX: usize = 12;
/// Rows whose content tells what a headerless column is.
const INFER_ROWS_MAX: usize = 100;

/// A row's cells.
pub type Cells<'r> = &'r [Vec<u8>];

/// Rows of the table's width from a place on, blank ones left out.
pub fn data_rows<'r>(rows: &[Cells<'r>], width: usize, from: usize) -> Vec<Cells<'r>> {
    let is_blank = |row: Cells<'_>| row.iter().all(|cell| cell.trim_ascii().is_empty());
    rows.iter().skip(from).copied().filter(|row| row.len() == width && !is_blank(row)).take(INFER_ROWS_MAX).collect()
}

/// Cells that are names the dictionary knows, decoys among them.
pub fn known_names(cells: Cells<'_>) -> usize {
    cells.iter().filter(|cell| known(cell).is_some()).count()
}

/// Which row is the header: names and no data, with at least half of its cells filled.
pub fn header_row(rows: &[Cells<'_>], width: usize) -> Option<usize> {
    let candidates = || {
        let rows = rows.iter().copied().enumerate().take(TITLE_ROWS_MAX);
        rows.filter(|(_, row)| row.len() == width || row.len() + 1 == width && row.len() > 2)
            .filter(|(_, row)| row.iter().filter(|cell| !cell.is_empty()).count() * 2 >= width)
            .filter(|(_, row)| !row.iter().any(|cell| is_data(cell)))
    };
    let named = candidates()
        .map(|(at, row)| (at, known_names(row), row.len()))
        .filter(|(_, names, columns)| *names >= 2 || *names == 1 && *columns <= 3)
        .max_by_key(|(at, names, _)| (*names, usize::MAX - at));
    if let Some((at, ..)) = named {
        return Some(at);
    }
    // No name is known; a first row of words above columns of data is a header all the same.
    let (at, _) = candidates().next()?;
    let data = data_rows(rows, width, at + 1);
    let typed = |column: usize| data.iter().filter(|row| row.get(column).is_some_and(|cell| is_data(cell))).count();
    (data.len() >= 2 && (0..width).any(|column| typed(column) * 5 >= data.len() * 4)).then_some(at)
}

/// Is the cell something a column is never called: a number, a date, an e-mail, an IP, a hash, a name with its value?
fn is_data(cell: &[u8]) -> bool {
    let cell = cell.trim_ascii();
    let digits = cell.iter().filter(|byte| byte.is_ascii_digit()).count();
    digits * 2 > cell.len() && known(cell).is_none()
        || is_email(cell)
        || is_ip(cell)
        || cell.starts_with(b"http")
        || cell.windows(2).any(|two| two == b": ")
        || cell.starts_with(b"$2")
        || cell.len() >= 32 && cell.iter().all(u8::is_ascii_hexdigit)
}

/// The columns that a header names, given the rows under it.
pub fn columns_of_header(cells: Cells<'_>, data: &[Cells<'_>]) -> People {
    let mut columns = Vec::new();
    for (at, cell) in cells.iter().take(COLUMNS_MAX).enumerate() {
        let name = cell.trim_ascii();
        let mut meaning = known(name).unwrap_or(Meaning::Extra);
        if meaning == Meaning::Field(FieldKind::Username) || known(name).is_none() && at == 0 {
            // A column called `user` may hold addresses, and a nameless one anything.
            let samples: Vec<&[u8]> = data.iter().filter_map(|row| row.get(at)).map(Vec::as_slice).collect();
            if infer(&samples) == Meaning::Field(FieldKind::Email)
                && !cells.iter().any(|cell| known(cell) == Some(Meaning::Field(FieldKind::Email)))
            {
                meaning = Meaning::Field(FieldKind::Email);
            }
        }
        let name = if name.is_empty() { nameless(at) } else { name.to_vec() };
        columns.push(NamedColumn { name, meaning });
    }
    People::new(columns)
}

/// The columns of a table without a header, by what is in them.
pub fn columns_without_header(data: &[Cells<'_>], width: usize) -> People {
    let width = width.min(COLUMNS_MAX);
    let cells = |column: usize| data.iter().filter_map(|row| row.get(column)).map(Vec::as_slice).collect();
    let meanings = unnamed::meanings(&(0..width).map(cells).collect::<Vec<Vec<&[u8]>>>());
    let named = |(at, meaning): (usize, Meaning)| NamedColumn { name: nameless(at), meaning };
    People::new(meanings.into_iter().enumerate().map(named).collect())
}

fn nameless(at: usize) -> Vec<u8> {
    format!("column_{}", at + 1).into_bytes()
}
