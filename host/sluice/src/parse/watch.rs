//! `sluice parse --watch`: an author's loop. Save, and see which records are others than before.
//!
//! Records of two runs are held in memory to be compared: this is for samples. A component that does not load leaves the one before at
//! work, and so do sources that do not build.

#![allow(clippy::print_stderr)] // what it says is for who is watching

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use similar::{Algorithm, ChangeTag};
use sluice_sandbox::Sandbox;
use sluice_worker::PluginSet;

use super::{Args, read};
use crate::{
    exit::{Failure, Sysexit},
    folder::{self, Followed, LOOK},
    plugins,
};

/// Bytes of a run's records.
const RECORDS_BYTES_MAX: usize = 64 << 20;
/// Records shown of those that changed.
const CHANGES_SHOWN_MAX: usize = 200;
/// After so long the comparison is finished roughly.
const COMPARE: Duration = Duration::from_millis(300);

pub(super) fn run(args: &Args) -> Result<()> {
    let folder = plugins::folder_for_parse(args.plugin_dir.as_deref())?;
    let mut watch = Watch {
        args,
        sandbox: plugins::sandbox()?,
        is_source: sluice_guest::Language::of(&folder).is_some(),
        folder,
        components: Followed::default(),
        sources: Followed::default(),
        files: Followed::default(),
        plugins: PluginSet::default(),
        before: None,
    };
    watch.begin()?;
    loop {
        thread::sleep(LOOK);
        if !watch.look()? {
            return Ok(());
        }
    }
}

struct Watch<'a> {
    args: &'a Args,
    sandbox: Sandbox,
    folder: PathBuf,
    /// Is it the folder of a plugin's sources?
    is_source: bool,
    components: Followed,
    sources: Followed,
    files: Followed,
    plugins: PluginSet,
    /// The records of the last run.
    before: Option<Vec<u8>>,
}

impl Watch<'_> {
    /// Builds if there are sources, loads what is there, and reads for the first time.
    fn begin(&mut self) -> Result<()> {
        self.files.know(self.args.files.iter().cloned());
        if self.is_source {
            self.sources.know(folder::sources(&self.folder));
            build(&self.folder)?;
        }
        let components = folder::components(&self.folder).with_context(|| self.folder.display().to_string())?;
        self.components.know(components.iter().cloned());
        self.load(&components);
        self.parse().map(drop)
    }

    /// Looks once at everything; `false` if nobody reads what is said.
    fn look(&mut self) -> Result<bool> {
        if self.is_source && !self.sources.changed(folder::sources(&self.folder)).is_empty() {
            build(&self.folder)?;
        }
        // A folder that is gone for a moment, as when it is put in place of another, comes back.
        let changed = self.components.changed(folder::components(&self.folder).unwrap_or_default());
        let is_loaded = self.load(&changed);
        let is_other = !self.files.changed(self.args.files.iter().cloned()).is_empty();
        if is_loaded || is_other { self.parse() } else { Ok(true) }
    }

    /// Puts components to work; `true` if there is a new one.
    fn load(&mut self, components: &[PathBuf]) -> bool {
        let mut is_news = false;
        for path in components {
            let begun = Instant::now();
            let loaded = std::fs::read(path).context("cannot be read").and_then(|component| Ok(self.sandbox.load(&component)?));
            match loaded {
                Ok(plugin) if self.plugins.active().any(|active| active.digest() == plugin.digest()) => {}
                Ok(plugin) => {
                    let said = plugin.descriptor();
                    let millis = begun.elapsed().as_millis();
                    eprintln!("{} {} loaded in {millis} ms: {}", said.name, said.version, plugin.digest());
                    self.plugins.activate(plugin);
                    is_news = true;
                }
                Err(error) => eprintln!("{} does not load, what was loaded before goes on: {}", path.display(), plugins::chain(&*error)),
            }
        }
        is_news
    }

    /// Reads the files and shows what is new; `false` if nobody reads it. What goes wrong is said, and may be right the next time.
    fn parse(&mut self) -> Result<bool> {
        let records = Records::default();
        let report = match read(self.args, &self.plugins, Box::new(records.clone())) {
            Ok(Some(report)) => report,
            Ok(None) => return Ok(false),
            Err(error) => {
                eprintln!("{error:#}");
                return Ok(true);
            }
        };
        report.print(self.args.json)?;
        let now = records.into_bytes();
        let shown = show(self.before.as_deref(), &now);
        self.before = Some(now);
        match shown {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
            shown => Ok(shown.map(|()| true)?),
        }
    }
}

/// All records the first time, later those that are gone (`-`) and those that are new (`+`).
fn show(before: Option<&[u8]>, now: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let Some(before) = before else {
        out.write_all(now)?;
        return out.flush();
    };
    let (before, now): (Vec<&[u8]>, Vec<&[u8]>) = (lines(before).collect(), lines(now).collect());
    let operations = similar::capture_diff_slices_deadline(Algorithm::Myers, &before, &now, Some(Instant::now() + COMPARE));
    let (mut gone, mut new) = (0_usize, 0_usize);
    for change in operations.iter().flat_map(|operation| operation.iter_changes(&before, &now)) {
        let sign: &[u8] = match change.tag() {
            ChangeTag::Equal => continue,
            ChangeTag::Delete => b"- ",
            ChangeTag::Insert => b"+ ",
        };
        gone += usize::from(change.tag() == ChangeTag::Delete);
        new += usize::from(change.tag() == ChangeTag::Insert);
        if gone + new <= CHANGES_SHOWN_MAX {
            out.write_all(sign)?;
            out.write_all(change.value())?;
        }
    }
    out.flush()?;
    let as_before = before.len() - gone;
    let more = (gone + new).saturating_sub(CHANGES_SHOWN_MAX);
    let unseen = if more > 0 { format!(" ({more} of them not shown)") } else { String::new() };
    eprintln!("{gone} records gone, {new} new, {as_before} as before{unseen}");
    Ok(())
}

/// Lines with their ends: a record each.
fn lines(records: &[u8]) -> impl Iterator<Item = &[u8]> {
    records.split_inclusive(|byte| *byte == b'\n')
}

/// By the command that authors use. It says itself what is wrong, and then leaves the component that was there.
fn build(folder: &Path) -> Result<()> {
    let binary = std::env::current_exe().context("cannot find the running binary")?;
    let mut build = Command::new(binary);
    // What it prints of a component is no record.
    let built = build.args(["plugin", "build"]).arg(folder).stdout(Stdio::null()).status().context("cannot build")?;
    if !built.success() {
        eprintln!("not built; what was built before goes on");
    }
    Ok(())
}

/// A run's records, in memory.
#[derive(Clone, Default)]
struct Records(Arc<Mutex<Vec<u8>>>);

impl Records {
    fn into_bytes(self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Records {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if records.len() + bytes.len() > RECORDS_BYTES_MAX {
            let mib = RECORDS_BYTES_MAX >> 20;
            let hint = "a sample is enough to see what changes";
            return Err(io::Error::other(Failure::new(Sysexit::DataErr, format!("--watch compares at most {mib} MiB of records"), hint)));
        }
        records.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
