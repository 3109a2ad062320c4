//! Plugins in languages that have a kit and no crate: their tutorials as they stand, the same format in all of them, the same digests.
//!
//! Tools are those of `target/tools`, where `cargo xtask test` puts them, or of the path. A language of which a tool is missing is passed
//! over with a word, unless `SLUICE_TEST_LANGUAGES` is `all`, as `cargo xtask test` says.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Instant,
};

use serde_json::Value;
use tempfile::TempDir;
use wit_component::DecodedWasm;

use crate::{
    author::{TUTORIAL, as_author, beside_the_sdk, commands},
    service::{plugin_dir, sluice, succeed},
};

/// As `sluice plugin build` ends when a tool is missing.
const UNAVAILABLE: i32 = 69;

/// With the tools of the languages, and with a compile cache of these tests' own.
fn with_tools<'c>(command: &'c mut Command, folder: &Path) -> &'c mut Command {
    let tools = plugin_dir().with_file_name("tools");
    let binary = Path::new(env!("CARGO_BIN_EXE_sluice")).parent().unwrap();
    let path = env::var("PATH").unwrap();
    command.current_dir(folder).env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"));
    command.env("PATH", format!("{}:{}:{path}", binary.display(), tools.join("python/bin").display()));
    command.env("NODE_PATH", tools.join("javascript/node_modules"))
}

/// What a build gave; nothing if the machine lacks a tool and may.
fn built(folder: &Path, arguments: &[&str]) -> Option<Output> {
    unless_missing(with_tools(sluice(["plugin", "build"]).args(arguments), folder))
}

fn unless_missing(command: &mut Command) -> Option<Output> {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(UNAVAILABLE) {
        assert!(said.contains("hint: "), "{said}");
        assert_ne!(env::var("SLUICE_TEST_LANGUAGES").as_deref(), Ok("all"), "{said}");
        eprintln!("passed over: {said}");
        return None;
    }
    assert!(output.status.success(), "{said}");
    Some(output)
}

/// The tutorial of a language: it ends with the records of the sample. What it installs is there already.
fn follow(heading: &str) {
    let folder = tempfile::tempdir().unwrap();
    let lines = commands(TUTORIAL, heading);
    let installs = |line: &String| ["pip install", "npm install"].iter().any(|install| line.starts_with(install));
    let lines: Vec<_> = lines.into_iter().filter(|line| !installs(line)).collect();
    let mut shell = Command::new("sh");
    let Some(output) = unless_missing(with_tools(shell.args(["-e", "-c", &lines.join("\n")]), folder.path())) else { return };
    let printed = String::from_utf8(output.stdout).unwrap();
    let made = folder.path().join("people-list");
    let expected = fs::read_to_string(made.join("cases/sample.jsonl")).unwrap();
    let records: String = expected.lines().filter(|line| !line.contains("reject")).map(|line| format!("{line}\n")).collect();
    assert!(!records.is_empty() && printed.ends_with(&records), "{printed}");
    assert!(printed.contains("endless    ok"), "{printed}");
    let readme = fs::read_to_string(made.join("README.md")).unwrap();
    for line in commands(&readme, "# people-list\n").iter().filter(|line| !installs(line)) {
        assert!(lines.iter().any(|of_tutorial| of_tutorial.starts_with(line)), "the tutorial has no `{line}`: {lines:?}");
    }
}

#[test]
fn the_tutorial_for_c_leads_from_nothing_to_a_parser() {
    follow("### In C\n");
}

#[test]
fn the_tutorial_for_python_leads_from_nothing_to_a_parser() {
    follow("### In Python\n");
}

#[test]
fn the_tutorial_for_javascript_leads_from_nothing_to_a_parser() {
    follow("### In JavaScript\n");
}

/// From nothing to a parser of a format that nobody had before: it ends with the sample's records. How long that took is printed.
fn invent(language: &str) {
    let cards = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cards").canonicalize().unwrap();
    let folder = beside_the_sdk();
    // What Python's and JavaScript's tools make is judged for minutes, which the tutorials' tests do.
    let judge = if matches!(language, "rust" | "c") { "sluice plugin test cards.wasm --cases cases" } else { "" };
    let lines = format!(
        "sluice plugin new cards --language {language}
        cd cards
        cp {cards}/sample.* cases
        git apply {cards}/{language}.diff
        sluice plugin build
        {judge}
        sluice parse cases/sample.txt --plugin-dir .",
        cards = cards.display()
    );
    let begun = Instant::now();
    let mut shell = Command::new("sh");
    let author = as_author(shell.args(["-e", "-c", &lines]), folder.path());
    let Some(output) = unless_missing(with_tools(author, folder.path())) else { return };
    eprintln!("{language}: {:.1} s", begun.elapsed().as_secs_f64());
    let printed = String::from_utf8(output.stdout).unwrap();
    let expected = fs::read_to_string(cards.join("sample.jsonl")).unwrap();
    let records: Vec<&str> = expected.lines().filter(|line| !line.contains("reject")).collect();
    assert!(records.len() == 3 && printed.trim_end().ends_with(&records.join("\n")), "{printed}");
}

