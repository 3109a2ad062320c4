//! Rows of a table read many at once, in two steps: a loop that calls nothing puts down where values are ([`Cells`]), and what needs a
//! look at its bytes or its neighbours gets it when some dozens of rows stand there ([`People::tell`]).
//!
//! Two steps, because compilers for WebAssembly keep nothing in a register that must outlive a call, and a call a row was most of its
//! cost. A row is only taken if it has the table's columns and a value; all others are the careful reader's, [`crate::person::Person`].
//! Tables that are wider than a word has bits, or have columns nobody may name, are left to it too.

use std::ops::Range;

use sluice_record::{Event, HashKind, Tag};
use wide::u8x16;

use crate::{
    Out, Secret,
    common::common,
    identify,
    out::{RECORD_EVENTS_USUAL, span_event},
    person::{DROP, EMAIL, HINTED, LOGIN, People, SALT, SECRET},
    secret,
};

/// Columns of a table whose rows are read many at once: a bit each.
const COLUMNS_MAX: usize = u64::BITS as usize;
/// Rows read at once, at most.
const ROWS_MAX: usize = 64;

/// A row that was put: where its event is among those put, and which columns have a value, the last in the lowest bit.
#[derive(Clone, Copy, Default, Debug)]
struct Row {
    event: u32,
    filled: u64,
}

/// A column: the bit of its value in [`Row::filled`].
#[derive(Clone, Copy, Debug)]
struct Column {
    column: usize,
    bit: u32,
}

impl Row {
    #[inline(always)]
    fn has(self, column: Column) -> bool {
        self.filled >> column.bit & 1 != 0
    }

    /// Which of the row's values is the column's.
    #[inline(always)]
    fn nth(self, column: Column) -> usize {
        (self.filled >> column.bit >> 1).count_ones() as usize
    }

    /// Where the column's event is, if there is one.
    #[inline(always)]
    fn place(&self, column: Column) -> Option<usize> {
        self.has(column).then(|| self.event as usize + 1 + self.nth(column))
    }

    #[inline(always)]
    fn values(self) -> usize {
        self.filled.count_ones() as usize
    }
}

/// What reading a table's rows many at once needs; made once a table.
#[derive(Clone, Debug)]
pub struct Plan {
    /// A column's tag where an event has it.
    tags: Vec<u64>,
    rows: [Row; ROWS_MAX],
    /// Rows to read at once: few after one that ended its batch early, so that little is read twice.
    rows_max: usize,
    secrets: Vec<Column>,
    salts: Vec<Column>,
    login: Option<Column>,
    email: Option<Column>,
}

impl Plan {
    /// For the rows of `width` columns of a table, after its columns were named; `None` if they must be read one by one.
    pub fn new(people: &People, width: usize) -> Option<Self> {
        let named = &people.tags[..people.columns().len()];
        if named.len() != width || width > COLUMNS_MAX || named.contains(&DROP) {
            return None;
        }
        let of_kind = |wanted: &[u8]| {
            let columns = (0..width).filter(|at| wanted.contains(&named[*at]));
            columns.map(|column| Column { column, bit: (width - 1 - column) as u32 }).collect::<Vec<Column>>()
        };
        let mut emails = of_kind(&[EMAIL]);
        (emails.len() <= 1).then(|| Self {
            tags: named.iter().map(|tag| u64::from(*tag) << 56).collect(),
            rows: [Row::default(); ROWS_MAX],
            rows_max: ROWS_MAX,
            secrets: of_kind(&[HINTED, SECRET]),
            salts: of_kind(&[SALT]),
            login: of_kind(&[LOGIN]).pop(),
            email: emails.pop(),
        })
    }

    /// Where a loop that calls nothing may put rows. To be called in the loop's own function, so that it need not be in memory.
    #[inline(always)]
    pub fn cells<'c>(&'c mut self, out: &'c mut Out<'_>) -> Option<Cells<'c>> {
        let events = out.room().into_events().first_chunk_mut()?;
        let (table, rows_max) = (self.tags.as_slice(), self.rows_max);
        Some(Cells { events, rows: &mut self.rows, table, tags: table.iter(), rows_max, count: 0, row: 0, used: 1, filled: 0 })
    }
}

