//! The zstd seekable format: independent frames, and a seek table in a skippable frame at the end, so that public tools read it too.
//! <https://github.com/facebook/zstd/blob/dev/contrib/seekable_format/zstd_seekable_compression_format.md>
//!
//! Frames carry their content's size and checksum; the table therefore carries no second checksum.

use sluice_record::limits;

use crate::{Blob, IntakeError, blob::read_full};

const SKIPPABLE_MAGIC: u32 = 0x184D_2A5E;
const SEEKABLE_MAGIC: u32 = 0x8F92_EAB1;
const HEADER_BYTES: usize = 8;
const ENTRY_BYTES: usize = 8;
const FOOTER_BYTES: usize = 9;
/// Frames of the greatest member there may be, twice over: some are shorter for the sake of a line end.
const FRAMES_MAX: u64 = 2 * (limits::MEMBER_BYTES_MAX / limits::FRAME_BYTES as u64);

/// Where one frame lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct FramePlace {
    /// Of its first byte in the object.
    pub(crate) object_offset: u64,
    pub(crate) object_bytes: u32,
    /// Of its first decoded byte in the member.
    pub(crate) start: u64,
    pub(crate) bytes: u32,
}

/// The seek table of frames given as (object bytes, decoded bytes).
pub(crate) fn seek_table(frames: &[(u32, u32)]) -> Vec<u8> {
    let body = frames.len() * ENTRY_BYTES + FOOTER_BYTES;
    let mut table = Vec::with_capacity(HEADER_BYTES + body);
    table.extend_from_slice(&SKIPPABLE_MAGIC.to_le_bytes());
    table.extend_from_slice(&(body as u32).to_le_bytes());
    for (object_bytes, bytes) in frames {
        table.extend_from_slice(&object_bytes.to_le_bytes());
        table.extend_from_slice(&bytes.to_le_bytes());
    }
    table.extend_from_slice(&(frames.len() as u32).to_le_bytes());
    table.push(0);
    table.extend_from_slice(&SEEKABLE_MAGIC.to_le_bytes());
    table
}

/// Reads the seek table at an object's end. It must account for every byte of the object.
pub(crate) fn read_seek_table(blob: &dyn Blob) -> Result<Vec<FramePlace>, IntakeError> {
    let damaged = |reason| IntakeError::Staged { reason };
    let reading = |offset, buf: &mut [u8]| read_full(blob, offset, buf).map_err(IntakeError::from_read);
    let mut footer = [0; FOOTER_BYTES];
    let footer_at = blob.len().checked_sub(FOOTER_BYTES as u64).ok_or(damaged("it is too short"))?;
    reading(footer_at, &mut footer)?;
    let number = |bytes: &[u8]| bytes.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
    if number(&footer[5..]) != SEEKABLE_MAGIC || footer[4] != 0 {
        return Err(damaged("its seek table is missing"));
    }
    let count = u64::from(number(&footer));
    let table_bytes = count * ENTRY_BYTES as u64;
    let table_at = footer_at.checked_sub(table_bytes).filter(|_| count <= FRAMES_MAX).ok_or(damaged("its seek table is too great"))?;
    let mut table = vec![0; table_bytes as usize];
    reading(table_at, &mut table)?;
    let (mut object_offset, mut start) = (0, 0);
    let frames: Vec<FramePlace> = table
        .chunks_exact(ENTRY_BYTES)
        .map(|entry| {
            let frame = FramePlace { object_offset, object_bytes: number(entry), start, bytes: number(&entry[4..]) };
            object_offset += u64::from(frame.object_bytes);
            start += u64::from(frame.bytes);
            frame
        })
        .collect();
    if object_offset + HEADER_BYTES as u64 != table_at || frames.iter().any(|frame| frame.bytes as usize > limits::FRAME_BYTES) {
        return Err(damaged("its seek table does not fit its frames"));
    }
    Ok(frames)
}
