//! Where the catalogue, the objects and the records are, if not in the data folder: settings and their secrets.

use std::{
    collections::BTreeMap,
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sluice_catalogue::{Settings, sqlite_url};
use sluice_store::records::OpenSearchOptions;

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

/// Where objects are; without a URL a folder in the data folder. And where regions have theirs.
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
    /// By the region's name; each with a URL, and none with regions of its own.
    pub(crate) regions: BTreeMap<String, ObjectsConfig>,
}

/// Of a region's name, which is a part of keys.
const REGION_BYTES_MAX: usize = 32;

/// A region's name, if it is one.
pub(crate) fn region_name(text: &str) -> Result<String, String> {
    let is_word = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if is_word && (1..=REGION_BYTES_MAX).contains(&text.len()) {
        return Ok(text.to_owned());
    }
    Err(format!("a region's name has 1 to {REGION_BYTES_MAX} of a-z, 0-9 and -"))
}

impl ObjectsConfig {
    /// Refuses what cannot be meant.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        for (name, store) in &self.regions {
            region_name(name).map_err(|error| wrong(format!("objects.regions: {error}")))?;
            if store.url.is_none() || !store.regions.is_empty() {
                return Err(wrong(format!("objects.regions.{name} needs a url, and has no regions of its own")));
            }
        }
        Ok(())
    }

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

/// Where records are kept. All but the engine is OpenSearch's.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RecordsConfig {
    pub(crate) engine: RecordsEngine,
    /// Addresses of nodes, asked in turn.
    pub(crate) urls: Vec<String>,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<Secret>,
    pub(crate) password_file: Option<PathBuf>,
    /// File with certificates (PEM) of those who may vouch for the nodes, beside the system's.
    pub(crate) ca_file: Option<PathBuf>,
    /// What indices' names begin with.
    pub(crate) prefix: String,
    /// Shards of an index that is made.
    pub(crate) shards: u32,
    /// Copies of a shard beside itself, if there are nodes for them.
    pub(crate) replicas: u32,
}

/// The record stores there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RecordsEngine {
    Tantivy,
    OpenSearch,
}

impl Default for RecordsConfig {
    fn default() -> Self {
        Self {
            engine: RecordsEngine::Tantivy,
            urls: vec!["http://127.0.0.1:9200".into()],
            user: None,
            password: None,
            password_file: None,
            ca_file: None,
            prefix: "sluice".into(),
            shards: 1,
            replicas: 1,
        }
    }
}

impl RecordsConfig {
    /// What OpenSearch is reached with.
    pub(crate) fn opensearch(&self) -> Result<OpenSearchOptions, Failure> {
        let ca_pem = self.ca_file.as_deref().map(|file| read_short(file, CERTIFICATES_BYTES_MAX, "records.ca_file"));
        Ok(OpenSearchOptions {
            urls: self.urls.clone(),
            user: self.user.clone(),
            password: secret(self.password.as_ref(), self.password_file.as_deref(), "records.password_file")?,
            ca_pem: ca_pem.transpose()?,
            prefix: self.prefix.clone(),
            shards: self.shards,
            replicas: self.replicas,
            ..OpenSearchOptions::default()
        })
    }

    /// Refuses what cannot be meant.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        bounded("records.shards", self.shards.into(), 1, 1_024)?;
        bounded("records.replicas", self.replicas.into(), 0, 8)
    }
}

/// Bytes of a file that holds a secret, or certificates.
const SECRET_BYTES_MAX: u64 = 4_096;
const CERTIFICATES_BYTES_MAX: u64 = 1 << 20;

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
    let text = String::from_utf8(read_short(file, SECRET_BYTES_MAX, setting)?);
    let text = text.map_err(|_| wrong(format!("{setting}: {} is no UTF-8", file.display())))?;
    Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Reads a file that is short, or wrong.
fn read_short(file: &Path, bytes_max: u64, setting: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let reading = File::open(file).and_then(|opened| opened.take(bytes_max + 1).read_to_end(&mut bytes));
    reading.map_err(|error| wrong(format!("{setting}: cannot read {}: {error}", file.display())))?;
    if bytes.len() as u64 > bytes_max {
        return Err(wrong(format!("{setting}: {} has more than {bytes_max} bytes", file.display())));
    }
    Ok(bytes)
}

fn bounded(setting: &str, value: u64, min: u64, max: u64) -> Result<(), Failure> {
    if (min..=max).contains(&value) { Ok(()) } else { Err(wrong(format!("{setting} is {value}, and must be {min} to {max}"))) }
}
