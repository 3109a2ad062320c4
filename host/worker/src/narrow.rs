//! Where a chunk that makes its plugin fail may be cut so that less of it fails: right before the fault and right behind the push it
//! fell in, each time on a border that a chunk may have anyway. The controller cuts there and has the pieces parsed, and so on with
//! the piece that fails again: a chunk is fed in so many pushes whatever its size, so each round leaves a small part of the last one.
//!
//! Deliberately not here: how often that is worth it, and what becomes of the smallest piece (the controller's).

use sluice_intake::{IntakeError, StagedReader, line_start_before, next_line_start};
use sluice_record::{Chunk, CutPoint, FailureKind, Framing, TaskFailure, limits};
use sluice_sandbox::{Feed, Plugin, Start, scan_member};

/// Pushes a chunk is fed in at least, unless they would be smaller than a short line.
const PUSHES_MIN: u64 = 64;
const PUSH_BYTES_MIN: u64 = 16;
/// Bytes before a fault in which a line's begin is looked for.
const LOOK_BACK_BYTES: u64 = limits::RECORD_BYTES_MAX as u64;

/// New bytes in one push of a chunk of so many.
pub(crate) fn push_bytes(chunk_bytes: u64) -> usize {
    (chunk_bytes / PUSHES_MIN).clamp(PUSH_BYTES_MIN, limits::PUSH_BYTES as u64) as usize
}

/// At most two cuts within the chunk. None if the failure is no plugin's or has no place, if there is no border left, or if looking
/// for one fails too: then the chunk is the smallest range that can be set aside.
pub(crate) fn cuts(plugin: &Plugin, reader: &StagedReader, at: Start<'_>, chunk: &Chunk, failure: &TaskFailure) -> Vec<CutPoint> {
    let (FailureKind::Plugin, Some(offset)) = (failure.kind, failure.offset) else { return Vec::new() };
    let (offset, push) = (offset.clamp(chunk.start, chunk.end), push_bytes(chunk.end - chunk.start) as u64);
    let around = Around { before: offset, behind: offset.saturating_add(push) };
    let mut cuts = match plugin.descriptor().framing {
        Framing::Lines => around.lines(reader, chunk).unwrap_or_default(),
        Framing::Marks => around.marks(plugin, reader, at, chunk),
        Framing::Whole => Vec::new(),
    };
    cuts.retain(|cut| chunk.start < cut.offset && cut.offset < chunk.end);
    cuts.dedup_by_key(|cut| cut.offset);
    cuts
}

/// The stretch that is to be cut out.
struct Around {
    before: u64,
    behind: u64,
}

impl Around {
    fn lines(&self, reader: &StagedReader, chunk: &Chunk) -> Result<Vec<CutPoint>, IntakeError> {
        let look_from = chunk.start.max(self.before.saturating_sub(LOOK_BACK_BYTES));
        let before = line_start_before(reader, look_from, self.before)?;
        // A line that began before the stretch looked at can't be told from one that begins with it.
        let before = (before > look_from).then_some(before);
        let behind = next_line_start(reader, self.behind.saturating_sub(1))?;
        Ok([before, behind].into_iter().flatten().map(|offset| CutPoint { offset, context: Vec::new() }).collect())
    }

    fn marks(&self, plugin: &Plugin, reader: &StagedReader, at: Start<'_>, chunk: &Chunk) -> Vec<CutPoint> {
        let mut pieces = reader.stream(chunk.start, chunk.end);
        let mut read = |buffer: &mut Vec<u8>, _: usize| -> Result<bool, std::io::Error> {
            let Some(piece) = pieces.next().transpose()? else { return Ok(false) };
            buffer.extend_from_slice(&piece);
            pieces.recycle(piece);
            Ok(true)
        };
        // Contexts are held for all marks that are kept, so there must not be more of them than pushes; short chunks have few anyway.
        let push = self.behind - self.before;
        let spacing = if push > PUSH_BYTES_MIN { push } else { 0 };
        let Ok(mut marks) = scan_member(plugin, at, spacing, Feed::default(), &mut read) else { return Vec::new() };
        let behind = marks.iter().position(|mark| mark.offset >= self.behind).map(|at| marks.split_off(at).swap_remove(0));
        let before = marks.into_iter().rfind(|mark| mark.offset <= self.before);
        before.into_iter().chain(behind).collect()
    }
}
