//! `cargo xtask test`: every test of the host, the plugins and the SDK, natively, with the plugins built before.
//!
//! A suite that fails does not keep the others from running. The chore installs servers and starts none: tests that need one
//! start and stop it themselves.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::Stdio,
    time::Instant,
};

use anyhow::{Context, Result, ensure};

use crate::{languages, plugins, servers, shell};

/// Where plugins and SDK are built natively: one folder, so that they share dependencies.
pub(crate) fn native_target_dir(root: &Path) -> PathBuf {
    shell::target_dir(root).join("plugins-native")
}

/// `seeds`: how many the simulation of control tries.
pub(crate) fn run(root: &Path, seeds: u32) -> Result<()> {
    let begun = Instant::now();
    shell::need(&[("mariadbd", "mariadb-server"), ("python3", "python3"), ("git", "git")])?;
    languages::install(root)?;
    let servers = servers::install(root)?;
    shell::step("plugins");
    plugins::build(root)?;
    let mut totals = Totals::default();
    for folder in ["", "plugins", "sdk/rust"] {
        shell::step(&format!("test {folder}"));
        totals.suite(root, folder, seeds, &servers)?;
    }
    let Totals { passed, failed, ignored, suites_failed } = totals;
    println!("tests: {passed} passed, {failed} failed, {ignored} ignored in {} s", begun.elapsed().as_secs());
    ensure!(suites_failed.is_empty(), "`cargo test` failed in {}", suites_failed.join(", "));
    ensure!(passed > 0, "no test was run");
    Ok(())
}

#[derive(Default)]
struct Totals {
    passed: u64,
    failed: u64,
    ignored: u64,
    suites_failed: Vec<String>,
}

impl Totals {
    /// Runs a workspace's tests, passing their output through.
    fn suite(&mut self, root: &Path, folder: &str, seeds: u32, servers: &[(&str, String)]) -> Result<()> {
        let mut cargo = shell::cargo(&root.join(folder));
        cargo
            .args(["test", "--workspace", "--no-fail-fast"])
            .env("SLUICE_PLUGIN_DIR", plugins::folder(root))
            .env("SLUICE_TEST_LANGUAGES", "all")
            .env("SLUICE_SEEDS", seeds.to_string())
            .envs(servers.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::piped());
        if !folder.is_empty() {
            cargo.env("CARGO_TARGET_DIR", native_target_dir(root));
        }
        let mut running = cargo.spawn().context("cannot start cargo")?;
        if let Some(output) = running.stdout.take() {
            for line in BufReader::new(output).split(b'\n') {
                let line = line?;
                let line = String::from_utf8_lossy(&line);
                println!("{line}");
                self.count(&line);
            }
        }
        if !running.wait()?.success() {
            self.suites_failed.push(if folder.is_empty() { "the root".to_owned() } else { folder.to_owned() });
        }
        Ok(())
    }

    /// `test result: ok. 12 passed; 0 failed; 1 ignored; …`
    fn count(&mut self, line: &str) {
        let Some((_, counts)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". ")) else { return };
        for (number, what) in counts.split("; ").filter_map(|part| part.split_once(' ')) {
            let number: u64 = number.parse().unwrap_or(0);
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}
