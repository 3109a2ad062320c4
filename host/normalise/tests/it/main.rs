//! Through the crate's public door: cases as data, and properties over anything.
#![allow(clippy::unwrap_used)] // a test may fail where it stands

mod cases;
mod hashes;
mod policy;
mod properties;
mod records;

use sluice_normalise::{Canonical, NormaliseOptions, Normaliser};
use sluice_record::{Field, FieldKind, HashKind};

/// What became of one record.
struct Outcome {
    canonical: Canonical,
    result: Result<(), &'static str>,
    rejects: Vec<&'static str>,
}

impl Outcome {
    fn fields(&self) -> Vec<(u8, String)> {
        self.canonical.fields().map(|(tag, value)| (tag, value.to_owned())).collect()
    }
}

fn normalise_with(options: NormaliseOptions, fields: &[(u8, &[u8])]) -> Outcome {
    let (mut canonical, mut rejects) = (Canonical::default(), Vec::new());
    let fields = fields.iter().map(|(tag, value)| Field { tag: *tag, value });
    let result = Normaliser::new(options).normalise(fields, &mut canonical, &mut |reason| rejects.push(reason));
    Outcome { canonical, result, rejects }
}

fn normalise(fields: &[(u8, &[u8])]) -> Outcome {
    normalise_with(NormaliseOptions::default(), fields)
}

/// The tag of a field kind's, a hash kind's or a column's name.
fn tag(name: &str) -> u8 {
    let kind = FieldKind::from_name(name).map(FieldKind::tag);
    let hash = || HashKind::from_name(name).map(HashKind::tag);
    kind.or_else(hash).or_else(|| name.parse().ok()).expect("a field kind, a hash kind or a number")
}
