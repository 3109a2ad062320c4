//! Plugins built for every version of the contract run side by side, in one sandbox.

use std::sync::Arc;

use sluice_sandbox::{FaultKind, Feed, LoadError, Plugin, Start};

use crate::{honest, plugins, rows, sandbox};

fn newer(text: &str) -> Arc<Plugin> {
    sandbox().load(&plugins::newer(text).unwrap()).unwrap()
}

#[test]
fn a_plugin_of_an_older_version_reads_what_one_of_the_newest_does() {
    let sandbox = sandbox();
    let (older, newer) = (honest(&sandbox), sandbox.load(&plugins::newer("").unwrap()).unwrap());
    assert_ne!(older.digest(), newer.digest());
    let text = b"one@example.com:a\ntwo@example.org:bcd:more\nnothing\n";
    let read = rows(&older, text, Feed::default()).unwrap();
    assert_eq!(read.0.len(), 3);
    assert_eq!(rows(&newer, text, Feed::default()).unwrap(), read);
}

#[test]
fn the_newest_version_is_told_the_members_name() {
    let fault = newer(plugins::SAYS_ITS_NAME).open(Start { name: "dump/list.txt", ..Start::default() }).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Guest);
    assert!(fault.to_string().contains("it says \"dump/list.txt\""), "{fault}");
}

#[test]
fn the_newest_version_says_which_members_belong_together_and_older_ones_are_not_asked() {
    let groups = newer(plugins::GROUPS_TWO);
    assert_eq!(groups.group(&["a/schema.sql", "a/data.txt", "b"]).unwrap(), [[0, 1]]);
    let fault = groups.group(&["alone"]).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Output);
    assert!(fault.to_string().contains("is in another"), "{fault}");
    assert_eq!(newer("").group(&["a", "b"]).unwrap(), Vec::<Vec<u32>>::new());
    assert_eq!(honest(&sandbox()).group(&["a", "b"]).unwrap(), Vec::<Vec<u32>>::new());
}

#[test]
fn a_version_that_the_host_has_not_is_refused_with_those_it_has() {
    let older = plugins::honest().unwrap();
    for interface in ["guest", "host"] {
        let unknown = replaced(&older, format!("{interface}@0.1.0").as_bytes(), format!("{interface}@0.9.0").as_bytes());
        let Err(LoadError::Contract { what }) = sandbox().load(&unknown) else { panic!("it was loaded") };
        let known = format!("this host has `sluice:parser/{interface}@0.1.0` and `sluice:parser/{interface}@0.2.0`");
        assert!(what.contains(&known), "{what}");
    }
}

/// All places of one, which is as long as the other.
fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for at in 0..=bytes.len() - from.len() {
        if &bytes[at..at + from.len()] == from {
            out[at..at + to.len()].copy_from_slice(to);
        }
    }
    out
}
