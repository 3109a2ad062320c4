//! Markup: cuts XML into tags and texts, for the plugins that read formats made of it.
//!
//! A reader of one push, over two [`Bitmaps`] classes: it knows no tree, keeps nothing, and goes on behind whatever is broken, because dumps
//! are. What a tag may not have in it is a `<`, in attributes neither: so a tag that does not end costs what stands before the next one.
//! Deliberately absent: entities of a DTD, which are never expanded, and whether tags nest, which is for who reads to see.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memchr2, memmem};

use crate::{Bitmaps, Class, text::is_same};

/// Where the tags of a push begin and end; kept, so that its memory is used again.
#[derive(Clone, Default, Debug)]
pub struct Index(Bitmaps<2>);

impl Index {
    /// A reader of these bytes. If they are the last ones, what is incomplete at their end is broken.
    pub fn read<'a, 'm>(&'m mut self, bytes: &'a [u8], last: bool) -> Reader<'a, 'm> {
        self.0.build(bytes, |block| [block.eq(b'<'), block.eq(b'>')]);
        Reader { bytes, open: self.0.class(0), close: self.0.class(1), at: 0, last }
    }
}

/// What is no tag: how it begins and ends. The first is text.
const SECTIONS: [(&[u8], &[u8]); 3] = [(b"<![CDATA[", b"]]>"), (b"<!--", b"-->"), (b"<?", b"?>")];

const DOCUMENT_TYPE: &[u8] = b"<!DOCTYPE";
/// Bytes of a document type: what does not end within them is broken.
const DOCUMENT_TYPE_BYTES_MAX: usize = 2 << 10;

/// What a tag says.
#[derive(Clone, Copy, Debug)]
pub struct Tag<'a> {
    /// With its prefix.
    pub name: &'a [u8],
    /// What stands behind the name; see [`attributes`].
    pub attributes: &'a [u8],
    /// Is its element empty, `<so/>`?
    pub is_empty: bool,
}

