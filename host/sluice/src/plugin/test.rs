//! `sluice plugin test`: has a component judged, and shows what came of it. The clauses and how they are tried are the judge's.
#![allow(clippy::print_stdout)]

use std::{
    fs,
    io::IsTerminal as _,
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};
use sluice_judge::{Bounds, Case, Clause, Declared, Finding, Known, Outcome, Report, Verdict, judge, read_folder};

use super::junit;
use crate::exit::{Failure, Sysexit};

/// Of an input at which a clause breaks, what is shown.
const SHOWN_BYTES_MAX: usize = 300;

/// Judge a component by every clause of the contract: tiling, pushes, chunks, damaged input, endless lines …
///
/// A case is a file that has NAME.jsonl beside it, with the records and rejects that are in it, a JSON object a line: a record as
/// `sluice parse` prints it, a reject as {"reject": REASON}. If no file of the folder has one, every file is a case. What the plugin may
/// use is said in budget.json there: {"memory_mib": 16, "fuel_millions_per_mib": 512, "slowdown": 2000} is what holds for most if nothing
/// is. Ends with 65 if a clause breaks, with the smallest input at which it does.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example: sluice plugin test people-list.wasm --cases cases --strangers ../other-format/cases --junit report.xml")]
pub(crate) struct Args {
    /// The component.
    component: PathBuf,
    /// The folder of its cases.
    #[arg(long, value_name = "FOLDER")]
    cases: Option<PathBuf>,
    /// Folders of other formats' cases, which it must not claim; may be given several times.
    #[arg(long, value_name = "FOLDER")]
    strangers: Vec<PathBuf>,
    /// Bytes of the line that never ends.
    #[arg(long, value_name = "BYTES", default_value_t = Bounds::default().long_line_bytes)]
    long_line_bytes: u64,
    /// Damaged variants of each case.
    #[arg(long, value_name = "NUMBER", default_value_t = Bounds::default().variants)]
    variants: u32,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
    /// Write the report as JUnit's XML too, a test case a clause.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let component = fs::read(&args.component).map_err(|error| {
        let message = format!("cannot read {}: {error}", args.component.display());
        Failure::new(
            Sysexit::NoInput,
            message,
            "give the .wasm component that `sluice plugin build` made; `cargo xtask plugins` makes the official ones",
        )
    })?;
    let cases = args.cases.as_deref().map_or(Ok(vec![]), cases)?;
    let budget = args.cases.as_deref().map_or(Ok(Declared::default()), Declared::read).map_err(|error| {
        Failure::new(Sysexit::NoInput, format!("the budget cannot be read: {error}"), "see `sluice plugin test --help`")
    })?;
    let mut strangers = vec![];
    for folder in &args.strangers {
        strangers.extend(self::cases(folder)?);
    }
    let bounds = Bounds { long_line_bytes: args.long_line_bytes, variants: args.variants, ..Bounds::default() };
    let known = Known { cases: &cases, strangers: &strangers, budget };
    let shows_progress = !args.json && std::io::stderr().is_terminal();
    let report = judge(&component, known, bounds, &mut |clause| {
        if shows_progress {
            eprint_progress(clause.number, clause.name);
        }
    })?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print(&report, &args.component);
    }
    if let Some(path) = &args.junit {
        fs::write(path, junit::render(&report)?).map_err(|error| {
            let message = format!("cannot write {}: {error}", path.display());
            Failure::new(Sysexit::OsErr, message, "--junit names a file in a folder that is there")
        })?;
    }
    if report.holds() {
        return Ok(());
    }
    bail!(Failure::new(Sysexit::DataErr, "the plugin breaks a clause of the contract", "docs/plugin-reference.md says what each asks for"))
}

#[allow(clippy::print_stderr)]
fn eprint_progress(number: u8, name: &str) {
    eprint!("\r\x1b[K{number} {name} …\r");
}

fn cases(folder: &Path) -> Result<Vec<Case>> {
    Ok(read_folder(folder).map_err(|error| {
        let hint = "give a folder of files of your format, each with its records in NAME.jsonl beside it";
        Failure::new(Sysexit::NoInput, format!("the cases cannot be read: {error}"), hint)
    })?)
}

fn print(report: &Report, component: &Path) {
    match &report.plugin {
        Some(plugin) => println!("{} {}, {}", plugin.name, plugin.version, component.display()),
        None => println!("{}", component.display()),
    }
    report.verdicts.iter().for_each(print_verdict);
}

fn print_verdict(Verdict { clause, outcome }: &Verdict) {
    let (number, name) = (clause.number, clause.name);
    match outcome {
        Outcome::Held { tries, measured: None } => println!("{number:>2} {name:<10} ok      {tries} tries"),
        Outcome::Held { measured: Some(measured), .. } => println!("{number:>2} {name:<10} ok      {measured}"),
        Outcome::Open { why } => println!("{number:>2} {name:<10} open    {why}"),
        Outcome::Broken(finding) => {
            println!("{number:>2} {name:<10} BROKEN  {}: {}", finding.case, finding.what);
            explanation(clause, finding).iter().for_each(|(label, text)| println!("    {label:<6} {text}"));
        }
    }
}

/// What an author needs to find what is wrong: the input at which it goes wrong, and what the clause is for.
pub(super) fn explanation(clause: &Clause, finding: &Finding) -> Vec<(&'static str, String)> {
    let mut lines = vec![];
    if let Some(input) = &finding.input {
        let shown = &input[..input.len().min(SHOWN_BYTES_MAX)];
        let more = if shown.len() < input.len() { "…" } else { "" };
        lines.push(("input", format!("{} bytes: b\"{}\"{more}", input.len(), shown.escape_ascii())));
    }
    lines.extend([("rule", clause.rule), ("why", clause.why), ("hint", clause.hint)].map(|(label, text)| (label, text.to_owned())));
    lines
}
