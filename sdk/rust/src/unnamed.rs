//! The columns of a table that nobody named: what they hold is told by some of its rows, each column by itself and then beside the others.
//!
//! Deliberately absent: the order in which programs create their columns.

use crate::{
    FieldKind, Secret,
    columns::{Meaning, infer, is_made_up},
    identify,
};

/// Values that a column must have to be one of logins.
const LOGINS_MIN: usize = 4;

/// What columns hold, each given by some of its values.
pub(crate) fn meanings(columns: &[Vec<&[u8]>]) -> Vec<Meaning> {
    let mut meanings: Vec<Meaning> = columns.iter().map(|column| infer(column)).collect();
    let unknown = |meanings: &[Meaning], at: usize| meanings[at] == Meaning::Extra;
    let has_secret = |meanings: &[Meaning]| meanings.iter().any(|meaning| matches!(meaning, Meaning::Secret(_)));
    let email = meanings.iter().position(|meaning| *meaning == Meaning::Field(FieldKind::Email));
    let is_table_of_people = email.is_some() || has_secret(&meanings);
    if !has_secret(&meanings)
        && is_table_of_people
        && let Some(secret) = secret(columns, email, |at| unknown(&meanings, at))
    {
        meanings[secret] = Meaning::Secret(None);
    }
    if is_table_of_people && let Some(login) = (0..columns.len()).find(|at| unknown(&meanings, *at) && are_logins(&columns[*at])) {
        meanings[login] = Meaning::Field(FieldKind::Username);
    }
    if has_secret(&meanings)
        && let Some(salt) = (0..columns.len()).find(|at| unknown(&meanings, *at) && are_salts(&columns[*at]))
    {
        meanings[salt] = Meaning::Field(FieldKind::Salt);
    }
    meanings
}

/// The column of secrets among those of which nothing is known. Passwords and logins are alike; hashes among them decide, then signs that
/// no login has, and then that the login comes first.
fn secret(columns: &[Vec<&[u8]>], email: Option<usize>, is_unknown: impl Fn(usize) -> bool) -> Option<usize> {
    let is_hash = |value: &&&[u8]| matches!(identify(value, None), Secret::Hash(_));
    let mut candidates = Vec::new();
    for at in (0..columns.len()).filter(|at| is_unknown(*at)) {
        let filled: Vec<&[u8]> = columns[at].iter().copied().filter(|value| !value.is_empty()).collect();
        let hashes = filled.iter().filter(is_hash).count();
        let made_up = filled.iter().filter(|value| is_made_up(value) || is_hash(value)).count();
        if hashes * 5 >= filled.len() && hashes > 0 {
            return Some(at);
        }
        if made_up * 2 >= filled.len() && made_up > 0 {
            candidates.push(at);
        }
    }
    let others = candidates.iter().copied().find(|at| !are_logins(&columns[*at]));
    // A single column of what may be logins is one of passwords if it stands behind the e-mail, or there is nothing else.
    let is_secret = |at: &usize| Some(*at) > email || columns.len() == 2;
    others.or_else(|| candidates.get(1).copied()).or_else(|| candidates.first().copied().filter(is_secret))
}

/// Single words with letters, hardly one of them twice.
fn are_logins(values: &[&[u8]]) -> bool {
    let is_usual = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'\\') || *byte >= 0x80;
    let is_letter = |byte: &u8| byte.is_ascii_alphabetic() || *byte >= 0x80;
    // A login may be an e-mail, now and then.
    let is_login = |value: &[u8]| (2..=24).contains(&value.len()) && value.iter().all(is_usual) && value.iter().any(is_letter);
    let mut filled: Vec<&[u8]> = values.iter().copied().filter(|value| !value.is_empty()).collect();
    let count = filled.len();
    let logins = filled.iter().filter(|value| is_login(value)).count();
    filled.sort_unstable();
    filled.dedup();
    count >= LOGINS_MIN && logins * 10 >= count * 8 && filled.len() * 10 >= count * 9
}

/// vBulletin's: three bytes or thirty, and not all of them letters as a country's are.
fn are_salts(values: &[&[u8]]) -> bool {
    let is_salt = |value: &&&[u8]| matches!(value.len(), 3 | 30) && value.iter().all(u8::is_ascii_graphic);
    values.len() >= LOGINS_MIN
        && values.iter().filter(is_salt).count() * 10 >= values.len() * 9
        && values.iter().any(|value| value.iter().any(u8::is_ascii_punctuation))
}
