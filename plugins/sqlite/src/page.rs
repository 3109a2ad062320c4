//! The pages of a database and the cells in them: <https://www.sqlite.org/fileformat2.html#b_tree_pages>.
//!
//! Everything here is told by a page alone; which table it belongs to is [`crate::owners`]' to say.

use std::ops::Range;

/// What the database's first bytes say of all pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    pub page_bytes: usize,
    /// Without what is reserved at each page's end.
    pub usable: usize,
    pub encoding: Encoding,
    /// Are there pages that say who points to others?
    pub has_pointer_maps: bool,
    /// Pages that are on the freelist.
    pub free_pages: u32,
}

/// How a database's texts are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
}

/// What every database begins with.
pub const MAGIC: &[u8] = b"SQLite format 3\0";
/// Bytes of the database's header, before the first page's own.
pub const HEADER_BYTES: usize = 100;
/// Pages of a database whose header does not say how long they are.
const PAGE_BYTES_USUAL: usize = 4096;

impl Layout {
    /// Reads a database's header.
    pub fn read(head: &[u8]) -> Option<Self> {
        let head = head.get(..HEADER_BYTES).filter(|head| head.starts_with(MAGIC))?;
        let page_bytes = match u16_at(head, 16)? {
            1 => 65_536,
            bytes if bytes.is_power_of_two() && bytes >= 512 => usize::from(bytes),
            _ => PAGE_BYTES_USUAL,
        };
        let usable = page_bytes - usize::from(head[20]);
        let encoding = match u32_at(head, 56)? {
            2 => Encoding::Utf16Le,
            3 => Encoding::Utf16Be,
            _ => Encoding::Utf8,
        };
        let usable = if usable < 480 { page_bytes } else { usable };
        Some(Self { page_bytes, usable, encoding, has_pointer_maps: u32_at(head, 52)? != 0, free_pages: u32_at(head, 36)? })
    }

    /// Is this page one that says who points to others, or the one that is only there to be locked?
    pub fn has_no_rows(&self, page: u32) -> bool {
        let lock = ((1usize << 30) / self.page_bytes) as u32 + 1;
        if page == lock {
            return true;
        }
        if !self.has_pointer_maps || page < 2 {
            return false;
        }
        let each = self.mapped_pages() + 1;
        let map = (page - 2) / each * each + 2;
        page == if map == lock { map + 1 } else { map }
    }

    /// Pages of which one of those says who points to them.
    fn mapped_pages(&self) -> u32 {
        (self.usable / 5) as u32
    }

    /// The free pages that the one before them speaks of.
    pub fn free_in_map<'a>(&self, page: u32, map: &'a [u8]) -> impl Iterator<Item = u32> + use<'a> {
        const FREE: u8 = 2;
        let entries = map.chunks_exact(5).take(self.usable / 5).zip(page + 1..);
        entries.filter(|(entry, _)| entry[0] == FREE).map(|(_, free)| free)
    }

    /// Bytes of a cell's payload that are on its page; the rest is on others.
    fn local_bytes(&self, kind: Kind, payload_bytes: u64) -> usize {
        let usable = self.usable;
        let most = if kind == Kind::TableLeaf { usable - 35 } else { (usable - 12) * 64 / 255 - 23 };
        if payload_bytes <= most as u64 {
            return payload_bytes as usize;
        }
        let least = (usable - 12) * 32 / 255 - 23;
        let local = least + ((payload_bytes - least as u64) % (usable as u64 - 4)) as usize;
        if local <= most { local } else { least }
    }
}

/// What a page holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    TableLeaf,
    TableInterior,
    IndexLeaf,
    IndexInterior,
}

/// A page of a tree.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    pub kind: Kind,
    /// As much of it as there is.
    pub bytes: &'a [u8],
    /// Where the pointers to its cells begin, and how many there are.
    pointers: usize,
    pub cells: usize,
}

/// A stretch of a page that is a row, or would be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cell {
    /// Where it stands in the page.
    pub span: Range<usize>,
    pub rowid: i64,
    /// Where the part of its payload is that is on this page.
    pub local: Range<usize>,
    /// Bytes of its payload, wherever they are.
    pub payload_bytes: u64,
}

