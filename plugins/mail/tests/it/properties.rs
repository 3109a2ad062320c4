//! Whatever the bytes and the pushes: no panic, no gap, the same records.

use proptest::prelude::*;
use sluice_mail::Mail;
use sluice_plugin::native::{self, cases::items};

/// Pieces that make trouble when they meet.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let pieces: Vec<&'static [u8]> = vec![
        b"\n",
        b"\r\n",
        b"\r",
        b" ",
        b"\t",
        b"From ann@example.com Thu Jan  2 03:04:05 2020\n",
        b"\nFrom x 03:04\n",
        b"From: ",
        b"To: ",
        b"CC: bob@example.net\n",
        b"ann@example.com",
        b"<ann@example.com>",
        b",",
        b";",
        b":",
        b"(",
        b")",
        b"<",
        b">",
        b"\"",
        b"\\",
        b"=?utf-8?Q?",
        b"=?utf-8?B?YQ==?=",
        b"?=",
        b"=3D",
        b">From ",
        b"\xff",
        b"\0",
        b"text",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_bytes_tile_and_do_not_depend_on_the_push(bytes in hostile(), push_bytes in 1usize..40) {
        let whole = items(&native::parse::<Mail>(&bytes, 1 << 20));
        prop_assert_eq!(items(&native::parse::<Mail>(&bytes, push_bytes)), whole);
    }

    #[test]
    fn noise_tiles(bytes in prop::collection::vec(any::<u8>(), 0..600), push_bytes in 1usize..40) {
        let whole = items(&native::parse::<Mail>(&bytes, 1 << 20));
        prop_assert_eq!(items(&native::parse::<Mail>(&bytes, push_bytes)), whole);
    }
}
