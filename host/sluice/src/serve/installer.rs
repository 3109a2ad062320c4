//! How plugins come to be known: from an operator, or from a folder. A component is checked in the sandbox, kept in the object store,
//! and told to the catalogue; workers see it there.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result};
use bytes::Bytes;
use futures::future::BoxFuture;
use sluice_api::PluginInstaller;
use sluice_catalogue::Catalogue;
use sluice_record::PluginDigest;
use sluice_sandbox::LoadError;
use sluice_store::objects::{Objects, keys};

use super::plugins::Hot;
use crate::{
    config::Config,
    folder::{self, Followed},
    plugins,
};

/// How often the folder of plugins is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// Takes plugins in. Cheap to clone.
#[derive(Clone)]
pub(super) struct Installer {
    hot: Hot,
    catalogue: Catalogue,
    objects: Objects,
    /// Of components, given or found; and how they were when it started.
    folder: Option<PathBuf>,
    components: Followed,
}

impl Installer {
    /// Takes in the plugins of the configured folder.
    pub(super) async fn start(config: &Config, hot: Hot, catalogue: Catalogue, objects: Objects) -> Result<Self> {
        let folder = config.plugin_dir.clone().or_else(plugins::beside_the_binary);
        let mut components = Followed::default();
        components.know(folder.as_deref().map(folder::components).transpose().ok().flatten().unwrap_or_default());
        let installer = Self { hot, catalogue, objects, folder, components };
        if let Some(folder) = &installer.folder {
            installer.take_folder(folder).await?;
        }
        Ok(installer)
    }

    /// A component that was not known becomes its name's active one; what an operator said of a known one stays. One that is refused
    /// is named and left out: a bad file in the folder is no reason to stand still.
    async fn take_folder(&self, folder: &Path) -> Result<()> {
        let known: Vec<PluginDigest> = self.catalogue.plugins().await?.into_iter().map(|plugin| plugin.digest).collect();
        for (path, component) in plugins::read_folder(folder)? {
            let digest = match self.take(component.into()).await {
                Err(error) if error.is::<LoadError>() => {
                    tracing::error!("{} is no plugin that can run and is left out: {error:#}", path.display());
                    continue;
                }
                taken => taken.with_context(|| path.display().to_string())?,
            };
            if !known.contains(&digest) {
                self.catalogue.activate_plugin(digest).await?;
            }
        }
        Ok(())
    }

    /// Checks a component in the sandbox, keeps it, and tells the catalogue.
    async fn take(&self, component: Bytes) -> Result<PluginDigest> {
        let plugin = self.hot.load(component.clone()).await?;
        let (digest, key) = (plugin.digest(), keys::plugin(plugin.digest()));
        self.objects.create(&key, component).await?; // known by its digest: what is there already is the same
        self.catalogue.install_plugin(digest, plugin.descriptor(), &key).await?;
        self.hot.running().change(|set| set.install(plugin));
        Ok(digest)
    }

    /// A component that is put into the folder, or in another's place, becomes its name's active one, whatever was before: who puts it there
    /// says so. If it does not load, what runs goes on. One that is taken away stays installed, for loads have pinned it.
    pub(super) async fn follow_folder(&self) {
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
        self.catalogue.activate_plugin(digest).await?;
        self.hot.refresh().await?;
        Ok(digest)
    }
}

impl PluginInstaller for Installer {
    fn install(&self, component: Bytes) -> BoxFuture<'_, Result<PluginDigest, String>> {
        Box::pin(async move { self.take(component).await.map_err(|error| format!("{error:#}")) })
    }
}
