//! What a plugin uses: memory, instructions, and time against that of finding line ends. Judged by a budget, and told by `sluice plugin bench`.

use std::{fs, hint::black_box};

use cpu_time::ThreadTime;
use sluice_record::{Batch, Event, Tag, limits};
use sluice_sandbox::{Fault, Instance, Plugin, Start, Usage, parse_chunk};

use crate::story::{fault, feed, pieces};

/// Instances begun one after the other, by which one is measured, and how often that is done.
const START_INSTANCES: usize = 100;
const START_ROUNDS: usize = 10;
/// Instances alive at once, by which the memory of one is measured: a pool has 64.
const RESIDENT_INSTANCES: u64 = 32;

/// What came of reading a member once, in one chunk.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// Records found.
    pub records: u64,
    /// Events told.
    pub events: u64,
    /// Arena bytes told.
    pub arena_bytes: u64,
    /// What the instance used.
    pub usage: Usage,
    /// Of this thread's time.
    pub seconds: f64,
}

/// Reads a member as the service does, and counts.
///
/// # Errors
/// The plugin's fault.
pub fn read(plugin: &Plugin, input: &[u8]) -> Result<Reading, Fault> {
    let (mut records, mut events, mut arena_bytes) = (0, 0, 0);
    let begun = ThreadTime::now();
    let mut count = |batch: &mut Batch| {
        records += batch.events.iter().filter(|word| Event(**word).tag() == Tag::RECORD.0).count() as u64;
        events += batch.events.len() as u64;
        arena_bytes += batch.arena.len() as u64;
        Ok(())
    };
    let read = parse_chunk(plugin, Start::default(), feed(limits::PUSH_BYTES), &mut pieces(input), &mut count);
    let seconds = begun.elapsed().as_secs_f64();
    let usage = read.map_err(fault)?;
    Ok(Reading { records, events, arena_bytes, usage, seconds })
}

/// How long this thread takes to find the line ends of a member and do nothing with them: the least that any reader of lines does.
pub fn line_ends_seconds(input: &[u8]) -> f64 {
    let begun = ThreadTime::now();
    black_box(memchr::memchr_iter(b'\n', black_box(input)).fold(0, |sum: usize, at| sum.wrapping_add(at)));
    begun.elapsed().as_secs_f64()
}

/// Some members, one after the other, over and over: so many bytes.
pub fn repeated<'a>(members: impl Iterator<Item = &'a [u8]> + Clone, bytes: usize) -> Vec<u8> {
    let mut all = Vec::with_capacity(bytes);
    let mut members = members.filter(|member| !member.is_empty()).cycle();
    while let Some(member) = members.next().filter(|_| all.len() < bytes) {
        all.extend_from_slice(&member[..member.len().min(bytes - all.len())]);
    }
    all
}

/// This thread's time to begin an instance and to drop it, seconds: the least mean of some rounds.
///
/// # Errors
/// The plugin's fault.
pub fn start_seconds(plugin: &Plugin) -> Result<f64, Fault> {
    let mut least = f64::INFINITY;
    for _ in 0..START_ROUNDS {
        let begun = ThreadTime::now();
        for _ in 0..START_INSTANCES {
            drop(plugin.open(Start::default())?);
        }
        least = least.min(begun.elapsed().as_secs_f64() / START_INSTANCES as f64);
    }
    Ok(least)
}

/// Resident memory of the process that an instance takes, bytes: idle, or after a push of `chunk`. `None` where the system doesn't tell.
///
/// # Errors
/// The plugin's fault.
pub fn resident_bytes(plugin: &Plugin, chunk: &[u8]) -> Result<Option<u64>, Fault> {
    let mut batch = Batch::default();
    let mut open = || -> Result<Instance, Fault> {
        let mut instance = plugin.open(Start::default())?;
        if !chunk.is_empty() {
            instance.push(0, chunk, false, &mut batch)?;
        }
        Ok(instance)
    };
    // The first one brings what all share, and the memory that events are copied into.
    let mut instances = vec![open()?];
    let before = process_resident_bytes();
    for _ in 0..RESIDENT_INSTANCES {
        instances.push(open()?);
    }
    let after = process_resident_bytes();
    Ok(before.zip(after).map(|(before, after)| after.saturating_sub(before) / RESIDENT_INSTANCES))
}

fn process_resident_bytes() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let kib: u64 = text.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse().ok())?;
    Some(kib << 10)
}
