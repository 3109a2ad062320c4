//! Hashes and passwords by shape: kind, hint, value; decoys among them.

use sluice_plugin::{HashKind, Secret, identify};

#[test]
fn every_value_is_what_stands_beside_it() {
    let mut seen = Vec::new();
    for line in include_str!("secrets.tsv").lines() {
        let [kind, hint, value] = line.splitn(3, '\t').collect::<Vec<_>>().try_into().expect("three columns");
        let wanted = HashKind::from_name(kind).map_or(Secret::Plain, Secret::Hash);
        assert_eq!(identify(value.as_bytes(), HashKind::from_name(hint)), wanted, "{line}");
        seen.push(wanted);
    }
    for kind in HashKind::ALL {
        assert!(seen.contains(&Secret::Hash(*kind)), "{} has a case", kind.name());
    }
}
