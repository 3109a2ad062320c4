//! `cargo xtask bench author`: how long an author waits for a new version of a plugin, and what a plugin costs that only waits for work.
//!
//! A new version is one that no cache has: each round appends a number to the component. It is loaded (digest, compile, the check of imports and
//! exports, describe, the copy for the cache), swapped in for the one before, and reads its first case until there is a record. That is done by
//! the service's compiler, which is judged, and by the quick one that `sluice parse` begins with. Loading from the cache stands beside it: what
//! the second start costs. Clock time, for compiling goes on on all cores; an instance's start is this thread's time.
#![allow(clippy::print_stdout)] // a bench talks

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use sluice_conformance::measure::{self, Rounds, Target};
use sluice_judge::{Case, meter, read_folder};
use sluice_record::{Batch, Event, PluginDigest, Tag};
use sluice_sandbox::{ChunkError, Feed, Sandbox, SandboxConfig, Start, parse_chunk};
use sluice_worker::{PluginSet, SharedPlugins};

#[derive(clap::Parser)]
struct Arguments {
    /// Rounds: versions loaded of each plugin.
    #[arg(long, default_value_t = 9)]
    rounds: u32,
    /// Folder of the plugins' components.
    #[arg(long, env = "SLUICE_PLUGIN_DIR")]
    plugin_dir: PathBuf,
    /// Said by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

/// A way to load, and what it took, milliseconds.
struct Way {
    name: &'static str,
    sandbox: Sandbox,
    load: Rounds,
    to_record: Rounds,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    println!("{}", measure::machine());
    let mut names = vec![];
    for entry in fs::read_dir(&arguments.plugin_dir).context("`cargo xtask plugins` builds them")? {
        let path = entry?.path();
        names.extend(path.file_stem().filter(|_| path.extension().is_some_and(|end| end == "wasm")).map(PathBuf::from));
    }
    names.sort();
    ensure!(!names.is_empty(), "no plugin in {}", arguments.plugin_dir.display());
    for name in names {
        let component = fs::read(arguments.plugin_dir.join(&name).with_extension("wasm"))?;
        let cases = read_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins").join(&name).join("cases"))?;
        let case = cases.iter().find(|case| case.expected.as_ref().is_some_and(|rows| !rows.is_empty())).context("no case has a record")?;
        one(&name.display().to_string(), &component, case, arguments.rounds)?;
    }
    Ok(())
}

fn one(name: &str, component: &[u8], case: &Case, rounds: u32) -> Result<()> {
    println!("\n{name}: a component of {} bytes, {rounds} new versions of it", component.len());
    let cache = tempfile::tempdir()?;
    let way = |name, quick_start, folder: &str| -> Result<Way> {
        let config = SandboxConfig { cache_dir: Some(cache.path().join(folder)), quick_start, ..SandboxConfig::default() };
        Ok(Way { name, sandbox: Sandbox::new(&config)?, load: Rounds::new(), to_record: Rounds::new() })
    };
    let mut ways = [way("optimised", false, "compiled")?, way("quick", true, "quick")?, way("from cache", false, "kept")?];
    let plugins = SharedPlugins::default();
    for round in 0..rounds {
        let version = version(component, round);
        ways[2].sandbox.load(&version)?;
        for way in &mut ways {
            let begun = Instant::now();
            let plugin = way.sandbox.load(&version)?;
            way.load.push(begun.elapsed().as_secs_f64() * 1e3);
            let digest = plugin.digest();
            plugins.change(|set| set.activate(plugin));
            first_record(&plugins.current(), digest, case)?;
            way.to_record.push(begun.elapsed().as_secs_f64() * 1e3);
        }
    }
    for Way { name, load, to_record, .. } in &ways {
        let worst = to_record.most();
        println!(
            "  {name:<11} {:>6.1} ms median to the first record, {worst:.1} at worst; {:.1} of it loading",
            to_record.median(),
            load.median()
        );
    }
    println!("  {}", Target::AtMost(500.0).line(&format!("{name}, load to first record"), ways[0].to_record.median(), " ms"));
    let plugin = ways[2].sandbox.load(&version(component, 0))?;
    let idle = meter::resident_bytes(&plugin, b"")?;
    println!("  {}", Target::AtMost(50.0).line(&format!("{name}, instance start"), meter::start_seconds(&plugin)? * 1e6, " µs"));
    println!("  an idle instance holds {} KiB", idle.map_or("unknown".to_owned(), |bytes| (bytes >> 10).to_string()));
    Ok(())
}

/// The component with a custom section behind it: the same code, another digest.
fn version(component: &[u8], number: u32) -> Vec<u8> {
    let content = [&[7][..], b"version", &number.to_le_bytes()].concat();
    [component, &[0, content.len() as u8], &content].concat()
}

/// Reads until there is one.
fn first_record(plugins: &PluginSet, digest: PluginDigest, case: &Case) -> Result<()> {
    let plugin = plugins.get(digest).context("the version that was swapped in is not there")?;
    let mut left = case.bytes.as_slice();
    let mut read = |buffer: &mut Vec<u8>, wanted: usize| {
        buffer.extend_from_slice(left.split_off(..wanted.min(left.len())).unwrap_or_default());
        Ok(!left.is_empty())
    };
    let mut look = |batch: &mut Batch| match batch.events.iter().any(|word| Event(*word).tag() == Tag::RECORD.0) {
        true => Err("found"),
        false => Ok(()),
    };
    match parse_chunk(plugin, Start::default(), Feed::default(), &mut read, &mut look) {
        Err(ChunkError::Caller(_)) => Ok(()),
        Err(ChunkError::Fault(fault)) => Err(fault.into()),
        Ok(_) => bail!("there is no record in {}", case.name),
    }
}
