//! Each hostile plugin ends in its fault, and the sandbox goes on as if nothing had been.

use std::convert::Infallible;

use sluice_conformance::hostile::{PLUGINS, hostile};
use sluice_record::{Batch, FailureKind, TaskFailure};
use sluice_sandbox::{
    Call::{self, Describe, Instantiate, Open, Probe, Push, Scan},
    ChunkError, Fault,
    FaultKind::{self, Deadline, Event, Guest, Memory, Output, Tiling, Trap},
    Feed, LoadError, Sample, Sandbox, Start, scan_member,
};

use crate::{Row, What, honest, rows, sandbox};

/// What the plugin does, what it is found out by, and a word its message must have.
const FAULTS: &[(&str, Call, FaultKind, &str)] = &[
    ("allocate", Push, Memory, "bytes of memory"),
    ("column-in-chunk", Push, Event, "column"),
    ("column-unnamed", Push, Event, "not named"),
    ("consumed-too-much", Push, Tiling, "it consumed 33 of 32"),
    ("cut-backwards", Scan, Event, "does not come after"),
    ("cut-context", Scan, Output, "context"),
    ("cut-flood", Scan, Output, "cuts in one call"),
    ("cut-outside", Scan, Event, "outside the chunk"),
    ("cut-while-pushing", Push, Output, "outside `scan`"),
    ("describe-giant", Describe, Output, ""),
    ("describe-trap", Describe, Trap, "unreachable"),
    ("emit", Push, Output, "events"),
    ("emit-arena", Push, Output, "arena"),
    ("emit-while-scanning", Scan, Output, "outside `push`"),
    ("empty-record", Push, Tiling, "is empty"),
    ("error", Push, Guest, "no-separator"),
    ("error-outside-memory", Push, Output, ""),
    ("field-without-record", Push, Event, "follows no record"),
    ("gap", Push, Tiling, "gap of 1 bytes"),
    ("log", Push, Deadline, "deadline"),
    ("loop", Push, Deadline, "deadline"),
    ("open-error", Open, Guest, "no-separator"),
    ("outside-arena", Push, Event, "outside the arena"),
    ("outside-chunk", Push, Event, "outside the chunk"),
    ("overlap", Push, Tiling, "overlaps the 2 bytes"),
    ("probe-confident", Probe, Output, "confidence of 200"),
    ("probe-loop", Probe, Deadline, "deadline"),
    ("reason-of-input", Push, Event, "reason"),
    ("record-outside-chunk", Push, Event, "outside the chunk"),
    ("reject-without-reason", Push, Event, "reason"),
    ("stack", Push, Trap, "stack"),
    ("stall", Push, Tiling, "32 bytes unread"),
    ("start-loop", Instantiate, Deadline, "deadline"),
    ("tag-unknown", Push, Event, "no meaning"),
    ("tail-gap", Push, Tiling, "accounted for 16"),
    ("trap", Push, Trap, "unreachable"),
];

/// These never become plugins at all, with a word their message must have.
const REFUSED: &[(&str, &str)] = &[
    ("describe-name", "`name` must be"),
    ("export-nothing", "this host has `sluice:parser/guest@0.1.0` and `sluice:parser/guest@0.2.0`"),
    ("import-clock", "imports `sluice:parser/clock@0.1.0`"),
    ("import-forbidden", "imports `wasi:http/types@0.2.0`"),
    ("import-host-extra", "read-file"),
    ("module", "no WebAssembly component"),
];

const INPUT: &[u8] = b"one@example.com:a\ntwo@x.org:bcd\n";

/// Probes, scans and parses: the first fault.
fn run(sandbox: &Sandbox, component: &[u8], input: &[u8]) -> Result<Vec<Row>, Fault> {
    let plugin = match sandbox.load(component) {
        Ok(plugin) => plugin,
        Err(LoadError::Fault(fault)) => return Err(fault),
        Err(error) => panic!("not loaded: {error}"),
    };
    plugin.probe(&Sample { name: "some.txt", size: Some(input.len() as u64), head: input, tail: b"" })?;
    let mut all = |buffer: &mut Vec<u8>, _| {
        buffer.extend_from_slice(input);
        Ok::<_, Infallible>(false)
    };
    match scan_member(&plugin, Start::default(), 0, Feed::default(), &mut all) {
        Ok(_) => rows(&plugin, input, Feed::default()).map(|(rows, _)| rows),
        Err(ChunkError::Fault(fault)) => Err(fault),
        Err(ChunkError::Caller(never)) => match never {},
    }
}

