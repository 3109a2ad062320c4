//! Compressed streams: which decoder reads which, and what it may ask for.
//!
//! What a decoder looks back on is asked for by the data, so it has a bound: zstd's and the others' own, gzip, bzip2 and lz4 have
//! one by their format (32 KiB, some 4 MiB, some 8 MiB).

use std::io::{self, BufRead, Read};

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;
use lz4_flex::frame::FrameDecoder;
use lzma_rust2::{LzmaReader, XzReader};

use crate::{IntakeError, IntakeLimits, format::Codec};

/// The widest zstd window that is opened, as a power of two: what `zstd -d` itself allows without being told.
const ZSTD_WINDOW_LOG_MAX: u32 = 27;

/// A decoder of the whole of `source`, of however many streams it is made.
pub(crate) fn decoder<'a>(codec: Codec, source: impl BufRead + 'a, limits: &IntakeLimits) -> Result<Box<dyn Read + 'a>, IntakeError> {
    let window_kib_max = u32::try_from(limits.window_bytes_max >> 10).unwrap_or(u32::MAX - 1);
    Ok(match codec {
        Codec::Gzip => Box::new(MultiGzDecoder::new(source)),
        Codec::Zstd => Box::new(zstd_decoder(source).map_err(IntakeError::io("setting up zstd"))?),
        Codec::Bzip2 => Box::new(MultiBzDecoder::new(source)),
        Codec::Xz => Box::new(XzReader::new_mem_limit(source, true, window_kib_max)),
        Codec::Lzma => match LzmaReader::new_mem_limit(source, window_kib_max, None) {
            Ok(decoder) => Box::new(decoder),
            Err(error) if error.kind() == io::ErrorKind::OutOfMemory => return Err(IntakeError::Member { reason: too_wide(limits) }),
            Err(error) => return Err(IntakeError::from_read(error)),
        },
        Codec::Lz4 => Box::new(Lz4Frames(FrameDecoder::new(source))),
    })
}

pub(crate) fn too_wide(limits: &IntakeLimits) -> String {
    let mib = limits.window_bytes_max >> 20;
    format!("it cannot be unpacked with {mib} MiB of memory, more than which is given to none: pack it again with a smaller dictionary")
}

fn zstd_decoder<'a, R: BufRead + 'a>(source: R) -> io::Result<zstd::Decoder<'a, R>> {
    let mut decoder = zstd::Decoder::with_buffer(source)?;
    decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
    Ok(decoder)
}

/// Frames one after another; the decoder stops at the end of each.
struct Lz4Frames<R: Read>(FrameDecoder<R>);

impl<R: Read> Read for Lz4Frames<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buf)? {
            0 => self.0.read(buf),
            count => Ok(count),
        }
    }
}
