//! A stream made seekable: in memory while it is small, else in a nameless file of the scratch folder that is gone with its last user.

use std::{
    io::{self, Read, Write},
    sync::Arc,
};

use cap_std::fs::Dir;

use crate::{Blob, FileBlob, IntakeError, error::Fault};

/// Bytes of a spooled stream that are kept in memory; a greater one goes to the scratch folder.
pub const SPOOL_MEMORY_BYTES_MAX: usize = 4 << 20;
const COPY_BYTES: usize = 256 << 10;

pub(crate) fn spool(reader: &mut dyn Read, scratch: &Dir, bytes_max: u64) -> Result<Arc<dyn Blob>, IntakeError> {
    let mut memory = Vec::new();
    read_up_to(reader, SPOOL_MEMORY_BYTES_MAX, &mut memory).map_err(IntakeError::from_read)?;
    if memory.len() < SPOOL_MEMORY_BYTES_MAX {
        return Ok(Arc::new(memory));
    }
    let writing = IntakeError::io("writing to the scratch folder");
    let mut file = cap_tempfile::TempFile::new_anonymous(scratch).map_err(&writing)?;
    let mut spooled = 0;
    while !memory.is_empty() {
        spooled += memory.len() as u64;
        if spooled > bytes_max {
            return Err(IntakeError::from_read(io::Error::other(Fault::Member(format!(
                "it is an archive within a stream that must be read from its end, and greater than {bytes_max} bytes: unpack the outer archive first"
            )))));
        }
        file.write_all(&memory).map_err(&writing)?;
        memory.clear();
        read_up_to(reader, COPY_BYTES, &mut memory).map_err(IntakeError::from_read)?;
    }
    Ok(Arc::new(FileBlob::new(file).map_err(writing)?))
}

/// Appends up to `bytes_max` bytes; fewer only at the end.
pub(crate) fn read_up_to(reader: &mut dyn Read, bytes_max: usize, into: &mut Vec<u8>) -> io::Result<usize> {
    reader.take(bytes_max as u64).read_to_end(into)
}
