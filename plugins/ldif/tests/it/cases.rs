//! `cases/NAME.ldif` gives `cases/NAME.jsonl`, whatever the push size.

use std::{fs, path::Path};

use serde_json::Value;
use sluice_ldif::Ldif;
use sluice_plugin::native;

use crate::found::items;

const PUSH_BYTES: [usize; 7] = [1, 2, 3, 7, 64, 4096, 1 << 20];

#[test]
fn every_case_gives_what_stands_beside_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut cases = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "ldif") {
            continue;
        }
        cases += 1;
        let input = fs::read(&path).unwrap();
        let expectation = fs::read_to_string(path.with_extension("jsonl")).unwrap();
        let wanted: Vec<Value> = expectation.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for push_bytes in PUSH_BYTES {
            assert_eq!(items(&native::parse::<Ldif>(&input, push_bytes)), wanted, "{path:?} in pushes of {push_bytes}");
        }
    }
    assert!(cases >= 4, "{cases} cases");
}
