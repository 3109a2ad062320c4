//! What can go wrong with ranges. No variant ever holds a hash.

use std::{io, sync::Arc};

use sluice_record::{LoadId, RunKind};

/// A run or a segment that is not what it should be.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{what} (byte {offset})")]
pub struct FormatError {
    /// Byte in the file.
    pub offset: u64,
    /// What is wrong there.
    pub what: &'static str,
}

/// Why runs could not be merged or a question not be answered. Cheap to clone: many who asked at once share one failure.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RangesError {
    /// The bytes could not be read.
    #[error("cannot read {object}")]
    Read {
        /// Its key, or the input's number in a merge.
        object: String,
        /// Why.
        source: Arc<io::Error>,
    },
    /// The bytes are damaged, cut short or another file's; replace the object or merge it anew.
    #[error("{object} is damaged")]
    Corrupt {
        /// Its key, or the input's number in a merge.
        object: String,
        /// Where and how.
        source: FormatError,
    },
    /// The result could not be written.
    #[error("cannot write the result")]
    Write(#[source] Arc<io::Error>),
    /// The file holds another kind.
    #[error("{object} holds no {} rows", .expected.name())]
    WrongKind {
        /// Its key, or the input's number in a merge.
        object: String,
        /// What was asked for.
        expected: RunKind,
    },
    /// Counts of several loads were summed in it, and not all of them are to be kept.
    #[error("{object} sums passwords of loads that are to be kept and of others: merge the loads' own segments instead")]
    NotSeparable {
        /// The input's number in the merge.
        object: String,
    },
    /// Counts that do not fit 64 bits.
    #[error("counts add up to more than 64 bits hold")]
    CountOverflow,
    /// More loads than a segment may cover.
    #[error("{loads} loads in one segment, at most {max} may be")]
    TooManyLoads {
        /// How many.
        loads: usize,
        /// How many may be.
        max: usize,
    },
    /// A generation that would count a load twice.
    #[error("load {load} is in two {} segments of one generation", .kind.name())]
    CoveredTwice {
        /// Of which kind.
        kind: RunKind,
        /// Which load.
        load: LoadId,
    },
    /// More rows under one prefix than a reply may have: nobody's hashes fall like that by chance.
    #[error("more than {max} rows under one prefix")]
    TooManyRows {
        /// How many may be.
        max: usize,
    },
}

/// Within the module an error does not know its file's name yet.
#[derive(Debug)]
pub(crate) enum FileError {
    Io(io::Error),
    Format(FormatError),
}

impl FileError {
    pub(crate) fn of(self, object: &str) -> RangesError {
        let object = object.to_owned();
        match self {
            Self::Io(source) => RangesError::Read { object, source: Arc::new(source) },
            Self::Format(source) => RangesError::Corrupt { object, source },
        }
    }
}

impl From<FormatError> for FileError {
    fn from(error: FormatError) -> Self {
        Self::Format(error)
    }
}

pub(crate) fn write_error(error: io::Error) -> RangesError {
    RangesError::Write(Arc::new(error))
}
