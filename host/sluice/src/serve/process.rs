//! A process: the roles it was given, each with what it needs of the stores and no more; one listener; one end.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Result;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use sluice_api::{Answers, ApiOptions, ApiState};
use sluice_control::{Controller, DISPATCH, Dispatcher, Dispatching, RemoteDispatchers, Scheduler, WorkerToken, dispatch_routes};
use sluice_store::ranges::{CacheBytes, Ranges, SegmentFiles};
use sluice_worker::{Worker, WorkerOptions};
use tokio::{net::TcpListener, sync::Semaphore, task::JoinHandle};
use tokio_util::{
    sync::{CancellationToken, WaitForCancellationFutureOwned},
    task::TaskTracker,
};

use super::{
    installer::Installer,
    instance, lanes,
    plugins::{Hot, Source},
    stores::{Planner, Stored, Stores},
    token,
};
use crate::{
    config::Config,
    roles::{Role, WorkerConfig},
};

/// How long queries take, for the histogram: from a lookup in memory to a store that hangs.
const SECONDS: [f64; 12] = [0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0];
/// How often the worker token's file is looked at.
const TOKEN_LOOK: Duration = Duration::from_secs(1);
/// For the answers that drained roles still give.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// A process that runs.
pub(super) struct Process {
    stores: Stores,
    dispatcher: Option<Arc<Dispatcher>>,
    stop: CancellationToken,
    /// What ends when it is told to stop …
    tasks: TaskTracker,
    /// … and what is ended: it only looks at what others do.
    followers: Vec<JoinHandle<()>>,
    server: JoinHandle<std::io::Result<()>>,
    /// Held as long as it runs.
    _lock: std::fs::File,
}

/// What roles are built from.
struct Building<'a> {
    config: &'a Config,
    stores: Stores,
    /// What it is called among others.
    instance: String,
    token: Option<WorkerToken>,
    stop: CancellationToken,
    tasks: TaskTracker,
    followers: Vec<JoinHandle<()>>,
}

impl Process {
    /// Starts the roles of a configuration.
    pub(super) async fn start(config: Config, listener: TcpListener) -> Result<Self> {
        let address = listener.local_addr()?;
        let stores = Stores::new(&config)?;
        let lock = instance::lock(&config.data)?;
        let instance = config.instance.clone().map_or_else(|| instance::name(&config.data), Ok)?;
        let token = config.worker.token()?.map(WorkerToken::new);
        let (stop, tasks, followers) = (CancellationToken::new(), TaskTracker::new(), vec![]);
        let mut building = Building { config: &config, stores, instance, token, stop, tasks, followers };
        let roles = &config.roles;

        let metrics = metrics()?;
        let hot = building.plugins().await?;
        let api = match (roles.has(Role::Api), &hot) {
            (true, Some(hot)) => Some(building.api(hot.clone(), metrics.clone(), address).await?),
            _ => None,
        };
        if roles.has(Role::Controller) {
            building.controller().await?;
        }
        if roles.has(Role::Scheduler) {
            building.scheduler().await?;
        }
        let dispatcher = if roles.has(Role::Dispatcher) { Some(building.dispatcher().await?) } else { None };
        if let (true, Some(hot)) = (roles.has(Role::Worker), hot) {
            building.worker(hot, dispatcher.clone()).await?;
        }

        let mut answers = api.map_or_else(|| building.stores.health(metrics).into(), Answers::from);
        if let (Some(dispatcher), Some(token)) = (&dispatcher, &building.token) {
            answers = answers.with(DISPATCH, dispatch_routes(dispatcher.clone(), token.clone()));
        }
        building.follow_token();
        token::write_address(&config.data, address)?;
        tracing::info!("{} ({roles}): listening on http://{address}, data in {}", building.instance, config.data.display());
        let server = tokio::spawn(sluice_api::serve(listener, answers, building.stopped()));
        let Building { stores, stop, tasks, followers, .. } = building;
        Ok(Self { stores, dispatcher, stop, tasks, followers, server, _lock: lock })
    }

    /// Ends: tasks under way are handed back, and who waits for one is told to go elsewhere.
    pub(super) async fn drain(self) {
        tracing::info!("draining: tasks under way are handed back");
        if let Some(dispatcher) = self.dispatcher
            && let Err(error) = dispatcher.drain().await
        {
            tracing::warn!("the catalogue could not be told: {error}");
        }
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.followers.iter().for_each(JoinHandle::abort);
        // Connections that stay open (events) are not waited for any longer.
        let ending = self.server.abort_handle();
        let _ = tokio::time::timeout(LAST_ANSWERS, self.server).await;
        ending.abort();
        self.stores.close().await;
    }
}

