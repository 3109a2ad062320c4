//! The servers that tests and benches start: PostgreSQL by Debian's package, moto (S3) from PyPI into `target/tools`, once.

use std::{fs, path::Path, process::Command};

use anyhow::Result;

use crate::shell;

/// An S3 for tests.
const MOTO: &str = "moto[server]==5.2.1";

/// Installs what is missing, and gives the variables that tests find it by.
pub(crate) fn install(root: &Path) -> Result<Vec<(&'static str, String)>> {
    let mut versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let has_programs = std::env::var_os("SLUICE_POSTGRES_PROGRAMS").is_some();
    if !has_programs && !versions.any(|version| version.path().join("bin/postgres").exists()) {
        shell::apt_install(&["postgresql"])?;
    }
    if std::env::var_os("S3_ENDPOINT").is_some() {
        return Ok(vec![]);
    }
    shell::need(&[("python3", "python3-venv")])?;
    let moto = shell::target_dir(root).join("tools/moto");
    if !moto.join("bin/moto_server").exists() {
        shell::step(MOTO);
        shell::run(Command::new("python3").args(["-m", "venv"]).arg(&moto))?;
        shell::run(Command::new(moto.join("bin/python")).args(["-m", "pip", "install", "-q", MOTO]))?;
    }
    Ok(vec![("SLUICE_MOTO_SERVER", moto.join("bin/moto_server").display().to_string())])
}
