//! The words every other crate speaks: field kinds, hash kinds, packed events, batches, limits and, with
//! the `host` feature, typed ids, tasks and the ledger.
//!
//! Deliberately not here: I/O, clocks, threads, any format's knowledge. Plugins link this crate without the
//! `host` feature (it then has no dependency at all), so that a tag has one definition on both sides of the sandbox.

#[cfg(feature = "host")]
mod doc;
mod event;
#[cfg(feature = "host")]
mod ids;
mod kind;
#[cfg(feature = "host")]
mod ledger;
pub mod limits;
#[cfg(feature = "host")]
mod plugin;
#[cfg(feature = "host")]
mod task;

#[cfg(feature = "host")]
pub use doc::{Doc, DocBatch, DocWriter, FieldRef, WEBSITE_NAME, WEBSITE_TAG};
pub use event::{Batch, Event, Field, Fields, Item, Items, Span, Tag};
#[cfg(feature = "host")]
pub use ids::{
    BlobDigest, BreachId, DispatcherId, DumpId, FencingToken, JobId, LoadId, MemberId, ParseIdError, PluginDigest, SlotId, TaskId,
};
pub use kind::{DataClasses, FieldKind, HashKind};
#[cfg(feature = "host")]
pub use ledger::{Ledger, Rejects};
#[cfg(feature = "host")]
pub use plugin::{Claim, Descriptor, Framing, InputKind, Part};
#[cfg(feature = "host")]
pub use task::{
    Chunk, CutPoint, FailureKind, Frame, MemberNote, Policy, RunKind, RunRef, SegmentRef, StagedMember, StagedSource, TaskFailure,
    TaskKind, TaskOutcome, TaskSpec, join_region, split_region,
};
