//! Which table a page belongs to, told while pages come one after the other and none is seen twice.
//!
//! A table's root page is in the schema, and an interior page names those below it. Most interior pages stand before the pages they name,
//! so that those are awaited. A tree of three levels has some behind: a leaf that nobody has named yet belongs to a table of which an
//! interior page is still to come that may have its rowids, and into whose columns its rows fit.
//! Deliberately absent: knowing of a page on the freelist what is only told behind it. Where a tree may still miss a page and a row of it
//! that was deleted fits, it is told as a row.

use std::collections::BTreeMap;

use sluice_plugin::{
    FieldKind, Secret,
    columns::{Meaning, is_email},
    identify,
};

use crate::{
    page::{Child, Kind, Layout, Page, u32_at},
    record::{Type, Values, text},
    schema::{Affinity, Column, Table},
};

/// Tables that are remembered.
const TABLES_MAX: usize = 2048;
/// Pages that are awaited, and pages below interior ones that nobody has named.
const AWAITED_MAX: usize = 1 << 18;
const ORPHANS_MAX: usize = 1 << 17;
/// Levels of a tree: each has twice the pages of the one above it at least.
const DEPTH_MAX: u8 = 32;
/// Rows of a page that are looked at to see whether it fits a table.
const ROWS_LOOKED_AT: usize = 8;

/// What is to be done with a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// It has rows of the table of this number.
    Rows(usize),
    /// Nobody's data.
    Nobody,
    /// A page of the schema, so late that only now it can be read.
    Schema,
    /// A page of a table of people that is none.
    Lost,
}

/// Whose an awaited page is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Owner {
    /// The freelist's, or the schema's and read already.
    Nobody,
    /// The schema's.
    Schema,
    /// A table's, at some depth below its root; with the rowid that all in it are above.
    Tree { tree: usize, depth: u8, above: i64 },
}

/// A table and what is known of its pages.
pub struct Tree {
    pub table: Table,
    /// Its CREATE TABLE.
    pub sql: Vec<u8>,
    /// Have its columns been named in this chunk?
    pub named: bool,
    /// How deep its leaves are, once one has been seen.
    pub leaf_depth: Option<u8>,
    pub root_seen: bool,
    /// The last rowid of the last leaf.
    pub last_rowid: i64,
    /// Awaited pages that may be interior ones: the rowid that theirs are above, the last that may be theirs, page and depth.
    pub upper: BTreeMap<i64, (i64, u32, u8)>,
}

/// Who owns which page, as far as is known.
#[derive(Default)]
pub struct Owners {
    pub trees: Vec<Tree>,
    pub awaited: BTreeMap<u32, Owner>,
    /// Interior pages that nobody has named, and the pages below them that are still to come.
    pub orphans: BTreeMap<u32, Vec<Child>>,
    /// Pages below orphans.
    pub orphaned: usize,
    /// The next page of the freelist that lists others.
    pub next_trunk: u32,
    /// A page that was to say whose others are has not said it, or there were too many.
    pub damaged: bool,
}

impl Owners {
    /// Learns of a table whose root is one of the pages after `number`, or was one before.
    pub fn learn(&mut self, root: u32, sql: Vec<u8>, number: u32) {
        let Some(table) = Table::parse(&sql).filter(|_| self.trees.len() < TABLES_MAX) else { return };
        let tree = self.trees.len();
        self.trees.push(Tree {
            table,
            sql,
            named: false,
            leaf_depth: None,
            root_seen: false,
            last_rowid: i64::MIN,
            upper: BTreeMap::new(),
        });
        self.adopt(tree, 0, vec![Child { page: root, above: i64::MIN, to: i64::MAX }], number);
    }

    /// Awaits a page, if it is not awaited already.
    pub fn expect(&mut self, page: u32, owner: Owner) {
        if self.awaited.len() < AWAITED_MAX {
            self.awaited.entry(page).or_insert(owner);
        } else {
            self.damaged = true;
        }
    }

    /// Says what is to be done with a page, and learns what it says of others.
    pub fn role(&mut self, layout: &Layout, number: u32, bytes: &[u8]) -> Role {
        let owner = self.awaited.remove(&number);
        if number == self.next_trunk {
            self.trunk(number, bytes);
            return Role::Nobody;
        }
        if layout.has_no_rows(number) {
            for free in layout.free_in_map(number, bytes).filter(|_| layout.has_pointer_maps) {
                self.expect(free, Owner::Nobody);
            }
            return Role::Nobody;
        }
        let page = Page::read(layout, number, bytes);
        match owner {
            Some(Owner::Nobody) => Role::Nobody,
            Some(Owner::Schema) => Role::Schema,
            Some(Owner::Tree { tree, depth, above }) => self.named(layout, (tree, depth, above), number, page),
            None => page.map_or(Role::Nobody, |page| self.stranger(layout, number, &page)),
        }
    }

