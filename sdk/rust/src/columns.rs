//! The column dictionary: what a name of a column or key means, in any language, and what a column without a name holds.
//!
//! Names are data (`data/columns.tsv`), sorted into a static table when the kit is built: a look-up is a binary search, and an
//! instance pays nothing at start. A name the table lacks may carry known modifiers (`billing_zip`, `usr_pwd`, `email2`); any
//! other word makes it unknown, so that `password_reset_token` or `email_verified` is never taken for what it speaks of.
//! Deliberately absent: similarity and guessing by parts of words.

use crate::secret::{self, Secret};
use sluice_record::{FieldKind, HashKind};

include!(concat!(env!("OUT_DIR"), "/columns.rs"));

/// Bytes of a name that are looked at.
const NAME_BYTES_MAX: usize = 96;

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Meaning {
    /// A standard kind; never a password or a hash.
    Field(FieldKind),
    /// A password or a hash: each value tells by itself, see [`secret::identify`]; with the kind to take where a hash does not tell.
    Secret(Option<HashKind>),
    /// Nothing the dictionary knows, or a decoy.
    Extra,
}

impl Meaning {
    fn from_code(code: u8) -> Self {
        match (HashKind::from_tag(code), FieldKind::from_tag(code)) {
            (Some(hint), _) => Self::Secret(Some(hint)),
            (None, Some(FieldKind::Password | FieldKind::Hash)) => Self::Secret(None),
            (None, Some(kind)) => Self::Field(kind),
            (None, None) => Self::Extra,
        }
    }

    /// One byte for a chunk's context; [`Meaning::unpack`] reads it.
    pub fn pack(self) -> u8 {
        match self {
            Self::Field(kind) => kind.tag(),
            Self::Secret(None) => FieldKind::Password.tag(),
            Self::Secret(Some(hint)) => hint.tag(),
            Self::Extra => 0,
        }
    }

    /// The meaning [`Meaning::pack`] made this byte of.
    pub fn unpack(byte: u8) -> Self {
        Self::from_code(byte)
    }

    /// Does a value of this say whose record it is?
    pub fn is_identity(self) -> bool {
        matches!(self, Self::Field(FieldKind::Email | FieldKind::Username | FieldKind::Phone))
    }
}

/// What a column or key of this name holds.
pub fn meaning(name: &[u8]) -> Meaning {
    known(name).unwrap_or(Meaning::Extra)
}

/// As [`meaning`], but tells a decoy (`Some(Extra)`) from a name the dictionary does not know.
pub fn known(name: &[u8]) -> Option<Meaning> {
    let words = words(name);
    let whole = words.concat();
    if let Some(found) = look_up(&whole) {
        return Some(found);
    }
    let bare = whole.trim_end_matches(|last: char| last.is_ascii_digit());
    if bare.len() < whole.len()
        && let Some(found) = look_up(bare)
    {
        return Some(found);
    }
    without_modifiers(&words).or_else(|| without_prefix(bare))
}

/// `billing_zip`, `user_email_1`: modifiers may stand on either side of a name in words.
fn without_modifiers(words: &[String]) -> Option<Meaning> {
    let is_modifier = |word: &String| is_modifier(word) || word.bytes().all(|byte| byte.is_ascii_digit());
    let front = words.iter().take_while(|word| is_modifier(word)).count();
    let back = words.iter().rev().take_while(|word| is_modifier(word)).count();
    for from in 0..=front.min(words.len()) {
        for to in (words.len().saturating_sub(back).max(from + 1)..=words.len()).rev() {
            if to > from
                && to - from < words.len()
                && let Some(found) = look_up(&words[from..to].concat())
            {
                return Some(found);
            }
        }
    }
    None
}

/// `customeremail`: a modifier written as one with its name.
fn without_prefix(whole: &str) -> Option<Meaning> {
    (3..whole.len().saturating_sub(1))
        .filter(|at| whole.is_char_boundary(*at) && is_modifier(&whole[..*at]))
        .find_map(|at| look_up(&whole[at..]).filter(|_| whole.len() - at >= 3 || &whole[at..] == "ip"))
}

fn is_modifier(word: &str) -> bool {
    MODIFIERS.binary_search(&word).is_ok()
}

fn look_up(name: &str) -> Option<Meaning> {
    let text = |entry: &(u16, u8, u8)| &BLOB[usize::from(entry.0)..usize::from(entry.0) + usize::from(entry.1)];
    let at = NAMES.binary_search_by(|entry| text(entry).cmp(name)).ok()?;
    Some(Meaning::from_code(NAMES[at].2))
}

