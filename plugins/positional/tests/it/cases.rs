//! Each file of `cases/` gives the NAME.jsonl beside it, whatever the push size.

use sluice_plugin::native::cases;
use sluice_positional::Positional;

#[test]
fn every_case_gives_what_stands_beside_it() {
    assert!(cases::check::<Positional>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases")) >= 8);
}
