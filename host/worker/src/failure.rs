//! Errors of the crates below, sorted by what the controller can do about them.

use std::error::Error;

use sluice_intake::IntakeError;
use sluice_record::{FailureKind, TaskFailure};
use sluice_store::{StoreError, ranges::RangesError};

/// An error's whole chain in one line.
fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !line.contains(&said) {
            line = format!("{line}: {said}");
        }
        source = cause.source();
    }
    line
}

pub(crate) fn of(kind: FailureKind, error: &(dyn Error + 'static)) -> TaskFailure {
    let outage = kind == FailureKind::Transient && sluice_store::is_outage(error);
    TaskFailure { outage, ..TaskFailure::new(kind, chain(error)) }
}

pub(crate) fn input(message: impl Into<String>) -> TaskFailure {
    TaskFailure::new(FailureKind::Input, message)
}

pub(crate) fn transient(error: &(dyn Error + 'static)) -> TaskFailure {
    of(FailureKind::Transient, error)
}

pub(crate) fn store(error: &StoreError) -> TaskFailure {
    transient(error)
}

pub(crate) fn ranges(error: &RangesError) -> TaskFailure {
    transient(error)
}

pub(crate) fn intake(error: &IntakeError) -> TaskFailure {
    of(if error.is_input() { FailureKind::Input } else { FailureKind::Transient }, error)
}

/// The visitor's error while a dump is walked: an intake error, or a failure that is sorted already.
pub(crate) struct Walking(pub(crate) TaskFailure);

impl From<IntakeError> for Walking {
    fn from(error: IntakeError) -> Self {
        Self(intake(&error))
    }
}
