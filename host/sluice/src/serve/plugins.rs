//! The plugins that a worker runs: what is said of them takes effect at once, while tasks go on with the version they pinned.
//! Deliberately not here: which plugin reads a member (the worker's tournament), what a component may do (the sandbox), and how
//! plugins come to be known (`installer`).

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use sluice_catalogue::{Catalogue, Topic};
use sluice_control::{OfLane, UsablePlugin};
use sluice_record::{FailureKind, PluginDigest, TaskFailure, TaskSpec};
use sluice_sandbox::{Plugin, Sandbox, SandboxConfig};
use sluice_store::objects::{Objects, keys};
use sluice_worker::SharedPlugins;
use tokio::sync::Mutex;

use crate::config::Config;

/// How often it is asked what there is, if there is no word of a change.
const POLL: Duration = Duration::from_secs(5);

/// Who says which plugins may run.
pub(super) enum Source {
    Catalogue(Catalogue),
    /// A worker without a catalogue asks its dispatcher.
    Dispatcher(OfLane),
}

impl Source {
    async fn usable(&self) -> Result<Vec<UsablePlugin>> {
        match self {
            Self::Catalogue(catalogue) => Ok(UsablePlugin::all(catalogue).await?),
            Self::Dispatcher(dispatcher) => Ok(dispatcher.plugins().await?),
        }
    }
}

/// Plugins, loaded. Cheap to clone.
#[derive(Clone)]
pub(super) struct Hot {
    sandbox: Arc<Sandbox>,
    objects: Objects,
    source: Arc<Source>,
    running: SharedPlugins,
    refreshing: Arc<Mutex<()>>,
}

impl Hot {
    /// None is loaded yet.
    pub(super) fn new(config: &Config, objects: Objects, source: Source) -> Result<Self> {
        let sandbox = SandboxConfig { cache_dir: Some(config.data.join("compiled")), ..SandboxConfig::default() };
        let (sandbox, source) = (Arc::new(Sandbox::new(&sandbox)?), Arc::new(source));
        Ok(Self { sandbox, objects, source, running: SharedPlugins::default(), refreshing: Arc::default() })
    }

    /// The plugins as they are now.
    pub(super) fn running(&self) -> &SharedPlugins {
        &self.running
    }

    /// Checks a component in the sandbox.
    pub(super) async fn load(&self, component: Bytes) -> Result<Arc<Plugin>> {
        let sandbox = self.sandbox.clone();
        Ok(tokio::task::spawn_blocking(move || sandbox.load(&component)).await??)
    }

    /// Brings what runs to what is said. A plugin that cannot be loaded is told and left out.
    pub(super) async fn refresh(&self) -> Result<()> {
        let _one_at_a_time = self.refreshing.lock().await;
        let usable = self.source.usable().await?;
        let mut loaded = Vec::new();
        for plugin in usable.iter().filter(|plugin| self.running.current().get(plugin.digest).is_none()) {
            let component = self.objects.get(&keys::plugin(plugin.digest), sluice_api::BODY_BYTES_MAX as u64).await?;
            match self.load_known(plugin.digest, component).await {
                Ok(plugin) => loaded.push(plugin),
                Err(error) => tracing::error!(plugin = %plugin.digest, "the plugin cannot be loaded and is left out: {error:#}"),
            }
        }
        self.running.change(|set| {
            loaded.into_iter().for_each(|plugin| set.install(plugin));
            set.retain(|digest| usable.iter().any(|plugin| plugin.digest == digest));
            set.set_active(usable.iter().filter(|plugin| plugin.is_active).map(|plugin| plugin.digest));
        });
        if usable.iter().all(|plugin| !plugin.is_active) {
            tracing::warn!("no plugin is active: nothing can be parsed; give a folder with --plugin-dir, or `sluice plugins install`");
        }
        Ok(())
    }

    async fn load_known(&self, digest: PluginDigest, component: Bytes) -> Result<Arc<Plugin>> {
        let plugin = self.load(component).await?;
        ensure!(plugin.digest() == digest, "its object in the object store is another component, {}", plugin.digest());
        Ok(plugin)
    }

    /// Has what a task needs: the plugin it pinned, or, where one is to be chosen, all that are asked.
    pub(super) async fn prepare(&self, spec: &TaskSpec) -> Result<(), TaskFailure> {
        let wanted = match spec {
            TaskSpec::Stage { .. } => None,
            TaskSpec::Scan { plugin, .. } | TaskSpec::Parse { plugin, .. } => Some(*plugin),
            TaskSpec::Merge { .. } | TaskSpec::Count { .. } | TaskSpec::Purge { .. } => return Ok(()),
        };
        if wanted.is_some_and(|digest| self.running.current().get(digest).is_some()) {
            return Ok(());
        }
        let refreshed = self.refresh().await.context("the plugins could not be brought up to date");
        refreshed.map_err(|error| TaskFailure::new(FailureKind::Transient, format!("{error:#}")))
    }

    /// Refreshes whenever there is word of a change, and on a period.
    pub(super) async fn follow(&self) {
        let mut changes = match &*self.source {
            Source::Catalogue(catalogue) => Some(catalogue.changes(&[Topic::Catalogue])),
            Source::Dispatcher(_) => None,
        };
        loop {
            if let Err(error) = self.refresh().await {
                tracing::error!("the plugins could not be refreshed; those that run stay: {error:#}");
            }
            match &mut changes {
                Some(changes) => drop(changes.changed_within(POLL).await),
                None => tokio::time::sleep(POLL).await,
            }
        }
    }
}
