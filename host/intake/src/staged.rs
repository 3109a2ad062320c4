//! A staged member read by range: only the frames that are touched are decompressed, and of the last one no more than is needed.
//!
//! A stream holds one piece of at most [`PIECE_BYTES`], 256 KiB of read-ahead and one zstd window (a megabyte or so at level 1).

use std::{
    io::{self, BufReader, Read},
    sync::Arc,
};

use crate::{
    Blob, IntakeError, SliceBlob,
    blob::{BlobReader, read_full},
    frames::{FramePlace, read_seek_table},
};

/// Bytes of a piece at most.
const PIECE_BYTES: usize = 1 << 20;
const READ_AHEAD_BYTES: usize = 256 << 10;

/// How a staged member's bytes lie in their blob.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SourceKind {
    /// As they are.
    Reference,
    /// As [`stage`](crate::stage()) wrote them.
    Frames,
}

/// A staged member, open for reading by range.
pub struct StagedReader {
    blob: Arc<dyn Blob>,
    /// Of [`SourceKind::Frames`], ascending and without a gap.
    frames: Option<Vec<FramePlace>>,
    len: u64,
}

impl StagedReader {
    /// Opens it; for frames this reads the seek table.
    pub fn open(blob: Arc<dyn Blob>, kind: SourceKind) -> Result<Self, IntakeError> {
        let frames = match kind {
            SourceKind::Reference => None,
            SourceKind::Frames => Some(read_seek_table(&*blob)?),
        };
        let len = match &frames {
            None => blob.len(),
            Some(frames) => frames.last().map_or(0, |frame| frame.start + u64::from(frame.bytes)),
        };
        Ok(Self { blob, frames, len })
    }

    /// Staged bytes.
    #[allow(clippy::len_without_is_empty)] // nothing asks
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// The bytes `start .. end` in pieces, in order; bounds past the end mean the end. After an error there is no more.
    pub fn stream(&self, start: u64, end: u64) -> StagedStream<'_> {
        let end = end.min(self.len);
        StagedStream { reader: self, at: start.min(end), end, frame: None, spare: Vec::new() }
    }

    /// The first decoded byte of the frame that has byte `at`; of a reference, which can be read from anywhere, `at` itself.
    pub(crate) fn frame_start(&self, at: u64) -> u64 {
        self.frames.as_ref().and_then(|frames| frames.get(frame_of(frames, at))).map_or(at, |frame| frame.start)
    }
}

fn frame_of(frames: &[FramePlace], at: u64) -> usize {
    frames.partition_point(|frame| frame.start + u64::from(frame.bytes) <= at)
}

type FrameReader = zstd::Decoder<'static, BufReader<BlobReader>>;

/// Pieces of a staged member.
pub struct StagedStream<'a> {
    reader: &'a StagedReader,
    at: u64,
    end: u64,
    /// The frame being read, and the byte of the member at which it ends.
    frame: Option<(FrameReader, u64)>,
    spare: Vec<u8>,
}

impl StagedStream<'_> {
    /// Gives a piece's memory back for the next one.
    pub fn recycle(&mut self, piece: Vec<u8>) {
        self.spare = piece;
    }

    fn read_piece(&mut self) -> io::Result<Vec<u8>> {
        let mut piece = std::mem::take(&mut self.spare);
        let wanted = PIECE_BYTES.min(usize::try_from(self.end - self.at).unwrap_or(PIECE_BYTES));
        match &self.reader.frames {
            None => {
                piece.resize(wanted, 0);
                if read_full(&*self.reader.blob, self.at, &mut piece)? < wanted {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            Some(frames) => {
                if self.frame.as_ref().is_none_or(|(_, frame_end)| *frame_end <= self.at) {
                    self.frame = Some(open_frame(self.reader, frames, self.at)?);
                }
                let Some((frame, frame_end)) = &mut self.frame else { return Err(io::ErrorKind::UnexpectedEof.into()) };
                let wanted = wanted.min(usize::try_from(*frame_end - self.at).unwrap_or(wanted));
                piece.resize(wanted, 0);
                frame.read_exact(&mut piece)?;
                // Reading on to the frame's very end has zstd check its checksum.
                if self.at + wanted as u64 == *frame_end && frame.read(&mut [0])? > 0 {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "a frame has more bytes than its seek table says"));
                }
            }
        }
        self.at += piece.len() as u64;
        Ok(piece)
    }
}

impl Iterator for StagedStream<'_> {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.end {
            return None;
        }
        let piece = self.read_piece();
        if piece.is_err() {
            self.at = self.end;
        }
        Some(piece)
    }
}

/// Opens the frame that has byte `at`, decoded up to there.
fn open_frame(reader: &StagedReader, frames: &[FramePlace], at: u64) -> io::Result<(FrameReader, u64)> {
    let frame = frames.get(frame_of(frames, at)).ok_or(io::ErrorKind::UnexpectedEof)?;
    let bytes = SliceBlob::new(Arc::clone(&reader.blob), frame.object_offset, u64::from(frame.object_bytes));
    let source = BufReader::with_capacity(READ_AHEAD_BYTES, BlobReader::new(Arc::new(bytes), 0));
    let mut decoder = zstd::Decoder::with_buffer(source)?;
    let before = at - frame.start;
    if io::copy(&mut decoder.by_ref().take(before), &mut io::sink())? < before {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok((decoder, frame.start + u64::from(frame.bytes)))
}
