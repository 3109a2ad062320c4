//! What goes wrong around an ingest: processes that are killed, archives and plugins that are hostile, disks that are full, operators
//! who mistype. Each ends as it should have ended, or in words that help; nothing is half-done and the service lives on.

mod archives;
mod disk;
mod kills;
mod opensearch;
mod plugins;
mod refusals;
mod roles;

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Stdio},
};

use serde_json::Value;
use sluice_conformance::{
    containers::Container,
    formats::Format,
    generate::{Recipe, Size},
};

use crate::service::{Service, wait_for};

/// More than any service here may have resident: the index's memory is set to its least.
const PEAK_MIB_MAX: u64 = 512;

/// A configuration with many small tasks.
fn small_chunks(folder: &Path, chunk_kib: u32) -> PathBuf {
    let config = folder.join("sluice.toml");
    fs::write(&config, format!("lanes = 2\nchunk_kib = {chunk_kib}\nindex_memory_mib = 30\n")).unwrap();
    config
}

/// A plain list and a table in a zip: staged by reference and as frames, cut at lines and at marks.
fn dumps(folder: &Path, bytes_each: u64) -> [PathBuf; 2] {
    [(Format::Combo, Container::Plain, "list.txt"), (Format::Csv, Container::Zip, "table.zip")].map(|(format, container, name)| {
        let path = folder.join(name);
        let recipe = Recipe { container, ..Recipe::new(format, Size::Bytes(bytes_each), 7) };
        recipe.write(File::create(&path).unwrap(), "member", None).unwrap();
        path
    })
}

/// Hands in dumps and leaves the client to itself: it may live no longer than the service. Comes back when the job is there.
fn begin(service: &Service, dumps: &[PathBuf], breach: &str, args: &[&str]) -> Child {
    let before = jobs(service).len();
    let mut ingest = service.client(["ingest", "--json", "--publish", "--breach", breach]);
    let client = ingest.args(args).args(dumps).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_for("the job", || (jobs(service).len() > before).then_some(()));
    client
}

fn jobs(service: &Service) -> Vec<Value> {
    let listed = service.json(["jobs", "list"]);
    listed.as_array().unwrap().clone()
}

fn is_open(job: &Value) -> bool {
    !matches!(job["state"].as_str(), Some("done" | "failed" | "cancelled" | "waiting"))
}

fn wait_until_done(service: &Service) {
    wait_for("the end of the jobs", || (!jobs(service).iter().any(is_open)).then_some(()));
    let jobs = jobs(service);
    assert!(jobs.iter().all(|job| job["state"] == "done"), "{jobs:#?}");
}

/// What a load came to: its records' digest, its distinct accounts and passwords, and what became of every byte.
fn outcome(service: &Service, load: &Value) -> [Value; 2] {
    let load = load.to_string();
    let shown = service.json(["loads", "show", &load]);
    assert_eq!(shown["state"], "published", "{shown}");
    [service.json(["loads", "digest", &load]), shown["ledger"].clone()]
}
