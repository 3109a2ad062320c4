//! What every value has in common: blanks around it, and the ways of writing "no value".

/// How exporters and list makers write "no value", in lower case.
const NOTHINGS: [&[u8]; 6] = [b"null", b"n/a", b"\\n", b"(null)", b"<null>", b"[null]"];

/// Is it no value: empty, blank, `NULL`, `\N`, `n/a`?
#[inline]
pub(crate) fn is_nothing(value: &[u8]) -> bool {
    let value = value.trim_ascii();
    value.is_empty() || (value.len() <= 6 && NOTHINGS.iter().any(|nothing| value.eq_ignore_ascii_case(nothing)))
}

/// Without the blanks, NULs and byte-order marks around it.
#[inline]
pub(crate) fn trim(value: &str) -> &str {
    let bytes = value.as_bytes();
    let plain = |byte: Option<&u8>| byte.is_some_and(|byte| (0x21..0x7f).contains(byte));
    if plain(bytes.first()) && plain(bytes.last()) {
        return value;
    }
    value.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\0' | '\u{feff}' | '\u{200b}'))
}

/// A decimal digit of the scripts that people write numbers in: ASCII, Arabic-Indic, Persian, Devanagari, full-width.
pub(crate) fn decimal(c: char) -> Option<u8> {
    let zero = match c {
        '0'..='9' => '0',
        '\u{0660}'..='\u{0669}' => '\u{0660}',
        '\u{06f0}'..='\u{06f9}' => '\u{06f0}',
        '\u{0966}'..='\u{096f}' => '\u{0966}',
        '\u{ff10}'..='\u{ff19}' => '\u{ff10}',
        _ => return None,
    };
    Some((c as u32 - zero as u32) as u8)
}
