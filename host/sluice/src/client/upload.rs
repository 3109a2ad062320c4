//! A dump's way to the service: begun anew or gone on with where an earlier try stood, and not believed until the digests agree.
//!
//! A connection that breaks is waited out; a second `ingest` of the same file finds what the first one left. Deliberately absent:
//! several stretches at once, because the service takes a dump's bytes in order.

use std::{
    fs::File,
    io::{IsTerminal as _, Read as _, Seek as _, SeekFrom},
    path::Path,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::Method;
use serde_json::{Value, json};

use super::Api;
use crate::exit::{Failure, Sysexit};

/// Bytes sent in one request: what a broken connection costs at most, and what the client holds in memory.
const STRETCH_BYTES: u64 = 32 << 20;
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
pub(super) async fn upload(api: &Api, path: &Path, file: File) -> Result<i64> {
    let bytes = file.metadata()?.len();
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let mut source = Source { file, path, bytes, hasher: blake3::Hasher::new(), hashed: 0 };
    let bar = bar(bytes, &format!("upload {name}"));
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
async fn send_all(api: &Api, id: i64, source: &mut Source<'_>, bar: &ProgressBar) -> Result<i64> {
    let (mut offset, mut tries) = (api.upload_offset(id).await?, WAITS.iter());
    while offset < source.bytes {
        match send(api, id, source.stretch(offset)?, offset).await {
            Ok(()) => offset = (offset + STRETCH_BYTES).min(source.bytes),
            Err(error) => {
                let Some(wait) = tries.next().filter(|_| is_passing(&error)) else { return Err(error) };
                tokio::time::sleep(*wait).await;
                let Ok(reached) = api.upload_offset(id).await else { continue };
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

async fn send(api: &Api, id: i64, body: Vec<u8>, offset: u64) -> Result<()> {
    let request = api.request(Method::PATCH, &format!("/dumps/{id}")).header("Upload-Offset", offset).body(body);
    api.send::<Value>(request).await.map(drop)
}

/// Worth another try: nobody there, a connection that broke, another sender at that offset, a store away. A full disk is for the
/// operator.
fn is_passing(error: &anyhow::Error) -> bool {
    let Some(failure) = error.downcast_ref::<Failure>() else { return false };
    matches!((failure.code, failure.status), (Sysexit::Unavailable, None) | (_, Some(400 | 409 | 503)))
}

/// The file, and the digest of what was read of it so far.
struct Source<'a> {
    file: File,
    path: &'a Path,
    bytes: u64,
    hasher: blake3::Hasher,
    hashed: u64,
}

impl Source<'_> {
    /// The bytes from `offset` on, as many as are sent at once.
    fn stretch(&mut self, offset: u64) -> Result<Vec<u8>> {
        self.hash_to(offset)?;
        let stretch = self.read(offset, STRETCH_BYTES.min(self.bytes - offset))?;
        let unhashed = (self.hashed - offset) as usize;
        self.hasher.update(stretch.get(unhashed..).unwrap_or_default());
        self.hashed = self.hashed.max(offset + stretch.len() as u64);
        Ok(stretch)
    }

    /// Hashes what an earlier try sent.
    fn hash_to(&mut self, offset: u64) -> Result<()> {
        while self.hashed < offset {
            let stretch = self.read(self.hashed, STRETCH_BYTES.min(offset - self.hashed))?;
            self.hasher.update(&stretch);
            self.hashed += stretch.len() as u64;
        }
        Ok(())
    }

    fn read(&mut self, offset: u64, len: u64) -> Result<Vec<u8>> {
        let mut stretch = vec![0; len as usize];
        let read = self.file.seek(SeekFrom::Start(offset)).and_then(|_| self.file.read_exact(&mut stretch));
        match read {
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                let message = format!("{} became shorter while it was read", self.path.display());
                bail!(Failure::new(Sysexit::DataErr, message, "hand it in again when nobody writes to it"))
            }
            read => read.with_context(|| format!("cannot read {}", self.path.display()))?,
        }
        Ok(stretch)
    }
}

/// A bar on a terminal, nothing elsewhere.
pub(super) fn bar(bytes: u64, what: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(bytes).with_message(what.to_owned());
    let template = "{msg:28} {bar:30} {bytes:>10}/{total_bytes:10} {bytes_per_sec:>12} {eta:>4}";
    ProgressStyle::with_template(template).map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style))
}
