//! The machine that a folder is of: its address, its country and its numbers, told with each login that was saved on it.
//!
//! Nobody's account is in there, so it makes no record by itself. It reaches the logins where the host joins a folder's members: the
//! machine's come first, and what they say goes on as a chunk's context.

use sluice_plugin::{FieldKind, Line, Out, columns::is_ip};

use crate::{
    key::{Key, Machine as Kind},
    line::{Class, classify, is_nothing},
    quick::ROW_SHARE,
    reader::{Columns, Reader},
};

/// Bytes of a value that are kept.
const VALUE_BYTES_MAX: usize = 48;

/// What is told of a machine, in this order, and under which name if it is of no standard kind.
const TOLD: [(Kind, &str); 5] =
    [(Kind::Ip, ""), (Kind::Country, ""), (Kind::Id, "hwid"), (Kind::Name, "machine"), (Kind::User, "machine_user")];

/// A machine, as far as is known.
#[derive(Clone, Default)]
pub struct Machine([Vec<u8>; TOLD.len()]);

impl Machine {
    /// Reads lines of a member about the machine. What is said first counts.
    pub fn note(&mut self, rows: &[u8], reader: &mut Reader) {
        let mut rest = rows;
        while let Some(line) = Line::at(rest, true) {
            rest = &rest[line.raw.len()..];
            match classify(line.text, &mut reader.keys) {
                Class::Pair(pair) if !pair.is_binary => self.keep(pair.key, pair.value.trim_ascii()),
                Class::Text if is_ip(line.text.trim_ascii()) => self.keep(Key::Machine(Kind::Ip), line.text.trim_ascii()),
                _ => {}
            }
        }
    }

    fn keep(&mut self, key: Key, value: &[u8]) {
        let kind = match key {
            Key::Machine(kind) => kind,
            Key::Login => Kind::User,
            _ => return,
        };
        // `192.0.2.1 (Utrecht)`
        let address = || value.split(|byte| matches!(byte, b' ' | b'/' | b'(')).next().unwrap_or_default();
        let value = if kind == Kind::Ip { address() } else { value };
        let is_fit = !is_nothing(value) && value.len() <= VALUE_BYTES_MAX && (kind != Kind::Ip || is_ip(value));
        if let Some(place) = TOLD.iter().position(|(told, _)| *told == kind)
            && is_fit
            && self.0[place].is_empty()
        {
            self.0[place] = value.to_vec();
        }
    }

    /// The tags and values to tell with a login, whose row is so long: they are copied to each record, and a short row goes without.
    pub fn told(&self, row_bytes: usize, columns: &mut Columns, out: &mut Out<'_>) -> Vec<(u8, &[u8])> {
        let bytes: usize = self.0.iter().map(Vec::len).sum();
        if bytes == 0 || bytes > ROW_SHARE * row_bytes {
            return Vec::new();
        }
        let values = TOLD.iter().zip(&self.0).filter(|(_, value)| !value.is_empty());
        let tagged = values.filter_map(|((kind, name), value)| {
            let tag = match kind {
                Kind::Ip => Some(FieldKind::Ip.tag()),
                Kind::Country => Some(FieldKind::Country.tag()),
                _ => columns.tag(name.as_bytes(), out),
            };
            tag.map(|tag| (tag, value.as_slice()))
        });
        tagged.collect()
    }

    /// In bytes, for a chunk's context: of each value its length and itself.
    pub fn pack(&self) -> Vec<u8> {
        self.0.iter().flat_map(|value| std::iter::once(value.len() as u8).chain(value.iter().copied())).collect()
    }

    /// Reads what [`Machine::pack`] wrote.
    pub fn unpack(mut context: &[u8]) -> Self {
        let mut machine = Self::default();
        for value in &mut machine.0 {
            let Some(([bytes], rest)) = context.split_first_chunk() else { break };
            let Some((known, rest)) = rest.split_at_checked(usize::from(*bytes)) else { break };
            *value = known.to_vec();
            context = rest;
        }
        machine
    }
}
