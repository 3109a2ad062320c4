//! What the benches share: the machine's facts, repeated measurements, and the line that says whether a target is met.
//!
//! Deliberately not here: what is measured, and any assertion. A bench tells; it never fails because a machine was busy.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    process::Child,
    thread,
    time::Duration,
};

use anyhow::{Context, Result, ensure};

/// How often a child's memory is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// Processor, cores, memory and kernel, in one line.
pub fn machine() -> String {
    let of = |file: &str, key: &str| -> Option<String> {
        let text = fs::read_to_string(file).ok()?;
        let line = text.lines().find(|line| line.starts_with(key))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let processor = of("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let memory = of("/proc/meminfo", "MemTotal").unwrap_or_else(|| "memory unknown".to_owned());
    let load = fs::read_to_string("/proc/loadavg").ok().and_then(|text| text.split(' ').next().map(str::to_owned)).unwrap_or_default();
    format!("machine: {processor}, {cores} cores, {memory}, {}; load {load}", std::env::consts::OS)
}

/// The release build of the program itself, beside the folder of the bench that asks.
///
/// # Errors
/// If it has not been built.
pub fn program() -> Result<PathBuf> {
    let bench = std::env::current_exe()?;
    let program = bench.parent().and_then(Path::parent).context("a bench lies in a folder of the target folder")?.join("sluice");
    ensure!(program.is_file(), "{} is not there: `cargo xtask bench` builds it first", program.display());
    Ok(program)
}

/// Measurements of one thing, in any unit.
#[derive(Clone, Default, Debug)]
pub struct Rounds(Vec<f64>);

impl Rounds {
    /// None yet.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a round's.
    pub fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The smallest.
    pub fn least(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// The greatest.
    pub fn most(&self) -> f64 {
        self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }

    /// The one in the middle; of an even number the mean of two.
    pub fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let (below, above) = (sorted.len().saturating_sub(1) / 2, sorted.len() / 2);
        match (sorted.get(below), sorted.get(above)) {
            (Some(below), Some(above)) => f64::midpoint(*below, *above),
            _ => f64::NAN,
        }
    }
}

/// What a measurement has to be.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// That much, or more.
    AtLeast(f64),
    /// That much, or less.
    AtMost(f64),
}

impl Target {
    /// The line that says whether it is met.
    pub fn line(self, what: &str, measured: f64, unit: &str) -> String {
        let is_met = match self {
            Self::AtLeast(bound) => measured >= bound,
            Self::AtMost(bound) => measured <= bound,
        };
        let digits = if measured.abs() < 20.0 { 2 } else { 0 };
        format!("target {what}: {self}{unit}; it is {measured:.digits$}{unit}: {}", if is_met { "met" } else { "NOT met" })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(bound) => write!(f, "at least {bound}"),
            Self::AtMost(bound) => write!(f, "at most {bound}"),
        }
    }
}

/// Waits for a child's end, which must be a good one, and gives the most memory it held at once, in bytes: the kernel's own mark, looked at
/// every 10 ms.
///
/// # Errors
/// If the child ends badly.
pub fn peak_memory_bytes(child: &mut Child) -> Result<u64> {
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut peak_kib = 0;
    loop {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let mark = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        peak_kib = mark.unwrap_or_default().max(peak_kib);
        if let Some(ended) = child.try_wait()? {
            ensure!(ended.success(), "it ended with {ended}");
            return Ok(peak_kib << 10);
        }
        thread::sleep(LOOK);
    }
}
