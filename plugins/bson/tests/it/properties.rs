//! Whatever the bytes, the pushes and the cuts: no panic, no gap, the same records.

use proptest::prelude::*;
use sluice_bson::Bson;
use sluice_plugin::native::properties;

const PEOPLE: &[u8] = include_bytes!("../../cases/types.bson");

/// Documents with some bytes changed, cut off, or put between.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6);
    let noise = prop::collection::vec(any::<u8>(), 0..40);
    (changes, noise, any::<prop::sample::Index>(), any::<prop::sample::Index>()).prop_map(|(changes, noise, at, end)| {
        let mut bytes = PEOPLE.to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let at = at.index(bytes.len());
        bytes.splice(at..at, noise);
        bytes.extend_from_slice(&PEOPLE[..end.index(PEOPLE.len())]);
        bytes
    })
}

sluice_plugin::hostile!(Bson, mutated(), 1..200);

#[test]
fn chunks_give_what_the_whole_does() {
    properties::chunks_hold::<Bson>(mutated(), &[PEOPLE], 1 << 20);
}
