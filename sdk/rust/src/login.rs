//! What a login is, told of usual ones without a loop: in WebAssembly a loop over bytes costs several times what it does natively.

use std::ops::Range;

use wide::u8x16;

/// What a login is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Login {
    /// An e-mail address of letters, digits, `.`, `-` and `_`.
    Email,
    /// Something with neither `@` nor `\`.
    Name,
    /// Anything else, or too long, or too near the end of the text: to be looked at with care.
    Odd,
}

/// Bytes that are looked at.
const BYTES: usize = 32;

impl Login {
    /// What stands at a place of a text.
    #[inline(always)]
    pub fn at(text: &[u8], place: Range<usize>) -> Self {
        let len = place.len();
        let Some(bytes) = text.get(place.start..place.start + BYTES).filter(|_| len < BYTES) else { return Self::Odd };
        let (halves, _) = bytes.as_chunks::<16>();
        let [head, tail] = [u8x16::new(halves[0]), u8x16::new(halves[1])];
        let all = (1u32 << len) - 1;
        // A bit for each of the login's bytes.
        let bits = |head: u8x16, tail: u8x16| (head.to_bitmask() | tail.to_bitmask() << 16) & all;
        let is = |byte| bits(head.simd_eq(u8x16::splat(byte)), tail.simd_eq(u8x16::splat(byte)));
        let among = |part: u8x16, first: u8, count: u8| {
            let nth = part - u8x16::splat(first);
            nth.min(u8x16::splat(count - 1)).simd_eq(nth)
        };
        let ats = is(b'@');
        if ats | is(b'\\') == 0 {
            return Self::Name;
        }
        let lower = u8x16::splat(0x20);
        let letters = bits(among(head | lower, b'a', 26), among(tail | lower, b'a', 26));
        let (digits, dots) = (bits(among(head, b'0', 10), among(tail, b'0', 10)), is(b'.'));
        let is_plain = ats.is_power_of_two() && letters | digits | dots | is(b'-') | is(b'_') | ats == all;
        // Neither the address nor its domain begins with its only dot, and two bytes or more stand behind the last one.
        let (at, last_dot) = (ats.trailing_zeros(), dots.checked_ilog2().unwrap_or_default());
        let has_top = last_dot > at + 1 && last_dot as usize + 3 <= len && letters >> (last_dot + 1) & 1 == 1;
        if is_plain && at > 0 && has_top { Self::Email } else { Self::Odd }
    }
}
