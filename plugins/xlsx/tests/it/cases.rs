//! A folder or file of `cases` gives `cases/NAME.jsonl`, whatever the push size.

use sluice_plugin::native::cases;
use sluice_xlsx::Xlsx;

#[test]
fn every_case_gives_what_stands_beside_it() {
    assert!(cases::check::<Xlsx>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases")) >= 4);
}
