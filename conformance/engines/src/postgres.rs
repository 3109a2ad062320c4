//! PostgreSQL: a server of the test's own, a database for each test, a replica that streams, stops and restarts.
//!
//! `DATABASE_URL` names a server that is there already; what needs one to be stopped starts its own all the same.

use std::{
    env, fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;
use tempfile::TempDir;

use crate::process::{Process, free_port, server_command, server_folder, server_owns};

/// A server that already runs: the URL of a database of it, by a user who may make others.
pub const URL_VARIABLE: &str = "DATABASE_URL";
/// Where PostgreSQL's programs are; without it, where Debian has the newest.
pub const PROGRAMS_VARIABLE: &str = "SLUICE_POSTGRES_PROGRAMS";

const START_MS_MAX: u64 = 60_000;
const USER: &str = "postgres";
/// Of the server's only user; nobody but this machine reaches it.
pub const PASSWORD: &str = "of the tests alone";
const PASSWORD_IN_URL: &str = "of%20the%20tests%20alone";

/// A server, stopped when the last one that holds it lets it go.
#[derive(Debug)]
pub struct Running {
    folder: TempDir,
    programs: PathBuf,
    port: u16,
    settings: Vec<String>,
    process: Mutex<Option<Process>>,
}

/// The one that the tests of a process share.
static SHARED: Mutex<Weak<Running>> = Mutex::new(Weak::new());

/// A server for all tests of this process.
///
/// # Errors
/// If PostgreSQL is not on the machine, or does not start.
pub fn shared() -> Result<Arc<Running>> {
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(running) = shared.upgrade() {
        return Ok(running);
    }
    let running = Arc::new(Running::start(&["fsync=off"])?); // the machine is not going to lose power in a test
    *shared = Arc::downgrade(&running);
    Ok(running)
}

impl Running {
    /// A server of its own, with these settings (`name=value`).
    ///
    /// # Errors
    /// If PostgreSQL is not on the machine, or does not start.
    pub fn start(settings: &[&str]) -> Result<Self> {
        let running = Self::prepare(settings)?;
        let secret = running.folder.path().join("password");
        fs::write(&secret, PASSWORD)?;
        let mut initdb = server_command(&running.programs.join("initdb"));
        initdb.args(["--username", USER, "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync", "--pwfile"]);
        run(initdb.arg(&secret).arg("--pgdata").arg(running.data()))?;
        running.start_again()?;
        Ok(running)
    }

    /// A standby that follows this server.
    ///
    /// # Errors
    /// As [`Running::start`].
    pub fn replica(&self) -> Result<Self> {
        let replica = Self::prepare(&["fsync=off"])?;
        let mut copy = server_command(&self.programs.join("pg_basebackup"));
        copy.env("PGPASSWORD", PASSWORD).args(["--checkpoint", "fast", "--no-sync", "--write-recovery-conf", "--pgdata"]);
        run(copy.arg(replica.data()).args(["--dbname", &self.url("postgres")]))?;
        replica.start_again()?;
        Ok(replica)
    }

    fn prepare(settings: &[&str]) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("sluice-postgres-").tempdir()?;
        server_folder(folder.path())?;
        let settings = settings.iter().map(ToString::to_string).collect();
        Ok(Self { folder, programs: programs()?, port: free_port()?, settings, process: Mutex::new(None) })
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Where a database of this server is.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}:{PASSWORD_IN_URL}@127.0.0.1:{}/{database}", self.port)
    }

    /// As [`Running::url`], without the password.
    pub fn url_without_password(&self, database: &str) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/{database}", self.port)
    }

    /// Starts it where it was stopped, and waits until it answers.
    ///
    /// # Errors
    /// If it does not.
    pub fn start_again(&self) -> Result<()> {
        let mut command = Command::new(self.programs.join("postgres"));
        command.arg("-D").arg(self.data()).args(["-p", &self.port.to_string()]).current_dir(self.folder.path());
        let ours = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200", "shared_buffers=64MB"];
        for setting in ours.into_iter().chain(self.settings.iter().map(String::as_str)) {
            command.args(["-c", setting]);
        }
        let mut process = Process::start("PostgreSQL", command, &self.folder.path().join("log"))?;
        let (status, id) = (self.data().join("postmaster.pid"), process.id().to_string());
        // The file's first line is whose it is, its eighth how that is: one that was killed leaves its own behind.
        let is_ready = || {
            let said = fs::read_to_string(&status).unwrap_or_default();
            let mut lines = said.lines();
            lines.next() == Some(id.as_str()) && lines.nth(6).is_some_and(|line| line.trim() == "ready")
        };
        process.wait_until(is_ready, START_MS_MAX)?;
        *self.process.lock().unwrap_or_else(PoisonError::into_inner) = Some(process);
        Ok(())
    }

    /// Stops it at once, as a crash would: everybody is dropped, and it plays its log when it is started again.
    ///
    /// # Errors
    /// If it cannot be stopped.
    pub fn stop(&self) -> Result<()> {
        let process = self.process.lock().unwrap_or_else(PoisonError::into_inner).take();
        process.map_or(Ok(()), |process| process.stop(Signal::QUIT))
    }

    /// As [`Process::slow_disk`].
    ///
    /// # Errors
    /// If that cannot be, or it does not run.
    pub fn slow_disk(&self, each: Duration, time: Duration) -> Result<()> {
        let process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        process.as_ref().context("PostgreSQL does not run")?.slow_disk(each, time)
    }

    /// Has it answer by TLS from now on.
    ///
    /// # Errors
    /// If it does not take these files.
    pub fn use_tls(&self, certificate: &Path, key: &Path) -> Result<()> {
        for (from, name) in [(certificate, "server.crt"), (key, "server.key")] {
            let to = self.data().join(name);
            fs::copy(from, &to)?;
            fs::set_permissions(&to, fs::Permissions::from_mode(0o600))?;
            server_owns(&to)?;
        }
        self.sql("postgres", "ALTER SYSTEM SET ssl = on")?;
        self.sql("postgres", "SELECT pg_reload_conf()").map(drop)
    }

    /// Runs a statement, and gives what it says, as text.
    ///
    /// # Errors
    /// The statement's.
    pub fn sql(&self, database: &str, statement: &str) -> Result<String> {
        psql(&self.programs, &self.url(database), statement)
    }

    /// Makes an empty database and gives its URL.
    ///
    /// # Errors
    /// If that cannot be.
    pub fn database(&self, name: &str) -> Result<String> {
        self.sql("postgres", &format!("CREATE DATABASE \"{name}\""))?;
        Ok(self.url(name))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop());
    }
}

