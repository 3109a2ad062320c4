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

/// Events that are checked before it is asked whether all were well: one bit each.
const RUN_EVENTS: usize = u64::BITS as usize;
/// A record of one byte at the chunk's start.
const FIRST_RECORD: u64 = Event::new(Tag::RECORD.0, 0, 1, false).0;
/// An event without its tag.
const SPAN: u64 = u64::MAX >> 8;

/// What a tag says. The numbers are for [`Sink::take_run`]: those that tile and may come at any time are odd, and what it leaves alone is
/// above them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
enum Class {
    Field = 0,
    Record = 1,
    Skip = 3,
    Reject,
    Reason,
    Column,
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

    /// Takes over and checks what one `emit` gave. What is refused ends the push, which then has nothing.
    pub(crate) fn append(&mut self, events: &[u64], arena: &[u8]) -> Result<(), Refusal> {
        self.bound(events.len(), arena.len())?;
        self.events.extend_from_slice(events);
        let mut rest = events;
        while !rest.is_empty() {
            let run = &rest[..rest.len().min(RUN_EVENTS)];
            let taken = if self.take_run(run, arena.len()) { run.len() } else { self.take_singly(run, arena)? };
            rest = &rest[taken..];
        }
        let shift = self.arena.len() as u64;
        if shift > 0 {
            // Offsets are into this emit's arena: move those behind what is there. They stay in 31 bits, as the arena's bound does.
            let before = self.events.len() - events.len();
            self.events[before..].iter_mut().for_each(|word| *word += (*word >> 31 & 1) * shift);
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

    /// Takes a run, if it is nothing but records, skips and fields, all of them right; or takes none of it. Nearly all are right, and which
    /// is a record is hard to foresee: so no branch hangs on an event, and the bounds are checked several at a time.
    #[inline(never)]
    fn take_run(&mut self, run: &[u64], arena_len: usize) -> bool {
        if self.after == After::Reject || run.is_empty() || run.len() > RUN_EVENTS {
            return false;
        }
        // A bit an event, the first one lowest: those that begin where the one before ended, and those that no field follows.
        let (mut tiles, mut all_classes) = (0_u64, 0);
        for word in run.iter().rev() {
            let class = self.classes[(*word >> 56) as usize] as u8;
            all_classes |= class;
            tiles = tiles << 1 | u64::from(class & 1); // wrong if there are other classes, and then not used
        }
        let fields = !tiles & u64::MAX >> (RUN_EVENTS - run.len());
        let chunk_end = i64::from(self.chunk_len);
        let room = if arena_len == 0 {
            least_room(run, |_| chunk_end)
        } else {
            // What lies in the arena has the bit above any offset into a chunk.
            let arena_is_further = i64::from(Event::OFFSET_MAX) + 1 + arena_len as i64 - chunk_end;
            least_room(run, |word| chunk_end + (arena_is_further & -((word >> 31 & 1) as i64)))
        };
        // The shortest record that may be next. One that differs from it in nothing but more length begins where the one before ended.
        let mut next = FIRST_RECORD + u64::from(self.covered);
        let (mut differences, mut skips) = (0, 0);
        while tiles != 0 {
            let (word, bit) = (run[tiles.trailing_zeros() as usize], tiles & tiles.wrapping_neg());
            skips |= bit * u64::from(word >> 56 == u64::from(Tag::SKIP.0));
            differences |= (word & SPAN).wrapping_sub(next);
            next = FIRST_RECORD + (word & 0xffff_ffff) + (word >> 32 & 0xff_ffff);
            tiles ^= bit;
        }
        let bare_fields = fields & (skips << 1 | u64::from(self.after != After::Record));
        let is_right = all_classes <= Class::Skip as u8 && bare_fields == 0 && room >= 0 && differences & (1 << 63 | 0xffff_ffff) == 0;
        if is_right {
            self.covered = (next - FIRST_RECORD) as u32;
            self.after = if skips >> (run.len() - 1) == 0 { After::Record } else { After::Other };
        }
        is_right
    }

    /// Takes a run's events one by one, up to one that a run may not have; gives how many that were.
    fn take_singly(&mut self, run: &[u64], arena: &[u8]) -> Result<usize, Refusal> {
        for (index, word) in run.iter().enumerate() {
            let is_usual = self.classes[(*word >> 56) as usize] as u8 <= Class::Skip as u8;
            self.take(Event(*word), arena)?;
            if !is_usual && self.after != After::Reject {
                return Ok(index + 1);
            }
        }
        Ok(run.len())
    }

    /// Takes an event that is right.
    fn take(&mut self, event: Event, arena: &[u8]) -> Result<(), Refusal> {
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
        self.after = match class {
            Class::Record | Class::Skip | Class::Reject => {
                self.tile(event)?;
                match class {
                    Class::Record => After::Record,
                    Class::Reject => After::Reject,
                    _ => After::Other,
                }
            }
            Class::Field if self.after == After::Record => After::Record,
            Class::Field => return refuse(format!("a field with tag {tag} follows no record")),
            Class::Reason if !span.arena || !is_reason(bytes()) => {
                return refuse(format!("a reason must be 1 to {} bytes of a-z, 0-9 and - in the arena", limits::REASON_BYTES_MAX));
            }
            Class::Column => match (span.arena, if span.arena { bytes() } else { b"" }) {
                (true, [named, name @ ..]) if *named >= Tag::EXTRA_MIN && is_column_name(name) => {
                    self.classes[usize::from(*named)] = Class::Field;
                    After::Other
                }
                _ => {
                    let max = limits::COLUMN_NAME_BYTES_MAX;
                    return refuse(format!("a column must be a tag from {} and 1 to {max} bytes of UTF-8 in the arena", Tag::EXTRA_MIN));
                }
            },
            Class::Reason | Class::Unknown => After::Other,
        };
        Ok(())
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

/// Negative if one of the events ends behind what `end` says of it.
#[inline(always)]
fn least_room(run: &[u64], end: impl Fn(u64) -> i64) -> i64 {
    // 32 and 24 bits: nothing overflows.
    run.iter().fold(0, |signs, word| signs | (end(*word) - ((*word & 0xffff_ffff) + (*word >> 32 & 0xff_ffff)) as i64))
}

fn is_reason(bytes: &[u8]) -> bool {
    (1..=limits::REASON_BYTES_MAX).contains(&bytes.len()) && bytes.iter().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

fn is_column_name(bytes: &[u8]) -> bool {
    (1..=limits::COLUMN_NAME_BYTES_MAX).contains(&bytes.len()) && std::str::from_utf8(bytes).is_ok()
}
