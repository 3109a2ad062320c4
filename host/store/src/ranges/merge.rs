//! Merges runs and segments of one kind into one file: equal passwords add up, equal (account, load) pairs become one.
//!
//! The result depends on the rows and on the loads kept, not on how the rows were split into inputs nor on their order.

use std::{
    fs::File,
    io::{self, BufWriter, Read, Seek, Write},
    path::Path,
};

use sluice_record::{LoadId, RunKind};

use super::{
    RangesError,
    error::write_error,
    format::{Footer, LOADS_PER_SEGMENT_MAX, Row},
    read::RowReader,
    write::RowWriter,
};

/// Inputs read at once, 80 KiB each; with more, the first are merged to scratch files.
const INPUTS_MAX: usize = 128;

/// What a merge writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Output {
    /// Rows alone: to be merged again.
    Run,
    /// Rows with fence and filter: to be asked.
    Segment,
}

/// What was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Merged {
    /// Bytes of the file.
    pub bytes: u64,
    /// Rows: distinct hashes, or distinct (account, load) pairs.
    pub rows: u64,
    /// Distinct hashes, exactly.
    pub distinct: u64,
    /// Passwords with their counts; for accounts the rows.
    pub total: u64,
}

impl Merged {
    pub(crate) const fn new(footer: Footer, bytes: u64) -> Self {
        Self { bytes, rows: footer.rows, distinct: footer.distinct, total: footer.total }
    }
}

/// Merges `inputs` of one `kind` into `out`, keeping the rows of the loads in `keep`, which the result then says it covers.
///
/// Inputs are opened when their turn comes and dropped when done. Memory stays under 16 MiB whatever comes in; past 128 inputs
/// unnamed files in the `scratch` folder take what is merged already, about the inputs' size in all. It blocks and computes:
/// call it from a thread that may.
///
/// # Errors
/// If an input cannot be read, is damaged (`input 0` is the first) or of another kind; if `out` cannot be written; if counts were
/// summed over loads of which only some are kept; if counts overflow 64 bits.
pub fn merge<R: Read>(
    kind: RunKind,
    output: Output,
    keep: &[LoadId],
    inputs: impl IntoIterator<Item = io::Result<R>>,
    scratch: &Path,
    out: impl Write,
) -> Result<Merged, RangesError> {
    let mut keep = keep.to_vec();
    keep.sort_unstable();
    keep.dedup();
    if keep.len() > LOADS_PER_SEGMENT_MAX {
        return Err(RangesError::TooManyLoads { loads: keep.len(), max: LOADS_PER_SEGMENT_MAX });
    }
    let mut inputs = inputs
        .into_iter()
        .enumerate()
        .map(|(number, input)| Input::open(format!("input {number}"), kind, &keep, input))
        .filter_map(Result::transpose)
        .peekable();
    let mut spilled = Vec::new();
    loop {
        let batch = inputs.by_ref().take(INPUTS_MAX).collect::<Result<Vec<_>, _>>()?;
        if inputs.peek().is_none() && spilled.is_empty() {
            return merge_batch(kind, output, keep.clone(), batch, out);
        }
        spilled.push(spill(kind, &keep, batch, scratch)?);
        let last = inputs.peek().is_none();
        if last || spilled.len() == INPUTS_MAX {
            let batch = std::mem::take(&mut spilled).into_iter().map(|file| reopen(kind, &keep, file)).collect::<Result<Vec<_>, _>>()?;
            if last {
                return merge_batch(kind, output, keep.clone(), batch, out);
            }
            spilled.push(spill(kind, &keep, batch, scratch)?);
        }
    }
}

fn spill<R: Read>(kind: RunKind, keep: &[LoadId], batch: Vec<Input<R>>, scratch: &Path) -> Result<File, RangesError> {
    let file = tempfile::tempfile_in(scratch).map_err(write_error)?;
    merge_batch(kind, Output::Run, keep.to_vec(), batch, BufWriter::new(&file))?;
    Ok(file)
}

fn reopen(kind: RunKind, keep: &[LoadId], mut file: File) -> Result<Input<File>, RangesError> {
    let rewound = file.rewind().map(|()| file);
    Input::open("a scratch file".to_owned(), kind, keep, rewound)
        .transpose()
        .unwrap_or_else(|| Err(RangesError::WrongKind { object: "a scratch file".to_owned(), expected: kind }))
}

/// A file being merged: its next row, with the load's index in the result.
struct Input<R> {
    name: String,
    reader: RowReader<R>,
    /// For accounts: where a load of this file stands among those kept.
    loads: Option<Vec<Option<u64>>>,
    head: Option<Row>,
}

