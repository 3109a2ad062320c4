//! Every bound of the data's way, with its unit in its name. Configuration may lower most of them; none is ever absent.

/// Bytes a guest gets in one push.
pub const PUSH_BYTES: usize = 256 << 10;
/// The longest record: a parser that consumes nothing of this much is given a reject for it.
pub const RECORD_BYTES_MAX: usize = 4 << 20;
/// Decoded bytes in one frame of a staged member.
pub const FRAME_BYTES: usize = 8 << 20;
/// Decoded bytes one parse task covers, more or less: cuts fall on record boundaries.
pub const CHUNK_BYTES: u64 = 64 << 20;
/// Context a scanner may hand to a chunk.
pub const CONTEXT_BYTES_MAX: usize = 256 << 10;
/// Events one push may emit; a byte can end at most one field, and a record adds one.
pub const EVENTS_PER_PUSH_MAX: usize = 2 * RECORD_BYTES_MAX;
/// Arena bytes one push may emit.
pub const ARENA_BYTES_PER_PUSH_MAX: usize = 2 * RECORD_BYTES_MAX;
/// Linear memory of one instance.
pub const GUEST_MEMORY_BYTES_MAX: usize = 64 << 20;
/// Wall time of one call into a guest, milliseconds.
pub const CALL_DEADLINE_MS: u64 = 2_000;
/// Lines a guest may log in one call, and bytes in a line.
pub const LOG_LINES_PER_CALL_MAX: usize = 16;
/// Bytes in one logged line.
pub const LOG_LINE_BYTES_MAX: usize = 256;
/// Bytes of a reject's reason.
pub const REASON_BYTES_MAX: usize = 64;
/// Distinct reasons counted by name for one load; further ones count as `other`.
pub const REASONS_MAX: usize = 64;
/// Bytes of a column's name.
pub const COLUMN_NAME_BYTES_MAX: usize = 128;
/// Bytes of one value kept.
pub const VALUE_BYTES_MAX: usize = 64 << 10;
/// Head and tail of a member that `probe` sees, each.
pub const SAMPLE_BYTES_MAX: usize = 64 << 10;
/// Members that may be joined to one.
pub const PARTS_MAX: usize = 1024;
/// Names of members that a plugin is shown at once to say which belong together, and their bytes.
pub const GROUP_NAMES_MAX: usize = 4096;
/// Bytes of those names.
pub const GROUP_NAMES_BYTES_MAX: usize = 512 << 10;
/// Containers within containers.
pub const CONTAINER_DEPTH_MAX: u32 = 4;
/// Members of one dump.
pub const MEMBERS_MAX: u32 = 1_000_000;
/// Decoded bytes of one member.
pub const MEMBER_BYTES_MAX: u64 = 4 << 40;
/// Decoded bytes of one dump.
pub const DUMP_BYTES_MAX: u64 = 16 << 40;
/// Decoded bytes for one stored byte of a container, once more than `RATIO_FREE_BYTES` have come out.
pub const RATIO_MAX: u64 = 200;
/// Decoded bytes of a dump that are never held against its ratio.
pub const RATIO_FREE_BYTES: u64 = 64 << 20;
/// Bytes of a member's name.
pub const MEMBER_NAME_BYTES_MAX: usize = 1_024;
/// Attempts before a task is quarantined, with 1, 2, 4 and 8 seconds between them: a store's hiccup is none of an operator's business.
pub const TASK_ATTEMPTS_MAX: u32 = 5;
/// Attempts that found a server away, a minute apart in the end, before that counts as any failure does: a night without OpenSearch.
pub const TASK_OUTAGES_MAX: u32 = 720;
/// Attempts before what is to be deleted stays where it is. Nobody waits for them.
pub const PURGE_ATTEMPTS_MAX: u32 = 16;
/// A lease's length, milliseconds; a worker renews at a third of it.
pub const LEASE_MS: i64 = 30_000;

const _: () = {
    assert!(PUSH_BYTES < RECORD_BYTES_MAX && RECORD_BYTES_MAX < FRAME_BYTES);
    assert!(RECORD_BYTES_MAX <= crate::Event::LEN_MAX as usize, "a record's span must fit its event");
    assert!(ARENA_BYTES_PER_PUSH_MAX <= crate::Event::OFFSET_MAX as usize);
    assert!(2 * RECORD_BYTES_MAX + ARENA_BYTES_PER_PUSH_MAX < GUEST_MEMORY_BYTES_MAX);
    assert!(FRAME_BYTES as u64 <= CHUNK_BYTES);
    assert!(VALUE_BYTES_MAX < RECORD_BYTES_MAX);
};
