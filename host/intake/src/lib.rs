//! Dumps opened: containers, encodings, staged members, cuts.
//!
//! ```text
//! dump ──walk──▶ Member ──stage──▶ zstd frames + digest ──StagedReader──▶ cut_lines / chunks_from_cuts, stream
//!                  └──check_reference──▶ the dump itself, if it can be read by range as it stands
//! ```
//!
//! Everything here blocks and belongs on a worker thread. Bytes come from a [`Blob`] and go to an [`std::io::Write`]; where they
//! live is the caller's. Deliberately not here: plugins and their probing, the object store, the catalogue, any format's rows.
//!
//! What a dump says of itself is never believed: formats are told by magic bytes, sizes are counted as bytes come out, every
//! count has a bound ([`IntakeLimits`]), and a name from an archive is text for people. It never names a file: what must be
//! spooled goes into a nameless file of the scratch folder.
//!
//! Memory, whatever the input: an open container takes 64 KiB for its sample and up to 256 KiB of read-ahead, a compressed layer its
//! window (some MiB as a rule, [`IntakeLimits::window_bytes_max`] at the most), a 7z's or rar's list of members a few times its bytes,
//! a spooled archive [`SPOOL_MEMORY_BYTES_MAX`]; see [`stage()`] and [`StagedReader`] for theirs.
#![forbid(unsafe_code)]

mod blob;
mod budget;
mod cut;
mod decode;
mod decompress;
mod encoding;
mod error;
mod format;
mod frames;
mod group;
mod limits;
mod member;
mod name;
mod notes;
mod rar;
mod seven_zip;
mod seven_zip_list;
mod spool;
mod stage;
mod staged;
mod tar;
mod twice;
mod unzip;
mod walk;
mod zip_directory;

pub use blob::{Blob, FileBlob, PartsBlob, SliceBlob};
pub use cut::{chunks_from_cuts, cut_lines, line_start_before, next_line_start, whole};
pub use encoding::{Detected, decode_sample, detect};
pub use error::IntakeError;
pub use group::{Form, Group, Walking, walk_joined};
pub use limits::IntakeLimits;
pub use member::{Member, Sample};
pub use spool::SPOOL_MEMORY_BYTES_MAX;
pub use stage::{Reference, Staged, check_reference, decode, stage};
pub use staged::{SourceKind, StagedReader, StagedStream};
pub use walk::walk;
