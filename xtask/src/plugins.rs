//! Builds the official plugins to `target/plugins/*.wasm`: Rust → core module → component.
//!
//! The toolchain is looked for in this order: the active one with the wasm32 target; Debian's rustc with its own wasm32
//! std built from source. Anything else is one message that says what to install.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};
use wit_component::ComponentEncoder;

use crate::shell;

const TARGET: &str = "wasm32-unknown-unknown";
const RUSTFLAGS: &str = "-Ctarget-feature=+simd128,+bulk-memory";

/// Where the components are.
pub(crate) fn folder(root: &Path) -> PathBuf {
    shell::target_dir(root).join("plugins")
}

/// Builds every plugin of `plugins/`; returns the components' paths.
pub(crate) fn build(root: &Path) -> Result<Vec<PathBuf>> {
    let plugins = root.join("plugins");
    let target_dir = shell::target_dir(root);
    let build_dir = target_dir.join("plugins-build");
    let toolchain = Toolchain::find()?;
    let mut cargo = toolchain.cargo()?;
    cargo.current_dir(&plugins).args(["build", "--release", "--target", TARGET]).env("CARGO_TARGET_DIR", &build_dir);
    cargo.env("RUSTFLAGS", format!("{RUSTFLAGS} --remap-path-prefix={}=.", root.display()));
    shell::run(&mut cargo)?;

    let out_dir = folder(root);
    fs::create_dir_all(&out_dir)?;
    let mut built = Vec::new();
    for entry in fs::read_dir(build_dir.join(TARGET).join("release"))? {
        let module = entry?.path();
        let Some(name) = module.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.strip_prefix("sluice_")) else { continue };
        if module.extension().is_none_or(|extension| extension != "wasm") || !plugins.join(name).is_dir() {
            continue;
        }
        let component = ComponentEncoder::default()
            .validate(true)
            .module(&fs::read(&module)?)
            .and_then(|mut encoder| encoder.encode())
            .with_context(|| format!("{} is no component of the contract", module.display()))?;
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

enum Toolchain {
    /// The active toolchain has the target.
    Active,
    /// Debian's, with std built from source.
    Debian,
}

impl Toolchain {
    fn find() -> Result<Self> {
        let libdir = Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).output()?;
        if Path::new(String::from_utf8(libdir.stdout)?.trim()).is_dir() {
            return Ok(Self::Active);
        }
        if !Path::new("/usr/bin/rustc").exists() || !Path::new("/usr/lib/rustlib/src/rust/library").exists() && !debian_source() {
            shell::apt_install(&["rustc-web", "cargo-web", "rust-web-src"]).context(
                "no toolchain for wasm32-unknown-unknown: run `rustup target add wasm32-unknown-unknown`, or on Debian `apt-get install rustc-web cargo-web rust-web-src`",
            )?;
        }
        Ok(Self::Debian)
    }

    fn cargo(&self) -> Result<Command> {
        match self {
            Self::Active => Ok(Command::new("cargo")),
            Self::Debian => {
                let mut cargo = Command::new("/usr/bin/cargo");
                cargo.args(["-Zbuild-std=std,panic_abort"]);
                cargo.env("RUSTC_BOOTSTRAP", "1").env("PATH", format!("/usr/bin:{}", std::env::var("PATH")?));
                cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker()?);
                // Set by the cargo that runs this, and of another toolchain.
                for name in ["RUSTC", "RUSTDOC", "CARGO", "RUSTUP_TOOLCHAIN", "RUSTC_WRAPPER"] {
                    cargo.env_remove(name);
                }
                Ok(cargo)
            }
        }
    }
}

fn debian_source() -> bool {
    let found = Command::new("/usr/bin/rustc").args(["--print", "sysroot"]).output();
    found.is_ok_and(|output| {
        Path::new(String::from_utf8_lossy(&output.stdout).trim()).join("lib/rustlib/src/rust/library/std/Cargo.toml").exists()
    })
}

/// The active toolchain's own `rust-lld`, or an `lld` on the machine.
fn linker() -> Result<PathBuf> {
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output()?;
    let lld = Path::new(String::from_utf8(sysroot.stdout)?.trim()).join("lib/rustlib").join(env!("HOST_TRIPLE")).join("bin/rust-lld");
    for candidate in [lld, "/usr/bin/wasm-ld".into(), "/usr/bin/rust-lld".into()] {
        if candidate.exists() {
            return Ok(candidate);
        }
    }
    bail!("no linker for WebAssembly: `apt-get install lld`")
}
