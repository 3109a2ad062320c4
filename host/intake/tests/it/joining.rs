//! What belongs together is visited as one member, whatever the container, or one by one if the visitor wants it so.

use std::sync::Arc;

use cap_std::{ambient_authority, fs::Dir};
use sluice_intake::{Group, IntakeError, IntakeLimits, Walking, stage, walk_joined};
use sluice_record::{InputKind, Part};
use tar::EntryType::Regular;

use crate::support::{Leaf, deflated, gz, read_all, stored, tar_of, zip_of};

const SCHEMA: &[u8] = b"CREATE TABLE users (email text)";
const ROWS: &[u8] = b"ann@example.com\n";

struct Joined {
    leaves: Vec<(Leaf, Vec<Part>)>,
    refused: Vec<String>,
}

impl Joined {
    fn names(&self) -> Vec<&str> {
        self.leaves.iter().map(|(leaf, _)| leaf.name.as_str()).collect()
    }
}

/// Joins `NAME.sql` and `NAME.txt`.
fn pairs(names: &[String], want: InputKind) -> Vec<Group> {
    let place = |wanted: &str| names.iter().position(|name| name == wanted).map(|at| at as u32);
    let schemas = names.iter().filter_map(|name| name.strip_suffix(".sql"));
    let pairs = schemas.filter_map(|stem| Some(vec![place(&format!("{stem}.sql"))?, place(&format!("{stem}.txt"))?]));
    pairs.map(|members| Group { by: 7, members, want }).collect()
}

fn join(dump: Vec<u8>, want: InputKind, is_wanted: bool) -> Joined {
    let folder = tempfile::tempdir().unwrap();
    let scratch = Dir::open_ambient_dir(folder.path(), ambient_authority()).unwrap();
    let with = Walking { name: "dump", passwords: &[], limits: &IntakeLimits::default(), scratch: &scratch };
    let mut leaves = Vec::new();
    let notes = walk_joined::<IntakeError>(&(Arc::new(dump) as _), with, &mut |names| Ok(pairs(names, want)), &mut |member| {
        assert_eq!(member.grouped_by(), (!member.parts().is_empty()).then_some(7));
        if member.grouped_by().is_some() && !is_wanted {
            member.break_up();
            return Ok(());
        }
        let mut object = Vec::new();
        let encoding = stage(member, want, &mut object)?.encoding;
        leaves.push((Leaf { name: member.name().to_owned(), encoding, bytes: read_all(object) }, member.parts().to_vec()));
        Ok(())
    })
    .unwrap();
    assert_eq!(scratch.entries().unwrap().count(), 0, "the scratch folder is left empty");
    Joined { leaves, refused: notes.into_iter().filter(|note| note.refused).map(|note| note.name).collect() }
}

fn part(name: &str, base: u64, bytes: u64) -> Part {
    Part { name: name.to_owned(), base, bytes }
}

#[test]
fn a_pair_is_one_member_in_every_archive() {
    let big = ROWS.repeat(400_000);
    let entries = [("a/users.txt", &big[..]), ("b.txt", ROWS), ("a/users.sql", SCHEMA)];
    let tar = tar_of(&entries.map(|(name, bytes)| (name, Regular, bytes)));
    let zip = zip_of(&entries.map(|(name, bytes)| (name, bytes, deflated())));
    for dump in [gz(&tar), tar, zip] {
        let joined = join(dump, InputKind::Text, true);
        assert_eq!(joined.names(), ["b.txt", "a/users.sql"]);
        let (leaf, parts) = &joined.leaves[1];
        // The schema does not end its line, so a line end stands behind it.
        assert_eq!(leaf.bytes, [SCHEMA, b"\n", &big].concat());
        let schema_bytes = SCHEMA.len() as u64 + 1;
        assert_eq!(*parts, [part("a/users.sql", 0, schema_bytes), part("a/users.txt", schema_bytes, big.len() as u64)]);
        assert_eq!(joined.leaves[0].1, []);
    }
}

#[test]
fn each_part_is_decoded_by_its_own_encoding() {
    let utf16: Vec<u8> = "\u{FEFF}Zoë\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let dump = zip_of(&[("users.sql", &utf16, stored()), ("users.txt", "Jörg\n".as_bytes(), stored())]);
    let joined = join(dump.clone(), InputKind::Text, true);
    assert_eq!(joined.leaves[0].0.bytes, "Zoë\r\nJörg\n".as_bytes());
    assert_eq!(joined.leaves[0].0.encoding, "UTF-16LE+UTF-8");
    let joined = join(dump, InputKind::Bytes, true);
    assert_eq!(joined.leaves[0].0.bytes, [&utf16[..], "Jörg\n".as_bytes()].concat());
    assert_eq!(joined.leaves[0].0.encoding, "binary");
}

#[test]
fn who_does_not_want_them_as_one_gets_them_one_by_one() {
    let utf16: Vec<u8> = "\u{FEFF}Zoë\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let dump = zip_of(&[("users.sql", SCHEMA, stored()), ("users.txt", &utf16, stored())]);
    let joined = join(dump.clone(), InputKind::Text, false);
    assert_eq!(joined.names(), ["users.sql", "users.txt"]);
    assert_eq!((&joined.leaves[0].0.bytes[..], &joined.leaves[1].0.bytes[..]), (SCHEMA, "Zoë\n".as_bytes()));
    // As they were: a reader of bytes gets the member's own.
    assert_eq!(join(dump, InputKind::Bytes, false).leaves[1].0.bytes, utf16);
}

#[test]
fn a_member_whose_other_cannot_be_read_comes_alone() {
    use zip::unstable::write::FileOptionsExt as _;
    let locked = stored().with_deprecated_encryption(b"unknown").unwrap();
    let joined = join(zip_of(&[("users.sql", SCHEMA, locked), ("users.txt", ROWS, stored())]), InputKind::Text, true);
    assert_eq!(joined.names(), ["users.txt"]);
    assert_eq!(joined.leaves[0].1, []);
    assert_eq!(joined.refused, ["users.sql"]);
}

#[test]
fn a_dump_that_is_no_archive_is_asked_nobody_about() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = Dir::open_ambient_dir(folder.path(), ambient_authority()).unwrap();
    let with = Walking { name: "users.sql.gz", passwords: &[], limits: &IntakeLimits::default(), scratch: &scratch };
    let mut names = Vec::new();
    walk_joined::<IntakeError>(&(Arc::new(gz(SCHEMA)) as _), with, &mut |_| panic!("asked"), &mut |member| {
        names.push(member.name().to_owned());
        Ok(())
    })
    .unwrap();
    assert_eq!(names, ["users.sql"]);
}
