//! Whatever the bytes, the pushes and the cuts: no panic, no gap, the same records.

use proptest::prelude::*;
use sluice_csv::Csv;
use sluice_plugin::{
    Start,
    native::{self, cases::items},
};

/// Pieces that make trouble when they meet.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let pieces: Vec<&'static [u8]> = vec![
        b"\"",
        b"\"\"",
        b",",
        b";",
        b"\t",
        b"|",
        b"\n",
        b"\r\n",
        b"\r",
        b"\\",
        b" ",
        b"NULL",
        b"\\N",
        b"=\"00\"",
        b"email",
        b"password",
        b"ann@example.com",
        b"user",
        b"sep=;\n",
        b"---",
        b"(3 rows affected)\n",
        b"\xef\xbb\xbf",
        b"\xff\x00",
        b"DOM\\ann",
        b"id,email,password\n",
        b"1,\"ann@example.com\",\"x\"\n",
    ];
    let piece = prop::sample::select(pieces);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_bytes_tile_and_do_not_depend_on_the_push(bytes in hostile(), push_bytes in 1usize..40) {
        let whole = items(&native::parse::<Csv>(&bytes, 1 << 20));
        prop_assert_eq!(items(&native::parse::<Csv>(&bytes, push_bytes)), whole);
    }

    #[test]
    fn noise_tiles(bytes in prop::collection::vec(any::<u8>(), 0..600), push_bytes in 1usize..40) {
        let whole = items(&native::parse::<Csv>(&bytes, 1 << 20));
        prop_assert_eq!(items(&native::parse::<Csv>(&bytes, push_bytes)), whole);
    }
}

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
    let whole = items(&native::parse::<Csv>(&bytes, 1 << 20));
    assert!(whole.len() > 59_000);
    let cuts = native::scan::<Csv>(&bytes, 256 << 10);
    assert_eq!(cuts, native::scan::<Csv>(&bytes, 100_003));
    assert!(cuts.len() >= 2, "{} cuts in {} bytes", cuts.len(), bytes.len());
    for skipped in 0..cuts.len() {
        let mut chunked = Vec::new();
        let (mut from, mut context) = (0, Vec::new());
        let others = cuts.iter().enumerate().filter(|(at, _)| *at != skipped).map(|(_, cut)| cut.clone());
        for (to, next) in others.chain([(bytes.len() as u64, Vec::new())]) {
            let start = Start { base: from as u64, context: &context, ..Start::default() };
            chunked.extend(items(&native::parse_chunk::<Csv>(&bytes[from..to as usize], &start, 65_537)));
            (from, context) = (to as usize, next);
        }
        assert!(chunked == whole, "without cut {skipped}");
    }
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
    use sluice_plugin::Parser;
    assert!(Csv::open(&Start { base: 7, context: b"\x09junk", ..Start::default() }).is_err());
}
