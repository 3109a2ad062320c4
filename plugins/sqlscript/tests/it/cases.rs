//! `cases/NAME.sql` gives `cases/NAME.jsonl`, whatever the push size.

use sluice_plugin::native::cases;
use sluice_sqlscript::Script;

#[test]
fn every_case_gives_what_stands_beside_it() {
    assert!(cases::check::<Script>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases")) >= 8);
}
