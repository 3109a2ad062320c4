//! A parser, natively: whatever the input, it tiles, and finds the same however the input is pushed and wherever its scan cuts it.

use sluice_plugin::{
    Framing, Parser, Sample, Start, limits,
    native::{self, cases::items},
};

/// Pushes of one reading: small ones of a large input would take for ever and tell nothing new.
const PUSHES_MAX: usize = 256;

pub(crate) fn fuzz<P: Parser>(input: &[u8]) {
    let head = &input[..input.len().min(limits::SAMPLE_BYTES_MAX)];
    if let Some(claim) = P::probe(&Sample { name: "member", size: Some(input.len() as u64), head, tail: b"" }) {
        assert!(claim.confidence <= 100, "a claim of {}", claim.confidence);
    }
    let whole = items(&native::parse::<P>(input, limits::PUSH_BYTES));
    let odd = 1 + input.iter().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte))) % 97;
    let push_bytes = odd.max(input.len() / PUSHES_MAX);
    assert_eq!(items(&native::parse::<P>(input, push_bytes)), whole, "in pushes of {push_bytes}");
    if P::describe().framing == Framing::Marks {
        // As another machine would read each chunk: with nothing but its context.
        let cuts = native::scan::<P>(input, push_bytes);
        let begins = [(0, Vec::new())].into_iter().chain(cuts.iter().cloned());
        let ends = cuts.iter().map(|(offset, _)| *offset).chain([input.len() as u64]);
        let chunks = begins.zip(ends).flat_map(|((base, context), end)| {
            let start = Start { base, context: &context, ..Start::default() };
            items(&native::parse_chunk::<P>(&input[base as usize..end as usize], &start, limits::PUSH_BYTES))
        });
        assert_eq!(chunks.collect::<Vec<_>>(), whole, "in chunks");
    }
}
