//! The bytes of the file, encoded and decoded; see the module's head for the layout. Pure: no I/O.

use bytes::Bytes;
use sluice_record::{LoadId, RunKind};
use xorf::{BinaryFuse8, Descriptor, DmaSerializable as _, Filter as _};

use super::{FormatError, Hash};

pub(crate) const MAGIC: [u8; 8] = *b"SLCRNG\x01\x00";
pub(crate) const FRAME_HEAD_BYTES: usize = 12;
/// Small enough that a lookup reads 5 KB, large enough that its fence costs 0.05 bytes a row.
pub(crate) const ROWS_PER_BLOCK: usize = 256;
/// 65,536 rows a filter: it is built in 2 MB and read in 80 KB.
pub(crate) const BLOCKS_PER_GROUP: usize = 256;
/// The longest rows payload: 256 rows of 20 + 8 bytes.
const ROWS_BYTES_MAX: usize = ROWS_PER_BLOCK * 28;
/// 8 MiB of header.
pub(crate) const LOADS_PER_SEGMENT_MAX: usize = 1 << 20;
const FOOTER_PAYLOAD_BYTES: usize = 40;
pub(crate) const FOOTER_BYTES: usize = FRAME_HEAD_BYTES + FOOTER_PAYLOAD_BYTES;
const DIRECTORY_ENTRY_BYTES: usize = 32;
const FENCE_BYTES: usize = 12;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Tag {
    Header = 1,
    Rows = 2,
    Index = 3,
    Directory = 4,
    Footer = 5,
}

/// One row. `value` is a count of at least one, or the index of a load.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Row {
    pub(crate) hash: Hash,
    pub(crate) value: u64,
}

pub(crate) fn key_of(hash: &Hash) -> u64 {
    u64_be(hash)
}

fn u64_be(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |chunk| u64::from_be_bytes(*chunk))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |chunk| u64::from_le_bytes(*chunk))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |chunk| u32::from_le_bytes(*chunk))
}

/// The beginning of a frame; what it says is believed only once [`FrameHead::verify`] has seen the payload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FrameHead {
    bytes: [u8; FRAME_HEAD_BYTES],
}

impl FrameHead {
    fn new(tag: Tag, shared: u8, value_bytes: u8, offset: u64, payload: &[u8]) -> Self {
        let mut bytes = [0; FRAME_HEAD_BYTES];
        bytes[..3].copy_from_slice(&[tag as u8, shared, value_bytes]);
        bytes[4..8].copy_from_slice(&(payload.len() as u32).to_le_bytes());
        let checksum = checksum(offset, &bytes, payload);
        bytes[8..].copy_from_slice(&checksum.to_le_bytes());
        Self { bytes }
    }

    /// Reads a head and refuses lengths that no frame has, so that nobody allocates for a damaged one.
    pub(crate) fn parse(bytes: [u8; FRAME_HEAD_BYTES], offset: u64) -> Result<Self, FormatError> {
        let head = Self { bytes };
        let payload_bytes_max = match head.tag() {
            Some(Tag::Header) => 8 + 8 * LOADS_PER_SEGMENT_MAX,
            Some(Tag::Rows) => ROWS_BYTES_MAX,
            Some(Tag::Index) => 4 + BLOCKS_PER_GROUP * (FENCE_BYTES + 8 * ROWS_PER_BLOCK),
            Some(Tag::Directory) => u32::MAX as usize,
            Some(Tag::Footer) => FOOTER_PAYLOAD_BYTES,
            None => return Err(FormatError { offset, what: "unknown frame" }),
        };
        if head.payload_bytes() > payload_bytes_max {
            return Err(FormatError { offset, what: "frame longer than any" });
        }
        Ok(head)
    }

    pub(crate) fn tag(&self) -> Option<Tag> {
        [Tag::Header, Tag::Rows, Tag::Index, Tag::Directory, Tag::Footer].into_iter().find(|tag| *tag as u8 == self.bytes[0])
    }

    pub(crate) fn payload_bytes(&self) -> usize {
        u32_at(&self.bytes, 4) as usize
    }

