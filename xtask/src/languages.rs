//! The tools of the languages, other than Rust, that plugins are written in: into `target/tools`, once, where the tests look for them.

use std::{fs, path::Path, process::Command};

use anyhow::Result;

use crate::shell;

/// What the kits are tested with.
const COMPONENTIZE_PY: &str = "componentize-py==0.25.0";
const COMPONENTIZE_JS: &str = "@bytecodealliance/componentize-js@0.23.0";

pub(crate) fn install(root: &Path) -> Result<()> {
    shell::need(&[("clang", "clang"), ("wasm-ld", "lld"), ("python3", "python3-venv"), ("node", "nodejs"), ("npm", "npm")])?;
    let tools = shell::target_dir(root).join("tools");
    let python = tools.join("python");
    if !python.join("bin/componentize-py").exists() {
        shell::step(COMPONENTIZE_PY);
        shell::run(Command::new("python3").args(["-m", "venv"]).arg(&python))?;
        shell::run(Command::new(python.join("bin/python")).args(["-m", "pip", "install", "-q", COMPONENTIZE_PY]))?;
    }
    let javascript = tools.join("javascript");
    if !javascript.join("node_modules/@bytecodealliance/componentize-js/package.json").exists() {
        shell::step(COMPONENTIZE_JS);
        fs::create_dir_all(&javascript)?;
        shell::run(Command::new("npm").args(["install", "--silent", "--prefix"]).arg(&javascript).arg(COMPONENTIZE_JS))?;
    }
    Ok(())
}
