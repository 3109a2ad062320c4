//! Packed events: what a parser found, as it crosses the sandbox's border and as the host goes on with it.
//!
//! An event is one `u64`, little-endian in memory: bits 0–30 offset (into the chunk, or into the arena), bit 31 arena,
//! bits 32–55 length in bytes, bits 56–63 tag.

use crate::{FieldKind, HashKind};

/// A tag says what an event is; see the constants for the structure tags, [`FieldKind`] and [`HashKind`] for values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tag(pub u8);

impl Tag {
    /// A record: the span is its whole raw row, its fields follow.
    pub const RECORD: Self = Self(0);
    /// A stretch without anybody's data: header, comment, DDL, blank line.
    pub const SKIP: Self = Self(1);
    /// A row that could not be read; a [`Tag::REASON`] must follow.
    pub const REJECT: Self = Self(2);
    /// Why the reject before it: an arena span with a short kebab-case code, never a value from the input.
    pub const REASON: Self = Self(3);
    /// Names a column: an arena span whose first byte is the tag (128–255) and whose rest is the name in UTF-8.
    pub const COLUMN: Self = Self(4);
    /// The first tag a parser names itself.
    pub const EXTRA_MIN: u8 = 128;
}

/// A span of bytes, in the chunk or in the arena.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// Offset in bytes.
    pub offset: u32,
    /// Length in bytes.
    pub len: u32,
    /// Does it lie in the arena, and not in the chunk?
    pub arena: bool,
}

/// One packed event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Event(pub u64);

impl Event {
    /// The greatest offset an event can say.
    pub const OFFSET_MAX: u32 = (1 << 31) - 1;
    /// The greatest length an event can say.
    pub const LEN_MAX: u32 = (1 << 24) - 1;

    /// Packs an event; offset and length must be within their bounds.
    #[inline(always)]
    pub const fn new(tag: u8, offset: u32, len: u32, arena: bool) -> Self {
        debug_assert!(offset <= Self::OFFSET_MAX && len <= Self::LEN_MAX);
        Self(offset as u64 | (arena as u64) << 31 | (len as u64) << 32 | (tag as u64) << 56)
    }

    /// The tag.
    #[inline(always)]
    pub const fn tag(self) -> u8 {
        (self.0 >> 56) as u8
    }

    /// The span.
    #[inline(always)]
    pub const fn span(self) -> Span {
        Span { offset: self.0 as u32 & Self::OFFSET_MAX, len: (self.0 >> 32) as u32 & Self::LEN_MAX, arena: self.0 >> 31 & 1 == 1 }
    }
}

/// What one push gave, checked: the events tile the input.
///
/// The sandbox alone makes these, after its tiling check; whoever holds one may index without fear.
#[derive(Clone, Default, Debug)]
pub struct Batch {
    /// Offset of `input[0]` in the staged member.
    pub base: u64,
    /// The bytes consumed.
    pub input: Vec<u8>,
    /// The events, in input order.
    pub events: Vec<u64>,
    /// The bytes of arena spans.
    pub arena: Vec<u8>,
}

impl Batch {
    /// What the batch holds, in input order. Column names are the caller's to keep across the batches of a chunk.
    pub fn items(&self) -> Items<'_> {
        Items { batch: self, at: 0 }
    }

    /// The bytes of a span.
    #[inline(always)]
    pub fn bytes(&self, span: Span) -> &[u8] {
        let (start, end) = (span.offset as usize, (span.offset + span.len) as usize);
        if span.arena { &self.arena[start..end] } else { &self.input[start..end] }
    }
}

/// A stretch of input and what it became.
#[derive(Clone, Copy, Debug)]
pub enum Item<'a> {
    /// A person's data.
    Record {
        /// The raw row.
        span: Span,
        /// Its values.
        fields: Fields<'a>,
    },
    /// A row that could not be read.
    Reject {
        /// The raw row.
        span: Span,
        /// A short kebab-case code.
        reason: &'a [u8],
    },
    /// No data at all.
    Skip {
        /// The stretch.
        span: Span,
    },
    /// From here on the tag means this column.
    Column {
        /// 128–255.
        tag: u8,
        /// UTF-8.
        name: &'a [u8],
    },
}

/// Iterates over a batch's items.
#[derive(Clone, Debug)]
pub struct Items<'a> {
    batch: &'a Batch,
    at: usize,
}

impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    #[inline]
    fn next(&mut self) -> Option<Item<'a>> {
        let events = self.batch.events.as_slice();
        let event = Event(*events.get(self.at)?);
        self.at += 1;
        let span = event.span();
        Some(match Tag(event.tag()) {
            Tag::RECORD => {
                let start = self.at;
                while self.at < events.len() && Event(events[self.at]).tag() >= FieldKind::Email.tag() {
                    self.at += 1;
                }
                Item::Record { span, fields: Fields { batch: self.batch, events: &events[start..self.at] } }
            }
            Tag::SKIP => Item::Skip { span },
            Tag::COLUMN => {
                let named = self.batch.bytes(span);
                Item::Column { tag: named.first().copied().unwrap_or(Tag::EXTRA_MIN), name: named.get(1..).unwrap_or_default() }
            }
            _ => {
                let reason = match events.get(self.at).map(|event| Event(*event)) {
                    Some(next) if Tag(next.tag()) == Tag::REASON => {
                        self.at += 1;
                        self.batch.bytes(next.span())
                    }
                    _ => b"",
                };
                Item::Reject { span, reason }
            }
        })
    }
}

/// The values of one record; iterate to get [`Field`]s.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    batch: &'a Batch,
    events: &'a [u64],
}

/// One value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Field<'a> {
    /// The event tag: a [`FieldKind`] (16–63), a [`HashKind`] (64–127) or a named column (128–255).
    pub tag: u8,
    /// The raw value, unescaped, as the parser read it.
    pub value: &'a [u8],
}

impl Field<'_> {
    /// The standard kind, if it is one.
    pub const fn kind(&self) -> Option<FieldKind> {
        FieldKind::from_tag(self.tag)
    }

    /// The hash's kind, if the parser told one.
    pub const fn hash_kind(&self) -> Option<HashKind> {
        HashKind::from_tag(self.tag)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    #[inline]
    fn next(&mut self) -> Option<Field<'a>> {
        let (first, rest) = self.events.split_first()?;
        self.events = rest;
        let event = Event(*first);
        Some(Field { tag: event.tag(), value: self.batch.bytes(event.span()) })
    }
}
