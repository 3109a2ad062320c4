//! The judge judged: the official plugins hold, and each misbehaviour breaks the clause it is about.
#![allow(clippy::unwrap_used)] // a test may fail where it stands

mod planted;

use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use sluice_conformance::hostile::{self, PLUGINS, QUIET};
use sluice_judge::{Bounds, Case, Declared, Finding, Known, Outcome, Report, Verdict, judge, read_folder};
use sluice_record::limits;

const BOUNDS: Bounds =
    Bounds { long_line_bytes: 8 << 20, variants: 16, metered_bytes: 256 << 10, chunked_bytes: 5 << 18, minimising: Duration::from_secs(1) };

fn case(name: &str, text: &str, expected: Option<&str>) -> Case {
    let expected = expected.map(|lines| lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect());
    Case { name: name.into(), bytes: text.into(), expected, ..Case::default() }
}

/// Lines that the honest plugin, of which the hostile ones are made, can read.
fn own() -> Vec<Case> {
    let expected =
        "{\"email\":\"one@example.com\",\"password\":\"a\"}\n{\"email\":\"two@x.org\",\"password\":\"bcd\"}\n{\"reject\":\"no-separator\"}";
    let without_end = "{\"email\":\"one@example.com\",\"password\":\"a\"}\n{\"email\":\"last@example.net\",\"password\":\"z\"}";
    vec![
        case("some.txt", "one@example.com:a\ntwo@x.org:bcd\n\nnothing\n", Some(expected)),
        case("last.txt", "one@example.com:a\nlast@example.net:z", Some(without_end)),
    ]
}

fn judged(component: &[u8], cases: &[Case], strangers: &[Case], bounds: Bounds) -> Report {
    judge(component, Known { cases, strangers, budget: Declared::default() }, bounds, &mut |_| {}).unwrap()
}

fn finding<'r>(report: &'r Report, clause: &str) -> Option<&'r Finding> {
    report.verdicts.iter().filter(|verdict| verdict.clause.name == clause).find_map(|verdict| match &verdict.outcome {
        Outcome::Broken(finding) => Some(finding),
        _ => None,
    })
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Where `cargo xtask plugins` puts them.
fn official_folder() -> PathBuf {
    env::var_os("SLUICE_PLUGIN_DIR").map_or_else(|| root().join("target/plugins"), Into::into)
}

/// The official plugins, by name.
fn official() -> Vec<String> {
    let folders = fs::read_dir(root().join("plugins")).unwrap().map(|entry| entry.unwrap().path());
    let folders = folders.filter(|folder| folder.join("Cargo.toml").is_file());
    let mut names: Vec<_> = folders.map(|folder| folder.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

/// Does something with each, two at a time: there are many.
fn side_by_side<T: Sync>(all: &[T], each: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let the_rest = || {
        while let Some(one) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
            each(one);
        }
    };
    thread::scope(|scope| (0..2).for_each(|_| drop(scope.spawn(the_rest))));
}

/// Of an official plugin.
fn cases(plugin: &str) -> Vec<Case> {
    let cases = read_folder(&root().join("plugins").join(plugin).join("cases")).unwrap();
    assert!(!cases.is_empty() && cases.iter().all(|case| case.expected.is_some()), "{plugin}");
    cases
}

fn broken(report: &Report) -> Vec<&'static str> {
    let is_broken = report.verdicts.iter().filter(|verdict| matches!(verdict.outcome, Outcome::Broken(_)));
    is_broken.map(|verdict| verdict.clause.name).collect()
}

#[test]
fn the_honest_plugin_holds_and_every_clause_was_judged() {
    let report = judged(&hostile::honest().unwrap(), &own(), &[], BOUNDS);
    assert!(report.verdicts.iter().all(|verdict| matches!(verdict.outcome, Outcome::Held { tries, .. } if tries > 0)), "{report:#?}");
    let numbers: Vec<_> = report.verdicts.iter().map(|verdict| verdict.clause.number).collect();
    assert_eq!(numbers, (1..=14).collect::<Vec<_>>());
}

