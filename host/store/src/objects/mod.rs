//! The object store: dumps, staged members, runs, ranges, reject logs and plugin blobs, each one immutable object.
//!
//! A thin layer over the `object_store` crate: keys by the house's words ([`keys`]), uploads with a bounded buffer of
//! which nothing is visible before [`Upload::finish`], and blocking adapters for the worker's threads, which read a
//! local object by position and pay for no async hop. Regions have stores of their own beside the one that all share: a key says
//! in which one its object is (`region/NAME/KEY`), so that whoever has a key needs to know nothing else. Deliberately not here:
//! caching, compression, copies from one region to another, and what the objects mean.

pub mod keys;
mod read;
mod remote;
mod write;

use std::{
    collections::{BTreeMap, BTreeSet},
    iter,
    ops::Range,
    path::Path,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use cap_std::{
    ambient_authority,
    fs::{Dir, DirEntry},
};
use futures::{StreamExt, TryStreamExt};
use object_store::{ObjectStore, ObjectStoreExt, PutMode, local::LocalFileSystem, path::Path as Key};
use sluice_record::{Frame, join_region, split_region};

pub(crate) use read::read_exact_at;
pub use read::{BlockingObject, ObjectReader};
pub use write::{ObjectWriter, PART_BYTES, PARTS_IN_FLIGHT_MAX, Upload};

use crate::StoreError;

/// The object store, with those of regions beside it. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Objects {
    shared: Arc<Place>,
    regions: Arc<BTreeMap<String, Arc<Place>>>,
    /// The region that this process is in.
    region: Option<Arc<str>>,
    buffers: Arc<write::Buffers>,
}

/// One store.
#[derive(Debug)]
struct Place {
    store: Arc<dyn ObjectStore>,
    /// Where it is, as it may be shown.
    shown: String,
    /// The folder itself, if the store is one: blocking readers open its files and nothing outside it.
    folder: Option<Dir>,
}

/// Bytes in one chunk of a streamed object are the engine's to choose; this is how many deletes run at once.
const DELETES_IN_FLIGHT_MAX: usize = 16;

impl Objects {
    /// A local folder, made with owner-only rights if it is not there. Whatever put and finish have confirmed is on the disk, its
    /// name as well: the catalogue may say that it exists.
    ///
    /// # Errors
    /// If the folder cannot be made or opened.
    pub fn local(path: &Path) -> Result<Self, StoreError> {
        let failed = |source: std::io::Error| StoreError::from_source(format!("opening the object folder {}", path.display()), source);
        make_private_folder(path).map_err(failed)?;
        let folder = Dir::open_ambient_dir(path, ambient_authority()).map_err(failed)?;
        let store = LocalFileSystem::new_with_prefix(path)
            .map_err(|error| from_engine("opening the object folder", "the object folder", error))?
            .with_automatic_cleanup(true)
            .with_fsync(true);
        Ok(Self::at(Place { store: Arc::new(store), shown: path.to_string_lossy().into(), folder: Some(folder) }))
    }

    fn at(place: Place) -> Self {
        Self { shared: Arc::new(place), regions: Arc::default(), region: None, buffers: Arc::default() }
    }

    /// With the stores of regions beside it, in one of which this process is, or in none.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] if the process's region has no store.
    pub fn with_regions(self, regions: impl IntoIterator<Item = (String, Self)>, own: Option<&str>) -> Result<Self, StoreError> {
        let regions: BTreeMap<_, _> = regions.into_iter().map(|(name, objects)| (name, objects.shared)).collect();
        if let Some(name) = own.filter(|name| !regions.contains_key(*name)) {
            return Err(unknown_region(name));
        }
        Ok(Self { regions: Arc::new(regions), region: own.map(Into::into), ..self })
    }

    /// A key of this process's region, for what is large and read again near by; without a region the key itself.
    pub fn near(&self, key: &str) -> String {
        self.region.as_ref().map_or_else(|| key.to_owned(), |region| join_region(region, key))
    }

    /// Where what all regions share is, as it may be shown.
    pub fn place(&self) -> &str {
        &self.shared.shown
    }

    /// The store that has a key's object, and the key there.
    fn find(&self, key: &str) -> Result<(&Arc<Place>, Key), StoreError> {
        let (place, rest) = match split_region(key) {
            None => (&self.shared, key),
            Some((region, rest)) => (self.regions.get(region).ok_or_else(|| unknown_region(region))?, rest),
        };
        Ok((place, parse_key(rest)?))
    }

    /// Every store there is, and what a key in it begins with.
    fn places(&self) -> impl Iterator<Item = (String, &Place)> {
        let regions = self.regions.iter().map(|(region, place)| (join_region(region, ""), place.as_ref()));
        iter::once((String::new(), self.shared.as_ref())).chain(regions)
    }

