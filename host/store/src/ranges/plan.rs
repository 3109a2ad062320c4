//! What a generation becomes when a load is published, retracted or when a compaction is done. Pure: it decides, others do.
//!
//! In a generation the segments of one kind cover disjoint loads. Every load has at most one own segment a kind, made from its
//! runs; a segment that covers several loads is a compacted copy of theirs and can always be made again.

use sluice_record::{LoadId, RunKind, SegmentRef};

/// With more of a kind than this, some are to be merged: a lookup asks each.
pub const SEGMENTS_PER_KIND_MAX: usize = 8;
/// A segment takes part in a compaction if it has at most this many times the rows of all smaller ones together: a row is
/// then merged a logarithmic number of times.
const ROWS_RATIO: u64 = 2;

/// The next generation, and what follows from it.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Plan {
    /// The next generation.
    pub segments: Vec<SegmentRef>,
    /// Merges worth doing, at most one a kind; [`plan_compacted`] takes their results.
    pub compactions: Vec<Compaction>,
    /// Compacted segments nobody needs once every reader has switched: their objects may be deleted. Own segments never are
    /// among them, they stay until their load is purged.
    pub obsolete: Vec<SegmentRef>,
}

/// Segments of one kind to be merged into one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Compaction {
    /// Of which kind.
    pub kind: RunKind,
    /// What to merge.
    pub segments: Vec<SegmentRef>,
    /// The loads that go on: all that the segments cover, ascending.
    pub keep: Vec<LoadId>,
}

/// Why there is no next generation.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PlanError {
    /// A segment covers published loads and others: publishing it would count the published ones twice.
    #[error("{segment} covers load {load}, which is published, and others")]
    Overlap {
        /// The new segment's object.
        segment: String,
        /// A load that is published.
        load: LoadId,
    },
    /// A compacted segment cannot be taken apart.
    #[error("load {load} has no {} segment of its own to put in the place of {segment}", .kind.name())]
    OwnSegmentMissing {
        /// Whose.
        load: LoadId,
        /// Which kind.
        kind: RunKind,
        /// The compacted segment's object.
        segment: String,
    },
}

/// The generation after publishing a load with the segments `new`. What is published already stays as it is, so that doing it
/// twice is doing it once.
///
/// # Errors
/// If a new segment covers a published load and another one.
pub fn plan_publish(current: &[SegmentRef], new: Vec<SegmentRef>) -> Result<Plan, PlanError> {
    let mut segments = current.to_vec();
    for segment in new {
        let mut published = segment.loads.iter().filter(|load| covers(&segments, segment.kind, **load));
        match published.next() {
            None => segments.push(segment),
            Some(load) if published.count() + 1 < segment.loads.len() => {
                return Err(PlanError::Overlap { load: *load, segment: segment.object.key });
            }
            Some(_) => {}
        }
    }
    Ok(Plan { compactions: compactions(&segments), segments, obsolete: Vec::new() })
}

/// The generation after retracting `load`: what covers it goes, and the own segments of the other loads covered take its place.
/// `own` may hold more segments than that.
///
/// # Errors
/// If an own segment that is needed is not in `own`.
pub fn plan_retract(current: &[SegmentRef], own: &[SegmentRef], load: LoadId) -> Result<Plan, PlanError> {
    let (gone, mut segments): (Vec<_>, Vec<_>) = current.iter().cloned().partition(|segment| segment.loads.contains(&load));
    for segment in &gone {
        for other in segment.loads.iter().filter(|other| **other != load) {
            let is_its = |own: &&SegmentRef| own.kind == segment.kind && own.loads == [*other];
            let Some(own) = own.iter().find(is_its) else {
                return Err(PlanError::OwnSegmentMissing { load: *other, kind: segment.kind, segment: segment.object.key.clone() });
            };
            segments.push(own.clone());
        }
    }
    Ok(Plan { compactions: compactions(&segments), segments, obsolete: compacted(gone) })
}

/// The generation once `compaction` is done and gave `merged`; `None` if one of its segments is no longer in `current` (a load
/// was retracted meanwhile): the result is to be thrown away.
pub fn plan_compacted(current: &[SegmentRef], compaction: &Compaction, merged: SegmentRef) -> Option<Plan> {
    let is_input = |segment: &SegmentRef| compaction.segments.iter().any(|input| input.object.key == segment.object.key);
    let (inputs, mut segments): (Vec<_>, Vec<_>) = current.iter().cloned().partition(is_input);
    if inputs.len() != compaction.segments.len() || merged.kind != compaction.kind || merged.loads != compaction.keep {
        return None;
    }
    segments.push(merged);
    Some(Plan { compactions: compactions(&segments), segments, obsolete: compacted(inputs) })
}

fn covers(segments: &[SegmentRef], kind: RunKind, load: LoadId) -> bool {
    segments.iter().any(|segment| segment.kind == kind && segment.loads.contains(&load))
}

fn compacted(segments: Vec<SegmentRef>) -> Vec<SegmentRef> {
    segments.into_iter().filter(|segment| segment.loads.len() > 1).collect()
}

fn compactions(segments: &[SegmentRef]) -> Vec<Compaction> {
    RunKind::ALL.into_iter().filter_map(|kind| compaction(kind, segments)).collect()
}

/// Merges the smallest, as many as it takes to get under the bound, and whoever is not much larger than those together.
fn compaction(kind: RunKind, segments: &[SegmentRef]) -> Option<Compaction> {
    let mut segments: Vec<_> = segments.iter().filter(|segment| segment.kind == kind).cloned().collect();
    if segments.len() <= SEGMENTS_PER_KIND_MAX {
        return None;
    }
    segments.sort_by(|left, right| (left.rows, &left.object.key).cmp(&(right.rows, &right.object.key)));
    let needed = segments.len() - SEGMENTS_PER_KIND_MAX + 1;
    let mut rows = 0_u64;
    let mut taken = 0;
    while taken < segments.len() && (taken < needed || segments[taken].rows <= rows.saturating_mul(ROWS_RATIO)) {
        rows = rows.saturating_add(segments[taken].rows);
        taken += 1;
    }
    segments.truncate(taken);
    let mut keep: Vec<_> = segments.iter().flat_map(|segment| segment.loads.iter().copied()).collect();
    keep.sort_unstable();
    Some(Compaction { kind, segments, keep })
}
