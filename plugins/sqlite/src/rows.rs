//! The rows of a page, told in the order of their places in it.
//!
//! A row that is damaged must cost no other: its length is believed only as far as the next row, and where two overlap the one that is
//! a row in itself stays.

use std::ops::Range;

use sluice_plugin::{
    Out,
    person::{ColumnTags, Person},
};

use crate::{
    owners::Tree,
    page::{Cell, Layout, Page},
    record::{Values, text},
};

/// A cell that is told, and what is wrong with it.
struct Told {
    nth: usize,
    cell: Cell,
    fault: Option<&'static str>,
}

/// Tells the rows of a page of people.
pub fn tell(layout: &Layout, tree: &mut Tree, page: &Page<'_>, tags: &mut ColumnTags, scratch: &mut Vec<u8>, out: &mut Out<'_>) {
    if !std::mem::replace(&mut tree.named, true) {
        tree.table.people.name_columns(tags, out);
    }
    let (cells, lost) = cells(layout, page);
    let mut at = 0;
    let mut upto = |to: Range<usize>, out: &mut Out<'_>| {
        out.skip(&page.bytes[at..to.start]);
        at = to.end;
    };
    for pointer in lost.into_iter().map(|nth| page.pointer(nth)).filter(|pointer| pointer.end <= page.bytes.len()) {
        upto(pointer.clone(), out);
        out.reject(&page.bytes[pointer], "row-outside-page");
    }
    for Told { cell, fault, .. } in cells {
        upto(cell.span.clone(), out);
        let raw = &page.bytes[cell.span.clone()];
        let read = fault.map_or_else(|| row(layout, tree, page, &cell, raw, scratch, out), Err);
        if let Err(reason) = read {
            out.reject(raw, reason);
        }
    }
    upto(page.bytes.len()..page.bytes.len(), out);
}

/// The cells in the order of their places, none over another; and those that have none.
fn cells(layout: &Layout, page: &Page<'_>) -> (Vec<Told>, Vec<usize>) {
    let end = layout.usable.min(page.bytes.len());
    let (mut all, mut lost) = (Vec::with_capacity(page.cells), Vec::new());
    for nth in 0..page.cells {
        match page.cell(layout, nth) {
            Some(cell) if cell.span.start < end => all.push(Told { nth, cell, fault: None }),
            _ => lost.push(nth),
        }
    }
    all.sort_by_key(|told| told.cell.span.start);
    let mut kept: Vec<Told> = Vec::with_capacity(all.len());
    for told in all {
        if let Some(before) = kept.last_mut()
            && before.cell.span.end > told.cell.span.start
        {
            let is_same = before.cell.span.start == told.cell.span.start;
            if is_same || is_sound(page, &before.cell) && !is_sound(page, &told.cell) {
                lost.push(told.nth);
                continue;
            }
            before.cell.span.end = told.cell.span.start;
            before.fault = Some("overlapping-row");
        }
        kept.push(told);
    }
    if let Some(last) = kept.last_mut().filter(|last| last.cell.span.end > end) {
        last.cell.span.end = end;
        last.fault = Some("truncated-row");
    }
    lost.sort_unstable();
    (kept, lost)
}

fn is_sound(page: &Page<'_>, cell: &Cell) -> bool {
    page.bytes.get(cell.local.clone()).is_some_and(|local| Values::read(local, cell.payload_bytes).is_some())
}

/// One row: a record, or what is wrong with it.
fn row(
    layout: &Layout,
    tree: &Tree,
    page: &Page<'_>,
    cell: &Cell,
    raw: &[u8],
    scratch: &mut Vec<u8>,
    out: &mut Out<'_>,
) -> Result<(), &'static str> {
    let values = page.bytes.get(cell.local.clone()).and_then(|local| Values::read(local, cell.payload_bytes)).ok_or("malformed-row")?;
    let table = &tree.table;
    if values.types().count() > table.columns.len() {
        return Err("column-count");
    }
    let mut person = Person::new(&table.people, out.begin());
    for (column, (kind, value)) in values.enumerate() {
        if table.rowid_column == Some(column) {
            person.value(column, cell.rowid.to_string().as_bytes());
        } else if let Some(value) = value {
            person.value(column, text(kind, value, layout.encoding, scratch));
        }
    }
    if person.is_empty() {
        person.abandon();
        out.skip(raw);
    } else {
        person.end(raw);
    }
    Ok(())
}
