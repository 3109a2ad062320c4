//! Answers questions from the current generation.
//!
//! A question takes the generation once and never sees another; a switch opens what is new, then swaps one pointer. Segments
//! stay open across switches, so that nothing read for one generation is read again for the next. What the caches have is
//! answered on the spot; the rest waits for the source, and a thousand who ask for the same bytes at once cause one read.

use std::{str::FromStr, sync::Arc};

use arc_swap::ArcSwap;
use bytes::Bytes;
use futures::future::try_join_all;
use moka::future::Cache;
use sluice_record::{LoadId, RunKind, SegmentRef};
use tokio::sync::Mutex;

use super::{
    Hash, RangeBody, RangesError, SegmentSource, body,
    format::{Block, Index, Row, key_of, span},
    segment::Segment,
};

/// Rows one prefix may have; by chance it takes 10^12 hashes to get there, and a reply of this many has 44 MB.
pub const RANGE_ROWS_MAX: usize = 1 << 20;
/// What an entry costs in a cache besides its own bytes, more or less.
const ENTRY_BYTES: usize = 256;

/// Bounds of the three caches, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CacheBytes {
    /// Fences and filters: 1.3 MB a million rows asked for. Worth having whole, a miss then costs no read.
    pub indexes: u64,
    /// Blocks of account rows, 5 KB each.
    pub rows: u64,
    /// Rendered password ranges, some 85 KB each at HaveIBeenPwned's size.
    pub bodies: u64,
}

impl Default for CacheBytes {
    fn default() -> Self {
        Self { indexes: 128 << 20, rows: 32 << 20, bodies: 64 << 20 }
    }
}

/// The first hex digits of a hash, exactly `DIGITS` of them: five for passwords, six for accounts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Prefix<const DIGITS: u32>(u32);

/// Text that is no prefix.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PrefixError {
    /// Too long or too short.
    #[error("the prefix must have exactly {0} digits")]
    Length(u32),
    /// Other characters than hex digits.
    #[error("the prefix must have hexadecimal digits alone")]
    Digits,
}

impl<const DIGITS: u32> FromStr for Prefix<DIGITS> {
    type Err = PrefixError;

    fn from_str(text: &str) -> Result<Self, PrefixError> {
        if text.len() != DIGITS as usize {
            return Err(PrefixError::Length(DIGITS));
        }
        if !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(PrefixError::Digits);
        }
        u32::from_str_radix(text, 16).map(Self).map_err(|_| PrefixError::Digits)
    }
}

impl<const DIGITS: u32> Prefix<DIGITS> {
    /// The least and the greatest key that begins with it.
    fn keys(self) -> (u64, u64) {
        let free_bits = 64 - 4 * DIGITS;
        let low = u64::from(self.0) << free_bits;
        (low, low | ((1 << free_bits) - 1))
    }
}

struct Generation {
    number: u64,
    segments: Vec<Arc<Segment>>,
}

impl Generation {
    fn of(&self, kind: RunKind) -> impl Iterator<Item = &Arc<Segment>> {
        self.segments.iter().filter(move |segment| segment.kind() == kind)
    }
}

/// The reader of ranges. Share it by `Arc`.
pub struct Ranges {
    source: Arc<dyn SegmentSource>,
    current: ArcSwap<Generation>,
    switching: Mutex<()>,
    indexes: Cache<(u64, usize), Arc<Index>>,
    blocks: Cache<(u64, u64), Arc<Block<Bytes>>>,
    bodies: Cache<(u64, RunKind, Prefix<5>), RangeBody>,
}

impl std::fmt::Debug for Ranges {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ranges").field("segments", &self.current.load().segments.len()).finish_non_exhaustive()
    }
}

fn weight(bytes: usize) -> u32 {
    u32::try_from(bytes + ENTRY_BYTES).unwrap_or(u32::MAX)
}

impl Ranges {
    /// Opens a generation: three small reads a segment, whatever its size.
    ///
    /// # Errors
    /// If a segment cannot be read, is damaged or not what its reference says, or if two of a kind cover one load.
    pub async fn open(generation: &[SegmentRef], source: Arc<dyn SegmentSource>, cache: CacheBytes) -> Result<Self, RangesError> {
        let ranges = Self {
            source,
            current: ArcSwap::from_pointee(Generation { number: 0, segments: Vec::new() }),
            switching: Mutex::new(()),
            indexes: Cache::builder().max_capacity(cache.indexes).weigher(|_, index: &Arc<Index>| weight(index.weight_bytes())).build(),
            blocks: Cache::builder().max_capacity(cache.rows).weigher(|_, block: &Arc<Block<_>>| weight(block.payload_bytes())).build(),
            bodies: Cache::builder().max_capacity(cache.bodies).weigher(|_, body: &RangeBody| weight(body.text.len())).build(),
        };
        ranges.switch(generation).await?;
        Ok(ranges)
    }

