//! Scan: cuts a staged member into chunks, by the host at line ends or by the plugin's scanner.

use sluice_intake::{chunks_from_cuts, cut_lines, whole};
use sluice_record::{FailureKind, Framing, PluginDigest, StagedSource, TaskFailure, TaskOutcome};
use sluice_sandbox::{ChunkError, Feed, Start, scan_member};

use crate::{Watch, Worker, blob, failure};

pub(crate) fn scan(
    worker: &Worker,
    start: Start<'_>,
    source: &StagedSource,
    plugin: PluginDigest,
    framing: Framing,
    watch: &Watch,
) -> Result<TaskOutcome, TaskFailure> {
    let reader = blob::staged(&worker.objects, source)?;
    let chunk_bytes = worker.options.chunk_bytes;
    let chunks = match framing {
        Framing::Lines => cut_lines(&reader, chunk_bytes).map_err(|error| failure::intake(&error))?,
        Framing::Whole => whole(reader.len()),
        // Context at the start is only ever asked for behind a cut.
        Framing::Marks if reader.len() <= chunk_bytes => whole(reader.len()),
        Framing::Marks => {
            let plugin = worker.plugins.pinned(plugin)?;
            let mut pieces = reader.stream(0, reader.len());
            let (mut piece, mut taken) = (Vec::new(), 0);
            let mut read = |buffer: &mut Vec<u8>, wanted: usize| -> Result<bool, TaskFailure> {
                if taken == piece.len() {
                    watch.check()?;
                    pieces.recycle(std::mem::take(&mut piece));
                    let Some(next) = pieces.next() else { return Ok(false) };
                    (piece, taken) = (next.map_err(|error| failure::of(FailureKind::Transient, &error))?, 0);
                    watch.advance(piece.len() as u64, 0);
                }
                let some = &piece[taken..piece.len().min(taken + wanted)];
                buffer.extend_from_slice(some);
                taken += some.len();
                Ok(true)
            };
            let cuts = scan_member(&plugin, start, chunk_bytes / 8, Feed::default(), &mut read).map_err(sorted)?;
            chunks_from_cuts(&cuts, reader.len(), chunk_bytes)
        }
    };
    Ok(TaskOutcome::Scanned { chunks })
}

pub(crate) fn sorted(error: ChunkError<TaskFailure>) -> TaskFailure {
    match error {
        ChunkError::Fault(fault) => fault.into(),
        ChunkError::Caller(failure) => failure,
    }
}
