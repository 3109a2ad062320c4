//! Tasks as they travel from the controller through a dispatcher to a worker, and what comes back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{BlobDigest, BreachId, Claim, DumpId, Framing, Ledger, LoadId, MemberId, Part, PluginDigest};

/// What may be kept of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// Account and data classes; passwords counted for the ranges, the rest dropped.
    #[default]
    Notify,
    /// `notify` and every field that is no secret, for full text.
    Search,
}

impl Policy {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Notify => "notify",
            Self::Search => "search",
        }
    }
}

/// An object and the bytes it has.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Frame {
    /// Its key in the object store.
    pub key: String,
    /// Its length in bytes.
    pub bytes: u64,
}

impl Frame {
    /// The region whose store has it; `None` of the one that all share.
    pub fn region(&self) -> Option<&str> {
        split_region(&self.key).map(|(region, _)| region)
    }

    /// The region that has most of some objects' bytes.
    fn region_of_most<'a>(frames: impl Iterator<Item = &'a Self>) -> Option<&'a str> {
        let mut bytes = BTreeMap::<_, u64>::new();
        for frame in frames {
            *bytes.entry(frame.region()).or_default() += frame.bytes;
        }
        bytes.into_iter().max_by_key(|(_, bytes)| *bytes)?.0
    }
}

/// Takes a key in a region's store apart: `region/NAME/KEY` into name and key.
pub fn split_region(key: &str) -> Option<(&str, &str)> {
    key.strip_prefix("region/")?.split_once('/')
}

/// A key in a region's store.
pub fn join_region(region: &str, key: &str) -> String {
    format!("region/{region}/{key}")
}

/// Where a staged member's bytes are.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum StagedSource {
    /// The dump as it stands: its parts, one after another.
    Reference {
        /// In order.
        parts: Vec<Frame>,
    },
    /// Independently readable zstd frames in one object, with a seek table at its end (the zstd seekable format).
    Frames {
        /// The object.
        object: Frame,
    },
}

/// A member unpacked, decoded and ready to be cut.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StagedMember {
    /// Path within the dump, for display only; it never names a file.
    pub name: String,
    /// Of the staged bytes.
    pub digest: BlobDigest,
    /// Staged bytes.
    pub bytes: u64,
    /// What it was decoded from, by its WHATWG name; `binary` if it was not decoded.
    pub encoding: String,
    /// The plugin chosen, unless nobody claimed it or two did alike.
    pub plugin: Option<PluginDigest>,
    /// How that plugin wants it cut.
    pub framing: Framing,
    /// Every claim, best first: plugin name and claim.
    pub claims: Vec<(String, Claim)>,
    /// Where its bytes are.
    pub source: StagedSource,
    /// The members it was joined of; none if it is one by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
}

/// A member that was left out of a dump, and why.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MemberNote {
    /// Path within the dump.
    pub name: String,
    /// Why, in words.
    pub reason: String,
    /// Was data lost by it (a refusal), or was there none (an empty file, a folder's metadata)?
    pub refused: bool,
}

/// A chunk may begin here.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CutPoint {
    /// Byte in the staged member.
    pub offset: u64,
    /// What the parser needs to know there.
    pub context: Vec<u8>,
}

/// What one parse task covers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Chunk {
    /// First byte in the staged member.
    pub start: u64,
    /// The byte after its last.
    pub end: u64,
    /// The scanner's context at `start`, base64 in JSON would be smaller but this is rarely more than a header.
    pub context: Vec<u8>,
}

/// What a run or a segment is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RunKind {
    /// SHA-1 of plain passwords, with counts.
    Sha1,
    /// NTLM of plain passwords, with counts.
    Ntlm,
    /// SHA-1 of accounts, with loads.
    Account,
}

impl RunKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Sha1, Self::Ntlm, Self::Account];

    /// Bytes of its hash.
    pub const fn hash_bytes(self) -> usize {
        match self {
            Self::Sha1 | Self::Account => 20,
            Self::Ntlm => 16,
        }
    }

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Ntlm => "ntlm",
            Self::Account => "account",
        }
    }
}