/// A database of a test's own, gone when it is dropped.
#[derive(Debug)]
pub struct Database {
    url: String,
    server: Where,
    name: String,
}

#[derive(Debug)]
enum Where {
    Ours(Arc<Running>),
    /// As `DATABASE_URL` says.
    Theirs {
        url: String,
        programs: PathBuf,
    },
}

impl Database {
    /// On the server of this process, or on that of `DATABASE_URL`.
    ///
    /// # Errors
    /// If there is no server, or it makes no database.
    pub fn new() -> Result<Self> {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let name = format!("sluice_test_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let Ok(url) = env::var(URL_VARIABLE) else {
            let server = shared()?;
            return Ok(Self { url: server.database(&name)?, server: Where::Ours(server), name });
        };
        let programs = programs()?;
        psql(&programs, &url, &format!("CREATE DATABASE \"{name}\""))?;
        let (base, options) = url.split_once('?').map_or((url.as_str(), ""), |(base, _)| (base, &url[base.len()..]));
        let (server, _) = base.rsplit_once('/').context("DATABASE_URL names a database: postgres://user@host/name")?;
        Ok(Self { url: format!("{server}/{name}{options}"), server: Where::Theirs { url, programs }, name })
    }

    /// Its URL, with the password.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE \"{}\" WITH (FORCE)", self.name);
        drop(match &self.server {
            Where::Ours(server) => server.sql("postgres", &statement),
            Where::Theirs { url, programs } => psql(programs, url, &statement),
        });
    }
}

/// The newest PostgreSQL's programs: Debian does not put a server's on the path.
fn programs() -> Result<PathBuf> {
    if let Some(folder) = env::var_os(PROGRAMS_VARIABLE) {
        return Ok(folder.into());
    }
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path());
    let version = |path: &PathBuf| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    let newest = versions.filter(|path| path.join("bin/postgres").exists()).max_by_key(version);
    Ok(newest
        .context("no PostgreSQL to test with: run `cargo xtask test`, which installs it, or set DATABASE_URL or SLUICE_POSTGRES_PROGRAMS")?
        .join("bin"))
}

fn psql(programs: &Path, url: &str, statement: &str) -> Result<String> {
    let mut psql = Command::new(programs.join("psql"));
    run(psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--command", statement, "--dbname", url]))
}

/// Its standard output, trimmed; what it complains of is in the error.
fn run(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("cannot start {program}"))?;
    ensure!(output.status.success(), "{program} failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
