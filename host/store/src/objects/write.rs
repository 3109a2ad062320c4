//! Streamed writes: parts of a bounded size, few of them in flight, and nothing to be seen before the end.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::{Bytes, BytesMut};
use futures::stream::{FuturesUnordered, TryStreamExt};
use object_store::{MultipartUpload, UploadPart};
use sluice_record::Frame;
use tokio::{runtime::Handle, task::JoinHandle};

use super::{Objects, from_engine};
use crate::StoreError;

/// Bytes of one part: what S3 asks for at least, and a good write for a disk.
pub const PART_BYTES: usize = 5 << 20;
/// Parts on their way at once: an upload holds this many and one that is being filled.
pub const PARTS_IN_FLIGHT_MAX: usize = 2;

/// Buffers of parts that are used again, by all uploads: a part is freed by another thread than the one that made it, and allocators are
/// slow to give such memory back.
#[derive(Debug, Default)]
pub(super) struct Buffers(Mutex<Vec<BytesMut>>);

/// Buffers that are kept while nobody needs them.
const BUFFERS_SPARE_MAX: usize = 4;

impl Buffers {
    fn take(&self) -> BytesMut {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_else(|| BytesMut::with_capacity(PART_BYTES))
    }

    /// Takes a part's buffer back, if nobody else has it any more.
    fn give(&self, part: Bytes) {
        let Ok(mut buffer) = part.try_into_mut() else { return };
        buffer.clear();
        let mut spare = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < BUFFERS_SPARE_MAX && buffer.capacity() >= PART_BYTES {
            spare.push(buffer);
        }
    }
}

/// An object while it is written. Dropped before [`Upload::finish`], it leaves nothing.
#[derive(Debug)]
pub struct Upload {
    key: String,
    multipart: Box<dyn MultipartUpload>,
    buffers: Arc<Buffers>,
    buffer: BytesMut,
    in_flight: FuturesUnordered<InFlight>,
    bytes: u64,
    done: bool,
}

/// A part on its way; it runs on the runtime whether it is waited for or not.
type InFlight = JoinHandle<object_store::Result<Bytes>>;

impl Upload {
    pub(super) fn new(key: &str, multipart: Box<dyn MultipartUpload>, buffers: Arc<Buffers>) -> Self {
        Self { key: key.into(), multipart, buffers, buffer: BytesMut::new(), in_flight: FuturesUnordered::new(), bytes: 0, done: false }
    }

    /// Adds bytes; waits while [`PARTS_IN_FLIGHT_MAX`] parts are on their way.
    ///
    /// # Errors
    /// [`StoreError::Full`] or [`StoreError::Unavailable`]; the upload is of no use then.
    pub async fn write(&mut self, mut bytes: &[u8]) -> Result<(), StoreError> {
        self.bytes += bytes.len() as u64;
        while !bytes.is_empty() {
            if self.buffer.is_empty() {
                self.buffer = self.buffers.take();
            }
            let (taken, rest) = bytes.split_at(bytes.len().min(PART_BYTES - self.buffer.len()));
            self.buffer.extend_from_slice(taken);
            bytes = rest;
            if self.buffer.len() == PART_BYTES {
                self.send_part().await?;
            }
        }
        Ok(())
    }

    async fn send_part(&mut self) -> Result<(), StoreError> {
        while self.in_flight.len() >= PARTS_IN_FLIGHT_MAX {
            self.wait_for_part().await?;
        }
        let part = std::mem::take(&mut self.buffer).freeze();
        let put: UploadPart = self.multipart.put_part(part.clone().into());
        self.in_flight.push(tokio::spawn(async move { put.await.map(|()| part) }));
        Ok(())
    }

    async fn wait_for_part(&mut self) -> Result<(), StoreError> {
        match self.in_flight.try_next().await {
            Ok(None) => Ok(()),
            Ok(Some(Ok(part))) => {
                self.buffers.give(part);
                Ok(())
            }
            Ok(Some(Err(error))) => Err(from_engine(&self.key, &self.key, error)),
            Err(error) => Err(StoreError::from_source(self.key.clone(), error)),
        }
    }

    /// Makes the object visible, whole.
    ///
    /// # Errors
    /// As [`Upload::write`]; nothing is visible then.
    pub async fn finish(mut self) -> Result<Frame, StoreError> {
        if !self.buffer.is_empty() {
            self.send_part().await?;
        }
        while !self.in_flight.is_empty() {
            self.wait_for_part().await?;
        }
        self.multipart.complete().await.map_err(|error| from_engine(&self.key, &self.key, error))?;
        self.done = true;
        Ok(Frame { key: std::mem::take(&mut self.key), bytes: self.bytes })
    }

