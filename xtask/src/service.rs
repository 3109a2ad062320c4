//! A running `sluice serve` and the command lines of its client: all of them stand here.

use std::{
    fs::{self, File},
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use crate::shell;

const READY: Duration = Duration::from_secs(120);
const DRAIN: Duration = Duration::from_secs(30);
const EXCHANGE: Duration = Duration::from_secs(30);
/// How often a condition is looked at.
const LOOK: Duration = Duration::from_millis(100);

pub(crate) struct Service {
    binary: PathBuf,
    data: PathBuf,
    log: PathBuf,
    address: String,
    child: Child,
}

impl Service {
    /// Starts the service on a free port of loopback, with more arguments, and waits until it is ready.
    pub(crate) fn start(binary: &Path, data: &Path, log: PathBuf, plugins: &Path, args: &[String]) -> Result<Self> {
        // Free a moment ago is good enough for a demo; a port taken since then is an error that names it.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let output = File::create(&log)?;
        let mut serve = Command::new(binary);
        serve.arg("serve").arg("--data").arg(data).args(["--listen", &address]).arg("--plugin-dir").arg(plugins).args(args);
        serve.stdout(output.try_clone()?).stderr(output);
        let child = serve.spawn().with_context(|| format!("cannot start {}", binary.display()))?;
        let mut service = Self { binary: binary.to_owned(), data: data.to_owned(), log, address, child };
        service.wait_ready()?;
        Ok(service)
    }

    fn wait_ready(&mut self) -> Result<()> {
        let until = Instant::now() + READY;
        while !self.get("/readyz", &[]).is_ok_and(|answer| answer.status == 200) {
            if let Some(status) = self.child.try_wait()? {
                bail!("the service ended at its start: {status}\n{}", fs::read_to_string(&self.log).unwrap_or_default());
            }
            ensure!(Instant::now() < until, "the service was not ready after {} s; its log is {}", READY.as_secs(), self.log.display());
            thread::sleep(LOOK);
        }
        Ok(())
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    /// Hands in a dump and waits until it is published; progress goes to the terminal.
    pub(crate) fn ingest(&self, dump: &Path, breach: &str, title: &str) -> Result<()> {
        let mut ingest = self.client("ingest");
        shell::run(ingest.arg(dump).args(["--breach", breach, "--title", title, "--publish", "--server", &self.url()]))
    }

    /// Makes a key of the public API.
    pub(crate) fn create_key(&self) -> Result<String> {
        let mut create = self.client("keys");
        create.args(["create", "--label", "demo", "--rpm", "6000", "--server", &self.url()]);
        let output = create.output().context("cannot start sluice")?;
        ensure!(output.status.success(), "`sluice keys create` failed: {}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8_lossy(&output.stdout);
        let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
        let key = words.find(|word| word.len() == 32 && word.bytes().all(|byte| byte.is_ascii_hexdigit()));
        Ok(key.context("`sluice keys create` printed no key")?.to_owned())
    }

    /// A local command finds the operator's token in the data folder.
    fn client(&self, command: &str) -> Command {
        let mut client = Command::new(&self.binary);
        client.arg(command).env("SLUICE_DATA", &self.data);
        client
    }

    /// Asks the service over HTTP/1.0, which has no chunks to decode.
    pub(crate) fn get(&self, path: &str, headers: &[(&str, &str)]) -> Result<Answer> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(EXCHANGE))?;
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {}\r\nUser-Agent: sluice-demo\r\n{headers}\r\n", self.address)?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        let text = String::from_utf8(bytes).context("the answer is no text")?;
        let (head, body) = text.split_once("\r\n\r\n").context("the answer is no HTTP")?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).context("the answer has no status")?;
        Ok(Answer { status, body: body.to_owned() })
    }

    /// Until the service ends by itself: Ctrl-C reaches it as it reaches us.
    pub(crate) fn wait(mut self) -> Result<()> {
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Service {
    /// Asks it to drain and end; kills it if it does not.
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        // Failures here leave only the kill below.
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let until = Instant::now() + DRAIN;
        while Instant::now() < until {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            thread::sleep(LOOK);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}
