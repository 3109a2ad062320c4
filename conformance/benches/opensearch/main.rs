//! `cargo xtask bench opensearch`: the whole way into OpenSearch, against raw `_bulk` of the same documents, pre-built, by a client that
//! does nothing else, on the same server in the same run.
//!
//! Ours: a real `sluice serve` whose records are OpenSearch's, and a real `sluice ingest --publish` of two dumps, a combo list and a CSV.
//! The clock runs from the client's start to its end: upload, digest, stage, scan, parse, normalise, protect, write, runs, verify, merge,
//! publish. The service commits, and so flushes and counts, as it always does.
//!
//! The reference: the sources that this very ingest left in its index are read back, and bulk requests are made of them, whole with their
//! HTTP heads, before the clock runs. Then they are written to sockets and the answers are looked at for `"errors":false`, and at the end
//! the index is flushed and refreshed, within the clock. Its index has the service's mappings and settings. How many connections and how
//! many bytes a request serve it best is tried first, and the best is taken. Ours runs before each try, so that the server's compiler has
//! seen as much of the one as of the other when the rounds begin: it goes on with what either alone needs for half a dozen runs.
//!
//! `--settings` tries ways to write instead: ids of one's own, the translog's durability, bytes a request, connections, gzip, codecs.
#![allow(clippy::print_stdout)]

#[path = "../ingest/dumps.rs"]
mod dumps;
#[path = "../ingest/ours.rs"]
mod ours;
#[path = "../ingest/process.rs"]
mod process;
mod raw;

