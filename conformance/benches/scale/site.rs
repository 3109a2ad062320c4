//! Processes on real servers: what each is told.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use anyhow::Result;
use sluice_conformance::measure::program;
use sluice_engines::{opensearch::OpenSearch, s3::S3, service::Service};

const TOKEN: &str = "the token of a bench on loopback";

/// A place of its own on servers that others may use.
pub(crate) struct Site {
    folder: PathBuf,
    catalogue: String,
    stores: String,
}

impl Site {
    /// In a folder that is emptied.
    pub(crate) fn new(folder: &Path, database_url: &str, s3: &S3, opensearch: &OpenSearch) -> Result<Self> {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let _ = fs::remove_dir_all(folder);
        fs::create_dir_all(folder)?;
        let ((key, secret), made) = (s3.credentials(), MADE.fetch_add(1, Ordering::Relaxed));
        let stores = format!(
            "[objects]\nurl = '{}'\nendpoint = '{}'\nregion = 'us-east-1'\naccess_key_id = '{key}'\nsecret_access_key = '{secret}'\n\
             [records]\nengine = 'opensearch'\nurls = ['{}']\nprefix = 'bench-{}-{made}'\nreplicas = 0\n[worker]\ntoken = '{TOKEN}'\n",
            s3.place(),
            s3.endpoint(),
            opensearch.url(),
            std::process::id(),
        );
        Ok(Self { folder: folder.to_owned(), catalogue: format!("[catalogue]\nurl = '{database_url}'\n"), stores })
    }

    /// Starts a process; a worker is told nothing of the catalogue.
    pub(crate) fn start(&self, name: &str, roles: &str, core: Option<usize>, dispatchers: &[&str]) -> Result<Service> {
        let config = self.folder.join(format!("{name}.toml"));
        let catalogue = if roles == "worker" { "" } else { &self.catalogue };
        fs::write(&config, format!("instance = '{name}'\nlanes = 1\n{catalogue}{}", self.stores))?;
        let config = config.to_string_lossy().into_owned();
        let mut args = vec!["--config", &config, "--roles", roles];
        dispatchers.iter().for_each(|url| args.extend(["--dispatcher", url]));
        Service::start_on(core, &program()?, &self.folder.join(name), &args)
    }
}
