//! The feeding loop: a chunk's bytes go to a plugin push by push, and batches come out.
//!
//! What a push leaves unconsumed is given again, joined with more. A buffer that the plugin makes nothing of, although it
//! has [`limits::RECORD_BYTES_MAX`] bytes, becomes rejects up to the next line end behind it, in pieces of that size: what is rejected hangs on
//! the bytes alone, and not on how the pushes were cut.
//!
//! No byte is copied but the unconsumed tail: the buffer that was read into becomes the batch's input.

use sluice_record::{Batch, CutPoint, Event, Tag, limits};

use crate::{
    fault::Fault,
    imports::Usage,
    instance::Instance,
    plugin::{Plugin, Start},
};

/// The reject's reason for a stretch in which no record ended.
const RECORD_TOO_LONG: &[u8] = b"record-too-long";
/// Up to here an unconsumed buffer grows by one push at a time; behind it by half, so that a long record is not read over too often.
const STEADY_GROWTH_BYTES_MAX: usize = 4 << 10;

/// How much is fed at a time. The default is right for everything but tests.
#[derive(Clone, Copy, Debug)]
pub struct Feed {
    /// New bytes in one push.
    pub push_bytes: usize,
    /// Unconsumed bytes after which a record is given up.
    pub record_bytes_max: usize,
}

impl Default for Feed {
    fn default() -> Self {
        Self { push_bytes: limits::PUSH_BYTES, record_bytes_max: limits::RECORD_BYTES_MAX }
    }
}

/// Why a chunk was not read to its end.
#[derive(Debug, thiserror::Error)]
pub enum ChunkError<E> {
    /// The plugin's fault.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The caller's own, from where the bytes come or where the batches go.
    #[error("{0}")]
    Caller(E),
}

/// Appends about as many bytes as asked for to the buffer, one at least, and says whether there are more to come. Appending nothing is the end.
type Read<'r, E> = dyn FnMut(&mut Vec<u8>, usize) -> Result<bool, E> + 'r;

/// Reads a chunk to its end in a fresh instance; gives what that used.
///
/// `read` is asked for the chunk's next bytes: it appends as many as asked for or fewer (what is more is pushed at once, and may be more than the
/// plugin can hold) and returns whether there may be any behind them. `on_batch` gets each batch, in input order; what it leaves of the batch's memory is used for the next one, and it may
/// as well take it all. A batch may hold nothing but columns.
pub fn parse_chunk<E>(
    plugin: &Plugin,
    start: Start<'_>,
    feed: Feed,
    read: &mut Read<'_, E>,
    on_batch: &mut dyn FnMut(&mut Batch) -> Result<(), E>,
) -> Result<Usage, ChunkError<E>> {
    let mut instance = plugin.open(start)?;
    let mut source = Source::new(read, start.base, feed);
    let mut batch = Batch::default();
    let mut consumed = 1;
    loop {
        source.fill(source.wanted(consumed))?;
        let pushed = instance.push(source.base, &source.buffer, !source.more, &mut batch);
        pass_on_logs(plugin, &mut instance);
        consumed = pushed?;
        if consumed > 0 || !batch.events.is_empty() {
            batch.input = source.give(consumed, std::mem::take(&mut batch.input));
            on_batch(&mut batch).map_err(ChunkError::Caller)?;
        }
        if !source.more {
            return Ok(instance.usage());
        }
        if source.is_stuck(consumed) {
            source.give_up_line(|source, len| {
                let base = source.base;
                let input = source.give(len, std::mem::take(&mut batch.input));
                reject(&mut batch, base, input);
                on_batch(&mut batch).map_err(ChunkError::Caller)
            })?;
        }
    }
}

/// Lets a fresh instance look through a member for the places where a chunk may begin.
///
/// A cut is kept if `spacing_bytes` at least lie between it and the one kept before, or `start.base`: contexts are not gathered in
/// numbers the member's author decides. `read` is as in [`parse_chunk`].
pub fn scan_member<E>(
    plugin: &Plugin,
    start: Start<'_>,
    spacing_bytes: u64,
    feed: Feed,
    read: &mut Read<'_, E>,
) -> Result<Vec<CutPoint>, ChunkError<E>> {
    let mut instance = plugin.open(start)?;
    instance.set_cut_spacing(spacing_bytes);
    let mut source = Source::new(read, start.base, feed);
    let (mut cuts, mut spare) = (Vec::new(), Vec::new());
    let mut consumed = 1;
    loop {
        source.fill(source.wanted(consumed))?;
        let scanned = instance.scan(source.base, &source.buffer, !source.more, &mut cuts);
        pass_on_logs(plugin, &mut instance);
        consumed = scanned?;
        if consumed > 0 {
            spare = source.give(consumed, spare);
        }
        if !source.more {
            return Ok(cuts);
        }
        if source.is_stuck(consumed) {
            source.give_up_line(|source, len| {
                spare = source.give(len, std::mem::take(&mut spare));
                Ok(())
            })?;
        }
    }
}

