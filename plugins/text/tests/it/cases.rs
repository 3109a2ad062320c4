//! Each file of `cases/` and `texts/` gives the NAME.jsonl beside it, whatever the push size. Of texts it claims little, for they have no format.

use std::{fs, path::Path};

use sluice_plugin::{Parser, Sample, native::cases};
use sluice_text::Text;

fn case(name: &str, expectation: &str) -> Option<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/texts");
    let input = fs::read(folder.join(name)).unwrap();
    let wanted = fs::read_to_string(folder.join(expectation)).unwrap();
    cases::gives::<Text>(&input, &wanted.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<_>>());
    Text::probe(&Sample { name, size: Some(input.len() as u64), head: &input, tail: b"" }).map(|claim| claim.confidence)
}

#[test]
fn every_case_gives_what_stands_beside_it() {
    assert!(cases::check::<Text>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases")) >= 1);
}

#[test]
fn people_are_found_in_prose() {
    assert_eq!(case("prose.txt", "prose.jsonl"), Some(20));
}

#[test]
fn nobody_is_found_in_a_log() {
    assert_eq!(case("server.log", "server.jsonl"), Some(12));
}

#[test]
fn a_line_without_an_end_is_read_in_parts() {
    let text = "word ann@example.com \"bob@example.com\",".repeat(4000);
    let found = cases::items(&sluice_plugin::native::parse::<Text>(text.as_bytes(), 4096));
    assert_eq!(found.len(), 8000);
    assert_eq!(found, cases::items(&sluice_plugin::native::parse::<Text>(text.as_bytes(), 1 << 20)));
}
