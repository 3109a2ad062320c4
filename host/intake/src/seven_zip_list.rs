//! A 7z's list of members, and what reading it may cost.
//!
//! The list lies at the archive's end, packed as a rule, encrypted now and then. The crate reads it as a whole and believes its
//! numbers as far as the list is long, which makes gigabytes of 64 MiB. So the list is unpacked here, within the budget, and
//! its numbers are looked at before the crate is shown an archive that has it unpacked: the real bytes, and the list behind them.

use std::{io::Read, rc::Rc, sync::Arc};

use sevenz_rust2::{Archive, Block, EncoderMethod, Password};
use sluice_record::limits;

use crate::{
    Blob, IntakeError, IntakeLimits, PartsBlob, SliceBlob,
    blob::{BlobReader, read_full},
    decompress::too_wide,
    seven_zip::{Opener, refused},
};

const START_BYTES: usize = 32;
const PACKED_LIST: u8 = 0x17;
const LIST: u8 = 0x01;
/// Lists that are packed lists themselves; the archiver's own reader knows no bound, and its writer packs once.
const PACKED_TIMES_MAX: u32 = 4;
/// Streams, coders and packed blocks a list may have, each; a block takes half a kilobyte of memory.
const BLOCKS_MAX: u64 = 1 << 18;

/// Rounds of hashing for a password, as a power of two: one more than 7-Zip has; and what stands for none at all.
const ROUNDS_POWER_MAX: u8 = 20;
const NO_ROUNDS: u8 = 0x3F;

/// An archive that can be read block by block: `source` has the packed bytes, and the list in the clear.
pub(crate) struct Listed {
    pub(crate) archive: Archive,
    pub(crate) source: Arc<dyn Blob>,
}

/// Finds the list and reads it; `None` if the archive is empty.
pub(crate) fn read(blob: &Arc<dyn Blob>, opener: &mut Opener<'_>) -> Result<Option<Listed>, IntakeError> {
    let Some(mut list) = packed_list(blob, opener.limits())? else { return Ok(None) };
    for _ in 0..PACKED_TIMES_MAX {
        match list.first() {
            Some(&LIST) => return with_list(blob, list).map(Some),
            Some(&PACKED_LIST) => list = unpack(blob, &list[1..], opener)?,
            _ => break,
        }
    }
    Err(damaged())
}

fn damaged() -> IntakeError {
    IntakeError::Member { reason: "the 7z's list of members is damaged: nothing of it can be read".to_owned() }
}

/// The list as it lies at the archive's end.
fn packed_list(blob: &Arc<dyn Blob>, limits: &IntakeLimits) -> Result<Option<Vec<u8>>, IntakeError> {
    let mut start = [0; START_BYTES];
    let count = read_full(&**blob, 0, &mut start).map_err(IntakeError::from_read)?;
    let number = |at: usize| start[at..at + 8].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    let (at, bytes) = (number(12).saturating_add(START_BYTES as u64), number(20));
    if count < START_BYTES || crc32fast::hash(&start[12..]).to_le_bytes() != start[8..12] {
        return Err(damaged());
    }
    if bytes == 0 {
        return Ok(None);
    }
    if at.saturating_add(bytes) > blob.len() {
        let reason =
            "the 7z's list of members, at its end, is missing: it was cut short, or is one of several parts, to be joined in their order";
        return Err(IntakeError::Member { reason: reason.to_owned() });
    }
    let mut list = vec![0; list_bytes(bytes, limits)?];
    read_full(&**blob, at, &mut list).map_err(IntakeError::from_read)?;
    if crc32fast::hash(&list).to_le_bytes() == start[28..32] { Ok(Some(list)) } else { Err(damaged()) }
}

fn list_bytes(bytes: u64, limits: &IntakeLimits) -> Result<usize, IntakeError> {
    let reason = || format!("the 7z's list of members has more than {} bytes: pack it as several archives", limits.list_bytes_max);
    let fits = bytes <= limits.list_bytes_max;
    usize::try_from(bytes).ok().filter(|_| fits).ok_or_else(|| IntakeError::Member { reason: reason() })
}

