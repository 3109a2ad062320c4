//! The documents that the service indexed, in a file: what each field of each document was given, read back from its index.
//!
//! Stored and columnar values are read as they are; terms are found from their side, by walking each field's dictionary and
//! noting in which documents a term stands. One segment is held at a time.

use std::{
    fs::File,
    io::{BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use tantivy::{
    DocSet, Index, SegmentReader, TERMINATED, TantivyDocument,
    schema::{Field, FieldEntry, FieldType, IndexRecordOption, Schema, Value},
    store::StoreReader,
};

use crate::ours;

/// Where the file and the schema for it are.
pub(crate) struct Prepared {
    pub(crate) documents: PathBuf,
}

/// A value of a document.
pub(crate) enum Given {
    Bytes(Vec<u8>),
    Number(u64),
    Text(String),
}

/// Writes the documents of the service's index, and beside them its schema and settings.
pub(crate) fn write(folder: &Path) -> Result<Prepared> {
    let index = Index::open_in_dir(ours::data(folder).join("records"))?;
    let documents = folder.join("documents");
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&documents)?);
    for segment in index.reader()?.searcher().segment_readers() {
        write_segment(&index.schema(), segment, &mut out)?;
    }
    out.flush()?;
    std::fs::write(documents.with_extension("schema.json"), serde_json::to_vec(&index.schema())?)?;
    std::fs::write(documents.with_extension("settings.json"), serde_json::to_vec(index.settings())?)?;
    Ok(Prepared { documents })
}

fn write_segment(schema: &Schema, segment: &SegmentReader, out: &mut impl Write) -> Result<()> {
    let mut terms: Vec<Vec<(Field, Box<[u8]>)>> = vec![Vec::new(); segment.max_doc() as usize];
    for (field, _) in schema.fields().filter(|(_, entry)| entry.is_indexed()) {
        let inverted = segment.inverted_index(field)?;
        let mut stream = inverted.terms().stream()?;
        while stream.advance() {
            let mut postings = inverted.read_postings_from_terminfo(stream.value(), IndexRecordOption::Basic)?;
            while postings.doc() != TERMINATED {
                terms[postings.doc() as usize].push((field, stream.key().into()));
                postings.advance();
            }
        }
    }
    let opened = |(field, entry): (Field, &FieldEntry)| Ok((field, segment.fast_fields().u64(entry.name())?));
    let columns = schema.fields().filter(|(_, entry)| entry.is_fast()).map(opened).collect::<Result<Vec<_>>>()?;
    let store: StoreReader = segment.get_store_reader(16)?;
    for doc in 0..segment.max_doc() {
        if segment.is_deleted(doc) {
            continue;
        }
        let terms = &terms[doc as usize];
        let mut values = Vec::new();
        for (field, column) in &columns {
            values.push((*field, 1, column.first(doc).context("a document without a column")?.to_le_bytes().to_vec()));
        }
        let stored: TantivyDocument = store.get(doc)?;
        for (field, value) in stored.field_values() {
            values.push((field, 0, value.as_bytes().context("what is stored is no bytes")?.to_vec()));
        }
        for (field, term) in terms {
            let tag = if matches!(schema.get_field_entry(*field).field_type(), FieldType::Str(_)) { 2 } else { 0 };
            values.push((*field, tag, term.to_vec()));
        }
        out.write_all(&[values.len() as u8])?;
        for (field, tag, bytes) in values {
            out.write_all(&[field.field_id() as u8, tag])?;
            out.write_all(&(bytes.len() as u32).to_le_bytes())?;
            out.write_all(&bytes)?;
        }
    }
    Ok(())
}

/// The documents of a file, in its order.
pub(crate) struct Documents(BufReader<File>);

impl Documents {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        Ok(Self(BufReader::with_capacity(1 << 20, File::open(path)?)))
    }

    pub(crate) fn next(&mut self) -> Result<Option<Vec<(Field, Given)>>> {
        let mut count = [0];
        if self.0.read(&mut count)? == 0 {
            return Ok(None);
        }
        let mut values = Vec::with_capacity(usize::from(count[0]));
        for _ in 0..count[0] {
            let mut head = [0; 6];
            self.0.read_exact(&mut head)?;
            let [field, tag, len @ ..] = head;
            let mut bytes = vec![0; u32::from_le_bytes(len) as usize];
            self.0.read_exact(&mut bytes)?;
            let given = match tag {
                1 => Given::Number(u64::from_le_bytes(bytes.as_slice().try_into()?)),
                2 => Given::Text(String::from_utf8(bytes)?),
                _ => Given::Bytes(bytes),
            };
            values.push((Field::from_field_id(u32::from(field)), given));
        }
        Ok(Some(values))
    }
}
