//! What stood between two values before: documents of a collection differ in their values, and hardly in what is between.
//!
//! Behind a value of a path there is nearly always the same: a quote, a comma, the next key, a colon, brackets that close and open. What
//! was read with care once is compared as it is from then on, some words at a time, and a string's end is the next bit of a bitmap. What is
//! between two values says all of a document but them, so what was compared, in its order, is the document's shape.

use sluice_plugin::{
    Class,
    document::{Form, Leaf, PathId, Paths, Tree},
};

/// What follows a stretch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A string: its quotes belong to the stretches around it.
    Text,
    Number,
    /// `true` or `false`.
    Word,
    /// Nothing: the object has ended.
    End,
}

/// Bytes of a stretch that is remembered, and how many are in all, and of those behind one value.
const STRETCH_BYTES_MAX: usize = 256;
const STRETCHES_MAX: usize = 1 << 14;
const CHOICES_MAX: usize = 6;

#[derive(Clone, Copy, Debug)]
struct Stretch {
    /// Its first words, which is all of most: compared without a loop.
    head: [Word; HEAD_WORDS],
    /// The place of the others in the labels, in words.
    label: u32,
    words: u16,
    bytes: u16,
    kind: Kind,
    path: PathId,
}

const HEAD_WORDS: usize = 2;
const NONE: u32 = u32::MAX;
const NO_LEAF: Leaf = Leaf { node: 0, path: Paths::ROOT, start: 0, end: 0, form: Form::Word };

/// A word of a stretch: which bits count, and what they are.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
struct Word {
    mask: u64,
    bits: u64,
}

/// Stretches by what is before them.
#[derive(Debug, Default)]
pub struct Shapes {
    all: Vec<Stretch>,
    labels: Vec<Word>,
    /// By state.
    choices: Vec<[u32; CHOICES_MAX]>,
    /// What was read last is known by this: the numbers of its stretches. It begins with those of `last`.
    pub shape: Vec<u32>,
    /// The stretches of what was read last, if all were known: mostly the next is like it.
    last: Vec<Stretch>,
}

impl Shapes {
    /// Before an object's first byte.
    pub const START: usize = 0;

    /// Behind a value of a kind at a path.
    pub fn state(path: PathId, kind: Kind) -> usize {
        path as usize * 2 + usize::from(kind == Kind::Text)
    }

    /// All is to be learnt anew: paths have other numbers.
    pub fn forget(&mut self) {
        self.all.clear();
        self.labels.clear();
        self.choices.clear();
        self.begin_anew();
    }

    /// What comes is read with care, and has a shape of its own.
    pub fn begin_anew(&mut self) {
        self.last.clear();
        self.shape.clear();
    }

    /// Remembers a stretch; gives the number it is known by.
    pub fn learn(&mut self, state: usize, stretch: &[u8], kind: Kind, path: PathId) -> Option<u32> {
        if self.choices.len() <= state {
            self.choices.resize(state + 1, [NONE; CHOICES_MAX]);
        }
        let mut words = words(stretch);
        let head = [(); HEAD_WORDS].map(|()| words.next().unwrap_or_default());
        let is_it = |known: &Stretch| known.kind == kind && known.path == path && known.bytes as usize == stretch.len();
        for choice in self.choices[state] {
            if let Some(known) = self.all.get(choice as usize).filter(|known| is_it(known) && known.head == head)
                && words.clone().zip(&self.labels[known.label as usize..]).all(|(word, label)| word == *label)
            {
                return Some(choice);
            }
        }
        let free = self.choices[state].iter().position(|choice| *choice == NONE)?;
        if stretch.len() > STRETCH_BYTES_MAX || self.all.len() >= STRETCHES_MAX {
            return None;
        }
        let (number, label) = (self.all.len() as u32, self.labels.len() as u32);
        self.labels.extend(words);
        self.all.push(Stretch { head, label, words: (self.labels.len() - label as usize) as u16, bytes: stretch.len() as u16, kind, path });
        self.choices[state][free] = number;
        Some(number)
    }

    /// Reads an object whose stretches are all known: `None` if one is not, else where it ends, and whether it has the shape of the one
    /// before. `enders` are quotes, backslashes, and what may not stand in a string.
    pub fn read(&mut self, bytes: &[u8], start: usize, enders: Class<'_>, tree: &mut Tree) -> Option<(usize, bool)> {
        tree.begin(start);
        tree.leaves.resize(self.last.len().saturating_sub(1), NO_LEAF);
        let followed = self.follow(bytes, start, enders, &mut tree.leaves);
        self.shape.truncate(self.last.len());
        let nth = match followed {
            Ok(end) => return Some((end, true)),
            Err(nth) => nth,
        };
        tree.leaves.truncate(nth);
        self.shape.truncate(nth);
        self.last.truncate(nth);
        loop {
            let (at, state) = match (tree.leaves.last(), self.last.last()) {
                (Some(leaf), Some(before)) => (leaf.end as usize, Self::state(leaf.path, before.kind)),
                _ => (start, Self::START),
            };
            let Some((choice, value)) = self.value(state, bytes, at, enders) else {
                self.begin_anew();
                return None;
            };
            let stretch = self.all[choice as usize];
            self.shape.push(choice);
            self.last.push(stretch);
            if stretch.kind == Kind::End {
                return Some((value.end as usize, false));
            }
            tree.leaves.push(value);
        }
    }