    /// Switches to another generation, at once for every question that begins afterwards; if it fails, nothing changes.
    ///
    /// # Errors
    /// As [`Ranges::open`].
    pub async fn switch(&self, generation: &[SegmentRef]) -> Result<(), RangesError> {
        let _one_at_a_time = self.switching.lock().await;
        check_disjoint(generation)?;
        let before = self.current.load_full();
        let segments = try_join_all(generation.iter().map(|reference| {
            let open = before.segments.iter().find(|segment| segment.reference == *reference).cloned();
            async move {
                match open {
                    Some(segment) => Ok(segment),
                    None => Segment::open(reference, self.source.clone()).await.map(Arc::new),
                }
            }
        }))
        .await?;
        self.current.store(Arc::new(Generation { number: before.number + 1, segments }));
        // Of the old generation; whoever still renders one keeps it under the old number.
        self.bodies.invalidate_all();
        Ok(())
    }

    /// The generation in use.
    pub fn generation(&self) -> Vec<SegmentRef> {
        self.current.load().segments.iter().map(|segment| segment.reference.clone()).collect()
    }

    /// The loads an account is in, ascending, by the SHA-1 of its canonical form.
    ///
    /// # Errors
    /// If bytes needed cannot be read or are damaged.
    pub async fn account(&self, hash: &[u8; 20]) -> Result<Vec<LoadId>, RangesError> {
        let generation = self.current.load_full();
        let mut loads = Vec::new();
        for segment in generation.of(RunKind::Account) {
            self.account_in(segment, hash, &mut loads).await?;
        }
        loads.sort_unstable();
        Ok(loads)
    }

    async fn account_in(&self, segment: &Arc<Segment>, hash: &Hash, loads: &mut Vec<LoadId>) -> Result<(), RangesError> {
        let key = key_of(hash);
        for group in segment.groups(key, key) {
            let index = self.index(segment, group).await?;
            if !index.may_contain(key) {
                continue;
            }
            for place in span(&index.first_keys, key, key) {
                let bytes = index.bytes_of(place..place + 1);
                let offset = segment.group(group).blocks_offset + bytes.start;
                let block = self.block(segment, offset, (bytes.end - bytes.start) as usize).await?;
                for row in block.rows_from(hash).take_while(|row| row.hash == *hash) {
                    loads.push(segment.load(row.value).ok_or_else(|| segment.damaged(offset, "a row of no load"))?);
                }
            }
        }
        Ok(())
    }

    /// The accounts under a prefix, ascending by hash, each with its loads, ascending.
    ///
    /// # Errors
    /// If bytes needed cannot be read or are damaged, or if there are more rows than [`RANGE_ROWS_MAX`].
    pub async fn accounts_by_prefix(&self, prefix: Prefix<6>) -> Result<Vec<([u8; 20], Vec<LoadId>)>, RangesError> {
        let generation = self.current.load_full();
        let mut pairs = Vec::new();
        for segment in generation.of(RunKind::Account) {
            let mut rows = Vec::new();
            self.rows_between(segment, prefix.keys(), RANGE_ROWS_MAX - pairs.len(), &mut rows).await?;
            for row in rows {
                let load = segment.load(row.value).ok_or_else(|| segment.damaged(0, "a row of no load"))?;
                pairs.push((row.hash, load));
            }
        }
        pairs.sort();
        Ok(pairs
            .chunk_by(|left, right| left.0 == right.0)
            .map(|equal| (equal[0].0, equal.iter().map(|(_, load)| *load).collect()))
            .collect())
    }

