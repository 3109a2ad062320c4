//! The compile cache: a folder with one file a component and engine, and a key.
//!
//! Compiled code is trusted like our own, so a file is believed only if its MAC (keyed BLAKE3 over its name and its bytes) is right. The
//! key is random, made once, and readable by the folder's owner alone; whoever can read it could as well replace this program.
//! An entry that is damaged, cut short, from another installation or for another engine is a miss: it is compiled
//! again and written over. A cache that cannot be written costs time and nothing else, so that is logged and not an error.

use std::{
    io::{self, ErrorKind, Read, Write},
    path::Path,
};

use cap_std::{
    ambient_authority,
    fs::{Dir, MetadataExt, OpenOptions, OpenOptionsExt},
};
use rand::{TryRngCore, rngs::OsRng};
use sluice_record::PluginDigest;
use wasmtime::{Engine, component::Component};

use crate::{fault::SandboxError, sandbox::Compiler};

const KEY_FILE: &str = "key";
const KEY_BYTES: usize = 32;
const MAC_BYTES: usize = blake3::OUT_LEN;
/// Bytes of an entry: machine code is some five times its component.
const ENTRY_BYTES_MAX: u64 = 512 << 20;
/// Entries kept; above it the oldest go. A registry has dozens of plugins, each in a few versions.
const ENTRIES_MAX: usize = 256;

pub(crate) struct Cache {
    dir: Dir,
    key: [u8; KEY_BYTES],
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache").finish_non_exhaustive()
    }
}

impl Cache {
    /// Opens the folder, making it and its key if they are not there.
    pub(crate) fn open(path: &Path) -> Result<Self, SandboxError> {
        let failed = |what| move |source| SandboxError::Cache { path: path.display().to_string(), what, source };
        Dir::create_ambient_dir_all(path, ambient_authority()).map_err(failed("making the folder"))?;
        let dir = Dir::open_ambient_dir(path, ambient_authority()).map_err(failed("opening the folder"))?;
        let key = key(&dir).map_err(failed("reading or making its key"))?;
        Ok(Self { dir, key })
    }

    /// The compiled component, if there is a good entry for it.
    pub(crate) fn get(&self, digest: PluginDigest, compiler: &Compiler) -> Option<Component> {
        let name = name(digest, compiler);
        let entry = match read(&self.dir, &name, ENTRY_BYTES_MAX) {
            Ok(entry) => entry,
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            Err(error) => {
                tracing::warn!(entry = %name, %error, "a compile cache entry cannot be read; compiling anew");
                return None;
            }
        };
        let component = entry.split_first_chunk::<MAC_BYTES>().and_then(|(mac, artefact)| {
            let genuine = self.mac(&name, artefact) == *mac; // in constant time: both sides are blake3's
            genuine.then(|| deserialise(&compiler.engine, artefact))?.ok()
        });
        if component.is_none() {
            tracing::warn!(entry = %name, "a compile cache entry is damaged or not ours; compiling anew");
        }
        component
    }

    /// Keeps a compiled component. Failing at it is no error.
    pub(crate) fn put(&self, digest: PluginDigest, compiler: &Compiler, component: &Component) {
        let name = name(digest, compiler);
        let written = component.serialize().map_err(|error| io::Error::other(format!("{error:#}"))).and_then(|artefact| {
            let mac = self.mac(&name, &artefact);
            write(&self.dir, &name, &[mac.as_bytes(), &artefact], |temporary| self.dir.rename(temporary, &self.dir, &name))
        });
        if let Err(error) = written.and_then(|()| self.prune()) {
            tracing::warn!(entry = %name, %error, "the compile cache cannot be written; the next start compiles anew");
        }
    }

    /// The name is under the MAC too, so that no entry can stand in for another.
    fn mac(&self, name: &str, artefact: &[u8]) -> blake3::Hash {
        let mut mac = blake3::Hasher::new_keyed(&self.key);
        mac.update(name.as_bytes()).update(&[0]).update(artefact);
        mac.finalize()
    }

