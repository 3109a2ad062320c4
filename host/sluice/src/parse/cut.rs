//! Cuts a member into chunks while it is being read: at line ends, or where the plugin's scanner says.

use std::sync::Arc;

use anyhow::Result;
use memchr::memrchr;
use sluice_record::{CutPoint, Framing, Part};
use sluice_sandbox::{Instance, Plugin, Start};

/// Bytes of the first chunk: small, so that the first records are seen at once.
const FIRST_CHUNK_BYTES: usize = 256 << 10;
/// Bytes of the others, more or less: what a core's caches hold with the lines made of it.
const CHUNK_BYTES: usize = 1 << 20;
/// Bytes that lie between two of a scanner's cuts at least.
const CUT_SPACING_BYTES: u64 = 256 << 10;

/// A chunk in memory.
pub(super) struct Piece {
    /// Which member, by its number.
    pub(super) member: usize,
    /// Its path within the dump.
    pub(super) name: Arc<str>,
    /// The members it was joined of.
    pub(super) parts: Arc<[Part]>,
    pub(super) start: u64,
    pub(super) context: Vec<u8>,
    pub(super) bytes: Vec<u8>,
}

pub(super) struct Cutter {
    plugin: Arc<Plugin>,
    member: usize,
    name: Arc<str>,
    parts: Arc<[Part]>,
    framing: Framing,
    scanner: Option<Scanner>,
    /// Offset of `pending[0]` in the member.
    start: u64,
    context: Vec<u8>,
    pending: Vec<u8>,
    wanted_bytes: usize,
}

struct Scanner {
    instance: Instance,
    /// Was it opened in code compiled for speed?
    is_optimised: bool,
    /// How far it has read, in the member.
    at: u64,
    cuts: Vec<CutPoint>,
}

type Send<'a> = &'a mut dyn FnMut(Piece) -> Result<()>;

impl Cutter {
    pub(super) fn new(plugin: &Arc<Plugin>, member: usize, name: &str, parts: &[Part]) -> Result<Self> {
        let framing = plugin.descriptor().framing;
        let scanner =
            if framing == Framing::Marks { Some(Scanner::open(plugin, Start { name, parts, ..Start::default() })?) } else { None };
        Ok(Self {
            plugin: plugin.clone(),
            member,
            name: name.into(),
            parts: parts.into(),
            framing,
            scanner,
            start: 0,
            context: Vec::new(),
            pending: Vec::new(),
            wanted_bytes: FIRST_CHUNK_BYTES,
        })
    }

    /// Takes decoded bytes, and sends on the chunks that are complete.
    pub(super) fn add(&mut self, text: &mut Vec<u8>, send: Send<'_>) -> Result<()> {
        if self.pending.is_empty() {
            std::mem::swap(&mut self.pending, text);
        } else {
            self.pending.extend_from_slice(text);
        }
        if let Some(scanner) = &mut self.scanner {
            scanner.advance(self.start, &self.pending, false)?;
        }
        self.cut(send)
    }

    /// Sends on what is left.
    pub(super) fn finish(mut self, send: Send<'_>) -> Result<()> {
        if let Some(scanner) = &mut self.scanner {
            scanner.advance(self.start, &self.pending, true)?;
            self.cut(send)?;
        }
        if self.pending.is_empty() { Ok(()) } else { self.send(self.pending.len(), Vec::new(), send) }
    }

    fn cut(&mut self, send: Send<'_>) -> Result<()> {
        loop {
            if self.pending.len() < self.wanted_bytes {
                return Ok(());
            }
            match self.next_cut() {
                Some((bytes, context)) => self.send(bytes, context, send)?,
                None => return Ok(()),
            }
            self.speed_up()?;
        }
    }

    /// Where the next chunk ends, and the context of the one behind it.
    fn next_cut(&mut self) -> Option<(usize, Vec<u8>)> {
        match (&mut self.scanner, self.framing) {
            (Some(scanner), _) => {
                let wished = self.start + self.wanted_bytes as u64;
                let past = scanner.cuts.partition_point(|cut| cut.offset <= wished);
                // The last cut before the wished size, or the first behind it.
                let index = if past > 0 {
                    past - 1
                } else if scanner.cuts.is_empty() {
                    return None;
                } else {
                    0
                };
                let cut = scanner.cuts.drain(..=index).next_back()?;
                Some(((cut.offset - self.start) as usize, cut.context))
            }
            (None, Framing::Lines) => {
                let end = memrchr(b'\n', &self.pending[..self.wanted_bytes])
                    .or_else(|| memchr::memchr(b'\n', &self.pending[self.wanted_bytes..]).map(|at| at + self.wanted_bytes))?;
                Some((end + 1, Vec::new()))
            }
            (None, _) => None,
        }
    }

    fn send(&mut self, bytes: usize, next_context: Vec<u8>, send: Send<'_>) -> Result<()> {
        let rest = self.pending.split_off(bytes);
        let bytes = std::mem::replace(&mut self.pending, rest);
        let context = std::mem::replace(&mut self.context, next_context);
        let start = self.start;
        self.start += bytes.len() as u64;
        self.wanted_bytes = CHUNK_BYTES;
        send(Piece { member: self.member, name: self.name.clone(), parts: self.parts.clone(), start, context, bytes })
    }

    /// There is more than a chunk: worth code compiled for speed. Chunks get it when it is there; the scanner goes on in it from a cut.
    fn speed_up(&mut self) -> Result<()> {
        self.plugin.optimise();
        if let Some(scanner) = &mut self.scanner
            && !scanner.is_optimised
            && self.plugin.is_optimised()
            && !self.pending.is_empty()
        {
            *scanner = Scanner::open(
                &self.plugin,
                Start { name: &self.name, base: self.start, context: &self.context, options: "", parts: &self.parts },
            )?;
            scanner.advance(self.start, &self.pending, false)?;
        }
        Ok(())
    }
}

impl Scanner {
    fn open(plugin: &Plugin, start: Start<'_>) -> Result<Self> {
        let is_optimised = plugin.is_optimised();
        let mut instance = plugin.open(start)?;
        instance.set_cut_spacing(CUT_SPACING_BYTES);
        Ok(Self { instance, is_optimised, at: start.base, cuts: Vec::new() })
    }

    /// Shows the scanner what it has not seen of the bytes that begin at `start` of the member.
    fn advance(&mut self, start: u64, pending: &[u8], last: bool) -> Result<()> {
        loop {
            let unseen = &pending[(self.at - start) as usize..];
            let some = &unseen[..unseen.len().min(sluice_record::limits::RECORD_BYTES_MAX)];
            let is_last = last && some.len() == unseen.len();
            if some.is_empty() && !is_last {
                return Ok(());
            }
            let consumed = self.instance.scan(self.at, some, is_last, &mut self.cuts)?;
            self.at += consumed as u64;
            if is_last || consumed == 0 && some.len() < sluice_record::limits::RECORD_BYTES_MAX {
                return Ok(());
            }
            if consumed == 0 {
                // A record beyond all bounds: go on behind its line, as the feeding loop will.
                self.at += memchr::memchr(b'\n', some).map_or(some.len(), |at| at + 1) as u64;
            }
        }
    }
}
