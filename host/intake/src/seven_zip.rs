//! 7z: its blocks in their order, each decoded once, its members as they come by.
//!
//! Members that are packed as one block cannot be read apart, so a member that is stopped as a bomb takes those behind it in its block
//! along, and one that is damaged as a rule as well. Decoding is bound to the walk's thread.

use std::{
    io::{self, BufReader, Read},
    rc::Rc,
    sync::Arc,
};

use sevenz_rust2::{ArchiveEntry, BlockDecoder, EncoderMethod, Error, Password};

use crate::{
    Blob, IntakeError, IntakeLimits,
    blob::BlobReader,
    budget::{Budget, Guard, Layer, Taken},
    error::Fault,
    seven_zip_list::{self, Listed, is_encrypted},
    walk::{Place, Walk},
};

const READ_AHEAD_BYTES: usize = 128 << 10;
/// Decoded bytes read to see whether a password is right; of what is only stored, where a checksum alone tells.
const PASSWORD_TRIAL_BYTES: u64 = 64 << 10;
const STORED_TRIAL_BYTES: u64 = 256 << 20;
/// Passwords tried in vain in one archive. Each takes a tenth of a second, by the format's design.
const TRIALS_IN_VAIN_MAX: usize = 1_000;

pub(crate) fn walk<E: From<IntakeError>>(walk: &mut Walk<'_, E>, place: &Place, blob: Arc<dyn Blob>) -> Result<(), E> {
    let passwords = walk.passwords;
    let mut opener = Opener { budget: Rc::clone(&walk.budget), passwords, locked: walk.locked(), good: 0, in_vain: 0 };
    let listed = match seven_zip_list::read(&blob, &mut opener) {
        Ok(Some(listed)) => listed,
        Ok(None) => {
            walk.notes.without_data(&place.name, "it is empty");
            return Ok(());
        }
        Err(error) => return walk.give_up(&place.name, error),
    };
    for block in 0..listed.archive.blocks.len() {
        read_block(walk, place, &listed, block, &mut opener)?;
    }
    for entry in listed.archive.files.iter().filter(|entry| !entry.has_stream) {
        if !walk.admits_entry(place) {
            return Ok(());
        }
        if !entry.is_directory && !entry.is_anti_item {
            walk.notes.without_data(&entry_place(walk, place, entry).name, "it is empty");
        }
    }
    Ok(())
}

fn read_block<E: From<IntakeError>>(
    walk: &mut Walk<'_, E>,
    place: &Place,
    listed: &Listed,
    block: usize,
    opener: &mut Opener<'_>,
) -> Result<(), E> {
    let members = || listed.members(block).filter(|entry| entry.has_stream);
    let count = members().count();
    let password = match opener.password(listed, block) {
        Ok(password) => password,
        Err(IntakeError::Member { reason }) => {
            for entry in members() {
                if walk.admits_entry(place) {
                    walk.notes.refused(&entry_place(walk, place, entry).name, reason.as_str());
                }
            }
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let packed = Rc::<Layer>::default();
    let (mut seen, mut failed) = (0, None);
    let decoded = opener.block(listed, block, &password, &packed, &mut |entry, reader| {
        if !entry.has_stream {
            return Ok(true);
        }
        if !walk.admits_entry(place) {
            return Ok(false);
        }
        seen += 1;
        let entry_place = entry_place(walk, place, entry);
        let mut decoder = Decoder { inner: reader, is_broken: false };
        let member = opener.guard(&mut decoder, &packed.beside());
        let passed = if is_link(entry) {
            walk.notes.refused(&entry_place.name, "a symbolic link: links are not followed");
            walk.pass(&entry_place.name, entry.size, member, seen == count)
        } else {
            walk.open_passing(entry_place, entry.size, member, seen == count)
        };
        passed.map(|goes_on| goes_on && !decoder.is_broken).or_else(|error| {
            failed = Some(error);
            Ok(false)
        })
    });
    if let Some(error) = failed {
        return Err(error);
    }
    let lost = count - seen;
    let why = match decoded.map_err(refused) {
        Err(error @ (IntakeError::Io { .. } | IntakeError::Dump { .. })) => return Err(error.into()),
        Err(error) => error.to_string(),
        Ok(_) => "what is before them in their block cannot be read".to_owned(),
    };
    if lost > 0 && !walk.is_full() {
        walk.notes.refused(&place.name, format!("{lost} members of the 7z are lost: {why}"));
    }
    Ok(())
}

fn entry_place<E>(walk: &Walk<'_, E>, archive: &Place, entry: &ArchiveEntry) -> Place {
    archive.entry(entry.name.as_bytes(), walk.budget.limits.name_bytes_max)
}

/// Archivers of Unix put a file's mode into the upper half of its attributes.
fn is_link(entry: &ArchiveEntry) -> bool {
    const MADE_ON_UNIX: u32 = 0x8000;
    entry.has_windows_attributes && entry.windows_attributes & MADE_ON_UNIX != 0 && entry.windows_attributes >> 28 == 0o12
}

/// Remembers that a decoder complained. It must not be asked again then, as the crate would to get to the next member: what it gives is
/// nobody's, and it may not come to an end.
struct Decoder<'r> {
    inner: &'r mut dyn Read,
    is_broken: bool,
}

impl Read for Decoder<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buf);
        // A wrong checksum is told behind the member's last byte.
        let is_checksum = |error: &io::Error| {
            matches!(error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()), Some(Error::ChecksumVerificationFailed))
        };
        self.is_broken |= read.as_ref().is_err_and(|error| !is_checksum(error));
        read
    }
}

