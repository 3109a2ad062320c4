//! Whatever the bytes, the pushes and the cuts: no panic, no gap, the same records.

use sluice_csv::Csv;
use sluice_plugin::{
    Parser, Start,
    native::{self, cases::items, properties},
};

// Pieces that make trouble when they meet.
sluice_plugin::hostile!(Csv:
    b"\"" b"\"\"" b"," b";" b"\t" b"|" b"\n" b"\r\n" b"\r" b"\\" b" " b"NULL" b"\\N" b"=\"00\"" b"email" b"password" b"ann@example.com"
    b"user" b"sep=;\n" b"---" b"(3 rows affected)\n" b"\xef\xbb\xbf" b"\xff\x00" b"DOM\\ann" b"id,email,password\n"
    b"1,\"ann@example.com\",\"x\"\n"
);

/// Some megabytes with everything in them, rows over several lines and broken ones too.
fn long_table() -> Vec<u8> {
    let mut text = b"id,email,password,note\n".to_vec();
    for row in 0..60_000u32 {
        let line = match row % 97 {
            3 => format!("{row},p{row}@example.com,\"a \"\"quoted\"\" {row}\",\"two\nlines, {row}\"\n"),
            5 => format!("{row},p{row}@example.com,\"never closed {row},x\n"),
            7 => format!("{row},p{row}@example.com\n"),
            11 => "\r\n".into(),
            13 => format!("{row},p{row}@example.com,\"x\ny\nz{row}\",\n"),
            _ => format!("{row},p{row}@example.com,pass{row},\"note, {row}\"\r\n"),
        };
        text.extend_from_slice(line.as_bytes());
    }
    text
}

#[test]
fn chunks_between_any_cuts_give_the_same_records() {
    let bytes = long_table();
    assert_eq!(native::scan::<Csv>(&bytes, 256 << 10), native::scan::<Csv>(&bytes, 100_003));
    let (cuts, found) = properties::chunks::<Csv>(&bytes);
    assert!(cuts >= 2 && found > 59_000, "{cuts} cuts, {found} found");
}

/// Values beyond the named columns are none, in rows that are read the short way too.
#[test]
fn rows_wider_than_the_header() {
    let bytes = b"\"\nid,email,password\n;,id,email,password\n\"\"";
    let whole = items(&native::parse::<Csv>(bytes, 1 << 20));
    assert_eq!(items(&native::parse::<Csv>(bytes, 1)), whole);
}

#[test]
fn a_context_of_nobody_is_refused() {
    assert!(Csv::open(&Start { base: 7, context: b"\x09junk", ..Start::default() }).is_err());
}
