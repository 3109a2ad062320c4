//! The check of what a plugin emits, made once, while the events are copied out of its memory: whoever holds the
//! [`Batch`](sluice_record::Batch) afterwards indexes without fear and counts without doubt.
//!
//! - Records, skips and rejects are not empty and tile the consumed bytes: each begins where the one before ended.
//! - A field stands after its record or another field of it, and lies in the chunk or in its own emit's arena. It need not lie
//!   in its record's span: a ULP block's URL may stand above it.
//! - A reject is followed at once by its reason: 1–64 bytes of `[a-z0-9-]` in the arena.
//! - A column (128–255) is named before its first use, in any push of the same instance, by 1–128 bytes of UTF-8 in the arena.
//! - A tag without a meaning is refused, so that it can be given one later.

use sluice_record::{Batch, Event, FieldKind, HashKind, Tag, limits};

use crate::fault::{FaultKind, Refusal};

/// Events a push may emit for each byte it is shown: two end at a byte at most (a field and a record), twice that is slack for values given
/// twice; and the same for arena bytes, where hex doubles a value.
const PER_INPUT_BYTE_MAX: usize = 4;
/// Events and arena bytes any push may emit, however few bytes it is shown: the names of every column and a record of them.
const PER_PUSH_MIN: usize = 64 << 10;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Class {
    Record,
    Skip,
    Reject,
    Reason,
    Column,
    Field,
    Unknown,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Unknown; 256];
    classes[Tag::RECORD.0 as usize] = Class::Record;
    classes[Tag::SKIP.0 as usize] = Class::Skip;
    classes[Tag::REJECT.0 as usize] = Class::Reject;
    classes[Tag::REASON.0 as usize] = Class::Reason;
    classes[Tag::COLUMN.0 as usize] = Class::Column;
    let mut tag = FieldKind::Email.tag();
    while tag < Tag::EXTRA_MIN {
        let known = if tag < 64 { FieldKind::from_tag(tag).is_some() } else { HashKind::from_tag(tag).is_some() };
        if known {
            classes[tag as usize] = Class::Field;
        }
        tag += 1;
    }
    classes
};

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum After {
    /// A record or one of its fields: another field, or what may always come.
    Record,
    /// A reject: its reason, nothing else.
    Reject,
    /// Anything else: a record, skip, reject or column.
    Other,
}

/// Where the plugin's output of one push goes.
#[derive(Debug)]
pub(crate) struct Sink {
    events: Vec<u64>,
    arena: Vec<u8>,
    chunk_len: u32,
    /// Bytes of the chunk accounted for so far.
    covered: u32,
    after: After,
    /// By tag; a column becomes a field when it is named, and stays one for the instance's life.
    classes: [Class; 256],
}

impl Default for Sink {
    fn default() -> Self {
        Self { events: Vec::new(), arena: Vec::new(), chunk_len: 0, covered: 0, after: After::Other, classes: CLASSES }
    }
}

impl Sink {
    /// Begins a push: takes the batch's memory, keeps the columns' names.
    pub(crate) fn begin(&mut self, chunk_len: usize, batch: &mut Batch) -> Result<(), Refusal> {
        let too_long = |_| Refusal::new(FaultKind::Output, "the chunk is longer than an event can say");
        self.chunk_len = u32::try_from(chunk_len).map_err(too_long)?.min(Event::OFFSET_MAX);
        self.covered = 0;
        self.after = After::Other;
        self.events = std::mem::take(&mut batch.events);
        self.arena = std::mem::take(&mut batch.arena);
        self.events.clear();
        self.arena.clear();
        Ok(())
    }

    /// Gives the memory back. Unless the push was good, nothing is in it.
    pub(crate) fn end(&mut self, batch: &mut Batch, good: bool) {
        batch.events = std::mem::take(&mut self.events);
        batch.arena = std::mem::take(&mut self.arena);
        if !good {
            batch.events.clear();
            batch.arena.clear();
        }
    }

    /// Bytes of the chunk accounted for.
    pub(crate) const fn covered(&self) -> u32 {
        self.covered
    }

    /// Checks and takes over what one `emit` gave.
    pub(crate) fn append(&mut self, events: &[u64], arena: &[u8]) -> Result<(), Refusal> {
        self.bound(events.len(), arena.len())?;
        self.check(events, arena)?;
        let shift = self.arena.len() as u64;
        if shift == 0 {
            self.events.extend_from_slice(events);
        } else {
            // Offsets are into this emit's arena: move those behind what is there. They stay in 31 bits, as the arena's bound does.
            self.events.extend(events.iter().map(|word| word + (word >> 31 & 1) * shift));
        }
        self.arena.extend_from_slice(arena);
        Ok(())
    }

    fn bound(&self, events: usize, arena: usize) -> Result<(), Refusal> {
        let allowed = (self.chunk_len as usize * PER_INPUT_BYTE_MAX).max(PER_PUSH_MIN);
        let (events_max, arena_max) = (allowed.min(limits::EVENTS_PER_PUSH_MAX), allowed.min(limits::ARENA_BYTES_PER_PUSH_MAX));
        if self.events.len() + events > events_max {
            return Err(Refusal::new(FaultKind::Output, format!("more than {events_max} events for {} bytes", self.chunk_len)));
        }
        if self.arena.len() + arena > arena_max {
            return Err(Refusal::new(FaultKind::Output, format!("more than {arena_max} arena bytes for {} bytes", self.chunk_len)));
        }
        Ok(())
    }

    fn check(&mut self, mut events: &[u64], arena: &[u8]) -> Result<(), Refusal> {
        loop {
            events = &events[self.check_usual(events, arena.len() as u32)..];
            let Some((word, rest)) = events.split_first() else { return Ok(()) };
            self.rare(Event(*word), arena)?;
            events = rest;
        }
    }

