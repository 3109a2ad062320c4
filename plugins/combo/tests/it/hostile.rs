//! Nothing panics, everything tiles, and pushes never matter.

use proptest::prelude::*;
use serde_json::{Value, json};
use sluice_combo::Combo;
use sluice_plugin::native::{self, cases::items, properties};

fn parse(bytes: &[u8], push_bytes: usize) -> Vec<Value> {
    items(&native::parse::<Combo>(bytes, push_bytes))
}

#[test]
fn a_junk_line_of_120_kb_is_one_reject() {
    let mut bytes = vec![b'x'; 120 << 10];
    bytes.extend_from_slice(b"\nann@example.com:pw\n");
    let wanted = [json!({"reject": "line-too-long"}), json!({"email": "ann@example.com", "password": "pw"})];
    assert_eq!(parse(&bytes, 4096), wanted);
}

#[test]
fn random_bytes_tile_and_pushes_do_not_matter() {
    let byte = prop::sample::select(b"ab1@.:;|, \t\r\n/\\=[]?$#\x00\xff-".to_vec());
    properties::hold::<Combo>(prop::collection::vec(byte, 0..400), 1..80);
}

sluice_plugin::hostile!(Combo:
    b"ann@example.com" b"https://" b"android://b64==@com.example/" b"site.example" b"[::1]" b":8080" b":" b";" b"|" b" | Key = Value" b"pw"
    b"\n" b"\r\n" b"/a?b=c:d"
);
