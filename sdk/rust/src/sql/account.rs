//! Statements that make the database's own accounts: `ALTER ROLE ann WITH … PASSWORD 'md5…'`, `CREATE USER … IDENTIFIED BY PASSWORD '*…'`.
//!
//! Deliberately absent: what they may do, and accounts without a password.

use std::borrow::Cow;

use super::{
    Dialect,
    escape::{hexadecimal, plain},
    statement::Words,
    value::quoted_end,
};

/// The words right before a password.
const BEFORE_PASSWORD: [&str; 5] = ["password", "as", "by", "values", "using"];
/// What a statement that makes an account begins with, and then what it makes.
const VERBS: [&str; 3] = ["create", "alter", "grant"];
const KINDS: [&str; 3] = ["role", "user", "login"];

/// An account's name and its password or hash.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Account {
    pub(super) name: Vec<u8>,
    pub(super) secret: Vec<u8>,
}

/// Reads a statement; `None` if it makes no account with a password.
pub(super) fn account(statement: &[u8], dialect: &Dialect) -> Option<Account> {
    let mut words = Words { bytes: statement, at: 0, dialect };
    if words.one_of(&["grant"])? {
        // GRANT … TO name, of MySQL's.
        while !words.one_of(&["to"])? {
            if words.word()?.is_empty() {
                words.at += 1;
            }
        }
    } else if !words.one_of(&VERBS)? || !words.one_of(&KINDS)? {
        return None;
    } else if words.one_of(&["if"])? {
        while words.one_of(&["not", "exists"])? {}
    }
    let name = match words.peek()? {
        b'\'' => string(&mut words)?.into_owned(),
        _ => words.word()?,
    };
    let mut is_before = false;
    loop {
        match words.peek()? {
            b'\'' => {
                let value = string(&mut words)?;
                if is_before && !name.is_empty() && !value.is_empty() {
                    return Some(Account { name, secret: value.into_owned() });
                }
            }
            b'=' if is_before => words.at += 1,
            b'0' if is_before => {
                let word = words.word()?;
                let secret =
                    word.strip_prefix(b"0x").map(|digits| if dialect.transact { Cow::Borrowed(&word[..]) } else { hexadecimal(digits) })?;
                return Some(Account { name, secret: secret.into_owned() });
            }
            _ => {
                let word = words.word()?;
                words.at += usize::from(word.is_empty());
                is_before = BEFORE_PASSWORD.iter().any(|before| word.eq_ignore_ascii_case(before.as_bytes()));
            }
        }
    }
}

fn string<'a>(words: &mut Words<'a>) -> Option<Cow<'a, [u8]>> {
    let (start, bytes) = (words.at, words.bytes);
    words.at = quoted_end(bytes, start, b'\'', words.dialect.backslash_escapes)?;
    Some(plain(&bytes[start + 1..words.at - 1], words.dialect, false))
}
