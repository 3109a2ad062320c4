//! A member's bytes made UTF-8 in place, block after block.
//!
//! Valid UTF-8 stays where it is and is only looked at. The encoding is settled when the first bytes that are not UTF-8 turn up:
//! everything before was ASCII or UTF-8, which needs no decoding, so nothing is read twice. From then on text goes line by line:
//! - in an older encoding as a whole: decoded, and what that encoding does not explain passes unchanged;
//! - UTF-8 with tokens of an older encoding between (lists merged from many sources): those tokens are decoded that come out as
//!   nothing but letters and the like, the rest passes unchanged;
//! - UTF-8 with binary between: passes unchanged, as do strings in any encoding that a dump calls binary itself (`_binary '…'`).
//!
//! What was UTF-8 encoded twice is mended afterwards, wherever it stands: see `twice.rs`. Text of an older encoding is left alone.

use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::{
    encoding::{Evidence, TokenKind, Verdict, is_separator, parts, start},
    twice::{Twice, is_suspect},
};

#[derive(Default)]
pub(crate) struct Decoder {
    state: State,
    bom_bytes: usize,
    evidence: Evidence,
    /// Were bytes changed (a mark taken off, text decoded)?
    changes: bool,
    twice: Twice,
    scratch: Vec<u8>,
}

#[derive(Clone, Copy, Default)]
enum State {
    /// Nothing seen yet.
    #[default]
    Start,
    /// Valid UTF-8 so far.
    Utf8,
    Utf16(&'static Encoding),
    /// Not UTF-8 throughout; the verdict is final once there is evidence enough.
    Settled(Verdict),
}

impl Decoder {
    /// Decodes `text[*done..]` in place as far as it is complete, and moves `done` behind it. `last` says that nothing follows;
    /// then all of it is complete. The first call must come with the member's first bytes, up to 64 KiB if it has so many.
    pub(crate) fn advance(&mut self, text: &mut Vec<u8>, done: &mut usize, last: bool) {
        if let State::Start = self.state {
            self.begin(text, *done);
        }
        match self.state {
            State::Start => {}
            State::Utf8 => self.advance_utf8(text, done, last),
            State::Utf16(encoding) => {
                let (start, complete) = (*done, if last { text.len() } else { *done + whole_lines_of_units(&text[*done..], encoding) });
                self.rewrite(text, done, complete, |raw, out, _| decode_all(encoding, raw, out));
                self.mend(text, start, done, last);
            }
            State::Settled(verdict) => self.advance_settled(verdict, text, done, last),
        }
    }

    /// Are the bytes out the bytes in, so far?
    pub(crate) const fn changes(&self) -> bool {
        self.changes
    }

    pub(crate) const fn is_utf16(&self) -> bool {
        matches!(self.state, State::Utf16(_))
    }

    pub(crate) const fn bom_bytes(&self) -> usize {
        self.bom_bytes
    }

    /// The encoding's WHATWG name; for UTF-8 with another between, both.
    pub(crate) fn encoding(&self) -> String {
        let twice = if self.twice.mended() { " twice" } else { "" };
        self.encoding_once() + twice
    }

    fn encoding_once(&self) -> String {
        match self.state {
            State::Start | State::Utf8 | State::Settled(Verdict::Raw) => UTF_8.name().to_owned(),
            State::Utf16(encoding) | State::Settled(Verdict::Legacy(encoding)) => encoding.name().to_owned(),
            State::Settled(Verdict::Mixed(encoding)) => format!("{}+{}", UTF_8.name(), encoding.name()),
        }
    }

    /// How much of an incomplete rest can be shown without splitting a character.
    pub(crate) fn whole_chars(&self, rest: &[u8]) -> usize {
        match self.state {
            State::Utf16(encoding) => whole_units(rest, encoding),
            State::Settled(Verdict::Legacy(_)) => rest.iter().rposition(u8::is_ascii).map_or(0, |at| at + 1),
            _ => std::str::from_utf8(rest)
                .map_or_else(|error| if error.error_len().is_none() { error.valid_up_to() } else { rest.len() }, str::len),
        }
    }

