//! Each file of `cases/` gives the NAME.jsonl beside it, whatever the push size.

use sluice_accounts::Accounts;
use sluice_plugin::native::cases;

#[test]
fn every_case_gives_what_stands_beside_it() {
    assert!(cases::check::<Accounts>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases")) >= 12);
}
