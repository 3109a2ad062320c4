//! The references: parsers a good engineer writes in an afternoon, with memchr for separators and line ends.
//!
//! They do the same job as the plugins on the bench's input, and the bench compares record by record: packed events a record, values that
//! are NULL or empty left out, hashes told from passwords and from each other, a login that is the e-mail dropped, doubled quotes and
//! escapes undone. Hashes are told by length and marker, as one does it without the kit; beside that runs the same parser with the kit's
//! own [`identify`] (`KIT`), which is not plain: its checks without a branch are part of what a plugin gains by the kit. What they do not do is in their favour: they read well-formed files of one dialect, guess
//! nothing, check nothing, know no limits, and cannot be fed in pieces.

use anyhow::Result;
use memchr::{memchr, memchr_iter, memchr2, memchr3, memmem};
use sluice_plugin::{
    FieldKind, HashKind,
    columns::{Meaning, meaning},
    identify,
};
use sluice_record::{Event, Tag};

/// Gets the input, events and their arena, thousands of events at a time.
pub(crate) type OnEvents<'a> = &'a mut dyn FnMut(&[u8], &[u64], &[u8]);

const EVENTS_BUFFERED: usize = 8 << 10;
/// Where values go that have no kind of their own.
const EXTRA: u8 = Tag::EXTRA_MIN;
const EMAIL: u8 = FieldKind::Email.tag();
const LOGIN: u8 = FieldKind::Username.tag();
const SECRET: u8 = FieldKind::Password.tag();
const SALT: u8 = FieldKind::Salt.tag();

/// The events of the records read last.
struct Events<'a, const KIT: bool> {
    input: &'a [u8],
    words: Vec<u64>,
    arena: Vec<u8>,
    /// Index of the open record's event.
    record: usize,
    on_events: OnEvents<'a>,
}

impl<'a, const KIT: bool> Events<'a, KIT> {
    fn new(input: &'a [u8], on_events: OnEvents<'a>) -> Self {
        Self { input, words: Vec::with_capacity(2 * EVENTS_BUFFERED), arena: Vec::new(), record: 0, on_events }
    }

    #[inline(always)]
    fn begin(&mut self) {
        if self.words.len() >= EVENTS_BUFFERED {
            self.flush();
        }
        self.record = self.words.len();
        self.words.push(0);
    }

    #[inline(always)]
    fn value(&mut self, tag: u8, start: usize, end: usize) {
        if start < end {
            let tag = if tag == SECRET { secret::<KIT>(&self.input[start..end]) } else { tag };
            self.words.push(Event::new(tag, start as u32, (end - start) as u32, false).0);
        }
    }

    /// A value that was unescaped into the arena from `start` on.
    fn owned(&mut self, tag: u8, start: usize) {
        let value = &self.arena[start..];
        if !value.is_empty() {
            let tag = if tag == SECRET { secret::<KIT>(value) } else { tag };
            self.words.push(Event::new(tag, start as u32, value.len() as u32, true).0);
        }
    }

    #[inline(always)]
    fn end(&mut self, start: usize, end: usize) {
        self.words[self.record] = Event::new(Tag::RECORD.0, start as u32, (end - start) as u32, false).0;
    }

    fn bytes(&self, event: Event) -> &[u8] {
        let span = event.span();
        let from: &[u8] = if span.arena { &self.arena } else { self.input };
        &from[span.offset as usize..][..span.len as usize]
    }

    /// A table's row has its rules: a login that is the e-mail is none, a salt's length may tell the hash.
    #[inline(always)]
    fn settle(&mut self) {
        let (mut login, mut email, mut salt, mut hash) = (None, None, None, None);
        for at in self.record + 1..self.words.len() {
            match Event(self.words[at]).tag() {
                LOGIN => login = Some(at),
                EMAIL => email = Some(at),
                SALT => salt = Some(at),
                tag if tag == HashKind::Md5.tag() => hash = Some(at),
                _ => {}
            }
        }
        if let Some(at) = login {
            let value = self.bytes(Event(self.words[at]));
            match email {
                Some(email) if self.bytes(Event(self.words[email])).eq_ignore_ascii_case(value) => drop(self.words.remove(at)),
                None if looks_like_email(value) => self.words[at] = self.words[at] & !(0xff << 56) | u64::from(EMAIL) << 56,
                _ => assert!(memchr(b'\\', value).is_none(), "no domains in the bench's input"),
            }
        }
        if let (Some(salt), Some(hash)) = (salt, hash)
            && matches!(Event(self.words[salt]).span().len, 3 | 30)
        {
            self.words[hash] = self.words[hash] & !(0xff << 56) | u64::from(HashKind::Vbulletin.tag()) << 56;
        }
    }

