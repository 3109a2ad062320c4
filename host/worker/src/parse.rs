//! Parse: a chunk's bytes become stored records, runs of hashes and a ledger. The data's way on one page:
//!
//! ```text
//! reader thread            this thread
//! staged frames ──pieces──▶ parse ── normalise ── protect ──docs──▶ write (record store's own threads)
//!                                                   └──hashes──▶ runs (object store)
//! ```
//! The channel of pieces is bounded and a full record store blocks `write`, so back-pressure reaches the reader.

use std::{
    collections::HashMap,
    sync::{Arc, mpsc},
    thread,
};

use sluice_intake::StagedReader;
use sluice_normalise::{Canonical, NormaliseOptions, Normaliser, Observations, protect};
use sluice_record::{
    Batch, Chunk, DocBatch, FailureKind, FencingToken, Fields, Item, Ledger, LoadId, MemberId, Part, PluginDigest, Policy, RunRef, Span,
    StagedSource, TaskFailure, TaskId, TaskOutcome,
};
use sluice_sandbox::{Feed, Start, parse_chunk};
use sluice_store::{
    objects::keys,
    records::{Attempt, RecordStore},
};
use tokio::{runtime::Handle, sync::OwnedSemaphorePermit};

use crate::{Watch, Worker, blob, failure, narrow, reject_log::RejectLog, runs::Runs, scan::sorted};

/// Pieces read ahead of the parser; a piece has up to a MiB.
const PIECES_AHEAD: usize = 2;

pub(crate) struct Task {
    pub(crate) id: TaskId,
    pub(crate) lease: FencingToken,
    pub(crate) load: LoadId,
    pub(crate) member: MemberId,
    pub(crate) name: String,
    pub(crate) parts: Vec<Part>,
    pub(crate) source: StagedSource,
    pub(crate) plugin: PluginDigest,
    pub(crate) policy: Policy,
    pub(crate) chunk: Chunk,
}

/// Another task may compute in this one's place when it gives its permit up, which it does before it waits for the disk.
pub(crate) fn parse(worker: &Worker, task: &Task, watch: &Watch, computing: OwnedSemaphorePermit) -> Result<TaskOutcome, TaskFailure> {
    let plugin = worker.plugins.pinned(task.plugin)?;
    let reader = blob::staged(&worker.objects, &task.source)?;
    let (start, end) = (task.chunk.start, task.chunk.end.min(reader.len()));
    let mut writing = Writing::begin(worker, task, end - start)?;
    let mut way = Way::new(task, watch);
    let feed = Feed { push_bytes: narrow::push_bytes(end - start), ..Feed::default() };
    let at = Start { name: &task.name, base: start, context: &task.chunk.context, options: "", parts: &task.parts };
    let parsed = with_pieces(&reader, start, end, |read| {
        parse_chunk(&plugin, at, feed, read, &mut |batch: &mut Batch| {
            watch.check()?;
            way.batch(batch);
            writing.take(&mut way, false)
        })
        .map_err(sorted)
    });
    if let Err(mut failure) = parsed.and_then(|_| writing.take(&mut way, true)) {
        writing.runs.give_up();
        discard(worker, task);
        failure.cuts = narrow::cuts(&plugin, &reader, at, &task.chunk, &failure);
        return Err(failure);
    }
    drop(computing);
    way.ledger.bytes = end - start;
    way.value_rejects.iter().for_each(|(reason, count)| way.ledger.value_rejects.add(reason, *count));
    let runs = writing.finish()?;
    let reject_log = way.rejects.write(&worker.objects, &worker.objects.near(&keys::rejects(task.load, task.member, task.id)))?;
    count(&way.ledger);
    Ok(TaskOutcome::Parsed { ledger: way.ledger, runs, reject_log })
}

/// Takes back what a failed attempt wrote: if nobody tries again, its records must not count. Failing that the next attempt does it,
/// and verify finds what is left.
fn discard(worker: &Worker, task: &Task) {
    let discarding = async {
        let attempt = worker.records.begin(task.load, task.id, task.lease).await?;
        worker.records.commit(attempt).await
    };
    if let Err(error) = Handle::current().block_on(discarding) {
        tracing::warn!(task = %task.id, "what the failed attempt wrote could not be taken back: {error}");
    }
}

/// Reads and decompresses on a thread of its own; `parse` gets a function that appends about as many bytes as wanted.
fn with_pieces<T>(
    reader: &StagedReader,
    start: u64,
    end: u64,
    parse: impl FnOnce(&mut dyn FnMut(&mut Vec<u8>, usize) -> Result<bool, TaskFailure>) -> Result<T, TaskFailure>,
) -> Result<T, TaskFailure> {
    thread::scope(|scope| {
        let (full, pieces) = mpsc::sync_channel(PIECES_AHEAD);
        let (empty, spare) = mpsc::channel::<Vec<u8>>();
        scope.spawn(move || {
            let mut stream = reader.stream(start, end);
            while let Some(piece) = stream.next() {
                // The parser gave up if nobody listens.
                if full.send(piece).is_err() {
                    return;
                }
                while let Ok(piece) = spare.try_recv() {
                    stream.recycle(piece);
                }
            }
        });
        let (mut piece, mut taken) = (Vec::new(), 0);
        parse(&mut |buffer, wanted| {
            if taken == piece.len() {
                // The reader may be done with its buffers.
                let _ = empty.send(std::mem::take(&mut piece));
                taken = 0;
                match pieces.recv() {
                    Err(_) => return Ok(false),
                    Ok(next) => piece = next.map_err(|error| failure::of(FailureKind::Transient, &error))?,
                }
            }
            let some = &piece[taken..piece.len().min(taken + wanted)];
            buffer.extend_from_slice(some);
            taken += some.len();
            Ok(true)
        })
    })
}

