//! How long a lookup takes, by how many records there are.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{BufRead, BufReader, Seek, SeekFrom},
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use sluice_conformance::{
    formats::Format,
    generate::{Recipe, Size},
    measure::program,
};
use sluice_engines::{opensearch::OpenSearch, service::Service};

use crate::Store;

/// Lookups before the clock runs.
const WARMING: usize = 200;

pub(crate) fn run(folder: &Path, store: Store, sizes: &[u64], lookups: usize) -> Result<()> {
    let (data, config) = (folder.join("lookups"), folder.join("lookups.toml"));
    let _ = fs::remove_dir_all(&data);
    let server = if store == Store::Opensearch { Some(OpenSearch::start()?) } else { None };
    let (name, records) = match &server {
        Some(server) => {
            let (url, id) = (server.url(), std::process::id());
            ("OpenSearch", format!("[records]\nengine = 'opensearch'\nurls = ['{url}']\nprefix = 'lookups-{id}'\nreplicas = 0\n"))
        }
        None => ("Tantivy", String::new()),
    };
    fs::write(&config, records)?;
    let service = Service::start(&program()?, &data, &["--config", &config.to_string_lossy()])?;
    let (key, token) = (service.create_key()?, format!("Bearer {}", service.operator_token()?));
    let public = |account: &str| Asked { path: format!("/api/v3/breachedaccount/{account}"), header: ("hibp-api-key", &key), status: 0 };
    let operators = |account: &str| Asked {
        path: format!("/api/operator/v1/records?account={account}&limit=10"),
        header: ("authorization", &token),
        status: 200,
    };
    println!("\n{name}; microseconds, median and 99th percentile\n");
    println!("| records | ingested, records/s | account there | account absent | search of records | search without a hit |");
    println!("|---:|---:|---:|---:|---:|---:|");
    let (mut have, mut rows) = (0, Vec::new());
    for (number, &wanted) in sizes.iter().enumerate() {
        let dump = folder.join(format!("lookups-{number}.txt"));
        Recipe::new(Format::Combo, Size::Records(wanted.saturating_sub(have).max(1)), 100 + number as u64).write(
            std::io::BufWriter::new(File::create(&dump)?),
            "dump",
            None,
        )?;
        let begun = Instant::now();
        let args = ["--publish", "--plugin", "combo", "--breach"].map(OsStr::new);
        let breach = format!("Lookups{number}");
        let ended = service.json("ingest", args.into_iter().chain([OsStr::new(&breach), dump.as_os_str()]))?;
        let rate = ended["load"]["ledger"]["stored"].as_f64().context("the load has no ledger")? / begun.elapsed().as_secs_f64();
        let there = accounts(&dump, lookups + WARMING)?;
        fs::remove_file(&dump)?;
        let absent: Vec<String> = (0..there.len()).map(|number| format!("nobody.{number}@absent.example.org")).collect();
        let row = [
            Times::of(&service, there.iter().map(|account| Asked { status: 200, ..public(account) }))?,
            Times::of(&service, absent.iter().map(|account| Asked { status: 404, ..public(account) }))?,
            Times::of(&service, there.iter().map(|account| operators(account)))?,
            Times::of(&service, absent.iter().map(|account| operators(account)))?,
        ];
        let cells: Vec<String> = row.iter().map(|times| format!("{:.0}, {:.0}", times.median, times.late)).collect();
        println!("| {wanted} | {rate:.0} | {} |", cells.join(" | "));
        have = wanted;
        rows.push((wanted, row));
    }
    if let [(least, first), .., (most, last)] = &rows[..] {
        let growth: Vec<String> = first.iter().zip(last).map(|(first, last)| format!("× {:.2}", last.median / first.median)).collect();
        println!("| {least} to {most}: × {:.0} | | {} |", *most as f64 / *least as f64, growth.join(" | "));
    }
    Ok(())
}

/// A question, and the status its answer has.
struct Asked<'a> {
    path: String,
    header: (&'a str, &'a str),
    status: u16,
}

struct Times {
    median: f64,
    late: f64,
}

impl Times {
    /// One after the other.
    fn of<'a>(service: &Service, questions: impl Iterator<Item = Asked<'a>>) -> Result<Self> {
        let mut microseconds = vec![];
        for (number, asked) in questions.enumerate() {
            let begun = Instant::now();
            let answer = service.get(&asked.path, &[asked.header])?;
            if number >= WARMING {
                microseconds.push(begun.elapsed().as_secs_f64() * 1e6);
            }
            ensure!(answer.status == asked.status, "{} gave {}", asked.path, answer.status);
        }
        microseconds.sort_by(f64::total_cmp);
        let at = |part: f64| microseconds.get((microseconds.len() as f64 * part) as usize).copied().context("no lookups");
        Ok(Self { median: at(0.5)?, late: at(0.99)? })
    }
}

/// E-mail addresses of lines all over a list.
fn accounts(dump: &PathBuf, count: usize) -> Result<Vec<String>> {
    let (mut list, bytes) = (BufReader::new(File::open(dump)?), fs::metadata(dump)?.len());
    let mut found = vec![];
    for at in 0..4 * count as u64 {
        list.seek(SeekFrom::Start(bytes / (4 * count as u64 + 1) * at))?;
        let mut lines = [Vec::new(), Vec::new()];
        // The first is a part of one.
        for line in &mut lines {
            list.read_until(b'\n', line)?;
        }
        let is_plain = |account: &&str| {
            let odd = |c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit() && !matches!(c, '@' | '.' | '_' | '-');
            account.len() > 6 && account.contains('@') && !account.contains(odd)
        };
        let line = std::str::from_utf8(&lines[1]).unwrap_or_default();
        found.extend(line.split([':', ';', '|', ',', '\t']).next().filter(is_plain).map(str::to_owned));
        if found.len() == count {
            break;
        }
    }
    ensure!(found.len() == count, "only {} of {count} addresses were found in {}", found.len(), dump.display());
    Ok(found)
}
