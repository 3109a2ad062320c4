//! What an author of a plugin does in the first hour: the commands of the tutorial as they stand there, and what goes wrong.
//!
//! Plugins are built where `cargo xtask plugins` builds: what they link is there already.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use quick_xml::{Reader, escape::unescape, events::Event};
use serde_json::Value;
use tempfile::TempDir;

use crate::service::{plugin_dir, sluice, succeed};

pub(crate) const TUTORIAL: &str = include_str!("../../../../docs/plugin-authors.md");
const README: &str = include_str!("../../templates/rust/README.md");

/// An empty folder beside which the SDK is, as in a checkout.
pub(crate) fn beside_the_sdk() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    symlink(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sdk"), folder.path().join("sdk")).unwrap();
    folder
}

/// Without the network, and with a compile cache of these tests' own.
pub(crate) fn as_author<'c>(command: &'c mut Command, folder: &Path) -> &'c mut Command {
    command.current_dir(folder).env("CARGO_NET_OFFLINE", "true").env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"));
    command.env("CARGO_TARGET_DIR", plugin_dir().with_file_name("plugins-build"))
}

pub(crate) fn new(folder: &Path, name: &str, dir: &str) -> PathBuf {
    succeed(as_author(&mut sluice(["plugin", "new", name, "--dir", dir]), folder));
    folder.join(dir)
}

/// The lines of the first block behind a heading, without remarks.
pub(crate) fn commands(text: &str, heading: &str) -> Vec<String> {
    let (_, behind) = text.split_once(heading).unwrap();
    let block = behind.split("```\n").nth(1).unwrap();
    block.lines().map(|line| line.split(" #").next().unwrap().trim_end().to_owned()).collect()
}

#[test]
fn the_tutorial_leads_from_nothing_to_a_parser() {
    let lines = commands(TUTORIAL, "## From nothing to a parser\n");
    for line in commands(README, "# people-list\n") {
        assert!(lines.iter().any(|of_tutorial| of_tutorial.starts_with(&line)), "the tutorial has no `{line}`: {lines:?}");
    }
    let folder = beside_the_sdk();
    let binary = Path::new(env!("CARGO_BIN_EXE_sluice")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    let output = succeed(as_author(shell.args(["-e", "-c", &lines.join("\n")]).env("PATH", path), folder.path()));
    let printed = String::from_utf8(output.stdout).unwrap();
    let cases = folder.path().join("people-list/cases");
    let expected = fs::read_to_string(cases.join("sample.jsonl")).unwrap();
    let records: String = expected.lines().filter(|line| !line.contains("reject")).map(|line| format!("{line}\n")).collect();
    assert!(!records.is_empty() && printed.ends_with(&records), "{printed}");
    assert!(printed.contains("\n14 speed      ok"), "{printed}");
    assert_eq!(failures(&folder.path().join("people-list/report.xml")), (14, vec![]));
}

#[test]
fn the_same_source_is_the_same_component_in_every_folder() {
    let folder = beside_the_sdk();
    let mut digests = vec![];
    for dir in ["here", "there/in a folder"] {
        // One after the other: sources that are newer than what was built are built.
        let source = new(folder.path(), "mailing-2", dir);
        let mut build = sluice(["plugin", "build", dir, "--json", "--out", "out.wasm"]);
        let output = succeed(as_author(&mut build, folder.path()));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(&format!("Compiling sluice-mailing-2 v0.1.0 ({}", source.canonicalize().unwrap().display())), "{said}");
        let built: Value = serde_json::from_slice(&output.stdout).unwrap();
        let component = fs::read(folder.path().join("out.wasm")).unwrap();
        assert_eq!((&built["path"], &built["bytes"]), (&"out.wasm".into(), &component.len().into()));
        assert_eq!((&built["plugin"]["name"], &built["plugin"]["version"]), (&"mailing-2".into(), &"0.1.0".into()));
        let place = folder.path().to_str().unwrap().as_bytes();
        assert!(!component.windows(place.len()).any(|window| window == place), "the component has its folder's place in it");
        digests.push(built["digest"].clone());
    }
    assert_eq!(digests[0], digests[1]);
}