/// A piece of markup.
#[derive(Clone, Copy, Debug)]
pub enum Token<'a> {
    /// A tag that opens an element, or is a whole one.
    Open(Tag<'a>),
    /// A tag that closes an element of this name.
    Close(&'a [u8]),
    /// Text, or a CDATA section with what is around it: [`text`] has what they say.
    Text(&'a [u8]),
    /// A comment, a processing instruction, a document type.
    Aside,
    /// Something that does not end, or is no tag.
    Broken,
}

/// Reads one piece after another.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a, 'm> {
    bytes: &'a [u8],
    open: Class<'m>,
    close: Class<'m>,
    at: usize,
    last: bool,
}

impl<'a> Reader<'a, '_> {
    /// Goes on at a place.
    #[inline(always)]
    pub fn seek(&mut self, at: usize) {
        self.at = at;
    }

    /// Where the next piece begins.
    #[inline(always)]
    pub fn at(&self) -> usize {
        self.at
    }

    /// Takes no more than the bytes up to a place, as if they were the last ones.
    pub fn until(mut self, end: usize) -> Self {
        self.bytes = &self.bytes[..end];
        self.last = true;
        self
    }

    /// The next piece and where it is; `None` at the end, or if all of it is not there yet.
    #[inline]
    pub fn next_token(&mut self) -> Option<(Range<usize>, Token<'a>)> {
        let (bytes, at) = (self.bytes, self.at);
        let found = match bytes.get(at..)? {
            [] => return None,
            [b'<', b'/', ..] => {
                let (end, inner) = self.bare(at + 2)?;
                Some((end, inner.map_or(Token::Broken, |name| Token::Close(name.trim_ascii_end()))))
            }
            [b'<', first, ..] if is_name(*first) => {
                let (end, inner) = self.bare(at + 1)?;
                match inner.map(|inner| (tag(inner), inner)) {
                    None => Some((end, Token::Broken)),
                    Some((tag, inner)) if tag.attributes.is_empty() || open_quote(inner).is_none() => Some((end, Token::Open(tag))),
                    Some(_) => self.tag(at + 1).map(|(end, inner)| (end, inner.map_or(Token::Broken, |inner| Token::Open(tag(inner))))),
                }
            }
            [b'<', b'!' | b'?', ..] | [b'<'] => self.odd(at),
            rest => {
                // A `<` that begins nothing is text, as careless tools write it.
                let end = self.open.find(at + usize::from(rest[0] == b'<')).min(bytes.len());
                (end < bytes.len() || self.last).then(|| (end, Token::Text(&bytes[at..end])))
            }
        };
        let (end, token) = found?;
        self.at = end;
        Some((at..end, token))
    }

    /// The inside of a tag without attributes, if it ends before the next `<`, and where; `None` if that is not known yet.
    #[inline(always)]
    fn bare(&self, from: usize) -> Option<(usize, Option<&'a [u8]>)> {
        let limit = self.open.find(from).min(self.bytes.len());
        let end = self.close.find_within(from, limit);
        if end < limit {
            return Some((end + 1, Some(&self.bytes[from..end])));
        }
        (limit < self.bytes.len() || self.last).then_some((limit, None))
    }

    /// Where the text ends that is all there is in the element of this name whose tag was read last; the reader is then behind it.
    #[inline(always)]
    pub fn text_end(&mut self, name: &[u8]) -> Option<usize> {
        let end = self.open.find(self.at);
        let [b'<', b'/', close @ .., b'>'] = self.bytes.get(end..end + name.len() + 3)? else { return None };
        if !is_same(close, name) {
            return None;
        }
        self.at = end + name.len() + 3;
        Some(end)
    }

    /// Leaves out text up to the next tag, if it is there.
    #[inline(always)]
    pub fn skip_text(&mut self) {
        let tag = self.open.find(self.at);
        if tag < self.bytes.len() {
            self.at = tag;
        }
    }

    /// The inside of a tag, if it ends, and where. It ends before the next `<`, so that all tags together are looked through once.
    #[inline(always)]
    fn tag(&self, from: usize) -> Option<(usize, Option<&'a [u8]>)> {
        let limit = self.open.find(from).min(self.bytes.len());
        let mut outside = from;
        loop {
            let end = self.close.find_within(outside, limit);
            let quote = match end < limit {
                true => open_quote(&self.bytes[outside..end]),
                false => return (limit < self.bytes.len() || self.last).then_some((limit, None)),
            };
            let Some(quote) = quote else { return Some((end + 1, Some(&self.bytes[from..end]))) };
            outside = memchr(quote, &self.bytes[end..limit]).map_or(limit, |at| end + at + 1);
        }
    }

    /// Comments, CDATA, instructions, document types.
    #[cold]
    #[inline(never)]
    fn odd(&self, at: usize) -> Option<(usize, Token<'a>)> {
        let rest = &self.bytes[at..];
        if !self.last && SECTIONS.iter().any(|(start, _)| rest.len() < start.len() && start.starts_with(rest)) {
            return None;
        }
        if !self.last
            && rest.len() < DOCUMENT_TYPE.len()
            && DOCUMENT_TYPE.get(..rest.len()).is_some_and(|start| rest.eq_ignore_ascii_case(start))
        {
            return None;
        }
        let section = SECTIONS.iter().find(|(start, _)| rest.starts_with(start));
        let end = match section {
            Some((start, end)) => {
                // What begins again has not ended: one that is not closed costs no more than what stands before the next tag.
                let inner = &rest[start.len()..];
                let again = memmem::find(inner, start);
                match memmem::find(&inner[..again.unwrap_or(inner.len())], end) {
                    Some(found) => Some(at + start.len() + found + end.len()),
                    None if again.is_none() && !self.last => return None,
                    None => None,
                }
            }
            None if !is_document_type(rest) => None,
            None => match document_type(&rest[..rest.len().min(DOCUMENT_TYPE_BYTES_MAX)]) {
                None if rest.len() < DOCUMENT_TYPE_BYTES_MAX && !self.last => return None,
                end => end.map(|end| at + end),
            },
        };
        let Some(end) = end else {
            let from = at + section.map_or(1, |(start, _)| start.len());
            return Some((self.open.find(from).min(self.bytes.len()), Token::Broken));
        };
        let is_text = rest.starts_with(SECTIONS[0].0);
        Some((end, if is_text { Token::Text(&self.bytes[at..end]) } else { Token::Aside }))
    }
}

fn is_document_type(text: &[u8]) -> bool {
    text.get(..DOCUMENT_TYPE.len()).is_some_and(|start| start.eq_ignore_ascii_case(DOCUMENT_TYPE))
}

/// Where a document type ends, which may have a subset of its own in brackets.
fn document_type(text: &[u8]) -> Option<usize> {
    let found = memchr2(b'[', b'>', text)?;
    let end = if text[found] == b'[' { found + memchr(b']', &text[found..])? } else { found };
    Some(end + memchr(b'>', &text[end..])? + 1)
}

#[inline(always)]
fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte == b':' || byte >= 0x80
}

