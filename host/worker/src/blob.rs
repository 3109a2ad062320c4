//! Objects as the random-access bytes intake reads.

use std::{io, sync::Arc};

use sluice_intake::{Blob, PartsBlob, SourceKind, StagedReader};
use sluice_record::{Frame, StagedSource, TaskFailure};
use sluice_store::objects::{BlockingObject, Objects};

use crate::failure;

struct ObjectBlob(BlockingObject);

impl Blob for ObjectBlob {
    fn len(&self) -> u64 {
        self.0.len()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read_at(buf, offset)
    }
}

/// Objects one after another.
pub(crate) fn parts(objects: &Objects, parts: &[Frame]) -> Result<Arc<dyn Blob>, TaskFailure> {
    let blobs: Result<Vec<Arc<dyn Blob>>, TaskFailure> = parts
        .iter()
        .map(|frame| {
            let object = objects.open(frame).map_err(|error| failure::store(&error))?;
            Ok(Arc::new(ObjectBlob(object)) as Arc<dyn Blob>)
        })
        .collect();
    let mut blobs = blobs?;
    Ok(if blobs.len() == 1 { blobs.remove(0) } else { Arc::new(PartsBlob::new(blobs)) })
}

/// A staged member, open for reading by range.
pub(crate) fn staged(objects: &Objects, source: &StagedSource) -> Result<StagedReader, TaskFailure> {
    let (blob, kind) = match source {
        StagedSource::Reference { parts: frames } => (parts(objects, frames)?, SourceKind::Reference),
        StagedSource::Frames { object } => (parts(objects, std::slice::from_ref(object))?, SourceKind::Frames),
    };
    StagedReader::open(blob, kind).map_err(|error| failure::intake(&error))
}