    /// A page of the freelist: the next one like it, and those it lists.
    fn trunk(&mut self, number: u32, bytes: &[u8]) {
        self.next_trunk = u32_at(bytes, 0).unwrap_or(0);
        let listed = u32_at(bytes, 4).unwrap_or(0) as usize;
        for free in (0..listed).map_while(|nth| u32_at(bytes, 8 + 4 * nth)).filter(|free| *free > number) {
            self.expect(free, Owner::Nobody);
        }
    }

    /// A page that was named before it came.
    fn named(&mut self, layout: &Layout, (nth, depth, above): (usize, u8, i64), number: u32, page: Option<Page<'_>>) -> Role {
        let Some(tree) = self.trees.get_mut(nth) else { return Role::Nobody };
        let range = match tree.upper.get(&above) {
            Some((_, page, _)) if *page == number => tree.upper.remove(&above),
            _ => None,
        };
        tree.root_seen |= depth == 0;
        let rows = Role::Rows(nth);
        match (page, tree.table.without_rowid) {
            (Some(page), in_index) if page.kind == if in_index { Kind::IndexLeaf } else { Kind::TableLeaf } => {
                tree.last_rowid = last_rowid(layout, &page);
                self.leaves_at(nth, depth);
                rows
            }
            (Some(page), in_index) if page.kind == if in_index { Kind::IndexInterior } else { Kind::TableInterior } => {
                let (above, to) = range.map_or((i64::MIN, i64::MAX), |(to, ..)| (above, to));
                let clipped = |child: Child| Child { above: child.above.max(above), to: child.to.min(to), ..child };
                self.adopt(nth, depth + 1, page.children().into_iter().map(clipped).collect(), number);
                if in_index { rows } else { Role::Nobody }
            }
            _ => {
                self.damaged = true;
                if self.trees[nth].table.has_people { Role::Lost } else { Role::Nobody }
            }
        }
    }

    fn leaves_at(&mut self, nth: usize, depth: u8) {
        if let Some(tree) = self.trees.get_mut(nth)
            && tree.leaf_depth.replace(depth) != Some(depth)
        {
            tree.upper.retain(|_, (_, _, of)| *of < depth);
        }
    }

    /// Takes pages into a tree: those to come are awaited, those that came are known now.
    fn adopt(&mut self, nth: usize, depth: u8, children: Vec<Child>, number: u32) {
        let mut all = vec![(depth, children)];
        while let Some((depth, children)) = all.pop() {
            if depth > DEPTH_MAX {
                self.damaged = true;
                continue;
            }
            for child in children {
                if child.page > number {
                    self.await_child(nth, depth, child);
                } else if let Some(grandchildren) = self.orphans.remove(&child.page) {
                    self.orphaned -= grandchildren.len();
                    let clipped = |below: Child| Child { above: below.above.max(child.above), to: below.to.min(child.to), ..below };
                    all.push((depth + 1, grandchildren.into_iter().map(clipped).collect()));
                } else if depth > 0 && !self.damaged && self.trees[nth].leaf_depth.is_none() {
                    self.leaves_at(nth, depth);
                }
            }
        }
    }

    fn await_child(&mut self, nth: usize, depth: u8, child: Child) {
        let tree = &mut self.trees[nth];
        // Those of an index have no rowids, but have to differ.
        let above = if tree.table.without_rowid { i64::from(child.page) } else { child.above };
        if tree.leaf_depth.is_none_or(|leaf| depth < leaf) && tree.upper.len() < AWAITED_MAX {
            tree.upper.insert(above, (child.to, child.page, depth));
        }
        self.expect(child.page, Owner::Tree { tree: nth, depth, above });
    }

