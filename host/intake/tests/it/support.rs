use std::{
    io::{Cursor, Write},
    sync::Arc,
};

use cap_std::{ambient_authority, fs::Dir};
use sluice_intake::{IntakeError, IntakeLimits, SourceKind, StagedReader, stage, walk};
use sluice_record::{InputKind, MemberNote};

pub(crate) struct Leaf {
    pub(crate) name: String,
    pub(crate) encoding: String,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) struct Walked {
    pub(crate) leaves: Vec<Leaf>,
    pub(crate) notes: Vec<MemberNote>,
    /// Bytes written for members, kept or not.
    pub(crate) written: usize,
}

impl Walked {
    pub(crate) fn names(&self) -> Vec<&str> {
        self.leaves.iter().map(|leaf| leaf.name.as_str()).collect()
    }

    pub(crate) fn refused(&self, name: &str) -> &str {
        let note = self.notes.iter().find(|note| note.refused && note.name == name);
        note.map_or_else(|| panic!("{name} is not refused: {:?}", self.notes), |note| note.reason.as_str())
    }
}

pub(crate) fn read_all(object: Vec<u8>) -> Vec<u8> {
    let reader = StagedReader::open(Arc::new(object), SourceKind::Frames).unwrap();
    reader.stream(0, u64::MAX).flat_map(|piece| piece.unwrap()).collect()
}

pub(crate) fn walk_with(dump: Vec<u8>, want: InputKind, passwords: &[&str], limits: &IntakeLimits) -> Result<Walked, IntakeError> {
    let folder = tempfile::tempdir().unwrap();
    let scratch = Dir::open_ambient_dir(folder.path(), ambient_authority()).unwrap();
    let passwords: Vec<String> = passwords.iter().map(|password| (*password).to_owned()).collect();
    let (mut leaves, mut written) = (Vec::new(), 0);
    let notes = walk::<IntakeError>(Arc::new(dump), "dump", &passwords, limits, &scratch, &mut |member| {
        let mut object = Vec::new();
        let staged = stage(member, want, &mut object);
        written += object.len();
        match staged {
            Ok(staged) => {
                let bytes = read_all(object);
                assert_eq!(staged.bytes, bytes.len() as u64);
                assert_eq!(staged.digest.0, *blake3::hash(&bytes).as_bytes());
                leaves.push(Leaf { name: member.name().to_owned(), encoding: staged.encoding, bytes });
                Ok(())
            }
            Err(IntakeError::Member { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    })?;
    assert_eq!(scratch.entries().unwrap().count(), 0, "the scratch folder is left empty");
    Ok(Walked { leaves, notes, written })
}

pub(crate) fn walk_text(dump: Vec<u8>) -> Walked {
    walk_with(dump, InputKind::Text, &["wrong", "secret"], &IntakeLimits::default()).unwrap()
}

pub(crate) fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zip_of(entries: &[(&str, &[u8], zip::write::SimpleFileOptions)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes, options) in entries {
        writer.start_file(*name, *options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

pub(crate) fn stored() -> zip::write::SimpleFileOptions {
    zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored)
}

pub(crate) fn deflated() -> zip::write::SimpleFileOptions {
    zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated)
}

pub(crate) fn tar_of(entries: &[(&str, tar::EntryType, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, kind, bytes) in entries {
        let mut header = tar::Header::new_ustar();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes()); // the crate would refuse `..` itself
        header.set_entry_type(*kind);
        header.set_size(bytes.len() as u64);
        header.set_cksum();
        builder.append(&header, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

pub(crate) fn rows(count: usize) -> Vec<u8> {
    (0..count).map(|row| format!("user{row}@example.com:pass{}\n", row * 7919 % 10_007)).collect::<String>().into_bytes()
}
