//! Restoring: the file is read to its end and checked, then its objects are written, then its rows, in one transaction. So what breaks off
//! leaves a catalogue that is empty, and objects that the next try finds and compares.

use std::{
    fs::File,
    io::{BufReader, Read, Write as _},
    path::Path,
    str::from_utf8,
};

use anyhow::{Context as _, Result, bail, ensure};
use indicatif::ProgressBar;
use sluice_catalogue::{Catalogue, Error, Row, SCHEMA, Table};
use sluice_record::Frame;
use sluice_store::objects::{ObjectReader, ObjectWriter, Objects};
use tokio::runtime::Handle;

use super::{
    Contents, END, End, FORM, HEAD, Head, ROWS_BYTES_MAX, WORDS_BYTES_MAX,
    contents::{Checking, Owner},
    damaged,
};
use crate::{
    client::{bar, bars},
    config::Config,
    exit::{Failure, Sysexit},
    serve::{Stores, lock, with_hint},
};

/// Bytes read at once.
const BLOCK_BYTES: usize = 256 << 10;
/// What may stand behind the last entry: a tar's end.
const BEHIND_BYTES_MAX: u64 = 64 << 10;

/// Restores a backup into the place of a configuration, or only checks it.
pub(super) async fn restore(config: &Config, file: &Path, check_only: bool) -> Result<End> {
    let file = file.to_owned();
    if check_only {
        return tokio::task::spawn_blocking(move || Reading::new(&file, "check")?.walk(&mut ()).map(|checked| checked.end)).await?;
    }
    let stores = Stores::new(config)?;
    let _alone = lock(&config.data)?;
    let (catalogue, objects) = (stores.catalogue().await?, stores.objects().await?);
    drop(catalogue.restoring().await.map_err(with_hint)?);
    match stores.records().await?.health().await?.records {
        0 => {}
        records => {
            let message = format!("the record store is not empty: it has {records} records");
            bail!(Failure::new(Sysexit::Config, message, "name another data folder, or another records.prefix"));
        }
    }
    let closing = catalogue.clone();
    let restored = tokio::task::spawn_blocking(move || {
        let checked = Reading::new(&file, "check")?.walk(&mut ())?;
        let mut filling = Filling { objects: &objects, writing: None };
        if !checked.head.dumps {
            filling.check_dumps(&file)?;
        }
        let filled = Reading::new(&file, "objects")?.walk(&mut filling)?;
        ensure!(filled.end == checked.end, damaged(&file, "it was changed while it was read"));
        Handle::current().block_on(rows(&catalogue, &file, &checked))?;
        Ok(checked.end)
    });
    let restored = restored.await?;
    closing.close().await;
    restored
}

/// The rows, all or none of them.
async fn rows(catalogue: &Catalogue, file: &Path, checked: &Checked) -> Result<()> {
    let mut restoring = catalogue.restoring().await.map_err(with_hint)?;
    let mut reading = Reading::new(file, "rows")?;
    while let Some(row) = reading.next_row()? {
        restoring.add(&row).await.map_err(|error| match error {
            Error::Conflict { .. } | Error::NotFound { .. } | Error::Corrupt { .. } => damaged(file, &error).into(),
            error => with_hint(error),
        })?;
    }
    ensure!(reading.seal.finalize() == checked.rows_seal, damaged(file, "it was changed while it was read"));
    let loads = checked.end.rows.get("imports").copied().unwrap_or_default();
    let detail = format!("a backup of {} by sluice {}; {loads} loads to be made again", checked.head.made_at, checked.head.sluice);
    restoring.commit(&detail).await.map_err(with_hint)
}

