//! Where the catalogue and the objects are, if not in the data folder: settings and their secrets.

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sluice_catalogue::{Settings, sqlite_url};

use crate::{config::wrong, exit::Failure};

/// The catalogue's database; without a URL SQLite in the data folder.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CatalogueConfig {
    /// `postgres://USER@HOST:PORT/DATABASE`, with libpq's `sslmode` and its kin.
    pub(crate) url: Option<String>,
    pub(crate) password: Option<Secret>,
    pub(crate) password_file: Option<PathBuf>,
    /// A standby for lists that may be a little old.
    pub(crate) replica_url: Option<String>,
    pub(crate) replica_lag_ms_max: u64,
    /// Connections that write, and as many that read.
    pub(crate) connections_max: u32,
    pub(crate) statement_ms_max: u64,
}

impl Default for CatalogueConfig {
    fn default() -> Self {
        let usual = Settings::at("");
        Self {
            url: None,
            password: None,
            password_file: None,
            replica_url: None,
            replica_lag_ms_max: usual.replica_lag_ms_max,
            connections_max: usual.connections_max,
            statement_ms_max: usual.statement_ms_max,
        }
    }
}

impl CatalogueConfig {
    /// What the catalogue is opened with: of a service with that data folder.
    pub(crate) fn settings(&self, data: &Path) -> Result<Settings, Failure> {
        let url = self.url.clone().unwrap_or_else(|| sqlite_url(&data.join("catalogue.sqlite")));
        Ok(Settings {
            url,
            password: secret(self.password.as_ref(), self.password_file.as_deref(), "catalogue.password_file")?,
            replica_url: self.replica_url.clone(),
            replica_lag_ms_max: self.replica_lag_ms_max,
            connections_max: self.connections_max,
            statement_ms_max: self.statement_ms_max,
        })
    }

    /// Refuses what cannot be meant.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let is_postgres = |url: &String| url.starts_with("postgres://") || url.starts_with("postgresql://");
        if !self.url.iter().chain(&self.replica_url).all(is_postgres) {
            return Err(wrong("catalogue.url and catalogue.replica_url must be postgres://USER@HOST:PORT/DATABASE"));
        }
        if self.replica_url.is_some() && self.url.is_none() {
            return Err(wrong("catalogue.replica_url is of no use without catalogue.url"));
        }
        bounded("catalogue.connections_max", self.connections_max.into(), 1, 200)?;
        bounded("catalogue.statement_ms_max", self.statement_ms_max, 100, 3_600_000)?;
        bounded("catalogue.replica_lag_ms_max", self.replica_lag_ms_max, 10, 600_000)
    }
}

/// Where objects are; without a URL a folder in the data folder.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ObjectsConfig {
    /// `s3://BUCKET/PREFIX`, or what else the `object_store` crate reads.
    pub(crate) url: Option<String>,
    /// A server that is not the provider's own.
    pub(crate) endpoint: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) access_key_id: Option<String>,
    pub(crate) secret_access_key: Option<Secret>,
    pub(crate) secret_access_key_file: Option<PathBuf>,
}

impl ObjectsConfig {
    /// The `object_store` crate's options: the provider's variables, and what is said here over those.
    pub(crate) fn options(&self) -> Result<Vec<(String, String)>, Failure> {
        let providers = ["AWS_", "GOOGLE_", "AZURE_"];
        let known = |name: &String| providers.iter().any(|provider| name.starts_with(provider));
        let variables = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let mut options: Vec<_> = variables.filter(|(name, _)| known(name)).collect();
        let secret = secret(self.secret_access_key.as_ref(), self.secret_access_key_file.as_deref(), "objects.secret_access_key_file")?;
        let said = [
            ("aws_endpoint", self.endpoint.clone()),
            // An endpoint without TLS is asked for by its name.
            ("allow_http", self.endpoint.as_ref().filter(|endpoint| endpoint.starts_with("http://")).map(|_| "true".into())),
            ("aws_region", self.region.clone()),
            ("aws_access_key_id", self.access_key_id.clone()),
            ("aws_secret_access_key", secret),
        ];
        options.extend(said.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        Ok(options)
    }
}

/// Bytes of a file that holds a secret.
const SECRET_BYTES_MAX: u64 = 4_096;

/// What no log and no error shows.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// A secret that is given, or a file's, without the line's end.
pub(crate) fn secret(given: Option<&Secret>, file: Option<&Path>, setting: &str) -> Result<Option<String>, Failure> {
    let Some(file) = file else { return Ok(given.map(|secret| secret.0.clone())) };
    let mut text = String::new();
    let reading = File::open(file).and_then(|opened| opened.take(SECRET_BYTES_MAX).read_to_string(&mut text));
    reading.map_err(|error| wrong(format!("{setting}: cannot read {}: {error}", file.display())))?;
    Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
}

fn bounded(setting: &str, value: u64, min: u64, max: u64) -> Result<(), Failure> {
    if (min..=max).contains(&value) { Ok(()) } else { Err(wrong(format!("{setting} is {value}, and must be {min} to {max}"))) }
}