/// Normalise and protect, record by record; what is to be written collects in `docs` and `observations`.
struct Way<'a> {
    policy: Policy,
    watch: &'a Watch,
    normaliser: Normaliser,
    canonical: Canonical,
    docs: DocBatch,
    observations: Observations,
    ledger: Ledger,
    value_rejects: HashMap<&'static str, u64>,
    rejects: RejectLog,
}

impl<'a> Way<'a> {
    fn new(task: &Task, watch: &'a Watch) -> Self {
        Self {
            policy: task.policy,
            watch,
            normaliser: Normaliser::new(NormaliseOptions::default()),
            canonical: Canonical::default(),
            docs: DocBatch::new(task.load, task.member, task.id),
            observations: Observations::default(),
            ledger: Ledger::default(),
            value_rejects: HashMap::new(),
            rejects: RejectLog::new(task.member, &task.name, &task.parts),
        }
    }

    fn batch(&mut self, batch: &Batch) {
        let records = self.ledger.records;
        for item in batch.items() {
            match item {
                Item::Record { span, fields } => self.record(batch.base, span, fields),
                Item::Skip { span } => self.ledger.skip_bytes += u64::from(span.len),
                Item::Reject { span, reason } => {
                    let reason = std::str::from_utf8(reason).unwrap_or("other");
                    self.ledger.reject_bytes += u64::from(span.len);
                    self.ledger.parse_rejects.add(reason, 1);
                    self.rejects.add(batch.base + u64::from(span.offset), span.len, reason);
                }
                Item::Column { tag, name } => self.docs.name_column(tag, &String::from_utf8_lossy(name)),
            }
        }
        self.watch.advance(batch.input.len() as u64, self.ledger.records - records);
    }

    fn record(&mut self, base: u64, span: Span, fields: Fields<'_>) {
        self.ledger.records += 1;
        self.ledger.record_bytes += u64::from(span.len);
        let offset = base + u64::from(span.offset);
        let value_rejects = &mut self.value_rejects;
        match self.normaliser.normalise(fields, &mut self.canonical, &mut |reason| *value_rejects.entry(reason).or_default() += 1) {
            Ok(()) => {
                protect(self.policy, &self.canonical, offset, span.len, &mut self.docs, &mut self.observations);
                self.ledger.classes.merge(self.canonical.classes());
                self.ledger.stored += 1;
            }
            Err(reason) => {
                self.ledger.record_rejects.add(reason, 1);
                self.rejects.add(offset, span.len, reason);
            }
        }
    }
}

/// The stores' side of a task: bulk writes and runs.
struct Writing<'a> {
    records: &'a Arc<dyn RecordStore>,
    task: &'a Task,
    batch_bytes: usize,
    attempt: Attempt,
    runs: Runs<'a>,
}

impl<'a> Writing<'a> {
    fn begin(worker: &'a Worker, task: &'a Task, chunk_bytes: u64) -> Result<Self, TaskFailure> {
        let attempt =
            Handle::current().block_on(worker.records.begin(task.load, task.id, task.lease)).map_err(|error| failure::store(&error))?;
        let runs = Runs::new(&worker.objects, task.load, task.id, worker.options.run_memory_bytes, chunk_bytes);
        Ok(Self { records: &worker.records, task, batch_bytes: worker.options.batch_bytes, attempt, runs })
    }

    /// Takes what has collected: hashes at once, documents when there are enough for a bulk write, or if it is the `last` time.
    fn take(&mut self, way: &mut Way<'_>, last: bool) -> Result<(), TaskFailure> {
        way.ledger.passwords += way.observations.sha1.len() as u64;
        self.runs.take(&mut way.observations, last)?;
        if way.docs.bytes() < self.batch_bytes && !last || way.docs.is_empty() {
            return Ok(());
        }
        let empty = DocBatch::new(self.task.load, self.task.member, self.task.id);
        let docs = Arc::new(std::mem::replace(&mut way.docs, empty));
        Handle::current().block_on(self.records.write(self.attempt, Arc::clone(&docs))).map_err(|error| failure::store(&error))?;
        // The batch goes on with its memory and its columns; a store that still reads it leaves us a copy.
        way.docs = Arc::unwrap_or_clone(docs);
        way.docs.clear();
        Ok(())
    }

    /// Waits until all of it is on the disk.
    fn finish(self) -> Result<Vec<RunRef>, TaskFailure> {
        let runs = self.runs.finish()?;
        Handle::current().block_on(self.records.commit(self.attempt)).map_err(|error| failure::store(&error))?;
        Ok(runs)
    }
}

fn count(ledger: &Ledger) {
    metrics::counter!("sluice_parse_bytes_total").increment(ledger.bytes);
    metrics::counter!("sluice_parse_records_total").increment(ledger.records);
    metrics::counter!("sluice_parse_rejects_total").increment(ledger.parse_rejects.total());
    metrics::counter!("sluice_normalise_rejects_total").increment(ledger.record_rejects.total());
    metrics::counter!("sluice_write_records_total").increment(ledger.stored);
}
