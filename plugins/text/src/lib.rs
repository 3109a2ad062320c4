//! The last resort: e-mail addresses in any text, by the pragmatic rules of the best-known service, and nothing else.
//!
//! One record an address, whose row is the address; all else is skipped. Precision goes first: a server's log full of `logo@2x.png`,
//! `pkg@1.0.1`, `git@host:…`, logins in URLs and numbers of messages has nobody in it.
//! A list of addresses and nothing else it claims firmly; any other text too, but less than any plugin that claims it for a reason.
//! Deliberately absent: names, passwords, or whatever else stands beside an address: what that is only a format says.
#![forbid(unsafe_code)]

mod address;
mod domain;

use memchr::{memchr, memchr_iter};
use sluice_plugin::{Claim, Descriptor, Framing, Input, Out, Parser, Sample, Start};

/// Lines are looked at as they are up to this; longer ones in parts that end at a blank.
const PART_BYTES: usize = 16 << 10;
/// Lines of the sample that are looked at for a list of nothing but addresses.
const LINES_MAX: usize = 500;
/// What has no blank for so long is cut.
const PART_BYTES_MAX: usize = 20 << 10;

/// The parser: each line stands alone.
pub struct Text;

impl Parser for Text {
    fn describe() -> Descriptor {
        Descriptor {
            name: "text",
            version: env!("CARGO_PKG_VERSION"),
            title: "Any text: the e-mail addresses in it",
            formats: &["text"],
            framing: Framing::Lines,
            ..Descriptor::TEXT
        }
    }

    fn probe(sample: &Sample<'_>) -> Option<Claim> {
        let is_odd = |byte: &&u8| **byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b);
        let odd = sample.head.iter().filter(is_odd).count();
        if sample.head.is_empty() || odd * 20 > sample.head.len() {
            return None;
        }
        let (lists, lines) = sample
            .lines()
            .filter(|line| !line.trim_ascii().is_empty())
            .take(LINES_MAX)
            .fold((0, 0), |(lists, lines), line| (lists + usize::from(is_address(line)), lines + 1));
        if lists * 10 >= lines * 9 && lists > 0 {
            return Some(Claim::new(70, format!("{lists} of {lines} lines are an e-mail address and nothing else")));
        }
        let addresses: usize = [sample.head, sample.tail].into_iter().map(count).sum();
        Some(match addresses {
            0 => Claim::new(12, "it is text, without an e-mail address in its sample"),
            _ => Claim::new(20, format!("it is text, with {addresses} e-mail addresses in its sample")),
        })
    }

    fn open(_: &Start<'_>) -> Result<Self, String> {
        Ok(Self)
    }

    fn push(&mut self, input: &mut Input<'_>, out: &mut Out<'_>) -> Result<(), String> {
        let bytes = input.bytes();
        let mut at = input.consumed();
        while let Some(end) = part_end(bytes, at, input.is_last()) {
            read(&bytes[at..end], out);
            at = end;
        }
        input.consume_to(at);
        Ok(())
    }
}

/// Is there an address in the line, perhaps in quotes or brackets, and nothing else?
fn is_address(line: &[u8]) -> bool {
    let at = memchr(b'@', line).filter(|at| *at <= 320 && line.len() <= 1024);
    let found = at.and_then(|at| address::around(line, at));
    let is_dress = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'<' | b'>' | b',' | b';');
    found.is_some_and(|found| line[..found.start].iter().chain(&line[found.end..]).all(is_dress))
}

/// Where the part ends that begins at `at`, if all of it is there. Where parts end the line alone says, and not the push.
fn part_end(bytes: &[u8], at: usize, last: bool) -> Option<usize> {
    let rest = &bytes[at..];
    let part = &rest[..rest.len().min(PART_BYTES_MAX)];
    let end = match memchr(b'\n', &part[..part.len().min(PART_BYTES)]) {
        Some(end) => Some(end + 1),
        None if part.len() > PART_BYTES => {
            let blank = part[PART_BYTES..].iter().position(u8::is_ascii_whitespace).map(|len| PART_BYTES + len + 1);
            blank.or((part.len() == PART_BYTES_MAX).then_some(PART_BYTES_MAX))
        }
        None => None,
    };
    end.or((last && !rest.is_empty()).then_some(rest.len())).map(|len| at + len)
}

/// Tells the addresses of a part; one that is said again right behind itself, as links do, is said once.
fn read(part: &[u8], out: &mut Out<'_>) {
    let (mut told, mut before) = (0, &b""[..]);
    for at in memchr_iter(b'@', part) {
        let Some(address) = address::around(part, at).filter(|address| address.start >= told) else { continue };
        let value = &part[address.clone()];
        if value.eq_ignore_ascii_case(before) {
            continue;
        }
        out.skip(&part[told..address.start]);
        out.record(value).email(value).end();
        (told, before) = (address.end, value);
    }
    out.skip(&part[told..]);
}

fn count(text: &[u8]) -> usize {
    let mut found = 0;
    for line in text.split(|byte| *byte == b'\n') {
        let line = &line[..line.len().min(PART_BYTES)];
        found += memchr_iter(b'@', line).filter(|at| address::around(line, *at).is_some()).count();
    }
    found
}

sluice_plugin::export!(Text);
