//! Answers questions from the current generation.
//!
//! A question takes the generation once and never sees another; a switch opens what is new, then swaps one pointer. Segments
//! stay open across switches, so that nothing read for one generation is read again for the next. What the caches have is
//! answered on the spot; the rest waits for the source, and a thousand who ask for the same bytes at once cause one read.
//!
//! Deliberately not here: a cache of rendered ranges. Whoever answers with them keeps them as they are sent.

use std::{
    str::FromStr,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use arc_swap::ArcSwap;
use bytes::Bytes;
use futures::future::try_join_all;
use moka::future::Cache;
use sluice_record::{LoadId, RunKind, SegmentRef};
use tokio::sync::Mutex;

use super::{
    Hash, RangeBody, RangesError, SegmentSource,
    body::{self, Stretch},
    format::{Block, Index, Row, key_of, span},
    segment::Segment,
};

/// Rows one prefix may have; by chance it takes 10^12 hashes to get there, and a reply of this many has 44 MB.
pub const RANGE_ROWS_MAX: usize = 1 << 20;
/// What an entry costs in a cache besides its own bytes, more or less.
const ENTRY_BYTES: usize = 256;

/// Bounds of the caches, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CacheBytes {
    /// Fences and filters: 1.3 MB a million rows asked for. Worth having whole, a miss then costs no read.
    pub indexes: u64,
    /// Blocks of account rows, 5 KB each.
    pub rows: u64,
}

impl Default for CacheBytes {
    fn default() -> Self {
        Self { indexes: 128 << 20, rows: 64 << 20 }
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
    segments: Vec<Arc<Open>>,
}

impl Generation {
    fn of(&self, kind: RunKind) -> impl Iterator<Item = &Arc<Open>> {
        self.segments.iter().filter(move |segment| segment.kind() == kind)
    }
}

/// A segment in use. Its indexes stay with it as long as there is room for them: a look into a cache would cost more than asking one.
struct Open {
    segment: Segment,
    kept: Vec<OnceLock<Arc<Index>>>,
    kept_bytes: AtomicU64,
    room_bytes: Arc<AtomicU64>,
}

impl Open {
    fn new(segment: Segment, room_bytes: Arc<AtomicU64>) -> Self {
        let kept = (0..segment.groups_len()).map(|_| OnceLock::new()).collect();
        Self { segment, kept, kept_bytes: AtomicU64::new(0), room_bytes }
    }

    fn keep(&self, group: usize, index: &Arc<Index>) {
        let bytes = (index.weight_bytes() + ENTRY_BYTES) as u64;
        if self.room_bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |room| room.checked_sub(bytes)).is_err() {
            return;
        }
        let taken = if self.kept[group].set(index.clone()).is_ok() { &self.kept_bytes } else { &*self.room_bytes };
        taken.fetch_add(bytes, Ordering::Relaxed);
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.room_bytes.fetch_add(self.kept_bytes.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

impl std::ops::Deref for Open {
    type Target = Segment;

    fn deref(&self) -> &Segment {
        &self.segment
    }
}

struct Caches {
    /// For indexes that stay with their segments.
    room_bytes: Arc<AtomicU64>,
    /// Those there was no room for, by segment and group.
    indexes: Cache<(u64, usize), Arc<Index>>,
    /// By segment and offset.
    blocks: Cache<(u64, u64), Arc<Block<Bytes>>>,
}

impl Caches {
    fn new(bytes: CacheBytes) -> Self {
        let weight = |bytes: usize| u32::try_from(bytes + ENTRY_BYTES).unwrap_or(u32::MAX);
        let passing = bytes.indexes / 4;
        Self {
            room_bytes: Arc::new(AtomicU64::new(bytes.indexes - passing)),
            indexes: Cache::builder().max_capacity(passing).weigher(move |_, index: &Arc<Index>| weight(index.weight_bytes())).build(),
            blocks: Cache::builder()
                .max_capacity(bytes.rows)
                .weigher(move |_, block: &Arc<Block<_>>| weight(block.payload_bytes()))
                .build(),
        }
    }
}

/// The reader of ranges. Share it by `Arc`.
pub struct Ranges {
    source: Arc<dyn SegmentSource>,
    current: ArcSwap<Generation>,
    switching: Mutex<()>,
    caches: Arc<Caches>,
}

impl std::fmt::Debug for Ranges {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ranges").field("segments", &self.current.load().segments.len()).finish_non_exhaustive()
    }
}

impl Ranges {
    /// Opens a generation: three small reads a segment, whatever its size.
    ///
    /// # Errors
    /// If a segment cannot be read, is damaged or not what its reference says, or if two of a kind cover one load.
    pub async fn open(generation: &[SegmentRef], source: Arc<dyn SegmentSource>, cache: CacheBytes) -> Result<Self, RangesError> {
        let current = ArcSwap::from_pointee(Generation { segments: Vec::new() });
        let ranges = Self { source, current, switching: Mutex::new(()), caches: Arc::new(Caches::new(cache)) };
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
                    None => Ok(Arc::new(Open::new(Segment::open(reference, self.source.clone()).await?, self.caches.room_bytes.clone()))),
                }
            }
        }))
        .await?;
        for gone in before.segments.iter().filter(|segment| !generation.contains(&segment.reference)) {
            self.source.forget(&gone.reference.object.key).await;
        }
        self.current.store(Arc::new(Generation { segments }));
        Ok(())
    }

    /// The generation in use.
    pub fn generation(&self) -> Vec<SegmentRef> {
        self.current.load().segments.iter().map(|segment| segment.reference.clone()).collect()
    }

    /// What is asked of a view is answered from the generation in use now, whatever is switched meanwhile.
    pub fn view(&self) -> View {
        View { generation: self.current.load_full(), caches: self.caches.clone() }
    }
}

