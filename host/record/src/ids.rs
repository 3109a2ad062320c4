//! Typed identities: a job is not a task, and a dump's digest is not a plugin's.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize, de};

/// Text that is no id of the kind asked for.
#[derive(Debug, thiserror::Error)]
#[error("`{text}` is not a {what}: expected {expected}")]
pub struct ParseIdError {
    text: String,
    what: &'static str,
    expected: &'static str,
}

macro_rules! number_ids {
    ($($(#[$doc:meta])* $name:ident $what:literal),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                text.parse().map(Self).map_err(|_| ParseIdError { text: text.into(), what: $what, expected: "a whole number" })
            }
        }
    )*};
}

number_ids! {
    /// A breach: one incident in the catalogue.
    BreachId "breach id",
    /// A dump: a file or archive handed in.
    DumpId "dump id",
    /// A staged member of a dump, within one load.
    MemberId "member id",
    /// A job: what somebody asked for.
    JobId "job id",
    /// A load: the data one import job made for a breach.
    LoadId "load id",
    /// A task: one leased piece of a job. It is also the key under which its output is written, so that
    /// writing twice leaves what writing once did.
    TaskId "task id",
    /// A slot: a reserved stretch of a dispatcher's future capacity.
    SlotId "slot id",
    /// A dispatcher.
    DispatcherId "dispatcher id",
    /// Grows with each lease of a task; a result counts only with the task's current one.
    FencingToken "fencing token",
}

macro_rules! digest_ids {
    ($($(#[$doc:meta])* $name:ident $prefix:literal $what:literal),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub [u8; 32]);

        impl $name {
            /// The 64 hex digits alone, for names of files and objects.
            pub fn hex(&self) -> String {
                hex::encode(self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, ":{}"), self.hex())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                let digits = text.strip_prefix(concat!($prefix, ":")).unwrap_or(text);
                let mut digest = [0; 32];
                match hex::decode_to_slice(digits, &mut digest) {
                    Ok(()) => Ok(Self(digest)),
                    Err(_) => Err(ParseIdError { text: text.into(), what: $what, expected: concat!($prefix, ": and 64 hex digits") }),
                }
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                let pattern = concat!("^(", $prefix, ":)?[0-9a-f]{64}$");
                utoipa::openapi::ObjectBuilder::new().schema_type(utoipa::openapi::Type::String).pattern(Some(pattern)).into()
            }
        }

        impl utoipa::ToSchema for $name {}

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    )*};
}

digest_ids! {
    /// The BLAKE3 of a dump's or a staged member's bytes.
    BlobDigest "blake3" "blob digest",
    /// The SHA-256 of a plugin's component, as an OCI registry names it.
    PluginDigest "sha256" "plugin digest",
}
