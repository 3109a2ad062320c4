//! Files that are looked at again and again, and what has become of them since the last time.
//!
//! By looking and not by the system's notices: those do not come from network file systems, and a look at some dozens of files costs
//! microseconds. A file that is being written is told when two looks have found it alike.

use std::{
    collections::BTreeMap,
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// How often to look: who saves a file is answered at once.
pub(crate) const LOOK: Duration = Duration::from_millis(50);
/// Files of one folder that are followed, at most: sources, and not a disk.
const FILES_MAX: usize = 10_000;

/// What a file that was written differs in. A file put in another's place has another number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Stamp {
    bytes: u64,
    modified: Option<SystemTime>,
    inode: u64,
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        Some(Self { bytes: metadata.len(), modified: metadata.modified().ok(), inode: metadata.ino() })
    }
}

/// Files and how they were found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Followed {
    told: BTreeMap<PathBuf, Stamp>,
    seen: BTreeMap<PathBuf, Stamp>,
}

impl Followed {
    /// Takes these files as they are for known.
    pub(crate) fn know(&mut self, paths: impl IntoIterator<Item = PathBuf>) {
        self.seen = stamps(paths);
        self.told = self.seen.clone();
    }

    /// Which of these files are new or another than when they were last told. One that is gone is forgotten.
    pub(crate) fn changed(&mut self, paths: impl IntoIterator<Item = PathBuf>) -> Vec<PathBuf> {
        let now = stamps(paths);
        self.told.retain(|path, _| now.contains_key(path));
        let is_news = |path: &PathBuf, stamp: &Stamp| self.told.get(path) != Some(stamp) && self.seen.get(path) == Some(stamp);
        let changed: Vec<PathBuf> = now.iter().filter(|(path, stamp)| is_news(path, stamp)).map(|(path, _)| path.clone()).collect();
        self.told.extend(changed.iter().filter_map(|path| Some((path.clone(), *now.get(path)?))));
        self.seen = now;
        changed
    }
}

fn stamps(paths: impl IntoIterator<Item = PathBuf>) -> BTreeMap<PathBuf, Stamp> {
    paths.into_iter().filter_map(|path| Stamp::of(&path).map(|stamp| (path, stamp))).collect()
}

/// The components of a folder, by name.
pub(crate) fn components(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if is_component(&path) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// The files a plugin in this folder may be built of: all but hidden ones, components, cases, and what tools put down beside sources.
pub(crate) fn sources(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let is_made = matches!(&*name, "target" | "node_modules" | "__pycache__" | "cases" | "Cargo.lock") || is_component(&path);
            if name.starts_with('.') || is_made || found.len() >= FILES_MAX {
                continue;
            }
            // Links are not followed: they may lead round in a circle.
            match path.symlink_metadata() {
                Ok(metadata) if metadata.is_dir() => folders.push(path),
                Ok(metadata) if metadata.is_file() => found.push(path),
                _ => {}
            }
        }
    }
    found
}

fn is_component(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "wasm")
}