    fn flush(&mut self) {
        (self.on_events)(self.input, &self.words, &self.arena);
        self.words.clear();
        self.arena.clear();
    }
}

/// The machine's limit: nothing but line ends.
pub(crate) fn lines(input: &[u8]) -> u64 {
    memchr_iter(b'\n', input).map(|at| at as u64).fold(0, u64::wrapping_add)
}

/// The tag of a password or hash.
#[inline(always)]
fn secret<const KIT: bool>(value: &[u8]) -> u8 {
    if KIT {
        return identify(value, None).tag();
    }
    let is_hex = |value: &[u8]| value.iter().all(u8::is_ascii_hexdigit);
    let kind = match value.len() {
        32 if is_hex(value) => HashKind::Md5,
        34 if value.starts_with(b"$P$") => HashKind::Phpass,
        40 if is_hex(value) => HashKind::Sha1,
        41 if value[0] == b'*' && is_hex(&value[1..]) => HashKind::Mysql41,
        60 if value.starts_with(b"$2y$") => HashKind::Bcrypt,
        _ => return SECRET,
    };
    kind.tag()
}

/// As quick as it can be told, and enough for the bench's input.
fn looks_like_email(login: &[u8]) -> bool {
    memchr(b'@', login).is_some_and(|at| memchr(b'.', &login[at + 1..]).is_some())
}

/// `login:password` lines.
pub(crate) fn combo<const KIT: bool>(input: &[u8], on_events: OnEvents<'_>) {
    let (mut events, mut start) = (Events::<KIT>::new(input, on_events), 0);
    while start < input.len() {
        let next = memchr(b'\n', &input[start..]).map_or(input.len(), |at| start + at + 1);
        let line = &input[start..next];
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if let Some(separator) = memchr3(b':', b';', b'|', line) {
            events.begin();
            events.value(if looks_like_email(&line[..separator]) { EMAIL } else { LOGIN }, start, start + separator);
            events.value(SECRET, start + separator + 1, start + line.len());
            events.end(start, next);
        }
        start = next;
    }
    events.flush();
}

fn tag_of(name: &[u8]) -> u8 {
    match meaning(name) {
        Meaning::Field(kind) => kind.tag(),
        Meaning::Secret(_) => SECRET,
        Meaning::Extra => EXTRA,
    }
}

/// Comma-separated values with a header; quotes are doubled.
pub(crate) fn csv<const KIT: bool>(input: &[u8], on_events: OnEvents<'_>) {
    let mut at = memchr(b'\n', input).map_or(input.len(), |end| end + 1);
    let tags: Vec<u8> = input[..at].trim_ascii_end().split(|byte| *byte == b',').map(tag_of).collect();
    let mut events = Events::<KIT>::new(input, on_events);
    while at < input.len() {
        let row = at;
        events.begin();
        for tag in &tags {
            let end = if input.get(at) == Some(&b'"') {
                quoted(&mut events, at, *tag)
            } else {
                let end = memchr2(b',', b'\n', &input[at..]).map_or(input.len(), |end| at + end);
                let is_crlf = input.get(end) == Some(&b'\n') && end > at && input[end - 1] == b'\r';
                let value_end = end - usize::from(is_crlf);
                if !matches!(&input[at..value_end], b"NULL" | b"\\N") {
                    events.value(*tag, at, value_end);
                }
                end
            };
            at = end + 1;
        }
        at = at.min(input.len());
        events.settle();
        events.end(row, at);
    }
    events.flush();
}

/// A quoted field; gives where its delimiter or line end is.
fn quoted<const KIT: bool>(events: &mut Events<'_, KIT>, at: usize, tag: u8) -> usize {
    let (input, from) = (events.input, at + 1);
    let mut close = from;
    let mut doubled = false;
    loop {
        close = memchr(b'"', &input[close..]).map_or(input.len(), |end| close + end);
        if input.get(close + 1) != Some(&b'"') {
            break;
        }
        doubled = true;
        close += 2;
    }
    if doubled {
        let start = events.arena.len();
        let mut rest = &input[from..close];
        while let Some(quote) = memchr(b'"', rest) {
            events.arena.extend_from_slice(&rest[..=quote]);
            rest = &rest[quote + 2..];
        }
        events.arena.extend_from_slice(rest);
        events.owned(tag, start);
    } else {
        events.value(tag, from, close);
    }
    close + 1 + usize::from(input.get(close + 1) == Some(&b'\r'))
}

