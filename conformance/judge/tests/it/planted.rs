//! Bugs planted in copies of all official plugins: the judge finds each, and its report says which clause, with which input, and what is
//! different.
//!
//! A copy is the plugin's sources with `conformance/planted/faulty.rs` among them, around the parser that it exports. Copies are built as
//! `cargo xtask plugins` builds, and where it does, so that what they link is there already; and once for all bugs.

use std::{collections::BTreeMap, fs, os::unix::fs::symlink, path::Path, time::Duration};

use serde_json::Value;
use sluice_guest::Toolchain;
use sluice_judge::{Bounds, Case, Finding, Report};

use crate::{cases, finding, judged, official, official_folder, root, side_by_side};

const BOUNDS: Bounds =
    Bounds { long_line_bytes: 64 << 10, variants: 1, metered_bytes: 16 << 10, chunked_bytes: 0, minimising: Duration::from_secs(1) };
/// For what shows where chunks meet, or in much alone.
const CHUNKED: Bounds = Bounds { chunked_bytes: 5 << 18, ..BOUNDS };

/// Behind this in a component stands which bug it has.
const MARK: &[u8] = b"sluice planted bug: ";

/// Of the input that a report shows: no case at which a bug shows first is longer.
const INPUT_BYTES_MAX: usize = 8 << 10;

/// Of a plugin's cases, how many of the smallest are enough for most bugs.
const CASES_USUAL: usize = 4;

/// What is off by one where chunks of a plugin meet.
const BORDERS: [(u8, &[&str]); 4] = [
    // Its scan says a cut a byte late.
    (b'l', &["accounts", "bson", "csv", "json", "ldif", "mail", "mysqldump", "pgdump", "positional", "sqlite", "stealer", "vcard", "xml"]),
    // A byte early: what stands behind its cuts is skipped, whichever chunk has it.
    (b'e', &["sqlscript"]),
    // The host cuts its lines: a chunk's first byte is taken for the end of the one before.
    (b'b', &["combo", "text"]),
    // Its members are not cut, so that it has no chunk's border: the end of a push is taken for the end of all.
    (b'p', &["xlsx"]),
];

/// Bugs of every plugin: state that leaks from row to row, the last row lost, values that go through a map.
const OTHERS: &[u8] = b"srm";

/// Does a report tell of the bug, given what is written down of a case?
type Tells = fn(&Finding, &[Value]) -> bool;

/// Clauses of which one breaks, and what has to be told of the difference.
fn wanted(bug: u8) -> (&'static [&'static str], Tells) {
    match bug {
        b's' => (&["finds"], tells_leak),
        b'r' => (&["finds"], tells_last_row),
        // Which reading shows that an order is another each time hangs on where things are in memory.
        b'm' => (&["pushes", "chunks", "repeats"], tells_order),
        b'p' => (&["pushes"], tells_border),
        _ => (&["chunks"], tells_border),
    }
}

/// How it was read, and a stretch read thus and at once; or the cut, where it is none that may be.
fn tells_border(finding: &Finding, _: &[Value]) -> bool {
    let is_told = ["read in chunks", "read over and over, in chunks cut where its scan says: at byte", "read in pushes of 1 bytes"];
    let is_read = is_told.iter().any(|how| finding.what.starts_with(how)) && finding.what.contains("; read at once it is: ");
    let is_outside =
        ["scanned over and over: ", " a cut at byte ", " lies outside the chunk "].iter().all(|word| finding.what.contains(word));
    is_read || is_outside
}

/// A record, in one order and in another.
fn tells_order(finding: &Finding, _: &[Value]) -> bool {
    finding.what.contains(" a record of ") && finding.what.contains("; read at once it is: bytes ")
}

/// The record that is wrong, with what is one's before it.
fn tells_leak(finding: &Finding, expected: &[Value]) -> bool {
    expected.iter().enumerate().any(|(at, record)| {
        let is_told = finding.what.starts_with(&format!("number {} should be ", at + 1));
        let is_leaked = |before: &String| texts(record).iter().any(|own| finding.what.contains(&format!("{before}{own}")));
        is_told && expected[..at].iter().flat_map(texts).any(|before| is_leaked(&before))
    })
}

/// All that a record says, as JSON writes it, without quotes.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Object(all) => all.values().flat_map(texts).collect(),
        Value::Array(all) => all.iter().flat_map(texts).collect(),
        one => vec![one.to_string().trim_matches('"').to_owned()],
    }
}

/// The row that is not there.
fn tells_last_row(finding: &Finding, expected: &[Value]) -> bool {
    finding.what.starts_with(&format!("number {} should be ", expected.len())) && finding.what.contains(" and is nothing")
}

