//! `sluice plugin bench`: how fast a component is, and what it holds. Its author compares it with itself: the first line's figure is of
//! this thread's time, and hangs little on what else the machine does. How it is measured is the judge's `meter`.
#![allow(clippy::print_stdout)]

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use anyhow::{Context, Result, bail};
use serde::Serialize;
use sluice_judge::{meter, read_folder};
use sluice_record::limits;
use sluice_sandbox::{Fault, Plugin, Sandbox, SandboxConfig};

use crate::{
    exit::{Failure, Sysexit},
    plugins,
};

/// Of an input file, what is read: it is held in memory.
const INPUT_MIB_MAX: u64 = 256;
const MIB: f64 = 1_048_576.0;

/// Measure a component: how fast it reads, how soon it is there, what it holds.
///
/// It reads its cases, over and over, or a file, as the service would: in the sandbox, by pushes of 256 KiB. Beside it, in turn and over the
/// same bytes, line ends are found and nothing done with them, which no reader of lines can be faster than. Times are this thread's own; those
/// of loading are a clock's. A debug build of sluice measures itself: use a release.
///
/// reads: MB and records a second. compile, from cache: until the plugin is ready, for the first time and ever after. instance start: one is
/// begun for each chunk. memory: resident memory of an instance that was begun, of one that has read a push, and the linear memory it asked
/// for. tells: events and arena bytes for each MiB read; fewer are quicker, and an event is eight bytes.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:\n  sluice plugin bench people-list.wasm\n  sluice plugin bench target/plugins --input dump.txt --json")]
pub(crate) struct Args {
    /// The component, or a folder of some.
    #[arg(value_name = "COMPONENT|FOLDER")]
    what: PathBuf,
    /// The folder of its cases; `cases` beside it if not given.
    #[arg(long, value_name = "FOLDER", conflicts_with = "input")]
    cases: Option<PathBuf>,
    /// Read this file instead, as it is, once a round: UTF-8 for plugins that want text, and 256 MiB of it at most.
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// MiB that cases are repeated to.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u64).range(1..=INPUT_MIB_MAX))]
    mib: u64,
    /// Rounds; the best and the middle one are told.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: u32,
    /// Print a list of what was measured as JSON.
    #[arg(long)]
    json: bool,
}

/// What was measured of one component.
#[derive(Debug, Serialize)]
struct Measured {
    name: String,
    version: String,
    component: PathBuf,
    component_bytes: usize,
    input_bytes: usize,
    rounds: u32,
    mb_per_s_best: f64,
    mb_per_s_median: f64,
    records_per_s_best: f64,
    line_ends_mb_per_s_best: f64,
    compile_ms: f64,
    from_cache_ms: f64,
    instance_start_us: f64,
    idle_instance_bytes: Option<u64>,
    working_instance_bytes: Option<u64>,
    linear_memory_bytes: usize,
    events_per_mib: f64,
    arena_bytes_per_mib: f64,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let mut all = vec![];
    for (path, component) in components(&args.what)? {
        let input = input(args, &path)?;
        let measured = measure(&path, &component, &input, args.rounds)?;
        if !args.json {
            print(&measured);
        }
        all.push(measured);
    }
    if args.json {
        println!("{}", serde_json::to_string_pretty(&all)?);
    }
    Ok(())
}

fn components(what: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    let hint = "give the .wasm component that `sluice plugin build` made, or the folder where it is";
    let fail = |message: String| Failure::new(Sysexit::NoInput, message, hint);
    if !what.is_dir() {
        let component = fs::read(what).map_err(|error| fail(format!("cannot read {}: {error}", what.display())))?;
        return Ok(vec![(what.to_owned(), component)]);
    }
    let all = plugins::read_folder(what)?;
    if all.is_empty() {
        bail!(fail(format!("no component in {}", what.display())));
    }
    Ok(all)
}

/// A file, or the cases, over and over.
fn input(args: &Args, component: &Path) -> Result<Vec<u8>> {
    let fail = |what: &Path, error: io::Error| {
        let hint = "--cases names the folder of its cases, --input a file to read instead";
        Failure::new(Sysexit::NoInput, format!("cannot read {}: {error}", what.display()), hint)
    };
    let input = if let Some(path) = &args.input {
        let mut bytes = vec![];
        File::open(path).and_then(|file| file.take(INPUT_MIB_MAX << 20).read_to_end(&mut bytes)).map_err(|error| fail(path, error))?;
        bytes
    } else {
        let folder = args.cases.clone().unwrap_or_else(|| component.with_file_name("cases"));
        let cases = read_folder(&folder).map_err(|error| fail(&folder, error))?;
        meter::repeated(cases.iter().map(|case| case.bytes.as_slice()), (args.mib as usize) << 20)
    };
    if input.is_empty() {
        bail!(Failure::new(Sysexit::NoInput, "there is nothing to read", "--cases names the folder of its cases, --input a file"));
    }
    Ok(input)
}

