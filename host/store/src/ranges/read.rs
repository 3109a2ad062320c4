//! Reads a run or a segment from its begin to its end, holding one block, and believes nothing unverified: a file that is cut
//! short, out of order or whose footer tells another tale than its rows is an error by the time its last row is out.

use std::io::{BufReader, Read};

use super::{
    FormatError,
    error::FileError,
    format::{Block, FRAME_HEAD_BYTES, Footer, FrameHead, Header, MAGIC, ROWS_PER_BLOCK, Row, Tag, check_magic},
};

const READ_BUFFER_BYTES: usize = 64 << 10;

pub(crate) struct RowReader<R> {
    input: BufReader<R>,
    offset: u64,
    pub(crate) header: Header,
    payload: Vec<u8>,
    rows: Vec<Row>,
    next: usize,
    last: Option<Row>,
    seen: Footer,
}

impl<R: Read> RowReader<R> {
    pub(crate) fn open(input: R) -> Result<Self, FileError> {
        let mut input = BufReader::with_capacity(READ_BUFFER_BYTES, input);
        let mut magic = [0; MAGIC.len()];
        read_exact(&mut input, &mut magic, 0)?;
        check_magic(&magic)?;
        let mut offset = MAGIC.len() as u64;
        let mut payload = Vec::new();
        let head = read_frame(&mut input, &mut offset, &mut payload)?;
        if head.tag() != Some(Tag::Header) {
            return Err(FormatError { offset: MAGIC.len() as u64, what: "no header" }.into());
        }
        let header = Header::decode(&payload)?;
        let rows = Vec::with_capacity(ROWS_PER_BLOCK);
        Ok(Self { input, offset, header, payload, rows, next: 0, last: None, seen: Footer::default() })
    }

    /// The next row, its value as the file has it; `None` once the footer has confirmed them all.
    #[inline]
    pub(crate) fn next_row(&mut self) -> Result<Option<Row>, FileError> {
        if self.next == self.rows.len() && !self.read_block()? {
            return Ok(None);
        }
        let row = self.rows[self.next];
        self.next += 1;
        Ok(Some(row))
    }

    fn read_block(&mut self) -> Result<bool, FileError> {
        loop {
            let at = self.offset;
            let head = read_frame(&mut self.input, &mut self.offset, &mut self.payload)?;
            match head.tag() {
                Some(Tag::Rows) => {
                    self.take_rows(&head, at)?;
                    return Ok(true);
                }
                Some(Tag::Index | Tag::Directory) => {}
                Some(Tag::Footer) => {
                    let said = Footer::decode(&self.payload, at)?;
                    let seen = Footer { directory_offset: said.directory_offset, directory_bytes: said.directory_bytes, ..self.seen };
                    if said != seen {
                        return Err(FormatError { offset: at, what: "totals differ from the rows" }.into());
                    }
                    // Asking again is answered alike.
                    self.rows.clear();
                    self.next = 0;
                    return Ok(false);
                }
                _ => return Err(FormatError { offset: at, what: "another frame than expected" }.into()),
            }
        }
    }

    fn take_rows(&mut self, head: &FrameHead, at: u64) -> Result<(), FormatError> {
        let block = Block::new(self.header.kind, head, self.payload.as_slice(), at)?;
        self.rows.clear();
        self.rows.extend(block.rows());
        self.next = 0;
        let counts = self.header.kind != sluice_record::RunKind::Account;
        for row in &self.rows {
            let is_new = self.last.is_none_or(|last| last.hash != row.hash);
            let ascends = self.last.is_none_or(|last| if counts { last.hash < row.hash } else { last < *row });
            if !ascends {
                return Err(FormatError { offset: at, what: "rows out of order" });
            }
            if !counts && row.value >= self.header.loads.len() as u64 {
                return Err(FormatError { offset: at, what: "a row of no load" });
            }
            self.seen.rows += 1;
            self.seen.distinct += u64::from(is_new);
            self.seen.total = if counts { self.seen.total.saturating_add(row.value) } else { self.seen.rows };
            self.last = Some(*row);
        }
        Ok(())
    }
}

fn read_frame(input: &mut impl Read, offset: &mut u64, payload: &mut Vec<u8>) -> Result<FrameHead, FileError> {
    let at = *offset;
    let mut head = [0; FRAME_HEAD_BYTES];
    read_exact(input, &mut head, at)?;
    let head = FrameHead::parse(head, at)?;
    // Grows with what is there and not with what is claimed.
    payload.clear();
    input.take(head.payload_bytes() as u64).read_to_end(payload).map_err(FileError::Io)?;
    head.verify(at, payload)?;
    *offset += (FRAME_HEAD_BYTES + payload.len()) as u64;
    Ok(head)
}

fn read_exact(input: &mut impl Read, buffer: &mut [u8], offset: u64) -> Result<(), FileError> {
    input.read_exact(buffer).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => FormatError { offset, what: "cut short" }.into(),
        _ => FileError::Io(error),
    })
}
