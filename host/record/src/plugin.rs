//! What a plugin says of itself and of a file.

use serde::{Deserialize, Serialize};

/// What bytes a plugin wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum InputKind {
    /// UTF-8, decoded by the host; stretches that no encoding explains pass unchanged.
    Text,
    /// The member as it is.
    Bytes,
}

/// Who cuts a member into chunks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Framing {
    /// The host, at line ends.
    Lines,
    /// The plugin's scanner.
    Marks,
    /// Nobody: one chunk.
    Whole,
}

/// What `describe` says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Descriptor {
    /// Short and unique: `combo`, `csv`, `mysqldump`.
    pub name: String,
    /// Semantic version.
    pub version: String,
    /// For display.
    pub title: String,
    /// File-name patterns or format names, for display.
    pub formats: Vec<String>,
    /// What bytes it wants.
    pub input: InputKind,
    /// Who cuts.
    pub framing: Framing,
    /// JSON Schema of its options, or empty.
    pub options: String,
}

/// A member that was joined with others to one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Part {
    /// Its path within the dump.
    pub name: String,
    /// Its first byte in the joined member.
    pub base: u64,
    /// Its bytes there.
    pub bytes: u64,
}

/// What `probe` says of a member.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Claim {
    /// 0–100; 0 is no claim.
    pub confidence: u8,
    /// Why, in words; never a value from the input.
    pub reason: String,
}