/// A sorted run in the object store.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RunRef {
    /// What it holds.
    pub kind: RunKind,
    /// Its object.
    pub object: Frame,
    /// Rows it has.
    pub rows: u64,
}

/// An immutable segment of the ranges in the object store.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SegmentRef {
    /// What it holds.
    pub kind: RunKind,
    /// Its object.
    pub object: Frame,
    /// Rows: distinct hashes, or distinct (account, load) pairs.
    pub rows: u64,
    /// The loads it was made from, ascending.
    pub loads: Vec<LoadId>,
}

/// What a worker is asked to do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "lowercase")]
pub enum TaskSpec {
    /// Open a dump and stage its members.
    Stage {
        /// For which load.
        load: LoadId,
        /// Which dump.
        dump: DumpId,
        /// The file's name, for display and for probing.
        name: String,
        /// The dump's bytes, in order.
        parts: Vec<Frame>,
        /// The operator's choice, by plugin name or digest; probing decides otherwise.
        plugin: Option<String>,
        /// Passwords to try on encrypted members.
        archive_passwords: Vec<String>,
        /// The only plugins that are asked about members, active or not; none: those that are active.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        only: Vec<PluginDigest>,
        /// Members, by name, about which nobody is asked: what becomes of them is known.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        unasked: Vec<String>,
    },
    /// Cut a staged member into chunks.
    Scan {
        /// For which load.
        load: LoadId,
        /// Which member.
        member: MemberId,
        /// Its path within the dump, which the plugin is told. Specs that were kept before it was there have none.
        #[serde(default)]
        name: String,
        /// The members it was joined of, which the plugin is told; none if it is one by itself.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        parts: Vec<Part>,
        /// Its bytes.
        source: StagedSource,
        /// How many bytes it has.
        bytes: u64,
        /// The plugin pinned.
        plugin: PluginDigest,
        /// How it wants it cut.
        framing: Framing,
    },
    /// Parse a chunk: parse, normalise, protect, write.
    Parse {
        /// For which load.
        load: LoadId,
        /// Which member.
        member: MemberId,
        /// Its path within the dump, which the plugin is told. Specs that were kept before it was there have none.
        #[serde(default)]
        name: String,
        /// The members it was joined of, which the plugin is told; none if it is one by itself.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        parts: Vec<Part>,
        /// Its bytes.
        source: StagedSource,
        /// The plugin pinned.
        plugin: PluginDigest,
        /// The policy pinned.
        policy: Policy,
        /// Which bytes.
        chunk: Chunk,
    },
    /// Merge sorted runs and segments into one segment a kind.
    Merge {
        /// For which load; `None` for a compaction of several loads' segments.
        load: Option<LoadId>,
        /// What to merge: runs of one load …
        runs: Vec<RunRef>,
        /// … or segments of several, of which only the loads in `keep` are kept.
        segments: Vec<SegmentRef>,
        /// The loads whose rows go on.
        keep: Vec<LoadId>,
    },
    /// Count the accounts that loads of one breach have together.
    Count {
        /// Which breach.
        breach: BreachId,
        /// Those of its published loads, ascending, or what they are about to be.
        loads: Vec<LoadId>,
        /// The loads' own segments of accounts.
        segments: Vec<SegmentRef>,
    },
    /// Delete what the stores hold of a load.
    Purge {
        /// Which load; `None` if only objects are to go.
        load: Option<LoadId>,
        /// Its objects.
        objects: Vec<Frame>,
    },
}

/// A task's kind, for queues, metrics and display.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // as TaskSpec
pub enum TaskKind {
    Stage,
    Scan,
    Parse,
    Merge,
    Count,
    Purge,
}

impl TaskKind {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stage => "stage",
            Self::Scan => "scan",
            Self::Parse => "parse",
            Self::Merge => "merge",
            Self::Count => "count",
            Self::Purge => "purge",
        }
    }
}

