//! A process's data folder is its own, and says what the process is called among others.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{ErrorKind, Write as _},
    path::Path,
};

use anyhow::{Context, Result};

use crate::exit::{Failure, Sysexit};

const LOCK_FILE: &str = "lock";
const INSTANCE_FILE: &str = "instance";
const HOST_FILE: &str = "/proc/sys/kernel/hostname";

/// Nobody else runs in this folder while it is held.
pub(crate) fn lock(data: &Path) -> Result<File> {
    let path = data.join(LOCK_FILE);
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.with_context(|| format!("cannot write {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let message = format!("the data folder {} is in use by another process", data.display());
            Err(Failure::new(Sysexit::OsErr, message, "stop that one, or name another folder with --data").into())
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("cannot lock {}", path.display())),
    }
}

/// The machine's name and a number, made at the first start: who comes again is known by it.
pub(super) fn name(data: &Path) -> Result<String> {
    let path = data.join(INSTANCE_FILE);
    match fs::read_to_string(&path) {
        Ok(name) if !name.trim().is_empty() => Ok(name.trim().to_owned()),
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error).with_context(|| format!("cannot read {}", path.display())),
        _ => {
            // Elsewhere than on Linux the number alone has to do.
            let host: String = fs::read_to_string(HOST_FILE).unwrap_or_default().trim().chars().take(64).collect();
            let name = format!("{}-{:08x}", if host.is_empty() { "sluice" } else { &host }, rand::random::<u32>());
            File::create(&path)
                .and_then(|mut file| file.write_all(name.as_bytes()))
                .with_context(|| format!("cannot write {}", path.display()))?;
            Ok(name)
        }
    }
}