/// What mysqldump writes: CREATE TABLE, and rows of `INSERT INTO … VALUES (…),(…);`.
pub(crate) fn mysqldump<const KIT: bool>(input: &[u8], on_events: OnEvents<'_>) {
    let (mut events, mut at) = (Events::<KIT>::new(input, on_events), 0);
    let mut tags = Vec::new();
    while at < input.len() {
        let line_end = memchr(b'\n', &input[at..]).map_or(input.len(), |end| at + end + 1);
        let line = &input[at..line_end];
        if line.starts_with(b"CREATE TABLE ") {
            tags.clear();
        } else if let Some(name) = line.strip_prefix(b"  `") {
            tags.push(tag_of(&name[..memchr(b'`', name).unwrap_or_default()]));
        }
        if !line.starts_with(b"INSERT INTO `users` ") {
            at = line_end;
            continue;
        }
        let Some(values) = memmem::find(line, b" VALUES ") else { break };
        at += values + 8;
        while let Some(byte) = input.get(at) {
            match byte {
                b'(' => at = tuple(&mut events, at, &tags),
                b';' => break,
                _ => at += 1,
            }
        }
        at += 2;
    }
    events.flush();
}

/// One row; gives where it ends.
#[inline(always)]
fn tuple<const KIT: bool>(events: &mut Events<'_, KIT>, start: usize, tags: &[u8]) -> usize {
    let (input, mut at) = (events.input, start + 1);
    events.begin();
    for tag in tags {
        if input.get(at) == Some(&b'\'') {
            at = string(events, at + 1, *tag);
        } else {
            let end = memchr2(b',', b')', &input[at..]).map_or(input.len(), |end| at + end);
            if &input[at..end] != b"NULL" {
                events.value(*tag, at, end);
            }
            at = end;
        }
        at += 1;
    }
    events.settle();
    events.end(start, at);
    at
}

/// A string from behind its quote; gives what is behind it.
#[inline(always)]
fn string<const KIT: bool>(events: &mut Events<'_, KIT>, from: usize, tag: u8) -> usize {
    let input = events.input;
    let mut end = memchr2(b'\'', b'\\', &input[from..]).map_or(input.len(), |end| from + end);
    if input.get(end) == Some(&b'\'') && input.get(end + 1) != Some(&b'\'') {
        events.value(tag, from, end);
        return end + 1;
    }
    let (start, mut copied) = (events.arena.len(), from);
    while end + 1 < input.len() {
        let escaped = input[end + 1];
        if input[end] == b'\'' && escaped != b'\'' {
            break;
        }
        events.arena.extend_from_slice(&input[copied..end]);
        events.arena.push(match escaped {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'0' => 0,
            b'Z' => 26,
            other => other,
        });
        copied = end + 2;
        end = memchr2(b'\'', b'\\', &input[copied..]).map_or(input.len(), |end| copied + end);
    }
    events.arena.extend_from_slice(&input[copied..end]);
    events.owned(tag, start);
    end + 1
}

/// csv-core, which copies every field out, into one buffer a record; nothing else is done with them. Gives records and values.
pub(crate) fn csv_core(mut input: &[u8]) -> (u64, u64) {
    let mut reader = csv_core::Reader::new();
    let (mut found, mut fields, mut ends) = ((0, 0), [0; 64 << 10], [0; 256]);
    let mut header = true;
    loop {
        let (result, read, _, count) = reader.read_record(input, &mut fields, &mut ends);
        input = &input[read..];
        match result {
            csv_core::ReadRecordResult::Record if header => header = false,
            csv_core::ReadRecordResult::Record => {
                let mut start = 0;
                let values = ends[..count].iter().filter(|end| **end > std::mem::replace(&mut start, **end)).count();
                found = (found.0 + 1, found.1 + values as u64);
            }
            csv_core::ReadRecordResult::InputEmpty => {}
            _ => return found,
        }
    }
}

/// The csv crate, one byte record used again. Gives records and values.
pub(crate) fn csv_crate(input: &[u8]) -> Result<(u64, u64)> {
    let (mut found, mut record) = ((0, 0), csv::ByteRecord::new());
    let mut reader = csv::Reader::from_reader(input);
    while reader.read_byte_record(&mut record)? {
        found = (found.0 + 1, found.1 + record.iter().filter(|value| !value.is_empty()).count() as u64);
    }
    Ok(found)
}
