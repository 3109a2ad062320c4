//! The hashes that observations are counted under. They are look-up keys, not protection: the ranges are what the HaveIBeenPwned
//! clients ask for, and those ask by SHA-1 and NTLM.

use md4::Md4;
use sha1::{Digest, Sha1, block_api::compress};

/// SHA-1 of an account, trimmed and in lower case: what breachedaccount's k-anonymity ranges are sorted by.
pub fn account_hash(account: &str) -> [u8; 20] {
    let account = account.trim();
    if account.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        return sha1(account.as_bytes());
    }
    let mut hasher = Sha1::new();
    let mut utf8 = [0; 4];
    for c in account.chars().flat_map(char::to_lowercase) {
        hasher.update(c.encode_utf8(&mut utf8));
    }
    hasher.finalize().into()
}

/// SHA-1 of a password's bytes, which for text are its UTF-8.
pub fn password_sha1(password: &[u8]) -> [u8; 20] {
    sha1(password)
}

/// What SHA-1 begins with: FIPS 180-4, 5.3.1.
const SHA1_BEGINS: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
/// Bytes that fit one block with SHA-1's padding: a set bit, and the length in bits.
const ONE_BLOCK_MAX: usize = 64 - 1 - 8;

/// Nearly all that is hashed here fits one block, and a hasher's buffering takes nearly as long as that.
fn sha1(message: &[u8]) -> [u8; 20] {
    if message.len() > ONE_BLOCK_MAX {
        return Sha1::digest(message).into();
    }
    let (mut state, mut block) = (SHA1_BEGINS, [0; 64]);
    block[..message.len()].copy_from_slice(message);
    block[message.len()] = 0x80;
    block[56..].copy_from_slice(&(message.len() as u64 * 8).to_be_bytes());
    compress(&mut state, &[block]);
    let mut digest = [0; 20];
    digest.as_chunks_mut().0.iter_mut().zip(state).for_each(|(bytes, word)| *bytes = word.to_be_bytes());
    digest
}

/// NTLM of a password: MD4 over its UTF-16LE. `None` if the bytes are no UTF-8, for then nobody knows its characters.
pub fn password_ntlm(password: &[u8]) -> Option<[u8; 16]> {
    let password = std::str::from_utf8(password).ok()?;
    let mut hasher = Md4::new();
    let (mut buffer, mut filled) = ([0; 128], 0);
    for unit in password.encode_utf16() {
        buffer[filled..filled + 2].copy_from_slice(&unit.to_le_bytes());
        filled += 2;
        if filled == buffer.len() {
            hasher.update(buffer);
            filled = 0;
        }
    }
    hasher.update(&buffer[..filled]);
    Some(hasher.finalize().into())
}
