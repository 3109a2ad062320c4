//! Writing a backup: one instant of the catalogue, then the objects it names, which nobody changes.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Read, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail, ensure};
use sluice_catalogue::{Catalogue, Row, SCHEMA, TABLES};
use sluice_record::Frame;
use sluice_store::objects::Objects;
use tokio::runtime::Handle;

use super::{Contents, END, End, FORM, HEAD, Head, ROWS_BYTES, ROWS_BYTES_MAX, contents::Checking};
use crate::{
    client::{bar, bars},
    config::Config,
    exit::{Failure, Sysexit},
    serve::{beside, with_hint},
};

/// Of zstd: dumps are texts, and most of them are large.
const LEVEL: i32 = 3;

/// Writes a backup to `file`, or `-`.
pub(super) async fn backup(config: &Config, file: &Path, with_dumps: bool) -> Result<End> {
    if file.exists() {
        let message = format!("{} is there already", file.display());
        bail!(Failure::new(Sysexit::Usage, message, "name another file: no backup is overwritten"));
    }
    let (catalogue, objects) = beside(config).await?;
    let (file, closing) = (file.to_owned(), catalogue.clone());
    // Hashing, compressing and files block.
    let written = tokio::task::spawn_blocking(move || {
        if file == Path::new("-") {
            return Writer::new(io::stdout().lock())?.all(&catalogue, &objects, with_dumps).map(|(_, end)| end);
        }
        let partial = Partial::new(&file)?;
        let (out, end) = Writer::new(BufWriter::new(partial.open()?))?.all(&catalogue, &objects, with_dumps)?;
        partial.finish(out.into_inner()?, &file)?;
        Ok(end)
    });
    let end = written.await?;
    closing.close().await;
    end
}

/// A file that has its name when it is whole, and is gone if it never is.
struct Partial {
    path: PathBuf,
    is_whole: bool,
}

impl Partial {
    fn new(file: &Path) -> Result<Self> {
        let mut path = file.to_owned().into_os_string();
        path.push(".partial");
        let partial = Self { path: path.into(), is_whole: false };
        match fs::remove_file(&partial.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).with_context(|| partial.said()),
            _ => Ok(partial),
        }
    }

    fn said(&self) -> String {
        format!("cannot write {}", self.path.display())
    }

    /// For its owner alone: secrets are in it.
    fn open(&self) -> Result<File> {
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.path).with_context(|| self.said())
    }

    fn finish(mut self, written: File, file: &Path) -> Result<()> {
        written.sync_all().with_context(|| self.said())?;
        fs::rename(&self.path, file).with_context(|| format!("cannot write {}", file.display()))?;
        self.is_whole = true;
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).with_context(|| format!("cannot sync {}", folder.display()))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.is_whole {
            drop(fs::remove_file(&self.path)); // it may not be there
        }
    }
}

struct Writer<W: Write> {
    tar: tar::Builder<zstd::Encoder<'static, W>>,
    seal: blake3::Hasher,
    end: End,
}

impl<W: Write> Writer<W> {
    fn new(out: W) -> Result<Self> {
        let mut zstd = zstd::Encoder::new(out, LEVEL)?;
        zstd.include_checksum(true)?;
        Ok(Self { tar: tar::Builder::new(zstd), seal: blake3::Hasher::new(), end: End::default() })
    }

