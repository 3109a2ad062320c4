//! A sheet's table: where its header is, what its columns hold, and what becomes of its rows.

use sluice_plugin::{
    Out,
    columns::Meaning,
    heading::{columns_of_header, columns_without_header, data_rows, header_row},
    person::{ColumnTags, People, Person},
};

use crate::{book::Book, row::Cells};

/// Columns that a sheet's table has: what stands further out in one row alone is a remark.
fn width(rows: &[Vec<Vec<u8>>]) -> usize {
    let rows_with = |column: usize| rows.iter().filter(|row| row.get(column).is_some_and(|cell| !cell.trim_ascii().is_empty())).count();
    let widest = rows.iter().map(Vec::len).max().unwrap_or(0);
    (0..widest).rev().find(|column| rows_with(*column) > 1).map_or(widest, |last| last + 1)
}

/// A sheet.
pub struct Sheet {
    people: People,
    /// Rows up to the header, which are nobody's.
    head_rows: usize,
    has_people: bool,
}

impl Sheet {
    /// Of a sheet's first rows.
    pub fn new(rows: &[Vec<Vec<u8>>]) -> Self {
        let width = width(rows);
        let of_width = |row: &Vec<Vec<u8>>| {
            let mut row = row.clone();
            row.resize(width, Vec::new());
            row
        };
        let even: Vec<Vec<Vec<u8>>> = rows.iter().map(of_width).collect();
        let cells: Vec<&[Vec<u8>]> = even.iter().map(Vec::as_slice).collect();
        let (people, head_rows) = match header_row(&cells, width) {
            // A column may be named, and empty for long.
            Some(at) => (columns_of_header(&rows[at], &data_rows(&cells, width, at + 1)), at + 1),
            None => (columns_without_header(&data_rows(&cells, width, 0), width), 0),
        };
        Self { has_people: people.hold_people(), people, head_rows }
    }

    /// Names the columns: before any row is told.
    pub fn name_columns(&mut self, columns: &mut ColumnTags, out: &mut Out<'_>) {
        if self.has_people {
            self.people.name_columns(columns, out);
        }
    }

    /// Says a row, the `at`th of its sheet.
    pub fn tell(&self, at: usize, raw: &[u8], cells: &Cells<'_>, book: &Book, out: &mut Out<'_>) {
        if at < self.head_rows || !self.has_people {
            return out.skip(raw);
        }
        let is_telling = |column: usize| {
            let meaning = self.people.meaning(column);
            meaning.is_identity() || matches!(meaning, Meaning::Secret(_))
        };
        let mut values = Vec::with_capacity(cells.len());
        for (column, shown) in cells {
            let Some(value) = shown.bytes(book) else { return out.reject(raw, "text-unknown") };
            values.push((*column, value));
        }
        if !values.iter().any(|(column, value)| is_telling(*column) && !value.trim_ascii().is_empty()) {
            return out.skip(raw);
        }
        // Texts are shared, so that a row may mean far more bytes than it has; the host takes four for one.
        let bytes = |values: &[(usize, &[u8])]| values.iter().map(|(_, value)| value.len()).sum::<usize>();
        let bytes_max = 4 * raw.len();
        if bytes(&values) > bytes_max {
            values.retain(|(column, value)| self.people.meaning(*column) != Meaning::Extra || value.len() <= 64);
        }
        if bytes(&values) > bytes_max {
            return out.reject(raw, "row-too-long");
        }
        let mut person = Person::new(&self.people, out.begin());
        for (column, value) in values {
            person.value(column, value);
        }
        person.end(raw);
    }
}
