//! The bounds of one walk. [`sluice_record::limits`] says what they are by default and why; configuration may lower them.

use sluice_record::limits;

/// Bounds on what a dump may cost.
#[derive(Clone, Debug)]
pub struct IntakeLimits {
    /// Decoded bytes for one stored byte, once `ratio_free_bytes` have come out; of each compressed stream and of the dump as a whole.
    pub ratio_max: u64,
    /// Decoded bytes that are never held against the ratio.
    pub ratio_free_bytes: u64,
    /// Archives (zip, tar, 7z, rar) within archives. Compressed streams (gz, zst, bz2, xz, …) within one another are counted apart, with the same bound.
    pub depth_max: u32,
    /// Entries looked at in one dump; what follows is left out with a note.
    pub members_max: u32,
    /// Decoded bytes of one member.
    pub member_bytes_max: u64,
    /// Decoded bytes of one dump, all layers added up.
    pub dump_bytes_max: u64,
    /// Bytes of a member's name as displayed.
    pub name_bytes_max: usize,
    /// Bytes of an archive within a stream that may be spooled to the scratch folder, where it cannot be read from front to back.
    pub spool_bytes_max: u64,
    /// Bytes of what a decoder may look back on (a window, a dictionary, a model), asked for by the data itself.
    pub window_bytes_max: u64,
    /// Bytes of a 7z's list of members, unpacked; it is read as a whole.
    pub list_bytes_max: u64,
}

impl Default for IntakeLimits {
    fn default() -> Self {
        Self {
            ratio_max: limits::RATIO_MAX,
            ratio_free_bytes: limits::RATIO_FREE_BYTES,
            depth_max: limits::CONTAINER_DEPTH_MAX,
            members_max: limits::MEMBERS_MAX,
            member_bytes_max: limits::MEMBER_BYTES_MAX,
            dump_bytes_max: limits::DUMP_BYTES_MAX,
            name_bytes_max: limits::MEMBER_NAME_BYTES_MAX,
            // A zip's directory is at its end, so all of it must be there before the first member can be read.
            spool_bytes_max: 256 << 30,
            // What the packers' strongest settings ask for: 64 MiB for `xz -9`, 192 for PPMd and 256 for LZMA in `7z -mx9`.
            window_bytes_max: 256 << 20,
            // A member takes some 150 bytes of it.
            list_bytes_max: 64 << 20,
        }
    }
}
