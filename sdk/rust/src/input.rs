//! The bytes of one push, and how far a parser got in them.

use memchr::memchr;

/// A line of the input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Line<'a> {
    /// With its line end.
    pub raw: &'a [u8],
    /// Without `\n` or `\r\n`.
    pub text: &'a [u8],
}

/// The bytes of one push. What a parser has dealt with it consumes; the rest comes again, joined with more.
#[derive(Debug)]
pub struct Input<'a> {
    bytes: &'a [u8],
    base: u64,
    last: bool,
    consumed: usize,
}

impl<'a> Input<'a> {
    pub(crate) fn new(bytes: &'a [u8], base: u64, last: bool) -> Self {
        Self { bytes, base, last, consumed: 0 }
    }

    /// All bytes of the push, consumed or not.
    #[inline(always)]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The bytes not yet consumed.
    #[inline(always)]
    pub fn rest(&self) -> &'a [u8] {
        &self.bytes[self.consumed..]
    }

    /// Is this the chunk's last push? Then everything must be consumed.
    #[inline(always)]
    pub fn is_last(&self) -> bool {
        self.last
    }

    /// Offset in the member of the first byte not yet consumed.
    #[inline(always)]
    pub fn offset(&self) -> u64 {
        self.base + self.consumed as u64
    }

    /// Offset in the member of `bytes()[0]`.
    #[inline(always)]
    pub fn base(&self) -> u64 {
        self.base
    }

    /// Bytes consumed so far.
    #[inline(always)]
    pub fn consumed(&self) -> usize {
        self.consumed
    }

    /// Says that the first `at` bytes of [`Input::bytes`] are dealt with.
    #[inline(always)]
    pub fn consume_to(&mut self, at: usize) {
        debug_assert!(self.consumed <= at && at <= self.bytes.len());
        self.consumed = at;
    }

    /// Says that all bytes are dealt with.
    pub fn consume_all(&mut self) {
        self.consumed = self.bytes.len();
    }

    /// Consumes and gives the next line; `None` when no complete one is left. The last line of a chunk needs no line end.
    #[inline]
    pub fn next_line(&mut self) -> Option<Line<'a>> {
        let rest = self.rest();
        let (raw, text) = match memchr(b'\n', rest) {
            Some(at) => (&rest[..=at], &rest[..at]),
            None if self.last && !rest.is_empty() => (rest, rest),
            None => return None,
        };
        self.consumed += raw.len();
        Some(Line { raw, text: text.strip_suffix(b"\r").unwrap_or(text) })
    }
}
