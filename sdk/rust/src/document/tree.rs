//! A document as it was read: its objects and arrays, and the values in them, in the order of the input.

use crate::document::{PathId, Paths};

/// How a value stands in the input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// Text as it is.
    Text,
    /// Text with JSON's escapes in it.
    Escaped,
    /// A number in digits.
    Number,
    /// `true` or `false`, in words.
    Word,
    /// Milliseconds since 1970, in digits.
    Milliseconds,
    /// Bytes in base64.
    Base64,
    /// Milliseconds since 1970, eight bytes.
    MillisecondsLe,
    /// A whole number, four or eight bytes.
    IntegerLe,
    /// A floating-point number, eight bytes.
    FloatLe,
    /// Bytes: a hash perhaps, or text.
    Bytes,
    /// An identifier's bytes.
    Id,
}

/// An object or an array.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// The one it stands in; the document's own is its own.
    pub parent: u32,
    /// Where it stands.
    pub path: PathId,
    /// Its brackets' place in the push's bytes.
    pub start: u32,
    /// Behind its last byte; 0 while it is open.
    pub end: u32,
    /// Is it an array?
    pub is_array: bool,
}

/// A value.
#[derive(Clone, Copy, Debug)]
pub struct Leaf {
    /// What it stands in.
    pub node: u32,
    /// Where it stands.
    pub path: PathId,
    /// Its place in the push's bytes, without quotes.
    pub start: u32,
    /// Behind its last byte.
    pub end: u32,
    /// How it stands there.
    pub form: Form,
}

/// Objects, arrays and values of one document, at most.
pub const TREE_ITEMS_MAX: usize = 1 << 17;

/// A document; keep one, so that its memory is used again.
#[derive(Default, Debug)]
pub struct Tree {
    /// In the order they began; the first is the document.
    pub nodes: Vec<Node>,
    /// In the input's order.
    pub leaves: Vec<Leaf>,
}

impl Tree {
    /// Begins a document at a place.
    pub fn begin(&mut self, start: usize) {
        self.nodes.clear();
        self.leaves.clear();
        self.nodes.push(Node { parent: 0, path: Paths::ROOT, start: start as u32, end: 0, is_array: false });
    }

    /// An object or an array begins.
    pub fn open(&mut self, parent: u32, path: PathId, start: usize, is_array: bool) -> u32 {
        self.nodes.push(Node { parent, path, start: start as u32, end: 0, is_array });
        self.nodes.len() as u32 - 1
    }

    /// A value is read.
    pub fn leaf(&mut self, node: u32, path: PathId, start: usize, end: usize, form: Form) {
        self.leaves.push(Leaf { node, path, start: start as u32, end: end as u32, form });
    }

    /// An object or array ends.
    pub fn close(&mut self, node: u32, end: usize) {
        if let Some(node) = self.nodes.get_mut(node as usize) {
            node.end = end as u32;
        }
    }

    /// Is there more in it than anybody's document has?
    pub fn is_full(&self) -> bool {
        self.nodes.len() + self.leaves.len() > TREE_ITEMS_MAX
    }
}
