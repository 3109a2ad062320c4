//! The tables a dump has told of, and the INSERT being read: all a chunk in the middle of a dump needs to know.

use super::{
    Dialect,
    escape::{as_text, is_text},
    statement::TableColumns,
};
use crate::{
    Out,
    cells::Plan,
    columns::{Meaning, meaning},
    person::{ColumnTags, NamedColumn, People},
};

/// Bytes of names kept; the oldest tables are forgotten beyond them.
const NAMES_BYTES_MAX: usize = 96 << 10;
/// The longest head of an INSERT that is known again.
const HEAD_BYTES_MAX: usize = 16 << 10;
/// First byte of a packed context.
const CONTEXT_VERSION: u8 = 2;

/// Tables in the order of their CREATE TABLE.
#[derive(Clone, Default, Debug)]
pub(super) struct Tables {
    known: Vec<TableColumns>,
    bytes: usize,
}

fn bytes_of(table: &TableColumns) -> usize {
    5 + table.table.len() + table.columns.iter().map(|name| 1 + name.len()).sum::<usize>()
}

impl Tables {
    /// Learns a table.
    pub(super) fn learn(&mut self, mut table: TableColumns) {
        let mut columns: Vec<Vec<u8>> = Vec::new();
        for parent in table.parents.drain(..).filter_map(|parent| self.find(&parent)) {
            columns.extend_from_slice(&parent.columns);
            table.has_bytes |= parent.has_bytes;
        }
        let own = std::mem::take(&mut table.columns);
        // A column that both have is the parent's.
        for name in own {
            if !columns.contains(&name) {
                columns.push(name);
            }
        }
        table.columns = columns;
        self.known.retain(|known| known.table != table.table);
        self.known.push(table);
        self.bytes = self.known.iter().map(bytes_of).sum();
        while self.bytes > NAMES_BYTES_MAX && !self.known.is_empty() {
            self.bytes -= bytes_of(&self.known.remove(0));
        }
    }

    /// The only table, if there is but one.
    pub(super) fn only(&self) -> Option<&TableColumns> {
        self.known.first().filter(|_| self.known.len() == 1)
    }

    /// A table: of its whole name, else one whose name ends or begins otherwise, for a dump may name its schema in one
    /// place and not in another.
    fn find(&self, table: &[u8]) -> Option<&TableColumns> {
        let same = |known: &&TableColumns| known.table.eq_ignore_ascii_case(table);
        let last = |name: &[u8]| name.rsplit(|byte| *byte == b'.').next().unwrap_or_default().to_ascii_lowercase();
        let wanted = last(table);
        self.known.iter().rev().find(same).or_else(|| self.known.iter().rev().find(|known| last(&known.table) == wanted))
    }
}

/// The INSERT being read, or the last one.
#[derive(Clone, Debug)]
pub(super) struct Insert {
    /// Its text up to VALUES, to know the next one of its kind at once.
    pub(super) head: Vec<u8>,
    /// Values a tuple has.
    pub(super) width: usize,
    /// Does the table hold people?
    pub(super) has_people: bool,
    /// Did a CREATE TABLE tell of it?
    pub(super) is_declared: bool,
    /// Has it a column of bytes?
    pub(super) has_bytes: bool,
    pub(super) people: People,
    /// Have the columns been named in this chunk?
    pub(super) named: bool,
    /// How to read many rows at once, since then.
    pub(super) plan: Option<Plan>,
}

impl Insert {
    /// An INSERT: its own columns win over the table's; `None` when neither is known.
    pub(super) fn new(head: &[u8], insert: &TableColumns, tables: &Tables) -> Option<Self> {
        let table = tables.find(&insert.table);
        let names = if insert.columns.is_empty() { &table?.columns } else { &insert.columns };
        let column = |name: &Vec<u8>| NamedColumn { name: name.clone(), meaning: meaning(name) };
        let (is_declared, has_bytes) = (table.is_some(), table.is_none_or(|table| table.has_bytes));
        Some(Self { is_declared, has_bytes, ..Self::of(head, names.iter().map(column).collect()) })
    }

    /// An INSERT into a table nobody told of: the content of its first rows must tell. Most of them say how many columns there are.
    pub(super) fn inferred(head: &[u8], rows: &[Vec<Vec<u8>>], dialect: &Dialect) -> Self {
        let alike = |width: usize| rows.iter().filter(|row| row.len() == width).count();
        let width = rows.iter().map(Vec::len).max_by_key(|width| (alike(*width), *width)).unwrap_or_default();
        let rows: Vec<&Vec<Vec<u8>>> = rows.iter().filter(|row| row.len() == width).collect();
        let has_bytes = may_hold_bytes(rows.iter().copied(), dialect);
        let rows: Vec<Vec<Vec<u8>>> = rows.iter().map(|row| row.iter().map(|value| as_text(value.clone())).collect()).collect();
        let samples: Vec<Vec<&[u8]>> = (0..width).map(|at| rows.iter().map(|row| row[at].as_slice()).collect()).collect();
        let meanings = crate::unnamed::meanings(&samples);
        let column = |(at, meaning): (usize, Meaning)| NamedColumn { name: format!("column_{}", at + 1).into_bytes(), meaning };
        Self { has_bytes, ..Self::of(head, meanings.into_iter().enumerate().map(column).collect()) }
    }

