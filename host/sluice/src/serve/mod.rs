//! `sluice serve`: every role in one process on the embedded stores. Config → build → run → drain.

mod lanes;
mod stores;
mod token;

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context, Result};
use bytes::Bytes;
use futures::future::BoxFuture;
use metrics_exporter_prometheus::PrometheusBuilder;
use serde::Serialize;
use sluice_api::{ApiOptions, ApiState, PluginInstaller};
use sluice_control::{Controller, Dispatcher, Scheduler};
use sluice_record::PluginDigest;
use sluice_sandbox::{Sandbox, SandboxConfig};
use sluice_store::{
    objects::keys,
    ranges::{CacheBytes, Ranges},
};
use sluice_worker::{SharedPlugins, Worker, WorkerOptions};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(crate) use self::token::{read as read_token, read_address};

use self::stores::{Planner, Stored, Stores};
use crate::{
    config::{self, Config},
    exit::{Failure, Sysexit},
    plugins,
};

/// Run the service: API, controller, scheduler, dispatcher and workers in one process on the embedded stores.
///
/// The first start writes an operator token into the data folder, readable by its owner alone; local commands find it there.
/// Settings come from --config (TOML), then SLUICE_DATA, SLUICE_LISTEN, SLUICE_PLUGIN_DIR, SLUICE_LANES, SLUICE_INDEX_MEMORY_MIB
/// and SLUICE_BASE_URL, then flags.
#[derive(clap::Args, Debug, Serialize)]
pub(crate) struct Args {
    /// Configuration file (TOML).
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    config: Option<PathBuf>,
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
    /// Tasks that run at once [default: one a core].
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    lanes: Option<u32>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let config = config::read(args.config.as_deref(), args)?;
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serve(config))
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
    let (sandbox, plugins) = load_plugins(&config, &stores).await?;

    let catalogue = stores.catalogue.clone();
    let controller = Controller::new(catalogue.clone(), Arc::new(Stored(stores.records.clone())), Arc::new(Planner));
    let scheduler = Scheduler::new(catalogue.clone());
    let dispatcher = Arc::new(Dispatcher::register(catalogue.clone(), "local", config.lanes).await?);
    let worker = Worker {
        objects: stores.objects.clone(),
        records: stores.records.clone(),
        plugins: plugins.clone(),
        scratch: stores.scratch.clone(),
        options: WorkerOptions::default(),
    };
    let state = api_state(&config, &stores, &sandbox, plugins, &token, address).await?;
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
    for lane in 0..config.lanes {
        tasks.spawn(lanes::run(lane, dispatcher.clone(), worker.clone(), stop.clone()));
    }
    let follow = tokio::spawn(async move { published.follow().await });
    tracing::info!("listening on http://{address}, data in {}", config.data.display());

    let server = tokio::spawn(sluice_api::serve(listener, state, stopped(&stop)));
    wait_for_signal().await?;
    tracing::info!("draining: tasks under way are handed back");
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

/// Loads the plugins of the folder and those the catalogue has installed, and tells the catalogue of them.
async fn load_plugins(config: &Config, stores: &Stores) -> Result<(Arc<Sandbox>, SharedPlugins)> {
    let sandbox = SandboxConfig { cache_dir: Some(config.data.join("compiled")), ..SandboxConfig::default() };
    let sandbox = Arc::new(Sandbox::new(&sandbox)?);
    let shared = SharedPlugins::default();
    for installed in stores.catalogue.plugins().await? {
        let component = stores.objects.get(&installed.object, sluice_api::BODY_BYTES_MAX as u64).await?;
        let plugin = sandbox.load(&component)?;
        shared.change(|set| set.install(plugin));
    }
    if let Some(folder) = config.plugin_dir.clone().or_else(plugins::beside_the_binary) {
        for (path, component) in plugins::read_folder(&folder)? {
            let installer = Installer { sandbox: sandbox.clone(), plugins: shared.clone(), stores: stores.clone() };
            let digest = installer.install_component(component.into()).await.with_context(|| path.display().to_string())?;
            stores.catalogue.activate_plugin(digest).await?;
        }
    }
    for installed in stores.catalogue.plugins().await? {
        if installed.state == sluice_catalogue::PluginState::Active {
            shared.change(|set| {
                if let Some(plugin) = set.get(installed.digest).cloned() {
                    set.activate(plugin);
                }
            });
        }
    }
    if shared.current().active().next().is_none() {
        tracing::warn!("no plugin is installed: nothing can be parsed; give a folder with --plugin-dir");
    }
    Ok((sandbox, shared))
}

async fn api_state(
    config: &Config,
    stores: &Stores,
    sandbox: &Arc<Sandbox>,
    plugins: SharedPlugins,
    token: &str,
    address: std::net::SocketAddr,
) -> Result<ApiState> {
    let generation = stores.catalogue.generation().await?;
    let ranges = Ranges::open(&generation.segments, Arc::new(stores.objects.clone()), CacheBytes::default()).await?;
    let options = ApiOptions {
        base_url: config.base_url.clone().unwrap_or_else(|| format!("http://{address}")),
        operator_token_sha256: Some(token::hash(token)),
        ..ApiOptions::default()
    };
    let metrics = PrometheusBuilder::new().install_recorder()?;
    let installer = Arc::new(Installer { sandbox: sandbox.clone(), plugins, stores: stores.clone() });
    let records = stores.records.clone();
    Ok(ApiState::new(stores.catalogue.clone(), stores.objects.clone(), records, Arc::new(ranges), options, metrics, installer).await?)
}

/// Checks a component in the sandbox and keeps it.
struct Installer {
    sandbox: Arc<Sandbox>,
    plugins: SharedPlugins,
    stores: Stores,
}

impl Installer {
    async fn install_component(&self, component: Bytes) -> Result<PluginDigest> {
        let (sandbox, bytes) = (self.sandbox.clone(), component.clone());
        let plugin = tokio::task::spawn_blocking(move || sandbox.load(&bytes)).await??;
        let (digest, key) = (plugin.digest(), keys::plugin(plugin.digest()));
        self.stores.objects.put(&key, component).await?;
        self.stores.catalogue.install_plugin(digest, plugin.descriptor(), &key).await?;
        self.plugins.change(|set| set.install(plugin));
        Ok(digest)
    }
}

impl PluginInstaller for Installer {
    fn install(&self, component: Bytes) -> BoxFuture<'_, Result<PluginDigest, String>> {
        Box::pin(async move { self.install_component(component).await.map_err(|error| format!("{error:#}")) })
    }
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
        println!("stores: good; {} records in {}", health.records, health.engine);
        let (_, plugins) = load_plugins(&config, &stores).await?;
        for plugin in plugins.current().active() {
            println!("plugin {} {}: {}", plugin.descriptor().name, plugin.descriptor().version, plugin.digest());
        }
        stores.catalogue.close().await;
        Ok(())
    })
}