    fn all(mut self, catalogue: &Catalogue, objects: &Objects, with_dumps: bool) -> Result<(W, End)> {
        let head =
            Head { form: FORM, sluice: env!("CARGO_PKG_VERSION").into(), schema: SCHEMA, made_at: catalogue.now(), dumps: with_dumps };
        self.words(HEAD, &head)?;
        let mut contents = self.rows(catalogue)?;
        contents.check()?;
        let bar = bar(&bars(), if with_dumps { contents.dump_bytes() } else { 0 }, "backup");
        let mut checking = Checking::default();
        while let Some((frame, owner)) = contents.next(with_dumps) {
            let (frame, source) = open(objects, frame)?;
            let mut source = Passing {
                inner: source,
                pass: |bytes: &[u8]| {
                    checking.update(owner, bytes);
                    bar.inc(bytes.len() as u64);
                },
            };
            self.entry(&format!("objects/{}", frame.key), frame.bytes, &mut source)?;
            checking.end(owner)?;
            self.end.objects += 1;
            self.end.object_bytes += frame.bytes;
        }
        bar.finish_and_clear();
        self.end.blake3 = self.seal.finalize().to_hex().to_string();
        let end = self.end.clone();
        self.words(END, &end)?;
        Ok((self.tar.into_inner()?.finish()?, end))
    }

    fn rows(&mut self, catalogue: &Catalogue) -> Result<Contents> {
        let (runtime, mut contents) = (Handle::current(), Contents::default());
        let mut snapshot = runtime.block_on(catalogue.snapshot()).map_err(with_hint)?;
        for table in &TABLES {
            let (mut lines, mut count, mut entries) = (Vec::new(), 0, 0);
            let mut take = |row: Row| -> Result<()> {
                contents.take(&row)?;
                lines.extend_from_slice(row.line().as_bytes());
                lines.push(b'\n');
                count += 1;
                if lines.len() >= ROWS_BYTES {
                    entries += 1;
                    self.lines(table.name(), entries, &mut lines)?;
                }
                Ok(())
            };
            runtime.block_on(snapshot.each(table, &mut take))?;
            self.lines(table.name(), entries + 1, &mut lines)?;
            self.end.rows.insert(table.name().to_owned(), count);
        }
        Ok(contents)
    }

    fn lines(&mut self, table: &str, number: u32, lines: &mut Vec<u8>) -> Result<()> {
        ensure!(lines.len() as u64 <= ROWS_BYTES_MAX, "a row of {table} has more than {ROWS_BYTES_MAX} bytes");
        if !lines.is_empty() {
            self.entry(&format!("catalogue/{table}-{number:06}.jsonl"), lines.len() as u64, &mut &lines[..])?;
            lines.clear();
        }
        Ok(())
    }

    fn words(&mut self, name: &str, words: &impl serde::Serialize) -> Result<()> {
        let words = serde_json::to_vec_pretty(words)?;
        self.entry(name, words.len() as u64, &mut &words[..])
    }

    fn entry(&mut self, name: &str, bytes: u64, from: &mut dyn Read) -> Result<()> {
        let mut header = tar::Header::new_ustar();
        header.set_path(name)?;
        header.set_size(bytes);
        header.set_mode(0o600);
        header.set_mtime(0);
        header.set_cksum();
        self.seal.update(name.as_bytes()).update(&[0]).update(&bytes.to_le_bytes());
        let mut passed = 0;
        let pass = |bytes: &[u8]| {
            self.seal.update(bytes);
            passed += bytes.len() as u64;
        };
        self.tar.append(&header, Passing { inner: from, pass }).with_context(|| format!("cannot write {name} to the backup"))?;
        ensure!(passed == bytes, "{name} has another length than it had");
        Ok(())
    }
}

/// An object to be read from its first byte to its last.
fn open(objects: &Objects, mut frame: Frame) -> Result<(Frame, impl Read)> {
    let found = Handle::current().block_on(objects.size(&frame.key)).with_context(|| frame.key.clone())?;
    let bytes = found.with_context(|| format!("the object store has no {}", frame.key))?;
    frame.bytes = if frame.bytes == 0 { bytes } else { frame.bytes };
    let reader = objects.open(&frame).with_context(|| frame.key.clone())?.reader();
    Ok((frame, reader))
}

/// Shows what is read to somebody else.
struct Passing<R, P> {
    inner: R,
    pass: P,
}

impl<R: Read, P: FnMut(&[u8])> Read for Passing<R, P> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        (self.pass)(&buffer[..read]);
        Ok(read)
    }
}
