//! The binary that was built: its commands, and a service of it on a free port with a folder of its own.
//!
//! Plugins are those of `SLUICE_PLUGIN_DIR`, or of `plugins/` beside the binary's folder, where `cargo xtask plugins` puts them.
//! Deliberately not here: what any test is about.
#![allow(dead_code)] // each module takes what it needs

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{Read, Write},
    net::TcpStream,
    os::unix::fs::{DirBuilderExt as _, symlink},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

/// What a condition may take to come true before the test is given up: far more than it ever does.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);
/// How often a condition is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// Waits until `condition` gives something.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(Instant::now() < until, "{what} did not come true");
        thread::sleep(LOOK);
    }
}

/// The folder of the built plugins.
pub(crate) fn plugin_dir() -> PathBuf {
    let beside = || Path::new(env!("CARGO_BIN_EXE_sluice")).parent()?.parent().map(|target| target.join("plugins"));
    let folder = std::env::var_os("SLUICE_PLUGIN_DIR").map(PathBuf::from).or_else(beside).unwrap();
    assert!(folder.join("csv.wasm").is_file(), "no plugins in {}: `cargo xtask plugins` builds them", folder.display());
    folder
}

/// The binary, with nothing of our own environment that would change what it does but the plugins' folder.
pub(crate) fn sluice(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
    clean(&mut command);
    command.args(args);
    command
}

fn clean(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("SLUICE_")) {
            command.env_remove(name);
        }
    }
    command.env("SLUICE_PLUGIN_DIR", plugin_dir());
}

/// Runs a command to its end and gives what it printed; it must end well.
#[track_caller]
pub(crate) fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{said}", output.status);
    output
}

