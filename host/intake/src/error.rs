//! What can go wrong, by who has to do something about it.
//!
//! Decoders hand on the errors of what they read from, so our own verdicts travel through them inside an [`io::Error`] as a
//! [`Fault`]; whatever else a decoder says is its verdict on the data.

use std::io;

/// Why intake gave up: on a member, on the dump, or for reasons of the machine. Never holds a value from the input.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// This member is refused, the others may be fine: drop what was written of it, return `Ok` from the visitor, and
    /// [`walk`](crate::walk()) goes on and notes it.
    #[error("{reason}")]
    Member {
        /// What was wrong, in words.
        reason: String,
    },
    /// The dump is refused as a whole.
    #[error("{reason}")]
    Dump {
        /// What was wrong, in words.
        reason: String,
    },
    /// A staged object that is not what [`stage`](crate::stage()) wrote.
    #[error("the staged object is damaged: {reason}")]
    Staged {
        /// What was wrong, in words.
        reason: &'static str,
    },
    /// The dump's bytes could not be read, or the result could not be written: worth another try.
    #[error("{doing} failed")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
}

impl IntakeError {
    /// Is the input at fault, so that trying again is in vain?
    pub const fn is_input(&self) -> bool {
        matches!(self, Self::Member { .. } | Self::Dump { .. })
    }

    /// Sorts out an error that came up through the decoders.
    pub(crate) fn from_read(error: io::Error) -> Self {
        match error.downcast::<Fault>() {
            Ok(Fault::Member(reason)) => Self::Member { reason },
            Ok(Fault::Dump(reason)) => Self::Dump { reason },
            Ok(Fault::Source(source)) => Self::Io { doing: "reading the dump", source },
            Err(source) => Self::Member { reason: damage(&source) },
        }
    }

    pub(crate) const fn io(doing: &'static str) -> impl Fn(io::Error) -> Self {
        move |source| Self::Io { doing, source }
    }
}

/// A verdict of ours on its way up through a decoder.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error("{0}")]
    Member(String),
    #[error("{0}")]
    Dump(String),
    #[error("the dump cannot be read: {0}")]
    Source(io::Error),
}

impl Fault {
    pub(crate) fn is_in(error: &io::Error) -> bool {
        error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<Self>)
    }

    /// The same fault again, for a reader that is asked after it failed.
    pub(crate) fn again(&self) -> io::Error {
        io::Error::other(match self {
            Self::Member(reason) => Self::Member(reason.clone()),
            Self::Dump(reason) => Self::Dump(reason.clone()),
            Self::Source(source) => Self::Source(io::Error::from(source.kind())),
        })
    }
}

/// A decoder's complaint in words an operator can use.
pub(crate) fn damage(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "it ends early, as if cut short".to_owned(),
        _ if error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<sevenz_rust2::Error>) => {
            "it is damaged (its checksum does not fit)".to_owned()
        }
        _ => format!("it is damaged ({error})"),
    }
}
