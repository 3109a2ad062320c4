//! `cases/NAME.txt` gives `cases/NAME.jsonl`, whatever the push size.

use std::{fs, path::Path};

use crate::print::parse;

const PUSH_BYTES: [usize; 7] = [1, 2, 3, 7, 64, 4096, 1 << 20];

#[test]
fn every_case_gives_what_stands_beside_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/cases");
    let mut wrong = String::new();
    let mut cases = 0;
    for entry in fs::read_dir(folder).expect("cases") {
        let path = entry.expect("a case").path();
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        cases += 1;
        let bytes = fs::read(&path).expect("a case's input");
        let wanted = fs::read_to_string(path.with_extension("jsonl")).expect("a case's expectation");
        for push_bytes in PUSH_BYTES {
            let found = parse(&bytes, push_bytes);
            if found != wanted {
                wrong += &format!("--- {} by {push_bytes} ---\n{found}", path.display());
                break;
            }
        }
    }
    assert!(cases >= 3, "the cases were found");
    assert!(wrong.is_empty(), "{wrong}");
}
