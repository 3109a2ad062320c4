//! The dictionary, as people name their columns: meaning, name. The kits of other languages are held to the same file.

use sluice_plugin::{
    FieldKind, HashKind,
    columns::{Meaning, meaning},
};

#[test]
fn names_in_every_language_mean_what_they_say() {
    for line in include_str!("names.tsv").lines() {
        let (wanted, name) = line.split_once('\t').expect("two columns");
        let wanted = match (wanted.strip_prefix("password:"), wanted) {
            (Some(hint), _) => Meaning::Secret(Some(HashKind::from_name(hint).expect("a kind"))),
            (None, "password") => Meaning::Secret(None),
            (None, "extra") => Meaning::Extra,
            (None, kind) => Meaning::Field(FieldKind::from_name(kind).expect("a kind")),
        };
        assert_eq!(meaning(name.as_bytes()), wanted, "{name}");
    }
}
