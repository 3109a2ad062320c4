//! Random access to bytes at rest: a file, an object, several of them in a row, a stretch of one.

use std::{
    io::{self, Read, Seek, SeekFrom},
    sync::Arc,
};

use cap_std::fs::{Dir, File, FileExt};

use crate::error::Fault;

/// Bytes at rest that can be read from anywhere: a dump, a staged object.
#[allow(clippy::len_without_is_empty)] // nothing asks
pub trait Blob: Send + Sync {
    /// Length in bytes; it does not change.
    fn len(&self) -> u64;

    /// Reads at a byte offset; fewer bytes than asked for are fine, none means `offset` is at or past the end.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize>;
}

/// A file, opened through a folder capability.
#[derive(Debug)]
pub struct FileBlob {
    file: File,
    len: u64,
}

impl FileBlob {
    /// Opens a file of a folder.
    pub fn open(dir: &Dir, path: &str) -> io::Result<Self> {
        Self::new(dir.open(path)?)
    }

    /// Takes an open file, whose length must not change from here on.
    pub fn new(file: File) -> io::Result<Self> {
        let len = file.metadata()?.len();
        Ok(Self { file, len })
    }
}

impl Blob for FileBlob {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        self.file.read_at(buf, offset)
    }
}

impl Blob for Vec<u8> {
    fn len(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.get(offset..)).unwrap_or_default();
        let count = rest.len().min(buf.len());
        buf[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}

/// Several blobs, one after another.
pub struct PartsBlob {
    /// Each with the offset of its first byte.
    parts: Vec<(u64, Arc<dyn Blob>)>,
    len: u64,
}

impl PartsBlob {
    /// In their order.
    pub fn new(blobs: impl IntoIterator<Item = Arc<dyn Blob>>) -> Self {
        let mut len = 0;
        let parts = blobs.into_iter().map(|blob| {
            let start = len;
            len += blob.len();
            (start, blob)
        });
        let parts = parts.collect();
        Self { parts, len }
    }
}

impl Blob for PartsBlob {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        if offset >= self.len {
            return Ok(0);
        }
        // Empty parts share their start with the next one; the last that starts here is the one with bytes.
        let index = self.parts.partition_point(|(start, _)| *start <= offset) - 1;
        let (start, blob) = &self.parts[index];
        blob.read_at(offset - start, buf)
    }
}

/// A stretch of a blob.
pub struct SliceBlob {
    blob: Arc<dyn Blob>,
    start: u64,
    len: u64,
}

impl SliceBlob {
    /// As much of `start .. start + len` as the blob has.
    pub fn new(blob: Arc<dyn Blob>, start: u64, len: u64) -> Self {
        let start = start.min(blob.len());
        let len = len.min(blob.len() - start);
        Self { blob, start, len }
    }
}

impl Blob for SliceBlob {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let left = self.len.saturating_sub(offset);
        let wanted = buf.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        if wanted == 0 {
            return Ok(0);
        }
        self.blob.read_at(self.start + offset, &mut buf[..wanted])
    }
}

/// A blob read from front to back. Its errors are marked as the source's, so that no decoder's complaint is taken for them.
#[derive(Clone)]
pub(crate) struct BlobReader {
    blob: Arc<dyn Blob>,
    at: u64,
}

impl BlobReader {
    pub(crate) const fn new(blob: Arc<dyn Blob>, at: u64) -> Self {
        Self { blob, at }
    }
}

impl Read for BlobReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = read_marked(&*self.blob, self.at, buf)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for BlobReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.blob.len().checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = to.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

/// Fills `buf` from `offset` on as far as there are bytes.
pub(crate) fn read_full(blob: &dyn Blob, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buf.len() {
        match read_marked(blob, offset + filled as u64, &mut buf[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}

fn read_marked(blob: &dyn Blob, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
    loop {
        match blob.read_at(offset, buf) {
            // An object that shrank under us would otherwise look like a clean end.
            Ok(0) if offset < blob.len() && !buf.is_empty() => {
                return Err(io::Error::other(Fault::Source(io::ErrorKind::UnexpectedEof.into())));
            }
            Ok(count) => return Ok(count),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(io::Error::other(Fault::Source(error))),
        }
    }
}
