//! CSV and TSV: delimiter, quoting, header and the meaning of columns are found by themselves.
//!
//! A member's first 64 KiB decide on its [`table::Table`]; chunks further on get it as their context. The modules, in the order things
//! happen: [`sniff`] finds the dialect, [`table`] the header, [`row`] reads rows, the kit makes a record of one.
//! Deliberately absent: mending text that was encoded twice, and quotes other than `"`.
#![forbid(unsafe_code)]

mod row;
mod sniff;
mod table;

use sluice_plugin::{
    Bitmaps, Claim, Cuts, Descriptor, FieldKind, Framing, Input, Out, Parser, Sample, Start,
    cells::Plan,
    columns::{Meaning, is_email, known},
    person::{ColumnTags, Person},
};

use crate::{
    row::{Maps, Nothing, Sink, Verdict, judge, line_end, read_line, read_row, read_simple_rows, read_usual_row},
    sniff::SAMPLE_BYTES,
    table::{Head, Table, head, is_rule},
};

/// Bytes between cuts, at least; the first is never within the sample.
const CUT_BYTES: u64 = 1 << 20;

/// The parser.
pub struct Csv {
    /// `None` until enough of the member's start is there.
    table: Option<Table>,
    /// Have the columns been named?
    named: bool,
    /// How to read many rows at once, since then.
    plan: Option<Plan>,
    maps: Bitmaps<2>,
    /// Offset of the last cut.
    cut: u64,
}

impl Parser for Csv {
    fn describe() -> Descriptor {
        Descriptor {
            name: "csv",
            version: env!("CARGO_PKG_VERSION"),
            title: "CSV, TSV and other delimited tables",
            formats: &["CSV", "TSV", "Excel CSV", "sqlcmd"],
            framing: Framing::Marks,
            ..Descriptor::TEXT
        }
    }

    fn probe(sample: &Sample<'_>) -> Option<Claim> {
        claim(sample)
    }

    fn open(start: &Start<'_>) -> Result<Self, String> {
        let table = match start.context {
            [] => None,
            context => Some(Table::unpack(context).ok_or("the chunk's context is none of this parser's")?),
        };
        Ok(Self { table, named: false, plan: None, maps: Bitmaps::default(), cut: start.base })
    }

    fn push(&mut self, input: &mut Input<'_>, out: &mut Out<'_>) -> Result<(), String> {
        let body = match self.begin(input) {
            Some(body) => body,
            None => return Ok(()),
        };
        let Some(table) = &mut self.table else { return Ok(()) };
        out.skip(&input.rest()[..body]);
        input.consume_to(input.consumed() + body);
        if !std::mem::replace(&mut self.named, true) {
            table.people.name_columns(&mut ColumnTags::default(), out);
            self.plan = Plan::new(&table.people, table.width);
        }
        let maps = table.dialect.index(input.bytes(), &mut self.maps);
        let end = match table.dialect.is_fancy() {
            false => rows::<false>(table, self.plan.as_mut(), maps, input, out),
            true => rows::<true>(table, None, maps, input, out),
        };
        input.consume_to(end);
        Ok(())
    }

    fn scan(&mut self, input: &mut Input<'_>, cuts: &mut Cuts<'_>) -> Result<(), String> {
        let Some(body) = self.begin(input) else { return Ok(()) };
        let Some(table) = &self.table else { return Ok(()) };
        let (bytes, last) = (input.bytes(), input.is_last());
        let maps = table.dialect.index(bytes, &mut self.maps);
        let mut at = input.consumed() + body;
        while at < bytes.len() {
            let row = match table.dialect.is_fancy() {
                false => read_row::<false>(bytes, maps, at, last, table.dialect, &mut Nothing),
                true => read_row::<true>(bytes, maps, at, last, table.dialect, &mut Nothing),
            };
            let Some(verdict) = row.and_then(|row| judge(bytes, at, last, row, table.dialect, table.width)) else { break };
            let (Verdict::AsRead(end) | Verdict::Line(end) | Verdict::Unbalanced(end)) = verdict;
            at = end;
            let offset = input.base() + at as u64;
            if offset >= self.cut + CUT_BYTES && (at < bytes.len() || !last) {
                cuts.cut(offset, &table.pack());
                self.cut = offset;
            }
        }
        input.consume_to(at);
        Ok(())
    }
}