/// One generation, to be asked. Cheap to clone.
#[derive(Clone)]
pub struct View {
    generation: Arc<Generation>,
    caches: Arc<Caches>,
}

impl std::fmt::Debug for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("View").field("segments", &self.generation.segments.len()).finish_non_exhaustive()
    }
}

impl View {
    /// The loads an account is in, ascending, by the SHA-1 of its canonical form.
    ///
    /// # Errors
    /// If bytes needed cannot be read or are damaged.
    pub async fn account(&self, hash: &[u8; 20]) -> Result<Vec<LoadId>, RangesError> {
        let mut loads = Vec::new();
        for segment in self.generation.of(RunKind::Account) {
            self.account_in(segment, hash, &mut loads).await?;
        }
        loads.sort_unstable();
        Ok(loads)
    }

    async fn account_in(&self, segment: &Open, hash: &Hash, loads: &mut Vec<LoadId>) -> Result<(), RangesError> {
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
        let mut pairs = Vec::new();
        for segment in self.generation.of(RunKind::Account) {
            let stretches = self.stretches(segment, prefix.keys(), RANGE_ROWS_MAX - pairs.len()).await?;
            for row in stretches.iter().flat_map(Stretch::rows) {
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
        let (mut stretches, mut parts, mut rows) = (Vec::new(), 0, 0);
        for segment in self.generation.of(kind) {
            let found = self.stretches(segment, prefix.keys(), RANGE_ROWS_MAX - rows).await?;
            parts += usize::from(!found.is_empty());
            rows += found.iter().map(Stretch::len).sum::<usize>();
            stretches.extend(found);
        }
        if parts <= 1 {
            return Ok(body::render_stretches(&stretches, kind.hash_bytes()));
        }
        let rows = sum_equal(stretches.iter().flat_map(Stretch::rows).collect())?;
        Ok(body::render(&rows, kind.hash_bytes()))
    }

    /// The rows whose keys lie from `low` to `high`, ascending, at most `rows_max`. Those of a group come by one read.
    async fn stretches(&self, segment: &Open, (low, high): (u64, u64), rows_max: usize) -> Result<Vec<Stretch>, RangesError> {
        let (mut stretches, mut rows) = (Vec::new(), 0);
        for group in segment.groups(low, high) {
            let index = self.index(segment, group).await?;
            let bytes = index.bytes_of(span(&index.first_keys, low, high));
            let offset = segment.group(group).blocks_offset + bytes.start;
            for block in segment.read_blocks(offset, (bytes.end - bytes.start) as usize).await? {
                let stretch = Stretch::between(block, low, high);
                rows += stretch.len();
                stretches.extend((stretch.len() > 0).then_some(stretch));
            }
            if rows > rows_max {
                return Err(RangesError::TooManyRows { max: RANGE_ROWS_MAX });
            }
        }
        Ok(stretches)
    }

    async fn index(&self, segment: &Open, group: usize) -> Result<Arc<Index>, RangesError> {
        if let Some(index) = segment.kept[group].get() {
            return Ok(index.clone());
        }
        let read = self.caches.indexes.try_get_with((segment.id, group), async { segment.read_index(group).await.map(Arc::new) });
        let index = read.await.map_err(|error: Arc<RangesError>| (*error).clone())?;
        segment.keep(group, &index);
        Ok(index)
    }

    async fn block(&self, segment: &Open, offset: u64, bytes: usize) -> Result<Arc<Block<Bytes>>, RangesError> {
        let key = (segment.id, offset);
        if let Some(block) = self.caches.blocks.get(&key).await {
            return Ok(block);
        }
        let read = self.caches.blocks.try_get_with(key, async {
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
