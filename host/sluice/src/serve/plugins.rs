//! The plugins of a running service: what the catalogue says of them takes effect at once, while tasks go on with the version they
//! pinned. Deliberately not here: which plugin reads a member (the worker's tournament) and what a component may do (the sandbox).

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result};
use bytes::Bytes;
use futures::future::BoxFuture;
use sluice_api::PluginInstaller;
use sluice_catalogue::{PluginState, Topic};
use sluice_record::PluginDigest;
use sluice_sandbox::{LoadError, Plugin, Sandbox, SandboxConfig};
use sluice_store::objects::keys;
use sluice_worker::SharedPlugins;

use super::stores::Stores;
use crate::{
    config::Config,
    folder::{self, Followed},
    plugins,
};

/// How often the catalogue is asked if it rings for nothing.
const POLL: Duration = Duration::from_secs(5);
/// How often the folder of plugins is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// Loads, installs and follows plugins. Cheap to clone.
#[derive(Clone)]
pub(super) struct Hot {
    sandbox: Arc<Sandbox>,
    stores: Stores,
    running: SharedPlugins,
    /// Of components, given or found; and how they were when it started.
    folder: Option<PathBuf>,
    components: Followed,
}

impl Hot {
    /// Loads what is installed, and takes in the plugins of the configured folder.
    pub(super) async fn start(config: &Config, stores: &Stores) -> Result<Self> {
        let sandbox = SandboxConfig { cache_dir: Some(config.data.join("compiled")), ..SandboxConfig::default() };
        let folder = config.plugin_dir.clone().or_else(plugins::beside_the_binary);
        let (sandbox, stores) = (Arc::new(Sandbox::new(&sandbox)?), stores.clone());
        let mut components = Followed::default();
        components.know(folder.as_deref().map(folder::components).transpose().ok().flatten().unwrap_or_default());
        let hot = Self { sandbox, stores, running: SharedPlugins::default(), folder, components };
        if let Some(folder) = &hot.folder {
            hot.take_folder(folder).await?;
        }
        hot.refresh().await?;
        if hot.running.current().active().next().is_none() {
            tracing::warn!("no plugin is active: nothing can be parsed; give a folder with --plugin-dir, or `sluice plugins install`");
        }
        Ok(hot)
    }

    /// The plugins as they are now, for workers.
    pub(super) fn running(&self) -> &SharedPlugins {
        &self.running
    }

    /// A component that was not known becomes its name's active one; what an operator said of a known one stays. One that is refused
    /// is named and left out: a bad file in the folder is no reason to stand still.
    async fn take_folder(&self, folder: &Path) -> Result<()> {
        let known: Vec<PluginDigest> = self.stores.catalogue.plugins().await?.into_iter().map(|plugin| plugin.digest).collect();
        for (path, component) in plugins::read_folder(folder)? {
            let digest = match self.take(component.into()).await {
                Err(error) if error.is::<LoadError>() => {
                    tracing::error!("{} is no plugin that can run and is left out: {error:#}", path.display());
                    continue;
                }
                taken => taken.with_context(|| path.display().to_string())?,
            };
            if !known.contains(&digest) {
                self.stores.catalogue.activate_plugin(digest).await?;
            }
        }
        Ok(())
    }

    /// Checks a component in the sandbox, keeps it, and tells the catalogue.
    async fn take(&self, component: Bytes) -> Result<PluginDigest> {
        let plugin = self.load(component.clone()).await?;
        let (digest, key) = (plugin.digest(), keys::plugin(plugin.digest()));
        self.stores.objects.create(&key, component).await?; // known by its digest: what is there already is the same
        self.stores.catalogue.install_plugin(digest, plugin.descriptor(), &key).await?;
        self.running.change(|set| set.install(plugin));
        Ok(digest)
    }

    async fn load(&self, component: Bytes) -> Result<Arc<Plugin>> {
        let sandbox = self.sandbox.clone();
        Ok(tokio::task::spawn_blocking(move || sandbox.load(&component)).await??)
    }

    /// Brings what runs to what the catalogue says. A plugin that cannot be loaded is told and left out.
    async fn refresh(&self) -> Result<()> {
        let installed = self.stores.catalogue.plugins().await?;
        let usable = installed.iter().filter(|plugin| plugin.state != PluginState::Revoked);
        let mut loaded = Vec::new();
        for plugin in usable.clone().filter(|plugin| self.running.current().get(plugin.digest).is_none()) {
            let component = self.stores.objects.get(&plugin.object, sluice_api::BODY_BYTES_MAX as u64).await?;
            match self.load(component).await {
                Ok(plugin) => loaded.push(plugin),
                Err(error) => tracing::error!(plugin = %plugin.digest, "the plugin cannot be loaded and is left out: {error:#}"),
            }
        }
        self.running.change(|set| {
            loaded.into_iter().for_each(|plugin| set.install(plugin));
            installed.iter().filter(|plugin| plugin.state == PluginState::Revoked).for_each(|plugin| set.remove(plugin.digest));
            set.set_active(usable.filter(|plugin| plugin.state == PluginState::Active).map(|plugin| plugin.digest));
        });
        Ok(())
    }

    /// Follows the catalogue and the folder of plugins.
    pub(super) async fn follow(&self) {
        tokio::join!(self.follow_catalogue(), self.follow_folder());
    }

    /// A component that is put into the folder, or in another's place, becomes its name's active one, whatever was before: who puts it there
    /// says so. If it does not load, what runs goes on. One that is taken away stays installed, for loads have pinned it.
    async fn follow_folder(&self) {
        let Some(folder) = self.folder.clone() else { return };
        let mut components = self.components.clone();
        loop {
            tokio::time::sleep(LOOK).await;
            let folder = folder.clone();
            let looked = tokio::task::spawn_blocking(move || {
                let changed = components.changed(folder::components(&folder).unwrap_or_default());
                (components, changed)
            });
            let Ok((known, changed)) = looked.await else { return }; // the runtime ends
            components = known;
            for path in changed {
                match self.take_file(&path).await {
                    Ok(digest) => tracing::info!("{} is active: {digest}", path.display()),
                    Err(error) => tracing::error!("{} is left out, what runs goes on: {error:#}", path.display()),
                }
            }
        }
    }

    async fn take_file(&self, path: &Path) -> Result<PluginDigest> {
        let digest = self.take(tokio::fs::read(path).await?.into()).await?;
        self.stores.catalogue.activate_plugin(digest).await?;
        self.refresh().await?;
        Ok(digest)
    }

    /// Refreshes whenever the catalogue has changed.
    async fn follow_catalogue(&self) {
        let mut changes = self.stores.catalogue.changes(&[Topic::Catalogue]);
        loop {
            changes.changed_within(POLL).await;
            if let Err(error) = self.refresh().await {
                tracing::error!("the plugins could not be refreshed; those that run stay: {error:#}");
            }
        }
    }
}

impl PluginInstaller for Hot {
    fn install(&self, component: Bytes) -> BoxFuture<'_, Result<PluginDigest, String>> {
        Box::pin(async move { self.take(component).await.map_err(|error| format!("{error:#}")) })
    }
}