    pub(crate) fn verify(&self, offset: u64, payload: &[u8]) -> Result<(), FormatError> {
        if payload.len() != self.payload_bytes() || checksum(offset, &self.bytes, payload) != u32_at(&self.bytes, 8) {
            return Err(FormatError { offset, what: "checksum differs" });
        }
        Ok(())
    }
}

fn checksum(offset: u64, head: &[u8; FRAME_HEAD_BYTES], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&offset.to_le_bytes());
    hasher.update(&head[..8]);
    hasher.update(payload);
    hasher.finalize()
}

/// Appends a frame to `out`, whose first byte is at `base` in the file.
pub(crate) fn append_frame(out: &mut Vec<u8>, base: u64, tag: Tag, payload: &[u8]) {
    let head = FrameHead::new(tag, 0, 0, base + out.len() as u64, payload);
    out.extend_from_slice(&head.bytes);
    out.extend_from_slice(payload);
}

/// Splits a frame that was read whole, verified.
pub(crate) fn parse_frame(bytes: &Bytes, offset: u64, expected: Tag) -> Result<(FrameHead, Bytes), FormatError> {
    let Some(head) = bytes.first_chunk() else {
        return Err(FormatError { offset, what: "frame cut short" });
    };
    let head = FrameHead::parse(*head, offset)?;
    if bytes.len() < FRAME_HEAD_BYTES + head.payload_bytes() {
        return Err(FormatError { offset, what: "frame cut short" });
    }
    let payload = bytes.slice(FRAME_HEAD_BYTES..FRAME_HEAD_BYTES + head.payload_bytes());
    head.verify(offset, &payload)?;
    if head.tag() != Some(expected) {
        return Err(FormatError { offset, what: "another frame than expected" });
    }
    Ok((head, payload))
}

pub(crate) struct Header {
    pub(crate) kind: RunKind,
    pub(crate) indexed: bool,
    pub(crate) loads: Vec<LoadId>,
}

impl Header {
    pub(crate) const fn bytes_for(loads: usize) -> usize {
        MAGIC.len() + FRAME_HEAD_BYTES + 8 + 8 * loads
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut payload = vec![kind_code(self.kind), u8::from(self.indexed), 0, 0];
        payload.extend_from_slice(&(self.loads.len() as u32).to_le_bytes());
        self.loads.iter().for_each(|load| payload.extend_from_slice(&load.0.to_le_bytes()));
        let mut out = MAGIC.to_vec();
        append_frame(&mut out, 0, Tag::Header, &payload);
        out
    }

    pub(crate) fn decode(payload: &[u8]) -> Result<Self, FormatError> {
        let refused = |what| FormatError { offset: MAGIC.len() as u64, what };
        let (Some([kind, indexed, ..]), loads) = (payload.first_chunk::<8>(), payload.get(8..).unwrap_or_default()) else {
            return Err(refused("header cut short"));
        };
        let Some(kind) = RunKind::ALL.into_iter().find(|known| kind_code(*known) == *kind) else {
            return Err(refused("unknown kind"));
        };
        let loads: Vec<_> = loads.as_chunks::<8>().0.iter().map(|load| LoadId(i64::from_le_bytes(*load))).collect();
        if loads.len() != u32_at(payload, 4) as usize || !loads.is_sorted_by(|left, right| left < right) {
            return Err(refused("loads out of order"));
        }
        Ok(Self { kind, indexed: *indexed == 1, loads })
    }
}

const fn kind_code(kind: RunKind) -> u8 {
    match kind {
        RunKind::Sha1 => 1,
        RunKind::Ntlm => 2,
        RunKind::Account => 3,
    }
}

pub(crate) fn check_magic(bytes: &[u8]) -> Result<(), FormatError> {
    if bytes.get(..6) != Some(&MAGIC[..6]) {
        return Err(FormatError { offset: 0, what: "neither a run nor a segment" });
    }
    if bytes.get(..8) != Some(&MAGIC[..]) {
        return Err(FormatError { offset: 6, what: "a version this build does not know" });
    }
    Ok(())
}