#[test]
fn every_planted_bug_is_found_and_told_so_that_it_can_be_mended() {
    let copies = built();
    let of_borders = BORDERS.iter().flat_map(|(bug, plugins)| plugins.iter().map(move |plugin| (*plugin, *bug)));
    let mut plugins: Vec<_> = of_borders.clone().map(|(plugin, _)| plugin).collect();
    plugins.sort_unstable();
    assert_eq!(plugins, official());
    let of_others = plugins.iter().flat_map(|plugin| OTHERS.iter().map(move |bug| (*plugin, *bug)));
    let bugs: Vec<_> = of_borders.chain(of_others).collect();
    side_by_side(&bugs, |(plugin, bug)| {
        let (mut cases, name) = (cases(plugin), format!("{plugin}, {}", char::from(*bug)));
        // The smallest are tried first, and the others hardly ever needed.
        cases.sort_by_key(|case| case.bytes.len());
        let component = with_bug(&copies[*plugin], *bug);
        let (clauses, tells) = wanted(*bug);
        let is_at_border = !OTHERS.contains(bug);
        let bounds = if is_at_border || *bug == b'm' { CHUNKED } else { BOUNDS };
        let judged = [cases.len().min(CASES_USUAL), cases.len()].into_iter().map(|some| judged(&component, &cases[..some], &[], bounds));
        let breaks = |report: &Report| clauses.iter().find_map(|clause| finding(report, clause).cloned());
        let judged = judged.map(|report| (breaks(&report), report)).find(|(found, _)| found.is_some());
        let Some((Some(found), report)) = judged else { panic!("{name}: {clauses:?} hold") };
        // A case of several members goes by the name of one of them.
        let is_told = |case: &Case| tells(&found, case.expected.as_deref().unwrap_or_default());
        assert!(cases.iter().any(is_told), "{name}: {found:?}");
        assert!(found.input.as_deref().is_some_and(|input| (1..=INPUT_BYTES_MAX).contains(&input.len())), "{name}: {found:?}");
        // What is around the parser does nothing else: read at once it finds what it should.
        assert!(!is_at_border || finding(&report, "finds").or(finding(&report, "repeats")).is_none(), "{name}: {report:#?}");
    });
}

/// The component with one of the bugs.
fn with_bug(component: &[u8], bug: u8) -> Vec<u8> {
    let mut component = component.to_vec();
    let places: Vec<_> = component.windows(MARK.len()).enumerate().filter(|(_, bytes)| *bytes == MARK).map(|(at, _)| at).collect();
    let [place] = places[..] else { panic!("{places:?}") };
    component[place + MARK.len()] = bug;
    component
}

/// The copies' components, by the plugin's name. The copies stay, so that what did not change is not built again.
fn built() -> BTreeMap<String, Vec<u8>> {
    let root = root().canonicalize().unwrap();
    let [folder, target] = ["plugins-planted", "plugins-build"].map(|name| official_folder().with_file_name(name));
    let [kit, record] = ["sdk/rust", "host/record"].map(|name| root.join(name).display().to_string());
    for plugin in official() {
        let (from, to) = (root.join("plugins").join(&plugin), folder.join(&plugin));
        fs::create_dir_all(to.join("src")).unwrap();
        let sources = fs::read_dir(from.join("src")).unwrap().map(|entry| entry.unwrap().path());
        for source in sources.filter(|path| !path.ends_with("lib.rs")).chain([root.join("conformance/planted/faulty.rs")]) {
            link(&source, &to.join("src").join(source.file_name().unwrap()));
        }
        link(&from.join("data"), &to.join("data"));
        let lib = fs::read_to_string(from.join("src/lib.rs")).unwrap();
        let (lib, parser) = lib.trim_end().strip_suffix(");").unwrap().rsplit_once("sluice_plugin::export!(").unwrap();
        write(&to.join("src/lib.rs"), &format!("{lib}mod faulty;\nsluice_plugin::export!(faulty::Faulty<{parser}>);\n"));
        let manifest = fs::read_to_string(from.join("Cargo.toml")).unwrap();
        let (manifest, _) = manifest.split_once("[dev-dependencies]").unwrap();
        let manifest = manifest.replace(&format!("\"sluice-{plugin}\""), &format!("\"sluice-{plugin}-planted\""));
        write(&to.join("Cargo.toml"), &format!("{manifest}sluice-record = {{ path = \"{record}\" }}\n"));
    }
    let workspace = fs::read_to_string(root.join("plugins/Cargo.toml")).unwrap();
    write(&folder.join("Cargo.toml"), &workspace.replace("../sdk/rust", &kit));
    fs::copy(root.join("plugins/Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let modules = sluice_guest::build(&Toolchain::find().unwrap(), &folder, Some(&target)).unwrap();
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    modules.iter().map(|module| (name(&module.folder), sluice_guest::component(&module.path).unwrap())).collect()
}

fn link(from: &Path, to: &Path) {
    if fs::read_link(to).ok().as_deref() != Some(from) {
        let _ = fs::remove_file(to);
        symlink(from, to).unwrap();
    }
}

fn write(path: &Path, text: &str) {
    if fs::read_to_string(path).ok().as_deref() != Some(text) {
        fs::write(path, text).unwrap();
    }
}
