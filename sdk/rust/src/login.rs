//! What a login is, told of usual ones without a loop: in WebAssembly a loop over bytes costs several times what it does natively.

use std::ops::Range;

use wide::u8x16;

/// What a login is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Login {
    /// An e-mail address of letters, digits, `.`, `-`, `_`, and `+` before the `@`.
    Email,
    /// Something with neither `@` nor `\`.
    Name,
    /// Anything else, or too long, or too near the end of the text: to be looked at with care.
    Odd,
}

impl Login {
    /// What stands at a place of a text.
    #[inline(always)]
    pub fn at(text: &[u8], place: Range<usize>) -> Self {
        match place.len() {
            0..32 => Self::within::<2>(text, place),
            32..64 => Self::long(text, place),
            _ => Self::Odd,
        }
    }

    // Apart, so that what is usual stays small.
    #[inline(never)]
    fn long(text: &[u8], place: Range<usize>) -> Self {
        Self::within::<4>(text, place)
    }

    #[inline(always)]
    fn within<const PARTS: usize>(text: &[u8], place: Range<usize>) -> Self {
        let Some(bytes) = text.get(place.start..place.start + 16 * PARTS) else { return Self::Odd };
        let (chunks, _) = bytes.as_chunks::<16>();
        let parts: [u8x16; PARTS] = std::array::from_fn(|part| u8x16::new(chunks[part]));
        let all = (1u64 << place.len()) - 1;
        // A bit for each of the login's bytes.
        let bits = |matches: [u8x16; PARTS]| matches.iter().rev().fold(0, |bits, part| bits << 16 | u64::from(part.to_bitmask())) & all;
        let is = |byte| bits(parts.map(|part| part.simd_eq(u8x16::splat(byte))));
        let among = |part: u8x16, first: u8, count: u8| {
            let nth = part - u8x16::splat(first);
            nth.min(u8x16::splat(count - 1)).simd_eq(nth)
        };
        let ats = is(b'@');
        if ats | is(b'\\') == 0 {
            return Self::Name;
        }
        let letters = bits(parts.map(|part| among(part | u8x16::splat(0x20), b'a', 26)));
        let (digits, dots, pluses) = (bits(parts.map(|part| among(part, b'0', 10))), is(b'.'), is(b'+'));
        let is_plain = ats.is_power_of_two() && letters | digits | dots | pluses | is(b'-') | is(b'_') | ats == all;
        // Neither the address nor its domain begins with its only dot, and two bytes or more stand behind the last one.
        let (at, last_dot) = (ats.trailing_zeros(), dots.checked_ilog2().unwrap_or_default());
        let has_top = last_dot > at + 1 && all >> last_dot > 0b11 && letters >> last_dot & 0b10 != 0;
        if is_plain && pluses < ats && at > 0 && has_top { Self::Email } else { Self::Odd }
    }
}