    fn begin(&mut self, text: &mut Vec<u8>, at: usize) {
        let (encoding, bom_bytes) = start(&text[at..]);
        self.bom_bytes = bom_bytes;
        self.changes = encoding != UTF_8 || bom_bytes > 0;
        text.drain(at..at + bom_bytes);
        self.state = if encoding == UTF_8 { State::Utf8 } else { State::Utf16(encoding) };
    }

    fn advance_utf8(&mut self, text: &mut Vec<u8>, done: &mut usize, last: bool) {
        let fresh = &text[*done..];
        match simdutf8::basic::from_utf8(fresh) {
            Ok(valid) => {
                let chars = above_ascii(valid.as_bytes());
                self.evidence.saw_utf8(chars);
                self.pass_utf8(text, done, text.len(), chars, last);
            }
            Err(_) => match std::str::from_utf8(fresh) {
                Err(error) if error.error_len().is_none() && !last => {
                    let (chars, end) = (above_ascii(&fresh[..error.valid_up_to()]), *done + error.valid_up_to());
                    self.evidence.saw_utf8(chars);
                    self.pass_utf8(text, done, end, chars, last);
                }
                _ => {
                    self.state = State::Settled(Verdict::Raw);
                    self.advance_settled(Verdict::Raw, text, done, last);
                }
            },
        }
    }

    /// Lets `text[*done..end]` go out, whole lines if it may have been encoded twice: words must not be cut.
    fn pass_utf8(&mut self, text: &mut Vec<u8>, done: &mut usize, end: usize, chars: u64, last: bool) {
        let fresh = &text[*done..end];
        if chars == 0 || !is_suspect(fresh) {
            *done = end;
            return;
        }
        let (start, complete) = (*done, if last { end } else { *done + whole_lines(fresh) });
        *done = complete;
        self.mend(text, start, done, last);
    }

    /// Mends `text[start..*done]`, which is UTF-8 now as far as it is text.
    fn mend(&mut self, text: &mut Vec<u8>, start: usize, done: &mut usize, last: bool) {
        if is_suspect(&text[start..*done]) {
            let complete = std::mem::replace(done, start);
            self.rewrite(text, done, complete, |raw, out, twice| decode_text(raw, out, |text, out| twice.mend(text, out, last)));
        }
    }

    fn advance_settled(&mut self, mut verdict: Verdict, text: &mut Vec<u8>, done: &mut usize, last: bool) {
        let complete = if last { text.len() } else { *done + whole_lines(&text[*done..]) };
        if text[*done..complete].is_ascii() {
            *done = complete;
            return;
        }
        if !self.evidence.is_enough() {
            self.evidence.weigh(&text[*done..complete]);
            verdict = self.evidence.verdict();
            self.state = State::Settled(verdict);
        }
        let start = *done;
        match verdict {
            Verdict::Raw => {
                *done = complete;
                self.mend(text, start, done, last);
            }
            Verdict::Legacy(encoding) => {
                self.rewrite(text, done, complete, |raw, out, _| decode_text(raw, out, |text, out| decode_all(encoding, text, out)));
            }
            Verdict::Mixed(encoding) => {
                self.rewrite(text, done, complete, |raw, out, _| decode_text(raw, out, |text, out| decode_tokens(encoding, text, out)));
                self.mend(text, start, done, last);
            }
        }
    }

