//! Where a staged member is cut into chunks: at line ends by the host, at a scanner's marks, or not at all.
//!
//! A line is never cut, however long: a parser that began in its middle would read the rest as a record of its own, and what
//! is found would depend on the cuts. A line end is `\n`; a `\r` before it belongs to it. Files whose lines end in `\r` alone have
//! one line here, and are a plugin's business.

use std::io;

use sluice_record::{Chunk, CutPoint};

use crate::{IntakeError, StagedReader, error::Fault};

/// Cuts at line ends, about every `chunk_bytes`. The chunks tile the member and each but the last ends behind a `\n`.
///
/// Reads a little at each cut; at worst, in a member without line ends, all of it once. Within a staged object the cut is put behind the first line
/// end of a frame, so that two chunks share no more than a line of it.
pub fn cut_lines(reader: &StagedReader, chunk_bytes: u64) -> Result<Vec<Chunk>, IntakeError> {
    let (len, chunk_bytes) = (reader.len(), chunk_bytes.max(1));
    let mut borders = vec![0];
    let mut last = 0;
    while len - last > chunk_bytes {
        let wished = last + chunk_bytes;
        let frame_start = reader.frame_start(wished);
        // Where there are no frames the cut may lie at the wished byte itself, if a line ends right before it.
        let from = if frame_start > last && frame_start < wished { frame_start } else { wished - 1 };
        match next_line_start(reader, from)? {
            Some(border) if border < len => {
                borders.push(border);
                last = border;
            }
            _ => break,
        }
    }
    Ok(chunks(&borders, len))
}

/// The byte behind the last `\n` of `start .. at`; `start` if there is none.
pub fn line_start_before(reader: &StagedReader, start: u64, at: u64) -> Result<u64, IntakeError> {
    let (mut found, mut piece_start) = (start, start);
    let mut pieces = reader.stream(start, at);
    while let Some(piece) = pieces.next() {
        let piece = piece.map_err(read_error)?;
        if let Some(last) = memchr::memrchr(b'\n', &piece) {
            found = piece_start + last as u64 + 1;
        }
        piece_start += piece.len() as u64;
        pieces.recycle(piece);
    }
    Ok(found)
}

/// The byte behind the first `\n` at or after `from`.
pub fn next_line_start(reader: &StagedReader, from: u64) -> Result<Option<u64>, IntakeError> {
    // Most lines are short: a first small look saves reading a whole piece.
    const LOOK_BYTES: u64 = 16 << 10;
    let mut at = from;
    for end in [from.saturating_add(LOOK_BYTES), u64::MAX] {
        let mut pieces = reader.stream(at, end);
        while let Some(piece) = pieces.next() {
            let piece = piece.map_err(read_error)?;
            if let Some(found) = memchr::memchr(b'\n', &piece) {
                return Ok(Some(at + found as u64 + 1));
            }
            at += piece.len() as u64;
            pieces.recycle(piece);
        }
    }
    Ok(None)
}

fn read_error(error: io::Error) -> IntakeError {
    if Fault::is_in(&error) { IntakeError::from_read(error) } else { IntakeError::Staged { reason: "a frame cannot be decompressed" } }
}

fn chunks(borders: &[u64], len: u64) -> Vec<Chunk> {
    let ends = borders.iter().skip(1).copied().chain([len]);
    let spans = borders.iter().copied().zip(ends).filter(|(start, end)| start < end);
    spans.map(|(start, end)| Chunk { start, end, context: Vec::new() }).collect()
}

/// Cuts at a scanner's marks, about every `chunk_bytes`: at the last mark that keeps a chunk within that, or failing that at the next one.
/// Marks that go backwards or lie outside are not used. The chunks tile the member.
pub fn chunks_from_cuts(cuts: &[CutPoint], len: u64, chunk_bytes: u64) -> Vec<Chunk> {
    let at_start = cuts.first().filter(|cut| cut.offset == 0).map_or(&[][..], |cut| &cut.context);
    let (mut start, mut context) = (0, at_start);
    let mut chosen = Vec::new();
    let mut best: Option<&CutPoint> = None;
    let mut highest = 0;
    for cut in cuts.iter().filter(|cut| cut.offset > 0 && cut.offset < len) {
        if cut.offset <= highest {
            continue;
        }
        highest = cut.offset;
        if cut.offset - start > chunk_bytes {
            let at = best.take().unwrap_or(cut);
            chosen.push(Chunk { start, end: at.offset, context: context.to_vec() });
            (start, context) = (at.offset, &at.context);
        }
        if cut.offset > start {
            best = Some(cut);
        }
    }
    if start < len
        && len - start > chunk_bytes
        && let Some(at) = best
    {
        chosen.push(Chunk { start, end: at.offset, context: context.to_vec() });
        (start, context) = (at.offset, &at.context);
    }
    if start < len {
        chosen.push(Chunk { start, end: len, context: context.to_vec() });
    }
    chosen
}

/// The whole member as one chunk; none if it is empty.
pub fn whole(len: u64) -> Vec<Chunk> {
    chunks(&[0], len)
}