    /// A page that nobody has named so far.
    fn stranger(&mut self, layout: &Layout, number: u32, page: &Page<'_>) -> Role {
        let in_index = matches!(page.kind, Kind::IndexLeaf | Kind::IndexInterior);
        if in_index && !self.trees.iter().any(|tree| tree.table.without_rowid) {
            return Role::Nobody;
        }
        if matches!(page.kind, Kind::TableInterior | Kind::IndexInterior) {
            let children: Vec<Child> = page.children().into_iter().filter(|child| child.page > number).collect();
            if self.orphaned + children.len() <= ORPHANS_MAX && self.orphans.len() < ORPHANS_MAX {
                self.orphaned += children.len();
                self.orphans.insert(number, children);
            } else {
                self.damaged = true;
            }
            if page.kind == Kind::TableInterior {
                return Role::Nobody;
            }
        }
        let Some(nth) = self.likeliest(layout, page, in_index) else { return Role::Nobody };
        self.trees[nth].last_rowid = last_rowid(layout, page);
        Role::Rows(nth)
    }

    /// The table that a leaf nobody has named is most likely of.
    fn likeliest(&self, layout: &Layout, page: &Page<'_>, in_index: bool) -> Option<usize> {
        let is_any_possible = self.damaged || layout.free_pages == 0;
        let (first, last) = (page.cell(layout, 0)?.rowid, last_rowid(layout, page));
        let mut likeliest = None;
        for (nth, tree) in self.trees.iter().enumerate().filter(|(_, tree)| tree.table.without_rowid == in_index) {
            let is_awaited = match in_index {
                true => !tree.upper.is_empty(),
                false => tree.upper.range(..first).next_back().is_some_and(|(_, (to, ..))| last <= *to),
            };
            if !is_awaited && !is_any_possible {
                continue;
            }
            let Some(fitness) = fitness(layout, &tree.table, page, !is_awaited || in_index) else { continue };
            let continues = tree.last_rowid.checked_add(1) == Some(first);
            let rank = (is_awaited, fitness, continues, tree.root_seen);
            if likeliest.is_none_or(|(best, _)| rank > best) {
                likeliest = Some((rank, nth));
            }
        }
        likeliest.map(|(_, nth)| nth)
    }
}

fn last_rowid(layout: &Layout, page: &Page<'_>) -> i64 {
    page.cells.checked_sub(1).and_then(|last| page.cell(layout, last)).map_or(i64::MAX, |cell| cell.rowid)
}

/// How well a page's first rows fit a table; `None` if they cannot be its rows, or, asked to be strict, have not as many columns.
fn fitness(layout: &Layout, table: &Table, page: &Page<'_>, is_strict: bool) -> Option<i32> {
    let (mut fitness, mut rows, mut scratch) = (0, 0, Vec::new());
    for nth in 0..page.cells.min(ROWS_LOOKED_AT) {
        let Some(cell) = page.cell(layout, nth) else { continue };
        let Some(values) = page.bytes.get(cell.local.clone()).and_then(|local| Values::read(local, cell.payload_bytes)) else { continue };
        let mut width = 0;
        for (at, (kind, value)) in values.enumerate() {
            width += 1;
            fitness += column_fitness(table.columns.get(at)?, kind, table.rowid_column == Some(at))?;
            let value = value.filter(|value| kind.is_text() && !value.is_empty());
            fitness += value.map_or(0, |value| meaning_fitness(table.people.meaning(at), text(kind, value, layout.encoding, &mut scratch)));
        }
        if width != table.columns.len() {
            if is_strict {
                return None;
            }
            fitness -= 1;
        }
        rows += 1;
    }
    (rows > 0).then_some(fitness)
}

/// Two tables may have columns of the same types: what is told by its name to be an address, or a hash, looks like one.
fn meaning_fitness(meaning: Meaning, value: &[u8]) -> i32 {
    match meaning {
        Meaning::Field(FieldKind::Email) => {
            if is_email(value) {
                3
            } else {
                -3
            }
        }
        Meaning::Secret(hint) if matches!(identify(value, hint), Secret::Hash(_)) => 2,
        _ => 0,
    }
}

fn column_fitness(column: &Column, kind: Type, is_rowid: bool) -> Option<i32> {
    if is_rowid || kind.is_null() {
        return (kind.is_null() && (is_rowid || !column.not_null)).then_some(0);
    }
    match column.affinity {
        // SQLite would have made a text of it.
        Affinity::Text if kind.is_number() => None,
        Affinity::Text if kind.is_text() => Some(1),
        Affinity::Integer if kind.is_whole_number() => Some(1),
        Affinity::Integer => Some(-2),
        Affinity::Real if kind.is_number() => Some(1),
        Affinity::Real => Some(-2),
        Affinity::Text | Affinity::Blob | Affinity::Numeric => Some(0),
    }
}
