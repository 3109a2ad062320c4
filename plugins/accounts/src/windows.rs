//! What is taken out of Windows: `name:rid:LM:NT:::` of pwdump, secretsdump and Samba, and the rows of keys that stand among them.

use std::borrow::Cow;

use memchr::{memchr, memmem};
use sluice_plugin::{FieldKind, HashKind};

use crate::account::{Account, Extra};

const HASH_BYTES: usize = 32;
/// Of the empty password.
const EMPTY_LM: &[u8] = b"aad3b435b51404eeaad3b435b51404ee";
const EMPTY_NT: &[u8] = b"31d6cfe0d16ae931b73c59d7e0c089c0";

/// Reads a row with both hashes, whatever stands before and behind them.
pub fn hashes(text: &[u8]) -> Option<Account<'_>> {
    let at = both_hashes(text)?;
    let head = &text[..at - 1];
    // Before them stands the account's number; what Samba and secretsdump say of machines has none.
    let colon = head.iter().rposition(|byte| *byte == b':');
    let (before, id) = match colon {
        Some(colon) if is_number(&head[colon + 1..]) => (&head[..colon], &head[colon + 1..]),
        _ => (head, &b""[..]),
    };
    let (name, password) = match memchr(b':', before) {
        // `$MACHINE.ACC: LM:NT` has its blank before the hashes.
        None => (before, &b""[..]),
        Some(colon) => (&before[..colon], &before[colon + 1..]),
    };
    // Without a number it must end as rows of machines do: an e-mail, a hash and its salt could look like this too.
    let is_whole = !id.is_empty() || password.is_empty() && (text[at + 2 * HASH_BYTES + 1..].starts_with(b":::") || name.starts_with(b"$"));
    if name.is_empty() || !is_whole {
        return None;
    }
    let (name, history) = without_history(name);
    let mut account = Account::of(name);
    let (lm, nt) = (&text[at..at + HASH_BYTES], &text[at + HASH_BYTES + 1..at + 2 * HASH_BYTES + 1]);
    account.field(FieldKind::Password, password);
    for (kind, hash, empty) in [(HashKind::Ntlm, nt, EMPTY_NT), (HashKind::Lm, lm, EMPTY_LM)] {
        if is_hex(hash) && !hash.eq_ignore_ascii_case(empty) {
            account.hash(kind, hash);
        }
    }
    account.field(FieldKind::UserId, id);
    account.extra(Extra::History, history);
    let rest = &text[at + 2 * HASH_BYTES + 1..];
    // `(pwdLastSet=…) (status=…)`: most rows have at most the second.
    for part in rest.split(|byte| *byte == b'(').skip(1) {
        let value = part.split(|byte| *byte == b')').next().unwrap_or_default();
        if let Some(value) = value.strip_prefix(b"status=") {
            account.extra(Extra::Status, value);
        } else if let Some(value) = value.strip_prefix(b"pwdLastSet=") {
            account.extra(Extra::PasswordSet, value);
        }
    }
    Some(account)
}

/// Where `LM:NT` stands. Each is 32 hexadecimal digits, or what tools write where there is none.
fn both_hashes(text: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(colon) = memchr(b':', text.get(from..)?) {
        let at = from + colon + 1;
        let at = at + text.get(at..)?.iter().take_while(|byte| **byte == b' ').count();
        let [lm, nt] = [at, at + HASH_BYTES + 1].map(|at| text.get(at..at + HASH_BYTES).filter(|hash| is_place(hash)));
        let ends = |at: usize| text.get(at).is_none_or(|byte| matches!(byte, b':' | b' '));
        if lm.is_some() && nt.is_some() && text[at + HASH_BYTES] == b':' && ends(at + 2 * HASH_BYTES + 1) {
            return Some(at);
        }
        from += colon + 1;
    }
    None
}

fn is_place(hash: &[u8]) -> bool {
    is_hex(hash) || hash.starts_with(b"NO PASSWORD") || hash.iter().all(|byte| matches!(byte, b'X' | b'*'))
}

fn is_hex(value: &[u8]) -> bool {
    !value.is_empty() && crate::hex::are_digits(value)
}

fn is_number(value: &[u8]) -> bool {
    !value.is_empty() && value.iter().all(u8::is_ascii_digit)
}

/// `ann_history0` is what ann's password was before.
fn without_history(name: &[u8]) -> (&[u8], &[u8]) {
    let digits = name.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (front, number) = name.split_at(name.len() - digits);
    match front.strip_suffix(b"_history") {
        Some(former) if digits > 0 && !former.is_empty() => (former, number),
        _ => (name, b""),
    }
}

