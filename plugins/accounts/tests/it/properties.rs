//! Whatever the bytes and the pushes: no panic, no gap, the same records.

use proptest::prelude::*;
use sluice_accounts::Accounts;
use sluice_plugin::native::{self, cases::items};

/// Pieces that make trouble when they meet.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: [&[u8]; 36] = [
        b"\n",
        b"\r\n",
        b"\r",
        b":",
        b":",
        b"::",
        b":::",
        b"::::::",
        b"ann",
        b"CORP\\",
        b"_history1",
        b"!",
        b"*",
        b"$",
        b"x",
        b"19000:0:99999:7:::",
        b":0:0:root:/root:/bin/sh",
        b":500:",
        b"aad3b435b51404eeaad3b435b51404ee",
        b":31d6cfe0d16ae931b73c59d7e0c089c0:::",
        b"NO PASSWORD*********************",
        b" (status=Enabled)",
        b"(status=",
        b":aes256-cts-hmac-sha1-96:",
        b":CLEARTEXT:0x6100",
        b":plain_password_hex:",
        b"$HEX[c3]",
        b"$HEX[c",
        b"$dynamic_4$5f4dcc3b5aa765d61d8327deb882cf99$",
        b"$krb5asrep$23$ann@EXAMPLE.COM:",
        b"$1$GoqtTEz1$mCf1NhUPu9q4VSLttX8LD.",
        b"5d2e19393cc5ef67",
        b"ab2/bSXtLv/6w",
        b"/a:$DCC2$10240#",
        b"\xff\0",
        b"\xEF\xBB\xBF#",
    ];
    prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_bytes_tile_and_do_not_depend_on_the_push(bytes in hostile(), push_bytes in 1usize..40) {
        let whole = items(&native::parse::<Accounts>(&bytes, 1 << 20));
        prop_assert_eq!(items(&native::parse::<Accounts>(&bytes, push_bytes)), whole);
    }

    #[test]
    fn noise_tiles(bytes in prop::collection::vec(any::<u8>(), 0..600), push_bytes in 1usize..40) {
        let whole = items(&native::parse::<Accounts>(&bytes, 1 << 20));
        prop_assert_eq!(items(&native::parse::<Accounts>(&bytes, push_bytes)), whole);
    }
}
