//! Which objects a backup has, as its rows say; the rows have to be whole, and each dump's bytes those of its digest.

use std::collections::{BTreeMap, VecDeque};

use anyhow::{Result, bail, ensure};
use sha2::{Digest as _, Sha256};
use sluice_catalogue::Row;
use sluice_record::{BlobDigest, DumpId, Frame, PluginDigest};
use sluice_store::objects::keys;

/// Dumps' parts in one backup: their keys are held in memory.
const PARTS_MAX: usize = 4_000_000;

/// What rows say of objects.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// Digest and bytes of each.
    dumps: BTreeMap<i64, (BlobDigest, u64)>,
    parts: VecDeque<(i64, Frame)>,
    /// Of each dump, bytes of its parts so far.
    part_bytes: BTreeMap<i64, u64>,
    plugins: VecDeque<PluginDigest>,
}

/// Whose bytes an object is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Owner {
    /// A dump, and whether this is its last part.
    Dump {
        dump: i64,
        digest: BlobDigest,
        is_last: bool,
    },
    Plugin(PluginDigest),
}

impl Contents {
    /// Takes a row in, if it is about objects.
    pub(super) fn take(&mut self, row: &Row) -> Result<()> {
        match row.table().name() {
            "dumps" => {
                self.dumps.insert(row.number("id"), (row.text("digest").parse()?, row.number("bytes").cast_unsigned()));
            }
            "dump_parts" => {
                let (dump, bytes) = (row.number("dump"), row.number("bytes").cast_unsigned());
                let at = self.part_bytes.entry(dump).or_default();
                ensure!(*at == row.number("starts_at_byte").cast_unsigned(), "the parts of dump {dump} have a gap");
                *at = at.saturating_add(bytes);
                ensure!(self.parts.len() < PARTS_MAX, "it has more than {PARTS_MAX} parts of dumps");
                self.parts.push_back((dump, Frame { key: row.text("object_key").to_owned(), bytes }));
            }
            "plugins" => {
                let digest: PluginDigest = row.text("digest").parse()?;
                ensure!(row.text("object") == keys::plugin(digest), "plugin {digest} has another place than plugins have");
                self.plugins.push_back(digest);
            }
            _ => {}
        }
        Ok(())
    }

    /// Have all dumps their bytes? To be asked when all rows are there.
    pub(super) fn check(&self) -> Result<()> {
        let is_short = |(dump, (_, bytes)): &(&i64, &(BlobDigest, u64))| self.part_bytes.get(dump).copied().unwrap_or_default() != *bytes;
        if let Some((dump, _)) = self.dumps.iter().find(is_short) {
            bail!("the parts of dump {} are not all of its bytes", DumpId(*dump));
        }
        Ok(())
    }

    /// The objects in their order, dumps' parts only if those are wanted. A plugin's bytes are not known.
    pub(super) fn next(&mut self, with_dumps: bool) -> Option<(Frame, Owner)> {
        while let Some((dump, frame)) = self.parts.pop_front() {
            let is_last = self.parts.front().is_none_or(|(next, _)| *next != dump);
            if let Some((digest, _)) = self.dumps.get(&dump).filter(|_| with_dumps) {
                return Some((frame, Owner::Dump { dump, digest: *digest, is_last }));
            }
        }
        let plugin = self.plugins.pop_front()?;
        Some((Frame { key: keys::plugin(plugin), bytes: 0 }, Owner::Plugin(plugin)))
    }

    /// Bytes of all dumps.
    pub(super) fn dump_bytes(&self) -> u64 {
        self.parts.iter().map(|(_, frame)| frame.bytes).fold(0, u64::saturating_add)
    }
}

/// Checks objects' bytes while they go by.
#[derive(Debug, Default)]
pub(super) struct Checking {
    dump: blake3::Hasher,
    plugin: Sha256,
}

impl Checking {
    pub(super) fn update(&mut self, owner: Owner, bytes: &[u8]) {
        match owner {
            Owner::Dump { .. } => drop(self.dump.update(bytes)),
            Owner::Plugin(_) => self.plugin.update(bytes),
        }
    }

    /// At an object's end.
    pub(super) fn end(&mut self, owner: Owner) -> Result<()> {
        match owner {
            Owner::Dump { is_last: false, .. } => Ok(()),
            Owner::Dump { dump, digest, .. } => {
                let found = BlobDigest(*std::mem::take(&mut self.dump).finalize().as_bytes());
                ensure!(found == digest, "the bytes of dump {dump} are {found}, and not those that were handed in, {digest}");
                Ok(())
            }
            Owner::Plugin(digest) => {
                let found = PluginDigest(std::mem::take(&mut self.plugin).finalize().into());
                ensure!(found == digest, "the component of plugin {digest} is another, {found}");
                Ok(())
            }
        }
    }
}
