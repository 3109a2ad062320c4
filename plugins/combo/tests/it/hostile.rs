//! Nothing panics, everything tiles, and pushes never matter.

use proptest::prelude::*;
use serde_json::{Value, json};
use sluice_combo::Combo;
use sluice_plugin::native::{self, cases::items};

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

proptest! {
    #[test]
    fn random_bytes_tile_and_pushes_do_not_matter(
        bytes in prop::collection::vec(prop::sample::select(b"ab1@.:;|, \t\r\n/\\=[]?$#\x00\xff-".to_vec()), 0..400),
        push_bytes in 1usize..80,
    ) {
        prop_assert_eq!(parse(&bytes, push_bytes), parse(&bytes, 1 << 20));
    }

    #[test]
    fn lines_of_parts_tile_and_pushes_do_not_matter(
        parts in prop::collection::vec(prop::sample::select(vec![
            "ann@example.com", "https://", "android://b64==@com.example/", "site.example", "[::1]", ":8080", ":", ";", "|", " | Key = Value", "pw", "\n", "\r\n", "/a?b=c:d",
        ]), 0..60),
        push_bytes in 1usize..80,
    ) {
        let text = parts.concat();
        prop_assert_eq!(parse(text.as_bytes(), push_bytes), parse(text.as_bytes(), 1 << 20));
    }
}
