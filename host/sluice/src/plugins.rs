//! Which plugins there are: a folder of components, or what is installed in the data folder.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use sluice_sandbox::{Sandbox, SandboxConfig};
use sluice_worker::PluginSet;

use crate::{
    exit::{Failure, Sysexit},
    folder,
};

/// The components of a folder: path and bytes, by name.
pub(crate) fn read_folder(folder: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    let paths = folder::components(folder).map_err(|error| {
        Failure::new(
            Sysexit::NoInput,
            format!("cannot read the plugin folder {}: {error}", folder.display()),
            "give the folder of *.wasm files with --plugin-dir or SLUICE_PLUGIN_DIR; `cargo xtask plugins` builds the official ones to target/plugins",
        )
    })?;
    paths
        .into_iter()
        .map(|path| {
            let component = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            Ok((path, component))
        })
        .collect()
}

/// Loads every component of a folder; one that is refused is named, the others go on.
pub(crate) fn load_folder(sandbox: &Sandbox, folder: &Path) -> Result<PluginSet> {
    let files = read_folder(folder)?;
    let mut set = PluginSet::default();
    let components: Vec<_> = files.iter().map(|(_, component)| component).collect();
    for ((path, _), loaded) in files.iter().zip(sandbox.load_all(&components)) {
        match loaded {
            Ok(plugin) => set.activate(plugin),
            Err(error) => tracing::warn!("{} is not loaded: {}", path.display(), chain(&error)),
        }
    }
    if set.active().next().is_none() {
        bail!(Failure::new(
            Sysexit::NoInput,
            format!("no plugin in {}", folder.display()),
            "`cargo xtask plugins` builds the official ones to target/plugins; --plugin-dir names another folder",
        ));
    }
    Ok(set)
}

/// An error and all its causes in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        line = format!("{line}: {cause}");
        source = cause.source();
    }
    line
}

/// The plugins `sluice parse` uses.
pub(crate) fn for_parse(folder: Option<&Path>) -> Result<PluginSet> {
    load_folder(&sandbox()?, &folder_for_parse(folder)?)
}

/// The folder they are in.
pub(crate) fn folder_for_parse(folder: Option<&Path>) -> Result<PathBuf> {
    let found = folder.map(Path::to_path_buf).or_else(beside_the_binary);
    Ok(found.ok_or_else(|| {
        Failure::new(Sysexit::Usage, "no plugin folder", "give the folder of *.wasm files with --plugin-dir or SLUICE_PLUGIN_DIR")
    })?)
}

/// The sandbox of commands without a data folder: soon ready, and sooner the second time.
pub(crate) fn sandbox() -> Result<Sandbox> {
    Ok(Sandbox::new(&SandboxConfig { cache_dir: cache_dir(), quick_start: true, ..SandboxConfig::default() })?)
}

/// `plugins/` beside the folder of the running binary: `target/plugins` in a checkout, `lib/plugins` of an installation.
pub(crate) fn beside_the_binary() -> Option<PathBuf> {
    let binary = std::env::current_exe().ok()?;
    let folder = binary.parent()?.parent()?.join("plugins");
    folder.is_dir().then_some(folder)
}

/// Where compiled plugins are kept for commands without a data folder.
fn cache_dir() -> Option<PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let base = base.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))?;
    Some(base.join("sluice").join("compiled"))
}

/// The error for a plugin that is not there.
pub(crate) fn unknown(plugins: &PluginSet, wanted: &str) -> Failure {
    let names: Vec<_> = plugins.active().map(|plugin| plugin.descriptor().name.as_str()).collect();
    Failure::new(Sysexit::Usage, format!("no plugin `{wanted}` is installed"), format!("there are: {}", names.join(", ")))
}
