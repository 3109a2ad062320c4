//! Reads one record: where its element ends, and what is in it.
//!
//! A record that does not end is told by what cannot be within it: another record, or the end of what is around it. Then it costs itself and
//! nothing behind it.

use sluice_plugin::{
    Out,
    entry::Entry,
    text::is_same,
    xml::{Reader, Tag, Token},
};

use crate::leaf::{Leaf, Slots, attribute_values, key_of};

/// Depth to which a record's elements are followed; what is deeper is text to it.
const DEPTH_MAX: usize = 64;

/// Elements within each other for which there is room at once.
const DEPTH_USUAL: usize = 8;

/// How a record ends.
pub enum End {
    /// Here.
    Whole(usize),
    /// Here, but what is in it is broken.
    Broken(usize, &'static str),
    /// It does not: something else begins or ends behind these bytes.
    Torn(usize, &'static str),
    /// Not in the bytes there are.
    Incomplete,
}

impl End {
    /// Where the next thing begins, if that is known.
    pub fn end(&self) -> Option<usize> {
        match self {
            Self::Whole(end) | Self::Broken(end, _) | Self::Torn(end, _) => Some(*end),
            Self::Incomplete => None,
        }
    }
}

/// What may stand around an element and beside it.
pub trait Around {
    /// Is this the name of records beside it, and none of something within it?
    fn is_beside(&self, name: &[u8]) -> bool;
    /// Is this the name of the element around it?
    fn is_around(&self, name: &[u8]) -> bool;
}

/// Takes what a record has.
pub trait Sink<'a> {
    fn leaf(&mut self, leaf: &Leaf<'_, 'a>);
    fn attributes(&mut self, tag: &Tag<'a>);
    /// An element within it has ended.
    fn end(&mut self) {}
}

/// For who wants to know only where it ends.
pub struct Nothing;

impl Sink<'_> for Nothing {
    fn leaf(&mut self, _: &Leaf<'_, '_>) {}
    fn attributes(&mut self, _: &Tag<'_>) {}
}

/// A person, as its values come.
pub struct Person<'s, 'o, 'i, 'a> {
    pub entry: Entry<'a>,
    pub slots: &'s mut Slots,
    pub out: &'o mut Out<'i>,
    /// The key that an element before gave.
    pub pending: Option<&'a [u8]>,
}

impl<'a> Sink<'a> for Person<'_, '_, '_, 'a> {
    #[inline]
    fn leaf(&mut self, leaf: &Leaf<'_, 'a>) {
        let Self { entry, slots, out, pending } = self;
        if pending.is_none() && slots.add_seen(leaf, entry, out) {
            return;
        }
        if pending.is_none() {
            slots.learn(leaf);
        }
        leaf.values(pending, |key, around, value, is_hex| slots.add(key, around, value, is_hex, entry, out));
    }
    fn attributes(&mut self, tag: &Tag<'a>) {
        let Self { entry, slots, out, .. } = self;
        attribute_values(tag, |key, value| slots.add_attribute(key, value, entry, out));
    }
    fn end(&mut self) {
        self.pending = None;
    }
}

/// An element within a record.
struct Inner<'a> {
    tag: Tag<'a>,
    /// Where what is within it begins.
    from: usize,
    is_leaf: bool,
}

/// Reads the record whose tag the reader has just read.
pub fn read<'a>(
    reader: &mut Reader<'a, '_>,
    bytes: &'a [u8],
    tag: Tag<'a>,
    around: &impl Around,
    last: bool,
    sink: &mut impl Sink<'a>,
) -> End {
    let mut open = Vec::with_capacity(DEPTH_USUAL);
    open.push(Inner { tag, from: reader.at(), is_leaf: true });
    if tag.is_empty {
        leave(&mut open, reader.at(), bytes, sink);
        return End::Whole(reader.at());
    }
    let mut fault = None;
    loop {
        // Text is looked at when its element ends, if it was all there is in it.
        reader.skip_text();
        let Some((range, token)) = reader.next_token() else { break };
        match token {
            Token::Text(_) | Token::Aside => {}
            Token::Broken => fault = fault.or(Some("broken-tag")),
            Token::Open(inner) if around.is_beside(inner.name) && is_record(*reader, &inner) => {
                return torn(bytes, range.start, fault);
            }
            Token::Open(inner) => {
                if let Some(outer) = open.last_mut()
                    && std::mem::replace(&mut outer.is_leaf, false)
                {
                    sink.attributes(&outer.tag);
                }
                if open.len() < DEPTH_MAX {
                    open.push(Inner { tag: inner, from: range.end, is_leaf: true });
                    let text = if inner.is_empty { Some(range.end) } else { reader.text_end(inner.name) };
                    if let Some(end) = text {
                        leave(&mut open, end, bytes, sink);
                    }
                }
            }
            Token::Close(name) if open.last().is_some_and(|inner| is_same(inner.tag.name, name)) => {
                leave(&mut open, range.start, bytes, sink);
                if open.is_empty() {
                    return fault.map_or(End::Whole(range.end), |fault| End::Broken(range.end, fault));
                }
            }
            Token::Close(name) if name == tag.name => return End::Broken(range.end, fault.unwrap_or("tags-do-not-match")),
            Token::Close(name) if around.is_around(name) => return torn(bytes, range.start, fault),
            Token::Close(_) if open.len() == DEPTH_MAX => {}
            Token::Close(_) => fault = fault.or(Some("tags-do-not-match")),
        }
    }
    if last { torn(bytes, bytes.len(), fault) } else { End::Incomplete }
}

/// Blanks behind what is torn are no part of it.
fn torn(bytes: &[u8], end: usize, fault: Option<&'static str>) -> End {
    End::Torn(bytes[..end].trim_ascii_end().len(), fault.unwrap_or("record-not-closed"))
}

/// An element that is called like a record but has only text in it is none: `<user><user>ann</user>`.
fn is_record(mut ahead: Reader<'_, '_>, tag: &Tag<'_>) -> bool {
    let is_text = matches!(ahead.next_token(), Some((_, Token::Text(_))));
    !(is_text && matches!(ahead.next_token(), Some((_, Token::Close(name))) if name == tag.name))
}

/// The innermost element has ended.
#[inline]
fn leave<'a>(open: &mut Vec<Inner<'a>>, end: usize, bytes: &'a [u8], sink: &mut impl Sink<'a>) {
    let Some(inner) = open.pop() else { return };
    if !inner.is_leaf {
        return sink.end();
    }
    let around = if open.len() > 1 { open.last().map_or(&b""[..], |outer| key_of(&outer.tag)) } else { b"" };
    let within = if inner.tag.is_empty { b"" } else { &bytes[inner.from..end] };
    if open.is_empty() {
        sink.attributes(&inner.tag);
        if within.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        return sink.leaf(&Leaf { tag: &Tag { attributes: b"", ..inner.tag }, inner: within, around });
    }
    sink.leaf(&Leaf { tag: &inner.tag, inner: within, around });
}
