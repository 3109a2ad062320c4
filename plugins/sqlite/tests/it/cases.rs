//! `cases/NAME.db` gives `cases/NAME.jsonl`, whatever the push size.

use sluice_plugin::native::cases;
use sluice_sqlite::Sqlite;

#[test]
fn every_case_gives_what_stands_beside_it() {
    assert!(cases::check::<Sqlite>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases")) >= 8);
}
