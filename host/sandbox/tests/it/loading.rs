//! Components become plugins.

use sluice_conformance::hostile::{self as plugins, hostile};
use sluice_record::{Framing, InputKind, TaskFailure};
use sluice_sandbox::{FaultKind, Feed, LoadError, Sample, Sandbox, SandboxConfig, Start};

use crate::{config, honest, rows, sandbox};

#[test]
fn a_plugin_says_what_it_is() {
    let sandbox = sandbox();
    let plugin = honest(&sandbox);
    let said = plugin.descriptor();
    assert_eq!((said.name.as_str(), said.version.as_str(), said.title.as_str()), ("honest", "1.0.0", "lines of a:b"));
    assert_eq!((said.input, said.framing), (InputKind::Text, Framing::Lines));
    assert!(said.formats.is_empty() && said.options.is_empty());
}

#[test]
fn a_plugin_claims_what_it_can_read() {
    let sandbox = sandbox();
    let plugin = honest(&sandbox);
    let big = vec![b'x'; 1 << 20];
    let claim = plugin.probe(&Sample { name: "a.txt", size: None, head: &big, tail: &big }).unwrap().unwrap();
    assert_eq!((claim.confidence, claim.reason.as_str()), (42, "lines of a:b"));
    assert_eq!(plugin.probe(&Sample { name: "", size: Some(0), head: b"", tail: b"" }).unwrap(), None);
}

#[test]
fn many_load_at_once_and_come_in_order() {
    let sandbox = sandbox();
    let names = ["trap", "module", "gap", "import-forbidden", "overlap"];
    let components: Vec<_> = names.iter().map(|name| hostile(name).unwrap()).collect();
    let loaded = sandbox.load_all(&components);
    let digests: Vec<_> = loaded.iter().map(|plugin| plugin.as_ref().ok().map(|plugin| plugin.digest())).collect();
    let one_by_one: Vec<_> = components.iter().map(|component| sandbox.load(component).ok().map(|plugin| plugin.digest())).collect();
    assert_eq!(digests, one_by_one);
    assert!(matches!(loaded[1], Err(LoadError::Invalid { .. })) && matches!(loaded[3], Err(LoadError::Import { .. })));
    assert_eq!(digests.iter().flatten().count(), 3);
}

#[test]
fn one_instance_too_many_is_busy_and_no_fault_of_the_plugin() {
    let sandbox = Sandbox::new(&SandboxConfig { instances_max: 2, ..config() }).unwrap();
    let plugin = honest(&sandbox);
    let first = plugin.open(Start::default()).unwrap();
    let _second = plugin.open(Start::default()).unwrap();
    let fault = plugin.open(Start::default()).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Busy, "{fault}");
    assert_eq!(TaskFailure::from(fault).kind, sluice_record::FailureKind::Transient);
    drop(first);
    plugin.open(Start::default()).unwrap();
}

#[test]
fn plugins_outlive_their_sandbox_with_their_deadlines() {
    let sandbox = sandbox();
    let plugin = sandbox.load(&hostile("loop").unwrap()).unwrap();
    drop(sandbox);
    assert_eq!(rows(&plugin, b"a:b\n", Feed::default()).unwrap_err().kind, FaultKind::Deadline);
}

#[test]
fn a_plugin_with_more_memory_than_it_may_have_is_refused() {
    let sandbox = Sandbox::new(&SandboxConfig { memory_bytes_max: 1 << 16, ..config() }).unwrap();
    let error = sandbox.load(&plugins::honest().unwrap()).unwrap_err();
    assert!(error.to_string().contains("memory"), "{error}");
}

#[test]
fn what_an_instance_uses_is_counted_and_the_same_each_time() {
    let counting = Sandbox::new(&SandboxConfig { call_fuel_max: Some(1_000_000), ..config() }).unwrap();
    let plugin = honest(&counting);
    let used = |lines: usize| {
        let mut instance = plugin.open(Start::default()).unwrap();
        let mut batch = sluice_record::Batch::default();
        instance.push(0, "one@example.com:a\n".repeat(lines).as_bytes(), true, &mut batch).unwrap();
        instance.usage()
    };
    assert_eq!(used(1), used(1));
    assert!(used(1).fuel > 10 && used(100).fuel > 50 * used(1).fuel, "{:?} and {:?}", used(1), used(100));
    assert_eq!((used(1).memory_bytes, used(10_000 / 18).memory_bytes), (2 << 16, 2 << 16));
    // A deadline is a minute off; what is counted is used up at once.
    let patient = Sandbox::new(&SandboxConfig { call_fuel_max: Some(1_000_000), call_deadline_ms: 60_000, ..config() }).unwrap();
    let fault = rows(&patient.load(&hostile("loop").unwrap()).unwrap(), b"a:b\n", Feed::default()).unwrap_err();
    assert!(fault.kind == FaultKind::Deadline && fault.message.contains("used up its instructions"), "{fault}");
    let uncounted = honest(&sandbox()).open(Start::default()).unwrap().usage();
    assert_eq!((uncounted.fuel, uncounted.memory_bytes), (0, 2 << 16));
}
