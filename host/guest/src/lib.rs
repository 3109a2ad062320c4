//! Builds plugins: a folder's sources in any of the languages there is a kit for → a component. For `sluice plugin` and `cargo xtask plugins`.
//!
//! The language is told by what is in the folder. Rust has its kit as a crate; the kits of the others are in this crate's bytes, with the
//! dictionary and the shapes of hashes beside them in each language's words, and go into the plugin's folder `.sluice`, which the build
//! writes anew. So a plugin needs no checkout, and no kit has a copy of the data that is kept by hand.
//!
//! Deliberately not here: installing anything, where a component goes, and whether it is a plugin, which the sandbox says.
#![forbid(unsafe_code)]

mod c;
mod dictionary;
mod javascript;
mod kit;
mod python;
mod rust;
mod toolchain;
mod tools;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

pub use kit::write_kit;
pub use rust::{Module, build};
pub use toolchain::Toolchain;

use crate::rust::TARGET;

/// The contract plugins are built for.
const CONTRACT: &str = include_str!("../../../wit/0.2.0/parser.wit");
const WORLD: &str = "parser";

/// What a plugin is written in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    /// `Cargo.toml`
    Rust,
    /// `plugin.py`
    Python,
    /// `plugin.js`
    JavaScript,
    /// `plugin.c`
    C,
}

impl Language {
    /// Every language and the file that tells it.
    pub const ALL: [(Self, &'static str); 4] =
        [(Self::Rust, "Cargo.toml"), (Self::Python, "plugin.py"), (Self::JavaScript, "plugin.js"), (Self::C, "plugin.c")];

    /// What a folder's plugin is written in, if it has one.
    pub fn of(folder: &Path) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, file)| folder.join(file).is_file()).map(|(language, _)| language)
    }
}

/// Why nothing was built.
#[derive(Debug, thiserror::Error)]
pub enum GuestError {
    /// A tool is not there.
    #[error("{what}")]
    Missing {
        /// Which, in words.
        what: String,
        /// How to get it.
        install: &'static str,
    },
    /// A program did not start, or broke off.
    #[error("cannot run {program}")]
    Run {
        /// Which.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A program has said on standard error what is wrong.
    #[error("`{command}` failed in {}", folder.display())]
    Failed {
        /// Its name, and its subcommand.
        command: &'static str,
        /// Where.
        folder: PathBuf,
    },
    /// Cargo says something else than other cargos.
    #[error("what `cargo metadata` said is not understood")]
    Metadata(#[source] cargo_metadata::Error),
    /// A tool can't work there.
    #[error("{tool} cannot build in a folder with a blank in its path: {}", folder.display())]
    Blank {
        /// Which.
        tool: &'static str,
        /// Where.
        folder: PathBuf,
    },
    /// The package has no library for WebAssembly.
    #[error("the package in {} makes no WebAssembly module", folder.display())]
    NoModule {
        /// Its folder.
        folder: PathBuf,
    },
    /// The kit cannot be written, or what was just built not be read.
    #[error("cannot use {}", path.display())]
    File {
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
        if let Self::Missing { install, .. } = self { Some(install) } else { None }
    }
}

/// Builds the plugin of a folder; compilers say on standard error how it goes.
///
/// # Errors
/// What is missing, or that a compiler failed.
pub fn make(folder: &Path, language: Language) -> Result<Vec<u8>, GuestError> {
    let folder = folder.canonicalize().map_err(|source| GuestError::File { path: folder.to_owned(), source })?;
    match language {
        Language::Rust => {
            let modules = build(&Toolchain::find()?, &folder, None)?;
            let module = modules.into_iter().find(|module| module.folder == folder).ok_or(GuestError::NoModule { folder })?;
            component(&module.path)
        }
        Language::Python => python::make(&folder),
        Language::JavaScript => javascript::make(&folder),
        Language::C => component_of_bare(&c::make(&folder)?),
    }
}

/// Makes a component of a module.
///
/// # Errors
/// If the module cannot be read or does not speak the contract.
pub fn component(module: &Path) -> Result<Vec<u8>, GuestError> {
    encode(module, &read(module)?)
}

/// As [`component`], for a module that does not say itself which contract it speaks.
fn component_of_bare(module: &Path) -> Result<Vec<u8>, GuestError> {
    let mut bytes = read(module)?;
    let fail = |error: anyhow::Error| GuestError::Component { path: module.to_owned(), what: format!("{error:#}") };
    let mut resolve = Resolve::default();
    let package = resolve.push_str("parser.wit", CONTRACT).map_err(fail)?;
    let world = resolve.select_world(&[package], Some(WORLD)).map_err(fail)?;
    wit_component::embed_component_metadata(&mut bytes, &resolve, world, StringEncoding::UTF8).map_err(fail)?;
    encode(module, &bytes)
}

fn encode(module: &Path, bytes: &[u8]) -> Result<Vec<u8>, GuestError> {
    let encoded = ComponentEncoder::default().validate(true).module(bytes).and_then(|mut encoder| encoder.encode());
    encoded.map_err(|error| GuestError::Component { path: module.to_owned(), what: format!("{error:#}") })
}

fn read(path: &Path) -> Result<Vec<u8>, GuestError> {
    fs::read(path).map_err(|source| GuestError::File { path: path.to_owned(), source })
}
