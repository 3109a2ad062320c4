//! `cargo xtask bench parse`: `sluice parse` of CSV to JSON lines against a native program that does the same, and how soon the first record
//! is there.
//!
//! ```text
//! 1 GB of CSV ─┬─ sluice parse, all cores, sandboxed ──────────▶ /dev/null    interleaved rounds of fresh processes
//!              ├─ csv + serde_json, one thread ([`reference`]) ─▶ /dev/null
//!              └─ the same on two threads ─────────────────────▶ /dev/null
//! ```
//! Before anything is timed, both outputs are compared byte by byte: it is the same job. The file is read from the page cache by all.
#![allow(clippy::print_stdout)] // a bench talks

mod first;
mod reference;

use std::{
    fs::{self, File},
    io::{BufWriter, Read},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use sluice_conformance::{
    formats::Format,
    generate::{Recipe, Size},
    measure::{self, Rounds, Target},
    traits::Traits,
};

/// How much faster than the native program of one thread.
const SPEED_MIN: f64 = 1.2;
/// Bytes compared at a time.
const COMPARED_BYTES: usize = 1 << 20;

#[derive(Parser)]
struct Arguments {
    /// CSV to read, bytes.
    #[arg(long, default_value_t = 1_000_000_000)]
    bytes: u64,
    /// Rounds of each program.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Starts that are timed to the first record, cold and warm each.
    #[arg(long, default_value_t = 11)]
    starts: usize,
    /// Be the native program and read this file.
    #[arg(long, hide = true)]
    reference: Option<PathBuf>,
    /// Threads of the native program.
    #[arg(long, hide = true, default_value_t = 1)]
    threads: usize,
    /// What cargo says to every bench.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let Some(file) = &arguments.reference {
        return if arguments.threads == 1 { reference::one_thread(file) } else { reference::two_threads(file) };
    }
    println!("{}", measure::machine());
    let program = measure::program()?;
    let dump = dump(arguments.bytes)?;
    let cache = tempfile::tempdir()?;
    let sluice = || sluice(&program, &dump, cache.path());

    let records = same_output(sluice(), native(&dump, 1)?)?;
    same_output(sluice(), native(&dump, 2)?)?;
    println!("{} bytes of CSV, {records} records; all three programs print the same bytes", arguments.bytes);
    speed(&arguments, &mut [sluice(), native(&dump, 1)?, native(&dump, 2)?])?;

    let peak = measure::peak_memory_bytes(&mut sluice().stdout(Stdio::null()).spawn()?)?;
    println!("peak memory of sluice parse: {} MiB", peak >> 20);
    first::records(&program, &dump, arguments.starts)
}

/// The dump, made once and kept.
fn dump(bytes: u64) -> Result<PathBuf> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("parse-{bytes}.csv"));
    if !path.is_file() {
        let recipe = Recipe { traits: Traits::READABLE, ..Recipe::new(Format::Csv, Size::Bytes(bytes), 7) };
        let part = path.with_extension("part");
        recipe.write(BufWriter::new(File::create(&part)?), "parse.csv", None)?;
        fs::rename(&part, &path)?;
    }
    Ok(path)
}

fn sluice(program: &Path, dump: &Path, cache: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg("parse").arg(dump).env("XDG_CACHE_HOME", cache).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

fn native(dump: &Path, threads: usize) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--threads", &threads.to_string(), "--reference"]).arg(dump);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    Ok(command)
}

/// Runs both side by side and compares what they print; gives the number of lines.
fn same_output(mut ours: Command, mut theirs: Command) -> Result<u64> {
    let (mut ours, mut theirs) = (ours.spawn()?, theirs.spawn()?);
    let mut ours_out = ours.stdout.take().context("its output is a pipe")?;
    let mut theirs_out = theirs.stdout.take().context("its output is a pipe")?;
    let (mut left, mut right) = (Vec::new(), Vec::new());
    let mut lines = 0;
    loop {
        left.clear();
        right.clear();
        ours_out.by_ref().take(COMPARED_BYTES as u64).read_to_end(&mut left)?;
        theirs_out.by_ref().take(COMPARED_BYTES as u64).read_to_end(&mut right)?;
        ensure!(left == right, "the outputs differ near line {lines}");
        if left.is_empty() {
            break;
        }
        lines += memchr::memchr_iter(b'\n', &left).count() as u64;
    }
    let (ours, theirs) = (ours.wait()?, theirs.wait()?);
    ensure!(ours.success() && theirs.success(), "a program failed: ours with {ours}, the native one with {theirs}");
    Ok(lines)
}

/// Times the three programs in turn.
fn speed(arguments: &Arguments, programs: &mut [Command; 3]) -> Result<()> {
    let mut seconds = [const { Rounds::new() }; 3];
    for _ in 0..arguments.rounds {
        for (program, seconds) in programs.iter_mut().zip(&mut seconds) {
            let begun = Instant::now();
            let status = program.stdout(Stdio::null()).status()?;
            seconds.push(begun.elapsed().as_secs_f64());
            ensure!(status.success(), "it ended with {status}");
        }
    }
    for (name, seconds) in ["sluice parse", "native, one thread", "native, two threads"].iter().zip(&seconds) {
        let rate = |seconds: f64| arguments.bytes as f64 / 1e6 / seconds;
        println!("{name:<20} best {:>5.0} MB/s   median {:>5.0} MB/s", rate(seconds.least()), rate(seconds.median()));
    }
    let [ours, one, two] = &seconds;
    let ratio = one.least() / ours.least();
    println!("against one thread:  best {ratio:.2}   median {:.2}", one.median() / ours.median());
    println!("against two threads: best {:.2}   median {:.2}", two.least() / ours.least(), two.median() / ours.median());
    println!("{}", Target::AtLeast(SPEED_MIN).line("speed against the native program", ratio, ""));
    Ok(())
}
