//! `sluice serve`: the roles of a process, joined. Config → build → run → drain.

mod installer;
mod instance;
mod lanes;
mod plugins;
mod process;
mod stores;
mod token;

use std::path::PathBuf;

use anyhow::Result;
use serde::Serialize;
use tokio::net::TcpListener;

pub(crate) use self::{
    instance::lock,
    stores::{Stores, beside, with_hint},
    token::{read as read_token, read_address},
};

use self::{
    installer::Installer,
    plugins::{Hot, Source},
    process::Process,
};
use crate::{
    config::{self, Config},
    exit::{Failure, Sysexit},
    roles::Role,
};

/// What `--help` says of roles apart.
const APART: &str = "Roles apart, each process with a data folder of its own, on stores that they share:
  sluice serve --config control.toml --roles api,controller,scheduler
  sluice serve --config control.toml --roles dispatcher --listen HOST:PORT
  sluice serve --config worker.toml --roles worker --dispatcher http://HOST:PORT
Workers and dispatchers know each other by the token in worker.token_file or SLUICE_WORKER_TOKEN.";

/// Run the service: API, controller, scheduler, dispatcher and workers, in one process or each in some.
///
/// The first start writes an operator token into the data folder, readable by its owner alone; local commands find it there.
/// Settings come from --config (TOML), then SLUICE_ROLES, SLUICE_REGION, SLUICE_DATA, SLUICE_LISTEN, SLUICE_PLUGIN_DIR, SLUICE_LANES, SLUICE_CHUNK_KIB,
/// SLUICE_INDEX_MEMORY_MIB and SLUICE_BASE_URL, then flags.
#[derive(clap::Args, Debug, Serialize)]
#[command(after_long_help = APART)]
pub(crate) struct Args {
    /// Configuration file (TOML); --print-config shows one.
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    config: Option<PathBuf>,
    /// Print a configuration file with every setting, its default and what it is for, and start nothing.
    #[arg(long)]
    #[serde(skip)]
    print_config: bool,
    /// What this process does [default: all].
    #[arg(long, value_enum, value_delimiter = ',', value_name = "LIST")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    roles: Vec<Role>,
    #[command(flatten)]
    #[serde(skip_serializing_if = "WorkerArgs::is_empty")]
    worker: WorkerArgs,
    /// Where this process is: it takes in dumps there, and does what there is to do with those that are there [default: nowhere].
    #[arg(long, value_name = "NAME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    /// Data folder [default: ~/.local/share/sluice].
    #[arg(long, value_name = "DIR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<PathBuf>,
    /// Address to listen on [default: 127.0.0.1:8080].
    #[arg(long, value_name = "ADDR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    listen: Option<String>,
    /// Folder of plugins (*.wasm) [default: plugins/ beside the binary's folder].
    #[arg(long, value_name = "DIR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin_dir: Option<PathBuf>,
    /// Tasks that compute at once [default: one a core].
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    lanes: Option<u32>,
}

#[derive(clap::Args, Debug, Serialize)]
struct WorkerArgs {
    /// Where workers find a dispatcher, if none is in this process; several times: if one does not answer the next is asked.
    #[arg(long = "dispatcher", value_name = "URL")]
    dispatchers: Vec<String>,
}

impl WorkerArgs {
    fn is_empty(&self) -> bool {
        self.dispatchers.is_empty()
    }
}

pub(crate) fn run(args: &Args) -> Result<()> {
    if args.print_config {
        #[allow(clippy::print_stdout)] // the command's answer
        {
            print!("{}", config::COMMENTED);
        }
        return Ok(());
    }
    let config = config::read(args.config.as_deref(), args)?;
    raise_open_files();
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serve(config))
}

/// For 4,096 connections, the record store's files (hundreds while a load is written), uploads and staged members.
const OPEN_FILES_MIN: u64 = 8_192;

/// As many open files as the system lets this process have: many systems give 1,024 to who does not ask for more.
fn raise_open_files() {
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(files) if files >= OPEN_FILES_MIN => {}
        Ok(files) => tracing::warn!("only {files} files may be open at once; raise the hard limit to {OPEN_FILES_MIN} or more"),
        Err(error) => tracing::warn!("the limit on open files cannot be raised: {error}"),
    }
}

async fn serve(config: Config) -> Result<()> {
    let listener = TcpListener::bind(config.listen).await.map_err(|error| {
        Failure::new(
            Sysexit::OsErr,
            format!("cannot listen on {}: {error}", config.listen),
            "is another service on that address? choose one with --listen",
        )
    })?;
    let running = Process::start(config, listener).await?;
    wait_for_signal().await?;
    running.drain().await;
    Ok(())
}

async fn wait_for_signal() -> Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// Check the configuration, the stores and the plugins, and start nothing.
#[derive(clap::Args, Debug)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    serve: Args,
}

#[allow(clippy::print_stdout)] // the command's answer
pub(crate) fn check(args: &CheckArgs) -> Result<()> {
    let config = config::read(args.serve.config.as_deref(), &args.serve)?;
    println!("configuration: good; data in {}, listening on {}", config.data.display(), config.listen);
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let (roles, stores) = (&config.roles, Stores::new(&config)?);
        let has = |any: &[Role]| any.iter().any(|role| roles.has(*role));
        if has(&[Role::Api, Role::Controller, Role::Worker]) {
            let health = stores.records().await?.health().await?;
            println!("records: good; {} in {}", health.records, health.engine);
        }
        if has(&[Role::Api, Role::Worker]) {
            let objects = stores.objects().await?;
            objects.health().await?;
            println!("objects: good; in {}", objects.place());
        }
        if has(&[Role::Api, Role::Controller, Role::Scheduler, Role::Dispatcher]) {
            let catalogue = stores.catalogue().await?;
            catalogue.ready().await?;
            println!("catalogue: good; in {}", catalogue.place());
        }
        if roles.has(Role::Api) {
            let (catalogue, objects) = (stores.catalogue().await?, stores.objects().await?);
            let hot = Hot::new(&config, objects.clone(), Source::Catalogue(catalogue.clone()))?;
            Installer::start(&config, hot.clone(), catalogue, objects).await?;
            hot.refresh().await?;
            for plugin in hot.running().current().active() {
                println!("plugin {} {}: {}", plugin.descriptor().name, plugin.descriptor().version, plugin.digest());
            }
        }
        stores.close().await;
        Ok(())
    })
}
