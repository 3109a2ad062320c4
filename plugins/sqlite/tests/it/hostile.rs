//! Damaged databases: no panic, no gap, the same whatever the push, and a damaged row costs no other.

use proptest::prelude::*;
use sluice_plugin::native::properties;
use sluice_sqlite::Sqlite;

const PEOPLE: &[u8] = include_bytes!("../../cases/people.db");

/// A database with some bytes changed, cut off somewhere.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let flips = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..40);
    (flips, any::<prop::sample::Index>()).prop_map(|(flips, end)| {
        let mut bytes = PEOPLE.to_vec();
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(end.index(bytes.len()));
        bytes
    })
}

#[test]
fn hostile_bytes_tile_and_do_not_depend_on_the_push() {
    properties::hold::<Sqlite>(damaged(), 1..5000);
}

#[test]
fn noise_tiles() {
    properties::hold::<Sqlite>(properties::noise(20_000), 1..5000);
}