/// Unpacks a list that is told of by `streams`: read as an archive whose only member it is.
fn unpack(blob: &Arc<dyn Blob>, streams: &[u8], opener: &mut Opener<'_>) -> Result<Vec<u8>, IntakeError> {
    /// What packers leave out, and what the crate leaves out in no archive.
    const MEMBERS: [&[u8]; 2] = [&[0x08, 0, 0], &[0]];
    const ONE_FILE: [u8; 4] = [0x05, 1, 0, 0];
    let Some((0, streams)) = streams.split_last() else { return Err(damaged()) };
    let as_an_archive = |members: &[u8]| with_list(blob, [&[LIST, 0x04], streams, members, &ONE_FILE].concat());
    let listed = as_an_archive(MEMBERS[0]).or_else(|_| as_an_archive(MEMBERS[1]))?;
    let [block] = &listed.archive.blocks[..] else { return Err(damaged()) };
    let bytes = list_bytes(block.get_unpack_size(), opener.limits())?;
    let password = opener.password(&listed, 0)?;
    let mut list = Vec::new();
    let layer = Rc::default();
    let read = opener.block(&listed, 0, &password, &layer, &mut |_, reader| {
        let read = opener.guard(reader, &layer).take(bytes as u64).read_to_end(&mut list);
        read.map(|_| false).map_err(Into::into)
    });
    read.map_err(refused)?;
    match layer.complaint() {
        Some(reason) => Err(IntakeError::Member { reason: format!("the 7z's list of members cannot be read: {reason}") }),
        None if list.len() < bytes => Err(damaged()),
        None => Ok(list),
    }
}

/// The archive with `list` for its list, in the clear.
fn with_list(blob: &Arc<dyn Blob>, list: Vec<u8>) -> Result<Listed, IntakeError> {
    if (Numbers { rest: &list[1..] }).list().is_none() {
        return Err(damaged());
    }
    let mut where_it_lies = Vec::with_capacity(20);
    where_it_lies.extend_from_slice(&(blob.len().saturating_sub(START_BYTES as u64)).to_le_bytes());
    where_it_lies.extend_from_slice(&(list.len() as u64).to_le_bytes());
    where_it_lies.extend_from_slice(&crc32fast::hash(&list).to_le_bytes());
    let mut start = b"7z\xBC\xAF\x27\x1C\0\x04".to_vec();
    start.extend_from_slice(&crc32fast::hash(&where_it_lies).to_le_bytes());
    start.extend_from_slice(&where_it_lies);
    let packed = SliceBlob::new(Arc::clone(blob), START_BYTES as u64, u64::MAX);
    let source: Arc<dyn Blob> = Arc::new(PartsBlob::new([Arc::new(start) as Arc<dyn Blob>, Arc::new(packed), Arc::new(list)]));
    let archive = Archive::read(&mut BlobReader::new(Arc::clone(&source), 0), &Password::empty()).map_err(refused)?;
    Ok(Listed { archive, source })
}

/// Is a block encrypted? Refused if to unpack it takes more memory than is given, or more rounds of hashing for a password.
pub(crate) fn is_encrypted(block: &Block, limits: &IntakeLimits) -> Result<bool, IntakeError> {
    let window = |coder: &sevenz_rust2::Coder| {
        let properties = coder.properties();
        let number = || properties.get(1..5).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u64::from(u32::from_le_bytes(*bytes)));
        match coder.encoder_method_id() {
            EncoderMethod::ID_LZMA | EncoderMethod::ID_PPMD => number(),
            EncoderMethod::ID_LZMA2 => match properties.first() {
                Some(&bits @ 0..40) => (2 | u64::from(bits & 1)) << (bits / 2 + 11),
                _ => u64::from(u32::MAX),
            },
            _ => 0,
        }
    };
    if block.coders.iter().map(window).sum::<u64>() > limits.window_bytes_max {
        return Err(IntakeError::Member { reason: too_wide(limits) });
    }
    let mut locks = block.coders.iter().filter(|coder| coder.encoder_method_id() == EncoderMethod::ID_AES256_SHA256);
    let is_slow = |coder: &sevenz_rust2::Coder| {
        let power = coder.properties().first().map_or(0, |byte| byte & 0x3F);
        power > ROUNDS_POWER_MAX && power != NO_ROUNDS
    };
    if locks.clone().any(is_slow) {
        return Err(IntakeError::Member { reason: "its password takes more work to try than any packer asks for".to_owned() });
    }
    Ok(locks.next().is_some())
}

/// Reads through a list in the clear without keeping it, by 7-Zip's `7zFormat.txt`; `None` where it is none, or its counts are absurd.
struct Numbers<'a> {
    rest: &'a [u8],
}

