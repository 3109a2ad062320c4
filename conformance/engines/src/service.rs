//! A running `sluice serve` as benches and the demo use it: the program, asked over HTTP and by its own commands, drained when it is dropped.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::Signal;
use serde_json::Value;

use crate::process::{POLL_MS, freeze, send, wait_for_end};

const READY: Duration = Duration::from_secs(120);
const EXCHANGE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(POLL_MS);
/// The highest there is: the limiter counts, and never says no.
const REQUESTS_PER_MINUTE: &str = "4294967295";

/// A service on loopback.
#[derive(Debug)]
pub struct Service {
    program: PathBuf,
    child: Child,
    core: Option<usize>,
    data: PathBuf,
    address: String,
    args: Vec<String>,
}

/// What it answered.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Everything behind the head.
    pub body: Vec<u8>,
}

impl Service {
    /// Starts the program with its data in a folder, which may have some, and waits until it is ready. Its output goes to a file beside
    /// that.
    ///
    /// # Errors
    /// If it does not start; its output is in the error.
    pub fn start(program: &Path, data: &Path, args: &[impl ToString]) -> Result<Self> {
        Self::start_on(None, program, data, args)
    }

    /// As [`Service::start`], on one core alone.
    ///
    /// # Errors
    /// As [`Service::start`].
    pub fn start_on(core: Option<usize>, program: &Path, data: &Path, args: &[impl ToString]) -> Result<Self> {
        // Free a moment ago.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let args: Vec<String> = args.iter().map(ToString::to_string).collect();
        let child = spawn(core, program, data, &address, &args)?;
        let mut service = Self { program: program.to_owned(), child, core, data: data.to_owned(), address, args };
        service.wait_until_ready()?;
        Ok(service)
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let until = Instant::now() + READY;
        while !self.get("/readyz", &[]).is_ok_and(|answer| answer.status == 200) {
            let log = self.log();
            if let Some(status) = self.child.try_wait()? {
                bail!("the service ended at its start: {status}\n{}", fs::read_to_string(&log).unwrap_or_default());
            }
            ensure!(Instant::now() < until, "the service was not ready after {} s; see {}", READY.as_secs(), log.display());
            thread::sleep(LOOK);
        }
        Ok(())
    }

    /// Kills it as a crash would, and starts it again at the same address.
    ///
    /// # Errors
    /// If it does not start.
    pub fn crash(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        self.child = spawn(self.core, &self.program, &self.data, &self.address, &self.args)?;
        Ok(())
    }

    /// Has it stand still for a while.
    ///
    /// # Errors
    /// If it has ended.
    pub fn freeze(&self, time: Duration) -> Result<()> {
        freeze(self.child.id(), time).context("the service has ended")
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        send(self.child.id(), signal).context("the service has ended")
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its output.
    pub fn log(&self) -> PathBuf {
        self.data.with_extension("log")
    }

    /// A command of the program, on this service.
    pub fn client(&self, command: &str) -> Command {
        let mut client = Command::new(&self.program);
        client.arg(command).env("SLUICE_DATA", &self.data).env("SLUICE_SERVER", self.url());
        client
    }

    /// What a command says in JSON.
    ///
    /// # Errors
    /// If it fails.
    pub fn json(&self, command: &str, args: impl IntoIterator<Item: AsRef<OsStr>>) -> Result<Value> {
        let output = self.client(command).args(args).arg("--json").output().context("cannot start sluice")?;
        ensure!(output.status.success(), "`sluice {command}` failed: {}", String::from_utf8_lossy(&output.stderr));
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// A key of the public API.
    ///
    /// # Errors
    /// If none is made.
    pub fn create_key(&self) -> Result<String> {
        let made = self.json("keys", ["create", "--label", "tried", "--rpm", REQUESTS_PER_MINUTE])?;
        Ok(made["key"].as_str().context("no key was made")?.to_owned())
    }

    /// The operator's token.
    ///
    /// # Errors
    /// If the service has made none.
    pub fn operator_token(&self) -> Result<String> {
        Ok(fs::read_to_string(self.data.join("operator.token"))?.trim().to_owned())
    }

    /// Until it ends by itself: Ctrl-C reaches it as it reaches us.
    ///
    /// # Errors
    /// If it cannot be waited for.
    pub fn wait(mut self) -> Result<()> {
        self.child.wait()?;
        Ok(())
    }

    /// Asks over HTTP/1.0, which has no chunks to decode, by a connection of its own.
    ///
    /// # Errors
    /// If there is no answer.
    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> Result<Answer> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(EXCHANGE))?;
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {}\r\nUser-Agent: sluice-tried\r\n{headers}\r\n", self.address)?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").context("the answer is no HTTP")?;
        let status = std::str::from_utf8(&bytes[..end])?.split(' ').nth(1).and_then(|status| status.parse().ok());
        Ok(Answer { status: status.context("the answer has no status")?, body: bytes.split_off(end + 4) })
    }
}

impl Drop for Service {
    /// Asks it to drain, and kills it if it does not end.
    fn drop(&mut self) {
        let _ = self.signal(Signal::TERM);
        wait_for_end(&mut self.child);
    }
}

fn spawn(core: Option<usize>, program: &Path, data: &Path, address: &str, args: &[String]) -> Result<Child> {
    let mut serve = match core {
        Some(core) => {
            let mut pinned = Command::new("taskset");
            pinned.args(["--cpu-list", &core.to_string()]).arg(program);
            pinned
        }
        None => Command::new(program),
    };
    let output = File::options().create(true).append(true).open(data.with_extension("log"))?;
    serve.args(["serve", "--listen", address, "--data"]).arg(data).args(args);
    serve.stdout(output.try_clone()?).stderr(output).spawn().with_context(|| format!("cannot start {}", program.display()))
}
