//! `cases/NAME` gives `cases/NAME.jsonl`, whatever the push size.

use sluice_bson::Bson;
use sluice_plugin::native::cases;

#[test]
fn every_case_gives_what_stands_beside_it() {
    assert!(cases::check::<Bson>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases")) >= 4);
}
