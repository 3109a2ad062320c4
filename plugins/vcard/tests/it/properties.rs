//! Whatever the bytes and the pushes: no panic, no gap, the same records.

use proptest::prelude::*;
use sluice_plugin::native::{self, cases::items};
use sluice_vcard::Vcard;

/// Pieces that make trouble when they meet.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let pieces: Vec<&'static [u8]> = vec![
        b"\n",
        b"\r\n",
        b"\r",
        b" ",
        b"\t",
        b"BEGIN:VCARD\n",
        b"END:VCARD\n",
        b"BEGIN:VCARD\r\n",
        b"AGENT:\n",
        b"VERSION:2.1\n",
        b"EMAIL:ann@example.com\n",
        b"EMAIL;X=\"a:b",
        b"TEL;VALUE=uri:tel:",
        b"N:a;b;",
        b"FN;ENCODING=QUOTED-PRINTABLE:=",
        b"=3D",
        b"=\n",
        b"ADR:;;;",
        b"item1.",
        b"BDAY:--",
        b"X-PASSWORD:",
        b"PHOTO;ENCODING=BASE64:",
        b"\\",
        b"\\n",
        b";",
        b":",
        b"\"",
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
        let whole = items(&native::parse::<Vcard>(&bytes, 1 << 20));
        prop_assert_eq!(items(&native::parse::<Vcard>(&bytes, push_bytes)), whole);
    }

    #[test]
    fn noise_tiles(bytes in prop::collection::vec(any::<u8>(), 0..600), push_bytes in 1usize..40) {
        let whole = items(&native::parse::<Vcard>(&bytes, 1 << 20));
        prop_assert_eq!(items(&native::parse::<Vcard>(&bytes, push_bytes)), whole);
    }
}
