//! What the kernel says of the machine, and of a process: processor time by kind of thread, memory.

use std::{
    collections::BTreeMap,
    fs,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result};

/// How often a process is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// The kernel counts processor time in these.
const TICKS_PER_SECOND: f64 = 100.0;

/// Processor seconds of the whole process, so far.
pub(crate) type Seconds = f64;

/// The most memory a process had resident, pages of files that it has mapped included: the stricter count, and the kernel's own, so
/// that nothing between two looks is missed.
pub(crate) fn peak_bytes(process: u32) -> Result<u64> {
    status_bytes(&fs::read_to_string(format!("/proc/{process}/status"))?, "VmHWM:")
}

/// One of the sizes that the kernel says of a process.
fn status_bytes(status: &str, name: &str) -> Result<u64> {
    let size = status.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("no {name}"))?;
    Ok(size.trim().trim_end_matches(" kB").parse::<u64>()? << 10)
}

/// Processor seconds of a process, all its threads, those that ended as well.
pub(crate) fn cpu_seconds(process: u32) -> Result<Seconds> {
    let (_, seconds) = stat(&format!("/proc/{process}/stat"))?;
    Ok(seconds)
}

/// The name and the processor seconds of a process or a thread.
fn stat(path: &str) -> Result<(String, Seconds)> {
    let line = fs::read_to_string(path)?;
    let (before, after) = line.rsplit_once(')').context("no stat")?;
    let name = before.split_once('(').map_or("", |(_, name)| name).to_owned();
    let mut numbers = after.split_whitespace().skip(11).map(|word| word.parse::<f64>().unwrap_or(0.0));
    Ok((name, (numbers.next().unwrap_or(0.0) + numbers.next().unwrap_or(0.0)) / TICKS_PER_SECOND))
}

/// A process at an instant.
struct Sample {
    unix_ms: f64,
    seconds: Seconds,
    /// Of the threads that merge records.
    merging_seconds: Seconds,
    resident: Resident,
}

/// Memory of a process that is resident.
#[derive(Clone, Copy, Default)]
pub(crate) struct Resident {
    /// All of it.
    pub(crate) bytes: u64,
    /// What belongs to no file: the program's own.
    pub(crate) own_bytes: u64,
}

/// Looks at a process until it is asked what it saw.
pub(crate) struct Sampler {
    samples: Arc<Mutex<Vec<Sample>>>,
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Sampler {
    pub(crate) fn start(process: u32) -> Self {
        let (samples, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let thread = thread::spawn({
            let (samples, stop) = (samples.clone(), stop.clone());
            move || {
                let mut threads = BTreeMap::new();
                while !stop.load(Ordering::Relaxed) {
                    if let Ok(sample) = sample(process, &mut threads) {
                        samples.lock().unwrap_or_else(PoisonError::into_inner).push(sample);
                    }
                    thread::sleep(LOOK);
                }
            }
        });
        Self { samples, stop, thread: Some(thread) }
    }

    /// Processor seconds from one instant to another: of all, and of the threads that merge records.
    pub(crate) fn between(&self, from_ms: f64, to_ms: f64) -> (Seconds, Seconds) {
        let samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        let at = |ms: f64| {
            let next = samples.partition_point(|sample| sample.unix_ms < ms).clamp(1, samples.len().max(2) - 1);
            let (Some(before), Some(after)) = (samples.get(next - 1), samples.get(next)) else { return (0.0, 0.0) };
            let part = ((ms - before.unix_ms) / (after.unix_ms - before.unix_ms)).clamp(0.0, 1.0);
            let between = |before: f64, after: f64| before + part * (after - before);
            (between(before.seconds, after.seconds), between(before.merging_seconds, after.merging_seconds))
        };
        let (from, to) = (at(from_ms), at(to_ms));
        (to.0 - from.0, to.1 - from.1)
    }
}

impl Sampler {
    /// The most memory seen resident from one instant to another.
    pub(crate) fn peak(&self, from_ms: f64, to_ms: f64) -> Resident {
        let samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        let within = samples.iter().filter(|sample| (from_ms..=to_ms).contains(&sample.unix_ms));
        within.fold(Resident::default(), |peak, sample| Resident {
            bytes: peak.bytes.max(sample.resident.bytes),
            own_bytes: peak.own_bytes.max(sample.resident.own_bytes),
        })
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// `threads` keeps what each of the threads that merge records has used, for they come and go.
fn sample(process: u32, threads: &mut BTreeMap<String, Seconds>) -> Result<Sample> {
    for thread in fs::read_dir(format!("/proc/{process}/task"))? {
        let id = thread?.file_name().to_string_lossy().into_owned();
        // A thread may have ended since.
        let Ok((name, seconds)) = stat(&format!("/proc/{process}/task/{id}/stat")) else { continue };
        if name.starts_with("merge_thread") || name.starts_with("segment_updater") {
            threads.insert(id, seconds);
        }
    }
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    Ok(Sample {
        unix_ms: unix_ms(),
        seconds: cpu_seconds(process)?,
        merging_seconds: threads.values().sum(),
        resident: Resident { bytes: status_bytes(&status, "VmRSS:")?, own_bytes: status_bytes(&status, "RssAnon:")? },
    })
}

pub(crate) fn unix_ms() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64() * 1e3)
}
