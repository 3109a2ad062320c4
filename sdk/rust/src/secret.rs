//! Tells a password from a hash, and hashes from each other, by shape: marker, alphabet, length.
//!
//! Deliberately absent: guesses. A shape that many passwords have too (16 hex digits, 13 characters of crypt's alphabet) counts
//! only where a hint (the column's name, the file's kind) says so, and 32 digits without one letter are no MD5, since one in
//! three million is. The shapes are data (`data/hashes.tsv`), which the kits of other languages read too. The order of work follows the data: an ordinary password is too short for any hash and costs one
//! comparison, bare hexadecimal a branch-free check, and only what begins like a marked hash meets the table.

use crate::HashKind::{self, *};

/// What a secret is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Secret {
    /// A password as its owner typed it.
    Plain,
    /// A hash.
    Hash(HashKind),
}

impl Secret {
    /// The event tag it goes under.
    #[inline(always)]
    pub const fn tag(self) -> u8 {
        match self {
            Self::Plain => crate::FieldKind::Password.tag(),
            Self::Hash(kind) => kind.tag(),
        }
    }
}

/// No hash that tells its kind without a hint is shorter: `{CRYPT}` and 13 characters.
pub const UNHINTED_BYTES_MIN: usize = 20;
/// A bracketed scheme, `{CRYPT}`, is no longer than this.
const SCHEME_BYTES_MAX: usize = 24;

/// Says what `value` is. `hint` is what its surroundings say: the kind named by a column or a file; [`HashKind::Unknown`] says
/// that it is a hash of some kind. A marker in the value outweighs the hint, and a hint never makes a hash of what has not
/// the shape of one.
#[inline(always)]
pub fn identify(value: &[u8], hint: Option<HashKind>) -> Secret {
    if hint.is_some() {
        return identify_hinted(value, hint);
    }
    if value.len() < UNHINTED_BYTES_MIN {
        return Secret::Plain;
    }
    identify_long(value)
}

/// A function of its own, for its vector constants would push a reader's variables out of the registers.
#[inline(never)]
fn identify_long(value: &[u8]) -> Secret {
    match <&[u8; 32]>::try_from(value) {
        Ok(value) if is_hex(value) => Secret::Hash(Md5),
        // No marked shape is all digits and letters to `f`: which is looked for first does not matter but for the time.
        _ => bare_hex(value).or_else(|| common_crypt(value)).or_else(|| marked(value)).map_or(Secret::Plain, Secret::Hash),
    }
}

#[inline(never)]
fn identify_hinted(value: &[u8], hint: Option<HashKind>) -> Secret {
    let told = marked(value).or_else(|| hinted(value, hint)).or_else(|| bare_hex(value));
    let some_hash = || (hint == Some(Unknown) && looks_encoded(value)).then_some(Unknown);
    told.or_else(some_hash).map_or(Secret::Plain, Secret::Hash)
}

/// Does a salt's length tell a hash's kind? vBulletin's salts have 3 bytes, later 30, and nobody else's do.
#[inline(always)]
pub(crate) const fn is_telling(salt_bytes: usize) -> bool {
    matches!(salt_bytes, 3 | 30)
}

/// What a hash is that has a salt of so many bytes beside it.
pub(crate) const fn salted(kind: HashKind, salt_bytes: usize) -> HashKind {
    match kind {
        Md5 if is_telling(salt_bytes) => Vbulletin,
        kind => kind,
    }
}

/// The commonest of the marked shapes, told without walking the table.
#[inline(always)]
fn common_crypt(value: &[u8]) -> Option<HashKind> {
    match value {
        [b'$', b'2', version, b'$', tens, ones, b'$', rest @ ..] => {
            let is_marker = CLASSES[usize::from(*version)] & SALT != 0 && tens.is_ascii_digit() && ones.is_ascii_digit();
            <&[u8; 53]>::try_from(rest).is_ok_and(|rest| is_marker && are_all(rest, ITOA64)).then_some(Bcrypt)
        }
        [b'*', rest @ ..] => <&[u8; 40]>::try_from(rest).is_ok_and(|rest| are_all(rest, HEX)).then_some(Mysql41),
        [b'$', b'P' | b'H', b'$', rest @ ..] => <&[u8; 31]>::try_from(rest).is_ok_and(|rest| are_all(rest, ITOA64)).then_some(Phpass),
        _ => None,
    }
}

