//! `cargo xtask clients`: HaveIBeenPwned clients that others wrote, installed from their registries, against a running service.

use std::{fs, path::Path, process::Command};

use anyhow::Result;

use sluice_engines::service::Service;

use crate::{demo::ingest, plugins, shell};

/// What goes in: the scripts of conformance/clients know it.
const LIST: &str = "ann+x@example.com:hunter2\nbob@example.net:hunter2\n";
/// The versions that were looked at.
const PYTHON: [&str; 2] = ["pyhibp==4.2.0", "pwnedpasswords==3.1.0"];
const NODE: &str = "hibp@15.2.1";

pub(crate) fn run(root: &Path) -> Result<()> {
    shell::need(&[("python3", "python3-venv"), ("npm", "npm")])?;
    plugins::build(root)?;
    shell::run(shell::cargo(root).args(["build", "--workspace"]))?;
    let folder = shell::target_dir(root).join("clients");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let python = folder.join("venv");
    shell::pip_install(&python, &PYTHON)?;
    // A module is found beside the script that asks for it.
    fs::copy(root.join("conformance/clients/clients.mjs"), folder.join("clients.mjs"))?;
    shell::download("npm", &["install", "--silent", "--prefix", &folder.to_string_lossy(), NODE])?;

    let list = folder.join("list.txt");
    fs::write(&list, LIST)?;
    let (program, components) = (shell::target_dir(root).join("debug/sluice"), plugins::folder(root));
    let service = Service::start(&program, &folder.join("data"), &["--plugin-dir", &components.to_string_lossy()])?;
    ingest(&service, &list, "Clients", "Clients")?;
    let (url, key) = (service.url(), service.create_key()?);
    shell::run(Command::new(python.join("bin/python")).arg(root.join("conformance/clients/clients.py")).args([&url, &key]))?;
    shell::run(Command::new("node").arg(folder.join("clients.mjs")).args([&url, &key]))
}
