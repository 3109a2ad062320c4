//! What sheets refer to: the texts that cells share, how styles write numbers, and from when days are counted.

use std::collections::HashMap;

use sluice_plugin::xml::{Reader, Tag, Token, attribute, local, text};

use crate::number::Format;

/// Bytes of shared texts that are kept, and how many: an instance has 64 MiB. What is more is unknown to the rows that refer to it.
const TEXT_BYTES_MAX: usize = 36 << 20;
const TEXTS_MAX: usize = 1_500_000;
/// Texts are kept in pages, so that none is ever copied to a larger place.
const PAGE_BYTES: usize = 1 << 20;
/// Bytes of one text: a cell has 32,767 characters at most.
const ONE_TEXT_BYTES_MAX: usize = 128 << 10;
const FORMATS_MAX: usize = 1 << 16;

/// A workbook's tables.
#[derive(Default)]
pub struct Book {
    pages: Vec<Vec<u8>>,
    /// Where each text is: its page in the upper bits, its place there in the lower twenty; and its length.
    texts: Vec<(u32, u32)>,
    formats: HashMap<u32, Format>,
    styles: Vec<Format>,
    /// Are we among the styles of cells?
    in_styles: bool,
    pub is_1904: bool,
}

impl Book {
    /// A tag outside of sheets.
    pub fn open(&mut self, tag: &Tag<'_>) {
        let number = |name: &[u8]| attribute(tag.attributes, name).and_then(|value| std::str::from_utf8(&value).ok()?.trim().parse().ok());
        match local(tag.name) {
            b"workbook" => *self = Self::default(),
            b"workbookPr" => {
                self.is_1904 = attribute(tag.attributes, b"date1904").is_some_and(|value| matches!(value.as_ref(), b"1" | b"true"))
            }
            b"numFmt" if self.formats.len() < FORMATS_MAX => {
                if let (Some(id), Some(code)) = (number(b"numFmtId"), attribute(tag.attributes, b"formatCode")) {
                    self.formats.insert(id, Format::of(&code));
                }
            }
            b"cellXfs" => self.in_styles = !tag.is_empty,
            b"xf" if self.in_styles && self.styles.len() < FORMATS_MAX => {
                let id = number(b"numFmtId").unwrap_or(0);
                self.styles.push(self.formats.get(&id).copied().unwrap_or(Format::built_in(id)));
            }
            _ => {}
        }
    }

    pub fn close(&mut self, name: &[u8]) {
        self.in_styles &= local(name) != b"cellXfs";
    }

    /// How numbers of a style are written.
    pub fn format(&self, style: usize) -> Format {
        self.styles.get(style).copied().unwrap_or_default()
    }

    /// Adds a shared text.
    pub fn add(&mut self, text: &[u8]) {
        let text = &text[..text.len().min(ONE_TEXT_BYTES_MAX)];
        let is_full = |pages: &[Vec<u8>]| pages.last().is_none_or(|page| page.len() + text.len() > PAGE_BYTES);
        if self.texts.len() >= TEXTS_MAX || is_full(&self.pages) && self.pages.len() >= TEXT_BYTES_MAX / PAGE_BYTES {
            return;
        }
        if is_full(&self.pages) {
            self.pages.push(Vec::new());
        }
        let page = self.pages.len() - 1;
        if let Some(last) = self.pages.last_mut() {
            self.texts.push(((page << 20 | last.len()) as u32, text.len() as u32));
            last.extend_from_slice(text);
        }
    }

    /// A shared text.
    pub fn text(&self, at: usize) -> Option<&[u8]> {
        let (place, len) = *self.texts.get(at)?;
        let (page, from) = ((place >> 20) as usize, (place & 0xf_ffff) as usize);
        self.pages.get(page)?.get(from..from + len as usize)
    }
}

/// Reads a text with its runs up to the end of its element; `None` if that is not there. What is said about how it sounds is left out.
pub fn rich_text<'a>(reader: &mut Reader<'a, '_>, bytes: &'a [u8], end: &[u8]) -> Option<Vec<u8>> {
    let (mut plain, mut from, mut sounds) = (Vec::new(), None, false);
    loop {
        let (range, token) = reader.next_token()?;
        match token {
            Token::Open(tag) => match local(tag.name) {
                b"rPh" => sounds = !tag.is_empty,
                b"t" if !sounds && !tag.is_empty => match reader.text_end(tag.name) {
                    Some(end) => plain.extend_from_slice(&unescaped(&text(&bytes[range.end..end]))),
                    None => from = Some(range.end),
                },
                _ => {}
            },
            Token::Close(name) if name == end => return Some(plain),
            Token::Close(name) => match local(name) {
                b"rPh" => sounds = false,
                b"t" => {
                    if let Some(from) = from.take() {
                        plain.extend_from_slice(&unescaped(&text(&bytes[from..range.start])));
                    }
                }
                _ => {}
            },
            Token::Text(_) | Token::Aside | Token::Broken => {}
        }
    }
}

/// Undoes `_x000D_`, as characters that XML cannot have are written.
pub fn unescaped(text: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    if !memchr::memchr_iter(b'_', text).any(|at| text.get(at + 1) == Some(&b'x')) {
        return text.into();
    }
    let (mut plain, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some(byte) = rest.first() {
        let code = match rest {
            [b'_', b'x', a, b, c, d, b'_', ..] => {
                std::str::from_utf8(&[*a, *b, *c, *d]).ok().and_then(|hex| u32::from_str_radix(hex, 16).ok())
            }
            _ => None,
        };
        match code.and_then(char::from_u32) {
            Some(letter) => {
                plain.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                rest = &rest[7..];
            }
            None => {
                plain.push(*byte);
                rest = &rest[1..];
            }
        }
    }
    plain.into()
}
