//! Builds the official plugins to `target/plugins/*.wasm`. How is `sluice-guest`'s; here is what to install if no toolchain can.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use sluice_guest::{GuestError, Toolchain};

use crate::shell;

/// Where the components are.
pub(crate) fn folder(root: &Path) -> PathBuf {
    shell::target_dir(root).join("plugins")
}

/// Builds every plugin of `plugins/`; returns the components' paths.
pub(crate) fn build(root: &Path) -> Result<Vec<PathBuf>> {
    build_all(root, &root.join("plugins"), &folder(root))
}

/// Builds every plugin of a workspace.
pub(crate) fn build_all(root: &Path, plugins: &Path, out_dir: &Path) -> Result<Vec<PathBuf>> {
    let build_dir = shell::target_dir(root).join("plugins-build");
    let modules = sluice_guest::build(&toolchain()?, plugins, Some(&build_dir))?;
    fs::create_dir_all(out_dir)?;
    let mut built = Vec::new();
    for module in modules {
        let Some(name) = module.folder.strip_prefix(plugins).ok().and_then(Path::to_str) else { continue };
        let component = sluice_guest::component(&module.path)?;
        let path = out_dir.join(format!("{name}.wasm"));
        if fs::read(&path).ok().as_deref() != Some(&component) {
            fs::write(&path, &component)?;
        }
        built.push(path);
    }
    ensure!(!built.is_empty(), "no plugin was built in {}", plugins.display());
    built.sort();
    Ok(built)
}

/// On Debian what is missing can be installed.
fn toolchain() -> Result<Toolchain> {
    let found = match Toolchain::find() {
        Err(error @ GuestError::Missing { .. }) => {
            shell::apt_install(&["rustc-web", "cargo-web", "rust-web-src", "lld"])
                .with_context(|| format!("{error}: {}", error.to_install().unwrap_or_default()))?;
            Toolchain::find()
        }
        found => found,
    };
    found.map_err(|error| {
        let advice = error.to_install().unwrap_or_default();
        anyhow::Error::new(error).context(advice)
    })
}
