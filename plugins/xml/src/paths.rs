//! Which elements are records, learned while a document is read.
//!
//! An element is known by its path. Where a path that nobody has looked at begins, the next 64 KiB are read ahead: a path that repeats under
//! one parent, or is called `row` or the like, and whose own values are a person's is one of records; so is, in a document of one person,
//! the innermost element that has all of them. What lies within a record is its own, except paths that repeat in it and have children: they
//! are no reason to call what is around them a record. All that was learned is the context of later chunks.

use std::collections::HashMap;

use sluice_plugin::{
    FieldKind,
    columns::Meaning,
    text::is_same,
    xml::{Reader, Tag, Token, attribute, local},
};

use crate::{
    leaf::{Leaf, Slots, TABLES, attribute_values, is_key, is_one_of, key_of},
    open::Open,
};

/// Bytes that are read ahead to learn of paths, and bytes at least from one such look to the next.
pub const AHEAD_BYTES: usize = 64 << 10;
const BETWEEN_BYTES: u64 = 16 << 10;
/// Paths that are told apart, bytes of a name, and depth to which they are followed.
const PATHS_MAX: usize = 1024;
const NAME_BYTES_MAX: usize = 64;
pub const DEPTH_MAX: usize = 32;
/// Elements of a path that must have been seen before nobody looks at it again.
const SEEN_MIN: u32 = 4;
const CONTEXT_VERSION: u8 = 1;

/// A path: its place in the list. The first is the document.
pub type Path = u16;
pub const DOCUMENT: Path = 0;
/// A path that is not followed.
pub const UNKNOWN: Path = Path::MAX;

/// Elements that are records even if there is but one.
const RECORDS: [&[u8]; 14] = [
    b"row",
    b"record",
    b"user",
    b"person",
    b"customer",
    b"member",
    b"contact",
    b"client",
    b"employee",
    b"subscriber",
    b"account",
    b"entry",
    b"item",
    b"table",
];

#[derive(Clone, Default, Debug)]
struct Node {
    parent: Path,
    /// The name, and for a table a NUL and which.
    name: Vec<u8>,
    is_record: bool,
    repeats: bool,
    /// Has it elements or attributes within it?
    has_values: bool,
    /// Elements that were seen to their end.
    seen: u32,
    /// What its own values are, a bit a kind.
    kinds: u64,
    /// The element in which it was seen last.
    within: u32,
    /// The names of the records in it.
    records: Vec<Vec<u8>>,
}

impl Node {
    fn name(&self) -> &[u8] {
        self.name.split(|byte| *byte == 0).next().unwrap_or_default()
    }
}

/// All paths so far.
#[derive(Default, Debug)]
pub struct Paths {
    nodes: Vec<Node>,
    places: HashMap<Vec<u8>, Path>,
    wanted: Vec<u8>,
    /// The path that was entered last: siblings have the same.
    last: Path,
    /// Offset in the member of the last look ahead, and where it ended.
    looked: Option<u64>,
    pub looked_to: u64,
    /// Elements seen while looking ahead.
    elements: u32,
}

/// An element that is open while looking ahead.
struct Frame<'a> {
    path: Path,
    tag: Option<Tag<'a>>,
    key: &'a [u8],
    inner: usize,
    is_leaf: bool,
    kinds: u64,
    serial: u32,
    pending: Option<&'a [u8]>,
    /// Elements within it, and how many of them are keys of others.
    children: u32,
    keys: u32,
}

const fn bit(kind: FieldKind) -> u64 {
    1 << kind.tag()
}

fn kind_of(meaning: Meaning) -> u64 {
    match meaning {
        Meaning::Field(kind) => bit(kind),
        Meaning::Secret(_) => bit(FieldKind::Password),
        Meaning::Extra => 0,
    }
}

/// An e-mail or phone, a login with its secret, or a name with where or when: then it is somebody's.
fn is_person(kinds: u64) -> bool {
    use FieldKind::*;
    let has = |some: &[FieldKind]| some.iter().any(|kind| kinds & bit(*kind) != 0);
    has(&[Email, Phone]) || has(&[Username]) && has(&[Password]) || has(&[FullName, LastName]) && has(&[Dob, Address, PostalCode])
}

