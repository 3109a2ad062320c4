//! How each clause is tried.

use std::{convert::Infallible, sync::Arc};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sluice_record::{Batch, CutPoint, Framing, limits};
use sluice_sandbox::{Fault, Plugin, Sample, Start, parse_chunk};

use crate::{
    Bounds, Case, Clause, Finding, Outcome,
    clauses::{CHUNKS, CLAIMS, ENDLESS, FINDS, PUSHES, REPEATS, SURVIVES, TILES},
    minimise::minimise,
    story::{Row, as_json, cuts, fault, feed, read, read_chunks},
};

/// A claim above says: this format, and hardly any other.
const CONFIDENT: u8 = 50;
const PUSH_BYTES: [usize; 9] = [1, 2, 3, 7, 64, 1_000, 4 << 10, 64 << 10, 1 << 20];
/// Pushes of one reading: of a large case, small pushes are left out.
const PUSHES_MAX: usize = 50_000;
/// Bytes a push of a scan, and which of its cuts are taken: each, every second …
const SCANS: [(usize, usize); 4] = [(1, 1), (64, 1), (limits::PUSH_BYTES, 2), (limits::PUSH_BYTES, 7)];
/// Cuts of one reading: each chunk is an instance of its own.
const CHUNKS_MAX: usize = 1_000;
const NOISE_BYTES: usize = 64 << 10;
/// Bytes of the endless line that are given at a time.
const PIECE_BYTES: usize = 1 << 20;
/// Of a difference, what is shown of either side.
const SHOWN_BYTES_MAX: usize = 400;

/// What is judged and what by.
pub(crate) struct Bench<'a> {
    pub(crate) plugin: Arc<Plugin>,
    /// The same, loaded anew.
    pub(crate) fresh: Arc<Plugin>,
    /// The same, by the quick compiler.
    pub(crate) quick: Arc<Plugin>,
    pub(crate) cases: &'a [Case],
    pub(crate) strangers: &'a [Case],
    pub(crate) bounds: Bounds,
}

