//! Whatever the bytes, the pushes and the cuts: no panic, no gap, the same records.

use proptest::prelude::*;
use sluice_json::Json;
use sluice_plugin::{
    Start,
    native::{self, cases::items},
};

/// Pieces that make trouble when they meet.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let pieces: Vec<&'static str> = vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "'",
        "\\",
        "\n",
        "\r\n",
        "}\n{",
        "  ",
        "\t",
        "\u{feff}",
        "{\"email\":\"ann@example.com\",\"password\":\"pa55word\"}\n",
        "{\"email\":\"bob@example.com\",\"name\":{\"first\":\"Bob\"}},",
        "\"email\":\"cat@example.com\"",
        "\"users\":{\"u1\":{",
        "{\"items\":[",
        "\"_id\":{\"$oid\":\"0123456789abcdef01234567\"},",
        "\"username\":",
        "ObjectId(\"",
        "ISODate(",
        "null",
        "true",
        "-1.5e3",
        "\\u00e4",
        "\\ud83d",
        "\"\"",
        "\"dan@example.com\":\"secret1\"",
        "// comment\n",
        "var users = ",
        "\0",
        "\u{e4}",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..60).prop_map(|pieces| pieces.concat().into_bytes())
}

fn whole(bytes: &[u8]) -> Vec<String> {
    items(&native::parse::<Json>(bytes, 1 << 20)).iter().map(ToString::to_string).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_bytes_tile_and_do_not_depend_on_the_push(bytes in hostile(), push_bytes in 1usize..40) {
        let found: Vec<String> = items(&native::parse::<Json>(&bytes, push_bytes)).iter().map(ToString::to_string).collect();
        prop_assert_eq!(found, whole(&bytes));
    }

    #[test]
    fn noise_tiles(bytes in prop::collection::vec(any::<u8>(), 0..600), push_bytes in 1usize..40) {
        let found: Vec<String> = items(&native::parse::<Json>(&bytes, push_bytes)).iter().map(ToString::to_string).collect();
        prop_assert_eq!(found, whole(&bytes));
    }

}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    // Cuts are rare: what is hostile stands over and over, until there are some.
    #[test]
    fn chunks_give_what_the_whole_does(bytes in hostile(), fill in 0usize..3) {
        let fill: &[u8] = [&b"{\"email\":\"eve@example.com\"}\n"[..], b"{\"email\":\"eve@example.com\"},\n", b"[{\"email\":\"eve@example.com\"},{\"email\":\"fay@example.com\"}]"][fill];
        let mut member = Vec::new();
        while member.len() < 3 << 19 {
            member.extend_from_slice(&bytes);
            for _ in 0..2000 {
                member.extend_from_slice(fill);
            }
        }
        let cuts = native::scan::<Json>(&member, 100_000);
        let (mut found, mut at, mut context) = (Vec::new(), 0, Vec::new());
        let ends = cuts.iter().map(|(offset, context)| (*offset as usize, context.clone())).chain([(member.len(), Vec::new())]);
        for (end, next) in ends {
            let start = Start { base: at as u64, context: &context, ..Start::default() };
            found.extend(items(&native::parse_chunk::<Json>(&member[at..end], &start, 200_000)).iter().map(ToString::to_string));
            (at, context) = (end, next);
        }
        prop_assert_eq!(found, whole(&member));
    }
}
