//! Sorts hashes in bounded memory and writes them as runs.
//!
//! Hashes are spread by their first byte as they come, so that each part sorts within the processor's cache and nothing is
//! copied twice. What a run holds depends only on the hashes put in since the last one, not on their order; and a merge of
//! all runs does not depend on how they were split.

use std::io::Write;

use sluice_record::{LoadId, RunKind};

use super::{RangesError, error::write_error, format::Row, merge::Merged, write::RowWriter};

const PARTS: usize = 256;
/// Room that a part begins with at least.
const PART_HASHES_MIN: usize = 64;
/// Below this a part is too small to be worth its vector: 1 MiB.
pub const RUN_MEMORY_BYTES_MIN: usize = 1 << 20;

/// Collects the hashes of one task and load, `N` bytes each, and writes them as sorted runs.
///
/// Push until [`RunWriter::is_full`], then [`RunWriter::write`] an object, and so on; at the end write what is left.
#[derive(Debug)]
pub struct RunWriter<const N: usize> {
    kind: RunKind,
    load: LoadId,
    memory_bytes_max: usize,
    capacity_bytes: usize,
    /// Room that a part begins with.
    part_hashes: usize,
    hashes: usize,
    parts: Vec<Vec<[u8; N]>>,
}

impl RunWriter<20> {
    /// For SHA-1 of plain passwords: equal ones are counted.
    pub fn sha1(load: LoadId, memory_bytes_max: usize) -> Self {
        Self::new(RunKind::Sha1, load, memory_bytes_max)
    }

    /// For SHA-1 of accounts: equal ones are kept once.
    pub fn account(load: LoadId, memory_bytes_max: usize) -> Self {
        Self::new(RunKind::Account, load, memory_bytes_max)
    }
}

impl RunWriter<16> {
    /// For NTLM of plain passwords: equal ones are counted.
    pub fn ntlm(load: LoadId, memory_bytes_max: usize) -> Self {
        Self::new(RunKind::Ntlm, load, memory_bytes_max)
    }
}

impl<const N: usize> RunWriter<N> {
    fn new(kind: RunKind, load: LoadId, memory_bytes_max: usize) -> Self {
        let memory_bytes_max = memory_bytes_max.max(RUN_MEMORY_BYTES_MIN);
        Self { kind, load, memory_bytes_max, capacity_bytes: 0, part_hashes: PART_HASHES_MIN, hashes: 0, parts: vec![Vec::new(); PARTS] }
    }

    /// Makes room at once for about so many hashes, as far as its memory reaches: what grows is copied, and its new memory cleared.
    #[must_use]
    pub fn expecting(mut self, hashes: usize) -> Self {
        let hashes_max = self.memory_bytes_max / 3 * 2 / N;
        self.part_hashes = (hashes.min(hashes_max) / PARTS).max(PART_HASHES_MIN);
        self
    }

    /// Adds a hash.
    #[inline]
    pub fn push(&mut self, hash: [u8; N]) {
        let part = &mut self.parts[usize::from(hash[0])];
        if part.len() == part.capacity() {
            // By half, so that little is reserved in vain.
            let more = if part.is_empty() { self.part_hashes } else { (part.len() / 2).max(PART_HASHES_MIN) };
            part.reserve_exact(more);
            self.capacity_bytes += more * N;
        }
        part.push(hash);
        self.hashes += 1;
    }

    /// Is its memory used up? [`RunWriter::write`] before pushing much more. Parts grow by half, so what two thirds of the memory hold
    /// may take all of it.
    pub const fn is_full(&self) -> bool {
        self.hashes * N >= self.memory_bytes_max / 3 * 2
    }

    /// Has it nothing to write?
    pub const fn is_empty(&self) -> bool {
        self.hashes == 0
    }

    /// Writes what it holds as one run and begins anew. `rows` of the result belong into the run's reference.
    ///
    /// # Errors
    /// If `out` fails; the hashes are gone then, and the task is to be done again.
    pub fn write(&mut self, out: impl Write) -> Result<Merged, RangesError> {
        let mut writer = RowWriter::new(out, self.kind, false, vec![self.load]).map_err(write_error)?;
        for part in &mut self.parts {
            part.sort_unstable_by_key(order_key);
            for equal in part.chunk_by(|left, right| left == right) {
                let mut hash = [0; 20];
                hash[..N].copy_from_slice(&equal[0]);
                let value = if self.kind == RunKind::Account { 0 } else { equal.len() as u64 };
                writer.push(Row { hash, value }).map_err(write_error)?;
            }
            part.clear();
        }
        self.hashes = 0;
        let (footer, bytes) = writer.finish().map_err(write_error)?;
        // The next run finds its room made; but what differently skewed inputs made each part grow to is not kept for ever.
        if self.capacity_bytes > self.memory_bytes_max {
            self.parts.iter_mut().for_each(|part| *part = Vec::new());
            self.capacity_bytes = 0;
        }
        Ok(Merged::new(footer, bytes))
    }
}

/// Sorts as the bytes do, by three numbers: a comparison seldom needs more than the first.
#[inline(always)]
fn order_key<const N: usize>(hash: &[u8; N]) -> (u64, u64, u32) {
    let number = |at: usize| hash.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |chunk| u64::from_be_bytes(*chunk));
    let tail = hash.get(16..).and_then(<[u8]>::first_chunk).map_or(0, |chunk| u32::from_be_bytes(*chunk));
    (number(0), number(8), tail)
}
