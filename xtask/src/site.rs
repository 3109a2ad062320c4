//! The demo's service on real servers: PostgreSQL, S3, OpenSearch, and roles in processes of their own.

use std::{
    fmt::Write as _,
    fs::{self, File},
    io::Read as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::Result;
use sluice_engines::{opensearch::OpenSearch, postgres::Database, s3::S3, service::Service};

use crate::shell;

/// Servers that run, and the configuration of processes on them.
pub(crate) struct Site {
    /// Of processes with a catalogue, and of workers, which have none.
    configs: [PathBuf; 2],
    _servers: (Database, S3, OpenSearch),
}

impl Site {
    pub(crate) fn start(folder: &Path) -> Result<Self> {
        shell::step("PostgreSQL, S3, OpenSearch");
        let servers = (Database::new()?, S3::start()?, OpenSearch::start()?);
        let (database, s3, opensearch) = &servers;
        let (key, secret) = s3.credentials();
        let mut random = [0_u8; 32];
        File::open("/dev/urandom")?.read_exact(&mut random)?;
        let token = random.iter().fold(String::new(), |mut token, byte| {
            let _ = write!(token, "{byte:02x}"); // writing to a string cannot fail
            token
        });
        let catalogue = format!("[catalogue]\nurl = '{}'\n", database.url());
        let stores = format!(
            "[objects]\nurl = '{}'\nendpoint = '{}'\nregion = 'us-east-1'\naccess_key_id = '{key}'\nsecret_access_key = '{secret}'\n\
             [records]\nengine = 'opensearch'\nurls = ['{}']\nprefix = 'demo-{}'\n[worker]\ntoken = '{token}'\n",
            s3.place(),
            s3.endpoint(),
            opensearch.url(),
            std::process::id()
        );
        let configs = [("service.toml", catalogue + &stores), ("worker.toml", stores)];
        for (name, text) in &configs {
            let mut file = fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(folder.join(name))?;
            std::io::Write::write_all(&mut file, text.as_bytes())?;
        }
        Ok(Self { configs: configs.map(|(name, _)| folder.join(name)), _servers: servers })
    }

    /// Arguments of the process that clients talk to.
    pub(crate) fn api(&self) -> Vec<String> {
        self.args(&self.configs[0], "api,controller,scheduler")
    }

    fn args(&self, config: &Path, roles: &str) -> Vec<String> {
        ["--config", &config.to_string_lossy(), "--roles", roles].map(str::to_owned).to_vec()
    }

    /// A dispatcher, and two workers which know no more than where it is.
    pub(crate) fn start_others(&self, program: &Path, folder: &Path, plugins: &[String]) -> Result<Vec<Service>> {
        let start = |name: &str, args: &[String]| {
            let service = Service::start(program, &folder.join(name), &[args, plugins].concat())?;
            shell::step(&format!("{name}: {}", service.url()));
            anyhow::Ok(service)
        };
        let mut others = vec![start("dispatcher", &self.args(&self.configs[0], "dispatcher"))?];
        let mut args = self.args(&self.configs[1], "worker");
        args.extend(["--dispatcher".to_owned(), others[0].url(), "--lanes".to_owned(), "1".to_owned()]);
        for name in ["worker-1", "worker-2"] {
            others.push(start(name, &args)?);
        }
        Ok(others)
    }
}
