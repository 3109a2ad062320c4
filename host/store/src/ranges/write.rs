//! Writes rows that come in order as a run or a segment, holding one group of them.

use std::io::{self, Write};

use sluice_record::{LoadId, RunKind};

use super::format::{
    BLOCKS_PER_GROUP, FRAME_HEAD_BYTES, Footer, Group, Header, Index, ROWS_PER_BLOCK, Row, Tag, append_frame, append_rows, key_of,
};

pub(crate) struct RowWriter<W> {
    out: W,
    kind: RunKind,
    indexed: bool,
    /// Bytes written before `group_bytes`.
    offset: u64,
    block: Vec<Row>,
    group_bytes: Vec<u8>,
    fences: Vec<(u64, u32)>,
    keys: Vec<u64>,
    group_rows: u32,
    directory: Vec<u8>,
    footer: Footer,
    last: Option<Row>,
}

impl<W: Write> RowWriter<W> {
    pub(crate) fn new(mut out: W, kind: RunKind, indexed: bool, loads: Vec<LoadId>) -> io::Result<Self> {
        let header = Header { kind, indexed, loads }.encode();
        out.write_all(&header)?;
        Ok(Self {
            out,
            kind,
            indexed,
            offset: header.len() as u64,
            block: Vec::with_capacity(ROWS_PER_BLOCK),
            group_bytes: Vec::new(),
            fences: Vec::new(),
            keys: Vec::new(),
            group_rows: 0,
            directory: Vec::new(),
            footer: Footer::default(),
            last: None,
        })
    }

    /// Adds a row; the caller brings them ascending, each hash (accounts: hash and load) once.
    #[inline]
    pub(crate) fn push(&mut self, row: Row) -> io::Result<()> {
        debug_assert!(self.last.is_none_or(|last| last < row), "rows must ascend");
        let is_new = self.last.is_none_or(|last| last.hash != row.hash);
        self.last = Some(row);
        self.footer.rows += 1;
        self.footer.distinct += u64::from(is_new);
        let total = if self.kind == RunKind::Account { Some(self.footer.rows) } else { self.footer.total.checked_add(row.value) };
        self.footer.total = total.ok_or_else(|| io::Error::other("counts add up to more than 64 bits hold"))?;
        self.block.push(row);
        if self.block.len() == ROWS_PER_BLOCK { self.end_block() } else { Ok(()) }
    }

    fn end_block(&mut self) -> io::Result<()> {
        let Some(first) = self.block.first() else { return Ok(()) };
        self.fences.push((key_of(&first.hash), self.group_bytes.len() as u32));
        append_rows(&mut self.group_bytes, self.offset, self.kind, &self.block);
        self.group_rows += self.block.len() as u32;
        if self.indexed {
            for row in &self.block {
                let key = key_of(&row.hash);
                if self.keys.last() != Some(&key) {
                    self.keys.push(key);
                }
            }
        }
        self.block.clear();
        if self.fences.len() == BLOCKS_PER_GROUP { self.end_group() } else { Ok(()) }
    }

    fn end_group(&mut self) -> io::Result<()> {
        let Some((first_key, _)) = self.fences.first().copied() else { return Ok(()) };
        if self.indexed {
            let index_offset = self.offset + self.group_bytes.len() as u64;
            let payload = Index::encode(&self.fences, &self.keys);
            let index_bytes = (FRAME_HEAD_BYTES + payload.len()) as u32;
            append_frame(&mut self.group_bytes, self.offset, Tag::Index, &payload);
            Group { first_key, blocks_offset: self.offset, index_offset, index_bytes, rows: self.group_rows }.encode(&mut self.directory);
        }
        self.out.write_all(&self.group_bytes)?;
        self.offset += self.group_bytes.len() as u64;
        self.group_bytes.clear();
        self.fences.clear();
        self.keys.clear();
        self.group_rows = 0;
        Ok(())
    }

    /// Ends the file; gives its totals and its length in bytes.
    pub(crate) fn finish(mut self) -> io::Result<(Footer, u64)> {
        self.end_block()?;
        self.end_group()?;
        let mut end = Vec::new();
        if self.indexed {
            if u32::try_from(self.directory.len()).is_err() {
                return Err(io::Error::other("more rows than a segment may have"));
            }
            append_frame(&mut end, self.offset, Tag::Directory, &self.directory);
            self.footer.directory_offset = self.offset;
            self.footer.directory_bytes = end.len() as u64;
        }
        append_frame(&mut end, self.offset, Tag::Footer, &self.footer.encode());
        self.out.write_all(&end)?;
        self.out.flush()?;
        Ok((self.footer, self.offset + end.len() as u64))
    }
}