impl Paths {
    /// The path of an element within another.
    pub fn enter(&mut self, parent: Path, tag: &Tag<'_>) -> Path {
        if self.nodes.is_empty() {
            self.nodes.push(Node::default());
        }
        let name = local(tag.name);
        if parent == UNKNOWN || name.len() > NAME_BYTES_MAX {
            return UNKNOWN;
        }
        let is_it = |node: &Node| node.parent == parent && is_same(&node.name, name);
        if self.nodes.get(usize::from(self.last)).is_some_and(is_it) && !is_one_of(name, &TABLES) {
            return self.last;
        }
        self.wanted.clear();
        self.wanted.extend_from_slice(&parent.to_le_bytes());
        self.wanted.extend_from_slice(name);
        if is_one_of(name, &TABLES)
            && let Some(which) = attribute(tag.attributes, b"name").filter(|which| which.len() <= NAME_BYTES_MAX)
        {
            self.wanted.push(0);
            self.wanted.extend_from_slice(&which);
        }
        if let Some(path) = self.places.get(&self.wanted) {
            self.last = *path;
            return *path;
        }
        if self.nodes.len() >= PATHS_MAX {
            return UNKNOWN;
        }
        let path = self.nodes.len() as Path;
        self.nodes.push(Node { parent, name: self.wanted[2..].to_vec(), ..Node::default() });
        self.places.insert(self.wanted.clone(), path);
        path
    }

    /// Is it the path of records?
    pub fn is_record(&self, path: Path) -> bool {
        self.nodes.get(usize::from(path)).is_some_and(|node| node.is_record)
    }

    /// Are there records directly within it?
    pub fn has_records(&self, path: Path) -> bool {
        self.nodes.get(usize::from(path)).is_some_and(|node| !node.records.is_empty())
    }

    /// Is an element of this name, within another, a record?
    pub fn is_record_named(&self, parent: Path, name: &[u8]) -> bool {
        self.nodes.get(usize::from(parent)).is_some_and(|node| node.records.iter().any(|record| is_same(record, name)))
    }

    /// Are there records anywhere?
    pub fn has_people(&self) -> bool {
        self.nodes.iter().any(|node| node.is_record)
    }

    /// Must be looked ahead, where an element of this path begins, at this offset in the member?
    pub fn is_new(&self, path: Path, offset: u64) -> bool {
        let is_open = self.nodes.get(usize::from(path)).is_some_and(|node| !node.is_record && node.seen < SEEN_MIN);
        is_open && self.looked.is_none_or(|looked| offset >= looked + BETWEEN_BYTES)
    }