impl Csv {
    /// Makes sure that the table is known; gives the bytes before its first row, or `None` when more input is needed for it.
    fn begin(&mut self, input: &Input<'_>) -> Option<usize> {
        if self.table.is_some() {
            return Some(0);
        }
        let rest = input.rest();
        if rest.len() <= SAMPLE_BYTES && !input.is_last() {
            return None;
        }
        let whole = rest.len() <= SAMPLE_BYTES;
        let Head { table, body, .. } = head(&rest[..rest.len().min(SAMPLE_BYTES)], whole);
        self.table = Some(table);
        Some(body)
    }
}

/// Reads all rows that are complete; gives where the first incomplete one begins.
#[inline(never)]
fn rows<const FANCY: bool>(table: &Table, mut plan: Option<&mut Plan>, maps: Maps<'_>, input: &Input<'_>, out: &mut Out<'_>) -> usize {
    let (bytes, last) = (input.bytes(), input.is_last());
    let mut at = input.consumed();
    while at < bytes.len() {
        if let Some(end) = plan.as_deref_mut().and_then(|plan| some_rows(table, plan, maps, bytes, at, out)) {
            at = end;
            continue;
        }
        match usual_row::<FANCY>(table, maps, bytes, at, last, out) {
            Some(end) => at = end,
            None => break,
        }
    }
    at
}

/// Rows of people for as long as there is nothing odd about them; `None` if there is about the first.
#[inline(always)]
fn some_rows(table: &Table, plan: &mut Plan, maps: Maps<'_>, bytes: &[u8], at: usize, out: &mut Out<'_>) -> Option<usize> {
    let (end, rows) = read_simple_rows(bytes, maps, at, table.dialect.delimiter, table.header.len(), plan, out);
    if rows == 0 {
        return None;
    }
    Some(table.people.tell(rows, true, plan, out).unwrap_or(end))
}

/// One row that may have quotes or long fields; `None` when it is not complete.
#[inline(never)]
fn usual_row<const FANCY: bool>(table: &Table, maps: Maps<'_>, bytes: &[u8], at: usize, last: bool, out: &mut Out<'_>) -> Option<usize> {
    let mut person = Person::new(&table.people, out.begin());
    if !FANCY
        && let Some((end, columns)) = read_usual_row(bytes, maps, at, table.dialect.delimiter, &mut person)
        && columns == table.width
        && !person.is_empty()
        && !table.is_header(&bytes[at..end])
    {
        person.end(at..end);
        return Some(end);
    }
    person.abandon();
    odd_row::<FANCY>(table, maps, bytes, at, last, out)
}

/// One row of any kind; `None` when it is not complete.
#[inline(never)]
fn odd_row<const FANCY: bool>(table: &Table, maps: Maps<'_>, bytes: &[u8], at: usize, last: bool, out: &mut Out<'_>) -> Option<usize> {
    let (dialect, width) = (table.dialect, table.width);
    let mut person = Person::new(&table.people, out.begin());
    let row = read_row::<FANCY>(bytes, maps, at, last, dialect, &mut person)?;
    if !row.odd && row.columns == width && !person.is_empty() && !table.is_header(&bytes[at..row.end]) {
        person.end(&bytes[at..row.end]);
        return Some(row.end);
    }
    person.abandon();
    let verdict = judge(bytes, at, last, row, dialect, width)?;
    Some(unusual(table, bytes, at, verdict, row.columns, out))
}

/// A row that is not like the others: a blank one, the header again, a trailer, or a short, long or broken one.
#[cold]
#[inline(never)]
fn unusual(table: &Table, bytes: &[u8], start: usize, verdict: Verdict, columns: usize, out: &mut Out<'_>) -> usize {
    let (dialect, width) = (table.dialect, table.width);
    let (Verdict::AsRead(end) | Verdict::Line(end) | Verdict::Unbalanced(end)) = verdict;
    let raw = &bytes[start..end];
    if matches!(verdict, Verdict::Unbalanced(_)) {
        out.reject(raw, "unbalanced-quote");
        return end;
    }
    let is_header = raw == table.header;
    if raw.trim_ascii().is_empty() || is_header || is_trailer(raw) || is_rule(raw, dialect.delimiter) {
        out.skip(raw);
        return end;
    }
    let mut person = Person::new(&table.people, out.record(raw));
    // One line, or as many as were read: what follows a line end within quotes is read by `read_row` alone.
    let lines = line_end(bytes, start, true) == Some(end);
    if lines {
        read_line(raw, dialect, &mut person);
    }
    let reason = match verdict {
        Verdict::Line(_) => None,
        _ if columns > width && person.has_overflow() => Some("long-row"),
        _ if columns < width && !is_plausible(table, &person, columns) => Some("short-row"),
        _ => None,
    };
    match reason {
        Some(reason) => {
            person.abandon();
            out.reject(raw, reason);
        }
        None if person.is_empty() => {
            person.abandon();
            out.skip(raw);
        }
        None => person.end(raw),
    }
    end
}

