//! `shadow`, `passwd` and their kin, with hashes, or with passwords as John the Ripper shows them.
//!
//! A password may have colons, the fields behind it have none: they are counted from the right.

use sluice_plugin::FieldKind;

use crate::account::{Account, Extra, Kept, is_broken_hash};

/// Fields of `shadow` behind the secret.
const SHADOW_TAIL: usize = 7;

/// Reads `name:secret:` and seven numbers or nothings, as `shadow` has them.
pub fn shadow(text: &[u8]) -> Option<Result<Account<'_>, &'static str>> {
    let (name, secret, tail) = split::<SHADOW_TAIL>(text)?;
    let is_number = |field: &&[u8]| field.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-');
    if !tail.iter().all(is_number) || name.is_empty() {
        return None;
    }
    let mut account = Account::of(name);
    Some(if kept(secret, &mut account) { Ok(account) } else { Err("broken-hash") })
}

/// Reads `name:secret:uid:gid:gecos:home:shell`, with BSD's `class:change:expire` before the name in words, or with the one field more that
/// Dovecot has.
pub fn passwd(text: &[u8]) -> Option<Result<Account<'_>, &'static str>> {
    let of_bsd = split::<8>(text).filter(|(_, _, tail)| tail[3..5].iter().all(|time| is_number(time)) && is_tail(tail, 6));
    let of_dovecot = || split::<6>(text).filter(|(_, _, tail)| is_tail(tail, 3));
    let of_system = || split::<5>(text).filter(|(_, _, tail)| is_tail(tail, 3));
    let (name, secret, ids, gecos, rest) = if let Some((name, secret, [uid, _, _, _, _, gecos, home, shell])) = of_bsd {
        (name, secret, uid, gecos, [home, shell])
    } else if let Some((name, secret, [uid, _, gecos, home, shell])) = of_system() {
        (name, secret, uid, gecos, [home, shell])
    } else {
        let (name, secret, [uid, _, gecos, home, shell, _]) = of_dovecot()?;
        (name, secret, uid, gecos, [home, shell])
    };
    if name.is_empty() || name == b"+" {
        return None;
    }
    let mut account = Account::of(name);
    account.field(FieldKind::UserId, ids);
    // Name, room, and telephones at work and at home.
    let mut words = gecos.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    account.field(FieldKind::FullName, words.next().unwrap_or_default());
    for phone in words.skip(1).take(2).filter(|word| word.iter().filter(|byte| byte.is_ascii_digit()).count() >= 5) {
        account.field(FieldKind::Phone, phone);
    }
    account.extra(Extra::Home, rest[0]);
    account.extra(Extra::Shell, rest[1]);
    Some(if kept(secret, &mut account) { Ok(account) } else { Err("broken-hash") })
}

fn is_number(field: &[u8]) -> bool {
    !field.is_empty() && field.iter().all(u8::is_ascii_digit)
}

/// Numbers for user and group, and a path, or nothing at all, for home and shell.
fn is_tail(tail: &[&[u8]], home: usize) -> bool {
    let is_path = |field: &[u8]| field.is_empty() || field.starts_with(b"/");
    is_number(tail[0]) && is_number(tail[1]) && is_path(tail[home]) && (is_path(tail[home + 1]) || tail[home].starts_with(b"/"))
}

/// Name, secret, and so many fields behind them.
type Split<'a, const FIELDS: usize> = (&'a [u8], &'a [u8], [&'a [u8]; FIELDS]);

/// `name:secret:` and so many fields.
fn split<const FIELDS: usize>(text: &[u8]) -> Option<Split<'_, FIELDS>> {
    let name = memchr::memchr(b':', text)?;
    let (mut fields, mut end) = ([&b""[..]; FIELDS], text.len());
    for field in fields.iter_mut().rev() {
        let colon = memchr::memrchr(b':', &text[..end])?;
        *field = &text[colon + 1..end];
        end = colon;
    }
    (name < end).then(|| (&text[..name], &text[name + 1..end], fields))
}

fn kept<'a>(secret: &'a [u8], account: &mut Account<'a>) -> bool {
    Kept::of(secret).add_to(account, |value| !is_broken_hash(value))
}
