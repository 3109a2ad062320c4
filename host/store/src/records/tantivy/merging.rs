//! Which segments are merged: those that are small by what merging them takes.
//!
//! Tantivy's own policy knows the size of each segment alone. Merging holds two tables of all documents that are merged, and each
//! segment's stored rows in one piece, so its memory is bounded here by both; a segment past the bound is left as it is.
//!
//! While tasks are writing, what merging takes is taken from them, and right behind them from the load's publishing: it waits until
//! nobody has written for a while, unless there are so many segments that opening and searching them would show.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tantivy::{
    index::{SegmentComponent, SegmentMeta},
    indexer::{LogMergePolicy, MergeCandidate, MergePolicy},
};

use super::directory::IndexFolder;

/// Stored rows of a segment that is still merged.
const STORED_BYTES_MAX: u64 = 32 << 20;
/// Documents of a segment that is still merged.
const DOCUMENTS_MAX: usize = 1_000_000;
/// Documents of one merge, 16 bytes each while it runs.
const MERGED_DOCUMENTS_MAX: u64 = 1_500_000;
/// Segments below this many documents count as equally small.
const SMALL_DOCUMENTS: u32 = 50_000;
/// Segments of a size before they are merged.
const SEGMENTS_MIN: usize = 8;
/// Segments, all told, above which they are merged even while tasks are writing; each has six files open.
const SEGMENTS_WHILE_WRITING_MAX: usize = 80;
/// Deleted part of a segment above which it is rewritten.
const DELETED_RATIO_MAX: f32 = 0.3;

#[derive(Debug)]
pub(super) struct BoundedMerges {
    folder: IndexFolder,
    is_at_rest: Arc<AtomicBool>,
    by_documents: LogMergePolicy,
}

impl BoundedMerges {
    /// `is_at_rest` says whether nobody has written for a while.
    pub(super) fn new(folder: IndexFolder, is_at_rest: Arc<AtomicBool>) -> Self {
        let mut by_documents = LogMergePolicy::default();
        by_documents.set_max_docs_before_merge(DOCUMENTS_MAX);
        by_documents.set_min_layer_size(SMALL_DOCUMENTS);
        by_documents.set_min_num_segments(SEGMENTS_MIN);
        by_documents.set_del_docs_ratio_before_merge(DELETED_RATIO_MAX);
        Self { folder, is_at_rest, by_documents }
    }

    fn is_small(&self, segment: &SegmentMeta) -> bool {
        self.folder.file_bytes(&segment.relative_path(SegmentComponent::Store)) <= STORED_BYTES_MAX
    }
}

impl MergePolicy for BoundedMerges {
    fn compute_merge_candidates(&self, segments: &[SegmentMeta]) -> Vec<MergeCandidate> {
        if !self.is_at_rest.load(Ordering::Relaxed) && segments.len() <= SEGMENTS_WHILE_WRITING_MAX {
            return Vec::new();
        }
        let small: Vec<SegmentMeta> = segments.iter().filter(|segment| self.is_small(segment)).cloned().collect();
        let documents = |id| small.iter().find(|segment| segment.id() == id).map_or(0, |segment| u64::from(segment.max_doc()));
        let mut candidates = self.by_documents.compute_merge_candidates(&small);
        for MergeCandidate(ids) in &mut candidates {
            let mut merged = 0;
            let fitting = ids.iter().take_while(|id| {
                merged += documents(**id);
                merged <= MERGED_DOCUMENTS_MAX
            });
            ids.truncate(fitting.count().max(1));
        }
        candidates
    }
}
