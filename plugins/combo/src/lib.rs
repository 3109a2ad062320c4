//! Combo lists (`login:password`, either way round) and ULP lists (URL, login, password).
//!
//! Every line stands alone, so dialects may change from line to line. What most lines are (an e-mail, a separator, a
//! password with nothing odd in it) goes a short way over class bitmaps; all others are read carefully in `line` and `ulp`.
//! Deliberately absent: headers and quoting, which are the csv plugin's.

mod line;
mod probe;
mod ulp;

use sluice_plugin::*;

/// The parser: the bitmaps' memory and the columns that captures have named.
#[derive(Debug, Default)]
pub struct Combo {
    bitmaps: Bitmaps<5>,
    columns: line::Columns,
}

const SEPARATOR: usize = 0;
const AT: usize = 1;
const DOT: usize = 2;
const LINE_END: usize = 3;
/// What sends a line the careful way: capture, path or URL, binary.
const ODD: usize = 4;

impl Parser for Combo {
    fn describe() -> Descriptor {
        Descriptor {
            name: "combo",
            version: "0.1.0",
            title: "Combo and URL:login:password lists",
            formats: &["email:password", "user:password", "password:email", "url:login:password"],
            framing: Framing::Lines,
            ..Descriptor::TEXT
        }
    }

    fn probe(sample: &Sample<'_>) -> Option<Claim> {
        probe::probe(sample)
    }

    fn open(_: &Start<'_>) -> Result<Self, String> {
        Ok(Self::default())
    }

    fn push(&mut self, input: &mut Input<'_>, out: &mut Out<'_>) -> Result<(), String> {
        let bytes = input.bytes();
        let separator = |block: Block| {
            block.eq(b':') | block.eq(b';') | block.eq(b'|') | block.eq(b',') | block.eq(b'\t') | block.eq(b' ') | block.eq(b'\n')
        };
        let odd = |block: Block| block.eq(b'|') | block.eq(b'/') | block.eq(0);
        self.bitmaps.build(bytes, |block| [separator(block), block.eq(b'@'), block.eq(b'.'), block.eq(b'\n'), odd(block)]);
        let mut start = 0;
        while start < bytes.len() {
            let end = self.bitmaps.find(LINE_END, start);
            if end == bytes.len() && !input.is_last() {
                break;
            }
            let next = (end + 1).min(bytes.len());
            let text_end = if end > start && bytes[end - 1] == b'\r' { end - 1 } else { end };
            let row = &bytes[start..next];
            match self.common(bytes, start, text_end) {
                Some((separator, tag)) => {
                    out.record(row).email(&bytes[start..separator]).tagged(tag, &bytes[separator + 1..text_end]).end();
                }
                None => line::read(&mut self.columns, row, &bytes[start..text_end], out),
            }
            start = next;
        }
        input.consume_to(start);
        Ok(())
    }
}

impl Combo {
    /// Where the separator of a line `email:password` without anything odd is, and the password's tag.
    #[inline(always)]
    fn common(&self, bytes: &[u8], start: usize, end: usize) -> Option<(usize, u8)> {
        let bitmaps = &self.bitmaps;
        let separator = bitmaps.find_within(SEPARATOR, start, end);
        let at = bitmaps.find_within(AT, start, end);
        if separator + 1 >= end || at <= start || at >= separator || end - start > line::LINE_BYTES_MAX {
            return None;
        }
        let dot = bitmaps.find_within(DOT, at + 1, separator);
        let is_separator = matches!(bytes[separator + 1], b':' | b';' | b'|' | b',' | b'\t' | b' ');
        let ends_well = bytes[separator - 1].is_ascii_alphabetic() && bytes[separator - 2].is_ascii_alphabetic();
        let second_at = bitmaps.find_within(AT, at + 1, separator) < separator;
        let begins_well = bytes[start].is_ascii_alphanumeric();
        let odd = bitmaps.find_within(ODD, start, end) < end;
        if dot <= at + 1 || dot >= separator || is_separator || !ends_well || second_at || !begins_well || odd {
            return None;
        }
        let password = &bytes[separator + 1..end];
        let secret = identify(password, None);
        // A long one may be a hash and its salt.
        if secret == Secret::Plain && password.len() > 32 { None } else { Some((separator, secret.tag())) }
    }
}

sluice_plugin::export!(Combo);
