//! Where a segment's bytes come from.

use std::io;

use async_trait::async_trait;
use bytes::Bytes;

use crate::objects::Objects;

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
}

#[async_trait]
impl SegmentSource for Objects {
    async fn read_at(&self, object: &str, offset: u64, bytes: usize) -> io::Result<Bytes> {
        self.get_range(object, offset..offset + bytes as u64).await.map_err(io::Error::other)
    }
}
