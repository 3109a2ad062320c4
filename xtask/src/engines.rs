//! The servers that tests and benches run against: into `target/tools`, once. Who starts them is `conformance/engines`.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Result;
use sluice_engines::opensearch;

use crate::shell;

/// The real server with its standard modules, from Maven Central.
const OPENSEARCH: &str = "3.7.0";

/// Variables that tell tests where OpenSearch is.
pub(crate) fn opensearch(root: &Path) -> Result<Vec<(&'static str, PathBuf)>> {
    if std::env::var_os(opensearch::URL_VARIABLE).is_some() {
        return Ok(vec![]);
    }
    let java = opensearch::java_home()?;
    let tools = shell::target_dir(root).join("tools");
    let home = tools.join(format!("opensearch-{OPENSEARCH}"));
    if !home.join("bin/opensearch").is_file() {
        shell::need(&[("mvn", "maven"), ("unzip", "unzip")])?;
        shell::step(&format!("OpenSearch {OPENSEARCH}"));
        let artifact = format!("org.opensearch.distribution.integ-test-zip:opensearch:{OPENSEARCH}:zip");
        let copy = ["-q", "-B", "dependency:copy", &format!("-Dartifact={artifact}")];
        shell::run(Command::new("mvn").args(copy).arg(format!("-DoutputDirectory={}", tools.display())))?;
        let zip = tools.join(format!("opensearch-{OPENSEARCH}.zip"));
        shell::run(Command::new("unzip").args(["-q", "-o"]).arg(&zip).arg("-d").arg(&tools))?;
        std::fs::remove_file(zip)?;
    }
    Ok(vec![(opensearch::HOME_VARIABLE, home), (opensearch::JAVA_VARIABLE, java)])
}
