//! Whatever the bytes and the pushes: no panic, no gap, the same records.

use proptest::prelude::*;
use sluice_positional::Positional;

const HASH: &str = "34e96a0d755cb921a6dc7323fc7ce513";

/// Rows of a table, so that columns are told, and pieces that make trouble among them.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: [&[u8]; 18] = [
        b"\n",
        b"\r\n",
        b"\r",
        b":",
        b"::",
        b"@",
        b"ann@example.com",
        b"2015-03-04 05:06:07",
        b"2015-03-04 05:06",
        b"2001:db8::1",
        b"https://example.com:80/a",
        b"NULL",
        b"\xff",
        b"\0",
        b"\xEF\xBB\xBF",
        b"# ",
        b";|\"",
        b"34e96a0d755cb921a6dc7323fc7ce513",
    ];
    let piece = prop::sample::select(PIECES.to_vec()).prop_map(<[u8]>::to_vec);
    let row = (0..99u32, 0..3usize).prop_map(|(number, form)| {
        let row = match form {
            0 => format!("{number}:ann{number}:ann{number}@example.com:2015-03-04 05:06:07:192.0.2.1:{HASH}:a:{number}\n"),
            1 => format!("{number}:bob{number}:bob{number}@example.com:2015-03-04 05:06:07:2001:db8::1:{HASH}:;|\r\n"),
            _ => format!("{number}:a:b:c@example.com:2015-03-04 05:06:07::{HASH}\n"),
        };
        row.into_bytes()
    });
    prop::collection::vec(prop_oneof![3 => row, 2 => piece], 0..40).prop_map(|pieces| pieces.concat())
}

sluice_plugin::hostile!(Positional, hostile(), 1..40);
