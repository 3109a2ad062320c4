//! What can go wrong with a control role. None of it is the end of one: the loop says so and tries again.

use sluice_catalogue::Error;

/// An error of a control role.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// The catalogue's.
    #[error(transparent)]
    Catalogue(#[from] Error),
    /// The record store could not be asked.
    #[error("the record store can't say what it holds: {0}")]
    Store(String),
    /// The dispatcher in another process did not do it.
    #[error("{0}")]
    Remote(String),
    /// The next generation could not be planned.
    #[error("the next generation can't be planned: {0}")]
    Planner(String),
}

/// A result of a control role.
pub type Result<T> = std::result::Result<T, ControlError>;

/// Was it taken? `false` if somebody else was faster or the state has changed: the next pass looks again.
pub(crate) fn taken(applied: std::result::Result<(), Error>) -> Result<bool> {
    match applied {
        Ok(()) => Ok(true),
        Err(Error::Conflict { message, .. }) => {
            tracing::debug!(%message, "a step was not taken");
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}
