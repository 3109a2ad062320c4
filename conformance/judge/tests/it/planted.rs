//! Bugs planted in copies of the official plugins: the judge finds each, and its report says which clause, with which input, and what is
//! different.
//!
//! A bug is a patch in `conformance/planted/`, which has to apply. Copies are built as `cargo xtask plugins` builds, and where it does: what
//! they link is there already.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use sluice_guest::Toolchain;
use sluice_judge::Bounds;
use tempfile::TempDir;

use crate::{cases, finding, judged, official_folder, root};

const BOUNDS: Bounds =
    Bounds { long_line_bytes: 1 << 20, variants: 3, metered_bytes: 64 << 10, chunked_bytes: 5 << 18, minimising: Duration::from_secs(1) };

/// A bug, and what the report of it has to have.
struct Planted {
    plugin: &'static str,
    bug: &'static str,
    /// One of these breaks.
    clauses: &'static [&'static str],
    /// In which case, if not in many.
    case: &'static str,
    /// Words of what was seen.
    seen: &'static [&'static str],
    /// What the input has, and its most bytes.
    input: (&'static str, usize),
}

const PLANTED: &[Planted] = &[
    Planted { plugin: "combo", bug: "border", clauses: &["pushes"], case: "combo.txt", seen: &["in pushes of 1 bytes"], input: ("", 8) },
    Planted {
        plugin: "combo",
        bug: "leak",
        clauses: &["finds"],
        case: "combo.txt",
        seen: &["should be {\"email\":\"eve@example.com\",\"password\":\":begins with a colon\"} and is", "\"username\":\"lou\""],
        input: ("eve@example.com :begins with a colon\n", 40),
    },
    Planted {
        plugin: "combo",
        bug: "last-line",
        clauses: &["finds"],
        case: "ends.txt",
        seen: &["number 5 should be {\"email\":\"last@example.com\",\"password\":\"end\"} and is nothing"],
        input: ("last@example.com:end", 20),
    },
    Planted {
        plugin: "combo",
        bug: "map",
        clauses: ANY_ORDER,
        case: "combo.txt",
        seen: &["a record of", "; read at once"],
        input: ("=", 500),
    },
    Planted { plugin: "csv", bug: "border", clauses: &["chunks"], case: "", seen: &["its scan says: at byte"], input: ("\n", 300) },
    Planted {
        plugin: "csv",
        bug: "leak",
        clauses: &["finds"],
        case: "unbalanced-quote.csv",
        seen: &["number 2 should be {\"city\":\"Rome\"", "is {\"reject\":\"unbalanced-quote\"}"],
        input: ("2,bob@example.net,\"two, 2\",Rome\n", 40),
    },
    Planted {
        plugin: "csv",
        bug: "last-line",
        clauses: &["finds"],
        case: "short-and-long-rows.csv",
        seen: &["number 7 should be", "fay@example.com", "and is nothing"],
        input: ("6,fay@example.com,six,Linz,AT", 80),
    },
    Planted { plugin: "csv", bug: "map", clauses: ANY_ORDER, case: "", seen: &["a record of", "; read at once"], input: ("", 500) },
    // The rest of how it reads is the kit's.
    Planted { plugin: "mysqldump", bug: "border", clauses: &["chunks"], case: "", seen: &["its scan says: at byte"], input: ("", 300) },
    Planted {
        plugin: "ldif",
        bug: "border",
        clauses: &["chunks"],
        case: "active_directory.ldif",
        seen: &["in chunks", "rejected as no-attributes"],
        input: ("\n", 100),
    },
    Planted {
        plugin: "ldif",
        bug: "leak",
        clauses: &["finds"],
        case: "active_directory.ldif",
        seen: &["number 2 should be", "CN=Hal", "\"username\":\"gus\""],
        input: ("dn: CN=Hal", 200),
    },
    Planted {
        plugin: "ldif",
        bug: "last-line",
        clauses: &["finds"],
        case: "active_directory.ldif",
        seen: &["number 3 should be", "uid=ida", "and is nothing"],
        input: ("dn: uid=ida", 300),
    },
    Planted { plugin: "ldif", bug: "map", clauses: ANY_ORDER, case: "", seen: &["a record of", "; read at once"], input: ("dn:", 4000) },
];

/// Which reading shows that an order is another each time hangs on where things are in memory.
const ANY_ORDER: &[&str] = &["pushes", "chunks", "repeats"];

#[test]
fn every_planted_bug_is_found_and_told_so_that_it_can_be_mended() {
    let (_folder, components) = built();
    assert_eq!(components.len(), PLANTED.len());
    for Planted { plugin, bug, clauses, case, seen, input: (has, bytes_max) } in PLANTED {
        let report = judged(&components[&format!("{plugin}-{bug}")], &cases(plugin), &[], BOUNDS);
        let finding = clauses.iter().find_map(|clause| finding(&report, clause));
        let finding = finding.unwrap_or_else(|| panic!("{plugin}, {bug}: {clauses:?} hold: {report:#?}"));
        assert!(finding.case.contains(case), "{plugin}, {bug}: {finding:?}");
        assert!(seen.iter().all(|word| finding.what.contains(word)), "{plugin}, {bug}: {finding:?}");
        let input = finding.input.as_deref().unwrap();
        assert!(input.len() <= *bytes_max && String::from_utf8_lossy(input).contains(has), "{plugin}, {bug}: {finding:?}");
    }
}

/// A folder with the copies, and their components.
fn built() -> (TempDir, BTreeMap<String, Vec<u8>>) {
    let (folder, root) = (tempfile::tempdir().unwrap(), root().canonicalize().unwrap());
    let plugins = folder.path().join("plugins");
    for Planted { plugin, bug, .. } in PLANTED {
        let (from, to) = (root.join("plugins").join(plugin), plugins.join(format!("{plugin}-{bug}")));
        copy(&from.join("src"), &to.join("src"));
        let manifest = fs::read_to_string(from.join("Cargo.toml")).unwrap();
        let (manifest, _) = manifest.split_once("[dev-dependencies]").unwrap();
        fs::write(to.join("Cargo.toml"), manifest.replace(&format!("\"sluice-{plugin}\""), &format!("\"sluice-{plugin}-{bug}\""))).unwrap();
        let patch = root.join("conformance/planted").join(plugin).join(bug).with_extension("patch");
        // Not as of the repository that the folder may lie in.
        let git =
            Command::new("git").arg("apply").arg(&patch).current_dir(&to).env("GIT_CEILING_DIRECTORIES", folder.path()).output().unwrap();
        assert!(git.status.success(), "{}: {}", patch.display(), String::from_utf8_lossy(&git.stderr));
    }
    let workspace = fs::read_to_string(root.join("plugins/Cargo.toml")).unwrap();
    let sdk = root.join("sdk/rust");
    fs::write(plugins.join("Cargo.toml"), workspace.replace("../sdk/rust", sdk.to_str().unwrap())).unwrap();
    fs::copy(root.join("plugins/Cargo.lock"), plugins.join("Cargo.lock")).unwrap();
    let target = official_folder().with_file_name("plugins-build");
    let modules = sluice_guest::build(&Toolchain::find().unwrap(), &plugins, Some(&target)).unwrap();
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    (folder, modules.iter().map(|module| (name(&module.folder), sluice_guest::component(&module.path).unwrap())).collect())
}

fn copy(from: &Path, to: &PathBuf) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}
