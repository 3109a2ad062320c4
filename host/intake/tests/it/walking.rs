use std::sync::Arc;

use proptest::prelude::*;
use sluice_intake::{IntakeError, IntakeLimits, SourceKind, StagedReader, chunks_from_cuts, cut_lines};
use sluice_record::{CutPoint, InputKind};
use tar::EntryType::{Char, Link, Regular, Symlink};
use zip::{AesMode, unstable::write::FileOptionsExt};

use crate::support::{deflated, gz, rows, stored, tar_of, walk_text, walk_with, zip_of};

#[test]
fn containers_are_opened_nested() {
    let data = rows(1_000);
    let inner = zip_of(&[("people.csv", &data, deflated())]);
    let middle = gz(&tar_of(&[("deep/inner.bin", Regular, &inner), ("plain.txt", Regular, &data)]));
    let outer = zip_of(&[
        ("a.txt", &data, stored()),
        ("b.tgz", &middle, deflated()),
        ("c.txt.zst", &zstd::encode_all(&data[..], 1).unwrap(), stored()),
    ]);
    let walked = walk_text(outer);
    assert_eq!(walked.names(), ["a.txt", "b.tar/deep/inner.bin/people.csv", "b.tar/plain.txt", "c.txt"]);
    assert!(walked.leaves.iter().all(|leaf| leaf.bytes == data), "{:?}", walked.notes);
    assert_eq!(walked.notes, []);
    let several = [gz(&data), gz(&data)].concat();
    assert_eq!(walk_text(several).leaves[0].bytes, [data.clone(), data].concat());
}

#[test]
fn encrypted_members_open_with_a_password_of_the_list() {
    let data = rows(20_000);
    let aes = deflated().with_aes_encryption(AesMode::Aes256, "secret");
    let old = deflated().with_deprecated_encryption(b"secret").unwrap();
    let old_stored = stored().with_deprecated_encryption(b"secret").unwrap();
    let dump = zip_of(&[("aes", &data, aes), ("old", &data, old), ("stored", &data, old_stored)]);
    let walked = walk_text(dump.clone());
    assert_eq!(walked.names(), ["aes", "old", "stored"], "{:?}", walked.notes);
    assert!(walked.leaves.iter().all(|leaf| leaf.bytes == data));
    let locked = walk_with(dump, InputKind::Text, &["nope"], &IntakeLimits::default()).unwrap();
    assert_eq!(locked.leaves.len(), 0);
    assert!(["aes", "old", "stored"].iter().all(|name| locked.refused(name).contains("password")));
}

#[test]
fn hostile_entries_are_noted_and_the_good_ones_kept() {
    let data = rows(10);
    let walked = walk_text(tar_of(&[
        ("../../x", Regular, &data),
        ("/etc/absolute", Regular, &data),
        ("sym", Symlink, b""),
        ("hard", Link, b""),
        ("dev", Char, b""),
        ("empty", Regular, b""),
        ("twice", Regular, &data),
        ("twice", Regular, &data),
        ("bell\x07", Regular, &data),
        ("old.rar", Regular, b"Rar!\x1A\x07\x01\x00"),
        ("__MACOSX/._x", Regular, b"\x00\x05\x16\x07junk"),
    ]));
    assert_eq!(walked.names(), ["../../x", "/etc/absolute", "twice", "twice", "bell\u{FFFD}"]);
    assert!(["sym", "hard", "dev", "old.rar"].iter().all(|name| !walked.refused(name).is_empty()));
    assert!(walked.notes.iter().filter(|note| !note.refused).map(|note| &note.name).eq(["empty", "__MACOSX/._x"]));
}

#[test]
fn a_bomb_ends_at_the_bound_and_costs_no_other_member() {
    let zeros = vec![b'0'; 64 << 20];
    let data = rows(100);
    let dump = zip_of(&[("good1", &data, deflated()), ("bomb", &zeros, deflated()), ("good2", &data, deflated())]);
    let tight = IntakeLimits { ratio_free_bytes: 1 << 20, ..IntakeLimits::default() };
    // As a whole it is a bomb too, so this one has something beside it that does not shrink.
    let noise = blake3::Hasher::new().update(b"noise").finalize_xof_bytes(2 << 20);
    let padded =
        zip_of(&[("good1", &data, deflated()), ("bomb", &zeros, deflated()), ("noise", &noise, stored()), ("good2", &data, deflated())]);
    let walked = walk_with(padded, InputKind::Bytes, &[], &tight).unwrap();
    assert_eq!(walked.names(), ["good1", "noise", "good2"]);
    assert!(walked.refused("bomb").contains("bomb"));
    assert!(walked.written < 4 << 20);
    let whole = IntakeLimits { ratio_max: 20, ..tight };
    assert!(matches!(walk_with(dump, InputKind::Bytes, &[], &whole), Err(IntakeError::Dump { .. })));
}

