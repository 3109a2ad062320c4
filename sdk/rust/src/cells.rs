//! Rows of a table read many at once, in two steps: a loop that calls nothing puts down where values are ([`Cells`]), and what needs a
//! look at its bytes or its neighbours gets it when some dozens of rows stand there ([`People::tell`]).
//!
//! Two steps, because compilers for WebAssembly keep nothing in a register that must outlive a call, and a call a row was most of its
//! cost. A row is only taken if it has the table's columns and a value; all others are the careful reader's, [`crate::person::Person`].
//! Tables that are wider than a word has bits, or have columns nobody may name, are left to it too.

use std::ops::Range;

use sluice_record::{Event, HashKind, Tag};

use crate::{
    Out,
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
    #[inline(never)]
    pub fn tell(&self, rows: usize, escapes: bool, plan: &mut Plan, out: &mut Out<'_>) -> Option<usize> {
        let rows = plan.rows.get(..rows).unwrap_or_default();
        let (first, mut number) = (out.used(), 0);
        loop {
            let (input, events) = out.put_since(first);
            number += self.look_at(&rows[number..], plan, escapes, input, events);
            let Some(row) = rows.get(number) else { break };
            let (login, email) = (plan.login.map_or(0, |login| row.nth(login)), plan.email.filter(|email| row.has(*email)));
            let record = out.reopen(first + row.event as usize, row.values());
            let record = self.settle_login(record, login, email.map(|email| row.nth(email)));
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

    /// Tells secrets by their content and their salts; gives how many rows that were: one whose login may have to be told otherwise ends it.
    #[inline(always)]
    fn look_at(&self, rows: &[Row], plan: &Plan, escapes: bool, input: &[u8], events: &mut [u64]) -> usize {
        for (number, row) in rows.iter().enumerate() {
            let Some(values) = events.get_mut(row.event as usize + 1..).and_then(|rest| rest.get_mut(..row.values())) else {
                return number;
            };
            for secret in plan.secrets.iter().filter(|secret| row.has(**secret)) {
                if let Some(value) = values.get_mut(row.nth(*secret)) {
                    self.tell_secret(secret.column, value, input);
                }
            }
            if let Some(salt) = plan.salts.iter().find(|salt| row.has(**salt)) {
                let salt_bytes = values.get(row.nth(*salt)).map_or(0, |salt| Event(*salt).span().len as usize);
                for secret in plan.secrets.iter().filter(|secret| row.has(**secret)) {
                    if let Some(value) = values.get_mut(row.nth(*secret)) {
                        *value = salted(Event(*value), salt_bytes).0;
                    }
                }
            }
            let value = |column: Option<Column>| column.filter(|column| row.has(*column)).and_then(|column| values.get(row.nth(column)));
            if let Some(login) = value(plan.login)
                && is_login_odd(Event(*login), value(plan.email).map(|email| Event(*email)), escapes, input)
            {
                return number;
            }
        }
        rows.len()
    }

    #[inline(always)]
    fn tell_secret(&self, column: usize, event: &mut u64, input: &[u8]) {
        let span = Event(*event).span();
        if span.len as usize >= secret::UNHINTED_BYTES_MIN || self.tags[column] == HINTED {
            let value = span.offset as usize..(span.offset + span.len) as usize;
            let tag = secret::identify(input.get(value.clone()).unwrap_or_default(), self.hints[column]).tag();
            *event = span_event(tag, value).0;
        }
    }
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

/// Is the byte in a value of the input? `true` may be wrong, where looking eight bytes a step is not possible.
#[inline(always)]
fn may_have(input: &[u8], value: Event, byte: u8) -> bool {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    let span = value.span();
    let (mut at, end) = (span.offset as usize, (span.offset + span.len) as usize);
    while at < end {
        let Some(word) = input.get(at..at + 8) else { return true };
        let differs = u64::from_le_bytes(word.try_into().unwrap_or_default()) ^ (ONES * u64::from(byte));
        let found = differs.wrapping_sub(ONES) & !differs & (ONES << 7);
        if found != 0 && ((found.trailing_zeros() / 8) as usize) < end - at {
            return true;
        }
        at += 8;
    }
    false
}
