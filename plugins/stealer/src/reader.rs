//! What is remembered while a chunk is read: what its keys mean, the columns named, and what the member's path says.

use std::collections::HashMap;

use sluice_plugin::{Column, FieldKind, Out};

use crate::{key::Key, memo::Memo, path::Holds};

/// What reading blocks needs to know.
#[derive(Default)]
pub struct Reader {
    pub keys: Memo<Key>,
    /// Names of forms' fields.
    pub fields: Memo<Option<FieldKind>>,
    pub holds: Holds,
}

impl Reader {
    /// Does what can't be read count as lost? Not in lists of cookies, pages or programs.
    pub fn is_telling(&self) -> bool {
        !matches!(self.holds, Holds::Nothing)
    }
}

/// The columns named so far, by name.
#[derive(Default)]
pub struct Columns(HashMap<Vec<u8>, Option<Column>>);

/// Columns are few: more names than there are tags for need not be remembered.
const NAMES_MAX: usize = 256;

impl Columns {
    /// The tag of a column that was named.
    pub fn known(&self, name: &[u8]) -> Option<u8> {
        self.0.get(name).copied().flatten().map(Column::tag)
    }

    /// The tag of a column's values, if there is one left.
    pub fn tag(&mut self, name: &[u8], out: &mut Out<'_>) -> Option<u8> {
        if let Some(known) = self.0.get(name) {
            return known.map(Column::tag);
        }
        if self.0.len() == NAMES_MAX {
            return None;
        }
        let named = out.column(name);
        self.0.insert(name.to_vec(), named);
        named.map(Column::tag)
    }
}
