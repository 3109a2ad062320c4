//! A zip's directory, read entry by entry.
//!
//! The `zip` crate reads members well, but it holds the whole directory in memory (half a kilobyte an entry, and archives of
//! millions exist) and keeps only the last of several entries with one name. So the walk over the directory is ours, and the
//! crate is shown an archive of one entry at a time: the real bytes, and behind them a directory with nothing else in it.

use std::{
    io::{self, BufReader, Read, Seek, SeekFrom},
    sync::Arc,
};

use crate::{
    Blob, SliceBlob,
    blob::{BlobReader, read_full},
    error::Fault,
};

const END_BYTES: usize = 22;
const COMMENT_BYTES_MAX: usize = 65_535;
const LOCATOR_BYTES: usize = 20;
const END64_BYTES: usize = 56;
const CENTRAL_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;
/// Entries of a document that are looked at for what it is.
const DOCUMENT_ENTRIES_MAX: usize = 4096;
const END: &[u8; 4] = b"PK\x05\x06";
const END64: &[u8; 4] = b"PK\x06\x06";
const LOCATOR: &[u8; 4] = b"PK\x06\x07";
const CENTRAL: &[u8; 4] = b"PK\x01\x02";
const LOCAL: &[u8; 4] = b"PK\x03\x04";
/// What the first of several parts begins with.
const SPANNED: &[u8; 4] = b"PK\x07\x08";
pub(crate) const IN_PARTS: &str =
    "one part of a zip in several files: join them (`zip -s 0 LAST.zip --out WHOLE.zip`) and hand in the whole";
const FLAG_SIZES_FOLLOW: u16 = 1 << 3;

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u16::from_le_bytes(*bytes))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..at + 8).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// One entry as the directory has it.
pub(crate) struct Entry {
    /// The archive it lies in, from its first byte on.
    archive: Arc<dyn Blob>,
    /// Its directory header, as it is.
    header: Vec<u8>,
    /// The sizes are not known: it was found without a directory.
    pub(crate) is_salvaged: bool,
}

impl Entry {
    pub(crate) fn name(&self) -> &[u8] {
        let end = CENTRAL_BYTES + usize::from(u16_at(&self.header, 28));
        self.header.get(CENTRAL_BYTES..end).unwrap_or_default()
    }

    pub(crate) fn archive(&self) -> Arc<dyn Blob> {
        Arc::clone(&self.archive)
    }

    pub(crate) fn is_folder(&self) -> bool {
        self.name().ends_with(b"/") || self.name().ends_with(b"\\")
    }

    /// Of a workbook, what has cells, or is needed to read them; not its looks and bookkeeping.
    pub(crate) fn is_sheet_or_its_like(&self) -> bool {
        let name = self.name().to_ascii_lowercase();
        let Some(part) = name.strip_prefix(b"xl/") else { return false };
        let is_sheet = || part.strip_prefix(b"worksheets/").is_some_and(|sheet| sheet.ends_with(b".xml") && !sheet.contains(&b'/'));
        matches!(part, b"workbook.xml" | b"styles.xml" | b"sharedstrings.xml") || is_sheet()
    }

    pub(crate) fn is_link(&self) -> bool {
        const MADE_ON_UNIX: u8 = 3;
        let kind = u32_at(&self.header, 38) >> 28;
        self.header.get(5) == Some(&MADE_ON_UNIX) && kind == 0o12
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        u16_at(&self.header, 8) & 1 == 1
    }

    pub(crate) fn is_stored(&self) -> bool {
        u16_at(&self.header, 10) == 0
    }

