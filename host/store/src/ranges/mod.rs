//! Ranges: is this account, is this password in a breach? Answered from immutable segments sorted by hash, so that a peak costs
//! one small positioned read a question at worst, and usually none.
//!
//! ```text
//! RunWriter ──▶ runs of one task ──▶ merge ──▶ a load's own segments ──▶ plan_publish ──▶ generation ──▶ Ranges
//!                                      ▲                                     │
//!                                      └────────────── compactions ◀─────────┘
//! ```
//!
//! **Retracting is exact because nothing is ever subtracted.** A load's own segments stay in the object store until the load is
//! purged. A generation is a list of segments whose loads are disjoint, kind by kind; a compacted segment is only a quicker copy
//! of several loads' own ones. Retracting a load drops the segments that cover it and puts the remaining loads' own segments in
//! their place, at once and without a merge; compaction follows when it likes. Counts of passwords therefore are what they
//! would be had the load never been there.
//!
//! Deliberately not here: which generation is current (the catalogue's word), writing objects (the caller hands in a
//! [`std::io::Write`]), padding and HTTP (the api's), and what a hash was made of.
//!
//! # The file: runs and segments
//! One format for both; a run only lacks the index. All numbers are little-endian, keys are the first 8 bytes of a hash read
//! big-endian. A file is 8 bytes of magic and version, then frames without a gap:
//!
//! ```text
//! 0   magic  "SLCRNG"                                       frame, at any offset
//! 6   u16    version = 1                                    0   u8   tag
//! 8   header frame                                          1   u8   shared       rows frame only, else 0
//! …   rows frames; in a segment an index frame after        2   u8   value bytes  rows frame only, else 0
//!     each group of 256 of them                             3   u8   0
//! …   directory frame, in a segment only                    4   u32  payload bytes
//! end footer frame, the last 52 bytes                       8   u32  CRC-32 of the frame's offset in the file (u64),
//!                                                                    bytes 0–7 of the frame and the payload
//!                                                           12  payload
//! ```
//! | frame | tag | payload |
//! |---|---|---|
//! | header | 1 | u8 kind (1 SHA-1, 2 NTLM, 3 account), u8 is it a segment, u16 0, u32 loads, then each load as i64, ascending |
//! | rows | 2 | the `shared` bytes all its hashes begin with, then at most 256 rows: the rest of the hash, the value in `value bytes` bytes |
//! | index | 3 | u32 rows frames of the group, for each u64 first key and u32 offset from the group's begin; then nothing, or a BinaryFuse8 filter over the group's keys: u64 seed, u32 segment length, u32 its mask, u32 segment count length, fingerprints |
//! | directory | 4 | for each group u64 first key, u64 offset of its first rows frame, u64 offset and u32 bytes of its index frame, u32 rows |
//! | footer | 5 | u64 rows, u64 distinct hashes, u64 total (sum of counts; rows for accounts), u64 offset and u64 bytes of the directory frame (0 in a run) |
//!
//! Rows ascend by hash, and by value within a hash. A password's value is its count less one, a row a hash; counts are 64 bits
//! wide and a sum that does not fit is an error, so they never saturate. An account's value is the index of the load in the header,
//! a row a (hash, load) pair. `value bytes` is the least that holds a frame's values: nothing at all where every count is one or
//! the segment has one load.
//!
//! A frame's checksum covers its place, so a block cannot be taken for another; the directory leads to indexes, indexes to rows,
//! and each frame read is verified before it is believed. What does not verify is an error, never an answer.
//!
//! # What it costs
//! A reader holds 32 bytes for each group of 65,536 rows (512 bytes a million rows). Indexes with their filters (1.3 MB a million
//! rows) and rows are read when asked for, into caches bounded in bytes. Writers and merges hold one group and 32 bytes for each written.

mod body;
mod error;
mod format;
mod merge;
mod plan;
mod query;
mod read;
mod run;
mod segment;
mod source;
mod write;

pub use body::RangeBody;
pub use error::{FormatError, RangesError};
pub use merge::{Merged, Output, merge};
pub use plan::{Compaction, Plan, PlanError, SEGMENTS_PER_KIND_MAX, plan_compacted, plan_publish, plan_retract};
pub use query::{CacheBytes, Prefix, PrefixError, RANGE_ROWS_MAX, Ranges, View};
pub use run::{RUN_MEMORY_BYTES_MIN, RunWriter};
pub use source::{SegmentFiles, SegmentSource};

/// A hash as rows hold it: SHA-1 fills it, NTLM has 4 zero bytes behind.
pub(crate) type Hash = [u8; 20];
