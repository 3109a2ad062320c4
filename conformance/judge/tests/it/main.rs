//! The judge judged: the official plugins hold, and each misbehaviour breaks the clause it is about.
#![allow(clippy::unwrap_used)] // a test may fail where it stands

use std::{env, fs, path::Path};

use sluice_conformance::hostile;
use sluice_judge::{Bounds, Case, Outcome, Report, judge, read_folder};

const BOUNDS: Bounds = Bounds { long_line_bytes: 8 << 20, variants: 16 };

fn case(name: &str, text: &str, expected: Option<&str>) -> Case {
    let expected = expected.map(|lines| lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect());
    Case { name: name.into(), bytes: text.into(), expected }
}

/// Lines that the honest plugin, of which the hostile ones are made, can read.
fn own() -> Vec<Case> {
    let expected =
        "{\"email\":\"one@example.com\",\"password\":\"a\"}\n{\"email\":\"two@x.org\",\"password\":\"bcd\"}\n{\"reject\":\"no-separator\"}";
    vec![case("some.txt", "one@example.com:a\ntwo@x.org:bcd\n\nnothing\n", Some(expected))]
}

fn judged(component: &[u8], cases: &[Case], strangers: &[Case]) -> Report {
    judge(component, cases, strangers, BOUNDS, &mut |_| {}).unwrap()
}

fn broken(report: &Report) -> Vec<&'static str> {
    let is_broken = report.verdicts.iter().filter(|verdict| matches!(verdict.outcome, Outcome::Broken(_)));
    is_broken.map(|verdict| verdict.clause.name).collect()
}

#[test]
fn the_honest_plugin_holds_and_every_clause_was_judged() {
    let report = judged(&hostile::honest().unwrap(), &own(), &[]);
    assert!(report.verdicts.iter().all(|verdict| matches!(verdict.outcome, Outcome::Held { tries } if tries > 0)), "{report:#?}");
}

#[test]
fn each_misbehaviour_breaks_its_clause() {
    for (name, clauses) in [
        ("import-forbidden", &["describes"][..]),
        ("describe-name", &["describes"]),
        ("describe-trap", &["describes"]),
        ("probe-confident", &["claims"]),
        ("gap", &["tiles", "survives", "endless"]),
        ("overlap", &["tiles", "survives", "endless"]),
        ("outside-chunk", &["tiles", "survives", "endless"]),
        ("trap", &["tiles", "survives", "endless"]),
    ] {
        let report = judged(&hostile::hostile(name).unwrap(), &own(), &[]);
        assert_eq!(broken(&report), clauses, "{name}: {report:#?}");
    }
}

#[test]
fn what_is_found_is_compared_with_what_was_written_down() {
    let mut cases = own();
    cases[0].expected.as_mut().unwrap().remove(1);
    let report = judged(&hostile::honest().unwrap(), &cases, &[]);
    assert_eq!(broken(&report), ["finds"]);
}

#[test]
fn the_official_plugins_hold() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let built = env::var_os("SLUICE_PLUGIN_DIR").map_or_else(|| root.join("target/plugins"), Into::into);
    let cases = |plugin: &str| {
        let cases = read_folder(&root.join("plugins").join(plugin).join("cases")).unwrap();
        assert!(cases.len() > 3 && cases.iter().all(|case| case.expected.is_some()), "{plugin}");
        cases
    };
    const OFFICIAL: [&str; 3] = ["combo", "csv", "mysqldump"];
    for plugin in OFFICIAL {
        let strangers: Vec<Case> = OFFICIAL.into_iter().filter(|other| *other != plugin).flat_map(cases).collect();
        let component = fs::read(built.join(plugin).with_extension("wasm")).expect("`cargo xtask plugins` builds them");
        let report = judged(&component, &cases(plugin), &strangers);
        assert_eq!(broken(&report), [""; 0], "{plugin}: {report:#?}");
    }
}