/// Encodes the rows of one block, ascending and at most [`ROWS_PER_BLOCK`], as a frame appended to `out`.
pub(crate) fn append_rows(out: &mut Vec<u8>, base: u64, kind: RunKind, rows: &[Row]) {
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return };
    let hash_bytes = kind.hash_bytes();
    let shared = first.hash[..hash_bytes].iter().zip(&last.hash).take_while(|(left, right)| left == right).count();
    let bias = bias(kind);
    let highest = rows.iter().fold(0, |highest, row| highest | (row.value - bias));
    let value_bytes = (64 - highest.leading_zeros()).div_ceil(8) as usize;
    let start = out.len();
    out.resize(start + FRAME_HEAD_BYTES, 0);
    out.extend_from_slice(&first.hash[..shared]);
    for row in rows {
        out.extend_from_slice(&row.hash[shared..hash_bytes]);
        out.extend_from_slice(&(row.value - bias).to_le_bytes()[..value_bytes]);
    }
    let (head, payload) = out[start..].split_at_mut(FRAME_HEAD_BYTES);
    let made = FrameHead::new(Tag::Rows, shared as u8, value_bytes as u8, base + start as u64, payload);
    head.copy_from_slice(&made.bytes);
}

/// What a stored value is less than the real one: no password counts zero times.
const fn bias(kind: RunKind) -> u64 {
    match kind {
        RunKind::Sha1 | RunKind::Ntlm => 1,
        RunKind::Account => 0,
    }
}

/// The rows of one verified block.
#[derive(Clone, Debug)]
pub(crate) struct Block<B> {
    payload: B,
    shared: usize,
    stride: usize,
    suffix_bytes: usize,
    bias: u64,
}

impl<B: AsRef<[u8]>> Block<B> {
    /// `head` must have verified `payload`.
    pub(crate) fn new(kind: RunKind, head: &FrameHead, payload: B, offset: u64) -> Result<Self, FormatError> {
        let (shared, value_bytes) = (usize::from(head.bytes[1]), usize::from(head.bytes[2]));
        let refused = FormatError { offset, what: "rows of an impossible shape" };
        let Some(suffix_bytes) = kind.hash_bytes().checked_sub(shared) else { return Err(refused) };
        let stride = suffix_bytes + value_bytes;
        let rows_bytes = payload.as_ref().len().wrapping_sub(shared);
        // Only a lone row shares its whole hash with itself; should it have no value either, nothing is left to count rows by.
        let possible = value_bytes <= 8 && payload.as_ref().len() >= shared && (stride == 0 || rows_bytes.is_multiple_of(stride));
        if !possible || stride > 0 && rows_bytes / stride > ROWS_PER_BLOCK {
            return Err(refused);
        }
        Ok(Self { payload, shared, stride, suffix_bytes, bias: bias(kind) })
    }

    pub(crate) fn len(&self) -> usize {
        (self.payload.as_ref().len() - self.shared).checked_div(self.stride).unwrap_or(1)
    }

    pub(crate) fn payload_bytes(&self) -> usize {
        self.payload.as_ref().len()
    }

    fn row_bytes(&self, index: usize) -> &[u8] {
        let start = self.shared + index * self.stride;
        &self.payload.as_ref()[start..start + self.stride]
    }

    pub(crate) fn payload(&self) -> &[u8] {
        self.payload.as_ref()
    }

    /// Bytes that all hashes begin with; the payload begins with them.
    pub(crate) fn shared_bytes(&self) -> usize {
        self.shared
    }

    /// Where in the payload the rest of a row's hash is.
    pub(crate) fn suffix_of(&self, index: usize) -> std::ops::Range<usize> {
        let start = self.shared + index * self.stride;
        start..start + self.suffix_bytes
    }

    pub(crate) fn value(&self, index: usize) -> u64 {
        let mut wide = [0; 8];
        let value = &self.row_bytes(index)[self.suffix_bytes..];
        wide[..value.len()].copy_from_slice(value);
        u64::from_le_bytes(wide).saturating_add(self.bias)
    }

    pub(crate) fn row(&self, index: usize) -> Row {
        let mut hash = [0; 20];
        hash[..self.shared].copy_from_slice(&self.payload.as_ref()[..self.shared]);
        hash[self.shared..self.shared + self.suffix_bytes].copy_from_slice(&self.payload()[self.suffix_of(index)]);
        Row { hash, value: self.value(index) }
    }

