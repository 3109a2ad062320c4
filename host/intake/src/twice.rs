//! UTF-8 that was encoded twice, made right again.
//!
//! Somebody took UTF-8 for windows-1252 or Latin-1 and encoded it once more, so that `é` became `Ã©`. A word shows it: each of its
//! characters stands for a byte, and these bytes are UTF-8. Words as people write them hardly ever do, but somebody may write about
//! `Ã©`, or have it in a password, so no single word decides: nearly all of those beyond ASCII around it must be alike. What plain UTF-8
//! explains stays.

use encoding_rs::WINDOWS_1252;

/// Words before a word, or after it, that are looked at, and how many of them must have been encoded twice.
const WINDOW: usize = 8;
const WINDOW_TWICE_MIN: usize = 7;
/// Where there are fewer words than a window in all: all of them, and at least so many.
const TWICE_MIN: usize = 3;

/// What was seen of a member so far.
#[derive(Default)]
pub(crate) struct Twice {
    /// Of the last words that prove something, whether each was encoded twice.
    before: Vec<bool>,
    mended: bool,
}

/// A word with characters beyond ASCII.
struct Word {
    start: usize,
    end: usize,
    /// What it was before it was encoded a second time, if it may have been.
    once: Option<Vec<u8>>,
    /// How many words before it prove something.
    proven: usize,
}

/// Could there be anything to mend? A lead byte's character with the character of a byte that continues it: `Ã` and `©`.
pub(crate) fn is_suspect(text: &[u8]) -> bool {
    memchr::memchr_iter(0xC3, text).any(|at| matches!(text.get(at + 1..at + 3), Some([0x82..=0xB4, 0xC2 | 0xC5 | 0xC6 | 0xCB | 0xE2])))
}

impl Twice {
    /// Was anything mended?
    pub(crate) const fn mended(&self) -> bool {
        self.mended
    }

    /// Writes `text` to `out`, mended. `last` says that nothing follows.
    pub(crate) fn mend(&mut self, text: &[u8], out: &mut Vec<u8>, last: bool) {
        let mut proofs = std::mem::take(&mut self.before);
        let is_all = last && proofs.len() < WINDOW;
        let words = words(text, &mut proofs);
        // A window that begins or ends with a word, or is the first or the last there is.
        let is_dense = |start: usize| proofs.get(start..start + WINDOW).is_some_and(|window| twice_in(window) >= WINDOW_TWICE_MIN);
        let last_window = proofs.len().saturating_sub(WINDOW);
        let is_all_twice = is_all && (TWICE_MIN..WINDOW).contains(&proofs.len()) && twice_in(&proofs) == proofs.len();
        let mut done = 0;
        for word in words {
            let (after, before) = (word.proven.min(last_window), (word.proven + 1).saturating_sub(WINDOW).min(last_window));
            if let Some(once) = &word.once
                && (is_all_twice || is_dense(after) || is_dense(before))
            {
                out.extend_from_slice(&text[done..word.start]);
                out.extend_from_slice(once);
                done = word.end;
                self.mended = true;
            }
        }
        out.extend_from_slice(&text[done..]);
        proofs.drain(..proofs.len().saturating_sub(WINDOW));
        self.before = proofs;
    }
}

fn twice_in(window: &[bool]) -> usize {
    window.iter().filter(|is_twice| **is_twice).count()
}

/// The words beyond ASCII, and of each that proves something what it proves.
fn words(text: &[u8], proofs: &mut Vec<bool>) -> Vec<Word> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].iter().position(|byte| !byte.is_ascii()) {
        let in_word = |byte: &u8| byte.is_ascii_alphabetic() || !byte.is_ascii();
        let start = at + text[at..at + found].iter().rposition(|byte| !in_word(byte)).map_or(0, |before| before + 1);
        let end = text[at + found..].iter().position(|byte| !in_word(byte)).map_or(text.len(), |behind| at + found + behind);
        at = end;
        let Ok(word) = std::str::from_utf8(&text[start..end]) else { continue };
        let once = once(word);
        let proven = proofs.len();
        match &once {
            None => proofs.push(false),
            // `Ã©` alone proves nothing: it is what people write who write about this.
            Some(once) if once.iter().filter(|byte| byte.is_ascii()).count() >= 2 || once.len() > 3 => proofs.push(true),
            Some(_) => {}
        }
        words.push(Word { start, end, once, proven });
    }
    words
}

/// The bytes that a word's characters stand for, if these are UTF-8.
fn once(word: &str) -> Option<Vec<u8>> {
    let bytes: Vec<u8> = word.chars().map(byte_of).collect::<Option<_>>()?;
    std::str::from_utf8(&bytes).is_ok().then_some(bytes)
}

/// What byte a character is in Latin-1 or windows-1252; they differ where one has controls and the other none.
fn byte_of(char: char) -> Option<u8> {
    if let Ok(byte) = u8::try_from(u32::from(char)) {
        return Some(byte);
    }
    let mut utf8 = [0; 4];
    let (byte, _, unmappable) = WINDOWS_1252.encode(char.encode_utf8(&mut utf8));
    (!unmappable).then(|| byte.first().copied()).flatten()
}
