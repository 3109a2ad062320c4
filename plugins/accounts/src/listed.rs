//! `user:secret`, as Apache's `htpasswd` and John the Ripper list it, and `user:realm:hash` of digest authentication.

use memchr::memchr;
use sluice_plugin::{FieldKind, HashKind, Secret, identify};

use crate::account::{Account, Extra, Kept, is_broken_hash};

/// Reads `user:secret`.
pub fn pair(text: &[u8]) -> Option<Result<Account<'_>, &'static str>> {
    let colon = memchr(b':', text)?;
    let (name, secret) = (&text[..colon], &text[colon + 1..]);
    if name.is_empty() || name.len() > 256 {
        return None;
    }
    // John does not know whose a bare hash is.
    let mut account = if name == b"?" { Account::default() } else { Account::of(name) };
    if let Secret::Plain = identify(secret, None)
        && let Some((kind, hash, salt)) = salted(secret)
    {
        account.hash(kind, hash);
        account.field(FieldKind::Salt, salt);
        return Some(Ok(account));
    }
    Some(if Kept::of(secret).add_to(&mut account, |value| !is_broken_hash(value)) { Ok(account) } else { Err("broken-hash") })
}

/// `hash:salt`.
fn salted(secret: &[u8]) -> Option<(HashKind, &[u8], &[u8])> {
    let colon = memchr(b':', secret)?;
    let (hash, salt) = (&secret[..colon], &secret[colon + 1..]);
    let Secret::Hash(kind) = identify(hash, None) else { return None };
    let is_vbulletin = kind == HashKind::Md5 && matches!(salt.len(), 3 | 30);
    Some((if is_vbulletin { HashKind::Vbulletin } else { kind }, hash, salt))
}

/// The parts of `user:realm:digits`. A realm may have colons, the others have none.
pub fn digest_parts(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (first, last) = (memchr(b':', text)?, memchr::memrchr(b':', text)?);
    let hash = &text[last + 1..];
    let is_digest = matches!(hash.len(), 32 | 64) && crate::hex::are_digits(hash);
    (is_digest && 0 < first && first < last).then(|| (&text[..first], &text[first + 1..last], hash))
}

/// Reads `user:realm:digits`: a digest of all three and the password.
pub fn digest(text: &[u8]) -> Option<Account<'_>> {
    let (name, realm, hash) = digest_parts(text)?;
    let mut account = Account::of(name);
    account.hash(if hash.len() == 32 { HashKind::Md5 } else { HashKind::Sha256 }, hash);
    account.extra(Extra::Realm, realm);
    Some(account)
}
