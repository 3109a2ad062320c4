//! Chunks, each read by itself as another machine would, must be what the member is when it is read at once.
//!
//! Where lines stand alone every line end is a cut. A scan cuts rarely, and hardly ever in a small case: then cases are repeated until it does.

use sluice_record::{CutPoint, Framing, limits};

use crate::{
    Case, Outcome,
    meter::repeated,
    story::{cuts, read, read_chunks},
    tries::{Bench, PUSHES_MAX, broken, each_case, parting, same, unlike},
};

/// Bytes a push of a scan, and which of its cuts are taken: each, every second …
const SCANS: [(usize, usize); 4] = [(1, 1), (64, 1), (limits::PUSH_BYTES, 2), (limits::PUSH_BYTES, 7)];
/// Cuts of one reading: each chunk is an instance of its own.
const CHUNKS_MAX: usize = 1_000;
/// Of a long input, what is shown on either side of a cut.
const AROUND_BYTES: usize = 150;

pub(crate) fn chunks(bench: &Bench<'_>) -> Outcome {
    let framing = bench.plugin().descriptor().framing;
    if framing == Framing::Whole {
        return Outcome::Open { why: "its members are not cut".into() };
    }
    let mut are_cut = framing == Framing::Lines;
    let outcome =
        each_case(bench, |case, tries| small(bench, case, tries, &mut are_cut).or_else(|| long(bench, case, tries, &mut are_cut)));
    match outcome {
        Outcome::Held { tries, .. } if !are_cut => {
            let measured = Some(format!("it cuts no case, not even repeated to {} bytes", bench.bounds.chunked_bytes));
            Outcome::Held { tries, measured }
        }
        outcome => outcome,
    }
}

/// A case as it is.
fn small(bench: &Bench<'_>, case: &Case, tries: &mut u64, are_cut: &mut bool) -> Option<Outcome> {
    let plugin = bench.plugin();
    let is_of_lines = plugin.descriptor().framing == Framing::Lines;
    let cut =
        |input: &[u8], push_bytes: usize| if is_of_lines { Ok(line_ends(input)) } else { cuts(plugin, case.told(), input, push_bytes) };
    *are_cut |= cut(&case.bytes, limits::PUSH_BYTES).is_ok_and(|cuts| !cuts.is_empty());
    SCANS.into_iter().filter(|(bytes, _)| case.bytes.len() / bytes <= PUSHES_MAX).find_map(|(scanned_bytes, every)| {
        let whole = |input: &[u8]| read(plugin, case.told(), input, limits::PUSH_BYTES);
        let chunked = |input: &[u8]| {
            let cuts: Vec<_> = cut(input, scanned_bytes)?.into_iter().step_by(every).take(CHUNKS_MAX).collect();
            read_chunks(plugin, case.told(), input, &cuts, limits::PUSH_BYTES)
        };
        let how = format!("in chunks, one for {every} of the places where it may be cut, found by pushes of {scanned_bytes} bytes");
        unlike(bench, case, &how, tries, whole, chunked)
    })
}

/// Behind every line but the last, which may be none.
fn line_ends(input: &[u8]) -> Vec<CutPoint> {
    let ends = input.iter().enumerate().filter(|(at, byte)| **byte == b'\n' && at + 1 < input.len());
    ends.map(|(at, _)| CutPoint { offset: at as u64 + 1, context: vec![] }).collect()
}

/// A case, over and over, cut where the scan says. What is shown is what stands around the cut: less would not be cut.
fn long(bench: &Bench<'_>, case: &Case, tries: &mut u64, are_cut: &mut bool) -> Option<Outcome> {
    let plugin = bench.plugin();
    if plugin.descriptor().framing == Framing::Lines || case.bytes.is_empty() {
        return None;
    }
    let input = repeated([case.bytes.as_slice()].into_iter(), bench.bounds.chunked_bytes);
    *tries += 1;
    let cuts = match cuts(plugin, case.told(), &input, limits::PUSH_BYTES) {
        Ok(cuts) if cuts.is_empty() => return None,
        Ok(cuts) => cuts,
        Err(fault) => {
            let (_, stretch) = around(&input, fault.offset.unwrap_or_default() as usize);
            return Some(broken(&case.name, format!("scanned over and over: {}", fault.message), Some(stretch)));
        }
    };
    *are_cut = true;
    let (whole, chunked) =
        (read(plugin, case.told(), &input, limits::PUSH_BYTES), read_chunks(plugin, case.told(), &input, &cuts, limits::PUSH_BYTES));
    if same(&whole, &chunked) {
        return None;
    }
    let (what, at) = parting(&whole, &chunked);
    let cut = cuts.iter().map(|cut| cut.offset).min_by_key(|cut| cut.abs_diff(at))? as usize;
    let (place, stretch) = around(&input, cut);
    let how = format!("over and over, in chunks cut where its scan says: at byte {cut}, which is byte {place} of what is shown");
    Some(broken(&case.name, format!("read {how}{what}"), Some(stretch)))
}

/// What stands around a byte of a long input, and where in that it is.
fn around(input: &[u8], at: usize) -> (usize, Vec<u8>) {
    let begin = at.min(input.len()).saturating_sub(AROUND_BYTES);
    let end = input.len().min(at.saturating_add(AROUND_BYTES));
    (at - begin, input[begin..end].to_vec())
}
