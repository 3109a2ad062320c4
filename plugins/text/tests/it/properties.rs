//! Whatever the bytes and the pushes: no panic, no gap, the same records.

use proptest::prelude::*;
use sluice_plugin::native::{self, cases::items};
use sluice_text::Text;

/// Pieces that make trouble when they meet.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: [&[u8]; 24] = [
        b"\n",
        b"\r\n",
        b" ",
        b"@",
        b"@",
        b".",
        b"..",
        b"ann",
        b"example.com",
        b"ann@example.com",
        b"2x.png",
        b"<",
        b">",
        b"://",
        b":",
        b"/",
        b"\\n",
        b"%20",
        b"'",
        b"message-id=<",
        b"\xff",
        b"\xc3\xa9",
        b"\xe2\x80\x9c",
        b"xn--p1ai",
    ];
    prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_bytes_tile_and_do_not_depend_on_the_push(bytes in hostile(), push_bytes in 1usize..40) {
        let whole = items(&native::parse::<Text>(&bytes, 1 << 20));
        prop_assert_eq!(items(&native::parse::<Text>(&bytes, push_bytes)), whole);
    }

    #[test]
    fn noise_tiles(bytes in prop::collection::vec(any::<u8>(), 0..600), push_bytes in 1usize..40) {
        let whole = items(&native::parse::<Text>(&bytes, 1 << 20));
        prop_assert_eq!(items(&native::parse::<Text>(&bytes, push_bytes)), whole);
    }
}
