//! Builds plugins written in Rust: a folder's sources → core modules → components. For `sluice plugin build` and `cargo xtask plugins`.
//!
//! Deliberately not here: installing anything, where a component goes, and whether it is a plugin, which the sandbox says.
//!
//! The same source gives the same bytes wherever its folder is: cargo names a workspace's own files as seen from it, and the places of all
//! others (the SDK, crates, the target folder) are named without where they are. Those flags are the same for all plugins of an SDK, so that
//! they can share one target folder, in which what they link is built once.
#![forbid(unsafe_code)]

mod toolchain;

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    process::Stdio,
};

use cargo_metadata::{Message, Metadata, MetadataCommand};
use wit_component::ComponentEncoder;

pub use toolchain::Toolchain;

/// What plugins are built for: it has nothing outside to call.
pub const TARGET: &str = "wasm32-unknown-unknown";
const FEATURES: &str = "-Ctarget-feature=+simd128,+bulk-memory";

/// A core module that was built.
#[derive(Clone, Debug)]
pub struct Module {
    /// The folder of its package.
    pub folder: PathBuf,
    /// The module.
    pub path: PathBuf,
}

/// Why nothing was built.
#[derive(Debug, thiserror::Error)]
pub enum GuestError {
    /// No toolchain at all.
    #[error("there is no cargo with a rustc beside it on the path")]
    NoCargo,
    /// None that can compile for WebAssembly.
    #[error("no Rust toolchain on the path has the target {TARGET}, or the sources of its standard library")]
    NoTarget,
    /// The standard library would have to be built, and nothing links it.
    #[error("there is no linker for WebAssembly")]
    NoLinker,
    /// A program did not start, or broke off.
    #[error("cannot run {program}")]
    Run {
        /// Which.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Cargo has said on standard error what is wrong.
    #[error("`cargo {command}` failed in {}", folder.display())]
    Cargo {
        /// Its subcommand.
        command: &'static str,
        /// Where.
        folder: PathBuf,
    },
    /// Cargo says something else than other cargos.
    #[error("what `cargo metadata` said is not understood")]
    Metadata(#[source] cargo_metadata::Error),
    /// A module that was just built is gone.
    #[error("cannot read {}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It doesn't export the contract.
    #[error("{} is no component of the contract: {what}", path.display())]
    Component {
        /// The module.
        path: PathBuf,
        /// As the encoder says it.
        what: String,
    },
}

impl GuestError {
    /// What to install, if something is missing.
    pub fn to_install(&self) -> Option<&'static str> {
        Some(match self {
            Self::NoCargo => "install Rust from https://rustup.rs, then run `rustup target add wasm32-unknown-unknown`",
            Self::NoTarget => {
                "run `rustup target add wasm32-unknown-unknown`, or on Debian `apt-get install rustc-web cargo-web rust-web-src`"
            }
            Self::NoLinker => "run `rustup target add wasm32-unknown-unknown`, or on Debian `apt-get install lld`",
            _ => return None,
        })
    }
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
        return Err(GuestError::Cargo { command, folder: folder.to_owned() });
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

/// Makes a component of a module.
///
/// # Errors
/// If the module cannot be read or does not speak the contract.
pub fn component(module: &Path) -> Result<Vec<u8>, GuestError> {
    let bytes = fs::read(module).map_err(|source| GuestError::Read { path: module.to_owned(), source })?;
    let encoded = ComponentEncoder::default().validate(true).module(&bytes).and_then(|mut encoder| encoder.encode());
    encoded.map_err(|error| GuestError::Component { path: module.to_owned(), what: format!("{error:#}") })
}

fn metadata(toolchain: &Toolchain, folder: &Path, target_dir: Option<&Path>) -> Result<Metadata, GuestError> {
    let mut cargo = toolchain.cargo("metadata", target_dir);
    cargo.current_dir(folder).args(["--format-version", "1", "--filter-platform", TARGET]).stderr(Stdio::inherit());
    let output = cargo.output().map_err(|source| GuestError::Run { program: "cargo".into(), source })?;
    if !output.status.success() {
        return Err(GuestError::Cargo { command: "metadata", folder: folder.to_owned() });
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
