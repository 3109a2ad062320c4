//! The folder `wit/` as a product: what is released stays as it is, and every version is a package that stands alone.

use std::{fs, path::Path};

use sha2::{Digest, Sha256};
use wit_parser::Resolve;

/// SHA-256 of the one file of each released version. A line is added with a release, and none is ever changed.
const RELEASED: &[(&str, &str)] = &[("0.1.0", "ff7aea6c5c8f270f58304bf8d524775b4a4d165729317ffd96c237232c3dcd12")];

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit")
}

fn versions() -> Vec<String> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap());
    let mut versions: Vec<_> =
        entries.filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name().into_string().unwrap()).collect();
    versions.sort();
    versions
}

#[test]
fn a_released_version_is_never_changed() {
    for (version, digest) in RELEASED {
        let files: Vec<_> = fs::read_dir(folder().join(version)).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(files.len(), 1, "{files:?}");
        assert_eq!(hex::encode(Sha256::digest(fs::read(&files[0]).unwrap())), *digest, "{version}");
    }
}

#[test]
fn every_version_is_a_package_that_stands_alone_and_is_told_of() {
    let readme = fs::read_to_string(folder().join("README.md")).unwrap();
    let versions = versions();
    assert!(versions.len() >= 2, "{versions:?}");
    for version in versions {
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_dir(folder().join(&version)).unwrap();
        assert_eq!(resolve.packages[package].name.to_string(), format!("sluice:parser@{version}"));
        assert_eq!(resolve.packages.len(), 1, "it needs another package");
        // What a registry takes: the package in its binary form, and back to text.
        let bytes = wit_component::encode(&resolve, package).unwrap();
        let decoded = wit_component::decode(&bytes).unwrap();
        assert_eq!(decoded.resolve().packages[decoded.package()].name, resolve.packages[package].name);
        let is_released = RELEASED.iter().any(|(released, _)| *released == version);
        let row = format!("| [{version}]({version}/parser.wit) | {} |", if is_released { "frozen" } else { "may still change" });
        assert!(readme.contains(&row), "wit/README.md lacks {row}");
    }
}