    /// Reads an object like the last one. Else, the values that it has in common with that.
    #[inline(always)]
    fn follow(&self, bytes: &[u8], start: usize, enders: Class<'_>, leaves: &mut [Leaf]) -> Result<usize, usize> {
        let Some((last, stretches)) = self.last.split_last() else { return Err(0) };
        let mut at = start;
        for (nth, (stretch, leaf)) in stretches.iter().zip(leaves).enumerate() {
            *leaf = self.behind(stretch, bytes, at, enders).ok_or(nth)?;
            at = leaf.end as usize;
        }
        self.behind(last, bytes, at, enders).map(|leaf| leaf.end as usize).ok_or(stretches.len())
    }

    /// The value behind one of the stretches that were met in a state. What is not the first choice is from now on an earlier one.
    fn value(&mut self, state: usize, bytes: &[u8], at: usize, enders: Class<'_>) -> Option<(u32, Leaf)> {
        let choices = self.choices.get(state)?;
        let known = |choice: u32| self.behind(self.all.get(choice as usize)?, bytes, at, enders);
        let (nth, choice, value) = choices.iter().enumerate().find_map(|(nth, choice)| Some((nth, *choice, known(*choice)?)))?;
        self.choices[state].swap(nth.saturating_sub(1), nth);
        Some((choice, value))
    }

    /// The value behind a stretch, if that stands at a place and a value of its kind behind it.
    #[inline(always)]
    fn behind(&self, stretch: &Stretch, bytes: &[u8], at: usize, enders: Class<'_>) -> Option<Leaf> {
        if !self.stands(stretch, bytes, at) {
            return None;
        }
        let start = at + usize::from(stretch.bytes);
        let (end, form) = match stretch.kind {
            Kind::Text => text_end(bytes, start, enders)?,
            Kind::Number => (number_end(bytes, start), Form::Number),
            Kind::Word => (word_end(bytes, start), Form::Word),
            Kind::End => return Some(Leaf { end: start as u32, ..NO_LEAF }),
        };
        // An empty string, or a value of another kind.
        (end > start).then_some(Leaf { node: 0, path: stretch.path, start: start as u32, end: end as u32, form })
    }

    /// Does a stretch stand here? Where the input ends soon it is said not to.
    #[inline(always)]
    fn stands(&self, stretch: &Stretch, bytes: &[u8], at: usize) -> bool {
        let Some(place) = bytes.get(at..at + HEAD_WORDS * 8) else { return false };
        let (place, _) = place.as_chunks::<8>();
        stretch.head[0].is(place[0])
            && stretch.head[1].is(place[1])
            && (stretch.words == 0 || self.stands_on(stretch, bytes, at + HEAD_WORDS * 8))
    }

    #[inline(always)]
    fn stands_on(&self, stretch: &Stretch, bytes: &[u8], at: usize) -> bool {
        let words = self.labels.get(stretch.label as usize..).and_then(|labels| labels.get(..usize::from(stretch.words)));
        let Some((words, place)) = words.zip(bytes.get(at..at + usize::from(stretch.words) * 8)) else { return false };
        let (place, _) = place.as_chunks::<8>();
        words.iter().zip(place).all(|(word, bytes)| word.is(*bytes))
    }
}

impl Word {
    #[inline(always)]
    fn is(self, bytes: [u8; 8]) -> bool {
        u64::from_le_bytes(bytes) & self.mask == self.bits
    }
}

fn words(stretch: &[u8]) -> impl Iterator<Item = Word> + Clone {
    stretch.chunks(8).map(|chunk| {
        let mut bytes = [0; 8];
        bytes[..chunk.len()].copy_from_slice(chunk);
        Word { mask: !0 >> (64 - 8 * chunk.len()), bits: u64::from_le_bytes(bytes) }
    })
}

/// Where a string ends, and how it stands there; `None` if it does not.
#[inline(always)]
fn text_end(bytes: &[u8], from: usize, enders: Class<'_>) -> Option<(usize, Form)> {
    let end = enders.find(from);
    match *bytes.get(end)? {
        b'"' => Some((end, Form::Text)),
        b'\\' => escaped_end(bytes, end, enders),
        _ => None,
    }
}

#[cold]
fn escaped_end(bytes: &[u8], mut at: usize, enders: Class<'_>) -> Option<(usize, Form)> {
    loop {
        match *bytes.get(at)? {
            b'"' => return Some((at, Form::Escaped)),
            b'\\' if *bytes.get(at + 1)? != b'\n' => at = enders.find(at + 2),
            _ => return None,
        }
    }
}

/// Where a number ends; where it begins if there is none that stands alone.
#[inline(always)]
fn number_end(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    if !matches!(rest, [b'0'..=b'9', ..] | [b'-', b'0'..=b'9', ..]) {
        return from;
    }
    let end = from + rest.iter().take_while(|byte| crate::unit::is_of_number(**byte)).count();
    if ends_value(bytes, end) { end } else { from }
}

#[inline(always)]
fn word_end(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    let word = if rest.starts_with(b"true") {
        4
    } else if rest.starts_with(b"false") {
        5
    } else {
        0
    };
    if ends_value(bytes, from + word) { from + word } else { from }
}

/// Anything else may be part of a word, or a call.
#[inline(always)]
fn ends_value(bytes: &[u8], at: usize) -> bool {
    matches!(bytes.get(at), Some(b',' | b'}' | b']' | b' ' | b'\r' | b'\n'))
}

const _: () = assert!(Paths::ROOT == 0, "no value stands at the root: its state is the start");
