//! OpenSearch: the real server with its standard modules, one node or a cluster of several, without TLS.

use std::{
    env, fs,
    io::{self, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::process::{Process, free_port, server_folder};

/// Where `cargo xtask` put the server; without it [`OpenSearch::start`] fails.
pub const HOME_VARIABLE: &str = "SLUICE_OPENSEARCH_HOME";
/// A server that already runs: its address.
pub const URL_VARIABLE: &str = "OPENSEARCH_URL";
/// The JDK that runs it; without it, the newest that is installed.
pub const JAVA_VARIABLE: &str = "OPENSEARCH_JAVA_HOME";
/// OpenSearch 3 needs it.
pub const JAVA_VERSION_MIN: u32 = 21;

const JAVA_FOLDER: &str = "/usr/lib/jvm";
const START_MS_MAX: u64 = 300_000;
/// All to its output, which is kept.
const LOGGING: &str = "status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%-25c{1.}] %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
";
const ANSWER_MS_MAX: u64 = 2_000;
/// One node that looks for no others.
const ALONE: &str = "discovery.type: single-node\ntransport.port: 0\n";

/// A disk that others have filled is no reason to leave shards without copies: whatever this server holds, it holds for minutes.
const DISK: &str = "cluster.routing.allocation.disk.threshold_enabled: false\n";

/// A server for tests.
#[derive(Debug)]
pub struct OpenSearch {
    url: String,
    own: Option<Own>,
}

/// What is ours of a server that we started.
#[derive(Debug)]
struct Own {
    /// Dropped before its folder is.
    process: Option<Process>,
    home: PathBuf,
    java: PathBuf,
    port: u16,
    /// In its cluster, with it.
    nodes: usize,
    folder: TempDir,
}

impl OpenSearch {
    /// Starts a server and waits until it answers, or takes the one that [`URL_VARIABLE`] names.
    ///
    /// # Errors
    /// If none is installed, or it does not start; its log's end is in the error.
    pub fn start() -> Result<Self> {
        match env::var(URL_VARIABLE) {
            Ok(url) => Ok(Self { url: url.trim_end_matches('/').to_owned(), own: None }),
            Err(_) => Self::start_with(&[]),
        }
    }

    /// Starts a server with further lines of configuration, and waits until it answers.
    ///
    /// # Errors
    /// As [`OpenSearch::start`].
    pub fn start_with(settings: &[&str]) -> Result<Self> {
        let mut own = Own::configured(1, &format!("{ALONE}{}", settings.join("\n")))?;
        own.start()?;
        Ok(own.ready())
    }

    /// Starts a cluster of so many nodes, and waits until all are in it.
    ///
    /// # Errors
    /// As [`OpenSearch::start`].
    pub fn cluster(nodes: usize) -> Result<Vec<Self>> {
        let ports = (0..nodes).map(|_| free_port()).collect::<Result<Vec<_>>>()?;
        let (seeds, names) = (ports.iter().map(|port| format!("\"127.0.0.1:{port}\"")), (0..nodes).map(|node| format!("node-{node}")));
        let (seeds, names) = (seeds.collect::<Vec<_>>().join(", "), names.collect::<Vec<_>>().join(", "));
        let configured = ports.iter().enumerate().map(|(node, port)| {
            let settings = format!(
                "cluster.name: sluice-test-{}\nnode.name: node-{node}\ntransport.port: {port}\ndiscovery.seed_hosts: [{seeds}]\n\
                 cluster.initial_cluster_manager_nodes: [{names}]",
                ports[0]
            );
            let mut own = Own::configured(nodes, &settings)?;
            own.begin()?;
            Ok(own)
        });
        let mut started = configured.collect::<Result<Vec<_>>>()?;
        started.iter_mut().try_for_each(Own::wait)?;
        Ok(started.into_iter().map(Own::ready).collect())
    }

    /// Waits until every shard has all the copies that it should have; one that was given up after some tries is tried again.
    ///
    /// # Errors
    /// If that does not come to pass.
    pub fn wait_until_green(&mut self) -> Result<()> {
        let (url, process) = (self.url.clone(), self.process()?);
        let is_green = || {
            let is_green = is_healthy(&url, "wait_for_status=green");
            if !is_green {
                let _ = ask(&url, "POST /_cluster/reroute?retry_failed=true&metric=none");
            }
            is_green
        };
        let waited = process.wait_until(is_green, START_MS_MAX);
        waited.with_context(|| format!("why a copy is nowhere: {}", ask(&url, "GET /_cluster/allocation/explain").unwrap_or_default()))
    }

    /// Its address, without a slash at its end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its data folder, if we started it.
    pub fn data(&self) -> Option<PathBuf> {
        self.own.as_ref().map(|own| own.folder.path().join("data"))
    }

    /// Its process, to be paused or killed.
    ///
    /// # Errors
    /// If we did not start it.
    pub fn process(&mut self) -> Result<&mut Process> {
        let process = self.own.as_mut().and_then(|own| own.process.as_mut());
        process.with_context(|| format!("the server of {URL_VARIABLE} is not ours to disturb"))
    }

    /// Starts it again with the data it had, after it was killed.
    ///
    /// # Errors
    /// If we did not start it, or it does not start.
    pub fn restart(&mut self) -> Result<()> {
        match &mut self.own {
            Some(own) => own.start(),
            None => bail!("the server of {URL_VARIABLE} is not ours to restart"),
        }
    }
}

impl Own {
    /// Of one of so many nodes, not started.
    fn configured(nodes: usize, settings: &str) -> Result<Self> {
        let home = env::var_os(HOME_VARIABLE).map(PathBuf::from);
        let home = home.with_context(|| {
            format!("no OpenSearch to test with: run `cargo xtask test`, which installs it, or set {HOME_VARIABLE} or {URL_VARIABLE}")
        })?;
        ensure!(home.join("bin/opensearch").is_file(), "{HOME_VARIABLE} is {}, which has no bin/opensearch", home.display());
        let (folder, port) = (tempfile::Builder::new().prefix("sluice-opensearch-").tempdir()?, free_port()?);
        configure(&home, folder.path(), port, settings)?;
        Ok(Self { process: None, home, java: java_home()?, port, nodes, folder })
    }

    fn ready(self) -> OpenSearch {
        OpenSearch { url: self.url(), own: Some(self) }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn start(&mut self) -> Result<()> {
        self.begin()?;
        self.wait()
    }

    fn begin(&mut self) -> Result<()> {
        self.process = None;
        let mut command = Command::new(self.home.join("bin/opensearch"));
        command.current_dir(self.folder.path());
        command.env("OPENSEARCH_PATH_CONF", self.folder.path().join("config")).env(JAVA_VARIABLE, &self.java);
        let heap = if self.nodes == 1 { "-Xms1g -Xmx1g" } else { "-Xms512m -Xmx512m" };
        // A test's server is gone before what its second compiler does pays; a bench's is not.
        let options = format!("{heap}{}", if cfg!(debug_assertions) { " -XX:TieredStopAtLevel=1" } else { "" });
        command.env("OPENSEARCH_JAVA_OPTS", options).env("OPENSEARCH_TMPDIR", self.folder.path().join("tmp"));
        self.process = Some(Process::start("OpenSearch", command, &self.folder.path().join("opensearch.log"))?);
        Ok(())
    }

    fn wait(&mut self) -> Result<()> {
        let (url, wanted) = (self.url(), format!("wait_for_status=yellow&wait_for_nodes={}", self.nodes));
        let process = self.process.as_mut().context("it was not begun")?;
        process.wait_until(|| is_healthy(&url, &wanted), START_MS_MAX)
    }
}

/// A configuration of its own beside its data.
fn configure(home: &Path, folder: &Path, port: u16, settings: &str) -> Result<()> {
    server_folder(folder)?;
    for part in ["config", "config/jvm.options.d", "data", "logs", "tmp"] {
        server_folder(&folder.join(part))?;
    }
    // Its paths are relative to the server's own folder, where it may not write.
    let agent = home.join("agent/opensearch-agent.jar");
    let options = fs::read_to_string(home.join("config/jvm.options"))?;
    let options = options.lines().filter(|line| !["gc.log", "HeapDump", "ErrorFile"].iter().any(|log| line.contains(log)));
    let options: Vec<String> = options.map(|line| line.replace("agent/opensearch-agent.jar", &agent.to_string_lossy())).collect();
    fs::write(folder.join("config/jvm.options"), options.join("\n"))?;
    fs::write(folder.join("config/log4j2.properties"), LOGGING)?;
    let path = folder.display();
    fs::write(
        folder.join("config/opensearch.yml"),
        format!(
            "network.host: 127.0.0.1\nhttp.port: {port}\n\
             path.data: {path}/data\npath.logs: {path}/logs\naction.auto_create_index: false\n\
             {DISK}{settings}\n"
        ),
    )?;
    Ok(())
}

/// The JDK to run with: [`JAVA_VARIABLE`], or the newest one that is installed.
///
/// # Errors
/// If there is none that is new enough.
pub fn java_home() -> Result<PathBuf> {
    if let Some(home) = env::var_os(JAVA_VARIABLE) {
        return Ok(home.into());
    }
    let installed = fs::read_dir(JAVA_FOLDER).into_iter().flatten().flatten();
    let newest = installed.filter_map(|entry| Some((java_version(&entry.path())?, entry.path()))).max();
    match newest {
        Some((version, home)) if version >= JAVA_VERSION_MIN => Ok(home),
        _ => bail!("OpenSearch needs Java {JAVA_VERSION_MIN} or newer, and {JAVA_FOLDER} has none: install one, or set {JAVA_VARIABLE}"),
    }
}

/// The major version in a JDK's `release` file: `JAVA_VERSION="25.0.3"`.
fn java_version(home: &Path) -> Option<u32> {
    let release = fs::read_to_string(home.join("release")).ok()?;
    let version = release.lines().find_map(|line| line.strip_prefix("JAVA_VERSION=\""))?;
    version.split(['.', '"', '-']).next()?.parse().ok()
}

/// Does it answer with a cluster that is as it should be?
fn is_healthy(url: &str, wanted: &str) -> bool {
    ask(url, &format!("GET /_cluster/health?{wanted}&timeout=1s")).is_ok_and(|answer| answer.contains(" 200 OK"))
}

/// Its answer, heading and all, to a method and a path.
fn ask(url: &str, what: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://"))?;
    stream.set_read_timeout(Some(Duration::from_millis(ANSWER_MS_MAX)))?;
    stream.write_all(format!("{what} HTTP/1.0\r\n\r\n").as_bytes())?;
    let mut answer = String::new();
    stream.take(65_536).read_to_string(&mut answer)?;
    Ok(answer)
}
