//! Which column stands where: told once a member, by its first lines.
//!
//! Columns are counted from the left up to one, from the right behind it: that one gets the rest of the row, whatever is in it. It is the
//! salt if there is one, else the secret. What a column is its values say; names only where there is a header.

use sluice_plugin::{
    FieldKind, HashKind,
    columns::{Meaning, is_email},
    person::{NamedColumn, People},
};

use crate::field::Form;

/// First byte of a packed context.
const CONTEXT_VERSION: u8 = 1;
/// Columns that are looked at.
pub const COLUMNS_MAX: usize = 32;

/// A column's place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    pub form: Form,
    /// Separators within its values, if all have as many.
    pub inner: Option<u8>,
}

/// The columns of a member's rows.
#[derive(Clone, Debug)]
pub struct Layout {
    pub separator: u8,
    pub places: Vec<Place>,
    /// The column that gets the rest of the row.
    pub rest: usize,
    pub people: People,
    /// Bytes of its header, to be known again in joined files; 0 if it has none.
    pub header: Vec<u8>,
}

impl Layout {
    /// The column of hashes or passwords.
    pub fn secret(&self) -> Option<usize> {
        self.position(|meaning| matches!(meaning, Meaning::Secret(_)))
    }

    /// The column of e-mail addresses.
    pub fn email(&self) -> Option<usize> {
        self.position(|meaning| meaning == Meaning::Field(FieldKind::Email))
    }

    /// Does the rest of a row belong to its salt? Then all secrets are hashes.
    pub fn is_salted(&self) -> bool {
        self.people.meaning(self.rest) == Meaning::Field(FieldKind::Salt)
    }

    /// The kind of hashes that do not tell it.
    pub fn hint(&self) -> Option<HashKind> {
        self.secret().and_then(|at| match self.people.meaning(at) {
            Meaning::Secret(hint) => hint,
            _ => None,
        })
    }

    fn position(&self, is: impl Fn(Meaning) -> bool) -> Option<usize> {
        self.people.columns().iter().position(|column| is(column.meaning))
    }

    /// May `value` stand in a column?
    pub fn allows(&self, column: usize, value: &[u8]) -> bool {
        match self.people.meaning(column) {
            Meaning::Field(FieldKind::Email) => is_nothing(value) || is_email(value.trim_ascii()),
            Meaning::Secret(hint) if self.is_salted() => {
                is_nothing(value) || matches!(sluice_plugin::identify(value, hint), sluice_plugin::Secret::Hash(_))
            }
            _ => true,
        }
    }

    /// As a chunk's context.
    pub fn pack(&self) -> Vec<u8> {
        let mut context = vec![CONTEXT_VERSION, self.separator, self.rest as u8, self.places.len() as u8];
        for place in &self.places {
            context.extend([place.form as u8, place.inner.unwrap_or(u8::MAX)]);
        }
        context.extend((self.header.len() as u16).to_le_bytes());
        context.extend(&self.header);
        self.people.pack(&mut context);
        context
    }

    /// What [`Layout::pack`] made this of.
    pub fn unpack(context: &[u8]) -> Option<Self> {
        let (&[version, separator, rest, columns], after) = context.split_first_chunk()?;
        let (places, after) = after.split_at_checked(2 * usize::from(columns))?;
        let place = |pair: &[u8; 2]| {
            let form = *Form::ALL.get(usize::from(pair[0]))?;
            Some(Place { form, inner: (pair[1] != u8::MAX).then_some(pair[1]) })
        };
        let places = places.as_chunks().0.iter().map(place).collect::<Option<Vec<_>>>()?;
        let (header_bytes, after) = after.split_first_chunk()?;
        let (header, after) = after.split_at_checked(usize::from(u16::from_le_bytes(*header_bytes)))?;
        let (people, _) = People::unpack(after)?;
        let is_whole = version == CONTEXT_VERSION && people.columns().len() == places.len() && usize::from(rest) < places.len();
        is_whole.then(|| Self { separator, places, rest: usize::from(rest), people, header: header.to_vec() })
    }

    /// One of these columns.
    pub fn new(separator: u8, places: Vec<Place>, rest: usize, meanings: Vec<Meaning>, names: Option<Vec<Vec<u8>>>, header: &[u8]) -> Self {
        let name =
            |at: usize| names.as_ref().and_then(|names| names.get(at).cloned()).unwrap_or_else(|| format!("column_{}", at + 1).into());
        let columns = meanings.into_iter().enumerate().map(|(at, meaning)| NamedColumn { name: name(at), meaning }).collect();
        Self { separator, places, rest, people: People::new(columns), header: header.to_vec() }
    }
}

/// Nothing, or a word for it.
pub fn is_nothing(value: &[u8]) -> bool {
    let value = value.trim_ascii();
    value.is_empty() || matches!(value, b"\\N" | b"-") || value.eq_ignore_ascii_case(b"null") || value.eq_ignore_ascii_case(b"none")
}
