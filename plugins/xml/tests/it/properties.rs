//! Whatever the bytes and the pushes: no panic, no gap, the same records.

use proptest::prelude::*;
use sluice_plugin::native::{self, cases::items};
use sluice_xml::Xml;

/// Pieces that make trouble when they meet.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let pieces: Vec<&'static [u8]> = vec![
        b"\n",
        b"<users>",
        b"</users>",
        b"<user>",
        b"</user>",
        b"<user id=\"1\" email=\"ann@example.com\"/>",
        b"<user><email>ann@example.com</email><password>x</password></user>",
        b"<email>ann@example.com</email>",
        b"<password>",
        b"</password>",
        b"<![CDATA[",
        b"]]>",
        b"<!--",
        b"-->",
        b"<!DOCTYPE x [<!ENTITY a \"b\">]>",
        b"<?xml version=\"1.0\"?>",
        b"<?",
        b"<!",
        b"<",
        b">",
        b"</",
        b"/>",
        b"\"",
        b"'",
        b"=",
        b"&amp;",
        b"&#x",
        b"&",
        b"<a b=\"",
        b"<field name=\"email\">",
        b"</field>",
        b"<key>email</key>",
        b"text",
        b"\xff",
        b"\0",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_bytes_tile_and_do_not_depend_on_the_push(bytes in hostile(), push_bytes in 1usize..40) {
        let whole = items(&native::parse::<Xml>(&bytes, 1 << 20));
        prop_assert_eq!(items(&native::parse::<Xml>(&bytes, push_bytes)), whole);
    }

    #[test]
    fn noise_tiles(bytes in prop::collection::vec(any::<u8>(), 0..600), push_bytes in 1usize..40) {
        let whole = items(&native::parse::<Xml>(&bytes, 1 << 20));
        prop_assert_eq!(items(&native::parse::<Xml>(&bytes, push_bytes)), whole);
    }
}
