//! Where values stand in documents: paths of keys, each asked only once what it means.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hasher},
};

use crate::{
    document::role::{Info, Meanings},
    text::is_same,
};

/// A path.
pub type PathId = u32;

/// Paths that are remembered from document to document: maps have keys by the million.
const PATHS_MAX: usize = 1 << 14;

#[derive(Debug)]
pub(crate) struct Path {
    pub(crate) parent: PathId,
    /// `None` of what stands in an array: all in it are alike.
    pub(crate) key: Option<Box<[u8]>>,
    pub(crate) info: Info,
    /// Another of the same hash.
    alike: PathId,
    /// What stood behind it in the last document.
    next: PathId,
}

/// All paths met.
#[derive(Debug)]
pub struct Paths {
    all: Vec<Path>,
    by_hash: HashMap<u64, PathId>,
    meanings: Meanings,
}

const NONE: PathId = PathId::MAX;

impl Default for Paths {
    fn default() -> Self {
        let root = Path { parent: Self::ROOT, key: None, info: Info::ROOT, alike: NONE, next: NONE };
        Self { all: vec![root], by_hash: HashMap::new(), meanings: Meanings::default() }
    }
}

impl Paths {
    /// The document's own.
    pub const ROOT: PathId = 0;
    /// For the key that a document has in a map around it: it is what others have as their number,
    pub const MAP_ID: &[u8] = b"\0id";
    /// or an e-mail address.
    pub const MAP_EMAIL: &[u8] = b"\0email";

    pub(crate) fn get(&self, path: PathId) -> &Path {
        // What is no path is the root: there is nothing that could go wrong with it.
        self.all.get(path as usize).unwrap_or(&self.all[0])
    }

    /// Of a key in an object; `before` is where the value stands that was read last: mostly it is followed by the same.
    pub fn key(&mut self, parent: PathId, key: &[u8], before: PathId) -> PathId {
        let is_it = |path: &Path| path.parent == parent && path.key.as_deref().is_some_and(|known| is_same(known, key));
        let foreseen = self.get(before).next;
        if foreseen != NONE && is_it(self.get(foreseen)) {
            return foreseen;
        }
        let found = self.find(parent, Some(key));
        if let Some(path) = self.all.get_mut(before as usize) {
            path.next = found;
        }
        found
    }

    /// Of what stands in an array.
    pub fn element(&mut self, parent: PathId) -> PathId {
        self.find(parent, None)
    }

    fn find(&mut self, parent: PathId, key: Option<&[u8]>) -> PathId {
        let mut hasher = DefaultHasher::new();
        hasher.write_u32(parent);
        hasher.write(key.unwrap_or(b"\0[]"));
        let hash = hasher.finish();
        let first = self.by_hash.get(&hash).copied().unwrap_or(NONE);
        let mut found = first;
        while let Some(path) = self.all.get(found as usize) {
            if path.parent == parent && path.key.as_deref() == key {
                return found;
            }
            found = path.alike;
        }
        let outer = self.get(parent).info;
        let info = Info::of(outer, key, &mut self.meanings);
        let new = self.all.len() as PathId;
        self.all.push(Path { parent, key: key.map(Into::into), info, alike: first, next: NONE });
        self.by_hash.insert(hash, new);
        new
    }

    /// Is it a key of the document itself?
    pub fn is_below_root(&self, path: PathId) -> bool {
        path != Self::ROOT && self.get(path).parent == Self::ROOT
    }

    /// The key a path ends in.
    pub fn last_key(&self, path: PathId) -> Option<&[u8]> {
        self.get(path).key.as_deref()
    }

    /// Are there more than are worth remembering? Then begin anew, between two documents.
    pub(crate) fn is_full(&self) -> bool {
        self.all.len() > PATHS_MAX
    }

    /// The keys from one path down to another, with dots between; those of which the dictionary of documents says that they only wrap are left out.
    pub(crate) fn name(&self, from: PathId, path: PathId) -> Vec<u8> {
        let mut keys: Vec<&[u8]> = Vec::new();
        let mut at = path;
        while at != from && at != Self::ROOT {
            let path = self.get(at);
            keys.extend(path.key.as_deref().filter(|_| !path.info.wraps));
            at = path.parent;
        }
        keys.reverse();
        keys.join(&b'.')
    }
}
