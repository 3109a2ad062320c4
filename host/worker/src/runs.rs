//! The runs of a parse task: its hashes, sorted and written as objects. That an object is on the disk is waited for at the end, while
//! the parser goes on; few are on their way at once.

use std::collections::VecDeque;

use sluice_normalise::Observations;
use sluice_record::{FailureKind, Frame, LoadId, RunKind, RunRef, TaskFailure, TaskId};
use sluice_store::{
    StoreError,
    objects::{Objects, keys},
    ranges::RunWriter,
};
use tokio::{runtime::Handle, task::JoinHandle};

use crate::failure;

/// A record of usual length, by which a chunk's hashes are guessed.
const RECORD_BYTES: u64 = 64;
/// Runs on their way to the disk.
const BEHIND_MAX: usize = 2;

pub(crate) struct Runs<'a> {
    sha1: RunWriter<20>,
    ntlm: RunWriter<16>,
    accounts: RunWriter<20>,
    written: Written<'a>,
}

type Writing = JoinHandle<Result<Frame, StoreError>>;

struct Written<'a> {
    objects: &'a Objects,
    load: LoadId,
    task: TaskId,
    runs: Vec<RunRef>,
    /// With their rows, the oldest first.
    behind: VecDeque<(RunKind, u64, Writing)>,
}

impl<'a> Runs<'a> {
    /// `memory_bytes` of hashes of each kind are held, of a chunk of so many bytes.
    pub(crate) fn new(objects: &'a Objects, load: LoadId, task: TaskId, memory_bytes: usize, chunk_bytes: u64) -> Self {
        let expected = usize::try_from(chunk_bytes / RECORD_BYTES).unwrap_or(usize::MAX);
        Self {
            sha1: RunWriter::sha1(load, memory_bytes).expecting(expected),
            ntlm: RunWriter::ntlm(load, memory_bytes).expecting(expected),
            accounts: RunWriter::account(load, memory_bytes).expecting(expected),
            written: Written { objects, load, task, runs: Vec::new(), behind: VecDeque::new() },
        }
    }

    /// Takes hashes over; writes a run of a kind that has enough of them, or has any if it is the `last` time.
    pub(crate) fn take(&mut self, observations: &mut Observations, last: bool) -> Result<(), TaskFailure> {
        observations.sha1.drain(..).for_each(|hash| self.sha1.push(hash));
        observations.ntlm.drain(..).for_each(|hash| self.ntlm.push(hash));
        observations.accounts.drain(..).for_each(|hash| self.accounts.push(hash));
        self.written.write(RunKind::Sha1, &mut self.sha1, last)?;
        self.written.write(RunKind::Ntlm, &mut self.ntlm, last)?;
        self.written.write(RunKind::Account, &mut self.accounts, last)
    }

    /// Waits until all that was written is on the disk.
    pub(crate) fn finish(mut self) -> Result<Vec<RunRef>, TaskFailure> {
        self.written.wait(0)?;
        Ok(self.written.runs)
    }

    /// Waits until nothing is on its way any more, so that nothing appears after the task has ended.
    pub(crate) fn give_up(mut self) {
        let _ = self.written.wait(0);
    }
}

impl Written<'_> {
    fn write<const N: usize>(&mut self, kind: RunKind, hashes: &mut RunWriter<N>, last: bool) -> Result<(), TaskFailure> {
        if hashes.is_empty() || !(last || hashes.is_full()) {
            return Ok(());
        }
        self.wait(BEHIND_MAX - 1)?;
        let kinds = self.runs.iter().map(|run| run.kind).chain(self.behind.iter().map(|run| run.0));
        let sequence = kinds.filter(|written| *written == kind).count() as u32;
        let key = self.objects.near(&keys::run(self.load, self.task, kind, sequence));
        let mut writer = self.objects.writer(&key).map_err(|error| failure::store(&error))?;
        let merged = hashes.write(&mut writer).map_err(|error| failure::ranges(&error))?;
        self.behind.push_back((kind, merged.rows, writer.finish_behind()));
        Ok(())
    }

    /// Waits until so many are left on their way, though one fails: what appears after a task has ended is nobody's.
    fn wait(&mut self, left: usize) -> Result<(), TaskFailure> {
        let mut outcome = Ok(());
        while self.behind.len() > left {
            let Some((kind, rows, writing)) = self.behind.pop_front() else { break };
            let failed = |error| TaskFailure::new(FailureKind::Transient, format!("writing a run failed: {error}"));
            match Handle::current().block_on(writing).map_err(failed).and_then(|object| object.map_err(|error| failure::store(&error))) {
                Ok(object) => self.runs.push(RunRef { kind, object, rows }),
                Err(failure) => outcome = outcome.and(Err(failure)),
            }
        }
        outcome
    }
}
