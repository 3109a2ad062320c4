//! A member's first lines, for parsers of lines that stand alone but for what all of them have in common: which columns stand where,
//! which tool wrote them. The opening decides, and every chunk further on gets the decision as its context.
//!
//! Deliberately absent: a header that is looked for later, and records of several lines.

use memchr::{memchr, memrchr};

use crate::{Cuts, Input};

/// Bytes of a member that decide on all of it.
const BYTES: usize = 64 << 10;
/// Bytes between cuts, at least: the first is behind the opening.
const CUT_BYTES: u64 = 1 << 20;

/// The whole lines of a member's first 64 KiB; `None` when more input is needed. To be asked of before anything is consumed.
pub fn lines<'a>(input: &Input<'a>) -> Option<&'a [u8]> {
    let rest = input.rest();
    if rest.len() > BYTES {
        let opening = &rest[..BYTES];
        return Some(memrchr(b'\n', opening).map_or(opening, |end| &opening[..=end]));
    }
    input.is_last().then_some(rest)
}

/// Cuts a member at line ends, while it is scanned.
#[derive(Debug)]
pub struct LineCuts {
    /// The next cut is behind the first line end from here on.
    from: u64,
}

impl LineCuts {
    /// For a member, or what is left of one, that begins at `base`.
    pub fn new(base: u64) -> Self {
        Self { from: base + CUT_BYTES }
    }

    /// Takes all of the input, and cuts where there is something left behind a line end.
    pub fn cut(&mut self, input: &mut Input<'_>, cuts: &mut Cuts<'_>, context: &[u8]) {
        let (bytes, base) = (input.bytes(), input.base());
        let mut at = input.consumed();
        while at < bytes.len() {
            let from = usize::try_from(self.from.saturating_sub(base)).unwrap_or(usize::MAX).max(at);
            let Some(end) = bytes.get(from..).and_then(|rest| memchr(b'\n', rest)) else { break };
            at = from + end + 1;
            if at == bytes.len() {
                // Whether there is more the next push knows: the line end comes again.
                at -= usize::from(!input.is_last());
                return input.consume_to(at);
            }
            cuts.cut(base + at as u64, context);
            self.from = base + at as u64 + CUT_BYTES;
        }
        input.consume_all();
    }
}