    fn prune(&self) -> io::Result<()> {
        let mut entries = Vec::new();
        for entry in self.dir.entries()? {
            let entry = entry?;
            if entry.file_name() != KEY_FILE {
                entries.extend(unless_gone(entry.metadata())?.map(|metadata| (metadata.mtime(), entry.file_name())));
            }
        }
        entries.sort();
        let surplus = entries.len().saturating_sub(ENTRIES_MAX);
        entries[..surplus].iter().try_for_each(|(_, name)| unless_gone(self.dir.remove_file(name)).map(drop))
    }
}

fn name(digest: PluginDigest, compiler: &Compiler) -> String {
    format!("{}-{:016x}.code", digest.hex(), compiler.fingerprint)
}

/// The one piece of unsafe code in Sluice's host.
#[allow(unsafe_code)]
fn deserialise(engine: &Engine, artefact: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: `deserialize` runs whatever machine code it is given, and asks that it comes from `Component::serialize`. The only
    // caller has just checked a MAC over exactly these bytes, in memory where nobody else can change them, under a key that
    // nobody but this installation's owner can read; and the only thing that key is ever used on is the output of
    // `Component::serialize`. Version, settings and processor are checked by wasmtime itself.
    unsafe { Component::deserialize(engine, artefact) }
}

/// Reads the key; makes it if there is none, or none that only its owner can read.
fn key(dir: &Dir) -> io::Result<[u8; KEY_BYTES]> {
    match existing_key(dir)? {
        Some(key) => Ok(key),
        None => {
            let mut fresh = [0; KEY_BYTES];
            OsRng.try_fill_bytes(&mut fresh).map_err(io::Error::other)?;
            // Of several processes the first one's counts.
            write(dir, KEY_FILE, &[&fresh], |temporary| match dir.hard_link(temporary, dir, KEY_FILE) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists && existing_key(dir)?.is_some() => Ok(()),
                Err(_) => dir.rename(temporary, dir, KEY_FILE),
                linked => linked,
            })?;
            existing_key(dir)?.ok_or_else(|| io::Error::other("the key file cannot be kept private here"))
        }
    }
}

fn existing_key(dir: &Dir) -> io::Result<Option<[u8; KEY_BYTES]>> {
    let Some(metadata) = unless_gone(dir.symlink_metadata(KEY_FILE))? else { return Ok(None) };
    if !metadata.is_file() || metadata.mode() & 0o077 != 0 {
        return Ok(None);
    }
    Ok(read(dir, KEY_FILE, KEY_BYTES as u64)?.try_into().ok())
}

/// Nothing, if another process took it away, or nobody has made it.
fn unless_gone<T>(outcome: io::Result<T>) -> io::Result<Option<T>> {
    match outcome {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        outcome => outcome.map(Some),
    }
}

fn read(dir: &Dir, name: &str, bytes_max: u64) -> io::Result<Vec<u8>> {
    let file = dir.open(name)?;
    let mut bytes = Vec::with_capacity(file.metadata()?.len().min(bytes_max) as usize);
    file.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max { Err(io::Error::other("it is too big")) } else { Ok(bytes) }
}

/// Writes a file for its owner alone, which `place` puts where it belongs: whole or not at all.
fn write(dir: &Dir, name: &str, parts: &[&[u8]], place: impl FnOnce(&str) -> io::Result<()>) -> io::Result<()> {
    let mut random = [0; 8];
    OsRng.try_fill_bytes(&mut random).map_err(io::Error::other)?;
    let temporary = format!("{name}.{:016x}.part", u64::from_le_bytes(random));
    let mut options = OpenOptions::new();
    let written = dir.open_with(&temporary, options.write(true).create_new(true).mode(0o600)).and_then(|mut file| {
        parts.iter().try_for_each(|part| file.write_all(part))?;
        place(&temporary)
    });
    // A rename leaves none. Nothing to be done if this fails: `prune` takes it in time.
    let _ = dir.remove_file(&temporary);
    written
}
