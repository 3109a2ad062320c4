//! Which encoding bytes are in.
//!
//! A byte-order mark decides; without one UTF-16 shows by its zero bytes, and everything else begins as UTF-8, of which ASCII is
//! a part. Only when bytes turn up that are not UTF-8 is there something to find out: see [`Evidence`].

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use sluice_record::limits;

use crate::decode::Decoder;

/// Bytes of tokens that are not UTF-8 after which the verdict stands; until then each block may better it.
const EVIDENCE_BYTES_ENOUGH: usize = 16 << 10;
/// UTF-8's byte-order mark, encoded twice.
const MARK_TWICE: &[u8] = b"\xC3\xAF\xC2\xBB\xC2\xBF";
/// Pairs of bytes without which nothing is said about UTF-16.
const UTF16_PAIRS_MIN: usize = 8;

/// What a member's first bytes say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Detected {
    /// By its WHATWG name.
    pub encoding: &'static str,
    /// Bytes of the byte-order mark.
    pub bom_bytes: usize,
    /// Does it look like no text at all?
    pub is_binary: bool,
}

/// Looks at a member's first raw bytes.
pub fn detect(head: &[u8]) -> Detected {
    let (encoding, bom_bytes) = start(head);
    if encoding != UTF_8 {
        return Detected { encoding: encoding.name(), bom_bytes, is_binary: false };
    }
    let mut evidence = Evidence::default();
    evidence.weigh(head);
    let encoding = match evidence.verdict() {
        Verdict::Legacy(encoding) => encoding,
        Verdict::Raw | Verdict::Mixed(_) => UTF_8,
    };
    let controls = head.iter().filter(|byte| is_control(**byte)).count();
    Detected { encoding: encoding.name(), bom_bytes, is_binary: controls * 50 > head.len() }
}

/// A sample as UTF-8, of at most [`limits::SAMPLE_BYTES_MAX`] bytes. A character cut off at its end is left out.
pub fn decode_sample(head: &[u8]) -> Vec<u8> {
    decode_samples(head, &[], 0).0
}

/// Head and tail of one member as UTF-8; the tail, which begins at byte `tail_start` of the member, in the encoding the head is in.
pub(crate) fn decode_samples(head: &[u8], tail: &[u8], tail_start: u64) -> (Vec<u8>, Vec<u8>) {
    let mut decoder = Decoder::default();
    let mut decoded = Vec::new();
    // A last line that is incomplete waits in the decoder's input; for a sample it is shown as far as it goes.
    let sample = |decoder: &mut Decoder, raw: &[u8]| {
        let (mut text, mut done) = (raw.to_vec(), 0);
        decoder.advance(&mut text, &mut done, false);
        let waiting = text.split_off(done);
        let mut rest = waiting[..decoder.whole_chars(&waiting)].to_vec();
        decoder.advance(&mut rest, &mut 0, true);
        text.extend_from_slice(&rest);
        text
    };
    let mut shown = sample(&mut decoder, head);
    shown.truncate(char_border(&shown, limits::SAMPLE_BYTES_MAX));
    if !tail.is_empty() {
        let skip = if decoder.is_utf16() { (tail_start - decoder.bom_bytes() as u64) % 2 } else { 0 };
        decoded = sample(&mut decoder, tail.get(skip as usize..).unwrap_or_default());
        let surplus = decoded.len().saturating_sub(limits::SAMPLE_BYTES_MAX);
        decoded.drain(..surplus);
    }
    (shown, decoded)
}

/// The greatest length up to `len` that splits no UTF-8 character.
pub(crate) fn char_border(bytes: &[u8], len: usize) -> usize {
    if len >= bytes.len() {
        return bytes.len();
    }
    (len.saturating_sub(3)..=len).rev().find(|at| bytes[*at] & 0xC0 != 0x80).unwrap_or(len)
}

/// The encoding a member begins in, and its mark's length.
pub(crate) fn start(head: &[u8]) -> (&'static Encoding, usize) {
    if let Some((encoding, bytes)) = Encoding::for_bom(head) {
        return (encoding, bytes);
    }
    if head.starts_with(MARK_TWICE) {
        return (UTF_8, MARK_TWICE.len());
    }
    (without_mark(head), 0)
}

/// UTF-16 without a mark: letters of most scripts leave one byte of the pair at zero for what is ASCII between them (digits, `@`,
/// separators, line ends), and never the other. That it decodes without controls tells it from binary numbers.
fn without_mark(head: &[u8]) -> &'static Encoding {
    let pairs = head.len() / 2;
    if pairs < UTF16_PAIRS_MIN || memchr::memchr(0, head).is_none() {
        return UTF_8;
    }
    let zeros = |offset: usize| head.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
    let (first, second) = (zeros(0), zeros(1));
    let encoding = if second * 10 >= pairs && first * 100 <= second {
        UTF_16LE
    } else if first * 10 >= pairs && second * 100 <= first {
        UTF_16BE
    } else {
        return UTF_8;
    };
    let (text, malformed) = encoding.decode_without_bom_handling(&head[..pairs * 2]);
    let odd = text.chars().filter(|char| char.is_control() && !char.is_ascii_whitespace()).count();
    if odd * 100 > pairs || (malformed && text.matches('\u{FFFD}').count() * 100 > pairs) { UTF_8 } else { encoding }
}

