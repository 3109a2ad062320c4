//! What is asked: generated dumps in a service that the real commands have filled.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{BufRead, BufReader, BufWriter, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sha1::{Digest, Sha1};
use sluice_catalogue::{BreachFlags, Catalogue, Change, JobSpec, LoadState, NewBreach, NewDump, NewJob, Publish, sqlite_url};
use sluice_conformance::{
    formats::Format,
    generate::{Recipe, Size},
    measure::program,
};
use sluice_engines::service::Service;
use sluice_record::{BlobDigest, Policy, RunKind, SegmentRef};
use sluice_store::{
    objects::Objects,
    ranges::{Output, RunWriter, merge},
};

/// Accounts asked for, spread over the dump.
const ACCOUNTS: u64 = 10_000;

/// A dump and what is known of it.
pub(crate) struct Corpus {
    dump: PathBuf,
    pub(crate) accounts: Vec<String>,
    passwords: Vec<String>,
}

impl Corpus {
    pub(crate) fn generate(folder: &Path, records: u64) -> Result<Self> {
        let (dump, truth) = (folder.join("list.txt"), folder.join("truth.jsonl"));
        let mut rows = BufWriter::new(File::create(&truth)?);
        Recipe::new(Format::Combo, Size::Records(records), 1).write(BufWriter::new(File::create(&dump)?), "list.txt", Some(&mut rows))?;
        rows.flush()?;
        drop(rows);
        let every = usize::try_from((records / ACCOUNTS).max(1))?;
        let (mut accounts, mut passwords) = (Vec::new(), Vec::new());
        for row in BufReader::new(File::open(&truth)?).lines().step_by(every) {
            let row: Value = serde_json::from_str(&row?)?;
            accounts.extend(row["email"].as_str().map(str::to_owned));
            passwords.extend(row["password"].as_str().map(str::to_owned));
        }
        fs::remove_file(truth)?;
        ensure!(!accounts.is_empty() && !passwords.is_empty(), "the dump has nobody");
        Ok(Self { dump, accounts, passwords })
    }

    /// Prefixes of passwords that are there.
    pub(crate) fn small_ranges(&self) -> Vec<String> {
        let prefix =
            |password: &String| Sha1::digest(password.as_bytes())[..3].iter().map(|byte| format!("{byte:02X}")).collect::<String>();
        let mut prefixes: Vec<String> = self.passwords.iter().map(|password| prefix(password)[..5].to_owned()).collect();
        prefixes.sort_unstable();
        prefixes.dedup();
        prefixes
    }
}

/// A service with large ranges.
pub(crate) struct Filled {
    pub(crate) service: Service,
    pub(crate) large_ranges: Vec<String>,
}

pub(crate) fn ingest(service: &Service, corpus: &Corpus) -> Result<()> {
    let begun = Instant::now();
    let dump = corpus.dump.as_os_str();
    let ended =
        service.json("ingest", ["--publish", "--plugin", "combo", "--breach", "BenchList"].map(OsStr::new).into_iter().chain([dump]))?;
    let (accounts, passwords) = (&ended["load"]["accounts"], &ended["load"]["passwords"]);
    println!("ingested and published {accounts} accounts and {passwords} passwords in {:.0} s", begun.elapsed().as_secs_f64());
    Ok(())
}

/// Adds ranges of many rows while the service is down, and starts it again.
pub(crate) fn restarted_with_ranges(service: Service, data: &Path, ranges: usize, rows: usize) -> Result<Filled> {
    drop(service);
    let prefixes: Vec<u32> = (0..ranges as u32).map(|number| number * 2_621 % (1 << 20)).collect();
    tokio::runtime::Runtime::new()?.block_on(publish_ranges(data, &prefixes, rows))?;
    let large_ranges = prefixes.iter().map(|prefix| format!("{prefix:05X}")).collect();
    Ok(Filled { service: Service::start(&program()?, data, &[""; 0])?, large_ranges })
}

/// What the service itself counted: that all were answered as they should be.
pub(crate) fn tally(service: &Service) -> Result<String> {
    let text = String::from_utf8(service.get("/metrics", &[])?.body)?;
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("sluice_query_requests_total")).collect();
    Ok(lines.join("\n"))
}

/// Free a moment ago.
pub(crate) fn free_address() -> Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

/// Publishes a load of random hashes, `rows` of them under each prefix, by the store's writer and the catalogue's own steps.
async fn publish_ranges(data: &Path, prefixes: &[u32], rows: usize) -> Result<()> {
    let catalogue = Catalogue::open(&sqlite_url(&data.join("catalogue.sqlite"))).await?;
    let objects = Objects::local(&data.join("objects"))?;
    let about = NewBreach {
        name: "BenchRanges".into(),
        title: "Bench ranges".into(),
        domain: String::new(),
        breach_date: "2020-01-01".into(),
        description: String::new(),
        logo_path: String::new(),
        attribution: None,
        disclosure_url: None,
        flags: BreachFlags::default(),
    };
    let breach = catalogue.create_breach(&about).await?;
    let dump = catalogue.create_dump(&NewDump { name: "ranges".into(), bytes: None }).await?;
    let part = objects.put("dumps/ranges/0", bytes::Bytes::from_static(b"x")).await?;
    catalogue.append_part(dump, 0, &part).await?;
    catalogue.complete_dump(dump, BlobDigest([7; 32])).await?;
    let spec = JobSpec::Import {
        breach,
        dumps: vec![dump],
        policy: Policy::Notify,
        plugin: None,
        archive_passwords: vec![],
        publish: true,
        again: None,
    };
    let job = catalogue.create_job(&NewJob::from(spec)).await?;
    catalogue.apply(&[Change::BeginLoad { job, breach, policy: Policy::Notify }]).await?;
    let load = catalogue.loads(1).await?.first().context("no load")?.id;
    let own = write_segment(load, prefixes, rows, data)?;
    let object = objects.put("ranges/bench", own.0.into()).await?;
    let own = SegmentRef { kind: RunKind::Sha1, object, rows: own.1, loads: vec![load] };
    let merged = Change::Merged { load, segments: vec![own.clone()], accounts: 0, passwords: own.rows };
    let state = catalogue.load(load).await?.state;
    let step = |from, to| Change::Load { load, from, to, message: String::new() };
    catalogue.apply(&[step(state, LoadState::Merging), merged, step(LoadState::Merging, LoadState::Verified)]).await?;
    let current = catalogue.generation().await?;
    let segments = current.segments.into_iter().chain([own]).collect();
    catalogue.publish(&Publish { load, segments, expected_generation: current.number }).await?;
    catalogue.close().await;
    Ok(())
}

pub(crate) fn write_segment(load: sluice_record::LoadId, prefixes: &[u32], rows: usize, scratch: &Path) -> Result<(Vec<u8>, u64)> {
    let mut writer = RunWriter::sha1(load, 256 << 20);
    for prefix in prefixes {
        for row in 0..rows {
            let mut hash: [u8; 20] = Sha1::digest(format!("{prefix} {row}")).into();
            let [_, high, middle, low] = (prefix << 4).to_be_bytes();
            (hash[0], hash[1], hash[2]) = (high, middle, low | hash[2] & 15);
            writer.push(hash);
        }
    }
    let (mut run, mut segment) = (Vec::new(), Vec::new());
    writer.write(&mut run)?;
    let merged = merge(RunKind::Sha1, Output::Segment, &[load], [Ok(&run[..])], scratch, &mut segment)?;
    Ok((segment, merged.rows))
}
