//! A leaf of a dump, as the visitor of [`walk`](crate::walk()) gets it.

use std::{
    io::{self, Read},
    sync::Arc,
};

use sluice_record::{InputKind, Part, limits};

use crate::{
    Blob,
    blob::read_full,
    encoding,
    error::{Fault, IntakeError},
};

/// A file inside a dump, or the dump itself, open for reading from its first byte on. Reading it is reading raw bytes, before
/// any decoding; data that breaks off ends as if it were whole, and the walk notes that it was not.
pub struct Member<'a> {
    name: String,
    size_hint: Option<u64>,
    head: Vec<u8>,
    head_at: usize,
    rest: Box<dyn Read + 'a>,
    blob: Option<Arc<dyn Blob>>,
    is_plain_dump: bool,
    is_entry: bool,
    joined: Option<Joined>,
    read_bytes: u64,
    bytes_max: u64,
    failed: Option<String>,
}

/// Of a member that was joined of several.
struct Joined {
    by: usize,
    parts: Vec<Part>,
    /// What the parts were decoded from, if they were.
    encoding: Option<String>,
    broken_up: bool,
}

/// What a plugin's probe is shown: each at most [`limits::SAMPLE_BYTES_MAX`] bytes.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Sample {
    /// The first bytes.
    pub head: Vec<u8>,
    /// The last ones; empty if the head has it all, or if they cannot be had without reading everything.
    pub tail: Vec<u8>,
}

impl<'a> Member<'a> {
    pub(crate) fn new(name: String, size_hint: Option<u64>, head: Vec<u8>, rest: Box<dyn Read + 'a>, bytes_max: u64) -> Self {
        Self {
            name,
            size_hint,
            head,
            head_at: 0,
            rest,
            blob: None,
            is_plain_dump: false,
            is_entry: false,
            joined: None,
            read_bytes: 0,
            bytes_max,
            failed: None,
        }
    }

    pub(crate) fn at_rest(mut self, blob: Arc<dyn Blob>, is_dump: bool) -> Self {
        self.blob = Some(blob);
        self.is_plain_dump = is_dump;
        self
    }

    /// It is in an archive.
    pub(crate) fn entry(mut self) -> Self {
        self.is_entry = true;
        self
    }

    pub(crate) const fn is_entry(&self) -> bool {
        self.is_entry
    }

    pub(crate) fn of_parts(mut self, by: usize, parts: Vec<Part>, encoding: Option<String>) -> Self {
        self.joined = Some(Joined { by, parts, encoding, broken_up: false });
        self
    }

    /// Whose word it was that the members which this one was joined of belong together; `None` if it is one by itself.
    pub fn grouped_by(&self) -> Option<usize> {
        self.joined.as_ref().map(|joined| joined.by)
    }

    /// The members it was joined of; none if it is one by itself.
    pub fn parts(&self) -> &[Part] {
        self.joined.as_ref().map_or(&[], |joined| &joined.parts)
    }

    /// Wants the members that it was joined of one by one: they are visited next.
    pub fn break_up(&mut self) {
        if let Some(joined) = &mut self.joined {
            joined.broken_up = true;
        }
    }

    pub(crate) fn is_broken_up(&self) -> bool {
        self.joined.as_ref().is_some_and(|joined| joined.broken_up)
    }

    /// What it was decoded from already.
    pub(crate) fn decoded_from(&self) -> Option<&str> {
        self.joined.as_ref()?.encoding.as_deref()
    }

    /// Its path within the dump, for display and for probing; it never names a file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Raw bytes it says it has. Not to be relied on.
    pub const fn size_hint(&self) -> Option<u64> {
        self.size_hint
    }

    /// Its first raw bytes, at most [`limits::SAMPLE_BYTES_MAX`]; fewer only if it has no more. Reading still begins at the first byte.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// Its last raw bytes, with the same bound, where they can be had without reading all before; never those in [`Self::head`].
    pub fn tail(&self) -> Result<Vec<u8>, IntakeError> {
        let Some(blob) = &self.blob else { return Ok(Vec::new()) };
        let len = blob.len();
        let start = len.saturating_sub(limits::SAMPLE_BYTES_MAX as u64).max(self.head.len() as u64);
        let mut tail = vec![0; usize::try_from(len - start.min(len)).unwrap_or_default()];
        let count = read_full(&**blob, start, &mut tail).map_err(IntakeError::from_read)?;
        tail.truncate(count);
        Ok(tail)
    }

    /// Head and tail as a plugin wants them: decoded to UTF-8 for `text`, raw for `bytes`.
    pub fn sample(&self, want: InputKind) -> Result<Sample, IntakeError> {
        let tail = self.tail()?;
        Ok(match want {
            InputKind::Bytes => Sample { head: self.head.clone(), tail },
            InputKind::Text => {
                let tail_start = self.blob.as_ref().map_or(0, |blob| blob.len()) - tail.len() as u64;
                let (head, tail) = encoding::decode_samples(&self.head, &tail, tail_start);
                Sample { head, tail }
            }
        })
    }

    /// Is it the dump itself, in no container? Then it may serve as it stands: see [`check_reference`](crate::check_reference()).
    pub const fn is_plain_dump(&self) -> bool {
        self.is_plain_dump
    }

    /// Refuses it; the walk will note why.
    pub fn refuse(&mut self, reason: impl Into<String>) {
        self.failed.get_or_insert(reason.into());
    }

    pub(crate) const fn blob(&self) -> Option<&Arc<dyn Blob>> {
        self.blob.as_ref()
    }

    pub(crate) const fn failed(&self) -> Option<&String> {
        self.failed.as_ref()
    }
}

impl Read for Member<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let head = &self.head[self.head_at..];
        let count = if head.is_empty() {
            match self.rest.read(buf) {
                Ok(count) => count,
                Err(error) => {
                    if Fault::is_in(&error) {
                        self.failed.get_or_insert_with(|| error.to_string());
                    }
                    return Err(error);
                }
            }
        } else {
            let count = head.len().min(buf.len());
            buf[..count].copy_from_slice(&head[..count]);
            self.head_at += count;
            count
        };
        self.read_bytes += count as u64;
        if self.read_bytes > self.bytes_max {
            let reason = format!("it has more than {} bytes", self.bytes_max);
            self.failed.get_or_insert_with(|| reason.clone());
            return Err(io::Error::other(Fault::Member(reason)));
        }
        Ok(count)
    }
}
