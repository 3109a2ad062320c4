//! How each clause is tried.

use std::convert::Infallible;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sluice_record::{Batch, limits};
use sluice_sandbox::{Fault, FaultKind, Plugin, Sample, Start, parse_chunk};

use crate::{
    Bounds, Budget, Case, Clause, Finding, Outcome, chunks,
    clauses::{CHUNKS, CLAIMS, ENDLESS, FINDS, FUEL, LEAVES, MEMORY, PUSHES, REPEATS, SPEED, SURVIVES, TILES, TRAPS},
    machines::Machines,
    meter::repeated,
    minimise::minimise,
    spending,
    story::{Row, as_json, fault, feed, read},
};

/// A claim above says: this format, and hardly any other.
const CONFIDENT: u8 = 50;
const PUSH_BYTES: [usize; 9] = [1, 2, 3, 7, 64, 1_000, 4 << 10, 64 << 10, 1 << 20];
/// Pushes of one reading: of a large case, small pushes are left out.
pub(crate) const PUSHES_MAX: usize = 50_000;
const NOISE_BYTES: usize = 64 << 10;
/// Bytes of the endless line that are given at a time.
const PIECE_BYTES: usize = 1 << 20;
/// What a MiB of the endless line may take, in budgets of fuel: what was not consumed is given again, joined with half as much.
const ENDLESS_BUDGETS: u64 = 8;
/// Of a difference, what is shown of either side.
const SHOWN_BYTES_MAX: usize = 400;

/// What is judged and what by.
pub(crate) struct Bench<'a> {
    pub(crate) machines: Machines,
    pub(crate) cases: &'a [Case],
    pub(crate) strangers: &'a [Case],
    pub(crate) budget: Budget,
    pub(crate) bounds: Bounds,
}

impl Bench<'_> {
    pub(crate) fn plugin(&self) -> &Plugin {
        &self.machines.judged
    }

    /// A small input for which `breaks` is true, given one.
    pub(crate) fn minimise(&self, input: &[u8], breaks: impl FnMut(&[u8]) -> bool) -> Vec<u8> {
        minimise(input, self.bounds.minimising, breaks)
    }

    /// All cases in one, over and over.
    pub(crate) fn much(&self) -> Vec<u8> {
        repeated(self.cases.iter().map(|case| case.bytes.as_slice()), self.bounds.metered_bytes)
    }
}

