//! Staging: a member decoded and rewritten as frames that can be read one by one, or found fit to serve as it stands.
//!
//! Memory: the caller's thread fills a frame while one thread of [`stage`]'s own hashes and compresses the one before and a third
//! waits in between: at most 4 frames of 8 MiB (16 MiB each where a legacy encoding grows by decoding) and 2 compressed ones, under
//! 80 MiB. [`check_reference`] holds 1 MiB.

use std::{
    io::{self, Read, Write},
    sync::mpsc,
    thread,
};

use sluice_record::{BlobDigest, InputKind, limits};
use zstd::{bulk::Compressor, zstd_safe::CParameter};

use crate::{IntakeError, Member, blob::read_full, decode::Decoder, encoding::char_border, frames::seek_table};

/// Raw bytes decoded at a time.
const BLOCK_BYTES: usize = 1 << 20;
/// How far before a full frame a line end is looked for.
const LINE_END_WITHIN_BYTES: usize = 1 << 20;
/// What an encoding's name is where nothing was decoded.
const BINARY: &str = "binary";

/// A member staged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Staged {
    /// BLAKE3 of the staged bytes, that is of what a plugin gets to see, before compression.
    pub digest: BlobDigest,
    /// Staged bytes.
    pub bytes: u64,
    /// What was decoded, by its WHATWG name; `UTF-8+windows-1252` for UTF-8 with stretches of another, `UTF-8 twice` where it was encoded twice; `binary` if nothing was.
    pub encoding: String,
    /// Bytes written to `out`.
    pub object_bytes: u64,
}

/// What [`check_reference`] found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reference {
    /// The dump's own bytes are the staged bytes.
    Fits {
        /// Their BLAKE3.
        digest: BlobDigest,
        /// How many.
        bytes: u64,
        /// As [`Staged::encoding`].
        encoding: String,
    },
    /// They are not: [`stage`] it.
    MustRewrite {
        /// The encoding that was found.
        encoding: String,
    },
}

/// Reads a member to its end and writes it to `out` as zstd frames of at most [`limits::FRAME_BYTES`] decoded bytes (level 1, ending
/// at a line end where one is near) with a seek table behind them; decoded to UTF-8 if `text` is wanted.
///
/// Data that breaks off is staged as far as it came, and the walk notes it. On an error what was written is to be dropped.
pub fn stage(member: &mut Member<'_>, want: InputKind, out: &mut dyn Write) -> Result<Staged, IntakeError> {
    thread::scope(|scope| {
        let (full, to_compress) = mpsc::sync_channel::<Vec<u8>>(1);
        let (compressed, to_write) = mpsc::sync_channel::<Compressed>(1);
        let (empty, to_fill) = mpsc::channel::<Vec<u8>>();
        let compressor = scope.spawn(move || compress_frames(to_compress, &compressed, &empty));
        let mut frames = Frames { full: Some(full), to_write, to_fill, out, table: Vec::new(), object_bytes: 0, bytes: 0 };
        let read = read_frames(member, want, &mut frames);
        let finished = read.and_then(|encoding| frames.finish().map(|()| encoding));
        let Frames { object_bytes, bytes, full, to_write, .. } = frames;
        // Hanging up lets the compressor end even if reading failed.
        drop((full, to_write));
        let digest = compressor.join().map_err(|_| IntakeError::io("compressing")(io::Error::other("its thread panicked")))?;
        Ok(Staged { encoding: finished?, digest: digest.map_err(IntakeError::io("compressing"))?, bytes, object_bytes })
    })
}

