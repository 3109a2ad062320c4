//! Phone numbers: E.164 where the number says its country (`+`, `00`, `tel:`) or the operator did (a default region), else the digits.
//!
//! A number passes if its length is possible in its country by the metadata of libphonenumber (crate `phonenumber`); whether it was ever
//! given out is not asked, for dumps are older than numbering plans. The crate's own parser costs tens of microseconds a number, so
//! international ones go by its metadata alone and only national ones through it.

use std::sync::LazyLock;

use phonenumber::{Mode, metadata::DATABASE};

use crate::{Region, text::decimal};

const INVALID: &str = "phone-invalid";
const DIGITS_MIN: usize = 7;
const DIGITS_MAX: usize = 15;
/// Bytes of a number with all its punctuation.
const RAW_BYTES_MAX: usize = 64;

/// For each calling code, a bit for each possible length of the national number.
static POSSIBLE_LENGTHS: LazyLock<Vec<u32>> = LazyLock::new(|| {
    let mut lengths = vec![0; 1000];
    for metadata in DATABASE.iter() {
        let Some(of_code) = lengths.get_mut(usize::from(metadata.country_code())) else { continue };
        let kinds = metadata.descriptors();
        let personal = [kinds.fixed_line(), kinds.mobile(), kinds.toll_free(), kinds.premium_rate(), kinds.shared_cost()];
        let other = [kinds.personal_number(), kinds.voip(), kinds.pager(), kinds.uan(), kinds.voicemail()];
        for kind in std::iter::once(kinds.general()).chain(personal.into_iter().chain(other).flatten()) {
            *of_code |= kind.possible_length().iter().fold(0, |bits, length| bits | 1 << (length & 31));
        }
    }
    lengths
});

/// Appends the canonical number.
pub(crate) fn canonical(raw: &str, region: Option<Region>, out: &mut String) -> Result<(), &'static str> {
    let mut digits = [0; DIGITS_MAX + 2];
    let Dialled { international, len } = dial(raw, &mut digits)?;
    let digits = std::str::from_utf8(&digits[..len]).map_err(|_| INVALID)?;
    if international {
        return push_international(digits, out);
    }
    match region {
        Some(region) => parsed(region, digits, out),
        None if (DIGITS_MIN..=DIGITS_MAX).contains(&digits.len()) && digits.bytes().any(|digit| digit != b'0') => {
            out.push_str(digits);
            Ok(())
        }
        None => Err(INVALID),
    }
}

/// As it is, or without a trunk zero kept between the calling code and the number (`+44 07700 …`).
fn push_international(digits: &str, out: &mut String) -> Result<(), &'static str> {
    let trunk_zero_at =
        || (1..=3).find(|code_len| digits.as_bytes().get(*code_len) == Some(&b'0') && is_possible(&without(digits, *code_len)));
    out.push('+');
    if is_possible(digits) {
        out.push_str(digits);
    } else {
        out.push_str(&without(digits, trunk_zero_at().ok_or(INVALID)?));
    }
    Ok(())
}

fn without(digits: &str, index: usize) -> String {
    [&digits[..index], &digits[index + 1..]].concat()
}

struct Dialled {
    international: bool,
    len: usize,
}

/// The digits of a number without its punctuation, its trunk zero in brackets and its extension.
fn dial(raw: &str, digits: &mut [u8; DIGITS_MAX + 2]) -> Result<Dialled, &'static str> {
    if raw.len() > RAW_BYTES_MAX {
        return Err(INVALID);
    }
    let raw = raw.strip_prefix("tel:").unwrap_or(raw).trim_start_matches(['\'', ' ', '(']);
    let plus = raw.starts_with(['+', '\u{ff0b}']);
    let raw = raw.trim_start_matches(['+', '\u{ff0b}']);
    let (raw, trunk) = match raw.split_once("(0)") {
        Some((before, after)) if plus || raw.starts_with("00") => (before, after),
        _ => (raw, ""),
    };
    let mut len = 0;
    for c in raw.chars().chain(trunk.chars()) {
        match (decimal(c), c) {
            (Some(digit), _) => {
                *digits.get_mut(len).ok_or(INVALID)? = b'0' + digit;
                len += 1;
            }
            (None, ' ' | '-' | '.' | '(' | ')' | '/' | '\u{a0}' | '\u{2010}'..='\u{2015}' | '\'') => {}
            // An extension, or a second number.
            (None, 'x' | 'X' | 'e' | '#' | ',' | ';') if len >= DIGITS_MIN => break,
            _ => return Err(INVALID),
        }
    }
    let double_zero = !plus && len > 2 && digits.starts_with(b"00");
    if double_zero {
        digits.copy_within(2..len, 0);
        len -= 2;
    }
    Ok(Dialled { international: plus || double_zero, len })
}

/// Is it a known calling code and a national number of a length that its country has?
fn is_possible(digits: &str) -> bool {
    (1..=3).any(|code_len| {
        let Some((code, national)) = digits.split_at_checked(code_len) else { return false };
        let code = code.parse().unwrap_or_default();
        let lengths = POSSIBLE_LENGTHS.get(code).copied().unwrap_or_default();
        let trunk_zero = national.starts_with('0') && !keeps_leading_zero(code);
        !digits.starts_with('0') && !trunk_zero && lengths >> national.len() & 1 == 1
    })
}

/// Countries whose national numbers may begin with a zero that belongs to them: Italy and San Marino, Gabon, Ivory Coast, Congo.
const fn keeps_leading_zero(code: usize) -> bool {
    matches!(code, 39 | 378 | 241 | 225 | 242)
}

fn parsed(region: Region, number: &str, out: &mut String) -> Result<(), &'static str> {
    let number = phonenumber::parse(Some(region), number).map_err(|_| INVALID)?;
    let e164 = number.format().mode(Mode::E164).to_string();
    let digits = e164.strip_prefix('+').ok_or(INVALID)?;
    if !is_possible(digits) {
        return Err(INVALID);
    }
    out.push_str(&e164);
    Ok(())
}
