//! Damaged databases: no panic, no gap, the same whatever the push, and a damaged row costs no other.

use proptest::prelude::*;
use sluice_plugin::native::{self, cases::items};
use sluice_sqlite::Sqlite;

const PEOPLE: &[u8] = include_bytes!("../../cases/people.db");

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn flipped_bytes_tile_and_do_not_depend_on_the_push(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..40),
        end in any::<prop::sample::Index>(),
        push_bytes in 1usize..5000,
    ) {
        let mut bytes = PEOPLE.to_vec();
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(end.index(bytes.len()));
        let whole = items(&native::parse::<Sqlite>(&bytes, 1 << 20));
        prop_assert_eq!(items(&native::parse::<Sqlite>(&bytes, push_bytes)), whole);
    }

    #[test]
    fn noise_tiles(bytes in prop::collection::vec(any::<u8>(), 0..20_000), push_bytes in 1usize..5000) {
        let whole = items(&native::parse::<Sqlite>(&bytes, 1 << 20));
        prop_assert_eq!(items(&native::parse::<Sqlite>(&bytes, push_bytes)), whole);
    }
}
