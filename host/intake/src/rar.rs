//! Rar, by a reader that writes: it decodes on a thread of its own, and its members come over as streams.
//!
//! The crate has bounds on what it keeps (headers, dictionary, workspace) and believes no size. On a thread of its own a panic
//! of it costs the archive, not the process. One password opens all members of an archive, as its packer has it.
//! Deliberately not here: archives in several parts, recovery records.

use std::{
    io::{self, Read, Seek, SeekFrom, Write},
    rc::Rc,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
};

use rars::{
    Archive, ArchiveMember, ArchiveMemberDetail, ArchiveReadOptions, ArchiveReader, AttrSource, Error, ErrorKind, ExtractionDecision,
    ExtractionErrorAction,
};
use sluice_record::limits;

use crate::{
    Blob, IntakeError, IntakeLimits,
    blob::BlobReader,
    budget::{Guard, Layer},
    decompress::too_wide,
    error::Fault,
    walk::{Place, Walk},
};

/// Pieces of members on their way, each what the decoder writes at once.
const PIECES_AHEAD: usize = 4;
/// Workspace beside the window: tables, models, a filter's block.
const WORKSPACE_BYTES: u64 = 64 << 20;
/// A member of fewer bytes may be decoded in memory before it is handed on.
const BUFFERED_BYTES_MAX: u64 = 4 << 20;
/// Decoded bytes after which a password is taken to be right.
const PASSWORD_TRIAL_BYTES: u64 = 16 << 20;

const IN_PARTS: &str = "its bytes are in several parts of a rar: unpack them together and hand in what is inside";
const LINK: &str = "a link: links are not followed";

/// What the decoder's thread tells.
enum Told {
    /// A member begins, after all of the one before.
    Member {
        name: Vec<u8>,
        bytes: u64,
        number: u64,
        is_last: bool,
    },
    Piece(Vec<u8>),
    /// The member that began is at its end, which is not its real one.
    Broken(String),
    /// A member that is not read.
    Refused {
        name: Vec<u8>,
        reason: String,
    },
    /// The archive, or what is left of it, cannot be read.
    Lost(String),
}

/// What both threads know of the decoder's source and of where it is.
#[derive(Default)]
struct Shared {
    taken: AtomicU64,
    /// The member of which nobody wants more; they count from one.
    enough: AtomicU64,
    failure: Mutex<Option<io::ErrorKind>>,
}

pub(crate) fn walk<E: From<IntakeError>>(walk: &mut Walk<'_, E>, place: &Place, blob: Arc<dyn Blob>) -> Result<(), E> {
    let shared = Arc::<Shared>::default();
    let (sender, receiver) = sync_channel(PIECES_AHEAD);
    let (limits, passwords, locked) = (walk.budget.limits.clone(), walk.passwords, walk.locked());
    let decoder =
        Decoder { source: Source { blob: BlobReader::new(blob, 0), shared: Arc::clone(&shared) }, limits, passwords, locked, sender };
    thread::scope(|scope| {
        let decoding = scope.spawn(move || decoder.run());
        let walked = listen(walk, place, receiver, &shared);
        // The receiver is gone, so the decoder ends at its next word.
        if decoding.join().is_err() {
            walk.notes.refused(&place.name, "the rar is damaged in a way that its reader is not up to");
        }
        walked
    })?;
    match shared.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(kind) => Err(IntakeError::Io { doing: "reading the dump", source: kind.into() }.into()),
        None => Ok(()),
    }
}

fn listen<E: From<IntakeError>>(walk: &mut Walk<'_, E>, place: &Place, told: Receiver<Told>, shared: &Arc<Shared>) -> Result<(), E> {
    let name_bytes_max = walk.budget.limits.name_bytes_max;
    let packed = Rc::<Layer>::default();
    let mut members = Members { told, next: None, piece: Vec::new(), at: 0, shared: Arc::clone(shared), packed: Rc::clone(&packed) };
    while let Some(told) = members.next.take().or_else(|| members.told.recv().ok()) {
        match told {
            // Of a member that was stopped.
            Told::Piece(_) | Told::Broken(_) => {}
            Told::Lost(reason) => walk.notes.refused(&place.name, reason),
            Told::Member { .. } | Told::Refused { .. } if !walk.admits_entry(place) => return Ok(()),
            Told::Refused { name, reason } => walk.notes.refused(&place.entry(&name, name_bytes_max).name, reason),
            Told::Member { name, bytes, number, is_last } => {
                let budget = Rc::clone(&walk.budget);
                let reader: &mut dyn Read = &mut members;
                let member = Guard { decoder: reader, layer: packed.beside(), budget };
                if !walk.open_passing(place.entry(&name, name_bytes_max), bytes, member, is_last)? || is_last {
                    shared.enough.store(number, Relaxed);
                }
            }
        }
    }
    Ok(())
}