/// Reads `name:type:key`: Kerberos' keys, passwords that a directory keeps as they were typed, and a machine's own.
pub fn key(text: &[u8]) -> Option<Account<'_>> {
    let first = memchr(b':', text)?;
    let second = first + 1 + memchr(b':', &text[first + 1..])?;
    let (name, label, value) = (&text[..first], &text[first + 1..second], &text[second + 1..]);
    let is_password = matches!(label, b"CLEARTEXT" | b"plain_password_hex");
    let kind = if is_password { None } else { Some(kerberos(label, value)?) };
    let (name, history) = without_history(name);
    let mut account = Account::of(name);
    match kind {
        Some(kind) => account.hash(kind, value),
        None => account.field(FieldKind::Password, password(label, value)),
    }
    account.extra(Extra::History, history);
    Some(account)
}

/// The kind of a key by its type's name. The older ones' is the NT hash.
fn kerberos(label: &[u8], value: &[u8]) -> Option<HashKind> {
    const KINDS: [(&[u8], usize, HashKind); 10] = [
        (b"aes256-cts-hmac-sha1-96", 64, HashKind::Krb5aes256),
        (b"aes256-cts-hmac-sha384-192", 64, HashKind::Krb5aes256),
        (b"aes128-cts-hmac-sha1-96", 32, HashKind::Krb5aes128),
        (b"aes128-cts-hmac-sha256-128", 32, HashKind::Krb5aes128),
        (b"des-cbc-md5", 16, HashKind::Krb5des),
        (b"des-cbc-crc", 16, HashKind::Krb5des),
        (b"dec-cbc-crc", 16, HashKind::Krb5des),
        (b"rc4_hmac", 32, HashKind::Ntlm),
        (b"rc4-hmac", 32, HashKind::Ntlm),
        (b"arcfour-hmac", 32, HashKind::Ntlm),
    ];
    if let Some((_, bytes, kind)) = KINDS.iter().find(|(name, ..)| label.eq_ignore_ascii_case(name)) {
        return (value.len() == *bytes && is_hex(value)).then_some(*kind);
    }
    // A type that secretsdump has no name for: its number.
    let number = label.strip_prefix(b"0x").is_some_and(is_hex);
    (number && is_hex(value) && matches!(value.len(), 16 | 32 | 64)).then_some(match value.len() {
        16 => HashKind::Krb5des,
        32 if label == b"0x17" || label.eq_ignore_ascii_case(b"0xffffff74") => HashKind::Ntlm,
        32 => HashKind::Krb5aes128,
        _ => HashKind::Krb5aes256,
    })
}

/// A password as it was typed, or in the digits of its UTF-16. What machines make up for themselves is no text, and nothing.
fn password<'a>(label: &[u8], value: &'a [u8]) -> Cow<'a, [u8]> {
    let digits = match value.strip_prefix(b"0x") {
        Some(digits) => digits,
        None if label == b"plain_password_hex" => value,
        None => return value.into(),
    };
    decoded(digits).map_or(Cow::Borrowed(b""), |password| password.into_bytes().into())
}

fn decoded(digits: &[u8]) -> Option<String> {
    let bytes = crate::hex::bytes(digits)?;
    let units = bytes.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
    let letters: Option<String> = char::decode_utf16(units).map(Result::ok).collect();
    letters.filter(|letters| {
        bytes.len() % 2 == 0 && letters.chars().all(|letter| letter.is_alphanumeric() || letter.is_ascii_graphic() || letter == ' ')
    })
}

/// Reads a login that a machine remembers: `DOMAIN/name:$DCC2$…: (when)`.
pub fn remembered(text: &[u8]) -> Option<Account<'_>> {
    let colon = memmem::find(text, b":$DCC2$")?;
    let slash = memchr(b'/', &text[..colon])?;
    let rest = &text[colon + 1..];
    let hash = &rest[..memmem::find(rest, b": (").unwrap_or(rest.len())];
    let hash = hash.strip_suffix(b":").unwrap_or(hash);
    let mut account = Account::of(&text[slash + 1..colon]);
    account.hash(HashKind::Unknown, hash);
    account.extra(Extra::Domain, &text[..slash]);
    Some(account)
}

/// Reads what a service logs in by: `DOMAIN\user:password`, of a user that may be unknown.
pub fn service(text: &[u8]) -> Option<Account<'_>> {
    let colon = memchr(b':', text)?;
    let (name, password) = (&text[..colon], &text[colon + 1..]);
    let mut account = match name {
        b"(Unknown User)" => Account::default(),
        name if name.contains(&b'\\') => Account::of(name),
        _ => return None,
    };
    // A row of hashes that was cut off has the account's number there.
    let digits = password.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let is_cut_off = digits > 0 && password.get(digits) == Some(&b':');
    account.field(FieldKind::Password, password);
    (!is_cut_off).then_some(account)
}