/// Reads a member to its end and hands on its decoded bytes in blocks of about a MiB, without staging them: for reading a file
/// at once. What `visit` leaves in its buffer is thrown away. Gives back the encoding, as [`Staged::encoding`].
///
/// # Errors
/// What went wrong with the member, or the visitor's own error.
pub fn decode<E: From<IntakeError>>(
    member: &mut Member<'_>,
    want: InputKind,
    visit: &mut dyn FnMut(&mut Vec<u8>) -> Result<(), E>,
) -> Result<String, E> {
    let mut decoder = Decoder::default();
    let (want, decoded_from) = still_wanted(member, want);
    let (mut text, mut done, mut last) = (Vec::with_capacity(2 * BLOCK_BYTES), 0, false);
    while !last {
        last = read_block(member, &mut text)?;
        match want {
            InputKind::Text => decoder.advance(&mut text, &mut done, last),
            InputKind::Bytes => done = text.len(),
        }
        let rest = text.split_off(done);
        visit(&mut text)?;
        text = rest;
        done = 0;
    }
    Ok(match want {
        InputKind::Text => decoder.encoding(),
        InputKind::Bytes => decoded_from.unwrap_or_else(|| BINARY.to_owned()),
    })
}

/// What was decoded when it was joined is not decoded again.
fn still_wanted(member: &Member<'_>, want: InputKind) -> (InputKind, Option<String>) {
    let decoded_from = member.decoded_from().map(str::to_owned);
    (if decoded_from.is_some() { InputKind::Bytes } else { want }, decoded_from)
}

/// Reads, decodes and cuts; gives back the encoding.
fn read_frames(member: &mut Member<'_>, want: InputKind, frames: &mut Frames<'_>) -> Result<String, IntakeError> {
    let mut decoder = Decoder::default();
    let (want, decoded_from) = still_wanted(member, want);
    let (mut text, mut done, mut last) = (Vec::with_capacity(limits::FRAME_BYTES + BLOCK_BYTES), 0, false);
    while !last {
        last = read_block(member, &mut text)?;
        match want {
            InputKind::Text => decoder.advance(&mut text, &mut done, last),
            InputKind::Bytes => done = text.len(),
        }
        while done >= limits::FRAME_BYTES || (last && done > 0) {
            let cut = frame_end(&text[..done]);
            let next = frames.empty_buffer();
            let frame = std::mem::replace(&mut text, next);
            text.extend_from_slice(&frame[cut..]);
            done -= cut;
            frames.push(frame, cut)?;
        }
    }
    Ok(match want {
        InputKind::Text => decoder.encoding(),
        InputKind::Bytes => decoded_from.unwrap_or_else(|| BINARY.to_owned()),
    })
}

/// Appends a block of raw bytes; says whether it was the last.
fn read_block(member: &mut Member<'_>, text: &mut Vec<u8>) -> Result<bool, IntakeError> {
    let count = member.by_ref().take(BLOCK_BYTES as u64).read_to_end(text).map_err(IntakeError::from_read)?;
    Ok(count < BLOCK_BYTES)
}

/// Where a frame ends that begins at `text[0]`: behind a line end if one is near the frame's bound, else at a character's.
fn frame_end(text: &[u8]) -> usize {
    if text.len() <= limits::FRAME_BYTES {
        return text.len();
    }
    let near = limits::FRAME_BYTES - LINE_END_WITHIN_BYTES;
    match memchr::memrchr(b'\n', &text[near..limits::FRAME_BYTES]) {
        Some(at) => near + at + 1,
        None => char_border(text, limits::FRAME_BYTES),
    }
}

struct Compressed {
    frame: Vec<u8>,
    bytes: u32,
}

/// The frames on their way out.
struct Frames<'a> {
    full: Option<mpsc::SyncSender<Vec<u8>>>,
    to_write: mpsc::Receiver<Compressed>,
    to_fill: mpsc::Receiver<Vec<u8>>,
    out: &'a mut dyn Write,
    table: Vec<(u32, u32)>,
    object_bytes: u64,
    bytes: u64,
}