impl TaskSpec {
    /// Its kind.
    pub const fn kind(&self) -> TaskKind {
        match self {
            Self::Stage { .. } => TaskKind::Stage,
            Self::Scan { .. } => TaskKind::Scan,
            Self::Parse { .. } => TaskKind::Parse,
            Self::Merge { .. } => TaskKind::Merge,
            Self::Count { .. } => TaskKind::Count,
            Self::Purge { .. } => TaskKind::Purge,
        }
    }

    /// The region that its bytes are in, most of them: where it is to be done. `None` if it may be done anywhere.
    pub fn region(&self) -> Option<&str> {
        match self {
            Self::Stage { parts, .. } => Frame::region_of_most(parts.iter()),
            Self::Scan { source, .. } | Self::Parse { source, .. } => match source {
                StagedSource::Reference { parts } => Frame::region_of_most(parts.iter()),
                StagedSource::Frames { object } => object.region(),
            },
            Self::Merge { runs, .. } => Frame::region_of_most(runs.iter().map(|run| &run.object)),
            Self::Count { .. } | Self::Purge { .. } => None,
        }
    }

    /// The bytes it has to read: what its duration is estimated by.
    pub fn bytes(&self) -> u64 {
        match self {
            Self::Stage { parts, .. } => parts.iter().map(|part| part.bytes).sum(),
            Self::Scan { bytes, .. } => *bytes,
            Self::Parse { chunk, .. } => chunk.end - chunk.start,
            Self::Merge { runs, segments, .. } => {
                runs.iter().map(|run| run.object.bytes).sum::<u64>() + segments.iter().map(|segment| segment.object.bytes).sum::<u64>()
            }
            Self::Count { segments, .. } => segments.iter().map(|segment| segment.object.bytes).sum(),
            Self::Purge { .. } => 0,
        }
    }
}

/// What a task gave.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "lowercase")]
pub enum TaskOutcome {
    /// Of [`TaskSpec::Stage`].
    Staged {
        /// What is to be parsed.
        members: Vec<StagedMember>,
        /// What was left out.
        notes: Vec<MemberNote>,
    },
    /// Of [`TaskSpec::Scan`].
    Scanned {
        /// In order, from 0 to the member's end, without a gap.
        chunks: Vec<Chunk>,
    },
    /// Of [`TaskSpec::Parse`].
    Parsed {
        /// What became of the chunk.
        ledger: Ledger,
        /// Runs written.
        runs: Vec<RunRef>,
        /// The reject log, if there are rejects.
        reject_log: Option<Frame>,
    },
    /// Of [`TaskSpec::Merge`].
    Merged {
        /// One a kind at most.
        segments: Vec<SegmentRef>,
        /// Distinct accounts.
        accounts: u64,
        /// Distinct plain passwords.
        passwords: u64,
    },
    /// Of [`TaskSpec::Count`].
    Counted {
        /// Distinct accounts.
        accounts: u64,
    },
    /// Of [`TaskSpec::Purge`].
    Purged,
}

/// How a task failed: what the controller decides by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The input is at fault, and will be tomorrow: a bomb, a broken archive, a wrong password.
    Input,
    /// The plugin trapped, lied or ran past a limit at `offset`.
    Plugin,
    /// A store or the machine: worth another try elsewhere.
    Transient,
    /// The worker is shutting down and hands the task back; it does not count as an attempt.
    Cancelled,
}

/// Why a task failed. It never holds a value from the input.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, thiserror::Error, utoipa::ToSchema)]
#[error("{message}")]
pub struct TaskFailure {
    /// How.
    pub kind: FailureKind,
    /// What, where and what to do, in words.
    pub message: String,
    /// For a plugin's fault: the byte of the staged member up to which all went well.
    pub offset: Option<u64>,
    /// For a plugin's fault: where its chunk may be cut so that less of it fails, ascending and within it. None if it can't be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    pub cuts: Vec<CutPoint>,
    /// Was a server away that the task needs? Then it is not held against the task, which is tried again while that lasts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outage: bool,
}

impl TaskFailure {
    /// One that is no plugin's.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), offset: None, cuts: Vec::new(), outage: false }
    }
}