    /// What a URL names: `file:///path` or a plain path, `s3://bucket/prefix` and whatever else the `object_store` crate knows, with
    /// its options (`aws_endpoint` …); of those, what is none of that store's is passed over. Nothing is asked of the store yet.
    ///
    /// # Errors
    /// As [`Objects::local`]; [`StoreError::Invalid`] for a URL that names no store, or options that do not make one.
    pub fn open_url(url: &str, options: impl IntoIterator<Item = (String, String)>) -> Result<Self, StoreError> {
        let path = match url.split_once("://") {
            None => url,
            Some(("file", path)) => path,
            Some(_) => return remote::open(url, options),
        };
        Self::local(Path::new(path))
    }

    /// Stores a small object unless there is one: `false` if there is. Of several who do so at once one succeeds.
    ///
    /// # Errors
    /// As [`Objects::put`].
    pub async fn create(&self, key: &str, bytes: Bytes) -> Result<bool, StoreError> {
        let (place, inner) = self.find(key)?;
        match place.store.put_opts(&inner, bytes.into(), PutMode::Create.into()).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::AlreadyExists { .. }) => Ok(false),
            Err(error) => Err(from_engine(key, key, error)),
        }
    }

    /// Stores a small object in one go, replacing what was there.
    ///
    /// # Errors
    /// [`StoreError::Full`] or [`StoreError::Unavailable`]; nothing half-written is visible.
    pub async fn put(&self, key: &str, bytes: Bytes) -> Result<Frame, StoreError> {
        let frame = Frame { key: key.into(), bytes: bytes.len() as u64 };
        let (place, inner) = self.find(key)?;
        place.store.put(&inner, bytes.into()).await.map_err(|error| from_engine(key, key, error))?;
        Ok(frame)
    }

    /// Begins a streamed object. It is visible after [`Upload::finish`] and never before.
    ///
    /// # Errors
    /// As [`Objects::put`].
    pub async fn upload(&self, key: &str) -> Result<Upload, StoreError> {
        let (place, inner) = self.find(key)?;
        let multipart = place.store.put_multipart(&inner).await.map_err(|error| from_engine(key, key, error))?;
        Ok(Upload::new(key, multipart, Arc::clone(&self.buffers)))
    }

    /// A blocking writer for a thread that is no async one; blocks while the store is behind. Must be called within a
    /// tokio runtime, whose handle it keeps.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a key that is none; the rest comes from its writes and from [`ObjectWriter::finish`].
    pub fn writer(&self, key: &str) -> Result<ObjectWriter, StoreError> {
        self.find(key)?;
        Ok(ObjectWriter::new(self.clone(), key, tokio::runtime::Handle::current()))
    }

    /// A whole object of at most `bytes_max`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Unavailable`]; [`StoreError::Invalid`] if it is larger.
    pub async fn get(&self, key: &str, bytes_max: u64) -> Result<Bytes, StoreError> {
        let (place, inner) = self.find(key)?;
        let found = place.store.get(&inner).await.map_err(|error| from_engine("reading an object", key, error))?;
        if found.meta.size > bytes_max {
            return Err(StoreError::Invalid(format!("{key} has {} bytes, more than the {bytes_max} it may have here", found.meta.size)));
        }
        found.bytes().await.map_err(|error| from_engine("reading an object", key, error))
    }

    /// A stretch of an object.
    ///
    /// # Errors
    /// As [`Objects::get`].
    pub async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes, StoreError> {
        let (place, inner) = self.find(key)?;
        place.store.get_range(&inner, range).await.map_err(|error| from_engine("reading an object", key, error))
    }

    /// An object as a stream of chunks.
    ///
    /// # Errors
    /// As [`Objects::get`], now or from the stream.
    pub async fn stream(&self, key: &str) -> Result<impl futures::Stream<Item = Result<Bytes, StoreError>> + Send + use<>, StoreError> {
        let (place, inner) = self.find(key)?;
        let found = place.store.get(&inner).await.map_err(|error| from_engine("reading an object", key, error))?;
        let key = key.to_owned();
        Ok(found.into_stream().map_err(move |error| from_engine("reading an object", &key, error)))
    }

    /// Is an object, if there is one, in a folder on this machine?
    pub(crate) fn is_local(&self, key: &str) -> bool {
        let place = split_region(key).map_or(Some(&self.shared), |(region, _)| self.regions.get(region));
        place.is_some_and(|place| place.folder.is_some())
    }

    /// The file of an object of a local store; blocks.
    pub(crate) fn open_file(&self, key: &str) -> std::io::Result<std::fs::File> {
        let (place, inner) = self.find(key)?;
        let folder = place.folder.as_ref().ok_or(std::io::ErrorKind::Unsupported)?;
        Ok(folder.open(inner.as_ref())?.into_std())
    }

    /// Opens an object for blocking reads by position, from any thread. Must be called within a tokio runtime unless
    /// the store is a local folder.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Unavailable`].
    pub fn open(&self, frame: &Frame) -> Result<BlockingObject, StoreError> {
        let (place, inner) = self.find(&frame.key)?;
        match &place.folder {
            Some(folder) => BlockingObject::local(folder, &inner, frame),
            None => Ok(BlockingObject::remote(self.clone(), frame.clone(), tokio::runtime::Handle::current())),
        }
    }

    /// An object's length in bytes, `None` if there is no such object.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn size(&self, key: &str) -> Result<Option<u64>, StoreError> {
        let (place, inner) = self.find(key)?;
        match place.store.head(&inner).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(from_engine("asking for an object", key, error)),
        }
    }

    /// Is there such an object?
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn exists(&self, key: &str) -> Result<bool, StoreError> {
        Ok(self.size(key).await?.is_some())
    }

    /// Objects below a folder of keys, in whichever region, sorted by key.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn list(&self, folder: &str) -> Result<Vec<Frame>, StoreError> {
        let prefix = parse_key(folder)?;
        let mut frames = vec![];
        for (head, place) in self.places() {
            let found = place.store.list(Some(&prefix)).map_ok(|meta| Frame { key: format!("{head}{}", meta.location), bytes: meta.size });
            frames.extend(found.try_collect::<Vec<_>>().await.map_err(|error| from_engine("listing objects", folder, error))?);
        }
        frames.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        Ok(frames)
    }

    /// Deletes an object; that there is none is no error, so that doing it twice is as doing it once.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete(&self, key: &str) -> Result<(), StoreError> {
        let (place, inner) = self.find(key)?;
        match place.store.delete(&inner).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(from_engine("deleting an object", key, error)),
        }
    }

    /// Deletes every object below a folder of keys, in whichever region.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; some may be gone then, and doing it again takes the rest.
    pub async fn delete_folder(&self, folder: &str) -> Result<(), StoreError> {
        let frames = self.list(folder).await?;
        futures::stream::iter(frames)
            .map(|frame| async move { self.delete(&frame.key).await })
            .buffer_unordered(DELETES_IN_FLIGHT_MAX)
            .try_collect()
            .await
    }

    /// Deletes what killed processes left of unfinished uploads, to which nobody has written for so long: for the start of
    /// the one process that writes to the store none, of several more than an upload pauses. Cloud stores expire theirs by a rule of the
    /// bucket.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_unfinished(&self, age: Duration) -> Result<(), StoreError> {
        let places: Vec<_> = self.regions.values().chain([&self.shared]).cloned().collect();
        let sweep = move || {
            let mut folders = places.iter().filter_map(|place| place.folder.as_ref());
            folders.try_for_each(|folder| delete_staged_files(folder, age, FOLDER_DEPTH_MAX))
        };
        let swept = tokio::task::spawn_blocking(sweep).await.map_err(std::io::Error::from).flatten();
        swept.map_err(|error| StoreError::from_source("deleting unfinished uploads", error))
    }

    /// Can the store be written and read, and that of the process's own region? What `ready` asks.
    ///
    /// # Errors
    /// As [`Objects::put`].
    pub async fn health(&self) -> Result<(), StoreError> {
        for key in BTreeSet::from([keys::HEALTH.to_owned(), self.near(keys::HEALTH)]) {
            self.put(&key, Bytes::from_static(b"well")).await?;
            self.delete(&key).await?;
        }
        Ok(())
    }
}