/// The bytes that were read and not consumed yet.
struct Source<'r, 'f, E> {
    read: &'r mut Read<'f, E>,
    buffer: Vec<u8>,
    /// Of the buffer's first byte, in the member.
    base: u64,
    more: bool,
    feed: Feed,
}

impl<'r, 'f, E> Source<'r, 'f, E> {
    fn new(read: &'r mut Read<'f, E>, base: u64, feed: Feed) -> Self {
        let push_bytes = feed.push_bytes.max(1);
        let record_bytes_max = feed.record_bytes_max.clamp(1, Event::LEN_MAX as usize);
        Self { read, buffer: Vec::new(), base, more: true, feed: Feed { push_bytes, record_bytes_max } }
    }

    /// New bytes for the next push. A record may fill the buffer up to its bound and not a byte further, whatever was pushed before.
    fn wanted(&self, consumed: usize) -> usize {
        let len = self.buffer.len();
        let growth = if consumed == 0 && len > STEADY_GROWTH_BYTES_MAX { len / 2 } else { 0 };
        growth.max(self.feed.push_bytes).min(self.feed.record_bytes_max.saturating_sub(len))
    }

    /// Reads until there are that many new bytes, or none left.
    fn fill(&mut self, wanted: usize) -> Result<(), ChunkError<E>> {
        let target = self.buffer.len() + wanted;
        self.buffer.reserve(wanted);
        while self.more && self.buffer.len() < target {
            let before = self.buffer.len();
            let more = (self.read)(&mut self.buffer, target - before).map_err(ChunkError::Caller)?;
            self.more = more && self.buffer.len() > before;
        }
        Ok(())
    }

    /// Gives the buffer's first bytes away and goes on with the rest, in the memory of `spare`.
    fn give(&mut self, len: usize, mut spare: Vec<u8>) -> Vec<u8> {
        spare.clear();
        spare.extend_from_slice(&self.buffer[len..]);
        self.buffer.truncate(len);
        self.base += len as u64;
        std::mem::replace(&mut self.buffer, spare)
    }

    fn is_stuck(&self, consumed: usize) -> bool {
        consumed == 0 && self.buffer.len() >= self.feed.record_bytes_max
    }

    /// Gives all up to the next line end behind the buffer to `piece`, in pieces of the longest record.
    fn give_up_line(&mut self, mut piece: impl FnMut(&mut Self, usize) -> Result<(), ChunkError<E>>) -> Result<(), ChunkError<E>> {
        let max = self.feed.record_bytes_max;
        let mut searched = self.buffer.len().min(max) - 1;
        loop {
            let window = self.buffer.len().min(max);
            let line_end = self.buffer[searched..window].iter().position(|b| *b == b'\n').map(|at| searched + at + 1);
            searched = window;
            if line_end.is_some() || window == max || !self.more {
                if window > 0 {
                    piece(self, line_end.unwrap_or(window))?;
                }
                if line_end.is_some() || (self.buffer.is_empty() && !self.more) {
                    return Ok(());
                }
                searched = 0;
            }
            self.fill(self.feed.push_bytes.min(max.saturating_sub(self.buffer.len())))?;
        }
    }
}

/// A batch of the host's own: one reject.
fn reject(batch: &mut Batch, base: u64, input: Vec<u8>) {
    batch.events.clear();
    batch.arena.clear();
    batch.base = base;
    batch.events.push(Event::new(Tag::REJECT.0, 0, input.len() as u32, false).0);
    batch.events.push(Event::new(Tag::REASON.0, 0, RECORD_TOO_LONG.len() as u32, true).0);
    batch.arena.extend_from_slice(RECORD_TOO_LONG);
    batch.input = input;
}

/// A plugin's lines are for its author: they are shown where somebody asks for debug output, at whatever level they were logged.
fn pass_on_logs(plugin: &Plugin, instance: &mut Instance) {
    for line in instance.take_logs() {
        tracing::debug!(plugin = plugin.label(), level = ?line.level, "{}", line.text);
    }
}
