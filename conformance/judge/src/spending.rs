//! Memory, instructions and time, tried against the budget: cases are read over and over, as one member.

use sluice_sandbox::{Fault, FaultKind};

use crate::{
    Case, Outcome,
    meter::{self, repeated},
    tries::{Bench, broken, held, no_case},
};

const WHERE: &str = "its cases, over and over";
/// To find out which case costs most, and what of it, a part of so many is enough.
const PIECES: usize = 16;
/// Times the same is measured: the least counts, for what else the machine does only adds to it.
const ROUNDS: usize = 3;

/// Of a plugin that used so much fuel for so many bytes.
pub(crate) fn fuel_millions_per_mib(fuel: u64, bytes: u64) -> f64 {
    fuel as f64 / 1e6 / (bytes.max(1) as f64 / f64::from(1 << 20))
}

pub(crate) fn memory(bench: &Bench<'_>) -> Outcome {
    let much = bench.much();
    let max = bench.budget.memory_mib << 20;
    let held_bytes = |input: &[u8]| meter::read(bench.plugin(), input).map(|reading| reading.usage.memory_bytes as u64);
    let is_over = |input: &[u8]| match held_bytes(input) {
        Ok(bytes) => bytes > max,
        Err(fault) => fault.kind == FaultKind::Memory,
    };
    let what = match held_bytes(&much) {
        _ if much.is_empty() => return no_case(),
        Err(fault) if fault.kind == FaultKind::Memory => fault.message,
        Err(fault) => return elsewhere(&fault),
        Ok(bytes) if bytes > max => format!("it held {} of memory, of {} at most", mib(bytes), mib(max)),
        Ok(bytes) => return Outcome::Held { tries: 1, measured: Some(format!("{} of {} at most", mib(bytes), mib(max))) },
    };
    broken(WHERE, what, Some(bench.minimise(&much, is_over)))
}

fn mib(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

pub(crate) fn fuel(bench: &Bench<'_>) -> Outcome {
    let max = bench.budget.fuel_millions_per_mib;
    let cost = |input: &[u8]| {
        let used = meter::read(bench.plugin(), input)?.usage.fuel;
        Ok(fuel_millions_per_mib(used, input.len() as u64))
    };
    let told = |millions: f64| format!("{millions:.1} million instructions a MiB, of {max} at most");
    within(bench, max as f64, cost, told)
}

pub(crate) fn speed(bench: &Bench<'_>) -> Outcome {
    let max = bench.budget.slowdown;
    let least = |seconds: [f64; ROUNDS]| seconds.into_iter().fold(f64::INFINITY, f64::min);
    let cost = |input: &[u8]| {
        let mut reading = [0.0; ROUNDS];
        for seconds in &mut reading {
            *seconds = meter::read(&bench.machines.service, input)?.seconds;
        }
        let finding = [(); ROUNDS].map(|()| meter::line_ends_seconds(input));
        Ok(least(reading) / least(finding).max(f64::MIN_POSITIVE))
    };
    within(bench, max as f64, cost, |slowdown| format!("{slowdown:.0} times slower than finding line ends, of {max} at most"))
}

/// Is what a MiB costs within its bound? If not, which case costs most, and what of it.
fn within(bench: &Bench<'_>, max: f64, cost: impl Fn(&[u8]) -> Result<f64, Fault>, told: impl Fn(f64) -> String) -> Outcome {
    let much = bench.much();
    if much.is_empty() {
        return no_case();
    }
    match cost(&much) {
        Err(fault) if fault.kind == FaultKind::Deadline => broken(WHERE, fault.message, None),
        Err(fault) => elsewhere(&fault),
        Ok(all) if all <= max => Outcome::Held { measured: Some(told(all)), tries: 1 },
        Ok(all) => {
            let over_and_over = |piece: &[u8]| cost(&repeated([piece].into_iter(), much.len() / PIECES));
            let costs = bench.cases.iter().filter(|case| !case.bytes.is_empty());
            let costs = costs.filter_map(|case| Some((over_and_over(&case.bytes).ok()?, case)));
            let Some((most, case)): Option<(f64, &Case)> = costs.max_by(|one, other| one.0.total_cmp(&other.0)) else { return held(1) };
            let costly = |piece: &[u8]| !piece.is_empty() && over_and_over(piece).is_ok_and(|cost| cost > max);
            let input = if most > max { bench.minimise(&case.bytes, costly) } else { case.bytes.clone() };
            broken(&case.name, format!("all cases, over and over, take {}; this one alone {}", told(all), told(most)), Some(input))
        }
    }
}

/// A fault that is another clause's.
fn elsewhere(fault: &Fault) -> Outcome {
    Outcome::Open { why: format!("{WHERE}, end in a fault: {}", fault.message) }
}
