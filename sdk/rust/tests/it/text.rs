//! Quotes and escapes: what is done, the value, and what it becomes, with backslashes for what cannot stand in a file; `!` is no base64. The
//! kits of other languages are held to the same file.

use sluice_plugin::text::{base64, unescape, unquote};

#[test]
fn every_value_becomes_what_stands_beside_it() {
    let mut lines = 0;
    for line in include_str!("texts.tsv").lines() {
        let [what, value, wanted] = line.split('\t').collect::<Vec<_>>().try_into().expect("three columns");
        let told = match what {
            "unquote" => Some(unquote(value.as_bytes(), b'"').into_owned()),
            "unescape" => Some(unescape(value.as_bytes()).into_owned()),
            _ => base64(value.as_bytes()),
        };
        let told = told.map_or("!".to_owned(), |told| told.escape_ascii().to_string());
        assert_eq!(told, wanted, "{what} {value}");
        lines += 1;
    }
    assert!(lines > 30);
}
