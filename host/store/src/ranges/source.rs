//! Where a segment's bytes come from.

use std::{fs::File, io, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use moka::future::Cache;

use crate::objects::{Objects, read_exact_at};

/// Positioned reads of immutable objects. Many readers ask at once.
#[async_trait]
pub trait SegmentSource: Send + Sync + 'static {
    /// `bytes` bytes of `object` from `offset` on; fewer only if the object ends there.
    ///
    /// Must not block the thread it is polled on.
    ///
    /// # Errors
    /// If there is no such object, or it cannot be read.
    async fn read_at(&self, object: &str, offset: u64, bytes: usize) -> io::Result<Bytes>;

    /// No generation has the object any longer: what is held for it may go.
    async fn forget(&self, _object: &str) {}
}

/// Files kept open at most: a process has a thousand or so, and connections need them too.
const OPEN_FILES_MAX: u64 = 256;

/// Segments in an object store. Of a local one the files stay open, and what the page cache has is read on the spot: handing a
/// read to another thread and waiting for it costs ten times as much as the read.
#[derive(Debug)]
pub struct SegmentFiles {
    objects: Objects,
    open: Cache<String, Arc<File>>,
}

impl SegmentFiles {
    /// Of this store.
    pub fn new(objects: Objects) -> Self {
        Self { objects, open: Cache::new(OPEN_FILES_MAX) }
    }

    async fn open(&self, object: &str) -> io::Result<Arc<File>> {
        let open = self.open.try_get_with_by_ref(object, async {
            let (objects, key) = (self.objects.clone(), object.to_owned());
            tokio::task::spawn_blocking(move || objects.open_file(&key)).await?.map(Arc::new)
        });
        open.await.map_err(|error: Arc<io::Error>| io::Error::new(error.kind(), error))
    }
}

#[async_trait]
impl SegmentSource for SegmentFiles {
    async fn read_at(&self, object: &str, offset: u64, bytes: usize) -> io::Result<Bytes> {
        if !self.objects.is_local(object) {
            return self.objects.get_range(object, offset..offset + bytes as u64).await.map_err(io::Error::other);
        }
        let file = self.open(object).await?;
        let mut buffer = vec![0; bytes];
        if !is_read_at_once(&file, &mut buffer, offset) {
            buffer = tokio::task::spawn_blocking(move || read(&file, buffer, offset)).await??;
        }
        Ok(buffer.into())
    }

    async fn forget(&self, object: &str) {
        self.open.invalidate(object).await;
    }
}

/// Reads what needs no waiting for a disk, if that is all.
#[cfg(target_os = "linux")]
fn is_read_at_once(file: &File, buffer: &mut [u8], offset: u64) -> bool {
    let bytes = buffer.len();
    let mut parts = [io::IoSliceMut::new(buffer)];
    rustix::io::preadv2(file, &mut parts, offset, rustix::io::ReadWriteFlags::NOWAIT) == Ok(bytes)
}

#[cfg(not(target_os = "linux"))]
fn is_read_at_once(_: &File, _: &mut [u8], _: u64) -> bool {
    false
}

/// Reads as far as the file goes.
fn read(file: &File, mut buffer: Vec<u8>, offset: u64) -> io::Result<Vec<u8>> {
    let there = file.metadata()?.len().saturating_sub(offset).min(buffer.len() as u64) as usize;
    buffer.truncate(there);
    read_exact_at(file, &mut buffer, offset)?;
    Ok(buffer)
}
