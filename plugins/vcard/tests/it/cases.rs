//! `cases/NAME.vcf` gives `cases/NAME.jsonl`, whatever the push size.

use sluice_plugin::native::cases;
use sluice_vcard::Vcard;

#[test]
fn every_case_gives_what_stands_beside_it() {
    assert!(cases::check::<Vcard>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases")) >= 4);
}
