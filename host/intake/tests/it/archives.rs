//! Archives at the edges of their formats: zip64, long names, very many members, as deep as is allowed, every member another encoding.

use std::{io, sync::Arc};

use cap_std::{ambient_authority, fs::Dir};
use encoding_rs::{GBK, WINDOWS_1251, WINDOWS_1252};
use sluice_intake::{Blob, IntakeError, IntakeLimits, walk};
use sluice_record::{InputKind, MemberNote, limits};

use crate::support::{deflated, gz, rows, stored, tar_of, walk_text, walk_with, zip_of};

/// Names of the members and the notes, with nothing read.
fn names_of(blob: Arc<dyn Blob>) -> (Vec<String>, Vec<MemberNote>) {
    let folder = tempfile::tempdir().unwrap();
    let scratch = Dir::open_ambient_dir(folder.path(), ambient_authority()).unwrap();
    let mut names = Vec::new();
    let notes = walk::<IntakeError>(blob, "dump", &[], &IntakeLimits::default(), &scratch, &mut |member| {
        names.push(member.name().to_owned());
        Ok(())
    });
    (names, notes.unwrap())
}

#[test]
fn a_zip_of_more_entries_than_sixteen_bits_count() {
    let names: Vec<String> = (0..66_000).map(|number| format!("{number}.txt")).collect();
    let entries: Vec<_> = names.iter().map(|name| (name.as_str(), &b"a@example.com:b\n"[..], stored())).collect();
    let (found, notes) = names_of(Arc::new(zip_of(&entries)));
    assert_eq!(notes, []);
    assert!(found == names, "{} members", found.len());
}

#[test]
fn ten_thousand_members_are_staged_one_by_one() {
    let names: Vec<String> = (0..10_000).map(|number| format!("logs/{number}/Passwords.txt")).collect();
    let texts: Vec<String> = (0..10_000).map(|number| format!("user{number}@example.com:pass{number}\n")).collect();
    let entries: Vec<_> = names.iter().zip(&texts).map(|(name, text)| (name.as_str(), text.as_bytes(), deflated())).collect();
    let walked = walk_text(zip_of(&entries));
    assert_eq!(walked.notes, []);
    assert!(
        walked.leaves.iter().map(|leaf| (leaf.name.as_str(), &leaf.bytes[..])).eq(entries.iter().map(|(name, text, _)| (*name, *text)))
    );
}

/// A zip with a stored entry of `BIG_BYTES` zeros and a small one behind it, of which only what is not zeros is in memory.
struct Sparse {
    head: Vec<u8>,
    tail: Vec<u8>,
}

const BIG_BYTES: u64 = (4 << 30) + 12_345;

impl Blob for Sparse {
    fn len(&self) -> u64 {
        self.head.len() as u64 + BIG_BYTES + self.tail.len() as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let zeros = self.head.len() as u64;
        let tail = zeros + BIG_BYTES;
        if offset < zeros {
            return self.head.read_at(offset, buf);
        }
        if offset >= tail {
            return self.tail.read_at(offset - tail, buf);
        }
        let count = buf.len().min((tail - offset) as usize);
        buf[..count].fill(0);
        Ok(count)
    }
}

/// Numbers of a zip's header: width in bytes, and value.
fn header(fields: &[(usize, u64)], name: &str, extra: &[u64]) -> Vec<u8> {
    let mut bytes: Vec<u8> = fields.iter().flat_map(|(width, value)| value.to_le_bytes()[..*width].to_vec()).collect();
    bytes.extend_from_slice(name.as_bytes());
    if !extra.is_empty() {
        bytes.extend_from_slice(&1_u16.to_le_bytes());
        bytes.extend_from_slice(&(8 * extra.len() as u16).to_le_bytes());
        bytes.extend(extra.iter().flat_map(|value| value.to_le_bytes()));
    }
    bytes
}

