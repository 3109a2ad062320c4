//! The hashes of passwords seen lately. Everybody has the same few passwords, and hashing them is what protect does most.
//!
//! A table with one place a password may be in: what comes later takes the place. It changes no result, only what it costs, and it is
//! as large as it begins. It holds passwords, as the batch they came from does; it is dropped with the task and never printed.

use std::fmt;

use crate::hash::{password_ntlm, password_sha1};

/// Longer passwords are seldom said twice.
const PASSWORD_BYTES_MAX: usize = 23;
/// Places, 64 bytes each: they fit a core's own cache.
const PLACES_BITS: u32 = 12;

/// A password's bytes, zeros, and at the end its length and one, so that no password's are what a free place has.
type Key = [u64; 3];

#[derive(Clone, Default)]
struct Known {
    key: Key,
    sha1: [u8; 20],
    ntlm: [u8; 16],
}

#[derive(Clone, Default)]
pub(crate) struct Memo {
    places: Vec<Known>,
}

impl Memo {
    /// SHA-1 and NTLM of a password; no NTLM if it is no text.
    pub(crate) fn hashes(&mut self, password: &[u8]) -> ([u8; 20], Option<[u8; 16]>) {
        if password.len() > PASSWORD_BYTES_MAX {
            return (password_sha1(password), password_ntlm(password));
        }
        if self.places.is_empty() {
            self.places.resize(1 << PLACES_BITS, Known::default());
        }
        let key = key_of(password);
        let place = &mut self.places[place_of(key)];
        if place.key == key {
            return (place.sha1, Some(place.ntlm));
        }
        let (sha1, ntlm) = (password_sha1(password), password_ntlm(password));
        if let Some(ntlm) = ntlm {
            *place = Known { key, sha1, ntlm };
        }
        (sha1, ntlm)
    }
}

fn key_of(password: &[u8]) -> Key {
    let mut bytes = [0; PASSWORD_BYTES_MAX + 1];
    bytes[..password.len()].copy_from_slice(password);
    bytes[PASSWORD_BYTES_MAX] = password.len() as u8 + 1;
    let (words, _) = bytes.as_chunks::<8>();
    [words[0], words[1], words[2]].map(u64::from_le_bytes)
}

/// Multiplied, both halves of the product folded, word after word: enough for a table that may forget.
fn place_of(key: Key) -> usize {
    let hash = key.iter().fold(0, |hash: u64, word| {
        let product = u128::from(hash ^ word) * 0x9e37_79b9_7f4a_7c15;
        product as u64 ^ (product >> 64) as u64
    });
    (hash >> (64 - PLACES_BITS)) as usize
}

impl fmt::Debug for Memo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memo(…)")
    }
}
