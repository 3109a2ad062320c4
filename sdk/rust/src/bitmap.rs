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

    /// Where the byte is `byte` or the one that differs from it in the lowest bit, as `:` and `;` do: one comparison for two.
    #[inline(always)]
    pub fn eq_pair(self, byte: u8) -> Matches {
        let (one, wanted) = (u8x16::splat(1), u8x16::splat(byte | 1));
        Matches(self.0.map(|part| (part | one).simd_eq(wanted)))
    }

    /// Where the byte is `byte` or less: control characters, say.
    #[inline(always)]
    pub fn at_most(self, byte: u8) -> Matches {
        let most = u8x16::splat(byte);
        Matches(self.0.map(|part| part.min(most).simd_eq(part)))
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
    /// Of each class the bits, little-endian, then a set bit at `len`, and zeros so that an unaligned load never ends outside.
    rows: [Vec<[u8; 8]>; N],
    len: usize,
}

impl<const N: usize> Default for Bitmaps<N> {
    fn default() -> Self {
        Self { rows: std::array::from_fn(|_| Vec::new()), len: 0 }
    }
}

impl<const N: usize> Bitmaps<N> {
    /// Builds the bitmaps of `input`; `classes` says which bytes belong to which class:
    /// `|block| [block.eq(b',') | block.eq(b'\n'), block.eq(b'"')]`.
    // A function of its own: its constants and the reader's variables would not fit the registers together.
    #[inline(never)]
    pub fn build(&mut self, input: &[u8], classes: impl Fn(Block) -> [Matches; N]) {
        let (blocks, tail) = input.as_chunks::<64>();
        let words = blocks.len() + 3;
        self.len = input.len();
        for row in &mut self.rows {
            row.resize(words, [0; 8]);
        }
        let rows = self.rows.each_mut().map(|row| &mut row[..words]);
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
            rows[class][blocks.len()] = (masks[class].mask() & in_tail | 1 << tail.len()).to_le_bytes();
            rows[class][blocks.len() + 1] = [0; 8];
            rows[class][blocks.len() + 2] = [0; 8];
        }
    }

    /// One class, to look up in.
    #[inline(always)]
    pub fn class(&self, class: usize) -> Class<'_> {
        Class { bits: self.rows[class].as_flattened(), len: self.len }
    }
}

/// Bits that [`Class::bits`] gives at least.
const BITS_MIN: usize = 57;

/// One class's bitmap.
#[derive(Clone, Copy, Debug)]
pub struct Class<'m> {
    bits: &'m [u8],
    len: usize,
}

impl Class<'_> {
    /// The first position at or after `from` whose byte is of the class, or the input's length.
    #[inline(always)]
    pub fn find(self, from: usize) -> usize {
        self.find_within(from, self.len)
    }

    /// The bits from `from` on, [`BITS_MIN`] of them at least: the first is `from`'s. No function is called, so that a loop of these stays in registers.
    #[inline(always)]
    pub fn bits(self, from: usize) -> u64 {
        let at = from >> 3;
        match self.bits.get(at..at + 8) {
            Some(bits) => u64::from_le_bytes(bits.try_into().unwrap_or_default()) >> (from & 7),
            None => 0,
        }
    }

    /// As [`Class::find`], but only if it is not further away than [`Class::bits`] tell.
    #[inline(always)]
    pub fn find_near(self, from: usize) -> Option<usize> {
        let bits = self.bits(from);
        if bits == 0 { None } else { Some(from + bits.trailing_zeros() as usize) }
    }

    /// As [`Class::find_near`], twice as far.
    #[inline(always)]
    pub fn find_nearby(self, from: usize) -> Option<usize> {
        self.find_near(from).or_else(|| self.find_near(from + BITS_MIN))
    }

    /// As [`Class::find`], but gives up past `end` and then returns something at or after it.
    #[inline(always)]
    pub fn find_within(self, from: usize, end: usize) -> usize {
        if from > self.len {
            return self.len;
        }
        self.find_near(from).unwrap_or_else(|| self.find_far(from, end))
    }

    #[cold]
    #[inline(never)]
    fn find_far(self, from: usize, end: usize) -> usize {
        // The 57 to 64 bits from `from` are known to be clear; go on at whole words.
        let (words, _) = self.bits.as_chunks::<8>();
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
