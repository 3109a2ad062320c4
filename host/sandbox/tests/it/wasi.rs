//! WASI is there for whom it takes a system to begin with, and there is nothing in it.

use sluice_conformance::hostile::{component, with_wasi};
use sluice_sandbox::{Call, FaultKind, Feed, LoadError};

use crate::{honest, rows, sandbox};

const INPUT: &[u8] = b"one@example.com:a\ntwo@example.org:bcd\n";
/// A `push` that does something before it is the honest one.
const PUSH: &str = r#"(func (export "sluice:parser/guest@0.2.0#push") (param $base i64) (param $chunk i32) (param $len i32) (param $last i32) (result i32)
  (local $count i32)"#;

fn plugin(before: &str) -> Vec<u8> {
    with_wasi(&format!("{PUSH} {before} (call $honest_push (local.get $base) (local.get $chunk) (local.get $len) (local.get $last)))"))
        .unwrap()
}

#[test]
fn who_asks_for_a_system_finds_an_empty_one() {
    let sandbox = sandbox();
    let expected = rows(&honest(&sandbox), INPUT, Feed::default()).unwrap();
    let asks = [
        (
            "the clock stands",
            "(if (i64.ne (call $now) (i64.const 0)) (then unreachable)) (if (i64.ne (call $now) (i64.const 0)) (then unreachable))",
        ),
        (
            "the environment is empty",
            "(i32.store (i32.const 12) (i32.const 7)) (call $environment (i32.const 8)) (if (i32.load (i32.const 12)) (then unreachable))",
        ),
        (
            "what is printed goes nowhere",
            "(call $print (call $stdout) (local.get $chunk) (local.get $len) (i32.const 8)) (if (i32.load8_u (i32.const 8)) (then unreachable))",
        ),
        ("random numbers differ", "(if (i64.eq (call $random) (call $random)) (then unreachable))"),
        (
            "random bytes are many",
            "(call $random_bytes (i64.const 100) (i32.const 8)) (if (i32.ne (i32.load (i32.const 12)) (i32.const 100)) (then unreachable))",
        ),
    ];
    for (what, ask) in asks {
        let plugin = sandbox.load(&plugin(ask)).unwrap();
        for push_bytes in [1, 7, 100] {
            assert_eq!(rows(&plugin, INPUT, Feed { push_bytes, ..Feed::default() }).unwrap(), expected, "{what}");
        }
    }
}

#[test]
fn randomness_is_the_same_in_every_instance() {
    let sandbox = sandbox();
    for bit in 0..16 {
        let plugin = plugin(&format!("(if (i64.eqz (i64.and (call $random) (i64.const {}))) (then unreachable))", 1 << bit));
        let plugin = sandbox.load(&plugin).unwrap();
        let is_set = rows(&plugin, INPUT, Feed::default()).is_ok();
        assert!((0..8).all(|_| rows(&plugin, INPUT, Feed::default()).is_ok() == is_set), "bit {bit}");
    }
}

#[test]
fn what_is_not_there_ends_the_call() {
    let sandbox = sandbox();
    let forever = "(loop $more (drop (call $stdout)) (br $more))";
    for (ask, kind, word) in [
        ("(drop (call $sleep (i64.const 3600000000000)))", FaultKind::Output, "wasi:clocks/monotonic-clock@0.2.3#subscribe-duration"),
        ("(call $random_bytes (i64.const 0x10000000000) (i32.const 8))", FaultKind::Memory, "random bytes"),
        (forever, FaultKind::Memory, "handles"),
    ] {
        let plugin = sandbox.load(&plugin(ask)).unwrap();
        let fault = rows(&plugin, INPUT, Feed::default()).expect_err(word);
        assert_eq!((fault.call, fault.kind), (Call::Push, kind), "{fault}");
        assert!(fault.message.contains(word), "{fault}");
    }
}

#[test]
fn another_system_than_the_empty_one_is_refused_by_name() {
    for import in ["wasi:http/outgoing-handler@0.2.0", "wasi:cli/environment@0.3.0", "wasi:cli/environment", "wasix:cli/environment@0.2.0"]
    {
        let component = component(&format!(r#"(component (import "{import}" (instance (export "handle" (func)))))"#)).unwrap();
        assert!(matches!(sandbox().load(&component), Err(LoadError::Import { name }) if name == import), "{import}");
    }
}