    /// A range of passwords, rendered; `kind` is [`RunKind::Sha1`] or [`RunKind::Ntlm`].
    ///
    /// # Errors
    /// If bytes needed cannot be read or are damaged, or if there are more rows than [`RANGE_ROWS_MAX`]; also for
    /// [`RunKind::Account`], which has no such text.
    pub async fn passwords(&self, kind: RunKind, prefix: Prefix<5>) -> Result<RangeBody, RangesError> {
        if kind == RunKind::Account {
            return Err(RangesError::WrongKind { object: "a generation".to_owned(), expected: kind });
        }
        let generation = self.current.load_full();
        let key = (generation.number, kind, prefix);
        if let Some(body) = self.bodies.get(&key).await {
            return Ok(body);
        }
        let rendered = self.bodies.try_get_with(key, async {
            let rows = self.password_rows(&generation, kind, prefix).await?;
            Ok(body::render(&rows, kind.hash_bytes()))
        });
        rendered.await.map_err(|error: Arc<RangesError>| (*error).clone())
    }

    async fn password_rows(&self, generation: &Generation, kind: RunKind, prefix: Prefix<5>) -> Result<Vec<Row>, RangesError> {
        let mut rows = Vec::new();
        let mut parts = 0;
        for segment in generation.of(kind) {
            let before = rows.len();
            self.rows_between(segment, prefix.keys(), RANGE_ROWS_MAX - before, &mut rows).await?;
            parts += usize::from(rows.len() > before);
        }
        if parts > 1 { sum_equal(rows) } else { Ok(rows) }
    }

    /// Appends the rows whose keys lie from `low` to `high`, ascending. The rows of a group come by one read.
    async fn rows_between(
        &self,
        segment: &Arc<Segment>,
        (low, high): (u64, u64),
        rows_max: usize,
        rows: &mut Vec<Row>,
    ) -> Result<(), RangesError> {
        let bound = rows.len() + rows_max;
        let mut first = [0; 20];
        first[..8].copy_from_slice(&low.to_be_bytes());
        for group in segment.groups(low, high) {
            let index = self.index(segment, group).await?;
            let bytes = index.bytes_of(span(&index.first_keys, low, high));
            let offset = segment.group(group).blocks_offset + bytes.start;
            for block in segment.read_blocks(offset, (bytes.end - bytes.start) as usize).await? {
                rows.extend(block.rows_from(&first).take_while(|row| key_of(&row.hash) <= high));
            }
            if rows.len() > bound {
                return Err(RangesError::TooManyRows { max: RANGE_ROWS_MAX });
            }
        }
        Ok(())
    }

    async fn index(&self, segment: &Arc<Segment>, group: usize) -> Result<Arc<Index>, RangesError> {
        let key = (segment.id, group);
        if let Some(index) = self.indexes.get(&key).await {
            return Ok(index);
        }
        let read = self.indexes.try_get_with(key, async { segment.read_index(group).await.map(Arc::new) });
        read.await.map_err(|error: Arc<RangesError>| (*error).clone())
    }

    async fn block(&self, segment: &Arc<Segment>, offset: u64, bytes: usize) -> Result<Arc<Block<Bytes>>, RangesError> {
        let key = (segment.id, offset);
        if let Some(block) = self.blocks.get(&key).await {
            return Ok(block);
        }
        let read = self.blocks.try_get_with(key, async {
            let block = segment.read_blocks(offset, bytes).await?.pop();
            block.map(Arc::new).ok_or_else(|| segment.damaged(offset, "no rows where the index says"))
        });
        read.await.map_err(|error: Arc<RangesError>| (*error).clone())
    }
}

/// One load in two segments of a kind would count twice.
fn check_disjoint(generation: &[SegmentRef]) -> Result<(), RangesError> {
    let mut covered: Vec<_> = generation.iter().flat_map(|segment| segment.loads.iter().map(move |load| (segment.kind, *load))).collect();
    covered.sort_unstable();
    match covered.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(RangesError::CoveredTwice { kind: pair[0].0, load: pair[0].1 }),
        None => Ok(()),
    }
}

/// Brings the ascending rows of several segments, one after another, into one order and adds up the counts of equal hashes.
fn sum_equal(mut rows: Vec<Row>) -> Result<Vec<Row>, RangesError> {
    // The stable sort finds the ascending stretches and merges them.
    rows.sort_by_key(|row| row.hash);
    let mut sums: Vec<Row> = Vec::with_capacity(rows.len());
    for row in rows {
        match sums.last_mut() {
            Some(sum) if sum.hash == row.hash => sum.value = sum.value.checked_add(row.value).ok_or(RangesError::CountOverflow)?,
            _ => sums.push(row),
        }
    }
    Ok(sums)
}
