//! Tantivy's files in one folder, read by position and not mapped.
//!
//! Mapped files count as the process's memory for as long as the kernel likes, and merging touches every page of every
//! segment: an ingest's resident set would grow with its index. Here a file costs one small read-ahead window, which
//! makes the thousands of tiny neighbouring reads of a merge as cheap as they were when mapped. All access goes through
//! a cap-std folder, new files are their owner's alone, and the last failed write is remembered, since Tantivy does not
//! always hand it on.
//!
//! Two things are done otherwise than Tantivy asks, because each file would wait for the disk twice. A finished file is synced
//! behind, by [`Syncing`], and waited for before the list of segments that names it is written. And which files are Tantivy's is not
//! written down: all in the folder are.

use std::{
    fmt, fs,
    io::{self, BufWriter, Write},
    ops::Range,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use cap_std::{
    ambient_authority,
    fs::{Dir, OpenOptions},
};
use tantivy::{
    HasLen,
    directory::{
        AntiCallToken, Directory, DirectoryLock, FileHandle, Lock, OwnedBytes, TerminatingWrite, WatchCallback, WatchHandle, WritePtr,
        error::{DeleteError, LockError, OpenReadError, OpenWriteError},
    },
};

use super::syncing::Syncing;
use crate::{
    error::is_full_kind,
    objects::{make_private_folder, read_exact_at},
};

/// The first read of a file, and any that does not go on where the last one ended.
const WINDOW_BYTES_MIN: usize = 4 << 10;
/// Read-ahead grows to this while reads go on.
const WINDOW_BYTES_MAX: usize = 128 << 10;
/// Bytes gathered before a write.
const WRITE_BUFFER_BYTES: usize = 64 << 10;
/// Where Tantivy keeps the names of its files.
const MANAGED_FILES: &str = ".managed.json";

/// A folder of index files. Cloning shares it.
#[derive(Clone)]
pub(super) struct IndexFolder {
    folder: Arc<Dir>,
    path: Arc<PathBuf>,
    failure: Arc<Mutex<Option<io::Error>>>,
    syncing: Arc<Syncing>,
}

impl IndexFolder {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        make_private_folder(path)?;
        let folder = Dir::open_ambient_dir(path, ambient_authority())?;
        let failure = Arc::default();
        let syncing = Arc::new(Syncing::start(Arc::clone(&failure))?);
        Ok(Self { folder: Arc::new(folder), path: Arc::new(path.to_owned()), failure, syncing })
    }

    /// The write that failed since this was last asked, if any.
    pub(super) fn take_failure(&self) -> Option<io::Error> {
        lock(&self.failure).take()
    }

    /// What was written before is given up, whether it got to the disk or not.
    pub(super) fn forget_failures(&self) {
        self.syncing.forget_failure();
        self.take_failure();
    }

    /// Bytes of all files in it.
    pub(super) fn bytes(&self) -> io::Result<u64> {
        self.folder.entries()?.map(|entry| Ok(entry?.metadata().map_or(0, |metadata| metadata.len()))).sum()
    }

    /// Bytes of one file; 0 if it is not there.
    pub(super) fn file_bytes(&self, path: &Path) -> u64 {
        self.folder.metadata(path).map_or(0, |metadata| metadata.len())
    }

    /// The names of its files, as Tantivy reads them.
    fn list(&self) -> io::Result<Vec<u8>> {
        let names: io::Result<Vec<String>> =
            self.folder.entries()?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect();
        let names: Vec<String> = names?.into_iter().filter(|name| !name.starts_with('.')).collect();
        Ok(serde_json::to_vec(&names)?)
    }

    /// Writes a file anew, whole or not at all.
    fn replace(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        let unfinished = path.with_extension("new");
        let mut file = self.folder.open_with(&unfinished, private(OpenOptions::new().write(true).create(true).truncate(true)))?;
        file.write_all(data)?;
        file.sync_data()?;
        self.folder.rename(&unfinished, &self.folder, path)
    }

    fn remember<T>(&self, result: io::Result<T>) -> io::Result<T> {
        result.inspect_err(|error| remember(&self.failure, error))
    }
}

impl fmt::Debug for IndexFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IndexFolder({})", self.path.display())
    }
}

