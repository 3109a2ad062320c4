//! One run of the whole way: service and client are the programs as they ship.

use std::{
    ffi::OsStr,
    fmt, fs,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sluice_conformance::measure::program;
use sluice_engines::service::Service;

use crate::process::{self, Resident, Sampler};

/// What a run took.
pub(crate) struct Ours {
    pub(crate) records: u64,
    pub(crate) bytes: u64,
    pub(crate) seconds: f64,
    pub(crate) cpu_seconds: f64,
    pub(crate) peak_bytes: u64,
    records_disk_bytes: u64,
    ranges_disk_bytes: u64,
    stages: Vec<Stage>,
}

struct Stage {
    name: &'static str,
    seconds: f64,
    cpu_seconds: f64,
    merging_cpu_seconds: f64,
    peak: Resident,
}

/// Where the service keeps its data.
pub(crate) fn data(folder: &Path) -> PathBuf {
    folder.join("data")
}

/// Deletes the service's data, but what it compiled: a plugin is compiled once and not at each load.
pub(crate) fn forget(folder: &Path) -> Result<()> {
    let entries = match fs::read_dir(data(folder)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_name() == "compiled" {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Ingests the dumps into a new service and publishes them. The service has ended when this returns, its data is left.
pub(crate) fn run(folder: &Path, dumps: &[PathBuf], policy: &str, config: &Path) -> Result<Ours> {
    forget(folder)?;
    let service = Service::start(&program()?, &data(folder), &["--config", &config.to_string_lossy()])?;
    let sampler = Sampler::start(service.id());
    let cpu_before = process::cpu_seconds(service.id())?;
    let (begun, begun_ms) = (Instant::now(), process::unix_ms());
    let args = ["--breach", "Bench", "--publish", "--policy", policy].map(OsStr::new);
    let ended = service.json("ingest", args.into_iter().chain(dumps.iter().map(|dump| dump.as_os_str())))?;
    let (seconds, ended_ms) = (begun.elapsed().as_secs_f64(), process::unix_ms());
    let cpu_seconds = process::cpu_seconds(service.id())? - cpu_before;
    let peak_bytes = process::peak_bytes(service.id())?;
    let tasks = service.json("tasks", [""; 0])?;
    let stages = stages(&sampler, &tasks, begun_ms, ended_ms);
    let ledger = &ended["load"]["ledger"];
    let records = ledger["stored"].as_u64().context("the load has no ledger")?;
    ensure!(ended["load"]["state"] == "published", "the load is not published: {}", ended["load"]["state"]);
    drop(sampler);
    drop(service);
    Ok(Ours {
        records,
        bytes: ledger["bytes"].as_u64().unwrap_or(0),
        seconds,
        cpu_seconds,
        peak_bytes,
        records_disk_bytes: disk_bytes(&data(folder).join("records"))?,
        ranges_disk_bytes: disk_bytes(&data(folder).join("objects/ranges"))?,
        stages,
    })
}

/// From the client's start to its end, cut where the last task of a kind ended. Chunks that are scanned are parsed while others are
/// still being scanned; to parse is also to normalise, to protect and to write.
fn stages(sampler: &Sampler, tasks: &Value, begun_ms: f64, ended_ms: f64) -> Vec<Stage> {
    let mut stages = Vec::new();
    let mut from_ms = begun_ms;
    let mut push = |name, to_ms: f64| {
        let to_ms = to_ms.max(from_ms);
        let (cpu_seconds, merging_cpu_seconds) = sampler.between(from_ms, to_ms);
        let peak = sampler.peak(from_ms, to_ms);
        stages.push(Stage { name, seconds: (to_ms - from_ms) / 1e3, cpu_seconds, merging_cpu_seconds, peak });
        from_ms = to_ms;
    };
    let of_kind = |kind: &'static str, what: &'static str| {
        let tasks = tasks.as_array().into_iter().flatten().filter(move |task| task["kind"] == kind);
        tasks.filter_map(move |task| task[what].as_f64())
    };
    push("uploaded", of_kind("stage", "leased_at").fold(ended_ms, f64::min));
    for (name, kind) in [("staged", "stage"), ("scanned", "scan"), ("parsed", "parse"), ("merged", "merge")] {
        push(name, of_kind(kind, "finished_at").fold(begun_ms, f64::max));
    }
    push("published", ended_ms);
    stages
}

impl fmt::Display for Ours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let records = self.records.max(1) as f64;
        writeln!(
            f,
            "{} records of {} bytes in {:.1} s: {:.0} records/s, {:.1} MB/s; {:.1} CPU seconds; peak memory {} MiB; \
             {:.1} bytes a record on disk as records, {:.1} as ranges",
            self.records,
            self.bytes,
            self.seconds,
            records / self.seconds,
            self.bytes as f64 / self.seconds / 1e6,
            self.cpu_seconds,
            self.peak_bytes >> 20,
            self.records_disk_bytes as f64 / records,
            self.ranges_disk_bytes as f64 / records,
        )?;
        for stage in &self.stages {
            writeln!(
                f,
                "    until {:12} {:6.1} s {:6.1} CPU s, of which merging records {:4.1}; {:4} MiB resident, {:4} MiB of no file",
                stage.name,
                stage.seconds,
                stage.cpu_seconds,
                stage.merging_cpu_seconds,
                stage.peak.bytes >> 20,
                stage.peak.own_bytes >> 20
            )?;
        }
        Ok(())
    }
}

/// Nothing, if there is none: another store has it.
fn disk_bytes(path: &Path) -> Result<u64> {
    let mut bytes = 0;
    if !path.exists() {
        return Ok(bytes);
    }
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        bytes += if entry.file_type()?.is_dir() { disk_bytes(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}
