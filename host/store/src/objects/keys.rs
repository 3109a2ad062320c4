//! Keys of objects. Every key is made of our own ids and numbers, so that no name of the input ever becomes a path.

use sluice_record::{BlobDigest, LoadId, MemberId, PluginDigest, RunKind, TaskId};

/// Written and deleted by the health check.
pub(crate) const HEALTH: &str = "health/probe";

/// One stretch of a dump as it was received. Offsets are padded, so that a listing is in their order.
pub fn dump_part(upload: &str, offset: u64) -> String {
    format!("{}/{offset:016x}", dump(upload))
}

/// The folder of a dump's parts. What is no letter, digit, `-` or `_` of an upload's name is dropped.
pub fn dump(upload: &str) -> String {
    let name: String = upload.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
    format!("dumps/{}", if name.is_empty() { "unnamed" } else { &name })
}

/// A staged member, written by a stage task; `index` counts the members of the task's dump.
pub fn staged(load: LoadId, task: TaskId, index: u32) -> String {
    format!("{}/{task}-{index}", staged_folder(load))
}

/// All staged members of a load.
pub fn staged_folder(load: LoadId) -> String {
    format!("staged/{load}")
}

/// A staged member by its digest.
pub fn staged_blob(load: LoadId, digest: BlobDigest) -> String {
    format!("{}/{}", staged_folder(load), digest.hex())
}

/// A sorted run, written by a parse task; `sequence` counts the runs of the task. Writing it twice writes the same key.
pub fn run(load: LoadId, task: TaskId, kind: RunKind, sequence: u32) -> String {
    format!("{}/{task}-{}-{sequence}", runs_folder(load), kind.name())
}

/// All runs of a load.
pub fn runs_folder(load: LoadId) -> String {
    format!("runs/{load}")
}

/// A segment of the ranges, written by a merge task.
pub fn range(kind: RunKind, task: TaskId) -> String {
    format!("ranges/{}-{task}", kind.name())
}

/// The rejects of a parse task.
pub fn rejects(load: LoadId, member: MemberId, task: TaskId) -> String {
    format!("{}/{member}-{task}", rejects_folder(load))
}

/// All reject logs of a load.
pub fn rejects_folder(load: LoadId) -> String {
    format!("rejects/{load}")
}

/// A plugin's component.
pub fn plugin(digest: PluginDigest) -> String {
    format!("plugins/{}", digest.hex())
}