#[test]
fn a_package_of_the_same_name_is_not_taken_for_this_one() {
    let folder = beside_the_sdk();
    let older = new(folder.path(), "twin", "older");
    let code = older.join("src/lib.rs");
    let changed = fs::read_to_string(&code).unwrap().replace("Lists of", "Old lists of");
    fs::write(&code, changed).unwrap();
    let newer = new(folder.path(), "twin", "newer");
    // The older one's files were all there before the newer one was built in the folder that both build in.
    for (source, title) in [(&newer, "Lists of name|email|password"), (&older, "Old lists of name|email|password")] {
        let output = succeed(as_author(&mut sluice(["plugin", "build", "--json"]), source));
        let built: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(built["plugin"]["title"], title);
    }
}

#[test]
fn what_does_not_load_is_not_written() {
    let folder = beside_the_sdk();
    let source = new(folder.path(), "unfinished", "unfinished");
    let (code, component) = (source.join("src/lib.rs"), source.join("unfinished.wasm"));
    let whole = fs::read_to_string(&code).unwrap();
    fs::write(&component, "the last one").unwrap();
    // What is wrong with the sources, and words of the message.
    let cases = [
        ("sluice_plugin::export!(List);", "", "does not export"),
        ("struct List;", "struct List", "`cargo rustc` failed"),
        ("name: \"unfinished\"", "name: \"Not a name\"", "does not load"),
    ];
    for (right, wrong, message) in cases {
        assert!(whole.contains(right));
        fs::write(&code, whole.replace(right, wrong)).unwrap();
        let output = as_author(&mut sluice(["plugin", "build"]), &source).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(65), "{right}: {said}");
        assert!(said.contains(message) && said.contains("hint: "), "{right}: {said}");
        assert_eq!(fs::read_to_string(&component).unwrap(), "the last one");
    }
}

#[test]
fn what_is_missing_is_said_with_a_hint_and_nothing_is_overwritten() {
    let folder = beside_the_sdk();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (empty, targetless, made) = (path("empty"), path("targetless"), path("made"));
    fs::create_dir(&empty).unwrap();
    fs::create_dir(&targetless).unwrap();
    for program in ["cargo", "rustc"] {
        let program = Path::new(&targetless).join(program);
        fs::write(&program, "#!/bin/sh\nexit 1\n").unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    }
    new(folder.path(), "made", "made");
    let code = Path::new(&made).join("src/lib.rs");
    fs::write(&code, "changed").unwrap();
    let long = "a".repeat(65);
    // The path, arguments, exit code, words of the message, words of the hint.
    let cases: &[(&str, &[&str], i32, &str, &str)] = &[
        (&empty, &["build", &made], 69, "no cargo", "rustup target add wasm32-unknown-unknown"),
        (&targetless, &["build", &made], 69, "no Rust toolchain", "rustup target add wasm32-unknown-unknown"),
        (&empty, &["build", &empty], 66, "there is none of Cargo.toml, plugin.py", "sluice plugin new"),
        (&empty, &["build", "nosuch"], 66, "cannot read nosuch", "sluice plugin new"),
        (&empty, &["new", "made"], 64, "made is not empty", "--dir"),
        (&empty, &["new", "other", "--sdk", &empty], 66, "is not the SDK's folder", "sdk/rust"),
        (&empty, &["new", "plugin"], 64, "package of the SDK", "another name"),
        (&empty, &["new", "People"], 64, "no name for a plugin", "people-list"),
        (&empty, &["new", "a--b"], 64, "no name for a plugin", "people-list"),
        (&empty, &["new", "2go"], 64, "no name for a plugin", "people-list"),
        (&empty, &["new", "../up"], 64, "no name for a plugin", "people-list"),
        (&empty, &["new", &long], 64, "no name for a plugin", "64 bytes"),
    ];
    for (path, args, code, message, hint) in cases {
        let mut command = sluice(["plugin"]);
        let output = as_author(command.args(*args).env("PATH", path), folder.path()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(*code), &b""[..]), "{args:?}: {said}");
        assert!(said.contains(message) && said.contains(hint), "{args:?}: {said}");
    }
    assert_eq!(fs::read_to_string(&code).unwrap(), "changed");
    let mut there: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    there.sort();
    assert_eq!(there, ["empty", "made", "sdk", "targetless"]);
}

