//! Plugins written in Rust: a package or workspace → core modules, by cargo.
//!
//! The same source gives the same bytes wherever its folder is: cargo names a workspace's own files as seen from it, and the places of all
//! others (the SDK, crates, the target folder) are named without where they are. Those flags are the same for all plugins of an SDK, so that
//! they can share one target folder, in which what they link is built once.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Stdio,
};

use cargo_metadata::{Message, Metadata, MetadataCommand};

use crate::{GuestError, Toolchain};

/// What plugins are built for: it has nothing outside to call.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";
const FEATURES: &str = "-Ctarget-feature=+simd128,+bulk-memory";

/// A core module that was built.
#[derive(Clone, Debug)]
pub struct Module {
    /// The folder of its package.
    pub folder: PathBuf,
    /// The module.
    pub path: PathBuf,
}

/// Builds all plugins of a folder's package or workspace, optimised; cargo says on standard error how it goes.
///
/// # Errors
/// What is missing, or that cargo failed.
pub fn build(toolchain: &Toolchain, folder: &Path, target_dir: Option<&Path>) -> Result<Vec<Module>, GuestError> {
    let metadata = metadata(toolchain, folder, target_dir)?;
    let is_package = metadata.root_package().is_some();
    let command = if is_package { "rustc" } else { "build" };
    let mut cargo = toolchain.cargo(command, target_dir);
    cargo.args(toolchain.build_args()).args(["--release", "--target", TARGET, "--message-format", "json-render-diagnostics"]);
    if is_package {
        // Where it is counts for nothing in a component, but for cargo: in a target folder that several use, it would else take a package
        // of the same name, built in another folder, for this one if that was built after these files were written.
        cargo.args(["--lib", "--"]).arg(format!("--remap-path-prefix={}=.", metadata.workspace_root));
    }
    cargo.current_dir(folder).env("CARGO_ENCODED_RUSTFLAGS", flags(&metadata)).stdout(Stdio::piped());
    let failed = |source| GuestError::Run { program: "cargo".into(), source };
    let output = cargo.stderr(Stdio::inherit()).output().map_err(failed)?;
    if !output.status.success() {
        return Err(GuestError::Failed { command: if is_package { "cargo rustc" } else { "cargo build" }, folder: folder.to_owned() });
    }
    let mut modules = Vec::new();
    for message in Message::parse_stream(output.stdout.as_slice()) {
        let Message::CompilerArtifact(artifact) = message.map_err(failed)? else { continue };
        let Some(package) = artifact.manifest_path.parent() else { continue };
        let files = artifact.filenames.iter().filter(|path| path.extension() == Some("wasm"));
        modules.extend(files.map(|path| Module { folder: package.into(), path: path.into() }));
    }
    Ok(modules)
}

fn metadata(toolchain: &Toolchain, folder: &Path, target_dir: Option<&Path>) -> Result<Metadata, GuestError> {
    let mut cargo = toolchain.cargo("metadata", target_dir);
    cargo.current_dir(folder).args(["--format-version", "1", "--filter-platform", TARGET]).stderr(Stdio::inherit());
    let output = cargo.output().map_err(|source| GuestError::Run { program: "cargo".into(), source })?;
    if !output.status.success() {
        return Err(GuestError::Failed { command: "cargo metadata", folder: folder.to_owned() });
    }
    MetadataCommand::parse(String::from_utf8_lossy(&output.stdout)).map_err(GuestError::Metadata)
}

/// The compiler's flags, as cargo wants them: places of files would else get into the component with the messages of panics.
fn flags(metadata: &Metadata) -> String {
    let members = &metadata.workspace_members;
    let places = metadata.packages.iter().filter(|package| !members.contains(&package.id)).filter_map(|package| {
        let folder = package.manifest_path.parent()?;
        // Crates lie beside each other; a folder of somebody's own goes by its package's name.
        Some(if package.source.is_some() { (folder.parent()?, "crates") } else { (folder, package.name.as_str()) })
    });
    let places: BTreeSet<_> = places.chain([(metadata.target_directory.as_path(), "target")]).collect();
    let renamed = places.iter().map(|(folder, name)| format!("\x1f--remap-path-prefix={folder}={name}"));
    std::iter::once(FEATURES.to_owned()).chain(renamed).collect()
}
