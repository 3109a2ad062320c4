//! What an author implements, and the types it speaks.

use crate::{Cuts, Input, Out};

/// What bytes a parser wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InputKind {
    /// UTF-8, decoded by the host; a stretch that no encoding explains comes unchanged.
    Text,
    /// The member as it is.
    Bytes,
}

/// Who cuts a member into chunks that are parsed side by side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Framing {
    /// The host, at line ends: for formats in which every line stands alone.
    Lines,
    /// [`Parser::scan`]: for formats in which what comes before matters.
    Marks,
    /// Nobody: the member is one chunk.
    Whole,
}

/// What a parser is.
#[derive(Clone, Debug)]
pub struct Descriptor {
    /// Short, lower case, unique.
    pub name: &'static str,
    /// Semantic version.
    pub version: &'static str,
    /// For display.
    pub title: &'static str,
    /// Format names, for display.
    pub formats: &'static [&'static str],
    /// What bytes it wants.
    pub input: InputKind,
    /// Who cuts.
    pub framing: Framing,
    /// JSON Schema of its options, or empty.
    pub options: &'static str,
}

impl Descriptor {
    /// A text parser without options, to fill in.
    pub const TEXT: Self =
        Self { name: "", version: "0.1.0", title: "", formats: &[], input: InputKind::Text, framing: Framing::Lines, options: "" };
}

/// What [`Parser::probe`] sees of a member.
#[derive(Clone, Debug)]
pub struct Sample<'a> {
    /// The member's path within its dump.
    pub name: &'a str,
    /// Its length in bytes, if known.
    pub size: Option<u64>,
    /// Its first bytes, at most 64 KiB; the last line may be cut off.
    pub head: &'a [u8],
    /// Its last bytes, at most 64 KiB; empty if `head` has it all or the end is not known yet.
    pub tail: &'a [u8],
}

impl<'a> Sample<'a> {
    /// The head's lines, without line ends; not the last if it may be cut off.
    pub fn lines(&self) -> impl Iterator<Item = &'a [u8]> {
        let whole = self.size.is_none_or(|size| size <= self.head.len() as u64);
        let end = if whole { self.head.len() } else { memchr::memrchr(b'\n', self.head).map_or(self.head.len(), |at| at + 1) };
        let head = &self.head[..end];
        let head = head.strip_suffix(b"\n").unwrap_or(head);
        head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
    }
}

/// A parser's word that a member is its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claim {
    /// 0–100; above 50 says: this format and hardly any other.
    pub confidence: u8,
    /// Why, in words for an operator; no value of the input.
    pub reason: String,
}

impl Claim {
    /// A claim.
    pub fn new(confidence: u8, reason: impl Into<String>) -> Self {
        Self { confidence, reason: reason.into() }
    }
}

/// A member that was joined with others to one: see [`Parser::group`].
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Part<'a> {
    /// Its path within the dump.
    pub name: &'a str,
    /// Offset of its first byte in the joined member.
    pub base: u64,
    /// Its length in bytes. Text that ends within a line has a line end behind it, which counts.
    pub size: u64,
}

/// How a chunk begins.
#[derive(Clone, Default, Debug)]
pub struct Start<'a> {
    /// The member's path within its dump, as [`Sample::name`] was; empty if nobody knows it.
    pub name: &'a str,
    /// Offset of its first byte in the member; 0 is the member's start.
    pub base: u64,
    /// What [`Cuts::cut`] was given for it; empty at the member's start.
    pub context: &'a [u8],
    /// Options as JSON, or empty.
    pub options: &'a str,
    /// The members that were joined to this one, in order; empty if it is one by itself.
    pub parts: &'a [Part<'a>],
}

/// A parser. One lives for one chunk.
///
/// The same bytes, context and options give the same events however the pushes are cut.
pub trait Parser: Sized + 'static {
    /// Says what the parser is.
    fn describe() -> Descriptor;

    /// Looks at a sample and says whether it is this format.
    fn probe(sample: &Sample<'_>) -> Option<Claim>;

    /// Which members of a dump belong together, given their paths, sorted: of each group their places in `names`, as they are to be read.
    ///
    /// They reach one instance as one member, if the first of them is claimed by this parser more firmly than by any other; `sample` and
    /// [`Start::name`] have its name. Ask for no more than is read together: a member in no group is read by itself.
    fn group(names: &[&str]) -> Vec<Vec<u32>> {
        let _ = names;
        Vec::new()
    }

    /// Begins a chunk.
    ///
    /// # Errors
    /// A message for the operator when the context or the options cannot be used.
    fn open(start: &Start<'_>) -> Result<Self, String>;

    /// Reads what it can of the input, and leaves unconsumed what may be incomplete unless [`Input::is_last`].
    ///
    /// # Errors
    /// Hardly ever: a row that cannot be read is a reject, and the parser goes on.
    fn push(&mut self, input: &mut Input<'_>, out: &mut Out<'_>) -> Result<(), String>;

    /// Finds where chunks may begin; only asked of [`Framing::Marks`].
    ///
    /// # Errors
    /// As [`Parser::push`].
    fn scan(&mut self, input: &mut Input<'_>, cuts: &mut Cuts<'_>) -> Result<(), String> {
        let _ = cuts;
        input.consume_all();
        Ok(())
    }
}