    /// Looks ahead: `reader` has what there is to look at, at most [`AHEAD_BYTES`]; `open` are the elements around it.
    pub fn look<'a>(&mut self, mut reader: Reader<'a, '_>, bytes: &'a [u8], open: &Open, offset: u64, is_whole: bool, slots: &mut Slots) {
        let from = reader.at();
        let frame = |path, serial| Frame {
            path,
            tag: None,
            key: b"",
            inner: 0,
            is_leaf: false,
            kinds: 0,
            serial,
            pending: None,
            children: 0,
            keys: 0,
        };
        let mut frames: Vec<Frame<'a>> = vec![frame(DOCUMENT, 0)];
        frames.extend(open.paths().map(|path| frame(path, 0)));
        for frame in &mut frames {
            self.elements += 1;
            frame.serial = self.elements;
        }
        let mut end = from;
        while let Some((range, token)) = reader.next_token() {
            end = range.end;
            match token {
                Token::Open(tag) => self.open(tag, range.end, bytes, &mut frames, slots),
                Token::Close(name) => {
                    let fits = frames.iter().rposition(|frame| frame.tag.is_some_and(|tag| tag.name == name));
                    while let Some(at) = fits
                        && frames.len() > at
                    {
                        self.close(&mut frames, range.start, bytes, slots);
                    }
                }
                Token::Text(_) | Token::Aside | Token::Broken => {}
            }
        }
        while frames.len() > 1 {
            let last = frames.len() - 1;
            frames[last].is_leaf = false;
            self.shut(&mut frames, 0);
        }
        self.looked = Some(offset);
        self.looked_to = offset + (end - from) as u64;
        self.decide(is_whole);
    }

    fn open<'a>(&mut self, tag: Tag<'a>, inner: usize, bytes: &'a [u8], frames: &mut Vec<Frame<'a>>, slots: &mut Slots) {
        let Some(parent) = frames.last_mut() else { return };
        if std::mem::replace(&mut parent.is_leaf, false)
            && let Some(tag) = parent.tag
        {
            attribute_values(&tag, |key, value| parent.kinds |= kind_of(slots.meaning(key, b"", value)));
        }
        parent.children += 1;
        parent.keys += u32::from(is_key(&tag));
        let (around, serial) = (parent.path, parent.serial);
        self.has_values(around);
        let path = self.enter(around, &tag);
        if let Some(node) = self.nodes.get_mut(usize::from(path)) {
            node.repeats |= std::mem::replace(&mut node.within, serial) == serial;
        }
        self.elements += 1;
        let (key, serial) = (key_of(&tag), self.elements);
        frames.push(Frame { path, tag: Some(tag), key, inner, is_leaf: true, kinds: 0, serial, pending: None, children: 0, keys: 0 });
        if tag.is_empty || frames.len() > DEPTH_MAX {
            self.close(frames, inner, bytes, slots);
        }
    }

    fn has_values(&mut self, path: Path) {
        if let Some(node) = self.nodes.get_mut(usize::from(path)) {
            node.has_values = true;
        }
    }

    /// Closes the innermost element: the values of one with text are its parent's, of one with attributes alone its own.
    fn close<'a>(&mut self, frames: &mut Vec<Frame<'a>>, end: usize, bytes: &'a [u8], slots: &mut Slots) {
        let (around, mut pending) = match frames.as_mut_slice() {
            [.., parent, _] => (parent.key, parent.pending.take()),
            _ => (&b""[..], None),
        };
        let Some(last) = frames.last_mut() else { return };
        let mut kinds = 0;
        if last.is_leaf
            && let Some(tag) = last.tag
        {
            let inner = bytes.get(last.inner..end).unwrap_or_default();
            let leaf = Leaf { tag: &tag, inner, around };
            leaf.values(&mut pending, |key, around, value, _| {
                if !value.is_empty() {
                    kinds |= kind_of(slots.meaning(key, around, value));
                }
            });
            let is_keyed = last.key.as_ptr() != local(tag.name).as_ptr();
            if !is_keyed && !tag.attributes.trim_ascii().is_empty() && inner.iter().all(u8::is_ascii_whitespace) {
                last.kinds |= std::mem::take(&mut kinds);
                let path = last.path;
                self.has_values(path);
            }
        }
        self.shut(frames, kinds);
        if let Some(parent) = frames.last_mut() {
            parent.pending = pending;
        }
    }

    /// Takes the innermost element off; `to_parent` are kinds that its parent has by it.
    fn shut(&mut self, frames: &mut Vec<Frame<'_>>, to_parent: u64) {
        let Some(mut frame) = frames.pop() else { return };
        // A key with its value is a value of what is around it.
        let is_pair = frame.keys == 1 && frame.children == 2;
        let to_parent = to_parent | if is_pair { std::mem::take(&mut frame.kinds) } else { 0 };
        if let Some(node) = self.nodes.get_mut(usize::from(frame.path)) {
            node.kinds |= frame.kinds;
            node.seen += u32::from(frame.tag.is_some());
        }
        if let Some(parent) = frames.last_mut() {
            parent.kinds |= to_parent;
        }
    }

    /// Says which paths are of records, from what was seen.
    fn decide(&mut self, is_whole: bool) {
        let mut kinds: Vec<u64> = self.nodes.iter().map(|node| node.kinds).collect();
        for at in (1..self.nodes.len()).rev() {
            let node = &self.nodes[at];
            if !(node.repeats && node.has_values) {
                kinds[usize::from(node.parent)] |= kinds[at];
            }
        }
        let mut is_within = vec![false; self.nodes.len()];
        for at in 1..self.nodes.len() {
            let parent = usize::from(self.nodes[at].parent);
            is_within[at] = is_within[parent] || self.nodes[parent].is_record;
            let node = &mut self.nodes[at];
            let is_told = node.repeats || is_one_of(node.name(), &RECORDS);
            node.is_record |= !is_within[at] && is_told && node.has_values && is_person(kinds[at]);
        }
        if is_whole && !self.nodes.iter().any(|node| node.is_record) {
            self.decide_single(&kinds);
        }
        self.name_records();
    }

    fn name_records(&mut self) {
        for at in 1..self.nodes.len() {
            let (parent, name) = (usize::from(self.nodes[at].parent), self.nodes[at].name().to_vec());
            if self.nodes[at].is_record && !self.nodes[parent].records.contains(&name) {
                self.nodes[parent].records.push(name);
            }
        }
    }

    /// A document of one person: the innermost element with all that is said of it.
    fn decide_single(&mut self, kinds: &[u64]) {
        let mut at = 0;
        loop {
            let mut people =
                (at + 1..self.nodes.len()).filter(|child| usize::from(self.nodes[*child].parent) == at && is_person(kinds[*child]));
            match (people.next(), people.next()) {
                (Some(child), None) if self.nodes[at].kinds == 0 => at = child,
                _ => break,
            }
        }
        if at > 0 {
            self.nodes[at].is_record = true;
        }
    }

    /// As a chunk's context, with the elements that are open where it begins.
    pub fn pack(&self, open: &Open) -> Vec<u8> {
        let mut context = vec![CONTEXT_VERSION];
        open.pack(&mut context);
        context.extend_from_slice(&self.looked.map_or(0, |looked| looked + 1).to_le_bytes());
        context.extend_from_slice(&self.looked_to.to_le_bytes());
        for node in &self.nodes {
            let flags =
                u8::from(node.is_record) | u8::from(node.repeats) << 1 | u8::from(node.has_values) << 2 | (node.seen.min(15) as u8) << 4;
            context.extend_from_slice(&node.parent.to_le_bytes());
            context.push(flags);
            context.extend_from_slice(&node.kinds.to_le_bytes());
            pack_name(&node.name, &mut context);
        }
        context
    }

    /// Reads what [`Paths::pack`] wrote.
    pub fn unpack(context: &[u8]) -> Option<(Self, Open)> {
        let ([CONTEXT_VERSION], mut rest) = context.split_first_chunk::<1>()? else { return None };
        let open = Open::unpack(&mut rest)?;
        let (looked, after) = rest.split_first_chunk::<8>()?;
        let (looked_to, mut rest) = after.split_first_chunk::<8>()?;
        let mut paths =
            Self { looked: u64::from_le_bytes(*looked).checked_sub(1), looked_to: u64::from_le_bytes(*looked_to), ..Self::default() };
        while !rest.is_empty() {
            let (parent, after) = rest.split_first_chunk::<2>()?;
            let ([flags], after) = after.split_first_chunk::<1>()?;
            let (kinds, after) = after.split_first_chunk::<8>()?;
            rest = after;
            let (parent, name) = (Path::from_le_bytes(*parent), unpack_name(&mut rest)?);
            if paths.nodes.len() >= PATHS_MAX || usize::from(parent) > paths.nodes.len() {
                return None;
            }
            paths.places.insert([&parent.to_le_bytes(), name.as_slice()].concat(), paths.nodes.len() as Path);
            let [is_record, repeats, has_values] = [1, 2, 4].map(|flag| flags & flag != 0);
            let (seen, kinds) = (u32::from(flags >> 4), u64::from_le_bytes(*kinds));
            paths.nodes.push(Node { parent, name, is_record, repeats, has_values, seen, kinds, within: 0, records: Vec::new() });
        }
        paths.name_records();
        Some((paths, open))
    }
}

pub fn pack_name(name: &[u8], context: &mut Vec<u8>) {
    let name = &name[..name.len().min(255)];
    context.push(name.len() as u8);
    context.extend_from_slice(name);
}

pub fn unpack_name(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let (len, after) = rest.split_first()?;
    let (name, after) = after.split_at_checked(usize::from(*len))?;
    *rest = after;
    Some(name.to_vec())
}
