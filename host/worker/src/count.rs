//! Count: how many accounts loads of a breach have together, one pass over their sorted segments; nothing is written.

use std::io;

use sluice_record::{LoadId, RunKind, SegmentRef, TaskFailure, TaskOutcome};
use sluice_store::ranges::{self, Output};

use crate::{Watch, Worker, failure};

pub(crate) fn count(worker: &Worker, loads: &[LoadId], segments: &[SegmentRef], watch: &Watch) -> Result<TaskOutcome, TaskFailure> {
    watch.check()?;
    let inputs = segments.iter().map(|segment| Ok(worker.objects.open(&segment.object)?.reader()));
    let merged = ranges::merge(RunKind::Account, Output::Run, loads, inputs, &worker.scratch, io::sink())
        .map_err(|error| failure::ranges(&error))?;
    watch.advance(segments.iter().map(|segment| segment.object.bytes).sum(), 0);
    Ok(TaskOutcome::Counted { accounts: merged.distinct })
}