    /// With columns that no CREATE TABLE declared: whether there are bytes among them the first rows must tell.
    pub(super) fn undeclared(self, rows: &[Vec<Vec<u8>>], dialect: &Dialect) -> Self {
        Self { has_bytes: may_hold_bytes(rows, dialect), ..self }
    }

    /// Are there columns of bytes whose values are written as a text's?
    pub(super) fn has_raw_bytes(&self, dialect: &Dialect) -> bool {
        self.has_bytes && !dialect.postgres
    }

    /// Makes ready for rows in this chunk.
    pub(super) fn begin(&mut self, tags: &mut ColumnTags, out: &mut Out<'_>) {
        if self.has_people && !std::mem::replace(&mut self.named, true) {
            self.people.name_columns(tags, out);
            self.plan = Plan::new(&self.people, self.width);
        }
    }

    fn of(head: &[u8], columns: Vec<NamedColumn>) -> Self {
        let width = columns.len();
        let people = People::new(columns);
        let head = if head.len() <= HEAD_BYTES_MAX { head.to_vec() } else { Vec::new() };
        Self { head, width, has_people: people.hold_people(), is_declared: false, has_bytes: false, people, named: false, plan: None }
    }
}

/// What a place in a dump is within.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) enum Within {
    #[default]
    Statements,
    /// The VALUES list of an INSERT.
    Values,
    /// The rows of a COPY.
    Copy,
}

/// Is there no saying that the columns of these rows are texts? PostgreSQL's bytes look like one.
fn may_hold_bytes<'r>(rows: impl IntoIterator<Item = &'r Vec<Vec<u8>>>, dialect: &Dialect) -> bool {
    dialect.postgres || rows.into_iter().flatten().any(|value| !is_text(value))
}

/// What a chunk begins with.
#[derive(Clone, Default, Debug)]
pub(super) struct State {
    pub(super) tables: Tables,
    pub(super) insert: Option<Insert>,
    /// Of `insert`, if it is not [`Within::Statements`].
    pub(super) within: Within,
}

impl State {
    /// As a chunk's context: version, flags, tables, then the INSERT's columns and head.
    pub(super) fn pack(&self) -> Vec<u8> {
        let has_bytes = self.insert.as_ref().is_some_and(|insert| insert.has_bytes);
        let mut context = vec![CONTEXT_VERSION, self.within as u8 | u8::from(self.insert.is_some()) << 2 | u8::from(has_bytes) << 3];
        context.extend_from_slice(&(self.tables.known.len() as u16).to_le_bytes());
        for table in &self.tables.known {
            pack_name(&table.table, &mut context);
            context.push(u8::from(table.has_bytes));
            context.extend_from_slice(&(table.columns.len() as u16).to_le_bytes());
            table.columns.iter().for_each(|name| pack_name(name, &mut context));
        }
        if let Some(insert) = &self.insert {
            context.extend_from_slice(&(insert.width as u32).to_le_bytes());
            insert.people.pack(&mut context);
            context.extend_from_slice(&insert.head);
        }
        context
    }

    /// Reads what [`State::pack`] wrote.
    pub(super) fn unpack(context: &[u8]) -> Option<Self> {
        let ([CONTEXT_VERSION, flags], rest) = context.split_first_chunk::<2>()? else { return None };
        let (count, mut rest) = rest.split_first_chunk::<2>()?;
        let within = [Within::Statements, Within::Values, Within::Copy].into_iter().nth(usize::from(flags & 3))?;
        let mut state = Self { within, ..Self::default() };
        for _ in 0..u16::from_le_bytes(*count) {
            let mut table = TableColumns { table: unpack_name(&mut rest)?, ..TableColumns::default() };
            let ([has_bytes], after) = rest.split_first_chunk::<1>()?;
            table.has_bytes = *has_bytes != 0;
            let (columns, after) = after.split_first_chunk::<2>()?;
            rest = after;
            for _ in 0..u16::from_le_bytes(*columns) {
                table.columns.push(unpack_name(&mut rest)?);
            }
            state.tables.learn(table);
        }
        if flags & 4 != 0 {
            let (width, rest) = rest.split_first_chunk::<4>()?;
            let (people, head) = People::unpack(rest)?;
            let width = u32::from_le_bytes(*width) as usize;
            state.insert = Some(Insert {
                head: head.to_vec(),
                width,
                has_people: people.hold_people(),
                is_declared: true,
                has_bytes: flags & 8 != 0,
                people,
                named: false,
                plan: None,
            });
        }
        (state.insert.is_some() || state.within == Within::Statements).then_some(state)
    }
}

fn pack_name(name: &[u8], context: &mut Vec<u8>) {
    let name = &name[..name.len().min(255)];
    context.push(name.len() as u8);
    context.extend_from_slice(name);
}

fn unpack_name(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let (len, after) = rest.split_first()?;
    let (name, after) = after.split_at_checked(usize::from(*len))?;
    *rest = after;
    Some(name.to_vec())
}