impl Listed {
    /// Members packed as one block, among them such without bytes.
    fn members(&self, block: usize) -> impl Iterator<Item = &ArchiveEntry> {
        let files = self.archive.files.iter().zip(&self.archive.stream_map.file_block_index);
        let first = self.archive.stream_map.block_first_file_index.get(block).copied().unwrap_or_default();
        files.skip(first).take_while(move |(_, index)| **index == Some(block)).map(|(entry, _)| entry)
    }
}

/// Opens blocks, with the passwords given.
pub(crate) struct Opener<'w> {
    budget: Rc<Budget>,
    passwords: &'w [String],
    locked: &'static str,
    /// The password that was right last.
    good: usize,
    in_vain: usize,
}

impl Opener<'_> {
    pub(crate) fn limits(&self) -> &IntakeLimits {
        &self.budget.limits
    }

    pub(crate) fn guard<'a>(&self, reader: &'a mut dyn Read, layer: &Rc<Layer>) -> Guard<&'a mut dyn Read> {
        Guard { decoder: reader, layer: Rc::clone(layer), budget: Rc::clone(&self.budget) }
    }

    /// Decodes a block and calls `each` with its members.
    pub(crate) fn block(
        &self,
        listed: &Listed,
        block: usize,
        password: &Password,
        layer: &Rc<Layer>,
        each: &mut dyn FnMut(&ArchiveEntry, &mut dyn Read) -> Result<bool, Error>,
    ) -> Result<bool, Error> {
        let taken = Taken { inner: BlobReader::new(Arc::clone(&listed.source), 0), layer: Rc::clone(layer) };
        let mut source = BufReader::with_capacity(READ_AHEAD_BYTES, taken);
        BlockDecoder::new(1, block, &listed.archive, password, &mut source).for_each_entries(&mut |entry, reader| each(entry, reader))
    }

    /// The password of a block, the empty one if there is none. The format has no check of its own: a wrong one shows by what
    /// comes out, which is as good as sure where a decompressor reads it, and else shows by the checksum.
    pub(crate) fn password(&mut self, listed: &Listed, block: usize) -> Result<Password, IntakeError> {
        let Some(told) = listed.archive.blocks.get(block) else { return Ok(Password::empty()) };
        if !is_encrypted(told, self.limits())? {
            return Ok(Password::empty());
        }
        let as_it_is = [EncoderMethod::ID_AES256_SHA256, EncoderMethod::ID_COPY];
        let is_stored = told.coders.iter().all(|coder| as_it_is.contains(&coder.encoder_method_id()));
        let bytes = if is_stored { STORED_TRIAL_BYTES } else { PASSWORD_TRIAL_BYTES };
        for index in std::iter::once(self.good).chain((0..self.passwords.len()).filter(|index| *index != self.good)) {
            let Some(password) = self.passwords.get(index).filter(|_| self.in_vain < TRIALS_IN_VAIN_MAX) else { break };
            let password = Password::from(password.as_str());
            if self.makes_sense(listed, block, &password, bytes)? {
                self.good = index;
                return Ok(password);
            }
            self.in_vain += 1;
        }
        Err(IntakeError::Member { reason: self.locked.to_owned() })
    }

    fn makes_sense(&self, listed: &Listed, block: usize, password: &Password, bytes: u64) -> Result<bool, IntakeError> {
        let mut trial = Ok(0);
        let decoded = self.block(listed, block, password, &Rc::default(), &mut |entry, reader| {
            trial = io::copy(&mut reader.take(bytes), &mut io::sink());
            Ok(entry.size == 0 && trial.is_ok())
        });
        match decoded.and_then(|_| trial.map_err(Error::from)) {
            Ok(_) => Ok(true),
            Err(Error::Io(error, _) | Error::MaybeBadPassword(error)) if Fault::is_in(&error) => Err(IntakeError::from_read(error)),
            Err(_) => Ok(false),
        }
    }
}

/// What the crate says, as the walk says it.
pub(crate) fn refused(error: Error) -> IntakeError {
    let reason = match error {
        Error::Io(error, _) | Error::MaybeBadPassword(error) => return IntakeError::from_read(error),
        Error::UnsupportedCompressionMethod(_) | Error::Unsupported(_) => {
            "packed by a method that cannot be opened: pack it again with LZMA2"
        }
        Error::PasswordRequired => "encrypted",
        _ => "the 7z is damaged here",
    };
    IntakeError::Member { reason: reason.to_owned() }
}