/// A quote that is not closed. With quotes of one kind alone it is enough to know whether their number is odd.
#[inline(always)]
fn open_quote(inner: &[u8]) -> Option<u8> {
    let (is_odd, has_single) =
        inner.iter().fold((0, 0), |(is_odd, has_single), byte| (is_odd ^ u8::from(*byte == b'"'), has_single | u8::from(*byte == b'\'')));
    if has_single == 0 {
        return (is_odd == 1).then_some(b'"');
    }
    inner.iter().fold(None, |open, byte| match open {
        None => matches!(byte, b'"' | b'\'').then_some(*byte),
        Some(quote) => (quote != *byte).then_some(quote),
    })
}

#[inline(always)]
fn tag(inner: &[u8]) -> Tag<'_> {
    let (inner, is_empty) = inner.strip_suffix(b"/").map_or((inner, false), |inner| (inner, true));
    let name = inner.iter().position(u8::is_ascii_whitespace).unwrap_or(inner.len());
    Tag { name: &inner[..name], attributes: &inner[name..], is_empty }
}

/// A name without the prefix of its namespace.
#[inline]
pub fn local(name: &[u8]) -> &[u8] {
    name.iter().position(|byte| *byte == b':').map_or(name, |at| &name[at + 1..])
}

/// The attributes of a tag: names with their prefixes, values as they are written.
pub fn attributes(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let sign = rest.iter().position(|byte| *byte == b'=')?;
        let name = rest[..sign].trim_ascii();
        let value = rest[sign + 1..].trim_ascii_start();
        let (quote, inner) = value.split_first().filter(|(quote, _)| matches!(quote, b'"' | b'\''))?;
        let end = inner.iter().position(|byte| byte == quote)?;
        rest = &inner[end + 1..];
        Some((name, &inner[..end]))
    })
}

/// The value of an attribute of this name, whatever its prefix.
pub fn attribute<'a>(text: &'a [u8], name: &[u8]) -> Option<Cow<'a, [u8]>> {
    attributes(text).find(|(found, _)| local(found) == name).map(|(_, value)| unescape(value))
}

/// What text says: entities undone, CDATA sections taken out, comments and tags within it left out.
#[inline]
pub fn text(raw: &[u8]) -> Cow<'_, [u8]> {
    match memchr2(b'&', b'<', raw) {
        None => raw.into(),
        Some(at) if raw[at] == b'&' && memchr(b'<', &raw[at..]).is_none() => unescape(raw),
        Some(_) => pieces(raw),
    }
}

fn pieces(raw: &[u8]) -> Cow<'_, [u8]> {
    if let Some(inner) = raw.strip_prefix(b"<![CDATA[")
        && memmem::find(inner, b"]]>").is_some_and(|end| end + 3 == inner.len())
    {
        return inner[..inner.len() - 3].into();
    }
    let mut plain = Vec::with_capacity(raw.len());
    let mut index = Index::default();
    let mut reader = index.read(raw, true);
    while let Some((_, token)) = reader.next_token() {
        match token {
            Token::Text(piece) => match piece.strip_prefix(b"<![CDATA[") {
                Some(inner) => plain.extend_from_slice(inner.strip_suffix(b"]]>").unwrap_or(inner)),
                None => plain.extend_from_slice(&unescape(piece)),
            },
            Token::Open(_) | Token::Close(_) | Token::Aside | Token::Broken => {}
        }
    }
    plain.into()
}

/// The longest entity that is undone: `&#x10FFFF;` with zeros before it.
const ENTITY_BYTES_MAX: usize = 16;

/// Undoes `&lt; &gt; &amp; &quot; &apos;` and characters by number; everything else is left as it stands.
pub fn unescape(value: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr(b'&', value) else { return value.into() };
    let mut plain = value[..first].to_vec();
    let mut rest = &value[first..];
    while !rest.is_empty() {
        let end = memchr(b';', &rest[..rest.len().min(ENTITY_BYTES_MAX)]);
        let letter = end.and_then(|end| entity(&rest[1..end]));
        let skipped = match (letter, end) {
            (Some(letter), Some(end)) => {
                plain.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                end + 1
            }
            _ => {
                plain.push(b'&');
                1
            }
        };
        rest = &rest[skipped..];
        let next = memchr(b'&', rest).unwrap_or(rest.len());
        plain.extend_from_slice(&rest[..next]);
        rest = &rest[next..];
    }
    plain.into()
}

fn entity(name: &[u8]) -> Option<char> {
    let number = |digits: &[u8], radix| u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok().and_then(char::from_u32);
    match name {
        b"lt" => Some('<'),
        b"gt" => Some('>'),
        b"amp" => Some('&'),
        b"quot" => Some('"'),
        b"apos" => Some('\''),
        [b'#', b'x' | b'X', digits @ ..] => number(digits, 16),
        [b'#', digits @ ..] => number(digits, 10),
        _ => None,
    }
}
