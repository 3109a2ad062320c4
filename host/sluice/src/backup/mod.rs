//! `sluice backup` and `sluice restore`: what cannot be made again, in one file that any engine takes.
//!
//! A tar through zstd: `backup.json` (the form, the schema, when), `catalogue/TABLE-NUMBER.jsonl` (rows), `objects/KEY` (dumps' parts, then
//! plugins, in the rows' order), `end.json` (how much of each, and a BLAKE3 of all before). What follows from these (staged members, records,
//! ranges) is not in it: the restored service makes it again, by imports that are to come out as they were.
//!
//! A backup is read as if an enemy had made it: nothing in it names a file, entries come in one order, each with a bound, and it is read
//! to its end before anything is written. Deliberately not here: which rows there are (the catalogue's `backup`).

mod contents;
mod read;
mod write;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::Result;
use serde::{Deserialize, Serialize};
use sluice_catalogue::UnixMs;

use self::contents::Contents;
use crate::{
    config,
    exit::{Failure, Sysexit},
};

/// Of the file's form; another one is refused.
const FORM: u32 = 1;
const HEAD: &str = "backup.json";
const END: &str = "end.json";
/// Bytes of rows that are gathered to an entry, and those an entry may have: a row is in one.
const ROWS_BYTES: usize = 1 << 20;
const ROWS_BYTES_MAX: u64 = 64 << 20;
/// Bytes of `backup.json` and `end.json`.
const WORDS_BYTES_MAX: u64 = 64 << 10;

/// What it begins with.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Head {
    form: u32,
    /// The version of sluice that made it.
    sluice: String,
    /// The catalogue's newest migration.
    schema: i64,
    made_at: UnixMs,
    /// Are dumps' bytes in it?
    dumps: bool,
}

/// What it ends with.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
struct End {
    rows: BTreeMap<String, u64>,
    objects: u64,
    object_bytes: u64,
    /// Of each entry before: its name, a zero byte, its length (64 bits, little endian), its bytes.
    blake3: String,
}

/// Where the service is: as for `serve`.
#[derive(clap::Args, Debug, Serialize)]
struct Place {
    /// Configuration file (TOML) of the service.
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    config: Option<PathBuf>,
    /// Data folder of the service [default: ~/.local/share/sluice].
    #[arg(long, value_name = "DIR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<PathBuf>,
    /// Print a summary as JSON.
    #[arg(long)]
    #[serde(skip)]
    json: bool,
}

/// Write all that cannot be made again into one file; the service may run meanwhile.
///
/// In it are dumps, archives' passwords and keys' hashes: the file is for its owner alone.
#[derive(clap::Args, Debug)]
pub(crate) struct BackupArgs {
    /// The file, which must not be there yet; `-` is standard output.
    file: PathBuf,
    /// Leave dumps' bytes out: the object store is backed up otherwise.
    #[arg(long)]
    without_dumps: bool,
    #[command(flatten)]
    place: Place,
}

/// Restore a backup into an empty place; the service that starts there makes records and ranges again.
#[derive(clap::Args, Debug)]
pub(crate) struct RestoreArgs {
    /// The file.
    file: PathBuf,
    /// Read and check it, and restore nothing.
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    place: Place,
}

impl BackupArgs {
    pub(crate) fn run(&self) -> Result<()> {
        let config = config::read(self.place.config.as_deref(), &self.place)?;
        let end = runtime()?.block_on(write::backup(&config, &self.file, !self.without_dumps))?;
        let said = format!("{} in {}", end.in_words(), self.file.display());
        summary(&end, self.place.json, &said, self.file == Path::new("-"))
    }
}

impl RestoreArgs {
    pub(crate) fn run(&self) -> Result<()> {
        let config = config::read(self.place.config.as_deref(), &self.place)?;
        let end = runtime()?.block_on(read::restore(&config, &self.file, self.check))?;
        let said = match (self.check, end.rows.get("imports").copied().unwrap_or_default()) {
            (true, _) => format!("{} is whole: {}", self.file.display(), end.in_words()),
            (false, imports) => format!(
                "restored {}\n{imports} loads are made again once the service runs: `sluice serve`, then `sluice jobs list`",
                end.in_words()
            ),
        };
        summary(&end, self.place.json, &said, false)
    }
}

impl End {
    fn in_words(&self) -> String {
        let rows = |table: &str| self.rows.get(table).copied().unwrap_or_default();
        let bytes = crate::units::bytes(self.object_bytes);
        format!("{} breaches, {} dumps, {} keys; {} objects with {bytes}", rows("breaches"), rows("dumps"), rows("api_keys"), self.objects)
    }
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

#[allow(clippy::print_stdout, clippy::print_stderr)] // the commands' answers
fn summary(end: &End, json: bool, said: &str, is_stdout_taken: bool) -> Result<()> {
    let said = if json { serde_json::to_string_pretty(end)? } else { said.to_owned() };
    match is_stdout_taken {
        true => eprintln!("{said}"),
        false => println!("{said}"),
    }
    Ok(())
}

/// Something about a backup's bytes.
fn damaged(file: &Path, why: impl std::fmt::Display) -> Failure {
    let hint = "nothing was restored from it; fetch it again, or use another backup";
    Failure::new(Sysexit::DataErr, format!("{} is no whole backup: {why}", file.display()), hint)
}
