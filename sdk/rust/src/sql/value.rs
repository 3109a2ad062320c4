//! What is no usual value: strings with escapes or a prefix, hexadecimal, casts, concatenations, functions that stand for a string.
//!
//! Values come as text; bytes that are no text come as upper-case hexadecimal digits. An expression that says nothing of a person is an
//! empty value: only its end matters.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use super::{
    Dialect, date,
    escape::{as_text, hexadecimal, is_text, plain, unescape, unescape_e, unistr},
};

/// How deep expressions may stand in one another.
const DEPTH_MAX: usize = 16;
/// How many parts an expression may have, which bounds the work in a hostile one.
const PARTS_MAX: usize = 1 << 16;

/// What stands where a value is expected.
pub(super) enum Odd<'i> {
    /// Its value, if it says one, and the offset after it.
    End(Cow<'i, [u8]>, usize),
    /// More input is needed.
    Incomplete,
    /// It is none.
    Broken,
}

/// Why there is no value.
enum Trouble {
    Incomplete,
    /// It is no expression whose value can be told.
    Untold,
}

type Told<'i> = Result<Cow<'i, [u8]>, Trouble>;

/// Reads the expression at `start`, behind which a comma or parenthesis stands.
#[cold]
#[inline(never)]
pub(super) fn odd_value<'i>(bytes: &'i [u8], start: usize, dialect: &Dialect) -> Odd<'i> {
    let mut reader = Expression { bytes, at: start, parts: 0, dialect };
    match reader.sum(0) {
        Ok(value) => match reader.peek() {
            Ok(b',' | b')') => Odd::End(value, reader.at),
            Ok(_) => expression_end(bytes, start, dialect),
            Err(_) => Odd::Incomplete,
        },
        Err(Trouble::Incomplete) => Odd::Incomplete,
        Err(Trouble::Untold) => expression_end(bytes, start, dialect),
    }
}

struct Expression<'i, 'd> {
    bytes: &'i [u8],
    at: usize,
    parts: usize,
    dialect: &'d Dialect,
}