/// Folders within folders that keys make at most.
const FOLDER_DEPTH_MAX: u32 = 8;

/// The local engine writes to `<key>#<number>` and renames at the end; no key of ours has a `#`.
fn delete_staged_files(folder: &Dir, age: Duration, depth_left: u32) -> std::io::Result<()> {
    for entry in folder.entries()? {
        let entry = entry?;
        if entry.file_type()?.is_dir() && depth_left > 0 {
            delete_staged_files(&entry.open_dir()?, age, depth_left - 1)?;
        } else if entry.file_name().as_encoded_bytes().contains(&b'#') && is_older(&entry, age)? {
            entry.remove_file()?;
        }
    }
    Ok(())
}

/// One that is gone by now was finished.
fn is_older(entry: &DirEntry, age: Duration) -> std::io::Result<bool> {
    match entry.metadata().and_then(|metadata| metadata.modified()) {
        Ok(modified) => Ok(modified.into_std().elapsed().unwrap_or_default() >= age),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes a folder and those above it, readable by their owner alone.
pub(crate) fn make_private_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn unknown_region(name: &str) -> StoreError {
    StoreError::Invalid(format!("no store of region `{name}` is known here: name it under [objects.regions.{name}]"))
}

fn parse_key(key: &str) -> Result<Key, StoreError> {
    Key::parse(key).map_err(|_| StoreError::Invalid("an object's key has an empty, relative or reserved part".into()))
}

fn from_engine(doing: &str, key: &str, error: object_store::Error) -> StoreError {
    match error {
        object_store::Error::NotFound { .. } => StoreError::NotFound { what: key.into() },
        error => StoreError::from_source(doing, error),
    }
}
