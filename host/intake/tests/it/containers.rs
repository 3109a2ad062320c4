//! What the real tools pack is opened; `cases/make.sh` made the archives.

use std::{fs, path::Path};

use sluice_intake::IntakeLimits;
use sluice_record::InputKind;

use crate::support::{Walked, walk_text, walk_with};

fn case(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/cases").join(name)).unwrap()
}

fn list() -> String {
    (0..400).map(|row| format!("user{row}@example.com:pass{}\n", row * 7919 % 10_007)).collect()
}

fn people() -> String {
    (0..400).map(|row| format!("{row};person{row}@example.net;word{}\r\n", row * 31 % 997)).collect()
}

/// The names, the data having been seen to be right.
fn names<'a>(case: &str, walked: &'a Walked) -> Vec<&'a str> {
    for leaf in &walked.leaves {
        let wanted = if leaf.name.ends_with("people.csv") { people() } else { list() };
        assert!(leaf.bytes == wanted.as_bytes(), "{case}: {} is another", leaf.name);
    }
    walked.names()
}

#[test]
fn streams_of_the_real_tools() {
    for name in [
        "list.txt.bz2",
        "list.txt.xz",
        "list.txt.lzma",
        "list.txt.lz4",
        "blocks.txt.xz",
        "joined.txt.bz2",
        "joined.txt.xz",
        "joined.txt.lz4",
    ] {
        let walked = walk_text(case(name));
        assert_eq!((names(name, &walked), &walked.notes), (vec!["dump"], &vec![]), "{name}");
    }
}

#[test]
fn archives_of_the_real_tools() {
    let both = ["list.txt", "folder/people.csv"];
    let archives = [
        "all.tar.bz2",
        "all.tar.xz",
        "solid-off.7z",
        "lzma1.7z",
        "ppmd.7z",
        "bzip2.7z",
        "deflate.7z",
        "copy.7z",
        "filters.7z",
        "bcj2.7z",
        "plain-list.7z",
        "secret.7z",
        "secret-list.7z",
        "secret-copy.7z",
        "zipcrypto.zip",
        "zipcrypto-stored.zip",
        "aes128.zip",
        "aes256.zip",
        "aes256-stored.zip",
        "bzip2.zip",
        "deflate64.zip",
        "rar4.rar",
        "rar4-solid.rar",
        "rar4-secret.rar",
        "rar5.rar",
        "rar5-solid.rar",
        "rar5-secret.rar",
        "rar5-secret-headers.rar",
    ];
    for name in archives {
        let walked = walk_text(case(name));
        let mut found = names(name, &walked);
        found.sort_unstable_by_key(|found| found.len()); // 7-Zip sorts by ending
        assert_eq!((&found[..], &walked.notes), (&both[..], &vec![]), "{name}");
    }
    for name in ["descriptor.zip", "descriptor64.zip"] {
        let walked = walk_text(case(name));
        assert_eq!((names(name, &walked), &walked.notes), (vec!["-"], &vec![]), "{name}");
    }
}

#[test]
fn links_folders_and_empty_members_of_a_7z() {
    let walked = walk_text(case("all.7z"));
    let mut found = names("all.7z", &walked);
    found.sort_unstable();
    assert_eq!(found, ["folder/people.csv", "list.txt"]);
    assert!(walked.refused("folder/link.txt").contains("link"));
    assert!(walked.notes.iter().any(|note| !note.refused && note.name == "folder/empty.txt"));
    assert_eq!(walked.notes.len(), 2, "{:?}", walked.notes);
}

#[test]
fn three_deep_in_a_mix() {
    let walked = walk_text(case("deep1.zip"));
    let mut found = names("deep1.zip", &walked);
    found.sort_unstable();
    assert_eq!((found, &walked.notes), (vec!["inner.tar/inner.7z/folder/people.csv", "inner.tar/inner.7z/list.txt"], &vec![]));
    let walked = walk_text(case("deep2.7z.xz"));
    assert_eq!((names("deep2.7z.xz", &walked), &walked.notes), (vec!["inner.zip/list.txt", "inner.zip/folder/people.csv"], &vec![]));
}

#[test]
fn without_its_password_a_member_is_noted_and_the_others_read() {
    for (name, told) in [
        ("secret.7z", "list.txt"),
        ("secret-copy.7z", "list.txt"),
        ("secret-list.7z", "dump"),
        ("zipcrypto.zip", "list.txt"),
        ("aes256.zip", "list.txt"),
        ("rar4-secret.rar", "list.txt"),
        ("rar5-secret.rar", "list.txt"),
        ("rar5-secret-headers.rar", "dump"),
    ] {
        for (passwords, words) in [(&[][..], "no password was given"), (&["nope", "not this"][..], "no password given opens it")] {
            let walked = walk_with(case(name), InputKind::Text, passwords, &IntakeLimits::default()).unwrap();
            assert_eq!(walked.names(), [""; 0], "{name}");
            let reason = walked.refused(told);
            assert!(reason.contains(words) && reason.contains("--password"), "{name}: {reason}");
        }
    }
    let walked = walk_text(case("two-secrets.7z"));
    assert_eq!(names("two-secrets.7z", &walked), ["list.txt"]);
    assert!(walked.refused("folder/people.csv").contains("no password given opens it"));
    let walked = walk_with(case("two-secrets.7z"), InputKind::Text, &["other", "secret"], &IntakeLimits::default()).unwrap();
    assert_eq!((names("two-secrets.7z", &walked).len(), &walked.notes), (2, &vec![]));
}

