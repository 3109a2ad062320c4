//! A database on its way through a member: where it begins, its schema, and what each page is.
//!
//! The schema is what all hangs on, and need not be on the first page alone: its pages and those its longer texts go on in are waited for
//! as long as they are among the first [`SCHEMA_BYTES_MAX`]. A member may be of several databases, one behind the other.

use crate::{
    owners::{Owner, Owners, Role},
    page::{Cell, Kind, Layout, Page, u32_at},
    record::{Values, text},
};

/// How far the schema is read ahead.
pub const SCHEMA_BYTES_MAX: usize = 2 << 20;
/// The longest CREATE TABLE.
const SQL_BYTES_MAX: u64 = 64 << 10;
/// All of them together: they have to go into a chunk's context.
const SCHEMA_SQL_BYTES_MAX: usize = 1 << 20;

/// A database, and what of it has been seen.
pub struct Database {
    /// Offset in the member of its first byte.
    pub base: u64,
    pub layout: Layout,
    pub owners: Owners,
}

/// What comes of trying to begin one.
pub enum Begun {
    /// One, for whose schema so many bytes were looked at.
    Database(Database, usize),
    /// So many bytes from its beginning on are needed to read its schema.
    Wanted(usize),
    /// It is none.
    No,
}

impl Database {
    /// Begins with the database that `bytes` begin with, at `base` in the member.
    pub fn begin(base: u64, bytes: &[u8], last: bool) -> Begun {
        let Some(layout) = Layout::read(bytes) else { return Begun::No };
        let mut database = Self { base, layout, owners: Owners::default() };
        let mut ahead = Ahead { bytes, last, layout: &layout, looked_at: 0 };
        let schema = match ahead.schema() {
            Ok(schema) => schema,
            Err(wanted) => return Begun::Wanted(wanted),
        };
        let looked_at = ahead.looked_at;
        database.owners.next_trunk = u32_at(bytes, 32).unwrap_or(0);
        for (page, owner) in schema.pages {
            database.owners.expect(page, owner);
        }
        for (root, sql) in schema.tables {
            database.owners.learn(root, sql, 1);
        }
        Begun::Database(database, looked_at)
    }

    /// The number of the page at an offset in the member.
    pub fn number(&self, offset: u64) -> u32 {
        u32::try_from((offset - self.base) / self.layout.page_bytes as u64 + 1).unwrap_or(u32::MAX)
    }

    /// What is to be done with the page of this number.
    pub fn role(&mut self, number: u32, bytes: &[u8]) -> Role {
        if number == 1 {
            return Role::Nobody;
        }
        let role = self.owners.role(&self.layout, number, bytes);
        if role == Role::Schema {
            self.late_schema(number, bytes);
        }
        role
    }

    /// A page of the schema beyond what is read ahead: it tells of the pages behind it, as far as its texts are on it.
    fn late_schema(&mut self, number: u32, bytes: &[u8]) {
        let Some(page) = Page::read(&self.layout, number, bytes) else { return };
        if page.kind == Kind::TableInterior {
            for child in page.children().iter().filter(|child| child.page > number) {
                self.owners.expect(child.page, Owner::Schema);
            }
            return;
        }
        for cell in (0..page.cells).filter_map(|nth| page.cell(&self.layout, nth)) {
            let payload = bytes.get(cell.local.clone()).unwrap_or_default();
            if let Some((root, sql)) = table(&self.layout, payload, cell.payload_bytes) {
                self.owners.learn(root, sql, number);
            }
        }
    }
}

/// What is there of a database when it begins.
struct Ahead<'a> {
    bytes: &'a [u8],
    last: bool,
    layout: &'a Layout,
    /// Up to where it has been looked at.
    looked_at: usize,
}

#[derive(Default)]
struct Schema {
    /// Root pages and CREATE TABLEs.
    tables: Vec<(u32, Vec<u8>)>,
    /// The pages it is on: those too far away are the schema's still to read.
    pages: Vec<(u32, Owner)>,
}

