//! The time from pressing enter to the first record on the screen: fresh processes, a pipe for a screen.
//!
//! Cold: no compiled plugin is cached anywhere, all plugins have to be compiled. Warm: the cache has what an earlier run left.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::Child,
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use sluice_conformance::measure::{Rounds, Target};

const FIRST_RECORD_MS_MAX: f64 = 300.0;

/// Times starts with cold and warm caches, in turn.
pub(crate) fn records(program: &Path, dump: &Path, starts: usize) -> Result<()> {
    let kept = tempfile::tempdir()?;
    // What makes the cache warm: one run that nobody waits for.
    super::sluice(program, dump, kept.path()).stdout(std::process::Stdio::null()).status()?;
    let (mut cold, mut warm) = (Rounds::new(), Rounds::new());
    for _ in 0..starts {
        let fresh = tempfile::tempdir()?;
        cold.push(first_record_ms(program, dump, fresh.path())?);
        warm.push(first_record_ms(program, dump, kept.path())?);
    }
    for (name, ms) in [("cold", &cold), ("warm", &warm)] {
        println!("first record, {name}: median {:.0} ms, {:.0} to {:.0}", ms.median(), ms.least(), ms.most());
    }
    println!("{}", Target::AtMost(FIRST_RECORD_MS_MAX).line("first record, cold", cold.median(), " ms"));
    println!("{}", Target::AtMost(FIRST_RECORD_MS_MAX).line("first record, warm", warm.median(), " ms"));
    Ok(())
}

fn first_record_ms(program: &Path, dump: &Path, cache: &Path) -> Result<f64> {
    let mut command = super::sluice(program, dump, cache);
    let begun = Instant::now();
    let mut child = command.spawn()?;
    let ms = read_line(&mut child).map(|()| begun.elapsed().as_secs_f64() * 1e3);
    // The pipe is closed by now; it is not waited for longer than it takes to end.
    let status = child.wait()?;
    ensure!(status.success(), "a closed pipe is no failure, but it ended with {status}");
    ms
}

fn read_line(child: &mut Child) -> Result<()> {
    let mut line = Vec::new();
    BufReader::new(child.stdout.take().context("its output is a pipe")?).read_until(b'\n', &mut line)?;
    ensure!(line.starts_with(b"{") && line.ends_with(b"}\n"), "the first line is no record");
    Ok(())
}