/// The words of a name, lower-cased: parted at anything but letters and digits, and where `aB` shows camelCase.
fn words(name: &[u8]) -> Vec<String> {
    let name = String::from_utf8_lossy(&name[..name.len().min(NAME_BYTES_MAX)]);
    let (mut words, mut word) = (Vec::new(), String::new());
    let mut after_lower = false;
    for letter in name.chars() {
        let joins = letter.is_alphanumeric() || is_mark(letter);
        if !word.is_empty() && (!joins || after_lower && letter.is_uppercase()) {
            words.push(std::mem::take(&mut word));
        }
        after_lower = letter.is_lowercase();
        if joins {
            word.extend(letter.to_lowercase().filter(|lower| *lower != '\u{307}'));
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// Vowel signs and the like of Indic, Thai and Arabic script belong to their word.
fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}' | '\u{64b}'..='\u{65f}' | '\u{900}'..='\u{903}' | '\u{93a}'..='\u{94f}' | '\u{e31}'..='\u{e4e}')
}

/// What a column holds, by some of its values: at least four in five that are not empty must agree.
pub fn infer(samples: &[&[u8]]) -> Meaning {
    let values: Vec<&[u8]> = samples.iter().copied().filter(|value| !value.is_empty()).collect();
    let most = |is: &dyn Fn(&[u8]) -> bool| {
        let hits = values.iter().filter(|value| is(value)).count();
        hits > 0 && hits * 5 >= values.len() * 4
    };
    if most(&is_email) {
        Meaning::Field(FieldKind::Email)
    } else if most(&is_ip) {
        Meaning::Field(FieldKind::Ip)
    } else if most(&is_url) {
        Meaning::Field(FieldKind::Url)
    } else if most(&|value| matches!(secret::identify(value, None), Secret::Hash(_))) {
        Meaning::Secret(None)
    } else if most(&is_phone) {
        Meaning::Field(FieldKind::Phone)
    } else if most(&is_gender) {
        Meaning::Field(FieldKind::Gender)
    } else if most(&is_full_name) {
        Meaning::Field(FieldKind::FullName)
    } else {
        Meaning::Extra
    }
}

/// Does it look like an e-mail address? A look, not a judgement: the host normalises.
pub fn is_email(value: &[u8]) -> bool {
    let Some(at) = memchr::memchr(b'@', value) else { return false };
    let (local, domain) = (&value[..at], &value[at + 1..]);
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') || *byte >= 0x80;
    let tld = memchr::memrchr(b'.', domain).map_or(&b""[..], |dot| &domain[dot + 1..]);
    (1..=64).contains(&local.len())
        && !local.iter().any(|byte| byte.is_ascii_whitespace() || matches!(byte, b'"' | b',' | b';' | b':' | b'|'))
        && domain.len() > 3
        && domain.iter().all(word)
        && tld.len() >= 2
        && !tld[0].is_ascii_digit()
}

/// Is it an IPv4 or IPv6 address?
pub fn is_ip(value: &[u8]) -> bool {
    (value.contains(&b'.') || value.contains(&b':'))
        && std::str::from_utf8(value).is_ok_and(|text| text.parse::<std::net::IpAddr>().is_ok())
}

fn is_url(value: &[u8]) -> bool {
    [&b"http://"[..], b"https://", b"ftp://", b"android://"].iter().any(|scheme| value.starts_with(scheme))
}

/// Seven to fifteen digits with a phone's punctuation; without any they could be anything.
fn is_phone(value: &[u8]) -> bool {
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    (7..=15).contains(&digits)
        && value.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b' ' | b'-' | b'(' | b')' | b'.' | b'/'))
        && (value[0] == b'+' || value.contains(&b'(') || value[0] == b'0' && digits >= 9)
}

fn is_gender(value: &[u8]) -> bool {
    [&b"m"[..], b"f", b"male", b"female", b"man", b"woman"].iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// Two or three capitalised words.
fn is_full_name(value: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(value) else { return false };
    let words = text.split(' ').count();
    (2..=4).contains(&words)
        && text.split(' ').all(|word| {
            word.chars().next().is_some_and(char::is_uppercase)
                && word.chars().all(|letter| letter.is_alphabetic() || "-'.".contains(letter))
        })
}

/// Four to forty characters without a space, letters together with digits or signs, and no date or time.
pub(crate) fn is_made_up(value: &[u8]) -> bool {
    let letters = value.iter().any(u8::is_ascii_alphabetic);
    (4..=40).contains(&value.len())
        && letters
        && !value.contains(&b' ')
        && value.iter().any(|byte| byte.is_ascii_digit() || byte.is_ascii_punctuation() && !matches!(byte, b'-' | b'.' | b'\''))
}
