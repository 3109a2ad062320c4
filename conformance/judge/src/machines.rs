//! The same component as it comes to run elsewhere: by the service's engine, by another compiler, from compile caches of every sort.

use std::{fs, io, path::Path, sync::Arc};

use sluice_record::limits;
use sluice_sandbox::{LoadError, Plugin, Sandbox, SandboxConfig, SandboxError};

use tracing::subscriber::{NoSubscriber, with_default};

use crate::Budget;

/// A call is stopped that takes what its budget has for so many MiB: a push has no more.
const CALL_MIB_MAX: u64 = (limits::RECORD_BYTES_MAX >> 20) as u64;
/// A call may take these, however small the budget.
const CALL_FUEL_MIN: u64 = 1_000_000_000;
/// More than the service allows: a verdict is by instructions, and not by how busy a machine is.
const CALL_DEADLINE_MS: u64 = 30 * limits::CALL_DEADLINE_MS;
/// Files of a cache that are shorter have no code in them.
const CODE_BYTES_MIN: usize = 1 << 10;

/// A component, loaded many times.
pub(crate) struct Machines {
    /// By an engine that counts instructions, so that a verdict is the same everywhere.
    pub(crate) judged: Arc<Plugin>,
    /// As the service has it.
    pub(crate) service: Arc<Plugin>,
    /// How else it comes to run, in words.
    pub(crate) others: Vec<(&'static str, Arc<Plugin>)>,
}

/// Why it is not there.
pub(crate) enum Unloaded {
    Component(LoadError),
    Sandbox(SandboxError),
    Folder(io::Error),
}

impl From<LoadError> for Unloaded {
    fn from(error: LoadError) -> Self {
        Self::Component(error)
    }
}

impl From<SandboxError> for Unloaded {
    fn from(error: SandboxError) -> Self {
        Self::Sandbox(error)
    }
}

impl From<io::Error> for Unloaded {
    fn from(error: io::Error) -> Self {
        Self::Folder(error)
    }
}

impl Machines {
    pub(crate) fn load(component: &[u8], budget: Budget) -> Result<Self, Unloaded> {
        let fuel = CALL_FUEL_MIN.max(budget.fuel_millions_per_mib.saturating_mul(1_000_000 * CALL_MIB_MAX));
        let counting = SandboxConfig { call_fuel_max: Some(fuel), call_deadline_ms: CALL_DEADLINE_MS, ..SandboxConfig::default() };
        let judged = Sandbox::new(&counting)?.load(component)?;
        let service = Sandbox::new(&SandboxConfig::default())?.load(component)?;
        let (here, elsewhere) = (tempfile::tempdir()?, tempfile::tempdir()?);
        let quick = |cache: &Path| {
            Sandbox::new(&SandboxConfig { cache_dir: Some(cache.to_owned()), quick_start: true, ..SandboxConfig::default() })
        };
        let compiled = quick(here.path())?.load(component)?;
        let cached = quick(here.path())?.load(component)?;
        // Has a key of its own now, which the other's entries were not sealed by.
        let foreign = quick(elsewhere.path())?;
        copy_new(here.path(), elsewhere.path())?;
        damage(here.path())?;
        let damaged = quick(here.path())?;
        // They warn of what they do not believe, which is what is asked of them.
        let (foreign, damaged) =
            with_default(NoSubscriber::new(), || Ok::<_, LoadError>((foreign.load(component)?, damaged.load(component)?)))?;
        let others = vec![
            ("freshly loaded, as the service does", service.clone()),
            ("compiled by another compiler", compiled),
            ("from the compile cache", cached),
            ("with another machine's compile cache", foreign),
            ("with a damaged compile cache", damaged),
        ];
        Ok(Self { judged, service, others })
    }

    /// Times it was loaded.
    pub(crate) fn loads(&self) -> u64 {
        1 + self.others.len() as u64
    }
}

/// What the other folder has and this one lacks: all but its key.
fn copy_new(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let copy = to.join(entry.file_name());
        if !copy.exists() {
            fs::copy(entry.path(), copy)?;
        }
    }
    Ok(())
}

/// Flips a bit in the middle of each file with code in it.
fn damage(cache: &Path) -> io::Result<()> {
    for entry in fs::read_dir(cache)? {
        let path = entry?.path();
        let mut bytes = fs::read(&path)?;
        let middle = bytes.len() / 2;
        if bytes.len() >= CODE_BYTES_MIN {
            bytes[middle] ^= 1;
            fs::write(&path, bytes)?;
        }
    }
    Ok(())
}