/// Where a loop puts rows without calling anything.
#[derive(Debug)]
pub struct Cells<'c> {
    events: &'c mut [u64; RECORD_EVENTS_USUAL],
    rows: &'c mut [Row; ROWS_MAX],
    table: &'c [u64],
    /// Those of the columns to come.
    tags: std::slice::Iter<'c, u64>,
    rows_max: usize,
    count: usize,
    /// Where the row's event goes.
    row: usize,
    /// Where the next event goes.
    used: usize,
    filled: u64,
}

impl Cells<'_> {
    /// The next column's value by its place in the push's bytes, empty or not; `false` if the table has no more columns.
    #[inline(always)]
    pub fn put(&mut self, value: Range<usize>) -> bool {
        let Some(tag) = self.tags.next() else { return false };
        // Whether a value is empty is hard to foresee: it is always written, and counts if it is not.
        let is_some = value.start != value.end;
        if let Some(place) = self.events.get_mut(self.used) {
            *place = tag | span_event(0, value).0;
        }
        self.filled = self.filled * 2 + u64::from(is_some);
        self.used += usize::from(is_some);
        true
    }

    /// Ends the row; `false` if it lacks columns or has no value: then it is not taken.
    #[inline(always)]
    pub fn end(&mut self, raw: Range<usize>) -> bool {
        if !self.tags.as_slice().is_empty() | (self.filled == 0) {
            return false;
        }
        let (Some(event), Some(row)) = (self.events.get_mut(self.row), self.rows.get_mut(self.count)) else { return false };
        *event = span_event(Tag::RECORD.0, raw).0;
        *row = Row { event: self.row as u32, filled: self.filled };
        self.count += 1;
        self.row = self.used;
        self.used += 1;
        self.filled = 0;
        self.tags = self.table.iter();
        true
    }

    /// Says that nobody's bytes stand before the row that begins now.
    #[inline(always)]
    pub fn skip(&mut self, raw: Range<usize>) {
        if let Some(event) = self.events.get_mut(self.row) {
            *event = span_event(Tag::SKIP.0, raw).0;
            self.row = self.used;
            self.used += 1;
        }
    }

    /// Is there no room for another row?
    #[inline(always)]
    pub fn is_full(&self) -> bool {
        (self.count >= self.rows_max) | (self.used + COLUMNS_MAX >= RECORD_EVENTS_USUAL)
    }

    /// Rows that were taken, to be said to [`People::tell`].
    #[inline(always)]
    pub fn rows(&self) -> usize {
        self.count
    }
}

impl People {
    /// Makes records of the first `rows` rows that were put. `None` if that is all; else the offset where reading must go on: a row before
    /// the last turned out to have another number of values than it was given, and those behind it are to be read again.
    ///
    /// `escapes`: could there be a backslash in a login?
    pub fn tell(&self, rows: usize, escapes: bool, plan: &mut Plan, out: &mut Out<'_>) -> Option<usize> {
        let rows = plan.rows.get(..rows).unwrap_or_default();
        let first = out.used();
        let (input, events) = out.put_since(first);
        // Column by column and not row by row: a loop that does one thing has all it needs in registers.
        for secret in &plan.secrets {
            self.tell_secrets(rows, *secret, input, events);
        }
        if !plan.salts.is_empty() {
            tell_salted(rows, &plan.salts, &plan.secrets, events);
        }
        let mut number = 0;
        while let Some(login) = plan.login {
            let (input, events) = out.put_since(first);
            number += usual_logins(&rows[number..], login, plan.email, escapes, input, events);
            let Some(row) = rows.get(number) else { break };
            let email = plan.email.filter(|email| row.has(*email));
            let record = out.reopen(first + row.event as usize, row.values());
            let record = self.settle_login(record, row.nth(login), email.map(|email| row.nth(email)));
            if record.values() != row.values() {
                record.end();
                plan.rows_max = if number + 1 == rows.len() { plan.rows_max } else { 1 };
                return Some(out.row_end(first + row.event as usize));
            }
            number += 1;
        }
        if let Some(last) = rows.last() {
            out.keep(last.event as usize + 1 + last.values());
            plan.rows_max = (plan.rows_max * 2).min(ROWS_MAX);
        }
        None
    }

