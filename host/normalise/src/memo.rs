//! The hashes of passwords seen lately. Everybody has the same few passwords, and hashing them is what protect does most.
//!
//! A table with one place a password may be in: what comes later takes the place. It changes no result, only what it costs, and it is
//! as large as it begins. It holds passwords, as the batch they came from does; it is dropped with the task and never printed.

use std::fmt;

use crate::hash::{password_ntlm, password_sha1};

/// Longer passwords are seldom said twice.
const PASSWORD_BYTES_MAX: usize = 23;
/// Places, 60 bytes each: they fit a core's own cache.
const PLACES: usize = 4_096;

#[derive(Clone)]
struct Known {
    len: u8,
    password: [u8; PASSWORD_BYTES_MAX],
    sha1: [u8; 20],
    ntlm: [u8; 16],
}

#[derive(Clone, Default)]
pub(crate) struct Memo {
    places: Vec<Option<Known>>,
}

impl Memo {
    /// SHA-1 and NTLM of a password; no NTLM if it is no text.
    pub(crate) fn hashes(&mut self, password: &[u8]) -> ([u8; 20], Option<[u8; 16]>) {
        if password.len() > PASSWORD_BYTES_MAX {
            return (password_sha1(password), password_ntlm(password));
        }
        if self.places.is_empty() {
            self.places.resize(PLACES, None);
        }
        let place = &mut self.places[place_of(password)];
        if let Some(known) = place
            && known.password[..usize::from(known.len)] == *password
        {
            return (known.sha1, Some(known.ntlm));
        }
        let (sha1, ntlm) = (password_sha1(password), password_ntlm(password));
        if let Some(ntlm) = ntlm {
            let mut known = Known { len: password.len() as u8, password: [0; PASSWORD_BYTES_MAX], sha1, ntlm };
            known.password[..password.len()].copy_from_slice(password);
            *place = Some(known);
        }
        (sha1, ntlm)
    }
}

/// FNV's step over the bytes, its upper bits: enough for a table that may forget.
fn place_of(password: &[u8]) -> usize {
    let hash = password.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3));
    (hash >> 32) as usize % PLACES
}

impl fmt::Debug for Memo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memo(…)")
    }
}