/// May a row with so few columns be a person's? Half of one that was broken at a line end must not be.
fn is_plausible(table: &Table, person: &Person<'_, '_, '_>, columns: usize) -> bool {
    if table.people.has(FieldKind::Email) { is_email(person.email()) } else { columns >= 2 && columns * 2 >= table.width }
}

impl Sink<'_> for Person<'_, '_, '_> {
    #[inline(always)]
    fn field(&mut self, column: usize, value: &[u8]) {
        self.value(column, value);
    }
    #[inline(always)]
    fn unescaped(&mut self, column: usize, value: &[u8]) {
        self.value(column, value);
    }
}

/// `(3 rows affected)`, in any language.
fn is_trailer(row: &[u8]) -> bool {
    let row = row.trim_ascii();
    row.len() < 80 && row.ends_with(b")") && matches!(row, [b'(', b'0'..=b'9', ..]) && row.contains(&b' ')
}

fn claim(sample: &Sample<'_>) -> Option<Claim> {
    let text = sample.head.trim_ascii_start();
    let other = [&b"{"[..], b"<", b"--", b"/*", b"INSERT ", b"CREATE ", b"%PDF", b"PK\x03\x04", b"BEGIN:", b"dn:"];
    if text.is_empty() || other.iter().any(|start| text.starts_with(start)) || text[..text.len().min(4096)].contains(&0) {
        return None;
    }
    let whole = sample.size.is_none_or(|size| size <= sample.head.len() as u64);
    let Head { table, consistency, rows, .. } = head(&sample.head[..sample.head.len().min(SAMPLE_BYTES)], whole);
    let named = sample.name.rsplit('.').next().is_some_and(|end| ["csv", "tsv", "tab"].iter().any(|name| end.eq_ignore_ascii_case(name)));
    if table.width < 2 && !(named && table.has_identity()) || rows < 1 {
        return None;
    }
    // Of two columns the header must have a name that is known: it may be a banner above a list of logins, or a row of `Key: value`.
    let names_known = || table.people.columns().iter().any(|column| known(&column.name).is_some() && !column.name.contains(&b':'));
    let named_people = !table.header.is_empty() && table.has_identity() && (table.width > 2 || names_known());
    if consistency < if named_people { 0.2 } else { 0.6 } {
        return None;
    }
    let delimiter = match table.dialect.delimiter {
        b'\t' => "tab",
        b';' => "semicolon",
        b'|' => "bar",
        _ => "comma",
    };
    let shape = format!("{} columns parted by {delimiter} in {} % of the rows", table.width, (consistency * 100.0) as u8);
    let told = table.people.columns().iter().filter(|column| column.meaning != Meaning::Extra).count();
    let (confidence, reason) = if named_people {
        (70.0 + 20.0 * consistency, format!("{shape}, and a header that names {told} known ones"))
    } else if !table.header.is_empty() {
        (if named { 55.0 } else { 25.0 }, format!("{shape}, and a header without a person"))
    } else if table.has_identity() {
        let is_combo = table.width == 2 || table.people.columns().iter().any(|column| column.meaning == Meaning::Field(FieldKind::Url));
        // Uneven rows without a name for a column may be a table by place, whose last column has separators.
        let base = match is_combo {
            true => 25.0,
            false if consistency < 0.9 => 40.0,
            false => 55.0,
        };
        (base + if named { 15.0 } else { 0.0 }, format!("{shape}, without a header, people by their content"))
    } else {
        (if named { 30.0 } else { 10.0 }, format!("{shape}, nothing of people recognised"))
    };
    Some(Claim::new(confidence as u8, reason))
}

sluice_plugin::export!(Csv);
