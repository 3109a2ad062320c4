//! The readers of the ranges alone: what one question costs without HTTP. Rows of accounts are in the cache after the first
//! round; the ranges' rows are read from the file each time. The clock is this thread's share of the processor, so that what else
//! the machine does shows less.

use std::{fs, sync::Arc};

use anyhow::{Context, Result};
use sha1::{Digest, Sha1};
use sluice_conformance::measure::Target;
use sluice_record::{LoadId, RunKind, SegmentRef};
use sluice_store::{
    objects::Objects,
    ranges::{CacheBytes, Output, Ranges, RunWriter, SegmentFiles, merge},
};

use crate::service::write_segment;

const ACCOUNTS: u32 = 1_000_000;
/// Questions of one round, and rounds; the best one counts.
const QUESTIONS: u32 = 200_000;
const ROUNDS: u32 = 5;
const RANGE_PASSES: usize = 20;
const HIT_MICROSECONDS_MAX: f64 = 2.0;
const RANGE_MICROSECONDS_MAX: f64 = 30.0;

pub(crate) fn run(range_rows: usize) -> Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(measure(range_rows))
}

async fn measure(range_rows: usize) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let objects = Objects::local(&folder.path().join("objects"))?;
    let load = LoadId(1);
    let mut accounts = RunWriter::account(load, 256 << 20);
    (0..ACCOUNTS).for_each(|number| accounts.push(account(number)));
    let (mut rows, mut segment) = (Vec::new(), Vec::new());
    accounts.write(&mut rows)?;
    let merged = merge(RunKind::Account, Output::Segment, &[load], [Ok(&rows[..])], folder.path(), &mut segment)?;
    let object = objects.put("ranges/accounts", segment.into()).await?;
    let accounts = SegmentRef { kind: RunKind::Account, object, rows: merged.rows, loads: vec![load] };
    let prefixes: Vec<u32> = (0..200).map(|number| number * 5_000).collect();
    let (segment, rows) = write_segment(load, &prefixes, range_rows, folder.path())?;
    let object = objects.put("ranges/passwords", segment.into()).await?;
    let passwords = SegmentRef { kind: RunKind::Sha1, object, rows, loads: vec![load] };

    let source = Arc::new(SegmentFiles::new(objects));
    let ranges = Ranges::open(&[accounts, passwords], source, CacheBytes::default()).await?.view();
    for (what, first) in [("hit", 0), ("miss", ACCOUNTS)] {
        let hashes: Vec<_> = (0..QUESTIONS).map(|number| account(first + number.wrapping_mul(7_919) % ACCOUNTS)).collect();
        let mut best = f64::INFINITY;
        for _ in 0..ROUNDS {
            let begun = processor_microseconds()?;
            let mut found = 0;
            for hash in &hashes {
                found += ranges.account(hash).await?.len();
            }
            best = best.min((processor_microseconds()? - begun) / f64::from(QUESTIONS));
            anyhow::ensure!(found == if what == "hit" { hashes.len() } else { 0 }, "{found} found of {what}");
        }
        let target = Target::AtMost(HIT_MICROSECONDS_MAX);
        println!("{}", target.line(&format!("reader alone, account {what} among {ACCOUNTS}"), best, " µs"));
    }

    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let begun = processor_microseconds()?;
        for prefix in std::iter::repeat_n(&prefixes, RANGE_PASSES).flatten() {
            let body = ranges.passwords(RunKind::Sha1, format!("{prefix:05X}").parse()?).await?;
            anyhow::ensure!(body.rows == range_rows, "a range of {} rows", body.rows);
        }
        best = best.min((processor_microseconds()? - begun) / (RANGE_PASSES * prefixes.len()) as f64);
    }
    let what = format!("reader alone, a range of {range_rows} rows, read, verified and rendered");
    println!("{}", Target::AtMost(RANGE_MICROSECONDS_MAX).line(&what, best, " µs"));
    Ok(())
}

fn account(number: u32) -> [u8; 20] {
    Sha1::digest(number.to_le_bytes()).into()
}

fn processor_microseconds() -> Result<f64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds: f64 = text.split(' ').next().context("no schedstat")?.parse()?;
    Ok(nanoseconds / 1e3)
}
