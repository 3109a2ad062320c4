//! A dump's way to the service: begun anew or gone on with where an earlier try stood, and not believed until the digests agree.
//!
//! A connection that breaks is waited out; a second `ingest` of the same file finds what the first one left. Deliberately absent:
//! several stretches of a file at once, because the service takes a dump's bytes in order.

use std::{
    collections::VecDeque,
    fs::File,
    io::{IsTerminal as _, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use futures::stream;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use reqwest::{Body, Method, header};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::Api;
use crate::exit::{Failure, Sysexit};

/// Bytes sent in one request. The service keeps what arrived of a broken one.
const STRETCH_BYTES: u64 = 1 << 30;
/// Bytes read at once, and how many such blocks are ahead of the connection.
const BLOCK_BYTES: u64 = 256 << 10;
const BLOCKS_AHEAD: usize = 8;
/// Waits between tries that bring nothing forward; then the upload is given up, and may be gone on with later.
const WAITS: [Duration; 5] =
    [Duration::from_millis(250), Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(8), Duration::from_secs(15)];

/// How often an upload that others sent to as well is begun anew.
const OTHERS_MAX: u32 = 8;

/// Opens a file to be handed in, so that a wrong path is told before anything is sent.
pub(super) fn open(path: &Path) -> Result<File> {
    let refused = |why: String| {
        let hint = "is the path right, and may you read it?";
        Failure::new(Sysexit::NoInput, format!("cannot read {}: {why}", path.display()), hint)
    };
    let file = File::open(path).map_err(|error| refused(error.to_string()))?;
    if !file.metadata().map_err(|error| refused(error.to_string()))?.is_file() {
        bail!(refused("it is no regular file".into()));
    }
    Ok(file)
}

/// Hands a file in; gives the id of the dump with these bytes, which is an older one's if the service had them already.
pub(super) async fn upload(api: &Api, path: &Path, file: File, bars: &MultiProgress) -> Result<i64> {
    let bytes = file.metadata()?.len();
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let mut source = Source { file, path: path.to_owned(), bytes, hasher: blake3::Hasher::new(), hashed: 0 };
    let bar = bar(bars, bytes, &format!("upload {name}"));
    let mut begun = unfinished(api, &name, bytes).await?;
    let mut others = 0;
    loop {
        let id = match begun.take() {
            Some(id) => id,
            None => {
                let announced = api.post("/dumps", &json!({ "name": name, "bytes": bytes })).await?;
                announced["id"].as_i64().context("the service gave no dump id")?
            }
        };
        match send_all(api, id, &mut source, &bar).await {
            Err(error) if is_anothers(&error) && others < OTHERS_MAX => others += 1,
            ended => return ended,
        }
    }
}

/// Sends what the service has not got of a dump yet, and has it checked.
async fn send_all(api: &Api, id: i64, source: &mut Source, bar: &ProgressBar) -> Result<i64> {
    let (mut offset, mut tries) = (api.upload_offset(id).await?, WAITS.iter());
    while offset < source.bytes {
        match send(api, id, source, offset, bar).await {
            Ok(()) => offset = (offset + STRETCH_BYTES).min(source.bytes),
            Err(error) => {
                let Some(wait) = tries.next().filter(|_| is_passing(&error)) else { return Err(error) };
                tokio::time::sleep(*wait).await;
                let reached = match api.upload_offset(id).await {
                    Ok(reached) => reached,
                    // A service that refuses closes the connection on what is still sent: that broke, and this is why.
                    Err(gone) if is_anothers(&gone) => return Err(gone),
                    Err(_) => continue,
                };
                if reached > offset {
                    tries = WAITS.iter();
                }
                offset = reached;
            }
        }
        bar.set_position(offset);
    }
    bar.finish_and_clear();
    source.hash_to(source.bytes)?;
    let digest = format!("blake3:{}", source.hasher.finalize().to_hex());
    match api.post(&format!("/dumps/{id}/complete"), &json!({ "digest": digest })).await {
        Ok(complete) => Ok(complete["id"].as_i64().unwrap_or(id)),
        Err(error) => {
            if status(&error) == Some(422) {
                // Left there it would be gone on with for ever. It stays if another sender has completed it with its own bytes.
                api.delete(&format!("/dumps/{id}")).await.ok();
            }
            Err(error)
        }
    }
}

/// The dump was not this file's alone: another sender, who found one of that name and size, sent other bytes, ended it or gave it up.
fn is_anothers(error: &anyhow::Error) -> bool {
    matches!(status(error), Some(404 | 422))
}

fn status(error: &anyhow::Error) -> Option<u16> {
    error.downcast_ref::<Failure>().and_then(|failure| failure.status)
}

/// A dump of that name and size that an earlier try began. Whether its bytes are this file's, the digest says in the end.
async fn unfinished(api: &Api, name: &str, bytes: u64) -> Result<Option<i64>> {
    let dumps = api.get("/dumps").await?;
    let same = |dump: &&Value| dump["state"] == "receiving" && dump["name"] == name && dump["bytes_expected"] == bytes;
    Ok(dumps.as_array().and_then(|all| all.iter().find(same)).and_then(|dump| dump["id"].as_i64()))
}

/// Sends a stretch; it is read and hashed by a thread of its own, a few blocks ahead of the connection.
async fn send(api: &Api, id: i64, source: &mut Source, offset: u64, bar: &ProgressBar) -> Result<()> {
    let (blocks, mut sent) = mpsc::channel::<Result<Bytes>>(BLOCKS_AHEAD);
    let end = (offset + STRETCH_BYTES).min(source.bytes);
    let (mut reader, bar) = (source.try_clone()?, bar.clone());
    let reading = tokio::task::spawn_blocking(move || {
        let read = reader.read_stretch(offset, end, &blocks);
        (reader, read)
    });
    let body = stream::poll_fn(move |context| {
        let block = sent.poll_recv(context);
        if let std::task::Poll::Ready(Some(Ok(block))) = &block {
            bar.inc(block.len() as u64);
        }
        block
    });
    let request = api.request(Method::PATCH, &format!("/dumps/{id}")).header("Upload-Offset", offset);
    let request = request.header(header::CONTENT_LENGTH, end - offset).body(Body::wrap_stream(body));
    let answer = api.send::<Value>(request).await.map(drop);
    let (reader, read) = reading.await?;
    *source = reader;
    // A file that cannot be read breaks the connection; the reason is the file.
    read.and(answer)
}

/// Worth another try: nobody there, a connection that broke, another sender at that offset, a store away. A full disk is for the
/// operator.
fn is_passing(error: &anyhow::Error) -> bool {
    let Some(failure) = error.downcast_ref::<Failure>() else { return false };
    matches!((failure.code, failure.status), (Sysexit::Unavailable, None) | (_, Some(400 | 409 | 503)))
}

/// The file, and the digest of what was read of it so far.
struct Source {
    file: File,
    path: PathBuf,
    bytes: u64,
    hasher: blake3::Hasher,
    hashed: u64,
}

impl Source {
    /// One for another thread.
    fn try_clone(&self) -> Result<Self> {
        let file = self.file.try_clone().with_context(|| format!("cannot read {}", self.path.display()))?;
        Ok(Self { file, path: self.path.clone(), bytes: self.bytes, hasher: self.hasher.clone(), hashed: self.hashed })
    }

    /// Hands on the bytes from `offset` to `end`, until nobody takes them any more.
    fn read_stretch(&mut self, offset: u64, end: u64, blocks: &mpsc::Sender<Result<Bytes>>) -> Result<()> {
        self.hash_to(offset)?;
        // Blocks that were sent are used again: making memory costs as much as reading a file into it.
        let (mut at, mut used) = (offset, VecDeque::<Bytes>::new());
        while at < end {
            let spare = if used.len() > BLOCKS_AHEAD { used.pop_front().and_then(|block| block.try_into_mut().ok()) } else { None };
            let mut block = spare.unwrap_or_default();
            block.resize(BLOCK_BYTES.min(end - at) as usize, 0);
            if let Err(error) = self.read(at, &mut block) {
                let _ = blocks.blocking_send(Err(anyhow::anyhow!("the file cannot be read")));
                return Err(error);
            }
            at += block.len() as u64;
            if self.hashed < at {
                let unhashed = block.len() - (at - self.hashed).min(block.len() as u64) as usize;
                self.hasher.update(&block[unhashed..]);
                self.hashed = at;
            }
            let block = block.freeze();
            used.push_back(block.clone());
            if blocks.blocking_send(Ok(block)).is_err() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Hashes what an earlier try sent.
    fn hash_to(&mut self, offset: u64) -> Result<()> {
        let mut block = vec![0; BLOCK_BYTES.min(offset.saturating_sub(self.hashed)) as usize];
        while self.hashed < offset {
            block.truncate((offset - self.hashed).try_into().unwrap_or(usize::MAX));
            self.read(self.hashed, &mut block)?;
            self.hasher.update(&block);
            self.hashed += block.len() as u64;
        }
        Ok(())
    }

    /// Fills `block` with what stands at `offset`.
    fn read(&mut self, offset: u64, block: &mut [u8]) -> Result<()> {
        let read = self.file.seek(SeekFrom::Start(offset)).and_then(|_| self.file.read_exact(block));
        match read {
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                let message = format!("{} became shorter while it was read", self.path.display());
                bail!(Failure::new(Sysexit::DataErr, message, "hand it in again when nobody writes to it"))
            }
            read => read.with_context(|| format!("cannot read {}", self.path.display())),
        }
    }
}

/// Where bars stand: on a terminal, nowhere else.
pub(crate) fn bars() -> MultiProgress {
    let is_seen = std::io::stderr().is_terminal();
    MultiProgress::with_draw_target(if is_seen { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() })
}

pub(crate) fn bar(bars: &MultiProgress, bytes: u64, what: &str) -> ProgressBar {
    let bar = bars.add(ProgressBar::new(bytes).with_message(what.to_owned()));
    let template = "{msg:28} {bar:30} {bytes:>10}/{total_bytes:10} {bytes_per_sec:>12} {eta:>4}";
    ProgressStyle::with_template(template).map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style))
}
