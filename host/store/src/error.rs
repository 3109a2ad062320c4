//! What goes wrong with a store, told apart by what the caller can do about it. Never holds a value of the input.

use std::{error::Error, io, sync::Arc};

use crate::records::OpenSearchFailure;

/// What `object_store` calls a folder of this machine.
const LOCAL: &str = "LocalFileSystem";

/// An error of a store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// No room is left. Nothing half-written is visible, and the store goes on once there is room.
    #[error("no space left while writing {what}; {hint}")]
    Full {
        /// What was being written.
        what: String,
        /// What to do.
        hint: &'static str,
        /// The engine's error.
        #[source]
        source: BoxError,
    },
    /// There is no such object.
    #[error("{what} is not in the store")]
    NotFound {
        /// Its key.
        what: String,
    },
    /// The engine or the machine failed; another try may do better.
    #[error("the store failed while {doing}")]
    Unavailable {
        /// What was being done.
        doing: String,
        /// The engine's error.
        #[source]
        source: BoxError,
    },
    /// What the store holds cannot be read: it is damaged or was written by another version.
    #[error("{what} is damaged: {reason}")]
    Damaged {
        /// Which part.
        what: String,
        /// How so.
        reason: String,
    },
    /// Another process has the store open.
    #[error("{what} is in use by another process; stop it, or give this one a data folder of its own")]
    InUse {
        /// Which store.
        what: String,
    },
    /// A newer attempt of the task has begun (or its load was purged): what this one writes no longer counts.
    #[error("a newer attempt of this task has begun, or its load was purged; this one must stop")]
    Superseded,
    /// The writer failed after this attempt's last commit, and what it wrote since then is gone.
    #[error("records written since the last commit were lost with the writer; the task must begin again")]
    Lost,
    /// The caller asked for what cannot be.
    #[error("{0}")]
    Invalid(String),
}

/// Any error, as a source.
pub type BoxError = Box<dyn Error + Send + Sync + 'static>;

/// What to do about a full disk.
pub(crate) const FULL_HINT: &str = "free some space or move the data folder, then the work goes on by itself";

impl StoreError {
    /// May the same call succeed later, with nothing changed but time and room?
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Full { .. } | Self::Unavailable { .. } | Self::Lost)
    }

    /// Tells a full disk from other failures, anywhere in the chain of sources.
    pub(crate) fn from_source(doing: impl Into<String>, source: impl Into<BoxError>) -> Self {
        let (what, source) = (doing.into(), source.into());
        if is_full(source.as_ref()) { Self::Full { what, hint: FULL_HINT, source } } else { Self::Unavailable { doing: what, source } }
    }
}

impl From<StoreError> for io::Error {
    fn from(error: StoreError) -> Self {
        let kind = match &error {
            StoreError::Full { .. } => io::ErrorKind::StorageFull,
            StoreError::NotFound { .. } => io::ErrorKind::NotFound,
            StoreError::Damaged { .. } => io::ErrorKind::InvalidData,
            StoreError::Invalid(_) => io::ErrorKind::InvalidInput,
            _ => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

/// Did a server of a store not answer, or was it too busy to do what it was asked? A refusal is none, nor is anything of this machine.
/// Asked of any error that one of [`StoreError`] may be within.
pub fn is_outage(error: &(dyn Error + 'static)) -> bool {
    is_within(error, &|error| {
        let is_search_away = error.downcast_ref().is_some_and(OpenSearchFailure::passes);
        // What failed by the end of the crate's own tries; a wrong key or a missing bucket has a kind of its own.
        let remote = error.downcast_ref::<object_store::Error>();
        is_search_away || matches!(remote, Some(object_store::Error::Generic { store, .. }) if *store != LOCAL)
    })
}

/// Is there an `ENOSPC`, `EDQUOT` or `EFBIG` in the chain?
fn is_full(error: &(dyn Error + 'static)) -> bool {
    is_within(error, &|error| error.downcast_ref::<io::Error>().is_some_and(is_full_kind))
}

/// Is one of the error's chain such a one? An `io::Error`'s own payload is not its source, nor is what an `Arc` holds.
fn is_within(error: &(dyn Error + 'static), is_such: &dyn Fn(&(dyn Error + 'static)) -> bool) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let shared = error.downcast_ref::<Arc<io::Error>>().map(Arc::as_ref);
        let of_io = shared.or_else(|| error.downcast_ref()).and_then(io::Error::get_ref);
        if is_such(error) || shared.is_some_and(|error| is_such(error)) || of_io.is_some_and(|error| is_within(error, is_such)) {
            return true;
        }
        next = error.source();
    }
    false
}

/// As [`is_full`], of one error.
pub(crate) fn is_full_kind(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge)
}