/// How bytes that are not UTF-8 are to be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// The member is in this encoding.
    Legacy(&'static Encoding),
    /// The member is UTF-8 with tokens in this encoding between.
    Mixed(&'static Encoding),
    /// Whatever is not UTF-8 is no text and passes as it is.
    Raw,
}

/// What speaks for which encoding, in tokens: runs between separators that no multi-byte encoding uses inside a character.
///
/// A token with bytes above ASCII is UTF-8 by form, or binary because controls are in it, or else somebody's older encoding.
/// A short GBK name is valid UTF-8 by accident now and then, and a random hash lacks controls now and then, so the three are
/// weighed against each other and no single one decides.
pub(crate) struct Evidence {
    utf8: u64,
    binary: u64,
    legacy: u64,
    legacy_bytes: usize,
    detector: EncodingDetector,
}

impl Default for Evidence {
    fn default() -> Self {
        Self { utf8: 0, binary: 0, legacy: 0, legacy_bytes: 0, detector: EncodingDetector::new(Iso2022JpDetection::Deny) }
    }
}

impl Evidence {
    /// Adds a block's tokens.
    pub(crate) fn weigh(&mut self, block: &[u8]) {
        for token in parts(block).filter(|(_, is_binary)| !is_binary).flat_map(|(text, _)| tokens(text)) {
            match TokenKind::of(token) {
                TokenKind::Ascii => {}
                TokenKind::Utf8 => self.utf8 += 1,
                TokenKind::Binary => self.binary += 1,
                TokenKind::Legacy => {
                    self.legacy += 1;
                    if !self.is_enough() {
                        self.legacy_bytes += token.len();
                        self.detector.feed(token, false);
                        self.detector.feed(b" ", false);
                    }
                }
            }
        }
    }

    /// Counts text that was valid as a whole.
    pub(crate) fn saw_utf8(&mut self, chars: u64) {
        self.utf8 += chars;
    }

    pub(crate) fn is_enough(&self) -> bool {
        self.legacy_bytes >= EVIDENCE_BYTES_ENOUGH
    }

    pub(crate) fn verdict(&self) -> Verdict {
        if self.legacy == 0 || self.binary * 4 > self.legacy {
            return Verdict::Raw;
        }
        let encoding = self.detector.guess(None, Utf8Detection::Deny);
        if self.utf8 * 4 > self.legacy { Verdict::Mixed(encoding) } else { Verdict::Legacy(encoding) }
    }
}

/// What a token is by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TokenKind {
    Ascii,
    Utf8,
    Binary,
    Legacy,
}

impl TokenKind {
    pub(crate) fn of(token: &[u8]) -> Self {
        if token.is_ascii() {
            Self::Ascii
        } else if std::str::from_utf8(token).is_ok() {
            Self::Utf8
        } else if token.iter().any(|byte| is_control(*byte)) {
            Self::Binary
        } else {
            Self::Legacy
        }
    }
}

/// What MySQL's dumps write before a string whose bytes are in no encoding.
const BINARY_STRING: &[u8] = b"_binary '";

/// Text, and between it the strings that the text itself says are binary; those are no evidence and are never decoded.
pub(crate) fn parts(block: &[u8]) -> impl Iterator<Item = (&[u8], bool)> {
    let (mut rest, mut is_binary) = (block, false);
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = if is_binary {
            string_end(rest)
        } else {
            memchr::memmem::find(rest, BINARY_STRING).map_or(rest.len(), |at| at + BINARY_STRING.len())
        };
        let (part, after) = rest.split_at(end);
        rest = after;
        is_binary = !is_binary;
        Some((part, !is_binary))
    })
}

/// Where a string's closing quote is.
fn string_end(rest: &[u8]) -> usize {
    let mut at = 0;
    while let Some(found) = memchr::memchr2(b'\'', b'\\', &rest[at.min(rest.len())..]) {
        at += found;
        if rest[at] == b'\'' && rest.get(at + 1) != Some(&b'\'') {
            return at;
        }
        at += 2;
    }
    rest.len()
}

pub(crate) fn tokens(block: &[u8]) -> impl Iterator<Item = &[u8]> {
    block.split(|byte| is_separator(*byte))
}

/// Below 0x30, so that it is no second byte of GBK, Big5, Shift_JIS or EUC.
pub(crate) const fn is_separator(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r' | b'\t' | b' ' | b',' | b'\'' | b'"' | b'(' | b')' | b'/')
}

/// A byte that text does not have. ESC and Ctrl-Z turn up in old text files.
pub(crate) const fn is_control(byte: u8) -> bool {
    matches!(byte, 0..=8 | 0x0B | 0x0E..=0x19 | 0x1C..=0x1F | 0x7F)
}
