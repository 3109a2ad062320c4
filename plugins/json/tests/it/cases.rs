//! `cases/NAME` gives `cases/NAME.jsonl`, whatever the push size.

use sluice_json::Json;
use sluice_plugin::native::cases;

#[test]
fn every_case_gives_what_stands_beside_it() {
    assert!(cases::check::<Json>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases")) >= 12);
}
