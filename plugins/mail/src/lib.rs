//! Mail: mbox files and single messages (EML, Maildir): who wrote to whom.
//!
//! An address in From, Sender, Reply-To, To, Cc, Bcc or their Resent- kin is a record with the name beside it: one an address and message,
//! however often it stands there. Its raw row is that mention. Everything else of a message is nobody's.
//! Deliberately absent: bodies and attachments, for the addresses in them are signatures, lists and what others wrote; addresses of machines
//! (Message-ID, Received, Return-Path, lists); messages within messages.
#![forbid(unsafe_code)]

mod address;
mod line;

use std::collections::HashSet;

use memchr::memchr;
use sluice_plugin::{Claim, Column, Cuts, Descriptor, Framing, Input, Out, Parser, Sample, Start};

use crate::{
    address::Mention,
    line::{first_line, header_name, is_separator, is_separator_before},
};

/// Addresses of one message that are remembered.
const ADDRESSES_MAX: usize = 10_000;
/// Lines that are no headers, after which the headers are over.
const BROKEN_LINES_MAX: u32 = 2;

/// Where in a message we are.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// Before it.
    #[default]
    Start,
    Headers,
    /// In its body; is the last line a blank one?
    Body {
        after_blank: bool,
    },
}

/// The parser.
#[derive(Default)]
pub struct Mail {
    state: State,
    /// Lines of this message's headers that were none.
    broken: u32,
    /// Addresses of this message.
    known: HashSet<Vec<u8>>,
    /// The column that says in which header an address stands.
    column: Option<Column>,
}

impl Parser for Mail {
    fn describe() -> Descriptor {
        Descriptor {
            name: "mail",
            version: env!("CARGO_PKG_VERSION"),
            title: "Mail: mbox files and single messages",
            formats: &["mbox", "EML", "Maildir"],
            framing: Framing::Marks,
            ..Descriptor::TEXT
        }
    }

    fn probe(sample: &Sample<'_>) -> Option<Claim> {
        claim(sample)
    }

    fn open(_: &Start<'_>) -> Result<Self, String> {
        Ok(Self::default())
    }

    fn push(&mut self, input: &mut Input<'_>, out: &mut Out<'_>) -> Result<(), String> {
        if self.column.is_none() {
            self.column = out.column(b"header");
        }
        while let Some(stretch) = self.next(input.rest(), input.is_last()) {
            let rows = &input.rest()[..stretch.bytes];
            input.consume_to(input.consumed() + stretch.bytes);
            match stretch.kind {
                Kind::Addresses { name } => self.addresses(rows, name, out),
                Kind::Nobody => out.skip(rows),
                Kind::Broken => out.reject(rows, "no-header"),
            }
        }
        Ok(())
    }

    fn scan(&mut self, input: &mut Input<'_>, cuts: &mut Cuts<'_>) -> Result<(), String> {
        loop {
            let before = self.state;
            let Some(stretch) = self.next(input.rest(), input.is_last()) else { return Ok(()) };
            let is_next = matches!(before, State::Body { .. }) && self.state == State::Headers;
            if is_next {
                cuts.cut(input.offset(), b"");
            }
            input.consume_to(input.consumed() + stretch.bytes);
        }
    }
}

/// What the next bytes are.
struct Stretch {
    bytes: usize,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    /// A header with addresses; its name has so many bytes.
    Addresses {
        name: usize,
    },
    Nobody,
    Broken,
}

impl Mail {
    /// What a text begins with, if all of it is there; the state is then that behind it.
    fn next(&mut self, text: &[u8], last: bool) -> Option<Stretch> {
        let line = first_line(text, last)?;
        let nobody = Stretch { bytes: line.raw.len(), kind: Kind::Nobody };
        let is_blank = line.text.trim_ascii().is_empty();
        match self.state {
            State::Start if is_blank => Some(nobody),
            State::Start => {
                self.begin();
                if is_separator(line.text) { Some(nobody) } else { self.header(text, last) }
            }
            State::Headers if is_blank => {
                self.state = State::Body { after_blank: true };
                Some(nobody)
            }
            State::Headers => self.header(text, last),
            State::Body { after_blank: true } if is_separator(line.text) => {
                match is_separator_before(&text[line.raw.len()..], last)? {
                    true => self.begin(),
                    false => self.state = State::Body { after_blank: false },
                }
                Some(nobody)
            }
            State::Body { .. } => {
                self.state = State::Body { after_blank: is_blank };
                Some(nobody)
            }
        }
    }

