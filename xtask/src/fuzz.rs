//! `cargo xtask fuzz`: libFuzzer on intake and on every plugin, each begun with its cases; then what it kept is shown to the plugin in the
//! sandbox. What was found lies in target/fuzz/found, and belongs into the cases.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use crate::{plugins, shell};

/// Bytes of an input.
const INPUT_BYTES_MAX: u32 = 64 << 10;
/// Of the process, with libFuzzer's own.
const MEMORY_MIB_MAX: u32 = 1024;
/// Of one input.
const SECONDS_MAX: u32 = 10;

/// How long, and what.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Seconds for all targets together.
    #[arg(long, default_value_t = 1800)]
    pub(crate) seconds: u64,
    /// Inputs a target, made from a seed that is always the same, so that the same sources come to the same end.
    #[arg(long)]
    pub(crate) runs: Option<u64>,
    /// Plugins by name, or `intake`; without any, all.
    pub(crate) targets: Vec<String>,
}

pub(crate) fn run(root: &Path, args: &Args) -> Result<()> {
    let names = targets(root, &args.targets)?;
    let components = plugins::build(root)?;
    let program = build(root)?;
    shell::run(shell::cargo(root).args(["build", "--workspace", "--bins"]))?;
    let replay = shell::target_dir(root).join("debug/replay");
    let each = Duration::from_secs(args.seconds) / u32::try_from(names.len())?;
    let (begun, mut broken) = (Instant::now(), Vec::new());
    for name in &names {
        shell::step(&format!("fuzz {name} for {} s", each.as_secs().max(1)));
        let corpus = fuzz(root, &program, name, each, args.runs).or_else(|error| {
            broken.push(format!("{name}: {error}"));
            folder(root, "corpus", name)
        })?;
        let component = components.iter().find(|path| path.file_stem().is_some_and(|stem| *stem == **name));
        if let Some(component) = component
            && let Err(error) = shell::run(Command::new(&replay).arg(component).arg(&corpus))
        {
            broken.push(format!("{name} in the sandbox: {error}"));
        }
    }
    println!("fuzz: {} targets, {} failed, {} s", names.len(), broken.len(), begun.elapsed().as_secs());
    ensure!(broken.is_empty(), "{}\nthe inputs are in {}", broken.join("\n"), found(root).display());
    Ok(())
}

/// All plugins and intake, or those asked for.
fn targets(root: &Path, wanted: &[String]) -> Result<Vec<String>> {
    let mut all = vec!["intake".to_owned()];
    for entry in fs::read_dir(root.join("plugins"))? {
        let path = entry?.path();
        if path.join("Cargo.toml").is_file() {
            all.extend(path.file_name().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    all.sort();
    if let Some(unknown) = wanted.iter().find(|name| !all.contains(name)) {
        bail!("no target `{unknown}`; there are {}", all.join(" "));
    }
    Ok(if wanted.is_empty() { all } else { wanted.to_vec() })
}

fn build(root: &Path) -> Result<PathBuf> {
    shell::need(&[("g++", "g++")])?;
    let (folder, target) = (root.join("conformance/fuzz"), shell::target_dir(root).join("fuzz/build"));
    // Told, so that what is compiled for it can be told from what build scripts link.
    let host = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let mut cargo = shell::cargo(&folder);
    cargo.args(["build", "--locked", "--target", &host]).env("CARGO_TARGET_DIR", &target).env("RUSTC_WRAPPER", folder.join("instrument"));
    shell::run(&mut cargo)?;
    Ok(target.join(host).join("debug/sluice-fuzz"))
}

fn found(root: &Path) -> PathBuf {
    shell::target_dir(root).join("fuzz/found")
}

fn folder(root: &Path, what: &str, name: &str) -> Result<PathBuf> {
    let folder = shell::target_dir(root).join("fuzz").join(what).join(name);
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    Ok(folder)
}

/// All files in a folder, sorted; none, if it is not there.
fn files(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path.to_string_lossy().into_owned());
        }
    }
    found.sort();
    Ok(found)
}

fn fuzz(root: &Path, program: &Path, name: &str, time: Duration, runs: Option<u64>) -> Result<PathBuf> {
    let corpus = folder(root, "corpus", name)?;
    if runs.is_some() {
        // What an earlier run kept would make it another one.
        fs::remove_dir_all(&corpus)?;
        fs::create_dir(&corpus)?;
    }
    let found = folder(root, "found", name)?;
    let mut command = Command::new(program);
    command.env("SLUICE_FUZZ", name).arg(&corpus);
    let seeds = if name == "intake" { "host/intake/tests/it/cases".into() } else { format!("plugins/{name}/cases") };
    // In an order of ours, for a folder's is another one on each disk.
    let seeds = files(&root.join(seeds))?;
    command.args((!seeds.is_empty()).then(|| format!("-seed_inputs={}", seeds.join(","))));
    command.arg(format!("-max_total_time={}", time.as_secs().max(1)));
    if let Some(runs) = runs {
        command.args(["-seed=1".into(), format!("-runs={runs}")]);
    }
    command.arg(format!("-max_len={INPUT_BYTES_MAX}")).arg(format!("-timeout={SECONDS_MAX}"));
    command.arg(format!("-rss_limit_mb={MEMORY_MIB_MAX}")).arg(format!("-artifact_prefix={}/", found.display()));
    command.args(["-print_final_stats=1", "-verbosity=0", "-len_control=10"]);
    shell::run(&mut command)?;
    Ok(corpus)
}
