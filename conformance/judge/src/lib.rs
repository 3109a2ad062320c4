//! Judges a plugin by the clauses of the contract, with nothing but its component and its cases: [`judge`] gives a [`Report`].
//!
//! [`clauses`] has the clauses: what is asked, why, and what to do; `tries` how each is tried, `spending` those of a [`Budget`]. What a plugin
//! made of a member is a list of rows, which hangs on neither pushes nor chunks (`story`); an input at which a clause breaks is cut down to
//! the bytes that matter (`minimise`). It is judged by an engine that counts instructions, which the service's does not: the same
//! component and cases give the same report on every machine, but for what it says of speed, whose bound is wide.
//!
//! What fails is held against one clause: where a case cannot be read at all, those that stand on reading it stay open.
//!
//! Deliberately not here: how a report looks (the binary's).
#![forbid(unsafe_code)]

mod budget;
mod cases;
mod chunks;
pub mod clauses;
mod machines;
pub mod meter;
mod minimise;
mod spending;
mod story;
mod tries;

use std::{io, time::Duration};

use serde::Serialize;
use sluice_record::Descriptor;
use sluice_sandbox::{LoadError, SandboxError};

use machines::{Machines, Unloaded};
use tries::Try;

pub use budget::{Budget, Declared};
pub use cases::{Case, read_folder};
pub use clauses::Clause;

/// What is known of a plugin beside its component.
#[derive(Clone, Copy, Default, Debug)]
pub struct Known<'a> {
    /// Its own cases.
    pub cases: &'a [Case],
    /// Cases of other formats, which it must leave alone.
    pub strangers: &'a [Case],
    /// What is declared of its budget.
    pub budget: Declared,
}

/// How long to go on.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Bytes of the line that never ends.
    pub long_line_bytes: u64,
    /// Damaged variants of each case.
    pub variants: u32,
    /// Bytes of cases, over and over, by which memory, instructions and time are measured.
    pub metered_bytes: usize,
    /// Bytes that a case is repeated to, so that a plugin's scan cuts it.
    pub chunked_bytes: usize,
    /// Time to cut down the input at which a clause breaks.
    pub minimising: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            long_line_bytes: 100_000_000,
            variants: 64,
            metered_bytes: 1 << 20,
            chunked_bytes: 5 << 19,
            minimising: Duration::from_secs(10),
        }
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
        /// What was measured, if something was.
        #[serde(skip_serializing_if = "Option::is_none")]
        measured: Option<String>,
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
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// In which case, or what else was read.
    pub case: String,
    /// What was done and what was seen.
    pub what: String,
    /// The smallest input found at which it breaks too; of `finds` the stretch of the case, of `endless` what is repeated, of
    /// `chunks`, where a case must be long to be cut, what stands around the cut. None if the input
    /// has nothing to do with it. In JSON `input_hex`.
    #[serde(rename = "input_hex", serialize_with = "in_hex", skip_serializing_if = "Option::is_none")]
    pub input: Option<Vec<u8>>,
}

fn in_hex<S: serde::Serializer>(input: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex::encode(input.as_deref().unwrap_or_default()))
}

/// Why nothing could be judged.
#[derive(Debug, thiserror::Error)]
pub enum JudgeError {
    /// There is no sandbox to judge it in.
    #[error(transparent)]
    Sandbox(SandboxError),
    /// There is no room for compile caches.
    #[error("a folder for a while cannot be used")]
    Folder(#[source] io::Error),
}

/// Judges a component. `begun` hears of each clause before it is tried.
///
/// # Errors
/// What the judge lacks; whatever is wrong with the component is in the report.
pub fn judge(component: &[u8], known: Known<'_>, bounds: Bounds, begun: &mut dyn FnMut(&'static Clause)) -> Result<Report, JudgeError> {
    let budget = known.budget.of(component);
    begun(&clauses::DESCRIBES);
    let machines = match Machines::load(component, budget) {
        Ok(machines) => machines,
        Err(Unloaded::Component(error)) => return Ok(unloaded(&error)),
        Err(Unloaded::Sandbox(error)) => return Err(JudgeError::Sandbox(error)),
        Err(Unloaded::Folder(error)) => return Err(JudgeError::Folder(error)),
    };
    let descriptor = machines.judged.descriptor().clone();
    let mut verdicts = vec![Verdict { clause: &clauses::DESCRIBES, outcome: tries::held(machines.loads()) }];
    let cases = match known.cases.iter().map(|case| case.joined(&machines.judged)).collect::<Result<Vec<_>, _>>() {
        Ok(cases) => cases,
        Err(finding) => {
            verdicts.push(Verdict { clause: &clauses::CLAIMS, outcome: Outcome::Broken(finding) });
            let why = "the members of a case are not joined: see `claims`";
            let rest = tries::ALL.iter().map(|tried| tried.clause).filter(|clause| **clause != clauses::CLAIMS);
            verdicts.extend(rest.map(|clause| Verdict { clause, outcome: Outcome::Open { why: why.into() } }));
            return Ok(Report { plugin: Some(descriptor), verdicts: in_order(verdicts) });
        }
    };
    let bench = tries::Bench { machines, cases: &cases, strangers: known.strangers, budget, bounds };
    let unreadable = tries::unreadable(&bench);
    for Try { clause, run, reads_cases } in &tries::ALL {
        begun(clause);
        let outcome = match &unreadable {
            Some((broken, finding)) if broken == clause => Outcome::Broken(finding.clone()),
            Some((broken, _)) if *reads_cases => Outcome::Open { why: format!("a case could not be read: see `{}`", broken.name) },
            _ => run(&bench),
        };
        verdicts.push(Verdict { clause, outcome });
    }
    Ok(Report { plugin: Some(descriptor), verdicts: in_order(verdicts) })
}

fn unloaded(error: &LoadError) -> Report {
    let finding = Finding { case: "the component".into(), what: error.to_string(), input: None };
    let first = Verdict { clause: &clauses::DESCRIBES, outcome: Outcome::Broken(finding) };
    let open = |clause| Verdict { clause, outcome: Outcome::Open { why: "it could not be loaded".into() } };
    let verdicts = std::iter::once(first).chain(tries::ALL.iter().map(|tried| open(tried.clause))).collect();
    Report { plugin: None, verdicts: in_order(verdicts) }
}

fn in_order(mut verdicts: Vec<Verdict>) -> Vec<Verdict> {
    verdicts.sort_by_key(|verdict| verdict.clause.number);
    verdicts
}