impl Numbers<'_> {
    /// From behind the list's mark up to the number of files.
    fn list(mut self) -> Option<()> {
        let mut mark = self.byte()?;
        if mark == 0x02 {
            while self.byte()? != 0 {
                let bytes = self.number()?;
                self.skip(bytes)?;
            }
            mark = self.byte()?;
        }
        if mark == 0x04 {
            self.streams()?;
            mark = self.byte()?;
        }
        if mark == 0x05 {
            self.at_most(u64::from(limits::MEMBERS_MAX))?;
        }
        Some(())
    }

    fn streams(&mut self) -> Option<()> {
        let mut mark = self.byte()?;
        if mark == 0x06 {
            self.number()?;
            let streams = self.at_most(BLOCKS_MAX)?;
            mark = self.byte()?;
            if mark == 0x09 {
                (0..streams).try_for_each(|_| self.number().map(drop))?;
                mark = self.byte()?;
            }
            if mark == 0x0A {
                self.checksums(streams)?;
                mark = self.byte()?;
            }
            if mark != 0 {
                return None;
            }
            mark = self.byte()?;
        }
        // Of each block, whether its checksum is told.
        let mut blocks = Vec::new();
        if mark == 0x07 {
            blocks = self.blocks()?;
            mark = self.byte()?;
        }
        if mark == 0x08 {
            self.members(&blocks)?;
            mark = self.byte()?;
        }
        (mark == 0).then_some(())
    }

    fn blocks(&mut self) -> Option<Vec<bool>> {
        let (0x0B, count, 0) = (self.byte()?, self.at_most(BLOCKS_MAX)?, self.byte()?) else { return None };
        let mut outputs = 0;
        for _ in 0..count {
            outputs += self.block()?;
            if outputs > BLOCKS_MAX {
                return None;
            }
        }
        if self.byte()? != 0x0C {
            return None;
        }
        (0..outputs).try_for_each(|_| self.number().map(drop))?;
        let mut told = vec![false; usize::try_from(count).ok()?];
        let mut mark = self.byte()?;
        if mark == 0x0A {
            told = self.checksums(count)?;
            mark = self.byte()?;
        }
        (mark == 0).then_some(told)
    }

    /// A block's coders and how they are joined; gives back how many outputs they have.
    fn block(&mut self) -> Option<u64> {
        let (mut inputs, mut outputs) = (0, 0);
        for _ in 0..self.at_most(64)? {
            let flags = self.byte()?;
            self.skip(u64::from(flags & 0x0F))?;
            let is_simple = flags & 0x10 == 0;
            inputs += if is_simple { 1 } else { self.at_most(64)? };
            outputs += if is_simple { 1 } else { self.at_most(64)? };
            if flags & 0x20 != 0 {
                let bytes = self.number()?;
                self.skip(bytes)?;
            }
        }
        let pairs = outputs.checked_sub(1)?;
        (0..2 * pairs).try_for_each(|_| self.number().map(drop))?;
        let packed = inputs.checked_sub(pairs)?;
        if packed > 1 {
            (0..packed).try_for_each(|_| self.number().map(drop))?;
        }
        Some(outputs)
    }

    /// How many members each block has, their sizes and checksums.
    fn members(&mut self, blocks: &[bool]) -> Option<()> {
        let mut counts = vec![1; blocks.len()];
        let mut mark = self.byte()?;
        if mark == 0x0D {
            counts = blocks.iter().map(|_| self.at_most(u64::from(limits::MEMBERS_MAX))).collect::<Option<_>>()?;
            mark = self.byte()?;
        }
        let members: u64 = counts.iter().sum();
        if members > u64::from(limits::MEMBERS_MAX) {
            return None;
        }
        if mark == 0x09 {
            (0..counts.iter().map(|count| count.saturating_sub(1)).sum::<u64>()).try_for_each(|_| self.number().map(drop))?;
            mark = self.byte()?;
        }
        if mark == 0x0A {
            let untold = counts.iter().zip(blocks).filter(|(count, is_told)| **count != 1 || !**is_told);
            self.checksums(untold.map(|(count, _)| *count).sum())?;
            mark = self.byte()?;
        }
        (mark == 0).then_some(())
    }

    /// Of each of `count` checksums, whether it is there; they are skipped.
    fn checksums(&mut self, count: u64) -> Option<Vec<bool>> {
        let count = usize::try_from(count).ok()?;
        let told: Vec<bool> = if self.byte()? == 0 {
            let bits = self.skip(count.div_ceil(8) as u64)?;
            (0..count).map(|at| bits[at / 8] >> (7 - at % 8) & 1 == 1).collect()
        } else {
            vec![true; count]
        };
        self.skip(4 * told.iter().filter(|is_told| **is_told).count() as u64)?;
        Some(told)
    }

    fn byte(&mut self) -> Option<u8> {
        self.skip(1).map(|byte| byte[0])
    }

    /// The first byte's leading ones say how many bytes follow, the lowest first; its other bits are the highest of all.
    fn number(&mut self) -> Option<u64> {
        let first = self.byte()?;
        let more = first.leading_ones();
        let mut number = [0; 8];
        let low = self.skip(u64::from(more))?;
        number[..low.len()].copy_from_slice(low);
        if more < 7 {
            number[low.len()] = first & (0x7F >> more);
        }
        Some(u64::from_le_bytes(number))
    }

    fn at_most(&mut self, max: u64) -> Option<u64> {
        self.number().filter(|number| *number <= max)
    }
}

impl<'a> Numbers<'a> {
    fn skip(&mut self, bytes: u64) -> Option<&'a [u8]> {
        let (skipped, rest) = self.rest.split_at_checked(usize::try_from(bytes).ok()?)?;
        self.rest = rest;
        Some(skipped)
    }
}
