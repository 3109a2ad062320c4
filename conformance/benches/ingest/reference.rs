//! Tantivy by itself, in a process of its own: `add_document` in a loop, and a commit. Once with documents made in that loop of values in
//! memory, as whoever indexes must make them, and once with all documents made ahead.

use std::{
    fmt,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tantivy::{
    Index, IndexSettings, IndexWriter, TantivyDocument,
    schema::{Field, Schema},
};

use crate::{
    prepared::{Documents, Given, Prepared},
    process,
};

/// As the service's defaults have it, and a user of two cores.
const THREADS: usize = 2;
/// Documents whose values are read at a time, outside the clock. The 10,000 that Tantivy queues, and what it merges meanwhile, are outside
/// it as well, which favours it.
const SLAB_DOCUMENTS: usize = 2_000_000;

/// When the documents are made of their values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Made {
    /// Within the clock, each before it is added.
    InTheLoop,
    /// Before the clock runs.
    Ahead,
}

/// What a run took.
pub(crate) struct Reference {
    pub(crate) documents: u64,
    pub(crate) seconds: f64,
    pub(crate) cpu_seconds: f64,
    peak_bytes: u64,
    disk_bytes: u64,
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let documents = self.documents.max(1) as f64;
        write!(
            f,
            "{} documents in {:.1} s to the end of the commit: {:.0} documents/s; {:.1} CPU seconds; peak memory {} MiB (with the values \
             read ahead); {:.1} bytes a document on disk",
            self.documents,
            self.seconds,
            documents / self.seconds,
            self.cpu_seconds,
            self.peak_bytes >> 20,
            self.disk_bytes as f64 / documents,
        )
    }
}

/// Runs [`index`] in a process of its own.
pub(crate) fn run(prepared: &Prepared, memory_mib: usize, made: Made) -> Result<Reference> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--reference").arg(&prepared.documents).args(["--index-memory-mib", &memory_mib.to_string()]);
    if made == Made::Ahead {
        command.arg("--made-ahead");
    }
    let output = command.output()?;
    ensure!(output.status.success(), "the reference failed: {}", String::from_utf8_lossy(&output.stderr));
    let said: Value = serde_json::from_slice(&output.stdout)?;
    let number = |name: &str| said[name].as_f64().with_context(|| format!("the reference said no {name}"));
    Ok(Reference {
        documents: number("documents")? as u64,
        seconds: number("seconds")?,
        cpu_seconds: number("cpu_seconds")?,
        peak_bytes: number("peak_bytes")? as u64,
        disk_bytes: number("disk_bytes")? as u64,
    })
}

/// Indexes the documents of a file and prints what that took.
pub(crate) fn index(documents: &Path, memory_bytes: usize, made: Made) -> Result<()> {
    let schema: Schema = serde_json::from_slice(&std::fs::read(documents.with_extension("schema.json"))?)?;
    let settings: IndexSettings = serde_json::from_slice(&std::fs::read(documents.with_extension("settings.json"))?)?;
    let folder = tempfile::tempdir_in(documents.parent().context("a file has a folder")?)?;
    let index = Index::builder().schema(schema).settings(settings).create_in_dir(folder.path())?;
    let mut writer: IndexWriter = index.writer_with_num_threads(THREADS, memory_bytes)?;
    let mut given = Documents::open(documents)?;
    let (mut count, mut clock, mut cpu_seconds) = (0, Duration::ZERO, 0.0);
    loop {
        let slab = slab(&mut given)?;
        let is_last = slab.len() < SLAB_DOCUMENTS;
        count += slab.len();
        let (values, ahead) = match made {
            Made::InTheLoop => (slab, vec![]),
            Made::Ahead => (vec![], slab.into_iter().map(document).collect()),
        };
        let (begun, cpu_begun) = (Instant::now(), process::cpu_seconds(std::process::id())?);
        for document in ahead.into_iter().chain(values.into_iter().map(document)) {
            writer.add_document(document)?;
        }
        if is_last {
            writer.commit()?;
        }
        clock += begun.elapsed();
        cpu_seconds += process::cpu_seconds(std::process::id())? - cpu_begun;
        if is_last {
            break;
        }
    }
    let peak_bytes = process::peak_bytes(std::process::id())?;
    writer.wait_merging_threads()?;
    let disk_bytes: u64 = std::fs::read_dir(folder.path())?.map(|entry| Ok(entry?.metadata()?.len())).sum::<std::io::Result<u64>>()?;
    println!(
        "{}",
        json!({ "documents": count, "seconds": clock.as_secs_f64(), "cpu_seconds": cpu_seconds, "peak_bytes": peak_bytes, "disk_bytes": disk_bytes })
    );
    Ok(())
}

/// A document's values.
type Values = Vec<(Field, Given)>;

fn slab(given: &mut Documents) -> Result<Vec<Values>> {
    let mut slab = Vec::with_capacity(SLAB_DOCUMENTS);
    while slab.len() < SLAB_DOCUMENTS
        && let Some(values) = given.next()?
    {
        slab.push(values);
    }
    Ok(slab)
}

fn document(values: Values) -> TantivyDocument {
    let mut document = TantivyDocument::new();
    for (field, value) in values {
        match value {
            Given::Bytes(bytes) => document.add_bytes(field, &bytes),
            Given::Number(number) => document.add_u64(field, number),
            Given::Text(text) => document.add_text(field, text),
        }
    }
    document
}
