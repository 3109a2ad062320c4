//! What a plugin may use. It is declared beside its cases, in `budget.json`; what is not said there is by default.
//!
//! The contract has no word for it, deliberately: the sandbox's own bounds protect the host from any plugin, and a budget is for its author,
//! who is told when a change costs too much.

use std::{
    fs,
    io::{self, ErrorKind},
    path::Path,
};

use serde::Deserialize;
use sluice_record::limits;

/// The file in a folder of cases.
pub(crate) const FILE: &str = "budget.json";
/// Components above bring a language's interpreter along, which is slower and holds more than what it runs.
const INTERPRETER_BYTES: usize = 2 << 20;

/// What a plugin may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Budget {
    /// MiB of memory of an instance that reads cases over and over.
    pub memory_mib: u64,
    /// Millions of instructions that a MiB of its cases may take.
    pub fuel_millions_per_mib: u64,
    /// How many times slower than finding the same bytes' line ends it may be.
    pub slowdown: u64,
}

/// What is said of it, in a folder of cases.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Declared {
    memory_mib: Option<u64>,
    fuel_millions_per_mib: Option<u64>,
    slowdown: Option<u64>,
}

impl Declared {
    /// Reads a folder's; nothing is declared where there is no file.
    ///
    /// # Errors
    /// If it cannot be read or is no budget; the message says which.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let path = folder.join(FILE);
        let of = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            text => serde_json::from_slice(&text.map_err(of)?).map_err(|error| of(error.into())),
        }
    }

    /// With what is right for such a component where nothing is said.
    pub(crate) fn of(self, component: &[u8]) -> Budget {
        let sandbox_mib = (limits::GUEST_MEMORY_BYTES_MAX >> 20) as u64;
        let (memory_mib, fuel, slowdown) =
            if component.len() < INTERPRETER_BYTES { (16, 512, 2_000) } else { (sandbox_mib, 20_000, 50_000) };
        Budget {
            memory_mib: self.memory_mib.unwrap_or(memory_mib),
            fuel_millions_per_mib: self.fuel_millions_per_mib.unwrap_or(fuel),
            slowdown: self.slowdown.unwrap_or(slowdown),
        }
    }
}