    /// Puts what `decode` makes of `text[*done..complete]` in its place.
    fn rewrite(&mut self, text: &mut Vec<u8>, done: &mut usize, complete: usize, decode: impl FnOnce(&[u8], &mut Vec<u8>, &mut Twice)) {
        self.scratch.clear();
        self.scratch.extend_from_slice(&text[*done..]);
        let (raw, waiting) = self.scratch.split_at(complete - *done);
        text.truncate(*done);
        decode(raw, text, &mut self.twice);
        self.changes |= text[*done..] != *raw;
        *done = text.len();
        text.extend_from_slice(waiting);
    }
}

/// Characters above ASCII, by their first bytes; a rough count that must cost little.
fn above_ascii(valid: &[u8]) -> u64 {
    // As many at a time as one byte counts: compilers make a few vector instructions of that.
    let count = |few: &[u8]| few.iter().map(|byte| u8::from(*byte >= 0xC0)).sum::<u8>();
    if valid.is_ascii() { 0 } else { valid.chunks(usize::from(u8::MAX)).map(|few| u64::from(count(few))).sum() }
}

/// Up to the last line end; failing that the last separator; failing that all.
fn whole_lines(text: &[u8]) -> usize {
    memchr::memrchr(b'\n', text).or_else(|| text.iter().rposition(|byte| is_separator(*byte))).map_or(text.len(), |at| at + 1)
}

/// Up to the last line end of UTF-16; failing that the last complete character.
fn whole_lines_of_units(text: &[u8], encoding: &'static Encoding) -> usize {
    let line_end = if encoding == UTF_16BE { [0, b'\n'] } else { [b'\n', 0] };
    let line = text.chunks_exact(2).rposition(|unit| unit == line_end);
    line.map_or_else(|| whole_units(text, encoding), |at| 2 * (at + 1))
}

/// Up to the last complete character of UTF-16.
fn whole_units(text: &[u8], encoding: &'static Encoding) -> usize {
    let even = text.len() & !1;
    let high = if encoding == UTF_16BE { even.checked_sub(2) } else { even.checked_sub(1) }.map_or(0, |at| text[at]);
    if (0xD8..0xDC).contains(&high) && (encoding == UTF_16BE || encoding == UTF_16LE) { even - 2 } else { even }
}

/// Decodes what is text; strings that are said to be binary go out as they came in.
fn decode_text(raw: &[u8], out: &mut Vec<u8>, mut decode: impl FnMut(&[u8], &mut Vec<u8>)) {
    for (part, is_binary) in parts(raw) {
        if is_binary { out.extend_from_slice(part) } else { decode(part, out) }
    }
}

/// Decodes all of `raw`; malformed stretches go out as they came in.
fn decode_all(encoding: &'static Encoding, raw: &[u8], out: &mut Vec<u8>) {
    let mut rest = raw;
    while !rest.is_empty() {
        let mut decoder = encoding.new_decoder_without_bom_handling();
        let (mut read_in_all, mut malformed) = (0, None);
        while malformed.is_none() {
            let room = decoder.max_utf8_buffer_length_without_replacement(rest.len() - read_in_all).unwrap_or(4 * rest.len());
            let start = out.len();
            out.resize(start + room.max(16), 0);
            let (result, read, written) = decoder.decode_to_utf8_without_replacement(&rest[read_in_all..], &mut out[start..], true);
            out.truncate(start + written);
            read_in_all += read;
            match result {
                DecoderResult::InputEmpty => return,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(bytes, after) => malformed = Some((usize::from(bytes), usize::from(after))),
            }
        }
        let (bytes, after) = malformed.unwrap_or_default();
        let end = read_in_all - after.min(read_in_all);
        out.extend_from_slice(&rest[end - bytes.min(end)..end]);
        rest = &rest[end..];
    }
}

/// Decodes those tokens of `raw` that are not UTF-8 and become plain words by decoding.
/// A backslash is in none: MariaDB's dumps escape within binary strings, and do not call them so.
fn decode_tokens(encoding: &'static Encoding, raw: &[u8], out: &mut Vec<u8>) {
    for token in raw.split_inclusive(|byte| is_separator(*byte)) {
        let word = token.strip_suffix(&[token[token.len() - 1]]).filter(|_| is_separator(token[token.len() - 1])).unwrap_or(token);
        let decoded = (TokenKind::of(word) == TokenKind::Legacy)
            .then(|| encoding.decode_without_bom_handling_and_without_replacement(word))
            .flatten()
            .filter(|decoded| decoded.chars().all(|char| char.is_ascii() && char != '\\' || char.is_alphabetic()));
        match decoded {
            Some(decoded) => {
                out.extend_from_slice(decoded.as_bytes());
                out.extend_from_slice(&token[word.len()..]);
            }
            None => out.extend_from_slice(token),
        }
    }
}
