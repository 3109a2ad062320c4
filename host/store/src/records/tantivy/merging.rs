//! Which segments are merged: those that are small by what merging them takes.
//!
//! Tantivy's own policy counts documents alone. Merging reads a segment's stored rows in one piece, so its memory is
//! bounded here by bytes; a segment past the bound is left as it is.

use tantivy::{
    index::{SegmentComponent, SegmentMeta},
    indexer::{LogMergePolicy, MergeCandidate, MergePolicy},
};

use super::directory::IndexFolder;

/// Stored rows of a segment that is still merged.
const STORED_BYTES_MAX: u64 = 64 << 20;
/// Documents of a segment that is still merged.
const DOCUMENTS_MAX: usize = 4_000_000;
/// Segments below this many documents count as equally small.
const SMALL_DOCUMENTS: u32 = 50_000;
/// Segments of a size before they are merged.
const SEGMENTS_MIN: usize = 8;
/// Deleted part of a segment above which it is rewritten.
const DELETED_RATIO_MAX: f32 = 0.3;

#[derive(Debug)]
pub(super) struct BoundedMerges {
    folder: IndexFolder,
    by_documents: LogMergePolicy,
}

impl BoundedMerges {
    pub(super) fn new(folder: IndexFolder) -> Self {
        let mut by_documents = LogMergePolicy::default();
        by_documents.set_max_docs_before_merge(DOCUMENTS_MAX);
        by_documents.set_min_layer_size(SMALL_DOCUMENTS);
        by_documents.set_min_num_segments(SEGMENTS_MIN);
        by_documents.set_del_docs_ratio_before_merge(DELETED_RATIO_MAX);
        Self { folder, by_documents }
    }
}

impl MergePolicy for BoundedMerges {
    fn compute_merge_candidates(&self, segments: &[SegmentMeta]) -> Vec<MergeCandidate> {
        let small: Vec<SegmentMeta> = segments
            .iter()
            .filter(|segment| self.folder.file_bytes(&segment.relative_path(SegmentComponent::Store)) <= STORED_BYTES_MAX)
            .cloned()
            .collect();
        self.by_documents.compute_merge_candidates(&small)
    }
}
