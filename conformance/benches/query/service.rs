//! What is asked: generated dumps in a service that the real commands have filled.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, BufWriter, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
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
use sluice_record::{BlobDigest, Policy, RunKind, SegmentRef};
use sluice_store::{
    objects::Objects,
    ranges::{Output, RunWriter, merge},
};

const READY: Duration = Duration::from_secs(60);
const EXCHANGE: Duration = Duration::from_secs(30);
/// Accounts asked for, spread over the dump.
const ACCOUNTS: u64 = 10_000;
/// Of the highest there is: the limiter counts, and never says no.
const REQUESTS_PER_MINUTE: &str = "4294967295";

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

/// A running `sluice serve`.
pub(crate) struct Service {
    child: Child,
    address: String,
    folder: PathBuf,
    large: Vec<String>,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Service {
    pub(crate) fn start(folder: &Path) -> Result<Self> {
        let address = free_address()?;
        let log = File::options().create(true).append(true).open(folder.join("serve.log"))?;
        let mut serve = Command::new(program()?);
        serve.args(["serve", "--listen", &address, "--data"]).arg(folder.join("data"));
        let child = serve.stdout(log.try_clone()?).stderr(log).spawn().context("cannot start sluice")?;
        let service = Self { child, address, folder: folder.to_owned(), large: Vec::new() };
        let until = Instant::now() + READY;
        while !service.get("/readyz", "").is_ok_and(|answer| answer.status == 200) {
            let log = || fs::read_to_string(folder.join("serve.log")).unwrap_or_default();
            ensure!(Instant::now() < until, "the service was not ready: {}", log());
            thread::sleep(Duration::from_millis(50));
        }
        Ok(service)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn client(&self, args: &[&str]) -> Result<Command> {
        let mut client = Command::new(program()?);
        client.args(args).env("SLUICE_DATA", self.folder.join("data")).env("SLUICE_SERVER", self.url());
        Ok(client)
    }

    pub(crate) fn ingest(&self, corpus: &Corpus) -> Result<()> {
        let begun = Instant::now();
        let mut ingest = self.client(&["ingest", "--json", "--publish", "--plugin", "combo", "--breach", "BenchList"])?;
        let output = ingest.arg(&corpus.dump).output()?;
        ensure!(output.status.success(), "ingest failed: {}", String::from_utf8_lossy(&output.stderr));
        let ended: Value = serde_json::from_slice(&output.stdout)?;
        let (accounts, passwords) = (&ended["load"]["accounts"], &ended["load"]["passwords"]);
        println!("ingested and published {accounts} accounts and {passwords} passwords in {:.0} s", begun.elapsed().as_secs_f64());
        Ok(())
    }

    /// Adds ranges of many rows while the service is down, and starts it again.
    pub(crate) fn restarted_with_ranges(self, ranges: usize, rows: usize) -> Result<Self> {
        let folder = self.folder.clone();
        drop(self);
        let prefixes: Vec<u32> = (0..ranges as u32).map(|number| number * 2_621 % (1 << 20)).collect();
        let data = folder.join("data");
        tokio::runtime::Runtime::new()?.block_on(publish_ranges(&data, &prefixes, rows))?;
        let mut service = Self::start(&folder)?;
        service.large = prefixes.iter().map(|prefix| format!("{prefix:05X}")).collect();
        Ok(service)
    }

    pub(crate) fn large_ranges(&self) -> Vec<String> {
        self.large.clone()
    }

    pub(crate) fn create_key(&self) -> Result<String> {
        let output = self.client(&["keys", "create", "--json", "--label", "bench", "--rpm", REQUESTS_PER_MINUTE])?.output()?;
        ensure!(output.status.success(), "keys create failed: {}", String::from_utf8_lossy(&output.stderr));
        let made: Value = serde_json::from_slice(&output.stdout)?;
        Ok(made["key"].as_str().context("no key was made")?.to_owned())
    }

    /// Asks over HTTP/1.0, which has no chunks to decode.
    pub(crate) fn get(&self, path: &str, key: &str) -> Result<Answer> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(EXCHANGE))?;
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {}\r\nUser-Agent: bench\r\nhibp-api-key: {key}\r\n\r\n", self.address)?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").context("the answer is no HTTP")?;
        let status = std::str::from_utf8(&bytes[..end])?.split(' ').nth(1).and_then(|status| status.parse().ok());
        Ok(Answer { status: status.context("the answer has no status")?, body: bytes.split_off(end + 4) })
    }

    /// What the service itself counted: that all were answered as they should be.
    pub(crate) fn tally(&self) -> Result<String> {
        let text = String::from_utf8(self.get("/metrics", "")?.body)?;
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("sluice_query_requests_total")).collect();
        Ok(lines.join("\n"))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
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
    let job = catalogue.create_job(&NewJob { spec, priority: 0 }).await?;
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