impl<'a> Ahead<'a> {
    /// The schema, or how many bytes it takes to read it.
    fn schema(&mut self) -> Result<Schema, usize> {
        let (mut schema, mut sql_bytes) = (Schema::default(), 0);
        let mut pages = vec![1];
        // Each page once, though a damaged one may name another twice: that only costs some of this.
        let mut left = SCHEMA_BYTES_MAX / self.layout.page_bytes;
        while let Some(number) = pages.pop() {
            let Some(bytes) = self.page(number)? else {
                schema.pages.push((number, Owner::Schema));
                continue;
            };
            schema.pages.push((number, Owner::Nobody));
            let Some(page) = Page::read(self.layout, number, bytes) else { continue };
            if left == 0 {
                break;
            }
            left -= 1;
            if page.kind == Kind::TableInterior {
                // The first is read first: tables stay in their order.
                pages.extend(page.children().iter().rev().map(|child| child.page).take(left));
                continue;
            }
            for cell in (0..page.cells).filter_map(|nth| page.cell(self.layout, nth)) {
                let Some(payload) = self.payload(bytes, &cell)? else { continue };
                if let Some((root, sql)) = table(self.layout, &payload, cell.payload_bytes)
                    && sql_bytes + sql.len() <= SCHEMA_SQL_BYTES_MAX
                {
                    sql_bytes += sql.len();
                    schema.tables.push((root, sql));
                }
            }
        }
        Ok(schema)
    }

    /// A page, if it is not too far away, or cut off.
    fn page(&mut self, number: u32) -> Result<Option<&'a [u8]>, usize> {
        let start = (number as usize).wrapping_sub(1).saturating_mul(self.layout.page_bytes);
        let end = start.saturating_add(self.layout.page_bytes);
        match self.bytes.get(start..end.min(self.bytes.len())) {
            Some(page) if end <= SCHEMA_BYTES_MAX && (self.last || end <= self.bytes.len()) => {
                self.looked_at = self.looked_at.max(end);
                Ok(Some(page))
            }
            _ if end <= SCHEMA_BYTES_MAX && !self.last => Err(end),
            _ => Ok(None),
        }
    }

    /// The whole payload of a cell, if its pages are not too far away.
    fn payload(&mut self, page: &'a [u8], cell: &Cell) -> Result<Option<Vec<u8>>, usize> {
        let Some(local) = page.get(cell.local.clone()) else { return Ok(None) };
        let mut payload = local.to_vec();
        if cell.payload_bytes > SQL_BYTES_MAX {
            return Ok(None);
        }
        let mut next = u32_at(page, cell.local.end).unwrap_or(0);
        while (payload.len() as u64) < cell.payload_bytes {
            let Some(bytes) = self.page(next)? else { return Ok(None) };
            let more = bytes.get(4..self.layout.usable).unwrap_or_default();
            let wanted = cell.payload_bytes as usize - payload.len();
            if more.is_empty() {
                return Ok(None);
            }
            payload.extend_from_slice(&more[..more.len().min(wanted)]);
            next = u32_at(bytes, 0).unwrap_or(0);
        }
        Ok(Some(payload))
    }
}

/// The root page and the CREATE TABLE of a row of the schema, which has a type, two names, the root and the text.
fn table(layout: &Layout, payload: &[u8], payload_bytes: u64) -> Option<(u32, Vec<u8>)> {
    let mut values = Values::read(payload, payload_bytes)?;
    let mut scratch = Vec::new();
    let mut next = |nth: usize| {
        let (kind, value) = values.nth(nth)?;
        Some(text(kind, value?, layout.encoding, &mut scratch).to_vec())
    };
    let kind = next(0)?;
    let root = std::str::from_utf8(&next(2)?).ok()?.parse().ok()?;
    (kind == b"table" && root > 1).then_some((root, next(0)?))
}