impl Building<'_> {
    fn stopped(&self) -> WaitForCancellationFutureOwned {
        self.stop.clone().cancelled_owned()
    }

    fn remote(&self) -> Result<Option<RemoteDispatchers>> {
        let Some(token) = self.token.clone().filter(|_| !self.config.roles.has(Role::Dispatcher)) else { return Ok(None) };
        Ok(Some(RemoteDispatchers::new(&self.config.worker.dispatchers.0, self.config.region(), token)?))
    }

    /// For the roles that run plugins or check them; none is loaded yet.
    async fn plugins(&self) -> Result<Option<Hot>> {
        let roles = &self.config.roles;
        let source = match roles.has(Role::Worker).then(|| self.remote()).transpose()?.flatten() {
            Some(remote) if !roles.has(Role::Api) => Source::Dispatcher(remote.of_lane(0)),
            _ if roles.has(Role::Api) || roles.has(Role::Worker) => Source::Catalogue(self.stores.catalogue().await?),
            _ => return Ok(None),
        };
        Hot::new(self.config, self.stores.objects().await?, source).map(Some)
    }

    async fn api(&mut self, hot: Hot, metrics: PrometheusHandle, address: SocketAddr) -> Result<ApiState> {
        let (catalogue, objects) = (self.stores.catalogue().await?, self.stores.objects().await?);
        let operator = token::read_or_make(&self.config.data)?;
        let installer = Installer::start(self.config, hot, catalogue.clone(), objects.clone()).await?;
        let segments = catalogue.generation().await?.segments;
        let ranges = Ranges::open(&segments, Arc::new(SegmentFiles::new(objects.clone())), CacheBytes::default()).await?;
        let options = ApiOptions {
            base_url: self.config.base_url.clone().unwrap_or_else(|| format!("http://{address}")),
            operator_token_sha256: Some(token::hash(&operator)),
            ..ApiOptions::default()
        };
        let (records, plugins) = (self.stores.records().await?, Arc::new(installer.clone()));
        let state = ApiState::new(catalogue, objects, records, Arc::new(ranges), options, metrics, plugins).await?;
        let published = state.published.clone();
        self.followers.push(tokio::spawn(async move {
            tokio::join!(published.follow(), installer.follow_folder());
        }));
        Ok(state)
    }

    async fn controller(&self) -> Result<()> {
        let stored = Arc::new(Stored(self.stores.records().await?));
        let controller = Controller::new(self.stores.catalogue().await?, stored, Arc::new(Planner));
        let stopped = self.stopped();
        self.tasks.spawn(async move { controller.run(stopped).await });
        Ok(())
    }

    async fn scheduler(&self) -> Result<()> {
        let (scheduler, stopped) = (Scheduler::new(self.stores.catalogue().await?), self.stopped());
        self.tasks.spawn(async move { scheduler.run(stopped).await });
        Ok(())
    }

    async fn dispatcher(&self) -> Result<Arc<Dispatcher>> {
        let own_lanes = if self.config.roles.has(Role::Worker) { lanes(self.config) } else { 0 };
        let (catalogue, region) = (self.stores.catalogue().await?, self.config.region());
        let dispatcher = Arc::new(Dispatcher::register(catalogue, &self.instance, own_lanes, region).await?);
        let (watching, stopped) = (dispatcher.clone(), self.stopped());
        self.tasks.spawn(async move { watching.run_expiry(stopped).await });
        Ok(dispatcher)
    }

    async fn worker(&mut self, hot: Hot, dispatcher: Option<Arc<Dispatcher>>) -> Result<()> {
        let worker = Worker {
            objects: self.stores.objects().await?,
            records: self.stores.records().await?,
            plugins: hot.running().clone(),
            scratch: self.stores.scratch.clone(),
            options: WorkerOptions { chunk_bytes: self.config.chunk_kib << 10, ..WorkerOptions::default() },
            computing: Arc::new(Semaphore::new(self.config.lanes as usize)),
        };
        let remote = self.remote()?;
        for lane in 0..lanes(self.config) {
            let dispatcher: Arc<dyn Dispatching> = match (&dispatcher, &remote) {
                (Some(dispatcher), _) => dispatcher.clone(),
                (None, Some(remote)) => Arc::new(remote.of_lane(lane)),
                (None, None) => break, // the configuration was checked
            };
            let name = format!("{}-{lane}", self.instance);
            let lane = lanes::Lane { number: lane, name, dispatcher, worker: worker.clone(), plugins: hot.clone() };
            self.tasks.spawn(lane.run(self.stop.clone()));
        }
        self.followers.push(tokio::spawn(async move { hot.follow().await }));
        Ok(())
    }

    /// Looks after the worker token's file.
    fn follow_token(&mut self) {
        let (Some(token), WorkerConfig { token_file: Some(file), .. }) = (self.token.clone(), &self.config.worker) else { return };
        let (settings, file) = (self.config.worker.clone(), file.clone());
        self.followers.push(tokio::spawn(async move {
            let mut wrong = None;
            loop {
                tokio::time::sleep(TOKEN_LOOK).await;
                match settings.token() {
                    Ok(Some(read)) => {
                        wrong = None;
                        if token.rotate(&read) {
                            tracing::info!("the worker token in {} is another; the one before is taken for an hour", file.display());
                        }
                    }
                    Ok(None) => {}
                    Err(error) => {
                        let said = error.to_string();
                        if wrong.as_ref() != Some(&said) {
                            tracing::error!("the worker token stays as it is: {said}");
                            wrong = Some(said);
                        }
                    }
                }
            }
        }));
    }
}

/// One more than tasks that compute: one that waits for the disk keeps no core from the next.
fn lanes(config: &Config) -> u32 {
    config.lanes + 1
}

fn metrics() -> Result<PrometheusHandle> {
    let seconds = Matcher::Suffix("_seconds".to_owned());
    Ok(PrometheusBuilder::new().set_buckets_for_metric(seconds, &SECONDS)?.install_recorder()?)
}
