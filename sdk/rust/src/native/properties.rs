//! What a parser keeps whatever its bytes, the pushes and the cuts: no panic, no gap, the same records. [`hostile!`](crate::hostile) makes
//! tests of it. Failing is panicking, with the smallest bytes found.

use proptest::{
    prelude::*,
    test_runner::{TestCaseError, TestRunner},
};

use super::{Found, cases::items, parse, parse_chunk, scan};
use crate::{Parser, Start};

/// Pieces of one input.
const PIECES_MAX: usize = 60;
/// Inputs that are tried.
const TRIES: u32 = 600;
/// Of members that are long enough to be cut.
const LONG_TRIES: u32 = 12;
/// Bytes of what is good, behind what is tried.
const GOOD_BYTES: usize = 64 << 10;
/// Bytes a push of a scan.
const SCANNED_BYTES: usize = 256 << 10;
/// Bytes a push when a member is read at once.
const WHOLE_BYTES: usize = 1 << 20;

/// Two tests: that hostile bytes, and that noise, tile and give the same whatever the push. The bytes are made of pieces that make trouble
/// when they meet, or by a strategy of one's own, `hostile!(Mine, strategy, 1..40)`, with the bytes of a push.
#[macro_export]
macro_rules! hostile {
    ($parser:ty: $($piece:literal)+) => {
        const PIECES: &[&[u8]] = &[$($piece),+];
        $crate::hostile!($parser, $crate::native::properties::strung(PIECES), 1..80);
    };
    ($parser:ty, $bytes:expr, $push_bytes:expr) => {
        #[test]
        fn hostile_bytes_tile_and_do_not_depend_on_the_push() {
            $crate::native::properties::hold::<$parser>($bytes, $push_bytes);
        }

        #[test]
        fn noise_tiles() {
            $crate::native::properties::hold::<$parser>($crate::native::properties::noise(600), $push_bytes);
        }
    };
}

/// Pieces in any order.
pub fn strung(pieces: &'static [&'static [u8]]) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(pieces), 0..PIECES_MAX).prop_map(|pieces| pieces.concat())
}

/// Any bytes.
pub fn noise(bytes_max: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..bytes_max)
}

/// Tries bytes in pushes of any of the sizes.
///
/// # Panics
/// When a push changes what is found, or it does not tile.
pub fn hold<P: Parser>(bytes: impl Strategy<Value = Vec<u8>>, push_bytes: std::ops::Range<usize>) {
    each(TRIES, (bytes, push_bytes), |(bytes, push_bytes)| {
        prop_assert_eq!(told(&parse::<P>(&bytes, push_bytes)), told(&parse::<P>(&bytes, WHOLE_BYTES)));
        Ok(())
    });
}

/// Tries members that are cut. Cuts are rare: the bytes stand among what is good, over and over, until there are some.
///
/// # Panics
/// As [`chunks`].
pub fn chunks_hold<P: Parser>(bytes: impl Strategy<Value = Vec<u8>>, good: &'static [&'static [u8]], member_bytes: usize) {
    each(LONG_TRIES, (bytes, prop::sample::select(good)), |(bytes, good)| {
        let mut member = Vec::new();
        while member.len() < member_bytes {
            member.extend_from_slice(&bytes);
            (0..GOOD_BYTES.div_ceil(good.len())).for_each(|_| member.extend_from_slice(good));
        }
        chunks::<P>(&member);
        Ok(())
    });
}

/// Tries rows behind each other, in any order, against each alone: what a parser learns of one must not change what the next says.
///
/// # Panics
/// When what is found in a row hangs on those before it.
pub fn rows_hold<P: Parser>(rows: &'static [&'static [u8]]) {
    each(TRIES, prop::collection::vec(prop::sample::select(rows), 1..PIECES_MAX), |rows| {
        let alone: Vec<String> = rows.iter().flat_map(|row| told(&parse::<P>(row, WHOLE_BYTES))).collect();
        prop_assert_eq!(told(&parse::<P>(&rows.concat(), WHOLE_BYTES)), alone);
        Ok(())
    });
}

/// Reads a member in the chunks that the parser's scan says, and in chunks made of any two of them that touch. Gives how many cuts there are,
/// and how many records and rejects.
///
/// # Panics
/// When what is found hangs on the cuts.
pub fn chunks<P: Parser>(member: &[u8]) -> (usize, usize) {
    let cuts = scan::<P>(member, SCANNED_BYTES);
    let whole = told(&parse::<P>(member, WHOLE_BYTES));
    for (from, every) in [(0, 1), (0, 2), (1, 2)] {
        let (mut found, mut begin, mut context) = (Vec::new(), 0, &[][..]);
        let taken = cuts.iter().skip(from).step_by(every).map(|(offset, context)| (*offset as usize, &context[..]));
        for (end, next) in taken.chain([(member.len(), &[][..])]) {
            let start = Start { base: begin as u64, context, ..Start::default() };
            found.extend(told(&parse_chunk::<P>(&member[begin..end], &start, 65_537)));
            (begin, context) = (end, next);
        }
        let parting = found.iter().zip(&whole).find(|(found, whole)| found != whole);
        let (have, want) = (found.len(), whole.len());
        assert!(found == whole, "of {} cuts each {every}. behind the first {from}: {have} of {want} records, {parting:?}", cuts.len());
    }
    (cuts.len(), whole.len())
}

/// Records and rejects as text: keys in their order.
fn told(found: &Found) -> Vec<String> {
    items(found).iter().map(ToString::to_string).collect()
}

fn each<S: Strategy>(tries: u32, strategy: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = ProptestConfig { cases: tries, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config).run(&strategy, test).unwrap_or_else(|failed| panic!("{failed}"));
}