/// The present member's bytes.
struct Members {
    told: Receiver<Told>,
    /// What is told of what follows.
    next: Option<Told>,
    piece: Vec<u8>,
    at: usize,
    shared: Arc<Shared>,
    packed: Rc<Layer>,
}

impl Read for Members {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.at == self.piece.len() {
            if self.next.is_some() {
                return Ok(0);
            }
            self.packed.took(self.shared.taken.load(Relaxed));
            match self.told.recv() {
                Ok(Told::Piece(piece)) => (self.piece, self.at) = (piece, 0),
                Ok(Told::Broken(reason)) => return Err(io::Error::other(reason)),
                Ok(Told::Lost(reason)) => {
                    self.next = Some(Told::Lost(reason.clone()));
                    return Err(io::Error::other(reason));
                }
                Ok(next) => self.next = Some(next),
                Err(_) => return Ok(0),
            }
        }
        let count = buf.len().min(self.piece.len() - self.at);
        buf[..count].copy_from_slice(&self.piece[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

/// The thread that decodes.
struct Decoder<'w> {
    source: Source,
    limits: IntakeLimits,
    passwords: &'w [String],
    locked: &'static str,
    sender: SyncSender<Told>,
}

impl Decoder<'_> {
    fn run(self) {
        let ended = self.open().and_then(|(archive, password)| self.extract(&archive, password));
        if let Err(error) = ended {
            // Nobody may be listening any more.
            let _ = self.sender.send(Told::Lost(self.words(&error)));
        }
    }

    fn options<'a>(&self, password: Option<&'a str>) -> ArchiveReadOptions<'a> {
        let window = self.limits.window_bytes_max;
        ArchiveReadOptions::with_optional_password(password.map(str::as_bytes))
            .with_max_header_count(2 * u64::from(limits::MEMBERS_MAX))
            .with_max_header_bytes(self.limits.list_bytes_max)
            .with_rar50_dictionary_size_limit(window)
            .with_rar50_buffered_decode_limit(BUFFERED_BYTES_MAX)
            .with_max_reader_workspace_bytes(window + WORKSPACE_BYTES)
    }

    /// Reads the headers, and finds the password if they or a member are encrypted.
    fn open(&self) -> Result<(Archive, Option<&str>), Error> {
        let read = |password| ArchiveReader::read_reader_with_options(self.source.clone(), self.options(password));
        let mut ended = match read(None) {
            Ok(archive) if !archive.members().any(|member| member.meta.is_encrypted) => return Ok((archive, None)),
            Ok(archive) => Ok((archive, None)),
            Err(error) if matches!(error.kind(), ErrorKind::PasswordRequired) => Err(error),
            Err(error) => return Err(error),
        };
        for password in self.passwords {
            match read(Some(password)) {
                Ok(archive) if self.fits(&archive, password) => return Ok((archive, Some(password))),
                Ok(archive) => ended = Ok((archive, None)),
                Err(error) if matches!(error.kind(), ErrorKind::Io) => return Err(error),
                Err(_) => {}
            }
        }
        ended
    }

    /// Does a password open the first encrypted member? A newer archive has a check of it, an older one only its checksum.
    fn fits(&self, archive: &Archive, password: &str) -> bool {
        let (mut tried, mut wrong) = (false, false);
        let is_solid = archive.members().any(|member| member.is_solid());
        let outcome = archive.extract_with_control_and_errors(
            self.options(Some(password)),
            |member| {
                Ok(match (tried, member.meta.is_encrypted) {
                    (true, _) => ExtractionDecision::Stop,
                    (false, false) if is_solid && !skippable(member) => ExtractionDecision::Extract(Box::new(io::sink())),
                    (false, false) => ExtractionDecision::Skip,
                    (false, true) => {
                        tried = true;
                        ExtractionDecision::Extract(Box::new(Trial { left: PASSWORD_TRIAL_BYTES }))
                    }
                })
            },
            |_, error| {
                wrong |= !is_enough(error);
                Ok(ExtractionErrorAction::Abort)
            },
        );
        match outcome {
            Ok(_) => tried,
            Err(error) => !wrong && is_enough(&error),
        }
    }

    fn extract(&self, archive: &Archive, password: Option<&str>) -> Result<(), Error> {
        let is_solid = archive.members().any(|member| member.is_solid());
        let (mut number, count) = (0, archive.members().filter(|member| !member.meta.is_directory).count() as u64);
        let decide = |member: &ArchiveMember| {
            if member.meta.is_directory {
                return Ok(ExtractionDecision::Skip);
            }
            number += 1;
            let name = name(member);
            let too_wide = too_wide(&self.limits);
            let refusal = if member.meta.is_redirection || is_link(member) {
                Some(LINK)
            } else if member.meta.is_split_before || member.meta.is_split_after {
                Some(IN_PARTS)
            } else if member.meta.is_encrypted && password.is_none() {
                Some(self.locked)
            } else if window_bytes(member) > self.limits.window_bytes_max {
                // The crate would refuse the archive for it.
                Some(too_wide.as_str())
            } else {
                None
            };
            let told = match refusal {
                None => self.sender.send(Told::Member { name, bytes: member.meta.unpacked_size, number, is_last: number == count }),
                Some(reason) => self.sender.send(Told::Refused { name, reason: reason.to_owned() }),
            };
            Ok(match (told, refusal) {
                (Err(_), _) => ExtractionDecision::Stop,
                (Ok(()), None) => ExtractionDecision::Extract(Box::new(Pipe {
                    sender: self.sender.clone(),
                    shared: Arc::clone(&self.source.shared),
                    number,
                })),
                (Ok(()), Some(LINK)) if is_solid && !skippable(member) => ExtractionDecision::Extract(Box::new(io::sink())),
                (Ok(()), Some(_)) => ExtractionDecision::Skip,
            })
        };
        let failed = |_: &ArchiveMember, error: &Error| {
            let _ = self.sender.send(Told::Broken(self.words(error)));
            Ok(ExtractionErrorAction::Continue)
        };
        archive.extract_with_control_and_errors(self.options(password), decide, failed).map(drop)
    }

    fn words(&self, error: &Error) -> String {
        let words = match error.kind() {
            ErrorKind::ResourceLimit => return too_wide(&self.limits),
            ErrorKind::PasswordRequired | ErrorKind::BadPassword => self.locked,
            ErrorKind::ChecksumMismatch => "its checksum does not fit",
            ErrorKind::UnsupportedFeature | ErrorKind::UnsupportedFormat => {
                "the rar is of a kind that is not read: unpack it and hand in what is inside"
            }
            ErrorKind::Io => "the rar ends early, as if cut short",
            _ => "the rar is damaged here",
        };
        words.to_owned()
    }
}

