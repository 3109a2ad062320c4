//! Merge: the sorted runs of a load, or the segments of several, become one segment a kind: accounts, which are most of the work, beside
//! the two of passwords, one after the other.
//!
//! Objects are opened as their turn comes; how many at once, and the passes beyond that, are [`ranges::merge`]'s to bound.

use std::thread;

use sluice_record::{FailureKind, Frame, LoadId, RunKind, RunRef, SegmentRef, TaskFailure, TaskId, TaskOutcome};
use sluice_store::{
    objects::keys,
    ranges::{self, Merged, Output},
};
use tokio::runtime::Handle;

use crate::{Watch, Worker, failure};

pub(crate) fn merge(
    worker: &Worker,
    task: TaskId,
    load: Option<LoadId>,
    runs: &[RunRef],
    segments: &[SegmentRef],
    keep: &[LoadId],
    watch: &Watch,
) -> Result<TaskOutcome, TaskFailure> {
    let mut keep = keep.to_vec();
    keep.extend(load);
    keep.sort_unstable();
    keep.dedup();
    let merge_kind = |kind| {
        let runs = runs.iter().filter(|run| run.kind == kind).map(|run| &run.object);
        let segments = segments.iter().filter(|segment| segment.kind == kind).map(|segment| &segment.object);
        merge_kind(worker, task, kind, &runs.chain(segments).collect::<Vec<_>>(), &keep, watch)
    };
    let runtime = Handle::current();
    let merged = thread::scope(|scope| {
        let accounts = scope.spawn(|| {
            let _within = runtime.enter(); // objects are written there
            merge_kind(RunKind::Account)
        });
        let passwords = [RunKind::Sha1, RunKind::Ntlm].map(|kind| (kind, merge_kind(kind)));
        let failed = |_| Err(TaskFailure::new(FailureKind::Transient, "merging accounts failed"));
        let accounts = (RunKind::Account, accounts.join().unwrap_or_else(failed));
        passwords.into_iter().chain([accounts])
    });
    let mut merged_segments = Vec::new();
    let (mut accounts, mut passwords) = (0, 0);
    for (kind, outcome) in merged {
        let Some((object, merged)) = outcome? else { continue };
        metrics::counter!("sluice_merge_rows_total", "kind" => kind.name()).increment(merged.rows);
        match kind {
            RunKind::Account => accounts = merged.distinct,
            RunKind::Sha1 => passwords = merged.distinct,
            RunKind::Ntlm => {}
        }
        merged_segments.push(SegmentRef { kind, object, rows: merged.rows, loads: keep.clone() });
    }
    Ok(TaskOutcome::Merged { segments: merged_segments, accounts, passwords })
}

/// One kind's segment; `None` if there is nothing of that kind.
fn merge_kind(
    worker: &Worker,
    task: TaskId,
    kind: RunKind,
    objects: &[&Frame],
    keep: &[LoadId],
    watch: &Watch,
) -> Result<Option<(Frame, Merged)>, TaskFailure> {
    watch.check()?;
    if objects.is_empty() {
        return Ok(None);
    }
    let inputs = objects.iter().map(|object| Ok(worker.objects.open(object)?.reader()));
    let mut writer = worker.objects.writer(&keys::range(kind, task)).map_err(|error| failure::store(&error))?;
    let merged =
        ranges::merge(kind, Output::Segment, keep, inputs, &worker.scratch, &mut writer).map_err(|error| failure::ranges(&error))?;
    let object = writer.finish().map_err(|error| failure::store(&error))?;
    watch.advance(objects.iter().map(|object| object.bytes).sum(), 0);
    Ok(Some((object, merged)))
}
