//! Judges a plugin by the clauses of the contract, with nothing but its component and its cases: [`judge`] gives a [`Report`].
//!
//! [`clauses`] has the clauses: what is asked, why, and what to do; `tries` how each is tried. What a plugin made of a member is a list of
//! rows, which hangs on neither pushes nor chunks (`story`); an input at which a clause breaks is cut down to the bytes that matter
//! (`minimise`). All is deterministic: the same component and cases give the same report.
//!
//! Deliberately not here: how a report looks (the binary's), and speed, which is for benches.
#![forbid(unsafe_code)]

mod cases;
pub mod clauses;
mod minimise;
mod story;
mod tries;

use std::sync::Arc;

use serde::Serialize;
use sluice_record::Descriptor;
use sluice_sandbox::{LoadError, Plugin, Sandbox, SandboxConfig, SandboxError};

use tries::Try;

pub use cases::{Case, read_folder};
pub use clauses::Clause;

/// How long to go on.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Bytes of the line that never ends.
    pub long_line_bytes: u64,
    /// Damaged variants of each case.
    pub variants: u32,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { long_line_bytes: 100_000_000, variants: 64 }
    }
}

/// What came of judging a plugin.
#[derive(Debug, Serialize)]
pub struct Report {
    /// What it says of itself, if it could be loaded.
    pub plugin: Option<Descriptor>,
    /// One a clause, in order.
    pub verdicts: Vec<Verdict>,
}

impl Report {
    /// Does no clause break?
    pub fn holds(&self) -> bool {
        !self.verdicts.iter().any(|verdict| matches!(verdict.outcome, Outcome::Broken(_)))
    }
}

/// What came of one clause.
#[derive(Debug, Serialize)]
pub struct Verdict {
    /// Which.
    pub clause: &'static Clause,
    /// How it went.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// How a clause was judged.
#[derive(Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// It holds, as far as was looked.
    Held {
        /// Times the plugin was run for it.
        tries: u64,
    },
    /// It does not.
    Broken(Finding),
    /// It was not judged.
    Open {
        /// Because of what.
        why: String,
    },
}

/// Where a clause breaks.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// In which case, or what else was read.
    pub case: String,
    /// What was done and what was seen.
    pub what: String,
    /// The smallest input found at which it breaks too; none if the input has nothing to do with it. In JSON `input_hex`.
    #[serde(rename = "input_hex", serialize_with = "in_hex", skip_serializing_if = "Option::is_none")]
    pub input: Option<Vec<u8>>,
}

fn in_hex<S: serde::Serializer>(input: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex::encode(input.as_deref().unwrap_or_default()))
}

/// Judges a component. `strangers` are cases of other formats, which it must leave alone; `begun` hears of each clause before it is tried.
///
/// # Errors
/// If there is no sandbox to judge it in.
pub fn judge(
    component: &[u8],
    cases: &[Case],
    strangers: &[Case],
    bounds: Bounds,
    begun: &mut dyn FnMut(&'static Clause),
) -> Result<Report, SandboxError> {
    let sandbox = Sandbox::new(&SandboxConfig::default())?;
    let quick = Sandbox::new(&SandboxConfig { quick_start: true, ..SandboxConfig::default() })?;
    begun(&clauses::DESCRIBES);
    let loaded = load(&[&sandbox, &sandbox, &quick], component);
    let [plugin, fresh, quick] = match loaded {
        Ok(plugins) => plugins,
        Err(error) => return Ok(unloaded(&error)),
    };
    let descriptor = plugin.descriptor().clone();
    let bench = tries::Bench { plugin, fresh, quick, cases, strangers, bounds };
    let mut verdicts = vec![Verdict { clause: &clauses::DESCRIBES, outcome: Outcome::Held { tries: 3 } }];
    let mut is_readable = true;
    for Try { clause, run, reads_cases } in &tries::ALL {
        begun(clause);
        let outcome = if *reads_cases && !is_readable {
            Outcome::Open { why: format!("a case could not be read: see `{}`", clauses::TILES.name) }
        } else {
            run(&bench)
        };
        is_readable &= **clause != clauses::TILES || !matches!(outcome, Outcome::Broken(_));
        verdicts.push(Verdict { clause, outcome });
    }
    Ok(Report { plugin: Some(descriptor), verdicts })
}

fn load<const N: usize>(sandboxes: &[&Sandbox; N], component: &[u8]) -> Result<[Arc<Plugin>; N], LoadError> {
    let mut plugins = Vec::with_capacity(N);
    for sandbox in sandboxes {
        plugins.push(sandbox.load(component)?);
    }
    plugins.try_into().map_err(|_| LoadError::Invalid { what: "not every sandbox has it".into() })
}

fn unloaded(error: &LoadError) -> Report {
    let finding = Finding { case: "the component".into(), what: error.to_string(), input: None };
    let first = Verdict { clause: &clauses::DESCRIBES, outcome: Outcome::Broken(finding) };
    let open = |clause| Verdict { clause, outcome: Outcome::Open { why: "it could not be loaded".into() } };
    Report { plugin: None, verdicts: std::iter::once(first).chain(tries::ALL.iter().map(|tried| open(tried.clause))).collect() }
}