    pub(crate) fn rows(&self) -> impl ExactSizeIterator<Item = Row> + use<'_, B> {
        (0..self.len()).map(|index| self.row(index))
    }

    /// The rows from the first whose hash is not below `hash`.
    pub(crate) fn rows_from(&self, hash: &Hash) -> impl Iterator<Item = Row> + use<'_, B> {
        (self.first_from(hash)..self.len()).map(|index| self.row(index))
    }

    /// The place of the first row whose key is not below `key`.
    pub(crate) fn place_of(&self, key: u64) -> usize {
        let mut hash = [0; 20];
        hash[..8].copy_from_slice(&key.to_be_bytes());
        self.first_from(&hash)
    }

    fn first_from(&self, hash: &Hash) -> usize {
        let (prefix, suffix) = hash[..self.shared + self.suffix_bytes].split_at(self.shared);
        match self.payload.as_ref()[..self.shared].cmp(prefix) {
            std::cmp::Ordering::Less => self.len(),
            std::cmp::Ordering::Greater => 0,
            std::cmp::Ordering::Equal => self.partition_point(|row| row[..self.suffix_bytes] < *suffix),
        }
    }

    fn partition_point(&self, below: impl Fn(&[u8]) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            if below(self.row_bytes(middle)) { low = middle + 1 } else { high = middle }
        }
        low
    }
}

/// Which entries of ascending first keys may hold rows with keys from `low` to `high`: equal keys may begin in the entry before.
pub(crate) fn span(first_keys: &[u64], low: u64, high: u64) -> std::ops::Range<usize> {
    let start = first_keys.partition_point(|key| *key < low).saturating_sub(1);
    start..first_keys.partition_point(|key| *key <= high).max(start)
}

/// A group's fence and filter.
#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) first_keys: Vec<u64>,
    /// From the group's begin; one more than there are blocks.
    offsets: Vec<u32>,
    filter: Option<BinaryFuse8>,
}

impl Index {
    /// `keys` ascend, each once; `blocks_bytes` is what the group's rows take.
    pub(crate) fn encode(fences: &[(u64, u32)], keys: &[u64]) -> Vec<u8> {
        let mut payload = (fences.len() as u32).to_le_bytes().to_vec();
        for (first_key, offset) in fences {
            payload.extend_from_slice(&first_key.to_le_bytes());
            payload.extend_from_slice(&offset.to_le_bytes());
        }
        // A thousand seeds failing is as good as impossible; without a filter the group only answers more slowly.
        if let Ok(filter) = BinaryFuse8::try_from(keys) {
            let start = payload.len();
            payload.resize(start + BinaryFuse8::DESCRIPTOR_LEN, 0);
            filter.dma_copy_descriptor_to(&mut payload[start..]);
            payload.extend_from_slice(filter.dma_fingerprints());
        }
        payload
    }

    pub(crate) fn decode(payload: &[u8], blocks_bytes: u64, offset: u64) -> Result<Self, FormatError> {
        let refused = |what| FormatError { offset, what };
        let blocks = u32_at(payload, 0) as usize;
        let fences = payload.get(4..).and_then(|rest| rest.get(..blocks.saturating_mul(FENCE_BYTES)));
        let Some(fences) = fences else { return Err(refused("index cut short")) };
        let fences = fences.as_chunks::<FENCE_BYTES>().0;
        let first_keys: Vec<_> = fences.iter().map(|fence| u64_at(fence, 0)).collect();
        let mut offsets: Vec<_> = fences.iter().map(|fence| u32_at(fence, 8)).collect();
        offsets.push(u32::try_from(blocks_bytes).map_err(|_| refused("group longer than any"))?);
        if !first_keys.is_sorted() || !offsets.is_sorted() {
            return Err(refused("index out of order"));
        }
        let filter = decode_filter(&payload[4 + blocks * FENCE_BYTES..]).map_err(refused)?;
        Ok(Self { first_keys, offsets, filter })
    }

