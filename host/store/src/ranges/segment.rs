//! One segment, opened: its directory in memory, the rest read when asked for.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use sluice_record::{LoadId, RunKind, SegmentRef};

use super::{
    FormatError, RangesError, SegmentSource,
    error::FileError,
    format::{Block, FOOTER_BYTES, FRAME_HEAD_BYTES, Footer, FrameHead, Group, Header, Index, MAGIC, Tag, check_magic, parse_frame, span},
};

/// Names segments in the caches; an object that is opened again gets another.
static NEXT_ID: AtomicU64 = AtomicU64::new(0);

pub(crate) struct Segment {
    pub(crate) id: u64,
    pub(crate) reference: SegmentRef,
    groups: Vec<Group>,
    group_keys: Vec<u64>,
    source: Arc<dyn SegmentSource>,
}

impl Segment {
    /// Reads header, footer and directory, and refuses a file that is not what `reference` says.
    pub(crate) async fn open(reference: &SegmentRef, source: Arc<dyn SegmentSource>) -> Result<Self, RangesError> {
        let mut segment = Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            reference: reference.clone(),
            groups: Vec::new(),
            group_keys: Vec::new(),
            source,
        };
        segment.groups = segment.read_directory().await.map_err(|error| error.of(&reference.object.key))?;
        segment.group_keys = segment.groups.iter().map(|group| group.first_key).collect();
        Ok(segment)
    }

    async fn read_directory(&self) -> Result<Vec<Group>, FileError> {
        let header_bytes = Header::bytes_for(self.reference.loads.len());
        let refused = |offset, what| FileError::Format(FormatError { offset, what });
        let Some(footer_offset) = self.reference.object.bytes.checked_sub(FOOTER_BYTES as u64) else {
            return Err(refused(0, "cut short"));
        };
        let header = self.read(0, header_bytes).await?;
        check_magic(&header)?;
        let (_, payload) = parse_frame(&header.slice(MAGIC.len()..), MAGIC.len() as u64, Tag::Header)?;
        let header = Header::decode(&payload)?;
        if header.kind != self.reference.kind || !header.indexed || header.loads != self.reference.loads {
            return Err(refused(0, "another kind or other loads than its reference says"));
        }
        let footer = self.read(footer_offset, FOOTER_BYTES).await?;
        let (_, payload) = parse_frame(&footer, footer_offset, Tag::Footer)?;
        let footer = Footer::decode(&payload, footer_offset)?;
        if footer.rows != self.reference.rows || footer.directory_offset.checked_add(footer.directory_bytes) != Some(footer_offset) {
            return Err(refused(footer_offset, "other rows than its reference says"));
        }
        let directory_bytes = usize::try_from(footer.directory_bytes).map_err(|_| refused(footer_offset, "directory too long"))?;
        let directory = self.read(footer.directory_offset, directory_bytes).await?;
        let (_, payload) = parse_frame(&directory, footer.directory_offset, Tag::Directory)?;
        let groups = Group::decode_all(&payload, footer.directory_offset)?;
        let rows: u64 = groups.iter().map(|group| u64::from(group.rows)).sum();
        let within = groups.iter().all(|group| group.index_offset + u64::from(group.index_bytes) <= footer.directory_offset);
        if rows != footer.rows || !within {
            return Err(refused(footer.directory_offset, "directory differs from the footer"));
        }
        Ok(groups)
    }

    async fn read(&self, offset: u64, bytes: usize) -> Result<Bytes, FileError> {
        let read = self.source.read_at(&self.reference.object.key, offset, bytes).await.map_err(FileError::Io)?;
        if read.len() != bytes { Err(FormatError { offset, what: "cut short" }.into()) } else { Ok(read) }
    }

    pub(crate) const fn kind(&self) -> RunKind {
        self.reference.kind
    }

    pub(crate) fn load(&self, value: u64) -> Option<LoadId> {
        self.reference.loads.get(usize::try_from(value).ok()?).copied()
    }

    pub(crate) fn damaged(&self, offset: u64, what: &'static str) -> RangesError {
        FileError::Format(FormatError { offset, what }).of(&self.reference.object.key)
    }

    /// The groups that may hold keys from `low` to `high`.
    pub(crate) fn groups(&self, low: u64, high: u64) -> impl Iterator<Item = usize> + Send + use<> {
        span(&self.group_keys, low, high)
    }

    pub(crate) fn groups_len(&self) -> usize {
        self.groups.len()
    }

    pub(crate) fn group(&self, group: usize) -> &Group {
        &self.groups[group]
    }

    pub(crate) async fn read_index(&self, group: usize) -> Result<Index, RangesError> {
        let Group { blocks_offset, index_offset, index_bytes, .. } = self.groups[group];
        let read = async {
            let frame = self.read(index_offset, index_bytes as usize).await?;
            let (_, payload) = parse_frame(&frame, index_offset, Tag::Index)?;
            Ok(Index::decode(&payload, index_offset - blocks_offset, index_offset)?)
        };
        read.await.map_err(|error: FileError| error.of(&self.reference.object.key))
    }

    /// Blocks that lie next to one another, in one read.
    pub(crate) async fn read_blocks(&self, offset: u64, bytes: usize) -> Result<Vec<Block<Bytes>>, RangesError> {
        let read = async {
            let mut rest = self.read(offset, bytes).await?;
            let mut at = offset;
            let mut blocks = Vec::new();
            while !rest.is_empty() {
                let (head, payload): (FrameHead, Bytes) = parse_frame(&rest, at, Tag::Rows)?;
                let frame_bytes = FRAME_HEAD_BYTES + payload.len();
                blocks.push(Block::new(self.kind(), &head, payload, at)?);
                rest = rest.slice(frame_bytes..);
                at += frame_bytes as u64;
            }
            Ok(blocks)
        };
        read.await.map_err(|error: FileError| error.of(&self.reference.object.key))
    }
}