/// A page below another one, and the rowids that may be in it: more than the first, up to the second.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Child {
    pub page: u32,
    pub above: i64,
    pub to: i64,
}

impl<'a> Page<'a> {
    /// Reads a page's own header: the first page has the database's before it.
    pub fn read(layout: &Layout, page: u32, bytes: &'a [u8]) -> Option<Self> {
        let at = if page == 1 { HEADER_BYTES } else { 0 };
        let kind = match bytes.get(at)? {
            0x0d => Kind::TableLeaf,
            0x05 => Kind::TableInterior,
            0x0a => Kind::IndexLeaf,
            0x02 => Kind::IndexInterior,
            _ => return None,
        };
        let is_interior = matches!(kind, Kind::TableInterior | Kind::IndexInterior);
        let (cells, pointers) = (usize::from(u16_at(bytes, at + 3)?), at + if is_interior { 12 } else { 8 });
        let content = match u16_at(bytes, at + 5)? {
            0 => 65_536,
            content => usize::from(content),
        };
        let free_block = usize::from(u16_at(bytes, at + 1)?);
        let is_sound = pointers + 2 * cells <= content && content <= layout.usable && free_block < layout.usable;
        is_sound.then_some(Self { kind, bytes, pointers, cells })
    }

    /// Where the pointer to a cell stands.
    pub fn pointer(&self, cell: usize) -> Range<usize> {
        let at = self.pointers + 2 * cell;
        at..at + 2
    }

    fn cell_at(&self, cell: usize) -> Option<usize> {
        let at = usize::from(u16_at(self.bytes, self.pointer(cell).start)?);
        (at >= self.pointers + 2 * self.cells).then_some(at)
    }

    /// A cell of this page; `None` if its pointer leads nowhere, or its beginning is not there.
    pub fn cell(&self, layout: &Layout, cell: usize) -> Option<Cell> {
        let start = self.cell_at(cell)?;
        let mut at = start + if self.kind == Kind::IndexInterior { 4 } else { 0 };
        let payload_bytes = varint(self.bytes, &mut at)? as u64;
        let rowid = if self.kind == Kind::TableLeaf { varint(self.bytes, &mut at)? } else { 0 };
        let local_bytes = layout.local_bytes(self.kind, payload_bytes);
        let local = at..at + local_bytes;
        let overflows = (local_bytes as u64) < payload_bytes;
        // The least a cell takes, for it becomes a free block.
        let end = (local.end + if overflows { 4 } else { 0 }).max(start + 4);
        Some(Cell { span: start..end, rowid, local, payload_bytes })
    }

    /// The pages below an interior one. What cannot be read of it is left out.
    pub fn children(&self) -> Vec<Child> {
        let mut children = Vec::with_capacity(self.cells + 1);
        let mut above = i64::MIN;
        for cell in 0..self.cells {
            let child = || {
                let mut at = self.cell_at(cell)?;
                let page = u32_at(self.bytes, at)?;
                at += 4;
                let to = if self.kind == Kind::TableInterior { varint(self.bytes, &mut at)? } else { i64::MAX };
                Some(Child { page, above, to })
            };
            let Some(child) = child() else { continue };
            children.push(child);
            above = if self.kind == Kind::TableInterior { child.to } else { i64::MIN };
        }
        let last = u32_at(self.bytes, self.pointers - 4);
        children.extend(last.map(|page| Child { page, above, to: i64::MAX }));
        children
    }
}

/// Reads a number of up to nine bytes, seven bits of it in each but the ninth.
pub fn varint(bytes: &[u8], at: &mut usize) -> Option<i64> {
    let mut value = 0u64;
    for nth in 0..9 {
        let byte = *bytes.get(*at)?;
        *at += 1;
        if nth == 8 {
            return Some((value << 8 | u64::from(byte)) as i64);
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte < 0x80 {
            break;
        }
    }
    Some(value as i64)
}

pub fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|number| u16::from_be_bytes(*number))
}

pub fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|number| u32::from_be_bytes(*number))
}