#[test]
fn one_part_of_several_is_refused_in_words() {
    for name in ["last-part.zip", "first-part.z01"] {
        let walked = walk_text(case(name));
        assert!(walked.leaves.is_empty() && walked.refused("dump").contains("join them"), "{name}");
    }
    let mut part = case("all.7z");
    part.truncate(part.len() - 10);
    let walked = walk_text(part);
    assert!(walked.leaves.is_empty() && walked.refused("dump").contains("several parts"));
}

#[test]
fn what_asks_for_more_memory_than_is_given_is_refused() {
    let narrow = IntakeLimits { window_bytes_max: 8 << 10, ..IntakeLimits::default() };
    for name in ["list.txt.xz", "list.txt.lzma", "lzma1.7z", "ppmd.7z", "all.tar.xz", "rar5.rar"] {
        let walked = walk_with(case(name), InputKind::Text, &[], &narrow).unwrap();
        assert!(walked.leaves.is_empty(), "{name}");
        assert!(walked.notes.iter().all(|note| note.refused && note.reason.contains("memory")), "{name}: {:?}", walked.notes);
        assert!(!walked.notes.is_empty(), "{name}");
    }
    // A header of a 7z that asks for 4 GiB, whatever there is to unpack.
    let mut wide = case("plain-list.7z");
    let lzma2 = memchr::memmem::find(&wide, b"\x07\x0B\x01\x00\x01\x21\x21\x01").unwrap();
    wide[lzma2 + 8] = 40;
    mend_list(&mut wide);
    assert!(walk_text(wide).refused("list.txt").contains("memory"));
}

/// Puts the checksums of a 7z's list right, which is in the clear and at its end.
fn mend_list(archive: &mut [u8]) {
    let at = 32 + u64::from_le_bytes(archive[12..20].try_into().unwrap()) as usize;
    let list = crc32fast::hash(&archive[at..]);
    archive[28..32].copy_from_slice(&list.to_le_bytes());
    let start = crc32fast::hash(&archive[12..32]);
    archive[8..12].copy_from_slice(&start.to_le_bytes());
}

#[test]
fn a_list_whose_numbers_lie_costs_no_memory() {
    let whole = case("plain-list.7z");
    let list = 32 + u64::from_le_bytes(whole[12..20].try_into().unwrap()) as usize;
    for at in list..whole.len() {
        for byte in [0xFF, 0xFE, 0x80, 0x7F, 0] {
            let mut lying = whole.clone();
            lying[at] = byte;
            mend_list(&mut lying);
            walk_with(lying, InputKind::Bytes, &[], &IntakeLimits::default()).unwrap();
        }
    }
}

#[test]
fn a_bomb_in_a_7z_takes_only_those_behind_it_in_its_block() {
    use sevenz_rust2::{ArchiveEntry, ArchiveWriter, SourceReader};
    let (zeros, noise, data) = (vec![b'0'; 64 << 20], noise(1 << 20), list().into_bytes());
    let mut writer = ArchiveWriter::new(std::io::Cursor::new(Vec::new())).unwrap();
    let files = |names: &[&str]| names.iter().map(|name| ArchiveEntry::new_file(name)).collect::<Vec<_>>();
    let sources = |all: &[&[u8]]| all.iter().map(|bytes| SourceReader::new(std::io::Cursor::new(bytes.to_vec()))).collect::<Vec<_>>();
    writer.push_archive_entries(files(&["first", "bomb", "behind"]), sources(&[&data, &zeros, &data])).unwrap();
    writer.push_archive_entries(files(&["noise", "other"]), sources(&[&noise, &data])).unwrap();
    let dump = writer.finish().unwrap().into_inner();
    let tight = IntakeLimits { ratio_free_bytes: 1 << 20, ratio_max: 100, ..IntakeLimits::default() };
    let walked = walk_with(dump, InputKind::Bytes, &[], &tight).unwrap();
    assert_eq!(walked.names(), ["first", "noise", "other"], "{:?}", walked.notes);
    assert!(walked.refused("bomb").contains("bomb") && walked.refused("dump").contains("1 members"));
}

fn noise(bytes: usize) -> Vec<u8> {
    let mut noise = vec![0; bytes];
    blake3::Hasher::new().update(b"noise").finalize_xof().fill(&mut noise);
    noise
}
