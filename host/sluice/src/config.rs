//! One typed tree: defaults, then a TOML file, then `SLUICE_…` variables, then flags. Checked before anything binds.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use figment::{
    Figment,
    providers::{Env, Format as _, Serialized, Toml},
    value::{Uncased, UncasedStr},
};
use serde::{Deserialize, Serialize};
use sluice_record::limits;

use crate::{
    engines::{CatalogueConfig, ObjectsConfig, RecordsConfig, region_name},
    exit::{Failure, Sysexit},
    roles::{self, Roles, WorkerConfig},
};

/// Every setting with its default and what it is for; `serve --print-config` prints it.
pub(crate) const COMMENTED: &str = include_str!("sluice.toml");

const LANES_MAX: u32 = 64;
/// Of a process's name: a lane's number is put behind it.
const NAME_BYTES_MAX: usize = 100;

/// What `serve` is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// What this process does.
    pub(crate) roles: Roles,
    /// What this process is called among others; without it, what its data folder says.
    pub(crate) instance: Option<String>,
    /// Where this process is, in a service with several regions; empty is nowhere in particular.
    pub(crate) region: String,
    /// Everything durable is in here, readable by its owner alone.
    pub(crate) data: PathBuf,
    /// Where the API listens.
    pub(crate) listen: SocketAddr,
    /// Folder of plugins (*.wasm); without it those beside the binary.
    pub(crate) plugin_dir: Option<PathBuf>,
    /// Tasks that compute at once; one more may be waiting for the disk.
    pub(crate) lanes: u32,
    /// Bytes one parse task covers, more or less, KiB: what a worker that dies has to do again.
    pub(crate) chunk_kib: u64,
    /// Memory for records on their way to the record store, MiB.
    pub(crate) index_memory_mib: usize,
    /// Where the service is seen from outside, for logos' addresses.
    pub(crate) base_url: Option<String>,
    /// Where records are kept.
    pub(crate) records: RecordsConfig,
    /// The catalogue's database.
    pub(crate) catalogue: CatalogueConfig,
    /// Where objects are.
    pub(crate) objects: ObjectsConfig,
    /// How workers and dispatchers find each other.
    pub(crate) worker: WorkerConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            roles: Roles::default(),
            instance: None,
            region: String::new(),
            data: default_data(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            plugin_dir: None,
            lanes: std::thread::available_parallelism().map_or(1, |cores| (cores.get() as u32).min(LANES_MAX)),
            chunk_kib: limits::CHUNK_BYTES >> 10,
            index_memory_mib: 64,
            base_url: None,
            records: RecordsConfig::default(),
            catalogue: CatalogueConfig::default(),
            objects: ObjectsConfig::default(),
            worker: WorkerConfig::default(),
        }
    }
}

impl Config {
    /// Where this process is, if that is said.
    pub(crate) fn region(&self) -> Option<&str> {
        Some(self.region.as_str()).filter(|region| !region.is_empty())
    }
}

/// `SLUICE_DATA`, or `sluice/` in the user's data folder.
pub(crate) fn default_data() -> PathBuf {
    if let Some(data) = std::env::var_os("SLUICE_DATA") {
        return data.into();
    }
    let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".local/share"));
    std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).or(home).unwrap_or_else(|| ".".into()).join("sluice")
}

pub(crate) fn wrong(message: impl Into<String>) -> Failure {
    Failure::new(Sysexit::Config, message, "`sluice serve --print-config` lists the settings and their defaults")
}

/// What variables may set, `SLUICE_NAME` each; in a table of the file the name has a dot. Others of the prefix are somebody else's.
const VARIABLES: [&str; 33] = [
    "roles",
    "instance",
    "region",
    "data",
    "listen",
    "plugin_dir",
    "lanes",
    "chunk_kib",
    "index_memory_mib",
    "base_url",
    "catalogue.url",
    "catalogue.password",
    "catalogue.password_file",
    "catalogue.replica_url",
    "catalogue.connections_max",
    "objects.url",
    "objects.endpoint",
    "objects.region",
    "objects.access_key_id",
    "objects.secret_access_key",
    "objects.secret_access_key_file",
    "records.engine",
    "records.urls",
    "records.user",
    "records.password",
    "records.password_file",
    "records.ca_file",
    "records.prefix",
    "records.shards",
    "records.replicas",
    "worker.dispatchers",
    "worker.token",
    "worker.token_file",
];

fn variable(name: &UncasedStr) -> Option<Uncased<'_>> {
    VARIABLES.into_iter().find(|setting| name.as_str().eq_ignore_ascii_case(&setting.replace('.', "_"))).map(Into::into)
}

/// Reads and checks the configuration; `flags` holds what the command line says.
pub(crate) fn read(file: Option<&Path>, flags: impl Serialize) -> Result<Config, Failure> {
    let mut figment = Figment::from(Serialized::defaults(Config::default()));
    if let Some(file) = file {
        if !file.is_file() {
            return Err(wrong(format!("there is no configuration file {}", file.display())));
        }
        figment = figment.merge(Toml::file_exact(file));
    }
    let config: Config = figment
        .merge(Env::prefixed("SLUICE_").filter_map(variable))
        .merge(Serialized::defaults(flags))
        .extract()
        .map_err(|error| wrong(format!("the configuration is wrong: {error}")))?;
    if !(1..=LANES_MAX).contains(&config.lanes) {
        return Err(wrong(format!("lanes is {}, and must be 1 to {LANES_MAX}", config.lanes)));
    }
    if !(1..=4 << 20).contains(&config.chunk_kib) {
        return Err(wrong(format!("chunk_kib is {}, and must be 1 to {}", config.chunk_kib, 4 << 20)));
    }
    if !(30..=65_536).contains(&config.index_memory_mib) {
        return Err(wrong(format!("index_memory_mib is {}, and must be 30 to 65536", config.index_memory_mib)));
    }
    if config.base_url.as_ref().is_some_and(|url| !is_http_url(url)) {
        return Err(wrong("base_url must be an http or https URL"));
    }
    if config.instance.as_ref().is_some_and(|name| name.is_empty() || name.len() > NAME_BYTES_MAX) {
        return Err(wrong(format!("instance must have 1 to {NAME_BYTES_MAX} bytes")));
    }
    config.catalogue.check()?;
    config.records.check()?;
    config.objects.check()?;
    config.region().map(region_name).transpose().map_err(|error| wrong(format!("region: {error}")))?;
    roles::check(&config)?;
    Ok(config)
}

pub(crate) fn is_http_url(text: &str) -> bool {
    text.parse::<reqwest::Url>().is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}
