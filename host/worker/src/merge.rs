//! Merge: the sorted runs of a load, or the segments of several, become one segment a kind.

use sluice_record::{LoadId, RunKind, RunRef, SegmentRef, TaskFailure, TaskId, TaskOutcome};
use sluice_store::{
    objects::keys,
    ranges::{self, Output},
};

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
    let mut merged_segments = Vec::new();
    let (mut accounts, mut passwords) = (0, 0);
    for kind in RunKind::ALL {
        watch.check()?;
        let runs = runs.iter().filter(|run| run.kind == kind).map(|run| &run.object);
        let objects: Vec<_> = runs.chain(segments.iter().filter(|segment| segment.kind == kind).map(|segment| &segment.object)).collect();
        if objects.is_empty() {
            continue;
        }
        let inputs = objects.iter().map(|object| Ok(worker.objects.open(object)?.reader()));
        let mut writer = worker.objects.writer(&keys::range(kind, task)).map_err(|error| failure::store(&error))?;
        let merged =
            ranges::merge(kind, Output::Segment, &keep, inputs, &worker.scratch, &mut writer).map_err(|error| failure::ranges(&error))?;
        let object = writer.finish().map_err(|error| failure::store(&error))?;
        watch.advance(objects.iter().map(|object| object.bytes).sum(), 0);
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
