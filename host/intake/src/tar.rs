//! Tar, read as a stream of 512-byte blocks.
//!
//! The `tar` crate reads the fields of a header; the walk from header to header is our own, because the crate's takes a long
//! name of any length into memory, which a compressed archive makes an easy bomb.

use std::{
    io::{self, BufReader, Read},
    sync::Arc,
};

use ::tar::{EntryType, Header};

use crate::{
    Blob, IntakeError, SliceBlob,
    blob::read_full,
    walk::{Content, Place, Walk, reread},
};

const BLOCK_BYTES: u64 = 512;
/// A pax header or a long name; real ones are a path and some numbers.
const EXTENSION_BYTES_MAX: u64 = 64 << 10;
/// Headers in a row that only describe the one to come.
const EXTENSIONS_IN_A_ROW_MAX: u32 = 8;
const SKIP_BYTES: usize = 64 << 10;

/// Does a block carry a header's checksum? Old writers summed signed bytes.
pub(crate) fn checksum_fits(block: &[u8]) -> bool {
    let Some(header) = block.first_chunk::<512>() else { return false };
    let Ok(told) = Header::from_byte_slice(header).cksum() else { return false };
    let with_blank_sum = |index: usize, byte: u8| if (148..156).contains(&index) { b' ' } else { byte };
    let bytes = || header.iter().enumerate().map(|(index, byte)| with_blank_sum(index, *byte));
    let unsigned: u32 = bytes().map(u32::from).sum();
    let signed: i64 = bytes().map(|byte| i64::from(byte.cast_signed())).sum();
    told == unsigned || i64::from(told) == signed
}

/// Where the blocks come from: a blob lets members be opened at rest and skipped without reading.
enum Blocks<'a> {
    AtRest { blob: Arc<dyn Blob>, at: u64 },
    Stream(Box<dyn Read + 'a>),
}

impl Blocks<'_> {
    /// Reads up to `count` bytes; fewer at the end.
    fn take(&mut self, count: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        match self {
            Self::AtRest { blob, at } => {
                bytes.resize(usize::try_from(count).unwrap_or_default(), 0);
                let got = read_full(&**blob, *at, &mut bytes)?;
                bytes.truncate(got);
                *at += got as u64;
            }
            Self::Stream(reader) => {
                reader.take(count).read_to_end(&mut bytes)?;
            }
        }
        Ok(bytes)
    }

    /// Skips `count` bytes; says how many there were.
    fn skip(&mut self, count: u64) -> io::Result<u64> {
        match self {
            Self::AtRest { blob, at } => {
                let skipped = count.min(blob.len() - *at);
                *at += skipped;
                Ok(skipped)
            }
            Self::Stream(reader) => {
                let mut left = count;
                let mut buffer = vec![0; SKIP_BYTES];
                while left > 0 {
                    let wanted = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                    match reader.read(&mut buffer[..wanted]) {
                        Ok(0) => break,
                        Ok(got) => left -= got as u64,
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                        Err(error) => return Err(error),
                    }
                }
                Ok(count - left)
            }
        }
    }
}

/// An entry's header with what the headers before it said of it.
struct Entry {
    header: Header,
    name: Vec<u8>,
    bytes: u64,
    is_pax_sparse: bool,
}

