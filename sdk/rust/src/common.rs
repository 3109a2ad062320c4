//! The commonest hashes, each of which is alone in its length: told without asking what a value may be, one thing after the other.
//!
//! In a dump they stand in any order, so that every question to a value would be answered wrongly ahead of time by the processor as often
//! as not. Here its length says what it must be, and the one question is whether it is. A value of whom this says nothing may still be a
//! hash of these kinds, written less commonly: [`crate::secret`] goes on.

use wide::u8x16;

use crate::HashKind::{self, *};

/// The longest of them.
const BYTES_MAX: usize = 64;
/// Bytes compared in one step.
const STEP: usize = 16;
/// Steps for the longest.
const STEPS: usize = BYTES_MAX / STEP;

/// What a value of some length must be.
#[derive(Clone, Copy)]
struct Common {
    kind: HashKind,
    /// Of the first eight bytes the bits that are given, and which; and those bytes that are digits, as their lowest bit.
    marker: u64,
    marked: u64,
    digits: u64,
    /// The rest is of an alphabet: characters in ASCII's order from `first` on, and so many letters, in either case.
    first: u8,
    characters: u8,
    letters: u8,
    /// Letters must be among them: digits alone are a number.
    has_letters: bool,
    /// Where the steps begin that cover the rest.
    steps: [u8; STEPS],
}

const HEX: (u8, u8, u8) = (b'0', 10, 6);
/// crypt's.
const ITOA64: (u8, u8, u8) = (b'.', 12, 26);

impl Common {
    /// A marker is of bytes that are given, `0` for a digit and `v` for bcrypt's version; `bytes` of an alphabet follow it.
    const fn new(kind: HashKind, marker: &[u8], (first, characters, letters): (u8, u8, u8), bytes: usize) -> Self {
        let mut common = Self { kind, marker: 0, marked: 0, digits: 0, first, characters, letters, has_letters: false, steps: [0; STEPS] };
        common.has_letters = marker.is_empty();
        let mut at = 0;
        while at < marker.len() {
            // A version is `a`, `b`, `x`, `y`, or one of a few that nobody writes.
            let (byte, mask, digit) = match marker[at] {
                b'0' => (0x30, 0xf0, 1),
                b'v' => (0x60, 0xe4, 0),
                byte => (byte as u64, 0xff, 0),
            };
            common.marker |= byte << (8 * at);
            common.marked |= mask << (8 * at);
            common.digits |= digit << (8 * at);
            at += 1;
        }
        let mut step = 0;
        while step < STEPS {
            let (from, last) = (step * STEP, bytes - STEP);
            common.steps[step] = (marker.len() + if from < last { from } else { last }) as u8;
            step += 1;
        }
        common
    }

    const fn bytes(&self) -> usize {
        self.steps[STEPS - 1] as usize + STEP
    }
}

const COMMON: [Common; 7] = [
    Common::new(Md5, b"", HEX, 32),
    Common::new(Phpass, b"$P$", ITOA64, 31),
    Common::new(Sha1, b"", HEX, 40),
    Common::new(Mysql41, b"*", HEX, 40),
    Common::new(Sha224, b"", HEX, 56),
    Common::new(Bcrypt, b"$2v$00$", ITOA64, 53),
    Common::new(Sha256, b"", HEX, 64),
];

/// What a value must be, by its length.
static OF_LENGTH: [Option<Common>; BYTES_MAX + 1] = {
    let mut of_length = [None; BYTES_MAX + 1];
    let mut at = 0;
    while at < COMMON.len() {
        of_length[COMMON[at].bytes()] = Some(COMMON[at]);
        at += 1;
    }
    of_length
};

/// Says which of the common hashes a value is, if it is one.
#[inline(always)]
pub(crate) fn common(value: &[u8]) -> Option<HashKind> {
    let common = OF_LENGTH.get(value.len())?.as_ref()?;
    let start = u64::from_le_bytes(*value.first_chunk()?);
    // Digits have four bits: what is ten or more carries into the fifth.
    let is_marked = (start & common.marked == common.marker) & ((start & common.digits * 0xf) + common.digits * 6 & common.digits * 0x10 == 0);
    let [first, characters, letters] = [common.first, common.characters - 1, common.letters - 1].map(u8x16::splat);
    let (case, letter) = (u8x16::splat(0x20), u8x16::splat(b'a'));
    let (mut all, mut any) = (u8x16::splat(0xff), u8x16::ZERO);
    for step in common.steps {
        let bytes = u8x16::new(*value.get(usize::from(step)..)?.first_chunk()?);
        let (place, of_letters) = (bytes - first, (bytes | case) - letter);
        all &= place.min(characters).simd_eq(place) | of_letters.min(letters).simd_eq(of_letters);
        any |= bytes;
    }
    // Twice a letter has the highest bit, and twice a digit has not.
    let has_letters = (any + any).to_bitmask() != 0;
    (is_marked & (all.to_bitmask() == 0xffff) & (has_letters | !common.has_letters)).then_some(common.kind)
}