/// Compiling all plugins takes half a minute unoptimised: new data folders share what was compiled for one.
fn share_compiled(data: &Path) {
    let (shared, compiled) = (Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled"), data.join("compiled"));
    if !compiled.exists() {
        fs::create_dir_all(&shared).unwrap();
        fs::DirBuilder::new().recursive(true).mode(0o700).create(data).unwrap();
        symlink(shared, compiled).unwrap();
    }
}

/// A running `sluice serve`. Dropping it kills it; [`Service::stop`] asks it to drain first.
pub(crate) struct Service {
    child: Child,
    address: String,
    data: PathBuf,
    log: PathBuf,
    /// Of a service that has a folder of its own.
    folder: Option<TempDir>,
}

impl Service {
    /// On a data folder of its own, with as many lanes as `serve` takes by itself.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// With more arguments of `serve`.
    pub(crate) fn start_with(args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut service = Self::start_in(&folder.path().join("data"), args);
        service.folder = Some(folder);
        service
    }

    /// On a data folder that outlives it; `serve` makes it if need be. Its log is `serve.log` beside that folder.
    pub(crate) fn start_in(data: &Path, args: &[&str]) -> Self {
        Self::start_at("127.0.0.1:0", data, args)
    }

    /// As [`Service::start_in`], on an address, which may be one where another was.
    pub(crate) fn start_at(listen: &str, data: &Path, args: &[&str]) -> Self {
        let address = data.join("address");
        if address.exists() {
            // The last one's.
            fs::remove_file(&address).unwrap();
        }
        share_compiled(data);
        let mut serve = sluice(["serve", "--listen", listen, "--data"]);
        serve.arg(data).args(args);
        Self::spawn(serve, data, |_| data.to_owned())
    }

    /// On a disk of its own of so many MiB, which nobody else sees and which goes with it.
    pub(crate) fn start_on_disk_of(mib: u32, args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        fs::create_dir(&data).unwrap();
        let mut serve = Command::new("unshare");
        clean(&mut serve);
        // Whoever may mount needs no more than a namespace of mounts; anybody else becomes root in one of users.
        let may_mount = Command::new("unshare").args(["--mount", "true"]).output().is_ok_and(|output| output.status.success());
        serve.args(if may_mount { &["--mount"][..] } else { &["--mount", "--map-root-user"] });
        let mount = r#"mount -t tmpfs -o mode=0700,size="$1" none "$2" && shift 2 && exec "$@""#;
        serve.args(["sh", "-c", mount, "sh", &format!("{mib}m")]).arg(&data);
        serve.args([env!("CARGO_BIN_EXE_sluice"), "serve", "--listen", "127.0.0.1:0", "--data"]).arg(&data).args(args);
        let mut service = Self::spawn(serve, &data, |pid| format!("/proc/{pid}/root{}", data.display()).into());
        service.folder = Some(folder);
        service
    }

    /// Started by a shell that lets it have no more than 64 open files unless it asks for more.
    pub(crate) fn start_with_few_files() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let mut serve = Command::new("sh");
        clean(&mut serve);
        serve.args(["-c", r#"ulimit -S -n 64 && exec "$@""#, "sh", env!("CARGO_BIN_EXE_sluice")]);
        serve.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&data);
        let mut service = Self::spawn(serve, &data, |_| data.clone());
        service.folder = Some(folder);
        service
    }

    /// `data` is its folder as it sees it, `seen` as we do.
    fn spawn(mut serve: Command, data: &Path, seen: impl FnOnce(u32) -> PathBuf) -> Self {
        let log = data.with_file_name("serve.log");
        let file = File::options().create(true).append(true).open(&log).unwrap();
        let child = serve.stdout(file.try_clone().unwrap()).stderr(file).spawn().unwrap();
        let data = seen(child.id());
        let mut service = Self { child, address: String::new(), data, log, folder: None };
        let address = service.data.join("address");
        service.address = service.wait_for("an address", || fs::read_to_string(&address).ok().filter(|text| !text.is_empty()));
        service.wait_for("readiness", || (http(&service.address, "GET", "/readyz", &[])?.0 == 200).then_some(()));
        service
    }

    /// Waits, unless the service has ended.
    pub(crate) fn wait_for<T>(&self, what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
        wait_for(what, || {
            let found = condition();
            assert!(found.is_some() || Path::new(&format!("/proc/{}/exe", self.child.id())).exists(), "it ended:\n{}", self.log());
            found
        })
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The same, without a scheme.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Its data folder.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// The id of its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The most memory it ever had resident.
    pub(crate) fn peak_mib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() >> 10
    }

    /// All that it has logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// A client's command line for it.
    pub(crate) fn client(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut client = sluice(args);
        client.env("SLUICE_DATA", &self.data).env("SLUICE_SERVER", self.url());
        client
    }

    /// Runs a client's command, which must end well, and reads its JSON.
    #[track_caller]
    pub(crate) fn json(&self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Value {
        let output = succeed(self.client(args).arg("--json"));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Hands in dumps for a breach and publishes them: `{job, load}` as `ingest --json` prints them.
    #[track_caller]
    pub(crate) fn ingest(&self, dumps: &[&Path], breach: &str, args: &[&str]) -> Value {
        let mut ingest = self.client(["ingest", "--json", "--publish", "--breach", breach]);
        let output = ingest.args(args).args(dumps).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{breach}: {said}{printed}\n{}", self.log());
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Asks over HTTP and gives status and body. Operator routes take the token by themselves.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> (u16, Vec<u8>) {
        let token = fs::read_to_string(self.data.join("operator.token")).unwrap();
        let bearer = format!("Bearer {}", token.trim());
        http(&self.address, "GET", path, &[("Authorization", &bearer)]).unwrap()
    }

    /// As [`Service::get`], without a token.
    #[track_caller]
    pub(crate) fn get_openly(&self, path: &str) -> (u16, Vec<u8>) {
        http(&self.address, "GET", path, &[]).unwrap()
    }

    /// Asks it to drain and waits until it has ended.
    pub(crate) fn stop(mut self) -> ExitStatus {
        succeed(Command::new("kill").args(["-TERM", &self.child.id().to_string()]));
        wait_for("the end of the service", || self.child.try_wait().unwrap())
    }

    /// Kills it as a power cut would, and waits until it is gone.
    pub(crate) fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.end();
        if thread::panicking()
            && let Ok(log) = fs::read_to_string(&self.log)
        {
            let tail: Vec<&str> = log.lines().rev().take(20).collect();
            eprintln!("the service's last lines:");
            tail.iter().rev().for_each(|line| eprintln!("  {line}"));
        }
    }
}

/// Asks over HTTP/1.0, which has no chunks to decode; `None` if nobody answers.
pub(crate) fn http(address: &str, method: &str, path: &str, headers: &[(&str, &str)]) -> Option<(u16, Vec<u8>)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    write!(stream, "{method} {path} HTTP/1.0\r\nHost: {address}\r\nUser-Agent: sluice-tests\r\n{headers}\r\n").ok()?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).ok()?;
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, bytes.split_off(end + 4)))
}
