//! Cuts an input down to what matters.

use std::time::{Duration, Instant};

/// Bounds of the search: a plugin that runs into its deadline takes two seconds each time.
const TRIES_MAX: u32 = 2_000;
const TIME_MAX: Duration = Duration::from_secs(10);

/// A small input for which `breaks` is true, given one: ever smaller pieces are left out as long as it stays so.
pub(crate) fn minimise(input: &[u8], mut breaks: impl FnMut(&[u8]) -> bool) -> Vec<u8> {
    let begun = Instant::now();
    let (mut smallest, mut tries) = (input.to_vec(), 0);
    let mut piece = smallest.len().div_ceil(2);
    while piece > 0 {
        let mut at = 0;
        while at < smallest.len() {
            if tries == TRIES_MAX || begun.elapsed() > TIME_MAX {
                return smallest;
            }
            tries += 1;
            let behind = (at + piece).min(smallest.len());
            let shorter = [&smallest[..at], &smallest[behind..]].concat();
            if breaks(&shorter) {
                smallest = shorter;
            } else {
                at = behind;
            }
        }
        piece /= 2;
    }
    smallest
}