    /// Tells a column's secrets by their content.
    #[inline(never)]
    fn tell_secrets(&self, rows: &[Row], secret: Column, input: &[u8], events: &mut [u64]) {
        let hint = self.hints[secret.column];
        let bytes_min = if hint.is_some() { 0 } else { secret::UNHINTED_BYTES_MIN };
        for row in rows {
            let Some(event) = row.place(secret).and_then(|place| events.get_mut(place)) else { continue };
            let span = Event(*event).span();
            if span.len as usize >= bytes_min {
                let (start, end) = (span.offset as usize, (span.offset + span.len) as usize);
                let window = input.get(start..).and_then(|rest| rest.first_chunk()).filter(|_| hint.is_none());
                let common = window.and_then(|window| common(window, span.len as usize)).map(Secret::Hash);
                let told = common.unwrap_or_else(|| identify(input.get(start..end).unwrap_or_default(), hint));
                *event = span_event(told.tag(), start..end).0;
            }
        }
    }
}

/// Tells hashes by a salt that stands in a column of its own: the first that has a value.
#[inline(never)]
fn tell_salted(rows: &[Row], salts: &[Column], secrets: &[Column], events: &mut [u64]) {
    for row in rows {
        let Some(salt) = salts.iter().find_map(|salt| row.place(*salt)).and_then(|place| events.get(place)) else { continue };
        let salt_bytes = Event(*salt).span().len as usize;
        if !secret::is_telling(salt_bytes) {
            continue;
        }
        for secret in secrets {
            if let Some(event) = row.place(*secret).and_then(|place| events.get_mut(place)) {
                *event = salted(Event(*event), salt_bytes).0;
            }
        }
    }
}

/// Rows before the first whose login may have to be told otherwise.
#[inline(never)]
fn usual_logins(rows: &[Row], login: Column, email: Option<Column>, escapes: bool, input: &[u8], events: &[u64]) -> usize {
    let is_usual = |row: &Row| {
        let value = |column: Column| row.place(column).and_then(|place| events.get(place)).map(|event| Event(*event));
        value(login).is_none_or(|login| !is_login_odd(login, email.and_then(value), escapes, input))
    };
    rows.iter().position(|row| !is_usual(row)).unwrap_or(rows.len())
}

/// A hash told by the salt that stands in a column of its own.
fn salted(hash: Event, salt_bytes: usize) -> Event {
    let span = hash.span();
    let tag = HashKind::from_tag(hash.tag()).map_or(hash.tag(), |kind| secret::salted(kind, salt_bytes).tag());
    Event::new(tag, span.offset, span.len, span.arena)
}

/// Could the login be an e-mail, the e-mail, or have its domain before it?
#[inline(always)]
fn is_login_odd(login: Event, email: Option<Event>, escapes: bool, input: &[u8]) -> bool {
    email.is_none_or(|email| login.span().len == email.span().len) || escapes && may_have(input, login, b'\\')
}

/// Is the byte in a value of the input? `true` may be wrong, where the input ends soon behind the value.
#[inline(always)]
fn may_have(input: &[u8], value: Event, byte: u8) -> bool {
    let span = value.span();
    let (mut at, end) = (span.offset as usize, (span.offset + span.len) as usize);
    while at < end {
        let Some(block) = input.get(at..).and_then(|rest| rest.first_chunk::<16>()) else { return true };
        let found = u8x16::new(*block).simd_eq(u8x16::splat(byte)).to_bitmask();
        if found & ((1 << (end - at).min(16)) - 1) != 0 {
            return true;
        }
        at += 16;
    }
    false
}