/// A member's path; older archives, and those of Windows, have its own separator.
fn name(member: &ArchiveMember) -> Vec<u8> {
    let mut name = member.decoded_name(None).map_or_else(|_| member.meta.name.clone(), std::borrow::Cow::into_owned);
    name.iter_mut().filter(|byte| **byte == b'\\').for_each(|byte| *byte = b'/');
    name
}

/// May be skipped in an archive where each member needs those before it.
const fn skippable(member: &ArchiveMember) -> bool {
    member.meta.is_directory || member.meta.is_redirection
}

fn is_link(member: &ArchiveMember) -> bool {
    member.meta.attr_source() == AttrSource::Unix && member.meta.file_attr >> 12 & 0o17 == 0o12
}

/// What a member asks to look back on: `128 KiB * 2^n`, and since version 7 so many thirty-seconds of it more. Older ones have 4 MiB.
fn window_bytes(member: &ArchiveMember) -> u64 {
    match &member.detail {
        ArchiveMemberDetail::Rar50Plus { compression_info, .. } if !member.meta.is_stored => {
            let power = (128_u64 << 10) << (compression_info >> 10 & 0x1F);
            power + power / 32 * (compression_info >> 15 & 0x1F)
        }
        _ => 0,
    }
}

/// The archive's bytes, counted.
#[derive(Clone)]
struct Source {
    blob: BlobReader,
    shared: Arc<Shared>,
}

impl Read for Source {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.blob.read(buf);
        match &read {
            Ok(count) => drop(self.shared.taken.fetch_add(*count as u64, Relaxed)),
            Err(error) if Fault::is_in(error) => {
                *self.shared.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.kind());
            }
            Err(_) => {}
        }
        read
    }
}

impl Seek for Source {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.blob.seek(to)
    }
}

/// Where a member is written.
struct Pipe {
    sender: SyncSender<Told>,
    shared: Arc<Shared>,
    number: u64,
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.shared.enough.load(Relaxed) == self.number || self.sender.send(Told::Piece(bytes.to_vec())).is_err() {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Takes so many bytes and no more.
struct Trial {
    left: u64,
}

impl Write for Trial {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.left = self.left.checked_sub(bytes.len() as u64).ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn is_enough(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Io)
}
