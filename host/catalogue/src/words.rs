//! The words the catalogue keeps in its text columns: states and kinds, each with one spelling for SQL, JSON and display.

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize, utoipa::ToSchema)]
        pub enum $name { $($(#[$variant_doc])* #[serde(rename = $word)] $variant),* }

        impl $name {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word for it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// The one with that word.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($word => Some(Self::$variant),)* _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }
    )*};
}

words! {
    /// Where a dump stands.
    DumpState {
        /// Its bytes are arriving.
        Receiving = "receiving",
        /// All there, under its digest.
        Complete = "complete",
    }
    /// What was asked for.
    JobKind {
        /// Dumps into a load.
        Import = "import",
        /// A verified load becomes visible.
        Publish = "publish",
        /// A published load goes away again.
        Retract = "retract",
        /// The ranges' small segments become fewer.
        Compact = "compact",
    }
    /// Where a job stands.
    JobState {
        /// The controller has not seen it.
        Queued = "queued",
        /// Its tasks run.
        Running = "running",
        /// It needs an operator (message and hint say for what); what can go on goes on.
        Waiting = "waiting",
        /// Held by an operator.
        Paused = "paused",
        /// Being cancelled: what it wrote is removed.
        Cancelling = "cancelling",
        /// Cancelled, nothing left of it.
        Cancelled = "cancelled",
        /// Done.
        Done = "done",
        /// Failed; the message says why.
        Failed = "failed",
    }
    /// Where a load stands.
    LoadState {
        /// Dumps are being staged.
        Staging = "staging",
        /// Members are being cut and parsed.
        Parsing = "parsing",
        /// Runs are being merged into its own segments.
        Merging = "merging",
        /// Its ledger balances and the stores agree: it can be published.
        Verified = "verified",
        /// Its ledger does not balance: it can't be published.
        Unbalanced = "unbalanced",
        /// Queries see it.
        Published = "published",
        /// It was published once, and is no more.
        Retracted = "retracted",
        /// Its job failed or was cancelled.
        Failed = "failed",
    }
    /// Where a member stands.
    MemberState {
        /// Nobody claims it, or two do alike: an operator decides.
        Unclaimed = "unclaimed",
        /// It has a plugin and is to be cut.
        Staged = "staged",
        /// Its chunks are known and are parsed.
        Parsing = "parsing",
        /// Left out by an operator; its bytes count as skipped.
        Skipped = "skipped",
    }
    /// Where a task stands.
    TaskState {
        /// To be booked or leased.
        Queued = "queued",
        /// A slot is reserved for it.
        Booked = "booked",
        /// A worker has it.
        Leased = "leased",
        /// Its outcome is recorded.
        Done = "done",
        /// It failed, and the controller decides what follows.
        Failed = "failed",
        /// Set aside for good, with its range and a reproducer.
        Quarantined = "quarantined",
        /// Its job was cancelled or failed.
        Cancelled = "cancelled",
    }
    /// Where a slot stands.
    SlotState {
        /// Reserved.
        Booked = "booked",
        /// A worker is at it.
        Started = "started",
    }
    /// Where a dispatcher stands.
    DispatcherState {
        /// Takes work.
        Active = "active",
        /// Takes no more.
        Draining = "draining",
    }
    /// Where a plugin stands.
    PluginState {
        /// There, and not chosen by probing.
        Installed = "installed",
        /// Probing may choose it; one version a name.
        Active = "active",
        /// Never to run again.
        Revoked = "revoked",
    }
}