#[test]
fn a_broken_clause_is_a_failure_in_junits_words() {
    let folder = tempfile::tempdir().unwrap();
    let (case, report) = (folder.path().join("a<b&\u{1}.csv"), folder.path().join("report.xml"));
    fs::write(&case, "email,password\nann@example.com,hunter2\n").unwrap();
    fs::write(case.with_extension("jsonl"), "{\"email\":\"bob@example.com\"}\n").unwrap();
    let mut test = sluice(["plugin", "test", "--variants", "1", "--long-line-bytes", "1000"]);
    let output = test.arg(plugin_dir().join("csv.wasm")).arg("--cases").arg(folder.path()).arg("--junit").arg(&report).output().unwrap();
    assert_eq!(output.status.code(), Some(65));
    let (tests, failures) = failures(&report);
    assert_eq!((tests, failures.len()), (14, 1));
    let (name, text) = &failures[0];
    assert_eq!(name, "4 finds");
    assert!(text.starts_with("a<b&\u{fffd}.csv: ") && text.contains("\nhint: "), "{text}");
}

#[test]
fn a_bench_tells_of_each_component_of_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["combo", "csv"] {
        fs::copy(plugin_dir().join(name).with_extension("wasm"), folder.path().join(name).with_extension("wasm")).unwrap();
    }
    let bench = |args: &[&str]| sluice(["plugin", "bench"]).arg(folder.path()).args(args).output().unwrap();
    let output = bench(&["--json"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(66), &b""[..]), "{said}");
    assert!(said.contains("cases") && said.contains("hint: --cases names"), "{said}");
    fs::create_dir(folder.path().join("cases")).unwrap();
    fs::write(folder.path().join("cases/pairs.txt"), "ann@example.com:hunter2\n").unwrap();
    let output = bench(&["--json", "--mib", "1", "--rounds", "1"]);
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let names: Vec<_> = told.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["combo", "csv"]);
    for one in told.as_array().unwrap() {
        assert_eq!(one["input_bytes"], 1 << 20);
        for (key, value) in one.as_object().unwrap().iter().filter(|(_, value)| !value.is_string()) {
            // Of the csv plugin's pairs nothing need be in an arena.
            assert!(value.as_f64().is_some_and(|number| number > 0.0) || key == "arena_bytes_per_mib", "{key}: {told}");
        }
    }
    let output = bench(&["--mib", "1", "--rounds", "1"]);
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(printed.matches("records/s").count(), 2, "{printed}");
}

/// How many test cases a report has, and names and texts of those that failed.
fn failures(report: &Path) -> (usize, Vec<(String, String)>) {
    let text = fs::read_to_string(report).unwrap();
    let mut reader = Reader::from_str(&text);
    let (mut tests, mut name, mut failures) = (0, String::new(), vec![]);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(element) | Event::Empty(element) if element.name().as_ref() == b"testcase" => {
                tests += 1;
                name = String::from_utf8(element.try_get_attribute("name").unwrap().unwrap().value.into_owned()).unwrap();
            }
            Event::Start(element) if element.name().as_ref() == b"failure" => {
                let text = reader.read_text(element.name()).unwrap();
                failures.push((name.clone(), unescape(&text.decode().unwrap()).unwrap().into_owned()));
            }
            Event::Eof => return (tests, failures),
            _ => {}
        }
    }
}
