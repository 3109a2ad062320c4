//! `sluice serve`: every role in one process on the embedded stores. Config → build → run → drain.

mod lanes;
mod plugins;
mod stores;
mod token;

use std::{path::PathBuf, sync::Arc};

use anyhow::Result;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use serde::Serialize;
use sluice_api::{ApiOptions, ApiState};
use sluice_control::{Controller, Dispatcher, Scheduler};
use sluice_store::ranges::{CacheBytes, Ranges, SegmentFiles};
use sluice_worker::{Worker, WorkerOptions};
use tokio::{net::TcpListener, sync::Semaphore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(crate) use self::token::{read as read_token, read_address};

use self::{
    plugins::Hot,
    stores::{Planner, Stored, Stores},
};
use crate::{
    config::{self, Config},
    exit::{Failure, Sysexit},
};

/// Run the service: API, controller, scheduler, dispatcher and workers in one process on the embedded stores.
///
/// The first start writes an operator token into the data folder, readable by its owner alone; local commands find it there.
/// Settings come from --config (TOML), then SLUICE_DATA, SLUICE_LISTEN, SLUICE_PLUGIN_DIR, SLUICE_LANES, SLUICE_CHUNK_KIB,
/// SLUICE_INDEX_MEMORY_MIB and SLUICE_BASE_URL, then flags.
#[derive(clap::Args, Debug, Serialize)]
pub(crate) struct Args {
    /// Configuration file (TOML); --print-config shows one.
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    config: Option<PathBuf>,
    /// Print a configuration file with every setting, its default and what it is for, and start nothing.
    #[arg(long)]
    #[serde(skip)]
    print_config: bool,
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
    let address = listener.local_addr()?;
    let stores = Stores::open(&config).await?;
    let token = token::read_or_make(&config.data)?;
    token::write_address(&config.data, address)?;
    let plugins = Hot::start(&config, &stores).await?;

    let catalogue = stores.catalogue.clone();
    let controller = Controller::new(catalogue.clone(), Arc::new(Stored(stores.records.clone())), Arc::new(Planner));
    let scheduler = Scheduler::new(catalogue.clone());
    // One lane more than tasks that compute: one that waits for the disk keeps no core from the next.
    let lanes = config.lanes + 1;
    let dispatcher = Arc::new(Dispatcher::register(catalogue.clone(), "local", lanes).await?);
    let worker = Worker {
        objects: stores.objects.clone(),
        records: stores.records.clone(),
        plugins: plugins.running().clone(),
        scratch: stores.scratch.clone(),
        options: WorkerOptions { chunk_bytes: config.chunk_kib << 10, ..WorkerOptions::default() },
        computing: Arc::new(Semaphore::new(config.lanes as usize)),
    };
    let state = api_state(&config, &stores, &plugins, &token, address).await?;
    let published = state.published.clone();

    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let stopped = |stop: &CancellationToken| stop.clone().cancelled_owned();
    tasks.spawn({
        let stopped = stopped(&stop);
        async move { controller.run(stopped).await }
    });
    tasks.spawn({
        let stopped = stopped(&stop);
        async move { scheduler.run(stopped).await }
    });
    tasks.spawn({
        let (dispatcher, stopped) = (dispatcher.clone(), stopped(&stop));
        async move { dispatcher.run_expiry(stopped).await }
    });
    for lane in 0..lanes {
        tasks.spawn(lanes::run(lane, dispatcher.clone(), worker.clone(), stop.clone()));
    }
    let follow = tokio::spawn(async move { tokio::join!(published.follow(), plugins.follow()) });
    tracing::info!("listening on http://{address}, data in {}", config.data.display());

    let server = tokio::spawn(sluice_api::serve(listener, state, stopped(&stop)));
    wait_for_signal().await?;
    tracing::info!("draining: tasks under way are handed back");
    if let Err(error) = dispatcher.drain().await {
        tracing::warn!("the catalogue could not be told: {error}");
    }
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    follow.abort();
    // Connections that stay open (events) are not waited for any longer.
    server.abort();
    catalogue.close().await;
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

/// How long queries take, for the histogram: from a lookup in memory to a store that hangs.
const SECONDS: [f64; 12] = [0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0];

async fn api_state(config: &Config, stores: &Stores, plugins: &Hot, token: &str, address: std::net::SocketAddr) -> Result<ApiState> {
    let generation = stores.catalogue.generation().await?;
    let ranges = Ranges::open(&generation.segments, Arc::new(SegmentFiles::new(stores.objects.clone())), CacheBytes::default()).await?;
    let options = ApiOptions {
        base_url: config.base_url.clone().unwrap_or_else(|| format!("http://{address}")),
        operator_token_sha256: Some(token::hash(token)),
        ..ApiOptions::default()
    };
    let seconds = Matcher::Suffix("_seconds".to_owned());
    let metrics = PrometheusBuilder::new().set_buckets_for_metric(seconds, &SECONDS)?.install_recorder()?;
    let (records, installer) = (stores.records.clone(), Arc::new(plugins.clone()));
    Ok(ApiState::new(stores.catalogue.clone(), stores.objects.clone(), records, Arc::new(ranges), options, metrics, installer).await?)
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
        let stores = Stores::open(&config).await?;
        stores.catalogue.ready().await?;
        stores.objects.health().await?;
        let health = stores.records.health().await?;
        println!(
            "stores: good; {} records in {}, catalogue in {}, objects in {}",
            health.records,
            health.engine,
            stores.catalogue.place(),
            stores.objects.place()
        );
        let plugins = Hot::start(&config, &stores).await?;
        for plugin in plugins.running().current().active() {
            println!("plugin {} {}: {}", plugin.descriptor().name, plugin.descriptor().version, plugin.digest());
        }
        stores.catalogue.close().await;
        Ok(())
    })
}
