//! Zip: its members one by one, decrypted if need be.

use std::{
    io::{self, BufReader, Read},
    rc::Rc,
    sync::Arc,
};

use zip::{
    CompressionMethod, ZipArchive, ZipReadOptions,
    read::{ArchiveOffset, Config, ZipFile},
    result::ZipError,
};

use crate::{
    Blob, IntakeError, SliceBlob,
    budget::{Guard, Layer, Taken},
    error::Fault,
    format::Format,
    walk::{Content, Place, Walk},
    zip_directory::{Alone, Directory, Entry, Salvage},
};

const READ_AHEAD_BYTES: usize = 128 << 10;
/// Decoded bytes read to see whether a password is right.
const PASSWORD_TRIAL_BYTES: u64 = 64 << 10;

type Source = BufReader<Taken<Alone>>;

enum Entries {
    Directory(Directory),
    Salvage(Salvage),
}

pub(crate) fn walk<E: From<IntakeError>>(walk: &mut Walk<'_, E>, place: &Place, blob: Arc<dyn Blob>) -> Result<(), E> {
    let mut entries = match Directory::find(&blob) {
        Ok(Some(directory)) => Entries::Directory(directory),
        Ok(None) => {
            walk.notes.refused(&place.name, "the zip has no directory, as if cut short: the members before that were read");
            Entries::Salvage(Salvage::new(blob))
        }
        Err(error) => return walk.give_up(&place.name, IntakeError::from_read(error)),
    };
    loop {
        let next = match &mut entries {
            Entries::Directory(directory) => directory.next(),
            Entries::Salvage(salvage) => salvage.next(),
        };
        let entry = match next {
            Ok(Some(entry)) => entry,
            Ok(None) => return Ok(()),
            Err(error) if Fault::is_in(&error) => return walk.give_up(&place.name, IntakeError::from_read(error)),
            Err(_) => {
                walk.notes.refused(&place.name, "the zip's directory is damaged: the members from here on are lost");
                return Ok(());
            }
        };
        if !walk.admits_entry(place) {
            return Ok(());
        }
        if entry.is_folder() {
            continue;
        }
        if place.is_workbook && !entry.is_sheet_or_its_like() {
            continue;
        }
        let entry_place = place.entry(entry.name(), walk.budget.limits.name_bytes_max);
        if entry.is_link() {
            walk.notes.refused(&entry_place.name, "a symbolic link: links are not followed");
            continue;
        }
        read_entry(walk, entry_place, &entry)?;
    }
}

fn read_entry<E: From<IntakeError>>(walk: &mut Walk<'_, E>, place: Place, entry: &Entry) -> Result<(), E> {
    let name = place.name.clone();
    let password = if entry.is_encrypted() {
        match find_password(entry, walk.passwords) {
            Ok(Some(password)) => Some(password),
            Ok(None) => {
                let reason = walk.locked();
                walk.notes.refused(&name, reason);
                return Ok(());
            }
            Err(error) => return walk.give_up(&name, error),
        }
    } else {
        None
    };
    let layer = Rc::<Layer>::default();
    let mut archive = match open(entry, &layer) {
        Ok(archive) => archive,
        Err(error) => return walk.give_up(&name, zip_error(error)),
    };
    let file = match member(&mut archive, entry, password) {
        Ok(file) => file,
        Err(error) => return walk.give_up(&name, zip_error(error)),
    };
    if let Some(blob) = archive_at_rest(entry, &file) {
        return walk.open(place, Content::AtRest(blob));
    }
    let told = (!entry.is_salvaged).then(|| file.size());
    let mut guard = Guard { decoder: file, layer: Rc::clone(&layer), budget: Rc::clone(&walk.budget) };
    let opened = walk.open(place, Content::Stream { reader: &mut guard, size_hint: told });
    walk.note_end(&name, &layer);
    if let (None, Some(told), Some(came)) = (layer.complaint(), told, layer.drained())
        && told != came
    {
        walk.notes.refused(&name, format!("the zip says that it has {told} bytes, and it has {came}"));
    }
    opened
}

/// An archive that is stored as it is needs no spooling; its own members have their own checksums.
fn archive_at_rest(entry: &Entry, file: &ZipFile<'_, Source>) -> Option<Arc<dyn Blob>> {
    if entry.is_encrypted() || !entry.is_stored() {
        return None;
    }
    let inner: Arc<dyn Blob> = Arc::new(SliceBlob::new(entry.archive(), file.data_start()?, file.compressed_size()));
    let mut head = [0; 512];
    let count = crate::blob::read_full(&*inner, 0, &mut head).ok()?;
    matches!(Format::of(&head[..count]), Format::Archive(_)).then_some(inner)
}

fn open(entry: &Entry, layer: &Rc<Layer>) -> Result<ZipArchive<Source>, ZipError> {
    let source = Taken { inner: entry.alone(), layer: Rc::clone(layer) };
    ZipArchive::with_config(Config { archive_offset: ArchiveOffset::Known(0) }, BufReader::with_capacity(READ_AHEAD_BYTES, source))
}

fn member<'a>(archive: &'a mut ZipArchive<Source>, entry: &Entry, password: Option<&str>) -> Result<ZipFile<'a, Source>, ZipError> {
    let options = ZipReadOptions::new().password(password.map(str::as_bytes)).ignore_crc32(entry.is_salvaged);
    let file = archive.by_index_with_options(0, options)?;
    match file.compression() {
        CompressionMethod::Stored if entry.is_salvaged => {
            Err(ZipError::UnsupportedArchive("it is stored without its size, and the directory that has it is lost"))
        }
        _ => Ok(file),
    }
}

/// The first password under which the member's beginning makes sense. ZipCrypto's own check lets one wrong password in 256 pass,
/// so that a trial is decoded; if several still pass (a stored member hides a wrong one until its checksum), the checksum decides.
fn find_password<'p>(entry: &Entry, passwords: &'p [String]) -> Result<Option<&'p str>, IntakeError> {
    let mut fitting = Vec::new();
    for password in passwords {
        if makes_sense(entry, password, PASSWORD_TRIAL_BYTES)? {
            fitting.push(password.as_str());
        }
    }
    if let [only] = fitting[..] {
        return Ok(Some(only));
    }
    for password in fitting {
        if makes_sense(entry, password, u64::MAX)? {
            return Ok(Some(password));
        }
    }
    Ok(None)
}

fn makes_sense(entry: &Entry, password: &str, bytes: u64) -> Result<bool, IntakeError> {
    let mut archive = match open(entry, &Rc::default()) {
        Ok(archive) => archive,
        Err(error) => return Err(zip_error(error)),
    };
    let file = match member(&mut archive, entry, Some(password)) {
        Ok(file) => file,
        Err(ZipError::InvalidPassword) => return Ok(false),
        Err(error) => return Err(zip_error(error)),
    };
    match io::copy(&mut file.take(bytes), &mut io::sink()) {
        Ok(_) => Ok(true),
        Err(error) if Fault::is_in(&error) => Err(IntakeError::from_read(error)),
        Err(_) => Ok(false),
    }
}

fn zip_error(error: ZipError) -> IntakeError {
    let reason = match error {
        ZipError::Io(error) => return IntakeError::from_read(error),
        ZipError::UnsupportedArchive(reason) => reason.to_owned(),
        ZipError::CompressionMethodNotSupported(method) => {
            format!("zip compression method {method} cannot be opened yet: pack it again with deflate")
        }
        ZipError::InvalidPassword => "encrypted, and no password given opens it: give another one with --password".to_owned(),
        _ => "the zip is damaged here".to_owned(),
    };
    IntakeError::Member { reason }
}
