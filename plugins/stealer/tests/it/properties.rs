//! Whatever the bytes and the pushes: no panic, no gap, the same records; and the same again when cut where the scan says.

use proptest::prelude::*;
use sluice_plugin::native::{self, cases::items};
use sluice_stealer::Stealer;

/// Pieces that make trouble when they meet.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let pieces: Vec<&'static [u8]> = vec![
        b"\n",
        b"\r\n",
        b"\r",
        b" ",
        b"\t",
        b":",
        b"\n\n",
        b"====\n",
        b"-----\r\n",
        b"\xEF\xBB\xBF",
        b"URL: https://example.com/\n",
        b"URL: a\nUsername: ann@example.com\nPassword: b\n\n",
        b"URL: a\nUsername: ann\nPassword: b\n====\n",
        b"URL: a\nUsername: ann\nPassword:  b \n",
        b"SOFT: c\r\nURL: a\r\nUSER: EXAMPLE\\ann\r\nPASS: b\r\n",
        b"SOFT: c\r\nURL: a\r\nUSER: ann\r\nPASS: b\r\n",
        b"Host: example.org:21\r\n",
        b"Username: ann@example.com\n",
        b"Login: EXAMPLE\\ann\n",
        b"USER:",
        b"Password: pa:ss\n",
        b"PASS: \r\n",
        b"PASS: a\nb",
        b"SOFT: Chrome\n",
        b"Application: Edge\n",
        b"profile: Default\n",
        b"FORM: email\nVALUE: ann@example.com\n",
        b"Field: tel | Value: 0441234567\n",
        b"Name: x\n",
        b"Value: y",
        b"IP: 192.0.2.1\n",
        b"HWID: 1\n",
        b"UNKNOWN",
        b"ann@example.com:secret\n",
        b"\xe7\xbd\x91\xe5\x9d\x80\xef\xbc\x9a",
        b"\xff",
        b"\0",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_bytes_tile_and_do_not_depend_on_the_push(bytes in hostile(), push_bytes in 1usize..40) {
        let whole = items(&native::parse::<Stealer>(&bytes, 1 << 20));
        prop_assert_eq!(items(&native::parse::<Stealer>(&bytes, push_bytes)), whole);
    }

    #[test]
    fn noise_tiles(bytes in prop::collection::vec(any::<u8>(), 0..600), push_bytes in 1usize..40) {
        let whole = items(&native::parse::<Stealer>(&bytes, 1 << 20));
        prop_assert_eq!(items(&native::parse::<Stealer>(&bytes, push_bytes)), whole);
    }
}