enum Next {
    Entry(Box<Entry>),
    End,
    /// The bytes are at their end, the archive did not say that it is.
    NoEndMark,
    /// Neither a header nor an end.
    Broken(&'static str),
}

pub(crate) fn walk<E: From<IntakeError>>(walk: &mut Walk<'_, E>, place: &Place, content: Content<'_>, head: Vec<u8>) -> Result<(), E> {
    let mut blocks = match content {
        Content::AtRest(blob) => Blocks::AtRest { blob, at: 0 },
        stream @ Content::Stream { .. } => Blocks::Stream(Box::new(BufReader::with_capacity(SKIP_BYTES, reread(stream, head)))),
    };
    loop {
        let entry = match next_entry(&mut blocks) {
            Ok(Next::Entry(entry)) => entry,
            Ok(Next::End) => return Ok(()),
            Ok(Next::NoEndMark) => {
                walk.notes.without_data(&place.name, "the archive has no end mark: it may have been cut short between two members");
                return Ok(());
            }
            Ok(Next::Broken(reason)) => {
                walk.notes.refused(&place.name, reason);
                return Ok(());
            }
            Err(error) => return walk.give_up(&place.name, IntakeError::from_read(error)),
        };
        if !walk.admits_entry(place) {
            return Ok(());
        }
        let entry_place = place.entry(&entry.name, walk.budget.limits.name_bytes_max);
        let name = entry_place.name.clone();
        let left = match refusal(&entry) {
            Some(Some(reason)) => {
                walk.notes.refused(&name, reason);
                entry.bytes
            }
            Some(None) => entry.bytes,
            None => open_entry(walk, entry_place, &mut blocks, entry.bytes)?,
        };
        match blocks.skip(left) {
            Ok(skipped) if skipped == left => {}
            Ok(skipped) => {
                walk.notes.refused(&name, format!("cut short: {} of its {} bytes are there", entry.bytes - (left - skipped), entry.bytes));
                return Ok(());
            }
            Err(error) => return walk.give_up(&place.name, IntakeError::from_read(error)),
        }
        let padding = entry.bytes.wrapping_neg() % BLOCK_BYTES;
        if let Err(error) = blocks.skip(padding) {
            return walk.give_up(&place.name, IntakeError::from_read(error));
        }
    }
}

/// Opens a file's bytes; says how many of them are still to be skipped.
fn open_entry<E: From<IntakeError>>(walk: &mut Walk<'_, E>, place: Place, blocks: &mut Blocks<'_>, bytes: u64) -> Result<u64, E> {
    match blocks {
        Blocks::AtRest { blob, at } => {
            walk.open(place, Content::AtRest(Arc::new(SliceBlob::new(Arc::clone(blob), *at, bytes))))?;
            Ok(bytes)
        }
        Blocks::Stream(reader) => {
            let mut file = reader.take(bytes);
            walk.open(place, Content::Stream { reader: &mut file, size_hint: Some(bytes) })?;
            Ok(file.limit())
        }
    }
}

/// `Some(None)`: nothing to read and nothing to say; `Some(Some(reason))`: refused.
fn refusal(entry: &Entry) -> Option<Option<&'static str>> {
    match entry.header.entry_type() {
        EntryType::Regular | EntryType::Continuous if entry.is_pax_sparse => Some(Some("sparse files are not read")),
        // Before POSIX a folder was a file whose name ends in a slash.
        EntryType::Regular if entry.name.ends_with(b"/") && entry.bytes == 0 => Some(None),
        EntryType::Regular | EntryType::Continuous => None,
        EntryType::Directory | EntryType::XGlobalHeader => Some(None),
        EntryType::Link => Some(Some("a hard link: links are not followed")),
        EntryType::Symlink => Some(Some("a symbolic link: links are not followed")),
        EntryType::Char | EntryType::Block | EntryType::Fifo => Some(Some("a device, not a file")),
        EntryType::GNUSparse => Some(Some("sparse files are not read")),
        _ => Some(Some("an entry of a kind that is not read")),
    }
}

fn next_entry(blocks: &mut Blocks<'_>) -> io::Result<Next> {
    let (mut long_name, mut pax) = (None, Pax::default());
    for _ in 0..=EXTENSIONS_IN_A_ROW_MAX {
        let block = blocks.take(BLOCK_BYTES)?;
        let Some(block) = block.first_chunk::<512>() else {
            return Ok(if block.is_empty() { Next::NoEndMark } else { Next::Broken("the archive ends within a header") });
        };
        if block.iter().all(|byte| *byte == 0) {
            return Ok(Next::End);
        }
        if !checksum_fits(block) {
            return Ok(Next::Broken("the archive is damaged: where a header should be there is none; what follows is lost"));
        }
        let header = Header::from_byte_slice(block).clone();
        let bytes = header.entry_size()?;
        match header.entry_type() {
            EntryType::GNULongName | EntryType::GNULongLink | EntryType::XHeader => {
                if bytes > EXTENSION_BYTES_MAX {
                    return Ok(Next::Broken("a name or header in the archive is absurdly long; what follows is lost"));
                }
                let mut text = blocks.take(bytes.next_multiple_of(BLOCK_BYTES))?;
                text.truncate(usize::try_from(bytes).unwrap_or_default());
                match header.entry_type() {
                    EntryType::GNULongName => long_name = Some(text.split(|byte| *byte == 0).next().unwrap_or_default().to_vec()),
                    EntryType::XHeader => pax = Pax::read(&text),
                    _ => {}
                }
            }
            _ => {
                let name = pax.name.or(long_name).unwrap_or_else(|| header.path_bytes().into_owned());
                let bytes = pax.bytes.unwrap_or(bytes);
                return Ok(Next::Entry(Box::new(Entry { header, name, bytes, is_pax_sparse: pax.is_sparse })));
            }
        }
    }
    Ok(Next::Broken("the archive describes a member over and over; what follows is lost"))
}

/// What a pax header says that matters here.
#[derive(Default)]
struct Pax {
    name: Option<Vec<u8>>,
    bytes: Option<u64>,
    is_sparse: bool,
}

impl Pax {
    fn read(text: &[u8]) -> Self {
        let mut pax = Self::default();
        for (key, value) in ::tar::PaxExtensions::new(text).flatten().map(|field| (field.key_bytes(), field.value_bytes())) {
            match key {
                b"path" => pax.name = Some(value.to_vec()),
                b"size" => pax.bytes = std::str::from_utf8(value).ok().and_then(|size| size.parse().ok()),
                _ if key.starts_with(b"GNU.sparse.") => pax.is_sparse = true,
                _ => {}
            }
        }
        pax
    }
}
