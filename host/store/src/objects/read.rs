//! Blocking reads by position, for threads that parse and decompress.

use std::{
    fs::File,
    io::{self, Read},
};

use bytes::Bytes;
use cap_std::fs::Dir;
use object_store::path::Path as Key;
use sluice_record::Frame;
use tokio::runtime::Handle;

use super::Objects;
use crate::StoreError;

/// An object that any thread may read by position. A local one costs one positioned read; for the others the calling
/// thread waits on the runtime, so it must not be one of the runtime's own.
#[derive(Debug)]
pub struct BlockingObject {
    frame: Frame,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Local(File),
    Remote { objects: Objects, runtime: Handle },
}

impl BlockingObject {
    pub(super) fn local(folder: &Dir, key: &Key, frame: &Frame) -> Result<Self, StoreError> {
        let file = folder.open(key.as_ref()).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => StoreError::NotFound { what: frame.key.clone() },
            _ => StoreError::from_source("opening an object", error),
        })?;
        let bytes = file.metadata().map_err(|error| StoreError::from_source("opening an object", error))?.len();
        let object = Self { frame: frame.clone(), source: Source::Local(file.into_std()) };
        if bytes < frame.bytes { Err(object.is_short(bytes)) } else { Ok(object) }
    }

    pub(super) const fn remote(objects: Objects, frame: Frame, runtime: Handle) -> Self {
        Self { frame, source: Source::Remote { objects, runtime } }
    }

    fn is_short(&self, bytes: u64) -> StoreError {
        StoreError::Damaged { what: self.frame.key.clone(), reason: format!("it has {bytes} bytes instead of {}", self.frame.bytes) }
    }

    /// Its length in bytes.
    pub const fn len(&self) -> u64 {
        self.frame.bytes
    }

    /// Has it no bytes?
    pub const fn is_empty(&self) -> bool {
        self.frame.bytes == 0
    }

    /// Fills `buffer` from `offset` on as far as the object goes; returns the bytes read, 0 only at its end.
    ///
    /// # Errors
    /// The store's, as an I/O error that holds the [`StoreError`].
    pub fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let len = self.len().saturating_sub(offset).min(buffer.len() as u64) as usize;
        let buffer = &mut buffer[..len];
        match &self.source {
            Source::Local(file) => read_exact_at(file, buffer, offset)?,
            Source::Remote { .. } if buffer.is_empty() => {}
            Source::Remote { objects, runtime } => {
                let found = runtime.block_on(objects.get_range(&self.frame.key, offset..offset + len as u64))?;
                if found.len() < len {
                    return Err(self.is_short(offset + found.len() as u64).into());
                }
                buffer.copy_from_slice(&found);
            }
        }
        Ok(len)
    }

    /// A reader over all its bytes, from the first on.
    pub const fn reader(self) -> ObjectReader {
        ObjectReader { object: self, at: 0, ahead: Bytes::new() }
    }
}

#[cfg(unix)]
pub(crate) fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

#[cfg(windows)]
pub(crate) fn read_exact_at(file: &File, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !buffer.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, buffer, offset)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => (buffer, offset) = (&mut buffer[read..], offset + read as u64),
        }
    }
    Ok(())
}

/// Reads an object from its first byte to its last.
#[derive(Debug)]
pub struct ObjectReader {
    object: BlockingObject,
    at: u64,
    /// Of an object that is not on this machine: what was asked for beyond what was wanted, for each question costs a way.
    ahead: Bytes,
}

/// Bytes asked for at once.
const AHEAD_BYTES: u64 = 1 << 20;

impl Read for ObjectReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match &self.object.source {
            Source::Local(_) => self.object.read_at(buffer, self.at)?,
            Source::Remote { objects, runtime } => {
                let end = self.object.len().min(self.at + AHEAD_BYTES);
                if self.ahead.is_empty() && self.at < end {
                    self.ahead = runtime.block_on(objects.get_range(&self.object.frame.key, self.at..end))?;
                    if (self.ahead.len() as u64) < end - self.at {
                        return Err(self.object.is_short(self.at + self.ahead.len() as u64).into());
                    }
                }
                let taken = self.ahead.split_to(self.ahead.len().min(buffer.len()));
                buffer[..taken.len()].copy_from_slice(&taken);
                taken.len()
            }
        };
        self.at += read as u64;
        Ok(read)
    }
}
