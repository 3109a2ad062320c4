//! The hashes that observations are counted under. They are look-up keys, not protection: the ranges are what the HaveIBeenPwned
//! clients ask for, and those ask by SHA-1 and NTLM.

use md4::Md4;
use sha1::{Digest, Sha1};

/// SHA-1 of an account, trimmed and in lower case: what breachedaccount's k-anonymity ranges are sorted by.
pub fn account_hash(account: &str) -> [u8; 20] {
    let account = account.trim();
    if account.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        return Sha1::digest(account.as_bytes()).into();
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
    Sha1::digest(password).into()
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
