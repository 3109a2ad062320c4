//! The commonest hashes, each of which is alone in its length: told without asking what a value may be, one thing after the other.
//!
//! In a dump they stand in any order, so that every question to a value would be answered wrongly ahead of time by the processor as often
//! as not. Here its length says what it must be, and the one question is whether it is. A value of which this says nothing may still be a
//! hash of these kinds or others: [`crate::identify`] has the last word.

use wide::u8x16;

use crate::HashKind::{self, *};

/// Bytes that are looked at, whatever the value's length: the longest of these hashes.
pub(crate) const WINDOW_BYTES: usize = 64;

/// What a value of some length must be.
#[derive(Clone, Copy)]
struct Common {
    kind: HashKind,
    /// Of the first eight bytes the bits that are given, and which; and of those that are digits the lowest bit.
    marker: u64,
    marked: u64,
    digits: u64,
    /// The bytes behind the marker, a bit each. They are of an alphabet: `characters` more than `first` in ASCII's order, or letters, in
    /// either case, up to `letters` more than an `a`.
    body: u64,
    first: [u8; 16],
    characters: [u8; 16],
    letters: [u8; 16],
}

/// Where its characters begin, how many they are, and how many letters.
type Alphabet = (u8, u8, u8);
const HEX: Alphabet = (b'0', 10, 6);
/// crypt's.
const ITOA64: Alphabet = (b'.', 12, 26);

impl Common {
    /// A marker is of bytes that are given, `0` for a digit and `v` for bcrypt's version; bytes of an alphabet follow it, `bytes` in all.
    const fn new(kind: HashKind, bytes: usize, marker: &[u8], (first, characters, letters): Alphabet) -> Self {
        let (mut given, mut marked, mut digits) = (0, 0, 0);
        let mut at = 0;
        while at < marker.len() {
            // A version is `a`, `b`, `x`, `y`, or one of a few that nobody writes.
            let (byte, mask, digit) = match marker[at] {
                b'0' => (0x30, 0xf0, 1),
                b'v' => (0x60, 0xe4, 0),
                byte => (byte as u64, 0xff, 0),
            };
            given |= byte << (8 * at);
            marked |= mask << (8 * at);
            digits |= digit << (8 * at);
            at += 1;
        }
        let body = (!0 >> (WINDOW_BYTES - bytes)) & (!0 << marker.len());
        let (characters, letters) = ([characters - 1; 16], [letters - 1; 16]);
        Self { kind, marker: given, marked, digits, body, first: [first; 16], characters, letters }
    }
}

/// What a value must be, by its length.
static OF_LENGTH: [Option<Common>; WINDOW_BYTES + 1] = {
    let mut of_length = [None; WINDOW_BYTES + 1];
    of_length[32] = Some(Common::new(Md5, 32, b"", HEX));
    of_length[34] = Some(Common::new(Phpass, 34, b"$P$", ITOA64));
    of_length[40] = Some(Common::new(Sha1, 40, b"", HEX));
    of_length[41] = Some(Common::new(Mysql41, 41, b"*", HEX));
    of_length[56] = Some(Common::new(Sha224, 56, b"", HEX));
    of_length[60] = Some(Common::new(Bcrypt, 60, b"$2v$00$", ITOA64));
    of_length[64] = Some(Common::new(Sha256, 64, b"", HEX));
    of_length
};

/// Says which of the common hashes a value is, if it is one: the first `bytes` of a window.
#[inline(always)]
pub(crate) fn common(window: &[u8; WINDOW_BYTES], bytes: usize) -> Option<HashKind> {
    let common = OF_LENGTH.get(bytes)?.as_ref()?;
    let start = window.first_chunk().map_or(0, |start| u64::from_le_bytes(*start));
    // A digit has four bits: what is ten or more carries into the fifth.
    let over_nine = (start & (common.digits * 0xf)) + common.digits * 6;
    let is_marked = (start & common.marked == common.marker) & (over_nine & (common.digits * 0x10) == 0);
    let [first, characters, letters] = [common.first, common.characters, common.letters].map(u8x16::new);
    let (blocks, _) = window.as_chunks::<16>();
    let blocks = [blocks[0], blocks[1], blocks[2], blocks[3]].map(u8x16::new);
    let [a, b, c, d] = blocks.map(|bytes| {
        let (place, letter) = (bytes - first, (bytes | u8x16::splat(0x20)) - u8x16::splat(b'a'));
        u64::from((place.min(characters).simd_eq(place) | letter.min(letters).simd_eq(letter)).to_bitmask())
    });
    let strange = !(a | b << 16 | c << 32 | d << 48) & common.body;
    // Digits alone are a number, if there are no others: seldom are the first sixteen. Twice a letter has the highest bit, twice a digit not.
    let has_letters = ((blocks[0] + blocks[0]).to_bitmask() != 0) | (common.marked != 0);
    (is_marked & (strange == 0) & has_letters).then_some(common.kind)
}