/// Who wants objects' bytes, piece by piece.
trait Take {
    fn begin(&mut self, _: &Frame) -> Result<()> {
        Ok(())
    }
    fn bytes(&mut self, _: &[u8]) -> Result<()> {
        Ok(())
    }
    fn end(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Nobody: it is only checked.
impl Take for () {}

/// A backup that was read to its end and is whole.
struct Checked {
    head: Head,
    end: End,
    /// Of the head and all rows.
    rows_seal: blake3::Hash,
}

/// A backup that is being read.
struct Reading<'a> {
    path: &'a Path,
    from: zstd::Decoder<'static, BufReader<Box<dyn Read>>>,
    bar: ProgressBar,
    head: Head,
    seal: blake3::Hasher,
    /// An entry whose header was read, and nothing behind it.
    next: Option<(String, u64)>,
    /// Of the entry of rows that is read: its table, its bytes and how many of them were taken.
    rows: Option<(&'static Table, Vec<u8>, usize)>,
    end: End,
}

impl<'a> Reading<'a> {
    fn new(path: &'a Path, what: &str) -> Result<Self> {
        let unreadable = |error| Failure::new(Sysexit::NoInput, format!("cannot read {}: {error}", path.display()), "is the path right?");
        let file = File::open(path).map_err(unreadable)?;
        let bar = bar(&bars(), file.metadata().map_err(unreadable)?.len(), what);
        let from: Box<dyn Read> = Box::new(bar.wrap_read(file));
        let from = zstd::Decoder::with_buffer(BufReader::with_capacity(BLOCK_BYTES, from))?;
        let head = Head { form: FORM, sluice: String::new(), schema: 0, made_at: 0, dumps: false };
        let mut reading = Self { path, from, bar, head, seal: blake3::Hasher::new(), next: None, rows: None, end: End::default() };
        reading.head = reading.read_head()?;
        Ok(reading)
    }

    fn read_head(&mut self) -> Result<Head> {
        let (name, bytes) = self.entry()?;
        ensure!(name == HEAD, self.damaged("it does not begin as one"));
        let words: serde_json::Value = serde_json::from_slice(&self.words(bytes, WORDS_BYTES_MAX)?).map_err(|error| self.damaged(error))?;
        let newer = |what: &str| {
            let by = words["sluice"].as_str().filter(|by| by.len() < 64).unwrap_or("another version");
            let message = format!("{} has another {what} than this version of sluice knows: {by} made it", self.path.display());
            Failure::new(Sysexit::DataErr, message, "restore it with the version that made it, or a newer one")
        };
        ensure!(words["form"] == FORM, newer("form"));
        let head: Head = serde_json::from_value(words.clone()).map_err(|error| self.damaged(error))?;
        ensure!(head.schema <= SCHEMA, newer("schema"));
        Ok(head)
    }

    fn damaged(&self, why: impl std::fmt::Display) -> Failure {
        damaged(self.path, why)
    }

    /// Reads all of it; it is whole if nothing is said.
    fn walk(mut self, take: &mut dyn Take) -> Result<Checked> {
        let mut contents = Contents::default();
        while let Some(row) = self.next_row()? {
            *self.end.rows.entry(row.table().name().to_owned()).or_default() += 1;
            contents.take(&row).map_err(|error| self.damaged(error))?;
        }
        contents.check().map_err(|error| self.damaged(error))?;
        let (rows_seal, mut checking) = (self.seal.finalize(), Checking::default());
        while let Some((frame, owner)) = contents.next(self.head.dumps) {
            self.object(frame, owner, &mut checking, take)?;
        }
        let seal = self.seal.finalize().to_hex().to_string();
        let (name, bytes) = self.entry()?;
        ensure!(name == END, self.damaged(format!("it goes on with {name:?} where it should end")));
        let end: End = serde_json::from_slice(&self.words(bytes, WORDS_BYTES_MAX)?).map_err(|error| self.damaged(error))?;
        let mut found = std::mem::take(&mut self.end);
        found.blake3 = seal;
        found.rows.extend(end.rows.iter().filter(|(_, rows)| **rows == 0).map(|(table, _)| (table.clone(), 0)));
        ensure!(end == found, self.damaged("what it says of itself at its end is not what is in it"));
        let mut behind = Vec::new();
        (&mut self.from).take(BEHIND_BYTES_MAX + 1).read_to_end(&mut behind).map_err(|error| self.damaged(error))?;
        ensure!(
            behind.len() as u64 <= BEHIND_BYTES_MAX && behind.iter().all(|byte| *byte == 0),
            self.damaged("something is behind its end")
        );
        self.bar.finish_and_clear();
        Ok(Checked { head: self.head, end, rows_seal })
    }

    fn object(&mut self, mut frame: Frame, owner: Owner, checking: &mut Checking, take: &mut dyn Take) -> Result<()> {
        let (name, bytes) = self.entry()?;
        let fits = if matches!(owner, Owner::Plugin(_)) { bytes <= sluice_api::BODY_BYTES_MAX as u64 } else { bytes == frame.bytes };
        ensure!(fits && name == format!("objects/{}", frame.key), self.damaged(format!("{} is not where it should be", frame.key)));
        frame.bytes = bytes;
        take.begin(&frame)?;
        let (mut left, mut block) = (bytes, vec![0; BLOCK_BYTES]);
        while left > 0 {
            let wanted = left.min(BLOCK_BYTES as u64) as usize;
            self.fill(&mut block[..wanted])?;
            self.seal.update(&block[..wanted]);
            checking.update(owner, &block[..wanted]);
            take.bytes(&block[..wanted])?;
            left -= wanted as u64;
        }
        self.pad(bytes)?;
        checking.end(owner).map_err(|error| self.damaged(error))?;
        self.end.objects += 1;
        self.end.object_bytes += bytes;
        take.end()
    }

    /// The next row; `None` when what follows is none.
    fn next_row(&mut self) -> Result<Option<Row>> {
        loop {
            if let Some((table, bytes, at)) = &mut self.rows
                && let Some(length) = bytes[*at..].iter().position(|byte| *byte == b'\n')
            {
                let line = &bytes[*at..*at + length];
                *at += length + 1;
                let row = from_utf8(line).map_err(anyhow::Error::from).and_then(|line| Ok(Row::parse(table, line)?));
                return row.map(Some).map_err(|error| damaged(self.path, error).into());
            }
            self.rows = None;
            let (name, bytes) = self.header()?;
            let Some(table) = name.strip_prefix("catalogue/") else {
                self.next = Some((name, bytes));
                return Ok(None);
            };
            let table =
                table.split_once('-').and_then(|(table, _)| Table::named(table)).ok_or_else(|| self.damaged("a table is unknown"))?;
            self.begin(&name, bytes);
            let lines = self.words(bytes, ROWS_BYTES_MAX)?;
            ensure!(lines.ends_with(b"\n"), self.damaged("rows have no end"));
            self.rows = Some((table, lines, 0));
        }
    }

    /// The next entry's name and length; it counts from here on, unless it is the last.
    fn entry(&mut self) -> Result<(String, u64)> {
        let (name, bytes) = match self.next.take() {
            Some(next) => next,
            None => self.header()?,
        };
        if name != END {
            self.begin(&name, bytes);
        }
        Ok((name, bytes))
    }

    fn begin(&mut self, name: &str, bytes: u64) {
        self.seal.update(name.as_bytes()).update(&[0]).update(&bytes.to_le_bytes());
    }

    fn header(&mut self) -> Result<(String, u64)> {
        let mut block = [0; 512];
        self.fill(&mut block)?;
        let header = tar::Header::from_byte_slice(&block);
        let name = String::from_utf8(header.path_bytes().into_owned()).ok().filter(|_| header.entry_type().is_file());
        match (name, header.entry_size()) {
            (Some(name), Ok(bytes)) => Ok((name, bytes)),
            _ => Err(self.damaged("an entry has no fitting header").into()),
        }
    }

    /// A short entry's bytes.
    fn words(&mut self, bytes: u64, bytes_max: u64) -> Result<Vec<u8>> {
        ensure!(bytes <= bytes_max, self.damaged(format!("an entry has {bytes} bytes, where {bytes_max} may be")));
        let mut words = vec![0; bytes as usize];
        self.fill(&mut words)?;
        self.seal.update(&words); // of the last entry as well: then the seal was taken before
        self.pad(bytes)?;
        Ok(words)
    }

    /// Entries begin at multiples of 512 bytes.
    fn pad(&mut self, bytes: u64) -> Result<()> {
        let behind = bytes.next_multiple_of(512) - bytes;
        self.fill(&mut [0; 512][..behind as usize])
    }

    fn fill(&mut self, block: &mut [u8]) -> Result<()> {
        self.from.read_exact(block).map_err(|error| self.damaged(format!("it was cut short or changed ({error})")).into())
    }
}

/// Writes objects; one that is there from an earlier try is compared.
struct Filling<'a> {
    objects: &'a Objects,
    writing: Option<Writing>,
}

enum Writing {
    New(ObjectWriter),
    Known(String, ObjectReader),
}

impl Filling<'_> {
    /// The dumps that a backup without them names: are they here?
    fn check_dumps(&self, file: &Path) -> Result<()> {
        let (mut reading, mut contents) = (Reading::new(file, "rows")?, Contents::default());
        while let Some(row) = reading.next_row()? {
            contents.take(&row)?;
        }
        let (mut checking, mut block) = (Checking::default(), vec![0; BLOCK_BYTES]);
        let bar = bar(&bars(), contents.dump_bytes(), "check dumps");
        while let Some((frame, owner @ Owner::Dump { dump, .. })) = contents.next(true) {
            let missing = || {
                let message = format!("dump {dump} is not whole in {}", self.objects.place());
                Failure::new(Sysexit::DataErr, message, "this backup is one without dumps: bring their objects back first")
            };
            let mut reader = self.objects.open(&frame).with_context(missing)?.reader();
            loop {
                let read = reader.read(&mut block).with_context(missing)?;
                if read == 0 {
                    break;
                }
                checking.update(owner, &block[..read]);
                bar.inc(read as u64);
            }
            checking.end(owner).with_context(missing)?;
        }
        bar.finish_and_clear();
        Ok(())
    }
}

impl Take for Filling<'_> {
    fn begin(&mut self, frame: &Frame) -> Result<()> {
        self.writing = Some(match Handle::current().block_on(self.objects.size(&frame.key))? {
            None => Writing::New(self.objects.writer(&frame.key)?),
            Some(bytes) if bytes == frame.bytes => Writing::Known(frame.key.clone(), self.objects.open(frame)?.reader()),
            Some(_) => bail!(another(&frame.key)),
        });
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        match &mut self.writing {
            Some(Writing::New(writer)) => Ok(writer.write_all(bytes)?),
            Some(Writing::Known(key, reader)) => {
                let mut there = vec![0; bytes.len()];
                reader.read_exact(&mut there)?;
                ensure!(there == bytes, another(key));
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn end(&mut self) -> Result<()> {
        if let Some(Writing::New(writer)) = self.writing.take() {
            writer.finish()?;
        }
        Ok(())
    }
}

fn another(key: &str) -> Failure {
    let hint = "a backup is restored into an empty place: name a data folder, or a bucket, that no service has had";
    Failure::new(Sysexit::DataErr, format!("the object store has another {key} already"), hint)
}