impl Directory for IndexFolder {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        let opened = self.folder.open(path).and_then(|file| {
            let len = file.metadata()?.len();
            Ok((file.into_std(), len))
        });
        let (file, len) = opened.map_err(|error| open_read_error(error, path))?;
        Ok(Arc::new(PositionedFile { file, len: len as usize, window: Mutex::default() }))
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.folder.remove_file(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => DeleteError::FileDoesNotExist(path.to_owned()),
            _ => DeleteError::IoError { io_error: Arc::new(error), filepath: path.to_owned() },
        })
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.folder.try_exists(path).map_err(|error| OpenReadError::wrap_io_error(error, path.to_owned()))
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        let opened = self.folder.open_with(path, private(OpenOptions::new().write(true).create_new(true)));
        let file = self.remember(opened).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => OpenWriteError::FileAlreadyExists(path.to_owned()),
            _ => OpenWriteError::wrap_io_error(error, path.to_owned()),
        })?;
        let file = SyncedFile { file: Arc::new(file.into_std()), failure: Arc::clone(&self.failure), syncing: Arc::clone(&self.syncing) };
        Ok(BufWriter::with_capacity(WRITE_BUFFER_BYTES, Box::new(file)))
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        let read = if path == Path::new(MANAGED_FILES) { self.list() } else { self.folder.read(path) };
        read.map_err(|error| open_read_error(error, path))
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        if path == Path::new(MANAGED_FILES) {
            return Ok(());
        }
        self.remember(self.replace(path, data))
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.syncing.wait()?;
        self.remember(self.folder.open(".").and_then(|folder| folder.sync_data()))
    }

    /// Locks the file by the kernel, so that a killed process leaves no lock behind.
    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        let file = self
            .folder
            .open_with(&lock.filepath, private(OpenOptions::new().write(true).create(true)))
            .map_err(LockError::wrap_io_error)?
            .into_std();
        if lock.is_blocking {
            file.lock().map_err(LockError::wrap_io_error)?;
        } else {
            file.try_lock().map_err(|error| match error {
                fs::TryLockError::WouldBlock => LockError::LockBusy,
                fs::TryLockError::Error(error) => LockError::wrap_io_error(error),
            })?;
        }
        Ok(DirectoryLock::from(Box::new(file)))
    }

    /// Nobody watches: the store reloads its reader itself, after each commit.
    fn watch(&self, _: WatchCallback) -> tantivy::Result<WatchHandle> {
        Ok(WatchHandle::empty())
    }
}

fn private(options: &mut OpenOptions) -> &OpenOptions {
    #[cfg(unix)]
    cap_std::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

fn open_read_error(error: io::Error, path: &Path) -> OpenReadError {
    match error.kind() {
        io::ErrorKind::NotFound => OpenReadError::FileDoesNotExist(path.to_owned()),
        _ => OpenReadError::wrap_io_error(error, path.to_owned()),
    }
}

/// Keeps the first failure, or the one that says the disk is full.
pub(super) fn remember(failure: &Mutex<Option<io::Error>>, error: &io::Error) {
    let mut kept = lock(failure);
    if kept.as_ref().is_none_or(|kept| !is_full_kind(kept)) {
        *kept = Some(error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error));
    }
}

/// What these locks guard is whole at every instant, so a panic elsewhere does not spoil it.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file being written; on its way to the disk when it is terminated.
struct SyncedFile {
    file: Arc<fs::File>,
    failure: Arc<Mutex<Option<io::Error>>>,
    syncing: Arc<Syncing>,
}

impl Write for SyncedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self.file).write(bytes).inspect_err(|error| remember(&self.failure, error))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl TerminatingWrite for SyncedFile {
    fn terminate_ref(&mut self, _: AntiCallToken) -> io::Result<()> {
        self.syncing.queue(Arc::clone(&self.file))
    }
}

/// A file being read, with the stretch read last.
struct PositionedFile {
    file: fs::File,
    len: usize,
    window: Mutex<Window>,
}

struct Window {
    start: usize,
    bytes: OwnedBytes,
    /// How much the next read that goes on from here takes.
    ahead_bytes: usize,
}

impl Default for Window {
    fn default() -> Self {
        Self { start: 0, bytes: OwnedBytes::empty(), ahead_bytes: WINDOW_BYTES_MIN }
    }
}

impl Window {
    fn get(&self, range: &Range<usize>) -> Option<OwnedBytes> {
        let (start, end) = (range.start.checked_sub(self.start)?, range.end.checked_sub(self.start)?);
        (end <= self.bytes.len()).then(|| self.bytes.slice(start..end))
    }

    fn goes_on(&self, range: &Range<usize>) -> bool {
        (self.start..=self.start + self.bytes.len() + WINDOW_BYTES_MIN).contains(&range.start)
    }
}

impl FileHandle for PositionedFile {
    fn read_bytes(&self, range: Range<usize>) -> io::Result<OwnedBytes> {
        if range.is_empty() {
            return Ok(OwnedBytes::empty());
        }
        if range.end > self.len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if range.len() > WINDOW_BYTES_MAX {
            return self.read(&range);
        }
        let mut window = lock(&self.window);
        if let Some(bytes) = window.get(&range) {
            return Ok(bytes);
        }
        window.ahead_bytes = if window.goes_on(&range) { (2 * window.ahead_bytes).min(WINDOW_BYTES_MAX) } else { WINDOW_BYTES_MIN };
        let end = range.end.max(range.start + window.ahead_bytes).min(self.len);
        (window.start, window.bytes) = (range.start, self.read(&(range.start..end))?);
        window.get(&range).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

impl PositionedFile {
    fn read(&self, range: &Range<usize>) -> io::Result<OwnedBytes> {
        let mut bytes = vec![0; range.len()];
        read_exact_at(&self.file, &mut bytes, range.start as u64)?;
        Ok(OwnedBytes::new(bytes))
    }
}

impl HasLen for PositionedFile {
    fn len(&self) -> usize {
        self.len
    }
}

impl fmt::Debug for PositionedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PositionedFile({} bytes)", self.len)
    }
}
