//! What a chunk in the middle of a database has to know, in bytes.

use std::collections::BTreeMap;

use sluice_plugin::limits::CONTEXT_BYTES_MAX;

use crate::{
    database::Database,
    owners::{Owner, Owners},
    page::{Child, Encoding, Layout},
};

/// First byte of a context.
const VERSION: u8 = 1;

/// The context at a place of a database; `None` if it is more than a context may be.
pub fn pack(database: &Database) -> Option<Vec<u8>> {
    let mut to = Packed(vec![VERSION]);
    to.number(database.base);
    let layout = &database.layout;
    to.number(layout.page_bytes as u64);
    to.number((layout.page_bytes - layout.usable) as u64);
    to.number(match layout.encoding {
        Encoding::Utf8 => 1,
        Encoding::Utf16Le => 2,
        Encoding::Utf16Be => 3,
    });
    to.number(u64::from(layout.has_pointer_maps));
    to.number(u64::from(layout.free_pages));
    let owners = &database.owners;
    to.number(u64::from(owners.next_trunk));
    to.number(u64::from(owners.damaged));
    to.number(owners.trees.len() as u64);
    for tree in &owners.trees {
        to.number(u64::from(tree.leaf_depth.map_or(0, |depth| depth + 1)));
        to.number(u64::from(tree.root_seen));
        to.number(tree.last_rowid as u64);
        to.number(tree.sql.len() as u64);
        to.0.extend_from_slice(&tree.sql);
    }
    to.number(owners.awaited.len() as u64);
    let mut before = 0;
    for (page, owner) in &owners.awaited {
        to.number(u64::from(page - before));
        before = *page;
        match owner {
            Owner::Nobody => to.number(0),
            Owner::Schema => to.number(1),
            Owner::Tree { tree, depth, above } => {
                to.number(*tree as u64 + 2);
                to.number(u64::from(*depth));
                let range = owners.trees[*tree].upper.get(above).filter(|(_, of, _)| of == page);
                to.number(u64::from(range.is_some()));
                if let Some((last, ..)) = range {
                    to.number(*above as u64);
                    to.number(*last as u64);
                }
            }
        }
        if to.0.len() > CONTEXT_BYTES_MAX {
            return None;
        }
    }
    to.number(owners.orphans.len() as u64);
    for (page, children) in &owners.orphans {
        to.number(u64::from(*page));
        to.number(children.len() as u64);
        for child in children {
            to.number(u64::from(child.page));
            to.number(child.above as u64);
            to.number(child.to as u64);
        }
        if to.0.len() > CONTEXT_BYTES_MAX {
            return None;
        }
    }
    (to.0.len() <= CONTEXT_BYTES_MAX).then_some(to.0)
}

/// Reads what [`pack`] wrote, for a chunk that begins at `offset`.
pub fn unpack(context: &[u8], offset: u64) -> Option<Database> {
    let mut from = Unpacked(context.strip_prefix(&[VERSION])?);
    let base = from.number()?;
    let page_bytes = from.size()?;
    let usable = page_bytes.checked_sub(from.size()?)?;
    let encoding = match from.number()? {
        2 => Encoding::Utf16Le,
        3 => Encoding::Utf16Be,
        _ => Encoding::Utf8,
    };
    let layout = Layout { page_bytes, usable, encoding, has_pointer_maps: from.number()? != 0, free_pages: from.page()? };
    if page_bytes < 512 || usable < 480 || base > offset {
        return None;
    }
    let mut owners = Owners { next_trunk: from.page()?, damaged: from.number()? != 0, ..Owners::default() };
    for nth in 0..from.number()? {
        let (leaf_depth, root_seen, last_rowid) = (from.number()?, from.number()? != 0, from.number()? as i64);
        let len = from.size()?;
        let (sql, rest) = from.0.split_at_checked(len)?;
        from.0 = rest;
        owners.learn(0, sql.to_vec(), 0);
        let tree = owners.trees.get_mut(nth as usize)?;
        tree.leaf_depth = leaf_depth.checked_sub(1).map(|depth| depth as u8);
        (tree.root_seen, tree.last_rowid) = (root_seen, last_rowid);
    }
    let mut before = 0u32;
    for _ in 0..from.number()? {
        let page = before.checked_add(from.page()?)?;
        before = page;
        let owner = match from.size()? {
            0 => Owner::Nobody,
            1 => Owner::Schema,
            tree => {
                let (tree, depth) = (tree - 2, from.number()? as u8);
                let upper = &mut owners.trees.get_mut(tree)?.upper;
                let mut above = i64::from(page);
                if from.number()? != 0 {
                    let (low, last) = (from.number()? as i64, from.number()? as i64);
                    upper.insert(low, (last, page, depth));
                    above = low;
                }
                Owner::Tree { tree, depth, above }
            }
        };
        owners.awaited.insert(page, owner);
    }
    let mut orphans = BTreeMap::new();
    for _ in 0..from.number()? {
        let (page, mut children) = (from.page()?, Vec::new());
        for _ in 0..from.number()? {
            children.push(Child { page: from.page()?, above: from.number()? as i64, to: from.number()? as i64 });
        }
        owners.orphaned += children.len();
        orphans.insert(page, children);
    }
    owners.orphans = orphans;
    Some(Database { base, layout, owners })
}

/// Numbers, seven bits a byte.
struct Packed(Vec<u8>);

impl Packed {
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }
}

struct Unpacked<'a>(&'a [u8]);

impl Unpacked<'_> {
    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if *byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn size(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok()
    }

    fn page(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }
}