fn sparse(small: &[u8]) -> Sparse {
    const FULL: u64 = 0xFFFF_FFFF;
    // Signature, version, flags, method, time, date, CRC-32, sizes, lengths of name and extra field: APPNOTE 4.3.7.
    let local = |crc: u64, size: u64, extra: u64| {
        [(4, 0x0403_4B50), (2, 45), (2, 0), (2, 0), (2, 0), (2, 0), (4, crc), (4, size), (4, size), (2, 5), (2, extra)]
    };
    let crc = u64::from(crc32fast::hash(small));
    let head = header(&local(0, FULL, 20), "a.txt", &[BIG_BYTES, BIG_BYTES]);
    let small_at = head.len() as u64 + BIG_BYTES;
    let mut tail = header(&local(crc, small.len() as u64, 0), "b.txt", &[]);
    tail.extend_from_slice(small);
    let directory_at = small_at + tail.len() as u64;
    // APPNOTE 4.3.12: the same, with comment, disk, attributes and the local header's offset.
    let central = |crc: u64, size: u64, extra: u64, at: u64| {
        let start =
            [(4, 0x0201_4B50), (2, 45), (2, 45), (2, 0), (2, 0), (2, 0), (2, 0), (4, crc), (4, size), (4, size), (2, 5), (2, extra)];
        [&start[..], &[(2, 0), (2, 0), (2, 0), (4, 0), (4, at)]].concat()
    };
    let mut directory = header(&central(0, FULL, 20, 0), "a.txt", &[BIG_BYTES, BIG_BYTES]);
    directory.extend(header(&central(crc, small.len() as u64, 12, FULL), "b.txt", &[small_at]));
    let (directory_bytes, end_at) = (directory.len() as u64, directory_at + directory.len() as u64);
    tail.extend(directory);
    // Zip64's end record and locator, then the old end record: APPNOTE 4.3.14 to 4.3.16.
    let end64 = [(4, 0x0606_4B50), (8, 44), (2, 45), (2, 45), (4, 0), (4, 0), (8, 2), (8, 2), (8, directory_bytes), (8, directory_at)];
    tail.extend(header(&end64, "", &[]));
    tail.extend(header(&[(4, 0x0706_4B50), (4, 0), (8, end_at), (4, 1)], "", &[]));
    tail.extend(header(&[(4, 0x0605_4B50), (2, 0), (2, 0), (2, 2), (2, 2), (4, directory_bytes), (4, FULL), (2, 0)], "", &[]));
    Sparse { head, tail }
}

#[test]
fn a_member_of_more_bytes_than_thirty_two_bits_count() {
    let (names, notes) = names_of(Arc::new(sparse(&rows(3))));
    assert_eq!((names, notes), (vec!["a.txt".to_owned(), "b.txt".to_owned()], vec![]));
    let folder = tempfile::tempdir().unwrap();
    let scratch = Dir::open_ambient_dir(folder.path(), ambient_authority()).unwrap();
    let mut object = Vec::new();
    walk::<IntakeError>(Arc::new(sparse(&rows(3))), "dump", &[], &IntakeLimits::default(), &scratch, &mut |member| {
        if member.name() == "b.txt" { sluice_intake::stage(member, sluice_record::InputKind::Text, &mut object).map(drop) } else { Ok(()) }
    })
    .unwrap();
    assert_eq!(crate::support::read_all(object), rows(3));
}

#[test]
fn long_names_of_tar_are_read_in_either_notation() {
    let data = rows(20);
    let long = format!("{}/people.csv", "folder/".repeat(40));
    let mut builder = tar::Builder::new(Vec::new());
    let header = || {
        let mut header = tar::Header::new_gnu();
        header.set_size(data.len() as u64);
        header
    };
    builder.append_data(&mut header(), &long, &data[..]).unwrap();
    let pax = format!("pax/{long}");
    builder.append_pax_extensions([("path", pax.as_bytes()), ("mtime", &b"1.5"[..])]).unwrap();
    builder.append_data(&mut header(), "short", &data[..]).unwrap();
    builder.append_data(&mut header(), "after", &data[..]).unwrap();
    let walked = walk_text(gz(&builder.into_inner().unwrap()));
    assert_eq!(walked.names(), [long.as_str(), pax.as_str(), "after"]);
    assert!(walked.notes.is_empty() && walked.leaves.iter().all(|leaf| leaf.bytes == data));
}

