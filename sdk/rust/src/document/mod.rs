//! Documents of nested keys, as JSON and BSON have them: what of a document is told, and of whom.
//!
//! A plugin reads its format into a [`Tree`]: objects, arrays and values, each by its path of keys ([`Paths`]). [`Documents`] knows the rest:
//! what a path means (`role.rs`), who is who in a document (`people.rs`), and how values are told (`tell.rs`, `value.rs`). Deliberately
//! absent: any format's syntax, and anything kept from one document for the next, but what depends on its shape alone.
//!
//! What a document's shape says, paths in their order, is found out once a shape: the documents of a collection have few.

mod paths;
mod people;
mod role;
mod tell;
mod tree;
mod value;

pub use paths::{PathId, Paths};
pub use tell::{Documents, Plan, is_same_shape};
pub use tree::{Form, Leaf, Node, TREE_ITEMS_MAX, Tree};