impl<'i> Expression<'i, '_> {
    /// The next byte that is no blank.
    fn peek(&mut self) -> Result<u8, Trouble> {
        self.at += self.bytes[self.at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.bytes.get(self.at).copied().ok_or(Trouble::Incomplete)
    }

    fn sign(&mut self, sign: u8) -> Result<bool, Trouble> {
        let is = self.peek()? == sign;
        self.at += usize::from(is);
        Ok(is)
    }

    fn word(&mut self) -> Result<&'i [u8], Trouble> {
        self.peek()?;
        let rest = &self.bytes[self.at..];
        let len = rest.iter().take_while(|byte| is_word(**byte)).count();
        self.at += len;
        if self.at == self.bytes.len() { Err(Trouble::Incomplete) } else { Ok(&rest[..len]) }
    }

    /// Parts joined by `||` or `+`, and what may stand behind a value: a cast, a collation.
    fn sum(&mut self, depth: usize) -> Told<'i> {
        let mut sum = self.term(depth)?;
        loop {
            self.parts += 1;
            if self.parts > PARTS_MAX {
                return Err(Trouble::Untold);
            }
            match self.peek()? {
                b'|' if self.ahead(1)? == b'|' => self.at += 2,
                b'+' if self.dialect.transact => self.at += 1,
                b':' if self.ahead(1)? == b':' => {
                    self.at += 2;
                    self.type_name()?;
                    continue;
                }
                b'c' | b'C' if self.bytes[self.at..].get(..8).is_some_and(|word| word.eq_ignore_ascii_case(b"collate ")) => {
                    self.at += 8;
                    if matches!(self.peek()?, b'"') {
                        let end = quoted_end(self.bytes, self.at, b'"', false).ok_or(Trouble::Incomplete)?;
                        self.at = end;
                    } else {
                        self.word()?;
                    }
                    continue;
                }
                _ => return Ok(sum),
            }
            let next = self.term(depth)?;
            sum.to_mut().extend_from_slice(&next);
        }
    }

    fn ahead(&self, bytes: usize) -> Result<u8, Trouble> {
        self.bytes.get(self.at + bytes).copied().ok_or(Trouble::Incomplete)
    }

    fn term(&mut self, depth: usize) -> Told<'i> {
        if depth > DEPTH_MAX {
            return Err(Trouble::Untold);
        }
        match self.peek()? {
            b'\'' => self.string(self.dialect.backslash_escapes),
            b'"' if self.dialect.double_quoted_strings => self.string(self.dialect.backslash_escapes),
            b'(' => {
                self.at += 1;
                let value = self.sum(depth + 1)?;
                if self.sign(b')')? { Ok(value) } else { Err(Trouble::Untold) }
            }
            b'$' if self.dialect.postgres => {
                let (end, tag) = dollar_quoted_end(&self.bytes[self.at..]).ok_or(Trouble::Incomplete)?;
                let from = self.at + tag;
                self.at += end;
                Ok(Cow::Borrowed(&self.bytes[from..self.at - tag]))
            }
            b'-' | b'.' => {
                let start = self.at;
                self.at += 1;
                self.word()?;
                Ok(Cow::Borrowed(&self.bytes[start..self.at]))
            }
            first if is_word(first) => self.named(depth),
            _ => Err(Trouble::Untold),
        }
    }

    /// What begins with a word: a number, a prefixed string, a function, a constant.
    fn named(&mut self, depth: usize) -> Told<'i> {
        let start = self.at;
        let word = self.word()?;
        if word[0].is_ascii_digit() {
            return self.number(start, word);
        }
        if self.bytes[self.at] == b'\'' || word[0] == b'_' && matches!(self.peek()?, b'\'' | b'"') {
            return self.prefixed(word);
        }
        match self.peek()? {
            b'0' | b'x' | b'X' if word[0] == b'_' => self.term(depth + 1),
            b'(' => {
                self.at += 1;
                self.function(word, depth + 1)
            }
            b'\'' => {
                // `DATE '2020-01-01'`, `TIMESTAMP '…'`, `INTERVAL '…'`.
                self.string(self.dialect.backslash_escapes)
            }
            b'[' if word.eq_ignore_ascii_case(b"array") => Err(Trouble::Untold),
            _ if [&b"null"[..], b"default"].iter().any(|none| word.eq_ignore_ascii_case(none)) => Ok(Cow::Borrowed(b"")),
            _ if [&b"true"[..], b"false"].iter().any(|known| word.eq_ignore_ascii_case(known)) => Ok(Cow::Borrowed(word)),
            // A routine's variable, another column.
            _ => Err(Trouble::Untold),
        }
    }

    fn number(&mut self, start: usize, word: &'i [u8]) -> Told<'i> {
        if let [b'0', b'x' | b'X', digits @ ..] = word {
            // A hash of SQL Server's own is known by its whole literal: a version, a salt and one or two digests.
            let is_own =
                digits.starts_with(b"0100") && matches!(digits.len(), 52 | 92) || digits.starts_with(b"0200") && digits.len() == 140;
            return Ok(if self.dialect.transact && is_own { Cow::Borrowed(word) } else { hexadecimal(digits) });
        }
        // The fraction, and the exponent's sign.
        while matches!(self.ahead(0)?, b'.' | b'+' | b'-') && (self.ahead(0)? == b'.' || self.bytes[self.at - 1] | 0x20 == b'e') {
            self.at += 1;
            self.word()?;
        }
        Ok(Cow::Borrowed(&self.bytes[start..self.at]))
    }

    /// `N'…'`, `E'…'`, `X'…'`, `_utf8mb4'…'`, `q'[…]'`: the quote is the next byte.
    fn prefixed(&mut self, prefix: &[u8]) -> Told<'i> {
        let is = |word: &[u8]| prefix.eq_ignore_ascii_case(word);
        if is(b"x") {
            let from = self.at + 1;
            let end = quoted_end(self.bytes, self.at, b'\'', false).ok_or(Trouble::Incomplete)?;
            self.at = end;
            return Ok(hexadecimal(&self.bytes[from..end - 1]));
        }
        if self.dialect.alternative_quotes && (is(b"q") || is(b"nq")) {
            let open = self.ahead(1)?;
            let close = match open {
                b'[' => b']',
                b'{' => b'}',
                b'(' => b')',
                b'<' => b'>',
                other => other,
            };
            let from = self.at + 2;
            let end = memchr::memmem::find(&self.bytes[from..], &[close, b'\'']).ok_or(Trouble::Incomplete)?;
            self.at = from + end + 2;
            return Ok(Cow::Borrowed(&self.bytes[from..from + end]));
        }
        if is(b"e") && !self.dialect.backslash_escapes {
            let from = self.at + 1;
            let end = quoted_end(self.bytes, self.at, b'\'', true).ok_or(Trouble::Incomplete)?;
            self.at = end;
            return Ok(Cow::Owned(as_text(unescape_e(&self.bytes[from..end - 1]))));
        }
        if is(b"n") || is(b"b") || prefix[0] == b'_' {
            return self.string(self.dialect.backslash_escapes);
        }
        Err(Trouble::Untold)
    }

    fn string(&mut self, escapes: bool) -> Told<'i> {
        let quote = self.bytes[self.at];
        let from = self.at + 1;
        let end = quoted_end(self.bytes, self.at, quote, escapes).ok_or(Trouble::Incomplete)?;
        self.at = end;
        let inner = &self.bytes[from..end - 1];
        Ok(match escapes {
            true if memchr2(quote, b'\\', inner).is_none() && is_text(inner) => Cow::Borrowed(inner),
            true => Cow::Owned(as_text(unescape(inner, quote))),
            false => plain(inner, self.dialect, self.dialect.postgres),
        })
    }

    /// `double precision`, `character varying(10)`, `"schema"."type"[]`.
    fn type_name(&mut self) -> Result<(), Trouble> {
        loop {
            match self.peek()? {
                b'"' => self.at = quoted_end(self.bytes, self.at, b'"', false).ok_or(Trouble::Incomplete)?,
                b'(' | b'[' => self.skip_group()?,
                b'.' => self.at += 1,
                byte if is_word(byte) => {
                    self.word()?;
                }
                _ => return Ok(()),
            }
        }
    }

    /// Over what stands in brackets.
    fn skip_group(&mut self) -> Result<(), Trouble> {
        let mut depth = 0usize;
        loop {
            match self.peek()? {
                b'(' | b'[' => depth += 1,
                b')' | b']' if depth == 1 => {
                    self.at += 1;
                    return Ok(());
                }
                b')' | b']' => depth -= 1,
                quote @ (b'\'' | b'"') => {
                    self.at = quoted_end(self.bytes, self.at, quote, self.dialect.backslash_escapes).ok_or(Trouble::Incomplete)?;
                    continue;
                }
                b';' => return Err(Trouble::Untold),
                _ => {}
            }
            self.at += 1;
        }
    }

    /// A function whose parenthesis was read: what it stands for, if that is one of its arguments or a letter.
    fn function(&mut self, name: &[u8], depth: usize) -> Told<'i> {
        let is = |names: &[&str]| names.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()));
        if self.sign(b')')? {
            return if is(&["empty_clob", "empty_blob", "now", "sysdate", "getdate", "current_timestamp", "uuid", "newid"]) {
                Ok(Cow::Borrowed(b""))
            } else {
                Err(Trouble::Untold)
            };
        }
        if is(&["convert"]) && !self.dialect.backslash_escapes {
            // CONVERT(type, value [, style])
            self.type_name()?;
            if !self.sign(b',')? {
                return Err(Trouble::Untold);
            }
        }
        self.peek()?;
        let start = self.at;
        let first = self.sum(depth)?;
        if is(&["cast", "convert", "try_cast"]) {
            let (literal, behind) = (&self.bytes[start..self.at], self.at);
            // `AS type`, `USING charset`.
            self.skip_to_closing()?;
            let kind = self.bytes[behind..self.at].trim_ascii_start().split(|byte| !is_word(*byte)).nth(1).unwrap_or_default();
            let moment = literal.trim_ascii_end().strip_prefix(b"0x").filter(|_| self.dialect.transact);
            return Ok(moment.and_then(|digits| date::of_bytes(digits, kind)).map_or(first, Cow::Owned));
        }
        let mut rest = Vec::new();
        while self.sign(b',')? {
            rest.push(self.sum(depth)?);
        }
        if !self.sign(b')')? {
            return Err(Trouble::Untold);
        }
        if is(&["chr", "char", "nchar", "nchr", "ascii_char"]) {
            let mut text = Vec::new();
            for number in std::iter::once(&first).chain(&rest) {
                letter(number, &mut text).ok_or(Trouble::Untold)?;
            }
            return Ok(Cow::Owned(text));
        }
        if is(&["concat"]) {
            let mut sum = first;
            rest.iter().for_each(|part| sum.to_mut().extend_from_slice(part));
            return Ok(sum);
        }
        if is(&["replace"]) {
            return match rest.as_slice() {
                [from, to] => replaced(&first, from, to).map(Cow::Owned).ok_or(Trouble::Untold),
                _ => Err(Trouble::Untold),
            };
        }
        if is(&["hextoraw", "unhex", "from_hex"]) {
            return Ok(Cow::Owned(hexadecimal(&first).into_owned()));
        }
        if is(&["unistr"]) {
            return Ok(Cow::Owned(unistr(&first)));
        }
        if is(&["to_date", "to_timestamp", "to_timestamp_tz"]) {
            let moment = rest.first().and_then(|mask| date::of_mask(first.trim_ascii(), mask));
            return Ok(moment.map_or(first, Cow::Owned));
        }
        let same = [
            "to_clob",
            "to_nclob",
            "to_char",
            "to_nchar",
            "to_number",
            "to_dsinterval",
            "str_to_date",
            "date",
            "datetime",
            "timestamp",
            "from_unixtime",
            "inet_aton",
            "trim",
            "lower",
            "upper",
            "json",
            "xmltype",
            "quote",
        ];
        if is(&same) { Ok(first) } else { Err(Trouble::Untold) }
    }

    /// Behind the parenthesis that closes what is open.
    fn skip_to_closing(&mut self) -> Result<(), Trouble> {
        loop {
            match self.peek()? {
                b')' => {
                    self.at += 1;
                    return Ok(());
                }
                b'(' | b'[' => self.skip_group()?,
                b'\'' | b';' => return Err(Trouble::Untold),
                _ => self.at += 1,
            }
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// The letter of a number, in UTF-8.
fn letter(number: &[u8], text: &mut Vec<u8>) -> Option<()> {
    let number: u32 = std::str::from_utf8(number).ok()?.trim().parse().ok()?;
    text.extend_from_slice(char::from_u32(number)?.encode_utf8(&mut [0; 4]).as_bytes());
    Some(())
}

/// `None` if there is nothing to look for, or the result would be more than eight times as long.
fn replaced(text: &[u8], from: &[u8], to: &[u8]) -> Option<Vec<u8>> {
    if from.is_empty() || to.len() > from.len() * 8 {
        return None;
    }
    let mut result = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memmem::find(rest, from) {
        result.extend_from_slice(&rest[..at]);
        result.extend_from_slice(to);
        rest = &rest[at + from.len()..];
    }
    result.extend_from_slice(rest);
    Some(result)
}

/// The offset after a string or name whose quote opens at `start`.
pub(super) fn quoted_end(bytes: &[u8], start: usize, close: u8, backslash_escapes: bool) -> Option<usize> {
    let mut at = start + 1;
    loop {
        let rest = bytes.get(at..)?;
        at += if backslash_escapes { memchr2(close, b'\\', rest)? } else { memchr(close, rest)? };
        let next = *bytes.get(at + 1)?;
        if bytes[at] == close && next != close {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// Of `$tag$…$tag$`: its length, and that of its tag; `None` if it has no end.
pub(super) fn dollar_quoted_end(text: &[u8]) -> Option<(usize, usize)> {
    let tag = text.iter().skip(1).take_while(|byte| is_word(**byte)).count() + 2;
    let opening = text.get(..tag).filter(|tag| tag.ends_with(b"$"))?;
    let end = memchr::memmem::find(&text[tag..], opening)?;
    Some((tag + end + tag, tag))
}

/// An expression says nothing of a person; only its end matters.
fn expression_end<'i>(bytes: &[u8], start: usize, dialect: &Dialect) -> Odd<'i> {
    let (mut at, mut depth) = (start, 0usize);
    loop {
        match bytes.get(at) {
            None => return Odd::Incomplete,
            Some(quote @ (b'\'' | b'"')) => match quoted_end(bytes, at, *quote, dialect.backslash_escapes) {
                Some(end) => {
                    at = end;
                    continue;
                }
                None => return Odd::Incomplete,
            },
            Some(b'(' | b'[') => depth += 1,
            Some(b')' | b',') if depth == 0 => return Odd::End(Cow::Borrowed(b""), at),
            Some(b')' | b']') => depth = depth.saturating_sub(1),
            Some(b'\n' | b';') => return Odd::Broken,
            Some(_) => {}
        }
        at += 1;
    }
}
