//! How the catalogue is reached. What is secret in it is never shown.

use std::fmt;

use url::Url;

use crate::{Error, Result};

/// Connections that write to PostgreSQL, and as many that read, unless told otherwise.
const CONNECTIONS: u32 = 8;
/// How long PostgreSQL may work on one statement, unless told otherwise.
const STATEMENT_MS: u64 = 30_000;
/// How old what a replica says may be, unless told otherwise.
const REPLICA_LAG_MS: u64 = 1_000;

/// Where the catalogue is, and what is asked of the way there.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    /// `sqlite://FILE`, or `postgres://USER@HOST:PORT/DATABASE` with libpq's `sslmode`, `sslrootcert`, `sslcert`, `sslkey`.
    pub url: String,
    /// PostgreSQL's password; one in the URL gives way to it.
    pub password: Option<String>,
    /// A PostgreSQL standby for reads that may be a little old; the password is the same.
    pub replica_url: Option<String>,
    /// How far behind the standby may be before the primary is read instead, milliseconds.
    pub replica_lag_ms_max: u64,
    /// Connections that write, and as many that read; SQLite has one that writes.
    pub connections_max: u32,
    /// How long PostgreSQL may work on a statement, milliseconds.
    pub statement_ms_max: u64,
}

impl Settings {
    /// The usual ones for a URL.
    pub fn at(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            password: None,
            replica_url: None,
            replica_lag_ms_max: REPLICA_LAG_MS,
            connections_max: CONNECTIONS,
            statement_ms_max: STATEMENT_MS,
        }
    }

    /// The URL with the password in it: what the driver is given, and nobody else.
    pub(crate) fn with_password(&self, url: &str) -> Result<String> {
        let Some(password) = &self.password else { return Ok(url.to_owned()) };
        let invalid = || Error::Open {
            url: without_secrets(url),
            source: sqlx::Error::Configuration("it is no URL of the kind postgres://USER@HOST:PORT/DATABASE".into()),
        };
        let mut full = Url::parse(url).map_err(|_| invalid())?;
        full.set_password(Some(password)).map_err(|()| invalid())?;
        Ok(full.into())
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("url", &without_secrets(&self.url))
            .field("replica_url", &self.replica_url.as_deref().map(without_secrets))
            .field("replica_lag_ms_max", &self.replica_lag_ms_max)
            .field("connections_max", &self.connections_max)
            .field("statement_ms_max", &self.statement_ms_max)
            .finish_non_exhaustive()
    }
}

/// A URL as it may be shown: no user's password, and no options, which may hold one.
pub(crate) fn without_secrets(url: &str) -> String {
    let shown = if url.starts_with("sqlite:") { url } else { url.split('?').next().unwrap_or_default() };
    match (shown.find("://"), shown.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => format!("{}://…{}", &shown[..scheme], &shown[at..]),
        _ => shown.to_owned(),
    }
}
