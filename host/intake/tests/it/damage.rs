//! Archives that were cut or changed at random: what can be read is read, no bound is passed, and nothing panics.

use std::{fs, path::Path};

use proptest::prelude::*;
use sluice_intake::{IntakeError, IntakeLimits};
use sluice_record::InputKind;

use crate::support::walk_with;

/// Every archive but those whose passwords take a tenth of a second each time.
fn archives() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/cases");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = files.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), path));
    let wanted = named.filter(|(name, _)| !(name.starts_with("make") || name.contains("secret") && name.ends_with(".7z")));
    let mut archives: Vec<_> = wanted.map(|(name, path)| (name, fs::read(path).unwrap())).collect();
    archives.sort();
    assert!(archives.len() > 30);
    archives
}

fn tight() -> IntakeLimits {
    IntakeLimits { dump_bytes_max: 4 << 20, spool_bytes_max: 1 << 20, window_bytes_max: 32 << 20, ..IntakeLimits::default() }
}

/// Reads it; a dump may be refused as a whole, the machine is never at fault.
fn read(dump: Vec<u8>) -> Result<(), TestCaseError> {
    match walk_with(dump, InputKind::Text, &["wrong", "secret"], &tight()) {
        Ok(walked) => prop_assert!(walked.leaves.iter().map(|leaf| leaf.bytes.len()).sum::<usize>() <= 4 << 20),
        Err(error) => prop_assert!(matches!(error, IntakeError::Dump { .. }), "{error:?}"),
    }
    Ok(())
}

/// Found by the fuzzer: a member of a 7z that is said to have exabytes, whose decoder complains and then gives bytes without end.
#[test]
fn a_decoder_that_goes_on_behind_its_damage_is_stopped() {
    let (_, dump) = archives().into_iter().find(|(name, _)| name == "endless.7z").unwrap();
    let walked = walk_with(dump, InputKind::Text, &[], &tight()).unwrap();
    let lost = walked.notes.iter().filter(|note| format!("{note:?}").contains("members of the 7z are lost"));
    assert_eq!(lost.count(), 1, "{:?}", walked.notes);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn cut(which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>()) {
        let (_, mut dump) = which.get(&archives()).clone();
        dump.truncate(at.index(dump.len()));
        read(dump)?;
    }

    #[test]
    fn changed(which in any::<prop::sample::Index>(), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let (_, mut dump) = which.get(&archives()).clone();
        for (at, to) in changes {
            let at = at.index(dump.len());
            dump[at] = to;
        }
        read(dump)?;
    }

    /// Formats tell their numbers at their beginning and end, where a change is not lost in packed bytes.
    #[test]
    fn changed_where_numbers_are(which in any::<prop::sample::Index>(), near_end in any::<bool>(), at in 0_usize..160, to in any::<u8>()) {
        let (_, mut dump) = which.get(&archives()).clone();
        let at = at % dump.len();
        let at = if near_end { dump.len() - 1 - at } else { at };
        dump[at] = to;
        read(dump)?;
    }
}