#[test]
fn an_invented_format_is_read_in_every_language() {
    for language in ["rust", "python", "javascript", "c"] {
        invent(language);
    }
}

/// A copy of an example, so that nothing is built among the sources.
fn copied(kit: &str, file: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sdk").join(kit).join("examples/ldif");
    fs::copy(example.join(file), folder.path().join(file)).unwrap();
    folder
}

/// The cases of the official plugin, in the files' order.
fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/ldif/cases");
    let mut cases: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.extension().is_some_and(|extension| extension == "ldif"));
    cases.sort();
    assert!(cases.len() >= 5);
    cases
}

/// The records of all cases, and what was said of skips and rejects, but for how long it took.
fn records(plugins: &Path) -> (Vec<u8>, Value) {
    let mut parse = sluice(["parse", "--json", "--plugin", "ldif", "--plugin-dir"]);
    let output = succeed(with_tools(parse.arg(plugins).args(cases()), plugins));
    let mut report: Value = serde_json::from_slice(&output.stderr).unwrap();
    (output.stdout, report["members"].take())
}

/// The example of a language finds what the official plugin finds.
fn compare(kit: &str, file: &str) {
    let folder = copied(kit, file);
    if built(folder.path(), &[]).is_some() {
        let (records, members) = records(folder.path());
        let (wanted, members_wanted) = self::records(&plugin_dir());
        assert!(!wanted.is_empty());
        assert_eq!(String::from_utf8_lossy(&records), String::from_utf8_lossy(&wanted));
        assert_eq!(members, members_wanted);
    }
}

#[test]
fn ldif_in_c_is_the_same_byte_for_byte() {
    compare("c", "plugin.c");
}

#[test]
fn ldif_in_python_is_the_same_byte_for_byte() {
    compare("python", "plugin.py");
}

#[test]
fn ldif_in_javascript_is_the_same_byte_for_byte() {
    compare("js", "plugin.js");
}

/// As a tool makes it that is not told to leave WASI out: what it lacks then is answered by the host's, which has nothing in it.
fn compare_with_wasi(kit: &str, file: &str, make: fn(&Path) -> Command) {
    let folder = copied(kit, file);
    let out = folder.path().join("ldif.wasm");
    // Which puts the kit there, and says if a tool is missing.
    if built(folder.path(), &[]).is_some() {
        assert!(!asks_for_wasi(&out));
        succeed(with_tools(&mut make(folder.path()), folder.path()));
        fs::rename(folder.path().join(".sluice/plugin.wasm"), &out).unwrap();
        assert!(asks_for_wasi(&out));
        assert_eq!(records(folder.path()), records(&plugin_dir()));
    }
}

fn asks_for_wasi(component: &Path) -> bool {
    let Ok(DecodedWasm::Component(resolve, world)) = wit_component::decode(&fs::read(component).unwrap()) else { panic!("no component") };
    resolve.worlds[world].imports.keys().any(|import| resolve.name_world_key(import).starts_with("wasi:"))
}

#[test]
fn ldif_in_python_with_wasi_is_the_same_byte_for_byte() {
    compare_with_wasi("python", "plugin.py", |_| {
        let mut command = Command::new("componentize-py");
        command.args("--quiet -d .sluice/wit -w parser componentize -p . -p .sluice sluice_entry -o .sluice/plugin.wasm".split(' '));
        command
    });
}

#[test]
fn ldif_in_javascript_with_wasi_is_the_same_byte_for_byte() {
    compare_with_wasi("js", "plugin.js", |folder| {
        let build = folder.join(".sluice/build.mjs");
        let usual = fs::read_to_string(&build).unwrap();
        // HTTP is no part of what the host answers.
        fs::write(build, usual.replace("\"random\", \"stdio\", \"clocks\", ", "")).unwrap();
        let modules = plugin_dir().with_file_name("tools").join("javascript/node_modules");
        let mut command = Command::new("node");
        command.arg(".sluice/build.mjs").arg(modules.join("@bytecodealliance/componentize-js/src/componentize.js"));
        command
    });
}

#[test]
fn the_same_source_in_c_is_the_same_component_in_every_folder() {
    let mut digests = vec![];
    for out in ["one.wasm", "two.wasm"] {
        let folder = copied("c", "plugin.c");
        let Some(output) = built(folder.path(), &["--json", "--out", out]) else { return };
        let built: Value = serde_json::from_slice(&output.stdout).unwrap();
        digests.push(built["digest"].clone());
    }
    assert_eq!(digests[0], digests[1]);
}
