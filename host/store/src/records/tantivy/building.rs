//! Building: an attempt's documents become segments of its own, on the thread that writes them.
//!
//! Tantivy's own way is a queue that its indexing threads share: a commit waits until all have written out what they are at, whoever
//! it belongs to, and all who write wait with it. Here no attempt waits for another, one that is given up is forgotten with its
//! segments, and a disk that fails under one costs no other. Finished segments are handed to Tantivy's writer by a commit.

use tantivy::{
    Index, TantivyError,
    index::{Segment, SegmentMeta},
    indexer::{AddOperation, SegmentWriter},
};

use super::document::{Row, Rows};

/// The least memory a segment is built in.
pub(super) const MEMORY_BYTES_MIN: usize = 8 << 20;
/// Documents between two looks at the memory.
const GROUP_DOCUMENTS: usize = 256;
/// What the segment's memory may grow by between two looks.
const MARGIN_BYTES: usize = 1 << 20;

/// The segments of one attempt, none of them committed yet.
#[derive(Default)]
pub(super) struct Builder {
    open: Option<Open>,
    finished: Vec<SegmentMeta>,
}

struct Open {
    segment: Segment,
    writer: SegmentWriter,
    memory_bytes: usize,
}

impl Builder {
    /// Indexes documents; a segment that takes more than `memory_bytes` is finished, and the next one begun.
    pub(super) fn add(&mut self, index: &Index, memory_bytes: usize, rows: Rows) -> Result<(), TantivyError> {
        let mut rows = Row::all(rows);
        while rows.len() > 0 {
            let open = match &mut self.open {
                Some(open) => open,
                none => none.insert(Open::new(index, memory_bytes)?),
            };
            for document in rows.by_ref().take(GROUP_DOCUMENTS) {
                // The stamp orders documents and deletions of one segment; these are never mixed.
                open.writer.add_document(AddOperation { opstamp: 0, document })?;
            }
            if open.writer.mem_usage() + MARGIN_BYTES >= open.memory_bytes {
                self.finish_open()?;
            }
        }
        Ok(())
    }

    /// Finishes what is open; gives all segments since the last time.
    pub(super) fn finish(&mut self) -> Result<Vec<SegmentMeta>, TantivyError> {
        self.finish_open()?;
        Ok(std::mem::take(&mut self.finished))
    }

    fn finish_open(&mut self) -> Result<(), TantivyError> {
        let Some(Open { segment, writer, .. }) = self.open.take() else { return Ok(()) };
        let documents = writer.max_doc();
        writer.finalize()?;
        let segment = segment.with_max_doc(documents);
        segment.meta().untrack_temp_docstore();
        self.finished.push(segment.meta().clone());
        Ok(())
    }
}

impl Open {
    fn new(index: &Index, memory_bytes: usize) -> Result<Self, TantivyError> {
        let memory_bytes = memory_bytes.max(MEMORY_BYTES_MIN);
        let segment = index.new_segment();
        Ok(Self { writer: SegmentWriter::for_segment(memory_bytes, segment.clone())?, segment, memory_bytes })
    }
}
