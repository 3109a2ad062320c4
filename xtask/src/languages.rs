//! The tools of the languages, other than Rust, that plugins are written in: into `target/tools`, once, where the tests look for them.

use std::{fs, path::Path};

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
        shell::pip_install(&python, &[COMPONENTIZE_PY])?;
    }
    let javascript = tools.join("javascript");
    if !javascript.join("node_modules/@bytecodealliance/componentize-js/package.json").exists() {
        shell::step(COMPONENTIZE_JS);
        fs::create_dir_all(&javascript)?;
        shell::download("npm", &["install", "--silent", "--prefix", &javascript.to_string_lossy(), COMPONENTIZE_JS])?;
    }
    Ok(())
}
