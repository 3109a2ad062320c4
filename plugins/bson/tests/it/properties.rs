//! Whatever the bytes, the pushes and the cuts: no panic, no gap, the same records.

use proptest::prelude::*;
use sluice_bson::Bson;
use sluice_plugin::{
    Start,
    native::{self, cases::items},
};

const PEOPLE: &[u8] = include_bytes!("../../cases/types.bson");

fn strings(found: &native::Found) -> Vec<String> {
    items(found).iter().map(ToString::to_string).collect()
}

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

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_documents_tile_and_do_not_depend_on_the_push(bytes in mutated(), push_bytes in 1usize..200) {
        let whole = strings(&native::parse::<Bson>(&bytes, 1 << 20));
        prop_assert_eq!(strings(&native::parse::<Bson>(&bytes, push_bytes)), whole);
    }

    #[test]
    fn noise_tiles(bytes in prop::collection::vec(any::<u8>(), 0..600), push_bytes in 1usize..40) {
        let whole = strings(&native::parse::<Bson>(&bytes, 1 << 20));
        prop_assert_eq!(strings(&native::parse::<Bson>(&bytes, push_bytes)), whole);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    // Cuts are rare: what is damaged stands over and over, until there are some.
    #[test]
    fn chunks_give_what_the_whole_does(bytes in mutated()) {
        let mut member = Vec::new();
        while member.len() < 1 << 20 {
            member.extend_from_slice(&bytes);
            (0..100).for_each(|_| member.extend_from_slice(PEOPLE));
        }
        let cuts = native::scan::<Bson>(&member, 100_000);
        let (mut found, mut at) = (Vec::new(), 0);
        for end in cuts.iter().map(|(offset, _)| *offset as usize).chain([member.len()]) {
            let start = Start { base: at as u64, ..Start::default() };
            found.extend(strings(&native::parse_chunk::<Bson>(&member[at..end], &start, 200_000)));
            at = end;
        }
        prop_assert_eq!(found, strings(&native::parse::<Bson>(&member, 1 << 20)));
    }
}