    /// A message begins.
    fn begin(&mut self) {
        self.state = State::Headers;
        self.broken = 0;
        self.known.clear();
    }

    /// A header with the lines that go on with it.
    fn header(&mut self, text: &[u8], last: bool) -> Option<Stretch> {
        let mut bytes = 0;
        loop {
            match first_line(&text[bytes..], last) {
                Some(line) if bytes == 0 || matches!(line.text, [b' ' | b'\t', ..]) && !line.text.trim_ascii().is_empty() => {
                    bytes += line.raw.len()
                }
                None if bytes == text.len() && last => break,
                Some(_) => break,
                None => return None,
            }
        }
        let kind = match header_name(&text[..bytes]) {
            Some(name) if address::is_personal(&text[..name]) => Kind::Addresses { name },
            Some(_) => Kind::Nobody,
            None if text.starts_with(b">From ") => Kind::Nobody,
            None => {
                self.broken += 1;
                if self.broken >= BROKEN_LINES_MAX {
                    self.state = State::Body { after_blank: false };
                }
                Kind::Broken
            }
        };
        Some(Stretch { bytes, kind })
    }

    /// Says the addresses of a header: those that this message had not.
    fn addresses(&mut self, rows: &[u8], name: usize, out: &mut Out<'_>) {
        let mut at = 0;
        for mention in address::mentions(rows, name + 1) {
            let (range, found) = match mention {
                Mention::Person(range, person) => (range, Some(person)),
                Mention::Broken(range) => (range, None),
            };
            out.skip(&rows[at..range.start]);
            at = range.end;
            let raw = &rows[range];
            match found {
                None => out.reject(raw, "no-address"),
                Some(person) if self.is_new(person.email) => {
                    let mut record = out.record(raw).email(person.email).full_name(&person.name);
                    if let Some(column) = self.column {
                        record = record.extra(column, &rows[..name]);
                    }
                    record.end();
                }
                Some(_) => out.skip(raw),
            }
        }
        out.skip(&rows[at..]);
    }

    fn is_new(&mut self, email: &[u8]) -> bool {
        self.known.len() >= ADDRESSES_MAX || self.known.insert(email.to_ascii_lowercase())
    }
}

/// Headers that mail has, and hardly anything else.
const TELLING: [&[u8]; 16] = [
    b"from",
    b"to",
    b"cc",
    b"date",
    b"subject",
    b"received",
    b"message-id",
    b"mime-version",
    b"return-path",
    b"delivered-to",
    b"content-type",
    b"reply-to",
    b"sender",
    b"references",
    b"in-reply-to",
    b"content-transfer-encoding",
];

fn claim(sample: &Sample<'_>) -> Option<Claim> {
    let head = sample.head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(sample.head);
    let mut lines =
        head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)).skip_while(|line| line.is_empty());
    let first = lines.next()?;
    let is_mbox = is_separator(first);
    let mut told: Vec<usize> = Vec::new();
    let headers = std::iter::once(first).filter(|_| !is_mbox).chain(lines).take_while(|line| !line.is_empty());
    for line in headers.filter(|line| !matches!(line, [b' ' | b'\t', ..])) {
        let Some(name) = header_name(line).or_else(|| memchr(b'>', line).filter(|at| *at == 0)) else { break };
        told.extend(TELLING.iter().position(|known| line[..name].eq_ignore_ascii_case(known)).filter(|at| !told.contains(at)));
    }
    let has_person = told.iter().any(|at| *at < 3);
    let named = sample.name.rsplit('.').next().is_some_and(|end| end.eq_ignore_ascii_case("eml") || end.eq_ignore_ascii_case("mbox"));
    match told.len() {
        1.. if is_mbox => Some(Claim::new(95, "a line that parts messages, and headers of mail behind it")),
        3.. if has_person => Some(Claim::new(90, "it begins with headers of mail")),
        2.. if named && has_person => Some(Claim::new(80, "it begins with headers of mail, and is named so")),
        _ => None,
    }
}

sluice_plugin::export!(Mail);