impl<R: Read> Input<R> {
    /// `None` if no load of it is kept.
    fn open(name: String, kind: RunKind, keep: &[LoadId], input: io::Result<R>) -> Result<Option<Self>, RangesError> {
        let input = input.map_err(|source| RangesError::Read { object: name.clone(), source: source.into() })?;
        let reader = RowReader::open(input).map_err(|error| error.of(&name))?;
        if reader.header.kind != kind {
            return Err(RangesError::WrongKind { object: name, expected: kind });
        }
        let places: Vec<_> = reader.header.loads.iter().map(|load| keep.binary_search(load).ok().map(|place| place as u64)).collect();
        if places.iter().all(Option::is_none) {
            return Ok(None);
        }
        if kind != RunKind::Account && places.contains(&None) {
            return Err(RangesError::NotSeparable { object: name });
        }
        let mut input = Self { name, reader, loads: (kind == RunKind::Account).then_some(places), head: None };
        input.advance()?;
        Ok(Some(input))
    }

    fn advance(&mut self) -> Result<(), RangesError> {
        loop {
            let row = self.reader.next_row().map_err(|error| error.of(&self.name))?;
            self.head = match (row, &self.loads) {
                (Some(row), Some(loads)) => match loads.get(row.value as usize).copied().flatten() {
                    Some(value) => Some(Row { value, ..row }),
                    None => continue,
                },
                (row, _) => row,
            };
            return Ok(());
        }
    }
}

fn merge_batch<R: Read>(
    kind: RunKind,
    output: Output,
    keep: Vec<LoadId>,
    inputs: Vec<Input<R>>,
    out: impl Write,
) -> Result<Merged, RangesError> {
    let mut writer = RowWriter::new(out, kind, output == Output::Segment, keep).map_err(write_error)?;
    let mut tree = LoserTree::new(inputs);
    let mut held: Option<Row> = None;
    while let Some(row) = tree.pop()? {
        match &mut held {
            Some(held) if held.hash == row.hash && kind != RunKind::Account => {
                held.value = held.value.checked_add(row.value).ok_or(RangesError::CountOverflow)?;
            }
            Some(held) if *held == row => {}
            _ => {
                if let Some(done) = held.replace(row) {
                    writer.push(done).map_err(write_error)?;
                }
            }
        }
    }
    if let Some(done) = held {
        writer.push(done).map_err(write_error)?;
    }
    let (footer, bytes) = writer.finish().map_err(write_error)?;
    Ok(Merged::new(footer, bytes))
}

/// A tournament: the winner is at `losers[0]`, every other node holds who lost there, so that the next winner costs one
/// comparison a level.
struct LoserTree<R> {
    inputs: Vec<Input<R>>,
    /// The first 16 bytes of each input's head, all ones once it is drained: nearly every comparison ends here.
    keys: Vec<u128>,
    losers: Vec<usize>,
}

impl<R: Read> LoserTree<R> {
    fn new(inputs: Vec<Input<R>>) -> Self {
        let keys = inputs.iter().map(|input| key_of(input.head.as_ref())).collect();
        let mut tree = Self { losers: vec![usize::MAX; inputs.len()], inputs, keys };
        (0..tree.inputs.len()).for_each(|input| tree.play(input));
        tree
    }

    /// Plays `input` up from its leaf. While the tree is being built a node without a loser keeps who comes first.
    fn play(&mut self, input: usize) {
        let mut winner = input;
        let mut node = usize::midpoint(input, self.inputs.len());
        while node > 0 {
            let loser = self.losers[node];
            if loser == usize::MAX {
                self.losers[node] = winner;
                return;
            }
            if self.comes_before(loser, winner) {
                self.losers[node] = winner;
                winner = loser;
            }
            node /= 2;
        }
        self.losers[0] = winner;
    }

    #[inline]
    fn comes_before(&self, left: usize, right: usize) -> bool {
        let (left_key, right_key) = (self.keys[left], self.keys[right]);
        if left_key != right_key {
            return left_key < right_key;
        }
        match (&self.inputs[left].head, &self.inputs[right].head) {
            (Some(left), Some(right)) => left < right,
            (left, _) => left.is_some(),
        }
    }

    fn pop(&mut self) -> Result<Option<Row>, RangesError> {
        let Some(winner) = self.losers.first().copied() else { return Ok(None) };
        let Some(row) = self.inputs[winner].head else { return Ok(None) };
        self.inputs[winner].advance()?;
        self.keys[winner] = key_of(self.inputs[winner].head.as_ref());
        self.play(winner);
        Ok(Some(row))
    }
}

fn key_of(row: Option<&Row>) -> u128 {
    row.and_then(|row| row.hash.first_chunk()).map_or(u128::MAX, |bytes| u128::from_be_bytes(*bytes))
}