/// How a clause is tried.
pub(crate) struct Try {
    pub(crate) clause: &'static Clause,
    pub(crate) run: fn(&Bench<'_>) -> Outcome,
    /// Does it mean nothing if a case cannot be read at all?
    pub(crate) reads_cases: bool,
}

/// All but the first clause, which is judged by loading.
pub(crate) static ALL: [Try; 8] = [
    Try { clause: &CLAIMS, run: claims, reads_cases: false },
    Try { clause: &TILES, run: tiles, reads_cases: false },
    Try { clause: &FINDS, run: finds, reads_cases: true },
    Try { clause: &PUSHES, run: pushes, reads_cases: true },
    Try { clause: &CHUNKS, run: chunks, reads_cases: true },
    Try { clause: &REPEATS, run: repeats, reads_cases: true },
    Try { clause: &SURVIVES, run: survives, reads_cases: false },
    Try { clause: &ENDLESS, run: endless, reads_cases: false },
];

fn broken(case: &str, what: impl Into<String>, input: Option<Vec<u8>>) -> Outcome {
    Outcome::Broken(Finding { case: case.to_owned(), what: what.into(), input })
}

/// Tries each case; the first that gives an outcome is it.
fn each_case(bench: &Bench<'_>, mut one: impl FnMut(&Case, &mut u64) -> Option<Outcome>) -> Outcome {
    if bench.cases.is_empty() {
        return Outcome::Open { why: "there is no case".into() };
    }
    let mut tries = 0;
    bench.cases.iter().find_map(|case| one(case, &mut tries)).unwrap_or(Outcome::Held { tries })
}

fn claims(bench: &Bench<'_>) -> Outcome {
    let noise = Case { name: "noise".into(), bytes: noise(NOISE_BYTES), expected: None };
    let nothing = Case { name: "nothing".into(), bytes: vec![], expected: None };
    let own = bench.cases.iter().map(|case| (case, true));
    let foreign = [&noise, &nothing].into_iter().chain(bench.strangers).map(|case| (case, false));
    let mut tries = 0;
    for (case, is_own) in own.chain(foreign) {
        tries += 1;
        let head = &case.bytes[..case.bytes.len().min(limits::SAMPLE_BYTES_MAX)];
        let tail = &case.bytes[case.bytes.len().saturating_sub(limits::SAMPLE_BYTES_MAX)..];
        let sample = Sample { name: &case.name, size: Some(case.bytes.len() as u64), head, tail };
        let claim = match bench.plugin.probe(&sample) {
            Ok(claim) => claim,
            Err(fault) => return broken(&case.name, fault.message, None),
        };
        let confidence = claim.as_ref().map_or(0, |claim| claim.confidence);
        if is_own != (confidence > CONFIDENT) {
            let reason = claim.map(|claim| format!(", because: {}", claim.reason)).unwrap_or_default();
            let whose = if is_own { "its own" } else { "none of its own" };
            return broken(&case.name, format!("it claims this case, {whose}, with {confidence}{reason}"), None);
        }
    }
    if bench.cases.is_empty() { Outcome::Open { why: "there is no case of its own".into() } } else { Outcome::Held { tries } }
}

fn tiles(bench: &Bench<'_>) -> Outcome {
    each_case(bench, |case, tries| {
        *tries += 1;
        let seen = read(&bench.plugin, &case.bytes, limits::PUSH_BYTES).err()?;
        Some(faulty(bench, &case.name, &case.bytes, &seen))
    })
}

/// A fault, and the smallest input with one of its kind.
fn faulty(bench: &Bench<'_>, case: &str, input: &[u8], seen: &Fault) -> Outcome {
    let same = |shorter: &[u8]| read(&bench.plugin, shorter, limits::PUSH_BYTES).is_err_and(|fault| fault.kind == seen.kind);
    broken(case, seen.message.clone(), Some(minimise(input, same)))
}

fn finds(bench: &Bench<'_>) -> Outcome {
    if bench.cases.iter().all(|case| case.expected.is_none()) {
        return Outcome::Open { why: "no case has its records written down in a .jsonl beside it".into() };
    }
    each_case(bench, |case, tries| {
        let expected = case.expected.as_ref()?;
        *tries += 1;
        let found = as_json(&read(&bench.plugin, &case.bytes, limits::PUSH_BYTES).ok()?);
        let first = (0..found.len().max(expected.len())).find(|at| found.get(*at) != expected.get(*at))?;
        let shown = |value: Option<&serde_json::Value>| value.map_or("nothing".to_owned(), |value| shortened(value.to_string()));
        let (wanted, found) = (shown(expected.get(first)), shown(found.get(first)));
        Some(broken(&case.name, format!("number {} should be {wanted} and is {found}", first + 1), None))
    })
}

fn pushes(bench: &Bench<'_>) -> Outcome {
    each_case(bench, |case, tries| {
        PUSH_BYTES.into_iter().filter(|bytes| case.bytes.len() / bytes <= PUSHES_MAX).find_map(|push_bytes| {
            let whole = |input: &[u8]| read(&bench.plugin, input, limits::PUSH_BYTES);
            let pushed = |input: &[u8]| read(&bench.plugin, input, push_bytes);
            unlike(case, &format!("in pushes of {push_bytes} bytes"), tries, whole, pushed)
        })
    })
}

fn chunks(bench: &Bench<'_>) -> Outcome {
    if bench.plugin.descriptor().framing == Framing::Whole {
        return Outcome::Open { why: "its members are not cut".into() };
    }
    let cut = |input: &[u8], push_bytes: usize| match bench.plugin.descriptor().framing {
        Framing::Marks => cuts(&bench.plugin, input, push_bytes),
        _ => Ok(line_ends(input)),
    };
    each_case(bench, |case, tries| {
        SCANS.into_iter().filter(|(bytes, _)| case.bytes.len() / bytes <= PUSHES_MAX).find_map(|(scanned_bytes, every)| {
            let whole = |input: &[u8]| read(&bench.plugin, input, limits::PUSH_BYTES);
            let chunked = |input: &[u8]| {
                let cuts: Vec<_> = cut(input, scanned_bytes)?.into_iter().step_by(every).take(CHUNKS_MAX).collect();
                read_chunks(&bench.plugin, input, &cuts, limits::PUSH_BYTES)
            };
            let how = format!("in chunks, one for {every} of the places where it may be cut, found by pushes of {scanned_bytes} bytes");
            unlike(case, &how, tries, whole, chunked)
        })
    })
}

/// Behind every line but the last, which may be none.
fn line_ends(input: &[u8]) -> Vec<CutPoint> {
    let ends = input.iter().enumerate().filter(|(at, byte)| **byte == b'\n' && at + 1 < input.len());
    ends.map(|(at, _)| CutPoint { offset: at as u64 + 1, context: vec![] }).collect()
}

fn repeats(bench: &Bench<'_>) -> Outcome {
    each_case(bench, |case, tries| {
        [("a second time", &bench.plugin), ("freshly loaded", &bench.fresh), ("compiled by another compiler", &bench.quick)]
            .into_iter()
            .find_map(|(how, plugin)| {
                let once = |input: &[u8]| read(&bench.plugin, input, limits::PUSH_BYTES);
                let again = |input: &[u8]| read(plugin, input, limits::PUSH_BYTES);
                unlike(case, how, tries, once, again)
            })
    })
}

type Reading = Result<Vec<Row>, Fault>;

/// Two ways of reading a case that must give the same; else where they part, and a small input at which they do.
fn unlike(case: &Case, how: &str, tries: &mut u64, usual: impl Fn(&[u8]) -> Reading, other: impl Fn(&[u8]) -> Reading) -> Option<Outcome> {
    *tries += 1;
    let (wanted, found) = (usual(&case.bytes), other(&case.bytes));
    if same(&wanted, &found) {
        return None;
    }
    let what = match (&wanted, &found) {
        (Ok(wanted), Ok(found)) => {
            let first = (0..wanted.len().max(found.len())).find(|at| wanted.get(*at) != found.get(*at)).unwrap_or_default();
            let shown = |rows: &[Row]| rows.get(first).map_or("nothing".to_owned(), |row| shortened(format!("{row:?}")));
            format!("read {how}, stretch {} is {} and was {}", first + 1, shown(found), shown(wanted))
        }
        (_, Err(fault)) | (Err(fault), _) => format!("read {how}: {}", fault.message),
    };
    Some(broken(&case.name, what, Some(minimise(&case.bytes, |input| !same(&usual(input), &other(input))))))
}

/// Faults are alike if they are of one kind: where a plugin traps may hang on how it is fed.
fn same<T: PartialEq>(left: &Result<T, Fault>, right: &Result<T, Fault>) -> bool {
    match (left, right) {
        (Ok(left), Ok(right)) => left == right,
        (Err(left), Err(right)) => left.kind == right.kind,
        _ => false,
    }
}

fn survives(bench: &Bench<'_>) -> Outcome {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut tries = 0;
    let mut one = |name: &str, input: &[u8]| {
        tries += 1;
        read(&bench.plugin, input, limits::PUSH_BYTES).err().map(|fault| faulty(bench, name, input, &fault))
    };
    let found = one("nothing", b"").or_else(|| one("noise", &noise(NOISE_BYTES))).or_else(|| {
        bench.cases.iter().filter(|case| !case.bytes.is_empty()).find_map(|case| {
            (0..bench.bounds.variants).find_map(|number| {
                let (what, bytes) = damaged(&case.bytes, number, &mut random);
                one(&format!("{}, {what}", case.name), &bytes)
            })
        })
    });
    found.unwrap_or(Outcome::Held { tries })
}

/// A case, cut off somewhere or with some of its bits flipped or some of its bytes doubled.
fn damaged(bytes: &[u8], number: u32, random: &mut ChaCha8Rng) -> (String, Vec<u8>) {
    let at = random.random_range(0..bytes.len());
    match number % 3 {
        0 => (format!("cut off at byte {at}"), bytes[..at].to_vec()),
        1 => {
            let (mut flipped, bits) = (bytes.to_vec(), random.random_range(1..=8));
            for _ in 0..bits {
                flipped[random.random_range(0..bytes.len())] ^= 1 << random.random_range(0..8);
            }
            (format!("with {bits} bits flipped"), flipped)
        }
        _ => {
            let end = random.random_range(at..=bytes.len());
            (format!("with bytes {at} to {end} doubled"), [&bytes[..end], &bytes[at..]].concat())
        }
    }
}

fn noise(bytes: usize) -> Vec<u8> {
    let mut noise = vec![0; bytes];
    ChaCha8Rng::seed_from_u64(0).fill(&mut noise[..]);
    noise
}

/// A line of nothing but one letter, and the first case's first line without its end, over and over.
fn endless(bench: &Bench<'_>) -> Outcome {
    let own = bench.cases.first().map(|case| case.bytes.split(|byte| *byte == b'\n').next().unwrap_or_default().to_vec());
    let lines = [("a line of one letter", b"a".to_vec())]
        .into_iter()
        .chain(own.filter(|line| !line.is_empty()).map(|line| ("its first line without an end", line)));
    let mut tries = 0;
    for (name, line) in lines {
        tries += 1;
        let piece: Vec<u8> = line.iter().copied().cycle().take(PIECE_BYTES.next_multiple_of(line.len())).collect();
        let mut left = bench.bounds.long_line_bytes;
        let mut read = |buffer: &mut Vec<u8>, _: usize| {
            let some = &piece[..piece.len().min(usize::try_from(left).unwrap_or(usize::MAX))];
            buffer.extend_from_slice(some);
            left -= some.len() as u64;
            Ok::<_, Infallible>(left > 0)
        };
        let seen = parse_chunk(&bench.plugin, Start::default(), feed(limits::PUSH_BYTES), &mut read, &mut |_: &mut Batch| Ok(()));
        if let Err(error) = seen {
            return broken(name, format!("{}, of {} bytes", fault(error).message, bench.bounds.long_line_bytes), None);
        }
    }
    Outcome::Held { tries }
}

fn shortened(mut text: String) -> String {
    if text.len() > SHOWN_BYTES_MAX {
        text.truncate(text.floor_char_boundary(SHOWN_BYTES_MAX));
        text.push('…');
    }
    text
}