impl Frames<'_> {
    fn empty_buffer(&self) -> Vec<u8> {
        self.to_fill.try_recv().unwrap_or_else(|_| Vec::with_capacity(limits::FRAME_BYTES + BLOCK_BYTES))
    }

    /// Sends the first `bytes` of a buffer to be compressed, and writes what has come back.
    fn push(&mut self, mut frame: Vec<u8>, bytes: usize) -> Result<(), IntakeError> {
        frame.truncate(bytes);
        self.bytes += bytes as u64;
        // The compressor hangs up when it fails; its error is found when it is joined.
        let mut frame = Some(frame);
        while let (Some(full), Some(waiting)) = (&self.full, frame.take()) {
            match full.try_send(waiting) {
                Ok(()) => {}
                Err(mpsc::TrySendError::Disconnected(_)) => self.full = None,
                Err(mpsc::TrySendError::Full(waiting)) => {
                    frame = Some(waiting);
                    match self.to_write.recv() {
                        Ok(compressed) => self.write(&compressed)?,
                        Err(mpsc::RecvError) => self.full = None,
                    }
                }
            }
        }
        while let Ok(compressed) = self.to_write.try_recv() {
            self.write(&compressed)?;
        }
        Ok(())
    }

    fn write(&mut self, compressed: &Compressed) -> Result<(), IntakeError> {
        self.table.push((compressed.frame.len() as u32, compressed.bytes));
        self.write_bytes(&compressed.frame)
    }

    fn write_bytes(&mut self, bytes: &[u8]) -> Result<(), IntakeError> {
        self.object_bytes += bytes.len() as u64;
        self.out.write_all(bytes).map_err(IntakeError::io("writing the staged member"))
    }

    fn finish(&mut self) -> Result<(), IntakeError> {
        self.full = None;
        while let Ok(compressed) = self.to_write.recv() {
            self.write(&compressed)?;
        }
        let table = seek_table(&self.table);
        self.write_bytes(&table)?;
        self.out.flush().map_err(IntakeError::io("writing the staged member"))
    }
}

/// Hashes and compresses frames until the sender hangs up.
fn compress_frames(
    frames: mpsc::Receiver<Vec<u8>>,
    compressed: &mpsc::SyncSender<Compressed>,
    empty: &mpsc::Sender<Vec<u8>>,
) -> io::Result<BlobDigest> {
    let mut compressor = Compressor::new(1)?;
    compressor.set_parameter(CParameter::ChecksumFlag(true))?;
    let mut digest = blake3::Hasher::new();
    for mut frame in frames {
        digest.update(&frame);
        let result = Compressed { frame: compressor.compress(&frame)?, bytes: frame.len() as u32 };
        if compressed.send(result).is_err() {
            break;
        }
        frame.clear();
        // Nobody may be left to fill it.
        let _ = empty.send(frame);
    }
    Ok(BlobDigest(*digest.finalize().as_bytes()))
}

/// Looks whether a plain dump ([`Member::is_plain_dump`]) may serve as it stands, in one pass over its bytes; the member itself is
/// not read by it and can be staged afterwards. A byte-order mark or any other encoding than UTF-8 must be rewritten; as
/// `bytes` everything fits.
pub fn check_reference(member: &Member<'_>, want: InputKind) -> Result<Reference, IntakeError> {
    let Some(blob) = member.blob() else {
        return Ok(Reference::MustRewrite { encoding: crate::detect(member.head()).encoding.to_owned() });
    };
    let mut decoder = Decoder::default();
    let mut hasher = blake3::Hasher::new();
    let (mut text, mut done, mut at) = (Vec::new(), 0, 0);
    loop {
        let waiting = text.len();
        text.resize(waiting + BLOCK_BYTES, 0);
        let count = read_full(&**blob, at, &mut text[waiting..]).map_err(IntakeError::from_read)?;
        text.truncate(waiting + count);
        at += count as u64;
        let last = count < BLOCK_BYTES;
        hasher.update(&text[waiting..]);
        match want {
            InputKind::Text => decoder.advance(&mut text, &mut done, last),
            InputKind::Bytes => done = text.len(),
        }
        if decoder.changes() {
            return Ok(Reference::MustRewrite { encoding: decoder.encoding() });
        }
        text.drain(..done);
        done = 0;
        if last {
            break;
        }
    }
    let encoding = match want {
        InputKind::Text => decoder.encoding(),
        InputKind::Bytes => BINARY.to_owned(),
    };
    Ok(Reference::Fits { digest: BlobDigest(*hasher.finalize().as_bytes()), bytes: at, encoding })
}