    /// An archive with this entry alone, for the `zip` crate.
    pub(crate) fn alone(&self) -> Alone {
        let directory = self.archive.len();
        let end64 = directory + self.header.len() as u64;
        let mut tail = self.header.clone();
        tail.extend_from_slice(END64);
        tail.extend_from_slice(&(END64_BYTES as u64 - 12).to_le_bytes());
        tail.extend_from_slice(&[45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]); // versions; numbers of this and of the directory's disk
        for number in [1, 1, self.header.len() as u64, directory] {
            tail.extend_from_slice(&number.to_le_bytes());
        }
        tail.extend_from_slice(LOCATOR);
        tail.extend_from_slice(&[0; 4]);
        tail.extend_from_slice(&end64.to_le_bytes());
        tail.extend_from_slice(&1_u32.to_le_bytes());
        tail.extend_from_slice(END);
        tail.extend_from_slice(&[0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
        tail.extend_from_slice(&[0xFF; 8]);
        tail.extend_from_slice(&[0, 0]);
        Alone { archive: BlobReader::new(Arc::clone(&self.archive), 0), len: directory, tail, at: 0 }
    }
}

/// The bytes of an archive, and behind them a directory of one entry.
pub(crate) struct Alone {
    archive: BlobReader,
    len: u64,
    tail: Vec<u8>,
    at: u64,
}

impl Read for Alone {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = if self.at < self.len {
            let wanted = buf.len().min(usize::try_from(self.len - self.at).unwrap_or(usize::MAX));
            self.archive.seek(SeekFrom::Start(self.at))?;
            self.archive.read(&mut buf[..wanted])?
        } else {
            self.tail.read_at(self.at - self.len, buf)?
        };
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Alone {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => (self.len + self.tail.len() as u64).checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = to.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

/// Is it the last part of a zip in several files? That one begins with anything.
pub(crate) fn is_last_part(blob: &dyn Blob) -> io::Result<bool> {
    let mut end = [0; END_BYTES];
    read_full(blob, blob.len().saturating_sub(END_BYTES as u64), &mut end)?;
    Ok(end.starts_with(END) && is_of_several(&end))
}

/// Is a document a workbook? A damaged directory is no reason to think so.
pub(crate) fn is_workbook(blob: &Arc<dyn Blob>) -> io::Result<bool> {
    let Some(mut directory) = Directory::find(blob)? else { return Ok(false) };
    let mut names = std::iter::from_fn(|| directory.next().ok().flatten()).take(DOCUMENT_ENTRIES_MAX);
    Ok(names.any(|entry| entry.name() == b"xl/workbook.xml"))
}

/// Says an archive's end that there are others before it?
fn is_of_several(end: &[u8]) -> bool {
    !matches!(u16_at(end, 4), 0 | 0xFFFF)
}

/// Walks the entries.
pub(crate) struct Directory {
    archive: Arc<dyn Blob>,
    headers: BufReader<BlobReader>,
    left: u64,
}

impl Directory {
    /// Finds it at the archive's end; `None` if there is none, as in an archive cut short. A part of an archive is refused.
    pub(crate) fn find(blob: &Arc<dyn Blob>) -> io::Result<Option<Self>> {
        let len = blob.len();
        let mut end = vec![0; usize::try_from(len).unwrap_or(usize::MAX).min(END_BYTES + COMMENT_BYTES_MAX)];
        let end_start = len - end.len() as u64;
        read_full(&**blob, end_start, &mut end)?;
        for at in memchr::memmem::rfind_iter(&end, END) {
            let Some(record) = end.get(at..at + END_BYTES) else { continue };
            let is_last = at + END_BYTES + usize::from(u16_at(record, 20)) == end.len();
            if is_last && is_of_several(record) {
                return Err(io::Error::other(Fault::Member(IN_PARTS.to_owned())));
            }
            if let Some(directory) = Self::at_end_record(blob, end_start + at as u64, record)? {
                return Ok(Some(directory));
            }
        }
        let mut first = [0; 8];
        read_full(&**blob, 0, &mut first)?;
        if first.starts_with(SPANNED) && first.ends_with(LOCAL) {
            return Err(io::Error::other(Fault::Member(IN_PARTS.to_owned())));
        }
        Ok(None)
    }

    fn at_end_record(blob: &Arc<dyn Blob>, at: u64, record: &[u8]) -> io::Result<Option<Self>> {
        let (mut count, mut bytes, mut offset) =
            (u64::from(u16_at(record, 10)), u64::from(u32_at(record, 12)), u64::from(u32_at(record, 16)));
        let mut directory_end = at;
        if (count == 0xFFFF || bytes == 0xFFFF_FFFF || offset == 0xFFFF_FFFF)
            && let Some((end64_at, end64)) = find_end64(blob, at)?
        {
            (count, bytes, offset) = (u64_at(&end64, 32), u64_at(&end64, 40), u64_at(&end64, 48));
            directory_end = end64_at;
        } else if offset == 0xFFFF_FFFF {
            // `zip -fz` writes this into a pipe, and no record that has the offset.
            offset = directory_end.saturating_sub(bytes);
        }
        // Bytes in front of the archive (a self-extractor) shift everything.
        let Some(shift) = directory_end.checked_sub(bytes).and_then(|start| start.checked_sub(offset)) else { return Ok(None) };
        let archive: Arc<dyn Blob> =
            if shift == 0 { Arc::clone(blob) } else { Arc::new(SliceBlob::new(Arc::clone(blob), shift, u64::MAX)) };
        let mut first = [0; 4];
        read_full(&*archive, offset, &mut first)?;
        if count > 0 && first != *CENTRAL {
            return Ok(None);
        }
        let headers = BufReader::with_capacity(64 << 10, BlobReader::new(Arc::clone(&archive), offset));
        Ok(Some(Self { archive, headers, left: count }))
    }

    /// The next entry; `Err` with `InvalidData` or `UnexpectedEof` if the directory is damaged from here on.
    pub(crate) fn next(&mut self) -> io::Result<Option<Entry>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let mut header = vec![0; CENTRAL_BYTES];
        self.headers.read_exact(&mut header)?;
        if !header.starts_with(CENTRAL) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let more = [28, 30, 32].map(|at| usize::from(u16_at(&header, at))).iter().sum::<usize>();
        header.resize(CENTRAL_BYTES + more, 0);
        self.headers.read_exact(&mut header[CENTRAL_BYTES..])?;
        Ok(Some(Entry { archive: Arc::clone(&self.archive), header, is_salvaged: false }))
    }
}

fn find_end64(blob: &Arc<dyn Blob>, end_at: u64) -> io::Result<Option<(u64, [u8; END64_BYTES])>> {
    let Some(locator_at) = end_at.checked_sub(LOCATOR_BYTES as u64) else { return Ok(None) };
    let mut locator = [0; LOCATOR_BYTES];
    read_full(&**blob, locator_at, &mut locator)?;
    if !locator.starts_with(LOCATOR) {
        return Ok(None);
    }
    // Where it says, or right before the locator if something was put in front of the archive.
    for at in [Some(u64_at(&locator, 8)), locator_at.checked_sub(END64_BYTES as u64)].into_iter().flatten() {
        let mut end64 = [0; END64_BYTES];
        if read_full(&**blob, at, &mut end64)? == END64_BYTES && end64.starts_with(END64) {
            return Ok(Some((at, end64)));
        }
    }
    Ok(None)
}

/// Walks the entries of an archive that has no directory, by the headers before each member's data.
pub(crate) struct Salvage {
    blob: Arc<dyn Blob>,
    at: u64,
}

impl Salvage {
    pub(crate) const fn new(blob: Arc<dyn Blob>) -> Self {
        Self { blob, at: 0 }
    }

    pub(crate) fn next(&mut self) -> io::Result<Option<Entry>> {
        let mut local = vec![0; LOCAL_BYTES];
        if read_full(&*self.blob, self.at, &mut local)? < LOCAL_BYTES || !local.starts_with(LOCAL) {
            return Ok(None);
        }
        let names = usize::from(u16_at(&local, 26)) + usize::from(u16_at(&local, 28));
        local.resize(LOCAL_BYTES + names, 0);
        if read_full(&*self.blob, self.at + LOCAL_BYTES as u64, &mut local[LOCAL_BYTES..])? < names {
            return Ok(None);
        }
        let data = self.at + local.len() as u64;
        let left = self.blob.len() - data;
        let (flags, told) = (u16_at(&local, 6), u32_at(&local, 18));
        let zip64 = told == 0xFFFF_FFFF;
        let unknown = flags & FLAG_SIZES_FOLLOW != 0 || zip64;
        let bytes = if unknown { self.next_header(data)?.map_or(left, |next| next - data) } else { left.min(u64::from(told)) };
        let archive = Arc::new(SliceBlob::new(Arc::clone(&self.blob), self.at, u64::MAX));
        let header = central_from_local(&local, bytes, unknown);
        self.at = data + bytes;
        if unknown {
            self.at = self.next_header(self.at)?.unwrap_or(self.blob.len());
        }
        Ok(Some(Entry { archive, header, is_salvaged: unknown }))
    }

    /// Where the next member's header begins, looked for from `from` on.
    fn next_header(&self, from: u64) -> io::Result<Option<u64>> {
        let mut buffer = vec![0; 256 << 10];
        let mut at = from;
        loop {
            let count = read_full(&*self.blob, at, &mut buffer)?;
            if let Some(found) = memchr::memmem::find(&buffer[..count], LOCAL) {
                return Ok(Some(at + found as u64));
            }
            if count < buffer.len() {
                return Ok(None);
            }
            at += (count - LOCAL.len() + 1) as u64;
        }
    }
}

/// A directory header made from a member's own; where the sizes are not known they are as great as can be, and the data ends where
/// the decoder says.
fn central_from_local(local: &[u8], bytes: u64, unknown: bool) -> Vec<u8> {
    let name_bytes = usize::from(u16_at(local, 26));
    let (name, extra) = local[LOCAL_BYTES..].split_at(name_bytes);
    // AES keeps its parameters in an extra field; a zip64 field would contradict the one made here.
    let mut kept = Vec::new();
    let mut rest = extra;
    while let Some((field, more)) = (rest.len() >= 4).then(|| 4 + usize::from(u16_at(rest, 2))).and_then(|len| rest.split_at_checked(len)) {
        if u16_at(field, 0) == 0x9901 {
            kept.extend_from_slice(field);
        }
        rest = more;
    }
    let unpacked = if unknown { u64::MAX >> 1 } else { u64::from(u32_at(local, 22)) };
    kept.extend_from_slice(&[1, 0, 16, 0]);
    kept.extend_from_slice(&unpacked.to_le_bytes());
    kept.extend_from_slice(&bytes.to_le_bytes());
    let mut header = CENTRAL.to_vec();
    header.extend_from_slice(&45_u16.to_le_bytes());
    header.extend_from_slice(&local[4..18]);
    header.extend_from_slice(&[0xFF; 8]);
    header.extend_from_slice(&(name_bytes as u16).to_le_bytes());
    header.extend_from_slice(&(kept.len() as u16).to_le_bytes());
    header.extend_from_slice(&[0; 14]); // no comment, disk 0, no attributes, at the archive's first byte
    header.extend_from_slice(name);
    header.extend_from_slice(&kept);
    header
}
