//! What the plugin claims, and what it leaves to others.

use sluice_combo::Combo;
use sluice_plugin::{Parser, Sample};

fn confidence(text: &str) -> u8 {
    let sample = Sample { name: "a.txt", size: Some(text.len() as u64), head: text.as_bytes(), tail: b"" };
    Combo::probe(&sample).map_or(0, |claim| claim.confidence)
}

#[test]
fn lists_are_claimed_and_other_formats_are_not() {
    let cases = [
        ("ann@example.com:pw1\nbob@example.org:pw2\ncyd@example.net:pw;3\n", 80, 100),
        ("ann@example.com,pw1\nbob@example.org,pw2\n", 80, 100),
        ("https://site.example/login:ann@example.com:pw1\nandroid://b64==@com.example/:bob:pw2\n", 80, 100),
        ("email,password,name\nann@example.com,pw1,Ann\n", 0, 30),
        ("1,ann@example.com,pw1,Ann\n2,bob@example.org,pw2,Bob\n", 0, 30),
        ("-- MySQL dump 10.13\nINSERT INTO `u` VALUES (1,'ann@example.com');\n", 0, 30),
        ("{\"email\":\"ann@example.com\",\"password\":\"pw\"}\n", 0, 30),
        ("It was a dark night.\nNothing to see here, move on.\n", 0, 30),
    ];
    for (text, low, high) in cases {
        let found = confidence(text);
        assert!((low..=high).contains(&found), "{found} for {text}");
    }
}
