//! The law of the layout: who may use whom, as cargo sees it.
//!
//! What tests use is free: the law is about what ships.

use std::{collections::BTreeSet, fs, path::Path};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

/// Crate → the crates of this workspace it may use; all may use sluice-record. Only the worker joins intake, sandbox, normalise and
/// store; only the binary joins roles.
const MAY_USE: &[(&str, &[&str])] = &[
    ("sluice-record", &[]),
    ("sluice-intake", &[]),
    ("sluice-sandbox", &[]),
    ("sluice-normalise", &[]),
    ("sluice-store", &[]),
    ("sluice-catalogue", &[]),
    ("sluice-control", &["sluice-catalogue"]),
    ("sluice-worker", &["sluice-intake", "sluice-sandbox", "sluice-normalise", "sluice-store"]),
    ("sluice-api", &["sluice-catalogue", "sluice-store"]),
    (
        "sluice",
        &[
            "sluice-intake",
            "sluice-sandbox",
            "sluice-normalise",
            "sluice-store",
            "sluice-catalogue",
            "sluice-control",
            "sluice-worker",
            "sluice-api",
            "sluice-judge",
            "sluice-guest",
        ],
    ),
    ("sluice-conformance", &[]),
    ("sluice-judge", &["sluice-sandbox"]),
    ("sluice-guest", &[]),
    ("sluice-engines", &[]),
    ("xtask", &["sluice-engines", "sluice-guest"]),
];

/// Engine → the only crates that may name it.
const ENGINES: &[(&str, &[&str])] = &[
    ("wasmtime", &["sluice-sandbox"]),
    ("tantivy", &["sluice-store"]),
    ("opensearch", &["sluice-store"]),
    ("sqlx", &["sluice-catalogue"]),
    ("axum", &["sluice-api", "sluice-control"]),
];

fn workspace(folder: &str) -> Metadata {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder).join("Cargo.toml");
    MetadataCommand::new().manifest_path(manifest).no_deps().exec().unwrap()
}

/// (crate, what it names) for everything that is built to ship.
fn uses() -> BTreeSet<(String, String)> {
    let metadata = workspace("");
    let mut uses = BTreeSet::new();
    for package in metadata.workspace_packages() {
        for dependency in package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development) {
            uses.insert((package.name.to_string(), dependency.name.clone()));
        }
    }
    assert!(uses.contains(&("sluice-worker".into(), "sluice-sandbox".into())), "the workspace was not read: {uses:?}");
    uses
}

#[test]
fn crates_use_only_what_the_law_lets_them() {
    for (user, used) in uses() {
        if used != "sluice-record" && (used.starts_with("sluice") || used == "xtask") {
            let allowed = MAY_USE.iter().find(|(name, _)| *name == user).map(|(_, allowed)| *allowed);
            let allowed = allowed.unwrap_or_else(|| panic!("the law does not know {user}"));
            assert!(allowed.contains(&used.as_str()), "{user} may not use {used}");
        }
    }
}

#[test]
fn engines_are_known_to_their_owners_alone() {
    let starts = |used: &str, engine: &str| used == engine || used.strip_prefix(engine).is_some_and(|rest| rest.starts_with('-'));
    for (user, used) in uses() {
        for (engine, owners) in ENGINES {
            assert!(!starts(&used, engine) || owners.contains(&user.as_str()), "{user} may not use {used}: only {owners:?} may");
        }
    }
}

/// Libraries and programs are not built for tests of their own: these would never run.
#[test]
fn tests_are_beside_the_sources_and_not_within() {
    fn look(folder: &Path) -> usize {
        let look_at = |path: &Path| {
            if path.is_dir() {
                return look(path);
            }
            let source = fs::read_to_string(path).unwrap();
            assert!(!source.contains("cfg(test)"), "{}: tests belong into tests/it", path.display());
            1
        };
        fs::read_dir(folder).unwrap().map(|entry| look_at(&entry.unwrap().path())).sum()
    }
    for folder in ["", "plugins", "sdk/rust"] {
        for package in workspace(folder).workspace_packages() {
            assert!(look(&package.manifest_path.parent().unwrap().join("src").into_std_path_buf()) > 0, "{}", package.name);
        }
    }
}