/// Who breaks which clause, and a word its report must have.
const EXACTLY: &[(&str, &str, &str)] = &[
    ("import-clock", "describes", "imports `sluice:parser/clock@0.1.0`"),
    ("import-forbidden", "describes", "imports `wasi:http/types@0.2.0`"),
    ("describe-name", "describes", "`name` must be"),
    ("describe-trap", "describes", "unreachable"),
    ("describe-giant", "describes", "describe"),
    ("export-nothing", "describes", "does not export"),
    ("import-host-extra", "describes", "read-file"),
    ("module", "describes", "no WebAssembly component"),
    ("start-loop", "describes", "used up its instructions"),
    ("claims-nothing", "claims", "its own, with 0"),
    ("probe-confident", "claims", "confidence of 200"),
    ("probe-loop", "claims", "used up its instructions"),
    ("claims-everything", "leaves", "with 99, because: lines of a:b"),
    ("trap", "traps", "unreachable"),
    ("stack", "traps", "stack"),
    ("error", "traps", "no-separator"),
    ("open-error", "traps", "no-separator"),
    ("gap", "tiles", "gap of 1 bytes"),
    ("overlap", "tiles", "overlaps"),
    ("outside-chunk", "tiles", "outside the chunk"),
    ("outside-arena", "tiles", "outside the arena"),
    ("record-outside-chunk", "tiles", "outside the chunk"),
    ("column-in-chunk", "tiles", "column"),
    ("column-unnamed", "tiles", "not named"),
    ("consumed-too-much", "tiles", "it consumed"),
    ("tail-gap", "tiles", "accounted for"),
    ("stall", "tiles", "unread"),
    ("empty-record", "tiles", "is empty"),
    ("field-without-record", "tiles", "follows no record"),
    ("reason-of-input", "tiles", "reason"),
    ("reject-without-reason", "tiles", "reason"),
    ("tag-unknown", "tiles", "no meaning"),
    ("cut-while-pushing", "tiles", "outside `scan`"),
    ("error-outside-memory", "tiles", "push"),
    ("emit-arena", "tiles", "arena bytes for"),
    ("emit", "tiles", "events for"),
    ("log-flood", "finds", "and is nothing"),
    ("loses-last-line", "finds", "number 2 should be {\"email\":\"last@example.net\",\"password\":\"z\"} and is nothing"),
    ("takes-push-ends", "pushes", "in pushes of 1 bytes"),
    ("counts-pushes", "pushes", "in pushes of 1 bytes"),
    ("skips-chunk-begin", "chunks", "skipped"),
    ("cut-backwards", "chunks", "a cut at byte"),
    ("cut-context", "chunks", "context"),
    ("cut-flood", "chunks", "a cut at byte"),
    ("cut-outside", "chunks", "outside the chunk"),
    ("cut-outside-much", "chunks", "scanned over and over: "),
    ("emit-while-scanning", "chunks", "outside `push`"),
    #[cfg(target_arch = "x86_64")] // elsewhere the other compiler is none
    ("recurses", "repeats", "read compiled by another compiler: "),
    ("traps-on-damage", "survives", "unreachable"),
    ("traps-on-long-lines", "endless", "8388608 bytes of it"),
    ("allocate", "memory", "bytes of memory"),
    ("hoards", "memory", "of 16.0 MiB at most"),
    ("loop", "fuel", "used up its instructions"),
    ("counts-at-lines", "fuel", "million instructions a MiB"),
    ("calls-at-lines", "speed", "slow"),
];

#[test]
fn each_misbehaviour_breaks_exactly_its_clause() {
    for (name, clause, word) in EXACTLY {
        let scans = name.starts_with("cut-") && *name != "cut-while-pushing" || *name == "emit-while-scanning";
        let component = if scans { hostile::scanning(name) } else { hostile::hostile(name) };
        let report = judged(&component.unwrap(), &own(), &[], BOUNDS);
        assert_eq!(broken(&report), [*clause], "{name}: {report:#?}");
        let finding = finding(&report, clause);
        assert!(finding.unwrap().what.contains(word), "{name}: {finding:#?}");
    }
}

#[test]
fn each_clause_is_broken_by_somebody_and_each_hostile_plugin_is_tried() {
    let report = judged(&hostile::hostile("module").unwrap(), &[], &[], BOUNDS);
    for verdict in &report.verdicts {
        let name = verdict.clause.name;
        assert!(EXACTLY.iter().any(|(_, clause, _)| *clause == name) || cfg!(not(target_arch = "x86_64")) && name == "repeats", "{name}");
    }
    // To log without end is to loop, only that it takes a minute until the instructions are used up.
    for (name, _) in PLUGINS.iter().chain(QUIET).filter(|(name, _)| *name != "log") {
        assert!(EXACTLY.iter().any(|(tried, ..)| tried == name) || cfg!(not(target_arch = "x86_64")) && *name == "recurses", "{name}");
    }
}

#[test]
fn the_reference_has_each_clause_and_bound_as_it_is() {
    let text = fs::read_to_string(root().join("docs/plugin-reference.md")).unwrap();
    for Verdict { clause, .. } in &judged(&hostile::hostile("module").unwrap(), &[], &[], BOUNDS).verdicts {
        let row = format!("| {} | `{}` | {} |\n", clause.number, clause.name, clause.rule);
        assert!(text.contains(&row), "the reference lacks: {row}");
    }
    let mib = |bytes: usize| format!("{} MiB", bytes >> 20);
    let rows = [
        ("asks for memory", mib(limits::GUEST_MEMORY_BYTES_MAX)),
        ("a call takes too long", format!("{} s", limits::CALL_DEADLINE_MS / 1000)),
        ("a cut's context", format!("{} KiB", limits::CONTEXT_BYTES_MAX >> 10)),
        ("consumes nothing of a long buffer", mib(limits::RECORD_BYTES_MAX)),
        ("logs", format!("{} lines a call, {} bytes", limits::LOG_LINES_PER_CALL_MAX, limits::LOG_LINE_BYTES_MAX)),
        ("a reject has no reason", format!("1–{} bytes", limits::REASON_BYTES_MAX)),
    ];
    for (what, bound) in rows {
        assert!(text.lines().any(|line| line.starts_with(&format!("| {what}")) && line.contains(&bound)), "{what}: {bound}");
    }
    let chunked = format!("{:.1} MiB", Bounds::default().chunked_bytes as f64 / f64::from(1 << 20));
    assert!(text.contains(&chunked), "{chunked}");
}

#[test]
fn what_is_found_is_compared_with_what_was_written_down() {
    let mut cases = own();
    cases[0].expected.as_mut().unwrap().remove(1);
    let report = judged(&hostile::honest().unwrap(), &cases, &[], BOUNDS);
    assert_eq!(broken(&report), ["finds"]);
}

#[test]
fn the_official_plugins_hold() {
    let official = official();
    assert!(official.len() >= 3, "{official:?}");
    side_by_side(&official, |plugin| {
        let strangers: Vec<Case> = official.iter().filter(|other| *other != plugin).flat_map(|other| cases(other)).collect();
        let component = fs::read(official_folder().join(plugin).with_extension("wasm")).expect("`cargo xtask plugins` builds them");
        let report = judged(&component, &cases(plugin), &strangers, BOUNDS);
        assert_eq!(broken(&report), [""; 0], "{plugin}: {report:#?}");
    });
}
