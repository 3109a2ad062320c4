//! Class bitmaps: for each class of bytes (`,` or line end, quote …) one bit a byte of the input.
//!
//! Built 64 bytes a step with 128-bit SIMD, they turn "where is the next of this class" into an unaligned load, a shift and
//! a count of trailing zeros: no loop on the fast path, so the sandbox's checks at loop heads hardly cost anything.
//! Deliberately absent: prefix-xor quote masks, because one stray quote would flip the rest of the input.
//! Bound a look-up to the line wherever the class may be missing from it, or a hostile file makes the parser quadratic.

use wide::u8x16;

/// 64 bytes of input, to be compared.
#[derive(Clone, Copy, Debug)]
pub struct Block([u8x16; 4]);

impl Block {
    #[inline(always)]
    fn load(bytes: &[u8; 64]) -> Self {
        let (parts, _) = bytes.as_chunks::<16>();
        Self([u8x16::new(parts[0]), u8x16::new(parts[1]), u8x16::new(parts[2]), u8x16::new(parts[3])])
    }

    /// Where the byte is `byte`.
    #[inline(always)]
    pub fn eq(self, byte: u8) -> Matches {
        let wanted = u8x16::splat(byte);
        Matches(self.0.map(|part| part.simd_eq(wanted)))
    }
}

/// Which of 64 bytes match; join several with `|`.
#[derive(Clone, Copy, Debug)]
pub struct Matches([u8x16; 4]);

impl std::ops::BitOr for Matches {
    type Output = Self;
    #[inline(always)]
    fn bitor(self, other: Self) -> Self {
        let (a, b) = (self.0, other.0);
        Self([a[0] | b[0], a[1] | b[1], a[2] | b[2], a[3] | b[3]])
    }
}

impl Matches {
    /// One bit a byte.
    #[inline(always)]
    fn mask(self) -> u64 {
        let [a, b, c, d] = self.0.map(|part| u64::from(part.to_bitmask()));
        a | b << 16 | c << 32 | d << 48
    }
}

/// `N` classes' bitmaps over one push; keep one in the parser, so that its memory is used again.
#[derive(Clone, Debug)]
pub struct Bitmaps<const N: usize> {
    /// Class after class, `stride` bytes each: the bits, little-endian, then a set bit at `len` and zeros.
    bits: Vec<u8>,
    stride: usize,
    len: usize,
}

impl<const N: usize> Default for Bitmaps<N> {
    fn default() -> Self {
        Self { bits: Vec::new(), stride: 0, len: 0 }
    }
}

impl<const N: usize> Bitmaps<N> {
    /// Builds the bitmaps of `input`; `classes` says which bytes belong to which class:
    /// `|block| [block.eq(b',') | block.eq(b'\n'), block.eq(b'"')]`.
    #[inline(always)]
    pub fn build(&mut self, input: &[u8], classes: impl Fn(Block) -> [Matches; N]) {
        let words = input.len() / 64 + 1;
        self.len = input.len();
        // Two words more than the bits need: one for the mark at `len`, one so that an unaligned load never ends outside.
        let stride = (words + 2) * 8;
        if self.stride != stride {
            self.stride = stride;
            self.bits.clear();
            self.bits.resize(N * stride, 0);
        }
        let (blocks, tail) = input.as_chunks::<64>();
        let rows: [&mut [[u8; 8]]; N] = {
            let mut rest = self.bits.as_mut_slice();
            std::array::from_fn(|_| {
                let (row, others) = std::mem::take(&mut rest).split_at_mut(stride);
                rest = others;
                row.as_chunks_mut::<8>().0
            })
        };
        for (at, block) in blocks.iter().enumerate() {
            let masks = classes(Block::load(block));
            for class in 0..N {
                rows[class][at] = masks[class].mask().to_le_bytes();
            }
        }
        let mut padded = [0; 64];
        padded[..tail.len()].copy_from_slice(tail);
        let masks = classes(Block::load(&padded));
        for class in 0..N {
            let in_tail = (1u64 << tail.len()) - 1;
            rows[class][words - 1] = (masks[class].mask() & in_tail | 1 << tail.len()).to_le_bytes();
            rows[class][words] = [0; 8];
            rows[class][words + 1] = [0; 8];
        }
    }

    /// The first position at or after `from` whose byte is of the class, or the input's length.
    #[inline(always)]
    pub fn find(&self, class: usize, from: usize) -> usize {
        self.find_within(class, from, self.len)
    }

    /// The same, but gives up past `end` and then returns something at or after it.
    #[inline(always)]
    pub fn find_within(&self, class: usize, from: usize, end: usize) -> usize {
        let row = &self.bits[class * self.stride..];
        let bits = match row.get(from >> 3..).and_then(|bits| bits.first_chunk::<8>()) {
            Some(bits) => u64::from_le_bytes(*bits) >> (from & 7),
            None => return self.len,
        };
        if bits != 0 { from + bits.trailing_zeros() as usize } else { Self::find_far(row, from, end) }
    }

    #[inline(never)]
    fn find_far(row: &[u8], from: usize, end: usize) -> usize {
        // The 57 to 64 bits from `from` are known to be clear; go on at whole words.
        let (words, _) = row.as_chunks::<8>();
        let mut word = (from >> 6) + 1;
        while word <= end >> 6 {
            let bits = u64::from_le_bytes(words[word]);
            if bits != 0 {
                return word * 64 + bits.trailing_zeros() as usize;
            }
            word += 1;
        }
        end
    }
}