    /// Gives the upload up and waits until its parts are gone; dropping it does the same in the background.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the parts could not be deleted.
    pub async fn abort(mut self) -> Result<(), StoreError> {
        self.done = true;
        while self.in_flight.try_next().await.is_ok_and(|part| part.is_some()) {}
        self.multipart.abort().await.map_err(|error| from_engine(&self.key, &self.key, error))
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let Ok(runtime) = Handle::try_current() else { return };
        if !self.done {
            let mut multipart = std::mem::replace(&mut self.multipart, Box::new(Gone));
            let parts: Vec<InFlight> = std::mem::take(&mut self.in_flight).into_iter().collect();
            runtime.spawn(async move {
                futures::future::join_all(parts).await;
                if let Err(error) = multipart.abort().await {
                    tracing::warn!(%error, "an unfinished upload could not be taken back");
                }
            });
        }
    }
}

/// Stands where an upload was that has been handed on to be aborted.
#[derive(Debug)]
struct Gone;

#[async_trait::async_trait]
impl MultipartUpload for Gone {
    fn put_part(&mut self, _: object_store::PutPayload) -> UploadPart {
        Box::pin(std::future::ready(Err(object_store::Error::NotImplemented { operation: "put_part".into(), implementer: "Gone".into() })))
    }

    async fn complete(&mut self) -> object_store::Result<object_store::PutResult> {
        Err(object_store::Error::NotImplemented { operation: "complete".into(), implementer: "Gone".into() })
    }

    async fn abort(&mut self) -> object_store::Result<()> {
        Ok(())
    }
}

/// A blocking writer over an [`Upload`], for threads that are not the runtime's own.
#[derive(Debug)]
pub struct ObjectWriter {
    objects: Objects,
    key: String,
    runtime: Handle,
    /// Made with the first full part: an object that fits one part is put in one go.
    upload: Option<Upload>,
    buffer: Vec<u8>,
}

/// Bytes gathered before the calling thread waits on the runtime.
const WRITER_BUFFER_BYTES: usize = 1 << 20;

impl ObjectWriter {
    pub(super) fn new(objects: Objects, key: &str, runtime: Handle) -> Self {
        Self { objects, key: key.into(), runtime, upload: None, buffer: Vec::new() }
    }

    fn send(&mut self) -> Result<(), StoreError> {
        let upload = match &mut self.upload {
            Some(upload) => upload,
            empty => empty.insert(self.runtime.block_on(self.objects.upload(&self.key))?),
        };
        self.runtime.block_on(upload.write(&self.buffer))?;
        self.buffer.clear();
        Ok(())
    }

    /// Makes the object visible, whole.
    ///
    /// # Errors
    /// [`StoreError::Full`] or [`StoreError::Unavailable`]; nothing is visible then.
    pub fn finish(self) -> Result<Frame, StoreError> {
        let runtime = self.runtime.clone();
        runtime.block_on(self.finishing())
    }

    /// As [`ObjectWriter::finish`], but on the runtime: who wrote it goes on meanwhile.
    pub fn finish_behind(self) -> JoinHandle<Result<Frame, StoreError>> {
        let runtime = self.runtime.clone();
        runtime.spawn(self.finishing())
    }

    fn finishing(mut self) -> impl Future<Output = Result<Frame, StoreError>> + Send + 'static {
        let (objects, key) = (self.objects.clone(), std::mem::take(&mut self.key));
        let (upload, rest) = (self.upload.take(), std::mem::take(&mut self.buffer));
        async move {
            match upload {
                Some(mut upload) => {
                    upload.write(&rest).await?;
                    upload.finish().await
                }
                None => objects.put(&key, rest.into()).await,
            }
        }
    }
}

impl Write for ObjectWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.len() + bytes.len() > WRITER_BUFFER_BYTES {
            if !self.buffer.is_empty() {
                self.send()?;
            }
            if bytes.len() >= WRITER_BUFFER_BYTES {
                self.buffer.extend_from_slice(&bytes[..WRITER_BUFFER_BYTES]);
                self.send()?;
                return Ok(WRITER_BUFFER_BYTES);
            }
        }
        self.buffer.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    /// Does nothing: an object is flushed by [`ObjectWriter::finish`].
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for ObjectWriter {
    fn drop(&mut self) {
        let _runtime = self.runtime.enter(); // an unfinished upload takes its parts back there
        self.upload = None;
    }
}