trait Xof {
    fn finalize_xof_bytes(&self, len: usize) -> Vec<u8>;
}

impl Xof for blake3::Hasher {
    fn finalize_xof_bytes(&self, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.finalize_xof().fill(&mut bytes);
        bytes
    }
}

#[test]
fn what_is_cut_short_gives_what_came_before_and_says_so() {
    let data = rows(50_000);
    let mut half = gz(&data);
    half.truncate(half.len() / 2);
    let walked = walk_text(half);
    assert!(walked.leaves[0].bytes.len() > 1_000 && data.starts_with(&walked.leaves[0].bytes));
    assert!(walked.refused("dump").contains("cut short"));
    let mut zip = zip_of(&[("a", &data, deflated()), ("b", &data, deflated())]);
    zip.truncate(zip.len() * 3 / 4);
    let walked = walk_text(zip);
    assert_eq!(walked.names(), ["a", "b"]);
    assert!(walked.leaves[0].bytes == data && data.starts_with(&walked.leaves[1].bytes));
    assert!(walked.refused("dump").contains("no directory") && !walked.refused("b").is_empty());
    let mut tar = tar_of(&[("a", Regular, &data), ("b", Regular, &data)]);
    tar.truncate(data.len() + data.len() / 2);
    assert!(walk_text(tar).refused("b").contains("cut short"));
}

#[test]
fn a_lying_size_is_said() {
    let data = rows(1_000);
    let mut zip = zip_of(&[("liar", &data, deflated()), ("good", &data, deflated())]);
    let central = memchr::memmem::find(&zip, b"PK\x01\x02").unwrap();
    zip[central + 24..central + 28].copy_from_slice(&10_u32.to_le_bytes());
    let walked = walk_text(zip);
    assert!(!walked.refused("liar").is_empty());
    assert!(walked.names().contains(&"good"));
}

#[test]
fn depth_and_count_are_bounded() {
    let mut dump = rows(10);
    for _ in 0..6 {
        dump = zip_of(&[("in.zip", &dump, stored())]);
    }
    let walked = walk_text(dump);
    assert!(walked.leaves.is_empty() && walked.notes[0].reason.contains("deep"));
    let data = rows(1);
    let entries: Vec<(&str, tar::EntryType, &[u8])> = vec![("same", Regular, &data); 50];
    let few = IntakeLimits { members_max: 20, ..IntakeLimits::default() };
    let walked = walk_with(tar_of(&entries), InputKind::Text, &[], &few).unwrap();
    assert_eq!(walked.leaves.len(), 20);
    assert!(walked.refused("dump").contains("more than 20"));
}

#[test]
fn marks_are_grouped_into_chunks_that_tile() {
    let cuts: Vec<CutPoint> = [0, 40, 50, 200, 190, 230, 999].map(|offset| CutPoint { offset, context: vec![offset as u8] }).into();
    let chunks = chunks_from_cuts(&cuts, 300, 64);
    assert!(chunks.iter().map(|chunk| (chunk.start, chunk.end)).eq([(0, 50), (50, 200), (200, 230), (230, 300)]));
    assert!(chunks.iter().all(|chunk| chunk.context == [chunk.start as u8]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_range_streams_as_staged_and_cuts_fall_behind_line_ends(
        lines in proptest::collection::vec(0_usize..70_000, 1..400), start in 0_u64..30_000_000, len in 0_u64..20_000_000, chunk in 1_u64..9_000_000,
    ) {
        let text: Vec<u8> = lines.iter().flat_map(|len| std::iter::repeat_n(b'x', *len).chain([b'\n'])).collect();
        let mut object = Vec::new();
        let folder = tempfile::tempdir().unwrap();
        let scratch = cap_std::fs::Dir::open_ambient_dir(folder.path(), cap_std::ambient_authority()).unwrap();
        sluice_intake::walk::<IntakeError>(Arc::new(text.clone()), "t", &[], &IntakeLimits::default(), &scratch, &mut |member| {
            sluice_intake::stage(member, InputKind::Text, &mut object).map(drop)
        }).unwrap();
        for (blob, kind) in [(object, SourceKind::Frames), (text.clone(), SourceKind::Reference)] {
            let reader = StagedReader::open(Arc::new(blob), kind).unwrap();
            prop_assert_eq!(reader.len(), text.len() as u64);
            let got: Vec<u8> = reader.stream(start, start + len).flat_map(|piece| piece.unwrap()).collect();
            let clamp = |at: u64| at.min(text.len() as u64) as usize;
            prop_assert!(got == text[clamp(start)..clamp(start + len)]);
            let mut at = 0;
            for chunk in cut_lines(&reader, chunk).unwrap() {
                prop_assert!(chunk.start == at && chunk.end > at);
                prop_assert!(at == 0 || text[at as usize - 1] == b'\n');
                at = chunk.end;
            }
            prop_assert_eq!(at, text.len() as u64);
        }
    }
}
