//! `cases/NAME` gives `cases/NAME.jsonl`, whatever the push size.

use sluice_mail::Mail;
use sluice_plugin::native::cases;

#[test]
fn every_case_gives_what_stands_beside_it() {
    assert!(cases::check::<Mail>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases")) >= 4);
}