/// Are these hexadecimal digits, with a letter among them? Without a branch: compilers make a few vector instructions of it.
#[inline(always)]
fn is_hex<const N: usize>(bytes: &[u8; N]) -> bool {
    let (mut strange, mut letters) = (false, 0);
    for byte in bytes {
        let lower = *byte | 0x20;
        strange |= (byte.wrapping_sub(b'0') > 9) & (lower.wrapping_sub(b'a') > 5);
        letters |= byte & 0x40;
    }
    !strange & (letters != 0)
}

/// The kind of a bare hexadecimal digest, by its length.
#[inline(always)]
fn bare_hex(value: &[u8]) -> Option<HashKind> {
    fn check<const N: usize>(value: &[u8], kind: HashKind) -> Option<HashKind> {
        value.first_chunk::<N>().filter(|value| is_hex(value)).map(|_| kind)
    }
    match value.len() {
        32 => check::<32>(value, Md5),
        40 => check::<40>(value, Sha1),
        56 => check::<56>(value, Sha224),
        64 => check::<64>(value, Sha256),
        96 => check::<96>(value, Sha384),
        128 => check::<128>(value, Sha512),
        _ => None,
    }
}

/// Could this be an encoded digest of some kind?
fn looks_encoded(value: &[u8]) -> bool {
    value.len() >= 16 && value.iter().all(|byte| CLASSES[*byte as usize] & (BASE64 | ITOA64) != 0)
}

// Alphabets, a bit each.
const DIGIT: u8 = 1;
const HEX: u8 = 2;
/// crypt's: `./0-9A-Za-z`.
const ITOA64: u8 = 4;
/// `+/0-9A-Za-z=`, and `-_` of the URL-safe form.
const BASE64: u8 = 8;
/// What a salt within `$` may hold.
const SALT: u8 = 16;
/// Printable ASCII without blanks.
const GRAPHIC: u8 = 32;
/// `name=value,…`.
const PARAMETERS: u8 = 64;

const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        let (digit, alphanumeric) = (byte.is_ascii_digit(), byte.is_ascii_alphanumeric());
        let in_parameters = digit || byte.is_ascii_lowercase() || matches!(byte, b'=' | b',');
        let is = [
            (DIGIT, digit),
            (HEX, byte.is_ascii_hexdigit()),
            (ITOA64, alphanumeric || matches!(byte, b'.' | b'/')),
            (BASE64, alphanumeric || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_')),
            (SALT, byte.is_ascii_graphic() && !matches!(byte, b'$' | b':')),
            (GRAPHIC, byte.is_ascii_graphic()),
            (PARAMETERS, in_parameters),
        ];
        let mut each = 0;
        while each < is.len() {
            classes[at] |= if is[each].1 { is[each].0 } else { 0 };
            each += 1;
        }
        at += 1;
    }
    classes
};

