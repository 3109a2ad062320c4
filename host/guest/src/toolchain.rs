//! The toolchain that compiles for WebAssembly, of those on the path: the first that has the target ready; else the first that has the
//! standard library's sources, which are then built too. So an author's rustup with the target comes before Debian's `rustc-web`.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{GuestError, TARGET};

const INSTALL: &str = "run `rustup target add wasm32-unknown-unknown`, or on Debian `apt-get install rustc-web cargo-web rust-web-src lld`";

/// Set by a cargo that runs this program, and of its own toolchain.
const OF_ANOTHER_CARGO: [&str; 4] = ["CARGO", "RUSTC", "RUSTDOC", "RUSTC_WRAPPER"];

/// A cargo and what it needs to build plugins.
#[derive(Debug)]
pub struct Toolchain {
    /// The folder of cargo and rustc.
    bin: PathBuf,
    /// With which to link a standard library that has to be built.
    linker: Option<PathBuf>,
}

impl Toolchain {
    /// Looks for it.
    ///
    /// # Errors
    /// What is missing: [`GuestError::to_install`] says how to get it.
    pub fn find() -> Result<Self, GuestError> {
        let path = env::var_os("PATH").unwrap_or_default();
        let bins: Vec<_> = env::split_paths(&path).filter(|bin| bin.join("cargo").is_file() && bin.join("rustc").is_file()).collect();
        if bins.is_empty() {
            return Err(GuestError::Missing {
                what: "there is no cargo with a rustc beside it on the path".into(),
                install: "install Rust from https://rustup.rs, then run `rustup target add wasm32-unknown-unknown`",
            });
        }
        for bin in &bins {
            if ask(bin, &["target-libdir", "--target", TARGET])?.is_some_and(|libdir| libdir.is_dir()) {
                return Ok(Self { bin: bin.clone(), linker: None });
            }
        }
        for bin in &bins {
            let sources = |sysroot: PathBuf| sysroot.join("lib/rustlib/src/rust/library/std/Cargo.toml");
            if ask(bin, &["sysroot"])?.is_some_and(|sysroot| sources(sysroot).is_file()) {
                return Ok(Self { bin: bin.clone(), linker: Some(linker(&bins)?) });
            }
        }
        let what = format!("no Rust toolchain on the path has the target {TARGET}, or the sources of its standard library");
        Err(GuestError::Missing { what, install: INSTALL })
    }

    /// Cargo with a subcommand.
    pub(crate) fn cargo(&self, subcommand: &str, target_dir: Option<&Path>) -> Command {
        let mut cargo = command(&self.bin, "cargo");
        cargo.arg(subcommand);
        if let Some(linker) = &self.linker {
            // A stable compiler is asked for what only nightly ones offer: it is the one way to a target it came without.
            cargo.env("RUSTC_BOOTSTRAP", "1").env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
        if let Some(target_dir) = target_dir {
            cargo.env("CARGO_TARGET_DIR", target_dir);
        }
        cargo
    }

    /// What `cargo build` needs beside the target.
    pub(crate) fn build_args(&self) -> &'static [&'static str] {
        if self.linker.is_some() { &["-Zbuild-std=std,panic_abort"] } else { &[] }
    }
}

/// A program of a toolchain, which finds its fellows first.
fn command(bin: &Path, program: &str) -> Command {
    let mut command = Command::new(bin.join(program));
    let path = env::var_os("PATH").unwrap_or_default();
    let own: OsString = [bin.as_os_str(), ":".as_ref(), &path].into_iter().collect();
    command.env("PATH", own);
    for name in OF_ANOTHER_CARGO {
        command.env_remove(name);
    }
    command
}

/// What rustc says of a place it knows; nothing if it does not know it.
fn ask(bin: &Path, what: &[&str]) -> Result<Option<PathBuf>, GuestError> {
    let mut rustc = command(bin, "rustc");
    let output = rustc.arg("--print").args(what).output().map_err(|source| GuestError::Run { program: bin.join("rustc"), source })?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok((output.status.success() && !said.is_empty()).then(|| said.into()))
}

/// A toolchain's own linker, or one of the path.
fn linker(bins: &[PathBuf]) -> Result<PathBuf, GuestError> {
    let mut candidates = Vec::new();
    for bin in bins {
        candidates.extend(ask(bin, &["target-libdir"])?.and_then(|libdir| Some(libdir.parent()?.join("bin/rust-lld"))));
    }
    let path = env::var_os("PATH").unwrap_or_default();
    candidates.extend(env::split_paths(&path).flat_map(|folder| ["wasm-ld", "rust-lld"].map(|program| folder.join(program))));
    candidates.into_iter().find(|candidate| candidate.is_file()).ok_or_else(|| {
        let what = "there is no linker for WebAssembly".into();
        GuestError::Missing { what, install: INSTALL }
    })
}