    /// Certainly not there, or perhaps?
    pub(crate) fn may_contain(&self, key: u64) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.contains(&key))
    }

    /// Where the blocks lie, from the group's begin.
    pub(crate) fn bytes_of(&self, blocks: std::ops::Range<usize>) -> std::ops::Range<u64> {
        u64::from(self.offsets[blocks.start])..u64::from(self.offsets[blocks.end])
    }

    pub(crate) fn weight_bytes(&self) -> usize {
        size_of::<Self>() + self.first_keys.len() * FENCE_BYTES + self.filter.as_ref().map_or(0, xorf::Filter::len)
    }
}

/// A filter indexes its fingerprints unchecked by anything but the slice: a shape that could reach past the end is refused.
fn decode_filter(bytes: &[u8]) -> Result<Option<BinaryFuse8>, &'static str> {
    let Some((descriptor, fingerprints)) = bytes.split_at_checked(BinaryFuse8::DESCRIPTOR_LEN) else {
        return if bytes.is_empty() { Ok(None) } else { Err("filter cut short") };
    };
    let descriptor = Descriptor {
        seed: u64_at(descriptor, 0),
        segment_length: u32_at(descriptor, 8),
        segment_length_mask: u32_at(descriptor, 12),
        segment_count_length: u32_at(descriptor, 16),
    };
    let Descriptor { segment_length, segment_length_mask, segment_count_length, .. } = descriptor;
    let needed = u64::from(segment_count_length) + 2 * u64::from(segment_length);
    let sound = segment_length.is_power_of_two()
        && segment_length_mask == segment_length - 1
        && segment_count_length.is_multiple_of(segment_length)
        && segment_count_length > 0
        && fingerprints.len() as u64 >= needed;
    if !sound {
        return Err("filter of an impossible shape");
    }
    Ok(Some(BinaryFuse8 { descriptor, fingerprints: fingerprints.into() }))
}

/// A group as the directory knows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group {
    pub(crate) first_key: u64,
    pub(crate) blocks_offset: u64,
    pub(crate) index_offset: u64,
    pub(crate) index_bytes: u32,
    pub(crate) rows: u32,
}

impl Group {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        for number in [self.first_key, self.blocks_offset, self.index_offset] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(&self.index_bytes.to_le_bytes());
        out.extend_from_slice(&self.rows.to_le_bytes());
    }

    pub(crate) fn decode_all(payload: &[u8], offset: u64) -> Result<Vec<Self>, FormatError> {
        let (entries, rest) = payload.as_chunks::<DIRECTORY_ENTRY_BYTES>();
        let groups: Vec<_> = entries
            .iter()
            .map(|entry| Self {
                first_key: u64_at(entry, 0),
                blocks_offset: u64_at(entry, 8),
                index_offset: u64_at(entry, 16),
                index_bytes: u32_at(entry, 24),
                rows: u32_at(entry, 28),
            })
            .collect();
        let ascending = groups.is_sorted_by(|left, right| left.first_key <= right.first_key && left.index_offset < right.blocks_offset);
        if !rest.is_empty() || !ascending || groups.iter().any(|group| group.blocks_offset > group.index_offset) {
            return Err(FormatError { offset, what: "directory out of order" });
        }
        Ok(groups)
    }
}

/// What a file says of itself at its end.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Footer {
    pub(crate) rows: u64,
    pub(crate) distinct: u64,
    pub(crate) total: u64,
    pub(crate) directory_offset: u64,
    pub(crate) directory_bytes: u64,
}

impl Footer {
    pub(crate) fn encode(&self) -> Vec<u8> {
        [self.rows, self.distinct, self.total, self.directory_offset, self.directory_bytes].into_iter().flat_map(u64::to_le_bytes).collect()
    }

    pub(crate) fn decode(payload: &[u8], offset: u64) -> Result<Self, FormatError> {
        if payload.len() != FOOTER_PAYLOAD_BYTES {
            return Err(FormatError { offset, what: "footer cut short" });
        }
        let [rows, distinct, total, directory_offset, directory_bytes] = [0, 8, 16, 24, 32].map(|at| u64_at(payload, at));
        Ok(Self { rows, distinct, total, directory_offset, directory_bytes })
    }
}
