//! The elements that are open outside of records.

use crate::paths::{DEPTH_MAX, DOCUMENT, Path, pack_name, unpack_name};

/// Paths and names, innermost last.
#[derive(Clone, Default, Debug)]
pub struct Open {
    elements: Vec<(Path, usize)>,
    /// Their names, one behind the other; each begins where its element says.
    names: Vec<u8>,
    /// Elements that are open beyond [`DEPTH_MAX`].
    pub deep: u64,
}

impl Open {
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    /// The path we are in.
    pub fn path(&self) -> Path {
        self.elements.last().map_or(DOCUMENT, |(path, _)| *path)
    }

    pub fn paths(&self) -> impl Iterator<Item = Path> {
        self.elements.iter().map(|(path, _)| *path)
    }

    /// The names, innermost first, and how many elements are around each.
    fn names(&self) -> impl Iterator<Item = (usize, &[u8])> {
        let mut end = self.names.len();
        self.elements.iter().enumerate().rev().map(move |(at, (_, start))| (at, &self.names[*start..std::mem::replace(&mut end, *start)]))
    }

    /// Is an element of this name open?
    pub fn has(&self, name: &[u8]) -> bool {
        self.names().any(|(_, open)| open == name)
    }

    pub fn enter(&mut self, path: Path, name: &[u8]) {
        if self.elements.len() >= DEPTH_MAX || name.len() > usize::from(u8::MAX) || self.deep > 0 {
            self.deep += 1;
        } else {
            self.elements.push((path, self.names.len()));
            self.names.extend_from_slice(name);
        }
    }

    /// An element of this name ends, and all that were left open within it; `false` if there is none.
    pub fn leave(&mut self, name: &[u8]) -> bool {
        if self.deep > 0 {
            self.deep -= 1;
            return true;
        }
        let Some(at) = self.names().find(|(_, open)| *open == name).map(|(at, _)| at) else { return false };
        self.names.truncate(self.elements[at].1);
        self.elements.truncate(at);
        true
    }

    pub fn pack(&self, context: &mut Vec<u8>) {
        context.push(self.elements.len() as u8);
        let names: Vec<&[u8]> = self.names().map(|(_, name)| name).collect();
        for ((path, _), name) in self.elements.iter().zip(names.iter().rev()) {
            context.extend_from_slice(&path.to_le_bytes());
            pack_name(name, context);
        }
    }

    pub fn unpack(rest: &mut &[u8]) -> Option<Self> {
        let (count, after) = rest.split_first()?;
        *rest = after;
        let mut open = Self::default();
        for _ in 0..*count {
            let (path, after) = rest.split_first_chunk::<2>()?;
            *rest = after;
            let name = unpack_name(rest)?;
            open.enter(Path::from_le_bytes(*path), &name);
        }
        Some(open)
    }
}
