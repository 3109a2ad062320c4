//! The servers that tests and benches start: PostgreSQL by Debian's package, moto (S3) from PyPI into
//! `target/tools`, once, and OpenSearch beside it.

use std::{env, fs, path::Path, process::Command};

use anyhow::Result;

use crate::{engines, shell};

/// An S3 for tests.
const MOTO: &str = "moto[server]==5.2.1";

/// Installs what is missing, and gives the variables that tests find it by.
pub(crate) fn install(root: &Path) -> Result<Vec<(&'static str, String)>> {
    let mut versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let has_programs = env::var_os("SLUICE_POSTGRES_PROGRAMS").is_some();
    if !has_programs && !versions.any(|version| version.path().join("bin/postgres").exists()) {
        shell::apt_install(&["postgresql"])?;
    }
    let opensearch = engines::opensearch(root)?.into_iter();
    let mut variables: Vec<_> = opensearch.map(|(variable, path)| (variable, path.display().to_string())).collect();
    if env::var_os("S3_ENDPOINT").is_some() {
        return Ok(variables);
    }
    shell::need(&[("python3", "python3-venv")])?;
    let moto = shell::target_dir(root).join("tools/moto");
    if !moto.join("bin/moto_server").exists() {
        shell::step(MOTO);
        shell::run(Command::new("python3").args(["-m", "venv"]).arg(&moto))?;
        shell::run(Command::new(moto.join("bin/python")).args(["-m", "pip", "install", "-q", MOTO]))?;
    }
    variables.push(("SLUICE_MOTO_SERVER", moto.join("bin/moto_server").display().to_string()));
    Ok(variables)
}

/// Servers are found by variables, which a process has from its start: if some are missing, runs this chore once more with them. `true` if
/// it did.
pub(crate) fn with_variables(root: &Path) -> Result<bool> {
    let variables = install(root)?;
    if variables.iter().all(|(name, _)| env::var_os(name).is_some()) {
        return Ok(false);
    }
    shell::run(Command::new(env::current_exe()?).args(env::args_os().skip(1)).envs(variables))?;
    Ok(true)
}