    /// Checks records and their fields behind a record for as long as nothing else comes and nothing is wrong; gives how many events that
    /// were. A function of its own, which calls nothing.
    #[inline(never)]
    fn check_usual(&mut self, events: &[u64], arena_len: u32) -> usize {
        if self.after != After::Record {
            return 0;
        }
        let (chunk_len, classes) = (u64::from(self.chunk_len), &self.classes);
        let mut covered = u64::from(self.covered);
        let usual = events.iter().take_while(|word| {
            // An offset with the arena's bit is beyond any chunk. 32 and 24 bits: no overflow.
            let (offset, len) = (**word & 0xffff_ffff, **word >> 32 & 0xff_ffff);
            let (end, class) = (offset + len, classes[(**word >> 56) as usize]);
            let in_arena = || Event(**word).span().arena && end <= u64::from(Event::OFFSET_MAX) + 1 + u64::from(arena_len);
            let is_record = class == Class::Record;
            let tiles = is_record & (offset == covered) & (len > 0);
            covered = if is_record { end } else { covered };
            (tiles | (class == Class::Field)) && (end <= chunk_len || !is_record && in_arena())
        });
        let usual = usual.count();
        // Of the record that was not, if it was one, nothing was covered.
        let before = events[..usual].iter().rfind(|word| Event(**word).tag() == Tag::RECORD.0).map(|word| Event(*word).span());
        self.covered = before.map_or(self.covered, |span| span.offset + span.len);
        usual
    }

    /// Skips, rejects, reasons, columns, and whatever is wrong.
    fn rare(&mut self, event: Event, arena: &[u8]) -> Result<(), Refusal> {
        let (span, tag) = (event.span(), event.tag());
        let class = self.classes[usize::from(tag)];
        let refuse = |what: String| Err(Refusal::new(FaultKind::Event, what));
        if class == Class::Unknown {
            let why = if tag >= Tag::EXTRA_MIN { "was not named by a column event before" } else { "has no meaning" };
            return refuse(format!("tag {tag} {why}"));
        }
        let (place, max) = if span.arena { ("arena", arena.len() as u64) } else { ("chunk", u64::from(self.chunk_len)) };
        if u64::from(span.offset) + u64::from(span.len) > max {
            return refuse(format!("an event with tag {tag} spans {}+{} outside the {place} of {max} bytes", span.offset, span.len));
        }
        if (self.after == After::Reject) != (class == Class::Reason) {
            return refuse("a reject and its reason must stand together".into());
        }
        let bytes = || &arena[span.offset as usize..][..span.len as usize];
        match class {
            Class::Record | Class::Skip | Class::Reject => {
                self.tile(event)?;
                self.after = match class {
                    Class::Record => After::Record,
                    Class::Reject => After::Reject,
                    _ => After::Other,
                };
                Ok(())
            }
            Class::Reason if !span.arena || !is_reason(bytes()) => {
                refuse(format!("a reason must be 1 to {} bytes of a-z, 0-9 and - in the arena", limits::REASON_BYTES_MAX))
            }
            Class::Column => match (span.arena, if span.arena { bytes() } else { b"" }) {
                (true, [named, name @ ..]) if *named >= Tag::EXTRA_MIN && is_column_name(name) => {
                    self.classes[usize::from(*named)] = Class::Field;
                    self.after = After::Other;
                    Ok(())
                }
                _ => {
                    let max = limits::COLUMN_NAME_BYTES_MAX;
                    refuse(format!("a column must be a tag from {} and 1 to {max} bytes of UTF-8 in the arena", Tag::EXTRA_MIN))
                }
            },
            Class::Field => refuse(format!("a field with tag {tag} follows no record")),
            Class::Reason | Class::Unknown => {
                self.after = After::Other;
                Ok(())
            }
        }
    }

    fn tile(&mut self, event: Event) -> Result<(), Refusal> {
        let (span, covered) = (event.span(), self.covered);
        let wrong = match span.offset {
            _ if span.arena => "lies in the arena".into(),
            _ if span.len == 0 => "is empty".into(),
            offset if offset > covered => format!("leaves a gap of {} bytes", offset - covered),
            offset if offset < covered => format!("overlaps the {} bytes before it", covered - offset),
            _ => {
                self.covered = span.offset + span.len;
                return Ok(());
            }
        };
        Err(Refusal::new(FaultKind::Tiling, format!("a record, skip or reject at byte {covered} of the push {wrong}")))
    }

    /// Ends a push: what was consumed is what was accounted for, and after the last bytes that is all of them.
    pub(crate) fn finish(&self, consumed: u32, last: bool) -> Result<usize, Refusal> {
        let tiling = |what| Err(Refusal::new(FaultKind::Tiling, what));
        if self.after == After::Reject {
            return Err(Refusal::new(FaultKind::Event, "a reject and its reason must stand together"));
        }
        if consumed > self.chunk_len {
            return tiling(format!("it consumed {consumed} of {} bytes", self.chunk_len));
        }
        if consumed != self.covered {
            return tiling(format!("it consumed {consumed} bytes but accounted for {}", self.covered));
        }
        if last && consumed != self.chunk_len {
            return tiling(format!("it left {} bytes unread after the last push", self.chunk_len - consumed));
        }
        Ok(consumed as usize)
    }
}

fn is_reason(bytes: &[u8]) -> bool {
    (1..=limits::REASON_BYTES_MAX).contains(&bytes.len()) && bytes.iter().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

fn is_column_name(bytes: &[u8]) -> bool {
    (1..=limits::COLUMN_NAME_BYTES_MAX).contains(&bytes.len()) && std::str::from_utf8(bytes).is_ok()
}
