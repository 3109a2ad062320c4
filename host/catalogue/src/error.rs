//! What can go wrong with the catalogue, told apart by what the caller can do about it.

use std::fmt;

/// An error of the catalogue. It never holds a value from a dump, a password or a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such thing.
    #[error("no {what} {id}")]
    NotFound {
        /// `breach`, `job` …
        what: &'static str,
        /// Its id or name.
        id: String,
    },
    /// The state forbids it, or somebody else was faster: read again and decide anew.
    #[error("{message}")]
    Conflict {
        /// What stands against it.
        message: String,
        /// What to do.
        hint: String,
    },
    /// The fencing token is not the task's current one: the lease is gone and the result does not count.
    #[error("the lease on task {task} is no longer held")]
    Stale {
        /// Which task.
        task: i64,
    },
    /// The database is locked by another process for longer than the busy time-out.
    #[error("the catalogue is busy")]
    Busy(#[source] sqlx::Error),
    /// The database's server is away, or ended the connection; nothing was written.
    #[error("the catalogue's server does not answer")]
    Unavailable(#[source] sqlx::Error),
    /// There is no room to write.
    #[error("the catalogue's disk is full")]
    Full(#[source] sqlx::Error),
    /// The database's schema is not this binary's.
    #[error("the catalogue's schema is not this program's: {message}")]
    Schema {
        /// How they differ.
        message: String,
        /// What to do.
        hint: &'static str,
        /// What the migration said.
        #[source]
        source: Option<sqlx::migrate::MigrateError>,
    },
    /// A row that this program did not write that way.
    #[error("the catalogue's {column} is not readable")]
    Corrupt {
        /// Where.
        column: &'static str,
        /// Why.
        #[source]
        source: Option<serde_json::Error>,
    },
    /// The database could not be opened.
    #[error("the catalogue {url} cannot be opened")]
    Open {
        /// Where, without a password.
        url: String,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// Anything else the database says.
    #[error("the catalogue failed")]
    Sql(#[source] sqlx::Error),
}

/// A result of the catalogue.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// What to do about it, for the one who asked; empty if there is nothing to add.
    pub fn hint(&self) -> &str {
        match self {
            Self::NotFound { .. } => "list them to see which there are",
            Self::Conflict { hint, .. } => hint,
            Self::Stale { .. } => "drop the result: the task was given to another worker",
            Self::Busy(_) => "others write to it, or its server has no connection left: try again, and see what holds it up",
            Self::Unavailable(_) => {
                "see whether the server runs and can be reached; nothing was written, and what is durable goes on by itself"
            }
            Self::Full(_) => "free some space on its disk; nothing was written",
            Self::Schema { hint, .. } => hint,
            Self::Corrupt { .. } => "restore the catalogue from a backup",
            Self::Open { .. } => "look at its URL, and the path's rights and folder, or the server, the user and the password",
            Self::Sql(_) => "",
        }
    }

    pub(crate) fn not_found(what: &'static str, id: impl fmt::Display) -> Self {
        Self::NotFound { what, id: id.to_string() }
    }

    pub(crate) fn conflict(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Conflict { message: message.into(), hint: hint.into() }
    }

    /// Sorts a database's error. SQLite's codes: 5 busy, 6 locked, 13 full, 4874 no room for the shared memory. PostgreSQL's have five
    /// characters: 53100 full, 53300 no connection left, 55P03 and 57014 waited or worked too long, 40001 and 40P01 in each other's way.
    pub(crate) fn sql(error: sqlx::Error) -> Self {
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code).map(std::borrow::Cow::into_owned);
        match code.as_deref() {
            Some("13" | "4874" | "53100") => Self::Full(error),
            Some("53300" | "55P03" | "57014" | "40001" | "40P01") => Self::Busy(error),
            Some(code) if code.len() < 5 && code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6)) => Self::Busy(error),
            _ if matches!(error, sqlx::Error::PoolTimedOut) => Self::Busy(error),
            _ if is_connection_lost(&error) => Self::Unavailable(error),
            _ => Self::Sql(error),
        }
    }

    /// As [`Error::sql`], but a broken uniqueness is a conflict in these words.
    pub(crate) fn unless_unique(error: sqlx::Error, message: impl FnOnce() -> (String, &'static str)) -> Self {
        if error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation) {
            let (message, hint) = message();
            return Self::conflict(message, hint);
        }
        Self::sql(error)
    }
}

/// Is the connection gone, and with it what was not committed? Of PostgreSQL's codes, 08 is about connections, 57P and 25P03 end one,
/// and 25006 is said by a server that is a standby by now.
pub(crate) fn is_connection_lost(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    let ends = |code: &str| code.len() == 5 && (code.starts_with("08") || code.starts_with("57P") || matches!(code, "25P03" | "25006"));
    matches!(error, sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed) || code.is_some_and(|code| ends(&code))
}