/// How a clause is tried.
pub(crate) struct Try {
    pub(crate) clause: &'static Clause,
    pub(crate) run: fn(&Bench<'_>) -> Outcome,
    /// Does it mean nothing if a case cannot be read at all?
    pub(crate) reads_cases: bool,
}

/// In the order they are tried.
pub(crate) static ALL: [Try; 13] = [
    Try { clause: &CLAIMS, run: claims, reads_cases: false },
    Try { clause: &LEAVES, run: leaves, reads_cases: false },
    Try { clause: &TRAPS, run: read_before, reads_cases: true },
    Try { clause: &TILES, run: read_before, reads_cases: true },
    Try { clause: &FINDS, run: finds, reads_cases: true },
    Try { clause: &PUSHES, run: pushes, reads_cases: true },
    Try { clause: &CHUNKS, run: chunks::chunks, reads_cases: true },
    Try { clause: &REPEATS, run: repeats, reads_cases: true },
    Try { clause: &SURVIVES, run: survives, reads_cases: true },
    Try { clause: &ENDLESS, run: endless, reads_cases: true },
    Try { clause: &MEMORY, run: spending::memory, reads_cases: true },
    Try { clause: &FUEL, run: spending::fuel, reads_cases: true },
    Try { clause: &SPEED, run: spending::speed, reads_cases: true },
];

pub(crate) fn held(tries: u64) -> Outcome {
    Outcome::Held { tries, measured: None }
}

pub(crate) fn broken(case: &str, what: impl Into<String>, input: Option<Vec<u8>>) -> Outcome {
    Outcome::Broken(Finding { case: case.to_owned(), what: what.into(), input })
}

/// The first case that cannot be read at all, and the one clause that this is held against: those that stand on it stay open.
pub(crate) fn unreadable(bench: &Bench<'_>) -> Option<(&'static Clause, Finding)> {
    bench.cases.iter().find_map(|case| {
        let fault = read(bench.plugin(), case.told(), &case.bytes, limits::PUSH_BYTES).err()?;
        let clause = match fault.kind {
            FaultKind::Trap | FaultKind::Guest | FaultKind::Busy => &TRAPS,
            FaultKind::Tiling | FaultKind::Event | FaultKind::Output => &TILES,
            FaultKind::Memory => &MEMORY,
            FaultKind::Deadline => &FUEL,
        };
        Some((clause, faulty(bench, &case.name, case.told(), &case.bytes, &fault)))
    })
}

/// Nothing to be tried: a case that could not be read would have been found before.
fn read_before(bench: &Bench<'_>) -> Outcome {
    if bench.cases.is_empty() { no_case() } else { held(bench.cases.len() as u64) }
}

pub(crate) fn no_case() -> Outcome {
    Outcome::Open { why: "there is no case".into() }
}

/// Tries each case, the smallest first, for it shows best what is wrong; the first that gives an outcome is it.
pub(crate) fn each_case(bench: &Bench<'_>, mut one: impl FnMut(&Case, &mut u64) -> Option<Outcome>) -> Outcome {
    if bench.cases.is_empty() {
        return no_case();
    }
    let mut cases: Vec<_> = bench.cases.iter().collect();
    cases.sort_by_key(|case| case.bytes.len());
    let mut tries = 0;
    cases.into_iter().find_map(|case| one(case, &mut tries)).unwrap_or(held(tries))
}

fn claims(bench: &Bench<'_>) -> Outcome {
    each_case(bench, |case, tries| {
        *tries += 1;
        match confidence(bench, case) {
            Err(fault) => Some(broken(&case.name, fault.message, None)),
            Ok((confidence, reason)) if confidence <= CONFIDENT => {
                let what = format!("it claims this case, its own, with {confidence}{reason}; {} would do", CONFIDENT + 1);
                Some(broken(&case.name, what, None))
            }
            Ok(_) => None,
        }
    })
}

fn leaves(bench: &Bench<'_>) -> Outcome {
    let noise = Case { name: "noise".into(), bytes: noise(NOISE_BYTES), ..Case::default() };
    let nothing = Case { name: "nothing".into(), ..Case::default() };
    let mut tries = 0;
    for case in [&noise, &nothing].into_iter().chain(bench.strangers) {
        tries += 1;
        // A probe that fails is held against `claims`.
        let Ok((confidence, reason)) = confidence(bench, case) else { continue };
        if confidence > CONFIDENT {
            return broken(&case.name, format!("it claims this case, none of its own, with {confidence}{reason}"), None);
        }
    }
    let measured = bench.strangers.is_empty().then(|| "no other format's case was given".to_owned());
    Outcome::Held { tries, measured }
}

/// How sure it is of a case, and why, for a message.
fn confidence(bench: &Bench<'_>, case: &Case) -> Result<(u8, String), Fault> {
    let head = &case.bytes[..case.bytes.len().min(limits::SAMPLE_BYTES_MAX)];
    let tail = &case.bytes[case.bytes.len().saturating_sub(limits::SAMPLE_BYTES_MAX)..];
    let sample = Sample { name: &case.name, size: Some(case.bytes.len() as u64), head, tail };
    let claim = bench.plugin().probe(&sample)?;
    Ok(claim.map_or((0, String::new()), |claim| (claim.confidence, format!(", because: {}", claim.reason))))
}

/// A fault, and the smallest input with one of its kind.
fn faulty(bench: &Bench<'_>, case: &str, told: Start<'_>, input: &[u8], seen: &Fault) -> Finding {
    let same = |shorter: &[u8]| read(bench.plugin(), told, shorter, limits::PUSH_BYTES).is_err_and(|fault| fault.kind == seen.kind);
    Finding { case: case.to_owned(), what: seen.message.clone(), input: Some(bench.minimise(input, same)) }
}

fn finds(bench: &Bench<'_>) -> Outcome {
    if bench.cases.iter().all(|case| case.expected.is_none()) {
        return Outcome::Open { why: "no case has its records written down in a .jsonl beside it".into() };
    }
    each_case(bench, |case, tries| {
        let expected = case.expected.as_ref()?;
        *tries += 1;
        let found = as_json(&read(bench.plugin(), case.told(), &case.bytes, limits::PUSH_BYTES).ok()?);
        let is_other = |at: &usize| found.get(*at).map(|(_, value)| value) != expected.get(*at);
        let first = (0..found.len().max(expected.len())).find(is_other)?;
        let shown = |value: Option<&serde_json::Value>| value.map_or("nothing".to_owned(), |value| shortened(value.to_string()));
        let what = format!(
            "number {} should be {} and is {}; the input is the stretch of the case where it is or should be",
            first + 1,
            shown(expected.get(first)),
            shown(found.get(first).map(|(_, value)| value))
        );
        let before = first.checked_sub(1).and_then(|before| found.get(before)).map_or(0, |(range, _)| range.end);
        let stretch = match found.get(first) {
            None => before..case.bytes.len(),
            // It is the one after that: between the two it was lost.
            Some((range, value)) if expected.get(first + 1) == Some(value) => before..range.start,
            Some((range, _)) => range.clone(),
        };
        Some(broken(&case.name, what, case.bytes.get(stretch).map(<[u8]>::to_vec)))
    })
}

fn pushes(bench: &Bench<'_>) -> Outcome {
    each_case(bench, |case, tries| {
        PUSH_BYTES.into_iter().filter(|bytes| case.bytes.len() / bytes <= PUSHES_MAX).find_map(|push_bytes| {
            let whole = |input: &[u8]| read(bench.plugin(), case.told(), input, limits::PUSH_BYTES);
            let pushed = |input: &[u8]| read(bench.plugin(), case.told(), input, push_bytes);
            unlike(bench, case, &format!("in pushes of {push_bytes} bytes"), tries, whole, pushed)
        })
    })
}

fn repeats(bench: &Bench<'_>) -> Outcome {
    each_case(bench, |case, tries| {
        let others = bench.machines.others.iter().map(|(how, plugin)| (*how, &**plugin));
        // The first of them runs in memory that all the readings before have used.
        [("a second time", bench.plugin())].into_iter().chain(others).find_map(|(how, plugin)| {
            let once = |input: &[u8]| read(bench.plugin(), case.told(), input, limits::PUSH_BYTES);
            let again = |input: &[u8]| read(plugin, case.told(), input, limits::PUSH_BYTES);
            unlike(bench, case, how, tries, once, again)
        })
    })
}

pub(crate) type Reading = Result<Vec<Row>, Fault>;

/// Two ways of reading a case that must give the same; else a small input at which they do not, and where they part.
pub(crate) fn unlike(
    bench: &Bench<'_>,
    case: &Case,
    how: &str,
    tries: &mut u64,
    usual: impl Fn(&[u8]) -> Reading,
    other: impl Fn(&[u8]) -> Reading,
) -> Option<Outcome> {
    *tries += 1;
    if same(&usual(&case.bytes), &other(&case.bytes)) {
        return None;
    }
    let input = bench.minimise(&case.bytes, |input| !same(&usual(input), &other(input)));
    let (what, _) = parting(&usual(&input), &other(&input));
    Some(broken(&case.name, format!("read {how}{what}"), Some(input)))
}

/// Where two readings part, in words and as the byte at which they do.
pub(crate) fn parting(usual: &Reading, other: &Reading) -> (String, u64) {
    match (usual, other) {
        (Ok(wanted), Ok(found)) => {
            let first = (0..wanted.len().max(found.len())).find(|at| wanted.get(*at) != found.get(*at)).unwrap_or_default();
            let shown = |rows: &[Row]| rows.get(first).map_or("nothing".to_owned(), |row| shortened(row.to_string()));
            let what = format!(", number {} of the input is: {}; read at once it is: {}", first + 1, shown(found), shown(wanted));
            let at = [found, wanted].map(|rows| rows.get(first).map(|row| row.range().end as u64));
            (what, at.into_iter().flatten().min().unwrap_or_default())
        }
        (_, Err(fault)) | (Err(fault), _) => (format!(": {}", fault.message), fault.offset.unwrap_or_default()),
    }
}

/// Faults are alike if they are of one kind: where a plugin traps may hang on how it is fed.
pub(crate) fn same<T: PartialEq>(left: &Result<T, Fault>, right: &Result<T, Fault>) -> bool {
    match (left, right) {
        (Ok(left), Ok(right)) => left == right,
        (Err(left), Err(right)) => left.kind == right.kind,
        _ => false,
    }
}

fn survives(bench: &Bench<'_>) -> Outcome {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut tries = 0;
    let mut one = |name: &str, told: Start<'_>, input: &[u8]| {
        tries += 1;
        let fault = read(bench.plugin(), told, input, limits::PUSH_BYTES).err()?;
        Some(Outcome::Broken(faulty(bench, name, told, input, &fault)))
    };
    let whole = [("nothing", vec![]), ("noise", noise(NOISE_BYTES)), ("all its cases in one", bench.much())];
    let found = whole.iter().find_map(|(name, input)| one(name, Start::default(), input)).or_else(|| {
        bench.cases.iter().filter(|case| !case.bytes.is_empty()).find_map(|case| {
            (0..bench.bounds.variants).find_map(|number| {
                let (what, bytes) = damaged(&case.bytes, number, &mut random);
                one(&format!("{}, {what}", case.name), case.told(), &bytes)
            })
        })
    });
    found.unwrap_or(held(tries))
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
        let bytes = bench.bounds.long_line_bytes;
        let seen = parse_chunk(bench.plugin(), Start::default(), feed(limits::PUSH_BYTES), &mut read, &mut |_: &mut Batch| Ok(()));
        let usage = match seen {
            Ok(usage) => usage,
            Err(error) => return broken(name, format!("{bytes} bytes of it: {}", fault(error).message), Some(line)),
        };
        let (millions, max) = (spending::fuel_millions_per_mib(usage.fuel, bytes), ENDLESS_BUDGETS * bench.budget.fuel_millions_per_mib);
        if millions > max as f64 {
            let what = format!("{bytes} bytes of it take {millions:.0} million instructions a MiB, {max} at most should do");
            return broken(name, what, Some(line));
        }
    }
    held(tries)
}

fn shortened(mut text: String) -> String {
    if text.len() > SHOWN_BYTES_MAX {
        text.truncate(text.floor_char_boundary(SHOWN_BYTES_MAX));
        text.push('…');
    }
    text
}