/// A part of a shape.
#[derive(Clone, Copy)]
enum Part {
    /// These bytes.
    Text(&'static [u8]),
    /// These bytes, if they are there.
    Maybe(&'static [u8]),
    /// As many bytes of an alphabet as there are: at least, at most.
    Run(u8, usize, usize),
    /// Whatever follows.
    Rest,
}
use Part::{Maybe, Rest, Run, Text};

type Shape = (HashKind, &'static [Part]);

// `MARKED`, the shapes that tell their kind by a marker, and `HINTED`, those that count only where a hint says so.
include!(concat!(env!("OUT_DIR"), "/hashes.rs"));

/// The shapes by first byte in lower case, each with the one to try after it; [`NO_SHAPE`] ends them.
const SHAPES: ([u8; 256], [u8; MARKED.len()]) = {
    let (mut first, mut next) = ([NO_SHAPE; 256], [NO_SHAPE; MARKED.len()]);
    let mut at = MARKED.len();
    while at > 0 {
        at -= 1;
        if let Text(text) = MARKED[at].1[0] {
            let byte = text[0].to_ascii_lowercase() as usize;
            next[at] = first[byte];
            first[byte] = at as u8;
        }
    }
    (first, next)
};
const NO_SHAPE: u8 = u8::MAX;

/// The second byte of each shape's text in lower case; 0 if there is none.
static SECONDS: [u8; MARKED.len()] = {
    let mut seconds = [0; MARKED.len()];
    let mut at = 0;
    while at < MARKED.len() {
        if let Text(text) = MARKED[at].1[0]
            && text.len() > 1
        {
            seconds[at] = text[1].to_ascii_lowercase();
        }
        at += 1;
    }
    seconds
};

fn marked(value: &[u8]) -> Option<HashKind> {
    static FIRST: [u8; 256] = SHAPES.0;
    static NEXT: [u8; MARKED.len()] = SHAPES.1;
    let [first, second, ..] = value else { return None };
    let second = second.to_ascii_lowercase();
    let mut shape = FIRST[usize::from(first.to_ascii_lowercase())];
    while let Some((kind, parts)) = MARKED.get(usize::from(shape)) {
        let wanted = SECONDS[usize::from(shape)];
        if (wanted == second || wanted == 0) && fits(value, parts) {
            return Some(*kind);
        }
        shape = NEXT[usize::from(shape)];
    }
    if *first == b'{' { schemed(value) } else { None }
}

/// `{CRYPT}$6$…`, `{BLF-CRYPT}$2y$…`, `{bcrypt}$2a$…`, `{MD5}` and bare hexadecimal: a scheme before what has a kind by itself.
fn schemed(value: &[u8]) -> Option<HashKind> {
    let inner = value.strip_prefix(b"{")?;
    let end = inner.iter().take(SCHEME_BYTES_MAX).position(|byte| *byte == b'}')?;
    let (scheme, rest) = (&inner[..end], &inner[end + 1..]);
    if scheme.is_empty() || rest.first() == Some(&b'{') {
        return None;
    }
    let in_crypt = scheme.to_ascii_lowercase().ends_with(b"crypt");
    let kind = marked(rest).or_else(|| bare_hex(rest));
    kind.or_else(|| if in_crypt { hinted(rest, Some(Descrypt)) } else { None })
}

fn hinted(value: &[u8], hint: Option<HashKind>) -> Option<HashKind> {
    let hint = hint?;
    HINTED.iter().find(|(kind, shape)| *kind == hint && fits(value, shape)).map(|(kind, _)| *kind)
}

fn fits(value: &[u8], shape: &[Part]) -> bool {
    let mut left = value;
    for part in shape {
        let rest = match *part {
            Text(text) => strip_prefix_any_case(left, text),
            Maybe(text) => strip_prefix_any_case(left, text).or(Some(left)),
            Run(class, min, max) => run(left, class, min, max),
            Rest => return left.len() >= 16,
        };
        match rest {
            Some(rest) => left = rest,
            None => return false,
        }
    }
    left.is_empty()
}

/// Case matters in crypt's one-letter markers (`$P$` is phpass, `$p$` nothing) and nowhere else.
fn strip_prefix_any_case<'a>(value: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (head, rest) = value.split_at_checked(prefix.len())?;
    let same = if prefix[0] == b'$' { head == prefix } else { head.eq_ignore_ascii_case(prefix) };
    same.then_some(rest)
}

fn run(value: &[u8], class: u8, min: usize, max: usize) -> Option<&[u8]> {
    if min == max {
        let (head, rest) = value.split_at_checked(max)?;
        return are_all(head, class).then_some(rest);
    }
    let len = value.iter().take(max).take_while(|byte| CLASSES[**byte as usize] & class != 0).count();
    (len >= min).then(|| &value[len..])
}

/// Are they all of this alphabet? Without a branch a byte: compilers make vector instructions of the first two.
#[inline(always)]
fn are_all(value: &[u8], class: u8) -> bool {
    let letter_to = |byte: u8, last: u8| (byte | 0x20).wrapping_sub(b'a') <= last - b'a';
    match class {
        HEX => value.iter().fold(true, |all, byte| all & (byte.is_ascii_digit() | letter_to(*byte, b'f'))),
        // `.`, `/` and the digits follow one another.
        ITOA64 => value.iter().fold(true, |all, byte| all & ((byte.wrapping_sub(b'.') < 12) | letter_to(*byte, b'z'))),
        _ => value.iter().fold(class, |all, byte| all & CLASSES[*byte as usize]) != 0,
    }
}
