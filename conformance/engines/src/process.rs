//! A server's process, whatever server it is.

use std::{
    fs::{self, File},
    net::TcpListener,
    os::unix::{
        fs::chown,
        process::{CommandExt, ExitStatusExt},
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, geteuid, kill_process};

/// Servers refuse to run as root; where tests do, their servers are `nobody`.
const NOBODY: u32 = 65_534;
/// How long a server may take to stop before it is killed.
const STOP_MS_MAX: u64 = 30_000;
pub(crate) const POLL_MS: u64 = 50;
/// The end of a log that an error shows.
const LOG_BYTES_SHOWN: usize = 4_096;

/// Waits until whoever holds the other end of its input is gone, then stops the server and deletes its folder: a process that is killed
/// drops nothing, nor does one that ends drop its statics.
const GUARD: &str = r#"read -r _
kill -TERM "$1" && kill -CONT "$1"
for i in $(seq 300); do kill -0 "$1" 2>/dev/null || break; sleep 0.1; done
rm -rf "$2""#;

/// A running server. Dropping it stops it; if that does not happen, it stops when this process ends.
#[derive(Debug)]
pub struct Process {
    name: &'static str,
    child: Child,
    log: PathBuf,
    guard: Child,
}

impl Process {
    /// Starts a server, not as root, with its output in a file of a folder of its own.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(name: &'static str, mut command: Command, log: &Path) -> Result<Self> {
        as_nobody(&mut command);
        Self::start_as_we_are(name, command, log)
    }

    /// As [`Process::start`], of a server that does not mind root, and may be where only root looks.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start_as_we_are(name: &'static str, mut command: Command, log: &Path) -> Result<Self> {
        let output = File::options().create(true).append(true).open(log).with_context(|| format!("cannot write {}", log.display()))?;
        command.stdin(Stdio::null()).stderr(output.try_clone()?).stdout(output);
        let child = command.spawn().with_context(|| format!("cannot start {name}"))?;
        let mut guard = Command::new("sh");
        guard.args(["-c", GUARD, "sh", &child.id().to_string()]).arg(log.parent().context("a log in no folder")?);
        let guard = guard.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().context("cannot start sh")?;
        Ok(Self { name, child, log: log.to_owned(), guard })
    }

    /// Waits until the server is ready; its log's end is in the error if it ends before, or takes longer than that.
    ///
    /// # Errors
    /// If it is not ready in time.
    pub fn wait_until(&mut self, ready: impl Fn() -> bool, ms_max: u64) -> Result<()> {
        let begun = Instant::now();
        while !ready() {
            let ended = self.child.try_wait()?;
            if ended.is_some() || begun.elapsed() > Duration::from_millis(ms_max) {
                let log = fs::read(&self.log).unwrap_or_default();
                let shown = String::from_utf8_lossy(&log[log.len().saturating_sub(LOG_BYTES_SHOWN)..]).into_owned();
                match ended {
                    Some(status) => bail!("{} ended with {status}; the end of {}:\n{shown}", self.name, self.log.display()),
                    None => bail!("{} was not ready after {ms_max} ms; the end of {}:\n{shown}", self.name, self.log.display()),
                }
            }
            thread::sleep(Duration::from_millis(POLL_MS));
        }
        Ok(())
    }

    /// Its process id, which is known until it has been waited for.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Has it freeze as it is (SIGSTOP) …
    ///
    /// # Errors
    /// If it has ended.
    pub fn pause(&self) -> Result<()> {
        self.signal(Signal::STOP)
    }

    /// … and go on.
    ///
    /// # Errors
    /// If it has ended.
    pub fn resume(&self) -> Result<()> {
        self.signal(Signal::CONT)
    }

    /// Freezes it for a time.
    ///
    /// # Errors
    /// If it has ended.
    pub fn freeze(&self, time: Duration) -> Result<()> {
        freeze(self.child.id(), time)
    }

    /// Has each sync to the disk, its own and its children's, take so much longer, for a while. `strace` does that and has to be there.
    ///
    /// # Errors
    /// If it is not, or may not.
    pub fn slow_disk(&self, each: Duration, time: Duration) -> Result<()> {
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qqq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync"]);
        strace.args(["-e", &format!("inject=fsync,fdatasync:delay_exit={}", each.as_micros())]);
        for id in family(self.child.id()) {
            strace.args(["-p", &id.to_string()]);
        }
        let mut strace = strace.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().context("cannot start strace")?;
        let begun = Instant::now();
        while begun.elapsed() < time {
            if let Some(status) = strace.try_wait()? {
                bail!("strace ended by itself with {status}: may it look at {}?", self.name);
            }
            thread::sleep(Duration::from_millis(POLL_MS));
        }
        // Told to end, it lets go; killed, it would leave a call held up.
        send(strace.id(), Signal::TERM)?;
        strace.wait()?;
        Ok(())
    }

    /// Ends it as a crash would (SIGKILL).
    ///
    /// # Errors
    /// If that fails.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        let status = self.child.wait()?;
        ensure!(status.signal().is_some(), "{} had ended by itself with {status}", self.name);
        Ok(())
    }

    /// Ends it by a signal of the server's own, and waits.
    ///
    /// # Errors
    /// If it had ended.
    pub fn stop(mut self, signal: Signal) -> Result<()> {
        self.signal(signal)?;
        wait_for_end(&mut self.child);
        Ok(())
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        send(self.child.id(), signal).with_context(|| format!("{} cannot be sent a signal", self.name))
    }
}

/// Waits for the end of a child that was told to end; kills it if that takes too long.
pub(crate) fn wait_for_end(child: &mut Child) {
    let begun = Instant::now();
    while matches!(child.try_wait(), Ok(None)) {
        if begun.elapsed() > Duration::from_millis(STOP_MS_MAX) {
            let _ = child.kill();
            let _ = child.wait();
        }
        thread::sleep(Duration::from_millis(POLL_MS));
    }
}

pub(crate) fn send(process: u32, signal: Signal) -> Result<()> {
    Ok(kill_process(Pid::from_raw(process.cast_signed()).context("a process without an id")?, signal)?)
}

/// Has a process stand still for a while. How long is the fault itself: there is nothing to wait for.
pub(crate) fn freeze(process: u32, time: Duration) -> Result<()> {
    send(process, Signal::STOP)?;
    thread::sleep(time);
    send(process, Signal::CONT)
}

/// A process and all that come from it and are there now.
fn family(process: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let children = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    let children: Vec<u32> = children.flat_map(|ids| ids.split(' ').filter_map(|id| id.parse().ok()).collect::<Vec<_>>()).collect();
    std::iter::once(process).chain(children.into_iter().flat_map(family)).collect()
}

impl Drop for Process {
    fn drop(&mut self) {
        // From here on the server is ours to stop.
        let _ = self.guard.kill();
        let _ = self.guard.wait();
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        // One that is paused ends when it goes on.
        let _ = self.signal(Signal::TERM).and_then(|()| self.resume());
        wait_for_end(&mut self.child);
    }
}

/// A port that nobody listened on a moment ago.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// Makes a folder that the server owns.
pub(crate) fn server_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path)?;
    server_owns(path)
}

/// Gives a file or folder to the server.
pub(crate) fn server_owns(path: &Path) -> Result<()> {
    if geteuid().is_root() {
        chown(path, Some(NOBODY), Some(NOBODY))?;
    }
    Ok(())
}

/// A command of the server's programs, run as the server is.
pub(crate) fn server_command(program: &Path) -> Command {
    let mut command = Command::new(program);
    as_nobody(command.current_dir("/"));
    command
}

fn as_nobody(command: &mut Command) {
    if geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
}
