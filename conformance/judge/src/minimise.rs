//! Cuts an input down to what matters.

use std::time::{Duration, Instant};

const TRIES_MAX: u32 = 2_000;

/// A small input for which `breaks` is true, given one: ever smaller pieces are left out as long as it stays so, and there is time. A plugin
/// that loops takes a second each time.
pub(crate) fn minimise(input: &[u8], time: Duration, mut breaks: impl FnMut(&[u8]) -> bool) -> Vec<u8> {
    let begun = Instant::now();
    let (mut smallest, mut tries) = (input.to_vec(), 0);
    let mut piece = smallest.len().div_ceil(2);
    while piece > 0 {
        let mut at = 0;
        while at < smallest.len() {
            if tries == TRIES_MAX || begun.elapsed() > time {
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