use std::{fs, path::PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use serde_json::{Value, json};
use sluice_conformance::measure::{Rounds, machine};
use sluice_engines::opensearch::OpenSearch;

use crate::raw::{Connection, Documents, Way};

/// What is asked for.
const SPEED_RATIO_MIN: f64 = 0.9;
/// Where the service's records go.
const PREFIX: &str = "bench";
/// The reference's index.
const INDEX: &str = "raw";

/// The whole way into OpenSearch against raw `_bulk`.
#[derive(Parser)]
struct Arguments {
    /// Bytes of dumps, half combo list and half CSV: 50M, 1G.
    #[arg(long, default_value = "60M", value_parser = dumps::bytes)]
    bytes: u64,
    /// Ours, then the reference, so many times.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// The field policy.
    #[arg(long, default_value = "notify")]
    policy: String,
    /// Tries settings of the index and ways to write.
    #[arg(long)]
    settings: bool,
    /// Cargo says so.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let programs = std::env::current_exe()?.ancestors().nth(2).context("this program has no folder")?.to_owned();
    let folder = programs.join("bench-opensearch");
    fs::create_dir_all(&folder)?;
    println!("{}", machine());
    let dumps = dumps::both(&folder, arguments.bytes)?;
    let mut server = OpenSearch::start()?;
    let server_id = server.process()?.id();
    let mut connection = Connection::open(server.url())?;
    println!("OpenSearch {}", connection.json("GET", "/", None)?["version"]["number"]);
    let config = config(&folder, server.url())?;
    let run = |connection: &mut Connection| {
        connection.forget(&format!("{PREFIX}-*"))?;
        ours::run(&folder, &dumps, &arguments.policy, &config)
    };

    // Warms the server's code, and gives the documents.
    let first = run(&mut connection)?;
    println!("before the rounds, sluice: {first}");
    let index = connection.json("GET", &format!("/{PREFIX}-records"), None)?;
    let index = index.as_object().and_then(|indices| indices.values().next()).context("the service made no index")?;
    let template = template(index);
    let documents = Documents::read(&mut connection, &format!("{PREFIX}-records"))?;
    ensure!(documents.len() as u64 == first.records, "{} documents of {} records", documents.len(), first.records);
    if arguments.settings {
        return settings(&mut connection, &template, &documents, arguments.rounds);
    }
    let way = best_way(&mut connection, &template, &documents, |connection| {
        println!("before the rounds, sluice: {}", run(connection)?);
        connection.forget(&format!("{PREFIX}-*"))
    })?;
    let (mut ours, mut references, mut ratios) = (Rounds::new(), Rounds::new(), Rounds::new());
    for round in 1..=arguments.rounds {
        let (whole, server_seconds) = working(server_id, || run(&mut connection))?;
        let sizes_ours = sizes(&mut connection, &format!("{PREFIX}-records"), whole.records)?;
        println!("round {round}, sluice: {whole}    the server: {server_seconds:.1} CPU s\n{sizes_ours}");
        let rate = whole.records as f64 / whole.seconds;
        connection.forget(&format!("{PREFIX}-*"))?;
        let (reference, server_seconds) = working(server_id, || raw::write(&mut connection, INDEX, &template, &documents, &way))?;
        let sizes_raw = sizes(&mut connection, INDEX, documents.len() as u64)?;
        println!("round {round}, raw: {reference:.0} documents/s; the server: {server_seconds:.1} CPU s\n{sizes_raw}");
        connection.forget(INDEX)?;
        println!("round {round}: {:.2}", rate / reference);
        ours.push(rate);
        references.push(reference);
        ratios.push(rate / reference);
    }
    let ratio = ratios.median();
    println!(
        "the whole way into OpenSearch at the speed of raw _bulk: median of the rounds {ratio:.2} ({:.2} to {:.2}), \
         of medians {:.2} ({:.0} of {:.0} records/s)",
        ratios.least(),
        ratios.most(),
        ours.median() / references.median(),
        ours.median(),
        references.median()
    );
    println!("target: at least {SPEED_RATIO_MIN} … {}", if ratio >= SPEED_RATIO_MIN { "met" } else { "NOT met" });
    Ok(())
}

/// How long a process computed while something was done.
fn working<T>(process: u32, what: impl FnOnce() -> Result<T>) -> Result<(T, f64)> {
    let before = process::cpu_seconds(process)?;
    let done = what()?;
    Ok((done, process::cpu_seconds(process)? - before))
}

fn config(folder: &std::path::Path, url: &str) -> Result<PathBuf> {
    let path = folder.join("sluice.toml");
    fs::write(&path, format!("[records]\nengine = \"opensearch\"\nurls = [{url:?}]\nprefix = {PREFIX:?}\nreplicas = 0\n"))?;
    Ok(path)
}

/// What an index is made with to be like this one.
fn template(index: &Value) -> Value {
    let settings = &index["settings"]["index"];
    json!({
        "settings": { "index": {
            "number_of_shards": settings["number_of_shards"], "auto_expand_replicas": settings["auto_expand_replicas"],
            "refresh_interval": settings["refresh_interval"], "translog": settings["translog"],
        } },
        "mappings": index["mappings"],
    })
}

/// By what the segments say: the store's own statistics are seconds old.
fn sizes(connection: &mut Connection, index: &str, documents: u64) -> Result<String> {
    let told = connection.json("GET", &format!("/_cat/segments/{index}?format=json&bytes=b&h=size"), None)?;
    let segments = told.as_array().filter(|segments| !segments.is_empty()).context("an index without segments")?;
    let mut bytes = 0;
    for segment in segments {
        bytes += segment["size"].as_str().context("a segment without a size")?.parse::<u64>()?;
    }
    let (records, count) = (documents.max(1) as f64, segments.len());
    Ok(format!("    {:.1} bytes a record on disk, {count} segments", bytes as f64 / records))
}

/// The quickest of some; something is done before each.
fn best_way(
    connection: &mut Connection,
    template: &Value,
    documents: &Documents,
    before: impl Fn(&mut Connection) -> Result<()>,
) -> Result<Way> {
    let mut best: Option<(f64, Way)> = None;
    for connections in [1, 2, 4] {
        for request_bytes in [1 << 20, 4 << 20] {
            let way = Way { connections, request_bytes, ..Way::default() };
            before(connection)?;
            let rate = raw::write(connection, INDEX, template, documents, &way)?;
            connection.forget(INDEX)?;
            println!("raw, {way}: {rate:.0} documents/s");
            if best.as_ref().is_none_or(|(quickest, _)| rate > *quickest) {
                best = Some((rate, way));
            }
        }
    }
    Ok(best.context("no way was tried")?.1)
}

/// One thing changed at a time, and before each the usual way once more: a machine's speed changes by more than most settings do.
fn settings(connection: &mut Connection, template: &Value, documents: &Documents, rounds: u32) -> Result<()> {
    let usual = Way { connections: 2, request_bytes: 2 << 20, ..Way::default() };
    let mut ways = vec![("as the service writes", usual.clone(), json!({}))];
    ways.push(("ids of our own", Way { has_ids: true, ..usual.clone() }, json!({})));
    for request_bytes in [256 << 10, 1 << 20, 8 << 20] {
        ways.push(("bytes a request", Way { request_bytes, ..usual.clone() }, json!({})));
    }
    for connections in [1, 4, 8] {
        ways.push(("connections", Way { connections, ..usual.clone() }, json!({})));
    }
    ways.push(("gzip, made before the clock runs", Way { gzip: true, ..usual.clone() }, json!({})));
    ways.push(("translog synced at each request", usual.clone(), json!({ "translog": { "durability": "request" } })));
    ways.push(("refreshed every second", usual.clone(), json!({ "refresh_interval": "1s" })));
    ways.push(("codec best_compression", usual.clone(), json!({ "codec": "best_compression" })));
    ways.push(("two shards", usual.clone(), json!({ "number_of_shards": 2 })));
    println!("| setting | how | documents/s | of the usual way's: median, least, most | bytes a record |\n|---|---|---:|---:|---:|");
    for (what, way, change) in ways {
        let mut changed = template.clone();
        // Else the server says what it knew of the size some seconds ago.
        changed["settings"]["index"]["store.stats_refresh_interval"] = "0s".into();
        for (name, value) in change.as_object().into_iter().flatten() {
            changed["settings"]["index"][name] = value.clone();
        }
        let (mut rates, mut ratios, mut bytes) = (Rounds::new(), Rounds::new(), 0.0);
        for _ in 0..rounds {
            let before = raw::write(connection, INDEX, template, documents, &usual)?;
            connection.forget(INDEX)?;
            let rate = raw::write(connection, INDEX, &changed, documents, &way)?;
            let stats = connection.json("GET", &format!("/{INDEX}/_stats/store"), None)?;
            bytes = stats["_all"]["total"]["store"]["size_in_bytes"].as_f64().unwrap_or(0.0) / documents.len() as f64;
            connection.forget(INDEX)?;
            rates.push(rate);
            ratios.push(rate / before);
        }
        let (least, most) = (ratios.least(), ratios.most());
        println!("| {what} | {way} | {:.0} | {:.2}, {least:.2}, {most:.2} | {bytes:.1} |", rates.median(), ratios.median());
    }
    Ok(())
}
