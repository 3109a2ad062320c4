//! Potfiles, which crackers keep of what they have found: `hash:plain`, `hash:salt:plain`, and `user:hash:plain`.
//!
//! A bare digest does not say whose it is, but here its plain is known: it is computed, and where it fits the kind is certain.

use std::borrow::Cow;

use md4::Md4;
use md5::{Digest, Md5};
use memchr::{memchr, memchr_iter, memrchr};
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};
use sluice_plugin::{FieldKind, HashKind, Secret, columns::is_email, identify};

use crate::{
    account::{Account, hash_kind},
    hex,
};

/// Colons that a hash may have in itself.
const INNER_COLONS_MAX: usize = 8;

/// Reads `hash:plain` or `hash:salt:plain`. That a file is a potfile lets what has no marker count as a hash too.
pub fn found(text: &[u8], in_potfile: bool) -> Option<Account<'_>> {
    if let Some(account) = dynamic(text) {
        return Some(account);
    }
    let (kind, end) = head(text, in_potfile)?;
    let (hash, rest) = (&text[..end], text.get(end + 1..).unwrap_or_default());
    if !in_potfile && is_email(rest) {
        return None;
    }
    let mut account = Account::default();
    if is_bare(hash) {
        bare(&mut account, kind, hash, rest)
    } else {
        told(&mut account, kind, hash, b"", hex::plain(rest))
    }
    Some(account)
}

fn told<'a>(account: &mut Account<'a>, kind: HashKind, hash: &'a [u8], salt: &'a [u8], plain: Cow<'a, [u8]>) {
    account.hash(kind, hash);
    account.field(FieldKind::Salt, hex::plain(salt));
    account.field(FieldKind::Password, plain);
}

fn is_bare(hash: &[u8]) -> bool {
    hex::are_digits(hash)
}

/// The hash that a line begins with: its kind and where it ends. The shortest one, for what follows may be anything.
fn head(text: &[u8], in_potfile: bool) -> Option<(HashKind, usize)> {
    let ends = memchr_iter(b':', text).chain([text.len()]).take(INNER_COLONS_MAX);
    for end in ends {
        let hash = &text[..end];
        if let Some(kind) = known_kind(hash) {
            // `$krb5asrep$23$user@REALM:digits$digits`.
            let is_torn =
                matches!(kind, HashKind::Krb5asrep) && !hash.contains(&b':') && !is_bare(hash.rsplit(|byte| *byte == b'$').next()?);
            if is_torn {
                continue;
            }
            return Some((kind, end));
        }
        if in_potfile && !hash.contains(&b':') && end < text.len() {
            if let Some(kind) = unmarked(hash, &text[end + 1..]) {
                return Some((kind, end));
            }
            if let [b'$' | b'*' | b'{', _, ..] = hash
                && end >= 16
                && !crate::account::is_broken_hash(hash)
                && hash.iter().all(|byte| byte.is_ascii_graphic())
            {
                return Some((HashKind::Unknown, end));
            }
        }
    }
    None
}

fn known_kind(hash: &[u8]) -> Option<HashKind> {
    match identify(hash, None) {
        Secret::Hash(kind) => Some(kind),
        Secret::Plain => None,
    }
}

/// What counts as a hash only in a potfile: crypt's thirteen characters; sixteen digits, of LM's halves or MySQL's old passwords; digests
/// of digits alone.
fn unmarked(hash: &[u8], plain: &[u8]) -> Option<HashKind> {
    match hash.len() {
        16 if is_bare(hash) => {
            let plain = hex::plain(plain);
            let is_lm = plain.len() <= 7 && !plain.iter().any(u8::is_ascii_lowercase) && !is_mysql323(hash, &plain);
            Some(if is_lm { HashKind::Lm } else { HashKind::Mysql323 })
        }
        32 if is_bare(hash) => Some(HashKind::Md5),
        40 if is_bare(hash) => Some(HashKind::Sha1),
        13 | 20 => hash_kind(hash),
        _ => None,
    }
}

/// John's `$dynamic_4$hash$salt:plain`.
fn dynamic(text: &[u8]) -> Option<Account<'_>> {
    let inner = text.strip_prefix(b"$dynamic_")?;
    let hash = memchr(b'$', inner)? + 1;
    if !inner[..hash - 1].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let rest = &inner[hash..];
    let digits = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let kind = known_kind(&rest[..digits]).or_else(|| unmarked(&rest[..digits], b""))?;
    let (digits, rest) = rest.split_at(digits);
    let (salt, plain) = match rest {
        [b':', plain @ ..] => (&b""[..], plain),
        // The salt may have colons, the plain may too: each is one in a thousand, and salts are short.
        [b'$', rest @ ..] => rest.split_at_checked(memchr(b':', rest)?).map(|(salt, plain)| (salt, &plain[1..]))?,
        _ => return None,
    };
    let plain = hex::plain(plain);
    let salt = salt.strip_prefix(b"HEX$").and_then(hex::bytes).map_or(Cow::Borrowed(salt), Cow::Owned);
    let mut account = Account::default();
    account.hash(kind_of(kind, digits, &salt, &plain).unwrap_or(kind), digits);
    account.field(FieldKind::Salt, salt);
    account.field(FieldKind::Password, plain);
    Some(account)
}