#[test]
fn members_that_cannot_be_sought_in_are_spooled_and_read() {
    // A zip's directory is at its end: within a stream it has to be laid down first.
    let data = rows(30_000);
    let zip = zip_of(&[("a.txt", &data, deflated()), ("b.txt", &data, stored())]);
    let tar = tar_of(&[("one.zip", tar::EntryType::Regular, &zip), ("two.zip", tar::EntryType::Regular, &zip)]);
    let walked = walk_text(gz(&tar));
    assert_eq!(walked.leaves.len(), 4, "{:?}", walked.notes);
    assert!(walked.leaves.iter().all(|leaf| leaf.bytes == data));
}

#[test]
fn archives_open_down_to_the_bound_and_no_deeper() {
    let data = rows(10);
    let mut dump = data.clone();
    for depth in 1..=limits::CONTAINER_DEPTH_MAX + 1 {
        dump = zip_of(&[("in", &dump, stored())]);
        let walked = walk_text(dump.clone());
        if depth <= limits::CONTAINER_DEPTH_MAX {
            assert_eq!(walked.leaves.iter().map(|leaf| &leaf.bytes).collect::<Vec<_>>(), [&data], "depth {depth}: {:?}", walked.notes);
        } else {
            assert!(walked.leaves.is_empty() && walked.notes[0].reason.contains("deep"));
        }
    }
}

#[test]
fn each_member_of_an_archive_has_its_own_encoding() {
    let table = |name: &str| (0..500).map(|row| format!("user{row}@example.com;{name} {row}\r\n")).collect::<String>();
    let texts = ["Светлана Кузнецова", "王秀英 北京市朝阳区", "François Lefèvre", "Žofie Łukasz 王"].map(table);
    let utf16: Vec<u8> = texts[3].encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (cyrillic, chinese, western) = (WINDOWS_1251.encode(&texts[0]).0, GBK.encode(&texts[1]).0, WINDOWS_1252.encode(&texts[2]).0);
    let walked = walk_text(zip_of(&[
        ("a", &cyrillic, deflated()),
        ("b", &chinese, stored()),
        ("c", &western, deflated()),
        ("d", &utf16, deflated()),
        ("e", texts[3].as_bytes(), stored()),
    ]));
    let encodings: Vec<&str> = walked.leaves.iter().map(|leaf| leaf.encoding.as_str()).collect();
    assert_eq!(encodings, ["windows-1251", "GBK", "windows-1252", "UTF-16LE", "UTF-8"]);
    let wanted = [&texts[0], &texts[1], &texts[2], &texts[3], &texts[3]];
    assert!(walked.leaves.iter().zip(wanted).all(|(leaf, text)| leaf.bytes == text.as_bytes()));
}

#[test]
fn a_workbooks_parts_are_members_and_other_documents_are_one() {
    let workbook = zip_of(&[
        ("[Content_Types].xml", b"<Types/>", deflated()),
        ("xl/worksheets/sheet1.xml", b"<worksheet/>", deflated()),
        ("xl/theme/theme1.xml", b"<theme/>", deflated()),
        ("xl/workbook.xml", b"<workbook/>", deflated()),
        ("xl/sharedStrings.xml", b"<sst/>", stored()),
    ]);
    let letter = zip_of(&[("[Content_Types].xml", b"<Types/>", deflated()), ("word/document.xml", b"<document/>", deflated())]);
    let walked = walk_text(workbook.clone());
    assert_eq!(walked.names(), ["dump/xl/worksheets/sheet1.xml", "dump/xl/workbook.xml", "dump/xl/sharedStrings.xml"]);
    let nested = walk_with(
        zip_of(&[("people.xlsx", &workbook, stored()), ("again.xlsx", &workbook, deflated()), ("letter.docx", &letter, deflated())]),
        InputKind::Bytes,
        &[],
        &IntakeLimits::default(),
    )
    .unwrap();
    let parts = ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/sharedStrings.xml"];
    let mut names: Vec<_> = ["people.xlsx", "again.xlsx"].iter().flat_map(|book| parts.map(|part| format!("{book}/{part}"))).collect();
    names.push("letter.docx".to_owned());
    assert_eq!(nested.names(), names);
    assert_eq!(nested.leaves.last().unwrap().bytes, letter);
    assert_eq!((walked.notes, nested.notes), (vec![], vec![]));
}
