//! The class bitmaps against looking at every byte.

use proptest::prelude::*;
use sluice_plugin::Bitmaps;

proptest! {
    #[test]
    fn find_says_what_a_plain_search_says(
        inputs in prop::collection::vec(prop::collection::vec(prop::sample::select(b"abcdefgh,\n\"\xff\x7f\x80:;\t \0".to_vec()), 0..300), 1..5),
    ) {
        let mut bitmaps = Bitmaps::<4>::default();
        for input in &inputs {
            bitmaps.build(input, |block| {
                [block.eq(b',') | block.eq(b'\n'), block.eq(b'"'), block.eq_pair(b';'), block.at_most(b' ')]
            });
            for from in 0..=input.len() {
                let next = |wanted: &[u8]| (from..input.len()).find(|at| wanted.contains(&input[*at])).unwrap_or(input.len());
                let found = [next(b",\n"), next(b"\""), next(b":;"), next(b"\n\t \0")];
                for (class, found) in found.into_iter().enumerate() {
                    prop_assert_eq!(bitmaps.class(class).find(from), found);
                    for end in [from, (from + 65).min(input.len()), input.len()] {
                        let within = bitmaps.class(class).find_within(from, end);
                        let fine = if found < end { within == found } else { within >= end };
                        prop_assert!(fine, "class {} from {} to {}", class, from, end);
                    }
                }
            }
        }
    }
}
