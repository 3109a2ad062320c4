//! Whatever the bytes and the pushes: no panic, no gap, the same records.

use proptest::prelude::*;
use sluice_ldif::Ldif;
use sluice_plugin::native::{self, cases::items};

/// Pieces that make trouble when they meet.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let pieces: Vec<&'static [u8]> = vec![
        b"\n",
        b"\r\n",
        b"\r",
        b" ",
        b":",
        b"::",
        b":< ",
        b"#",
        b"-\n",
        b"\n\n",
        b"\n ",
        b"dn: ",
        b"dn:: ",
        b"dn: uid=ann,",
        b"version: 1\n",
        b"mail: ann@example.com\n",
        b"userPassword:: e1NTSEF9\n",
        b"uid: ",
        b"=",
        b"\\",
        b"\\2c",
        b"x;lang-de: ",
        b"\xff",
        b"\0",
        b"changetype: ",
        b"search: 2\n",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_bytes_tile_and_do_not_depend_on_the_push(bytes in hostile(), push_bytes in 1usize..40) {
        let whole = items(&native::parse::<Ldif>(&bytes, 1 << 20));
        prop_assert_eq!(items(&native::parse::<Ldif>(&bytes, push_bytes)), whole);
    }

    #[test]
    fn noise_tiles(bytes in prop::collection::vec(any::<u8>(), 0..600), push_bytes in 1usize..40) {
        let whole = items(&native::parse::<Ldif>(&bytes, 1 << 20));
        prop_assert_eq!(items(&native::parse::<Ldif>(&bytes, push_bytes)), whole);
    }
}
