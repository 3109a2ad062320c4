//! The servers that tests and benches start: PostgreSQL by Debian's package, moto (S3) from PyPI and OpenSearch from Maven Central into
//! `target/tools`, once; nginx, which ends TLS before it, is Debian's too. Who starts them is `conformance/engines`.

use std::{env, fs, path::Path, process::Command};

use anyhow::Result;
use sluice_engines::opensearch;

use crate::shell;

/// The real server with its standard modules.
const OPENSEARCH: &str = "3.7.0";
/// An S3 for tests, with what its server needs for that one service: `moto[server]` brings twice as many packages.
const MOTO: [&str; 3] = ["moto[s3]==5.2.1", "flask", "flask-cors"];

/// Installs what is missing, and gives the variables that tests find it by.
pub(crate) fn install(root: &Path) -> Result<Vec<(&'static str, String)>> {
    let mut versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let has_programs = env::var_os("SLUICE_POSTGRES_PROGRAMS").is_some();
    if !has_programs && !versions.any(|version| version.path().join("bin/postgres").exists()) {
        shell::apt_install(&["postgresql"])?;
    }
    shell::need(&[("nginx", "nginx-light"), ("openssl", "openssl")])?;
    let mut variables = opensearch(root)?;
    if env::var_os("S3_ENDPOINT").is_some() {
        return Ok(variables);
    }
    shell::need(&[("python3", "python3-venv")])?;
    let moto = shell::target_dir(root).join("tools/moto");
    if !moto.join("bin/moto_server").exists() {
        shell::pip_install(&moto, &MOTO)?;
    }
    variables.push(("SLUICE_MOTO_SERVER", moto.join("bin/moto_server").display().to_string()));
    Ok(variables)
}

/// Variables that tell tests where OpenSearch is.
fn opensearch(root: &Path) -> Result<Vec<(&'static str, String)>> {
    if env::var_os(opensearch::URL_VARIABLE).is_some() {
        return Ok(vec![]);
    }
    let java = opensearch::java_home()?;
    let tools = shell::target_dir(root).join("tools");
    let home = tools.join(format!("opensearch-{OPENSEARCH}"));
    if !home.join("bin/opensearch").is_file() {
        shell::need(&[("mvn", "maven"), ("unzip", "unzip")])?;
        shell::step(&format!("OpenSearch {OPENSEARCH}"));
        let artifact = format!("-Dartifact=org.opensearch.distribution.integ-test-zip:opensearch:{OPENSEARCH}:zip");
        let folder = format!("-DoutputDirectory={}", tools.display());
        shell::download("mvn", &["-q", "-B", "dependency:copy", &artifact, &folder])?;
        let zip = tools.join(format!("opensearch-{OPENSEARCH}.zip"));
        shell::run(Command::new("unzip").args(["-q", "-o"]).arg(&zip).arg("-d").arg(&tools))?;
        fs::remove_file(zip)?;
    }
    Ok(vec![(opensearch::HOME_VARIABLE, home.display().to_string()), (opensearch::JAVA_VARIABLE, java.display().to_string())])
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