fn measure(path: &Path, component: &[u8], input: &[u8], rounds: u32) -> Result<Measured> {
    let cache = tempfile::tempdir().context("cannot make a folder for compiled code")?;
    let (plugin, compile_ms) = load(component, cache.path())?;
    let (_, from_cache_ms) = load(component, cache.path())?;
    let fault =
        |fault: Fault| Failure::new(Sysexit::DataErr, fault.to_string(), "`sluice plugin test` looks for the smallest input that does it");
    // Before anything was read: what is idle has nothing of a push in it.
    let idle_instance_bytes = meter::resident_bytes(&plugin, b"").map_err(fault)?;
    let chunk = &input[..input.len().min(limits::PUSH_BYTES)];
    let working_instance_bytes = meter::resident_bytes(&plugin, chunk).map_err(fault)?;
    let (mut seconds, mut line_ends) = (vec![], vec![]);
    let first = meter::read(&plugin, input).map_err(fault)?;
    for _ in 0..rounds {
        seconds.push(meter::read(&plugin, input).map_err(fault)?.seconds);
        line_ends.push(meter::line_ends_seconds(input));
    }
    seconds.sort_by(f64::total_cmp);
    line_ends.sort_by(f64::total_cmp);
    let (best, median) = (seconds[0], seconds[seconds.len() / 2]);
    let (megabytes, mebibytes) = (input.len() as f64 / 1e6, input.len() as f64 / MIB);
    Ok(Measured {
        name: plugin.descriptor().name.clone(),
        version: plugin.descriptor().version.clone(),
        component: path.to_owned(),
        component_bytes: component.len(),
        input_bytes: input.len(),
        rounds,
        mb_per_s_best: megabytes / best,
        mb_per_s_median: megabytes / median,
        records_per_s_best: first.records as f64 / best,
        line_ends_mb_per_s_best: megabytes / line_ends[0],
        compile_ms,
        from_cache_ms,
        instance_start_us: meter::start_seconds(&plugin).map_err(fault)? * 1e6,
        idle_instance_bytes,
        working_instance_bytes,
        linear_memory_bytes: first.usage.memory_bytes,
        events_per_mib: first.events as f64 / mebibytes,
        arena_bytes_per_mib: first.arena_bytes as f64 / mebibytes,
    })
}

/// As the service loads it, and how many milliseconds that took.
fn load(component: &[u8], cache: &Path) -> Result<(Arc<Plugin>, f64)> {
    let sandbox = Sandbox::new(&SandboxConfig { cache_dir: Some(cache.to_owned()), ..SandboxConfig::default() })?;
    let begun = Instant::now();
    let plugin = sandbox.load(component).map_err(|error| {
        Failure::new(Sysexit::DataErr, format!("the component does not load: {error}"), "`sluice plugin build` makes one that does")
    })?;
    Ok((plugin, begun.elapsed().as_secs_f64() * 1e3))
}

fn print(measured: &Measured) {
    let Measured { name, version, mb_per_s_best, mb_per_s_median, line_ends_mb_per_s_best, .. } = measured;
    let (input_mib, rounds) = (measured.input_bytes as f64 / MIB, measured.rounds);
    let build = if cfg!(debug_assertions) { "; by a debug build of sluice" } else { "" };
    println!(
        "{name} {version}, {} of {} bytes; {input_mib:.1} MiB, {rounds} rounds{build}",
        measured.component.display(),
        measured.component_bytes
    );
    let millions = measured.records_per_s_best / 1e6;
    println!("  reads           {mb_per_s_best:.1} MB/s best, {mb_per_s_median:.1} median; {millions:.2} million records/s");
    let times = line_ends_mb_per_s_best / mb_per_s_best;
    println!("  line ends       {line_ends_mb_per_s_best:.0} MB/s best, by memchr in the same run: {times:.1} times as fast");
    println!("  compile         {:.0} ms; {:.1} ms from cache", measured.compile_ms, measured.from_cache_ms);
    println!("  instance start  {:.1} µs", measured.instance_start_us);
    let resident = |bytes: Option<u64>| bytes.map_or("unknown".to_owned(), |bytes| format!("{:.0} KiB", bytes as f64 / 1024.0));
    let (idle, working) = (resident(measured.idle_instance_bytes), resident(measured.working_instance_bytes));
    let linear_mib = measured.linear_memory_bytes as f64 / MIB;
    println!("  memory          {idle} idle, {working} working; {linear_mib:.1} MiB of linear memory");
    println!("  tells           {:.0} events and {:.0} arena bytes a MiB", measured.events_per_mib, measured.arena_bytes_per_mib);
}
