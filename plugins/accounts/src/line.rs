//! One line, whatever it is.

use memchr::{memchr, memchr_iter};
use sluice_plugin::Out;

use crate::{
    account::{Account, Columns},
    cracked,
    dialect::Dialect,
    listed, unix, windows,
};

/// Kerberos' tickets have some thousand digits; what is longer is no account.
pub const LINE_BYTES_MAX: usize = 64 << 10;

/// `passwd` has seven fields, and its kin more.
const UNIX_COLONS_MIN: usize = 6;

/// Reads a line and says what it is; `row` is the line with its end.
pub fn read(row: &[u8], text: &[u8], dialect: Dialect, columns: &mut Columns, out: &mut Out<'_>) {
    let text = without_mark(text);
    if is_nothing(text) || is_said(text) {
        return out.skip(row);
    }
    if text.len() > LINE_BYTES_MAX {
        return out.reject(row, "line-too-long");
    }
    if is_binary(text) {
        return out.reject(row, "binary");
    }
    match understand(text, dialect) {
        Ok(account) => account.tell(row, columns, out),
        Err(reason) => out.reject(row, reason),
    }
}

/// What the file's lines are goes first, since most are; then what tells by itself; then what is only told by the file it is in.
fn understand(text: &[u8], dialect: Dialect) -> Result<Account<'_>, &'static str> {
    let colons = memchr_iter(b':', text).count();
    let of_unix = || if colons >= UNIX_COLONS_MIN { unix::shadow(text).or_else(|| unix::passwd(text)) } else { None };
    let usual = match dialect {
        Dialect::Unix => of_unix(),
        Dialect::Potfile => cracked::found(text, true).map(Ok),
        _ => None,
    };
    if let Some(account) = usual {
        return account;
    }
    if colons > 1
        && let Some(account) = windows::hashes(text).or_else(|| windows::key(text)).or_else(|| windows::remembered(text))
    {
        return Ok(account);
    }
    if dialect != Dialect::Unix
        && let Some(account) = of_unix()
    {
        return account;
    }
    if dialect == Dialect::Digest
        && let Some(account) = listed::digest(text)
    {
        return Ok(account);
    }
    if dialect != Dialect::Potfile
        && let Some(account) = cracked::found(text, false)
    {
        return Ok(account);
    }
    match dialect {
        Dialect::Unix => Err("fields-missing"),
        Dialect::Windows => windows::service(text).ok_or("no-hashes"),
        Dialect::Potfile => Err("no-hash"),
        Dialect::Digest => Err("no-digest"),
        Dialect::Any | Dialect::Listed => cracked::shown(text).map(Ok).or_else(|| listed::pair(text)).unwrap_or(Err("no-login-and-secret")),
    }
}

/// Blank, or a comment.
pub fn is_nothing(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    text.is_empty() || text.starts_with(b"#")
}

/// What tools say before, between and behind accounts.
pub fn is_said(text: &[u8]) -> bool {
    let is_status = matches!(text, [b'[', b'*' | b'+' | b'-' | b'!', b']', ..]);
    let is_prose = || memchr(b':', text).is_none() && text.trim_ascii().contains(&b' ');
    let of_machines = [&b"dpapi_"[..], b"NL$KM:", b"+:", b"+::", b"-:"];
    is_status || is_prose() || of_machines.iter().any(|machine| text.starts_with(machine))
}

/// `2 password hashes cracked, 1 left`.
pub fn is_johns_last(text: &[u8]) -> bool {
    text.first().is_some_and(u8::is_ascii_digit)
        && memchr::memmem::find(text, b" cracked, ").is_some()
        && text.trim_ascii_end().ends_with(b" left")
}

/// Characters that no account has.
pub fn is_binary(text: &[u8]) -> bool {
    text.iter().fold(false, |is, byte| is | (*byte < b' ') & (*byte != b'\t'))
}

/// Without a byte order mark.
pub fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text)
}