/// A bare digest, and what follows: if it is no hash of all of that, a salt stands before the last colon, since a plain that has one is
/// written in digits.
fn bare<'a>(account: &mut Account<'a>, kind: HashKind, hash: &'a [u8], rest: &'a [u8]) {
    let whole = hex::plain(rest);
    if let Some(certain) = kind_of(kind, hash, b"", &whole) {
        return told(account, certain, hash, b"", whole);
    }
    let Some(colon) = memrchr(b':', rest) else { return told(account, kind, hash, b"", whole) };
    // The salt may have colons too: the split that computes is the right one.
    let splits = memchr_iter(b':', rest).take(INNER_COLONS_MAX);
    let split = splits.filter_map(|at| {
        let (salt, plain) = (hex::plain(&rest[..at]), hex::plain(&rest[at + 1..]));
        kind_of(kind, hash, &salt, &plain).map(|kind| (kind, at))
    });
    let (certain, at) = split.last().unwrap_or((salted(kind, &rest[..colon]), colon));
    told(account, certain, hash, &rest[..at], hex::plain(&rest[at + 1..]));
}

/// vBulletin's salts have 3 bytes, later 30, and nobody else's do.
fn salted(kind: HashKind, salt: &[u8]) -> HashKind {
    if kind == HashKind::Md5 && matches!(hex::plain(salt).len(), 3 | 30) { HashKind::Vbulletin } else { kind }
}

/// Reads `user:hash:plain`, as hashcat shows it on demand: only where the plain is the hash's.
pub fn shown(text: &[u8]) -> Option<Account<'_>> {
    let first = memchr(b':', text)?;
    let second = first + 1 + memchr(b':', &text[first + 1..])?;
    let (name, hash, plain) = (&text[..first], &text[first + 1..second], &text[second + 1..]);
    if name.is_empty() || !is_bare(hash) {
        return None;
    }
    let plain = hex::plain(plain);
    let kind = kind_of(known_kind(hash)?, hash, b"", &plain)?;
    let mut account = Account::of(name);
    account.hash(kind, hash);
    account.field(FieldKind::Password, plain);
    Some(account)
}

/// What a digest is, if it is one of this salt and plain.
fn kind_of(kind: HashKind, hash: &[u8], salt: &[u8], plain: &[u8]) -> Option<HashKind> {
    let mut wanted = [0; DIGEST_BYTES_MAX];
    let wanted = wanted.get_mut(..hash.len() / 2)?;
    if !hex::decode(hash, wanted) {
        return None;
    }
    let wanted = &*wanted;
    let is = |digest: &[u8]| digest == wanted;
    match wanted.len() {
        16 if around::<Md5>(wanted, salt, plain) => Some(HashKind::Md5),
        16 if salt.is_empty() => is(&Md4::digest(utf16(plain))).then_some(HashKind::Ntlm),
        16 => is(&Md5::new().chain_update(lower_hex(&Md5::digest(plain))).chain_update(salt).finalize()).then_some(HashKind::Vbulletin),
        20 if around::<Sha1>(wanted, salt, plain) => Some(HashKind::Sha1),
        20 => (salt.is_empty() && is(&Sha1::digest(Sha1::digest(plain)))).then_some(HashKind::Mysql41),
        28 => around::<Sha224>(wanted, salt, plain).then_some(kind),
        32 => around::<Sha256>(wanted, salt, plain).then_some(kind),
        48 => around::<Sha384>(wanted, salt, plain).then_some(kind),
        64 => around::<Sha512>(wanted, salt, plain).then_some(kind),
        _ => None,
    }
}

/// Of SHA-512.
const DIGEST_BYTES_MAX: usize = 64;

/// Is it the digest of the plain with the salt behind or before it?
fn around<D: Digest>(wanted: &[u8], salt: &[u8], plain: &[u8]) -> bool {
    let is = |first: &[u8], second: &[u8]| D::new().chain_update(first).chain_update(second).finalize().as_slice() == wanted;
    is(plain, salt) || !salt.is_empty() && is(salt, plain)
}

fn lower_hex(digest: &[u8]) -> [u8; 32] {
    let mut digits = [0; 32];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(digest) {
        pair.copy_from_slice(&[byte >> 4, byte & 15].map(|digit| b"0123456789abcdef"[usize::from(digit)]));
    }
    digits
}

fn utf16(text: &[u8]) -> Vec<u8> {
    if text.is_ascii() {
        return text.iter().flat_map(|byte| [*byte, 0]).collect();
    }
    String::from_utf8_lossy(text).encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// MySQL's password function before 4.1.
fn is_mysql323(hash: &[u8], plain: &[u8]) -> bool {
    let (mut nr, mut add, mut nr2) = (1_345_345_333_u32, 7_u32, 0x1234_5671_u32);
    for byte in plain.iter().filter(|byte| !matches!(byte, b' ' | b'\t')) {
        let value = u32::from(*byte);
        nr ^= ((nr & 63).wrapping_add(add)).wrapping_mul(value).wrapping_add(nr << 8);
        nr2 = nr2.wrapping_add((nr2 << 8) ^ nr);
        add = add.wrapping_add(value);
    }
    let digest = [nr & 0x7fff_ffff, nr2 & 0x7fff_ffff].map(u32::to_be_bytes).concat();
    hex::bytes(hash).is_some_and(|wanted| wanted == digest)
}