#[test]
fn each_ends_in_its_fault_and_an_honest_one_runs_on() {
    let sandbox = sandbox();
    let honest = honest(&sandbox);
    let expected = rows(&honest, INPUT, Feed::default()).unwrap();
    for (name, call, kind, word) in FAULTS {
        let fault = run(&sandbox, &hostile(name).unwrap(), INPUT).expect_err(name);
        assert_eq!((fault.call, fault.kind), (*call, *kind), "{name}: {fault}");
        assert!(fault.message.contains(word) && !fault.message.contains("example"), "{name}: {fault}");
        assert_eq!(rows(&honest, INPUT, Feed::default()).unwrap(), expected, "after {name}");
    }
}

#[test]
fn what_is_no_plugin_is_refused_by_name() {
    let sandbox = sandbox();
    for (name, word) in REFUSED {
        let error = sandbox.load(&hostile(name).unwrap()).expect_err(name);
        assert!(error.to_string().contains(word), "{name}: {error}");
    }
    assert!(
        matches!(sandbox.load(&hostile("import-forbidden").unwrap()), Err(LoadError::Import { name }) if name.starts_with("wasi:http"))
    );
    assert!(matches!(sandbox.load(b"\0asm"), Err(LoadError::Invalid { .. })));
}

#[test]
fn every_hostile_plugin_is_tried() {
    let tried = |name| FAULTS.iter().any(|fault| fault.0 == name) || REFUSED.iter().any(|refused| refused.0 == name);
    let left: Vec<_> = PLUGINS.iter().map(|(name, _)| *name).filter(|name| !tried(*name) && *name != "log-flood").collect();
    assert_eq!(left, [""; 0]);
}

#[test]
fn a_flood_of_logs_is_cut_and_the_records_kept() {
    let sandbox = sandbox();
    let component = hostile("log-flood").unwrap();
    assert_eq!(run(&sandbox, &component, INPUT).unwrap(), [Row { offset: 0, len: INPUT.len(), what: What::Skip }]);
    let plugin = sandbox.load(&component).unwrap();
    let mut instance = plugin.open(Start::default()).unwrap();
    let mut batch = Batch::default();
    for push in 0..100 {
        instance.push(push, b"x", false, &mut batch).unwrap();
    }
    let logs = instance.take_logs();
    assert_eq!(logs.len(), 256);
    assert!(logs.iter().all(|line| line.text.len() == 256 && !line.text.contains(char::is_control)));
    instance.push(100, b"x", false, &mut batch).unwrap();
    assert_eq!(instance.take_logs().len(), 16);
}

#[test]
fn what_stalls_on_a_long_member_is_rejected_piece_by_piece() {
    let sandbox = sandbox();
    let plugin = sandbox.load(&hostile("stall").unwrap()).unwrap();
    let mut rejected = 0;
    let mut left = 10 << 20;
    let mut read = |buffer: &mut Vec<u8>, wanted: usize| {
        let now = wanted.min(left);
        buffer.resize(buffer.len() + now, b'x');
        left -= now;
        Ok::<_, Infallible>(left > 0)
    };
    let mut on_batch = |batch: &mut Batch| {
        rejected += batch.items().count();
        Ok(())
    };
    let start = Start { base: 1_000, ..Start::default() };
    sluice_sandbox::parse_chunk(&plugin, start, Feed::default(), &mut read, &mut on_batch).unwrap();
    assert_eq!(rejected, 3);
}

#[test]
fn a_fault_says_where_and_makes_a_reproducer() {
    let sandbox = sandbox();
    let plugin = sandbox.load(&hostile("tail-gap").unwrap()).unwrap();
    let mut instance = plugin.open(Start { base: 1_000, ..Start::default() }).unwrap();
    let mut batch = Batch::default();
    let fault = instance.push(1_000, INPUT, false, &mut batch).unwrap_err();
    assert_eq!(fault.offset, Some(1_016));
    assert!(batch.events.is_empty() && batch.arena.is_empty(), "nothing of a bad push is left");
    assert!(fault.message.starts_with("plugin `honest` 1.0.0, push (byte 1016 of the member): "), "{fault}");
    let reproducer = fault.reproducer(plugin.digest(), 1_000, 32);
    assert_eq!((reproducer.plugin, reproducer.kind, reproducer.offset), (plugin.digest(), Tiling, Some(1_016)));
    let failure = TaskFailure::from(fault);
    assert_eq!((failure.kind, failure.offset), (FailureKind::Plugin, Some(1_016)));
}

#[test]
#[cfg(target_os = "linux")]
fn memory_stays_in_its_bound() {
    let peak_kib = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    let sandbox = sandbox();
    let input = INPUT.repeat(4_000);
    let before = peak_kib();
    for name in ["allocate", "emit", "emit-arena", "cut-flood", "describe-giant"].repeat(8) {
        run(&sandbox, &hostile(name).unwrap(), &input).expect_err(name);
    }
    let grown = peak_kib() - before;
    assert!(grown < 192 << 10, "the peak grew by {grown} KiB; one instance has 64 MiB");
}
