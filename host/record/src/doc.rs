//! Documents on their way to the record store: many records in three flat arrays, so that a batch costs three
//! allocations and not one a value.

use crate::{DataClasses, FieldKind, LoadId, MemberId, TaskId};

/// The tag of a website's domain, which protect makes of a URL: documents alone have it, and no event may.
pub const WEBSITE_TAG: u8 = 63;
/// The name of such a value.
pub const WEBSITE_NAME: &str = "website_domain";

/// One value of a document.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FieldRef {
    /// As an event's: a field kind (16–63) or a named column (128–255); or [`WEBSITE_TAG`]. Never a secret's.
    pub tag: u8,
    start: u32,
    len: u32,
}

#[derive(Clone, Copy, Debug)]
struct Head {
    offset: u64,
    len: u32,
    classes: DataClasses,
    fields_start: u32,
}

/// A batch of documents of one task. Built with [`DocBatch::begin`], read with [`DocBatch::docs`].
#[derive(Clone, Debug)]
pub struct DocBatch {
    /// The load they belong to.
    pub load: LoadId,
    /// The staged member they were read from.
    pub member: MemberId,
    /// The task that writes them: the key that makes a second write harmless.
    pub task: TaskId,
    heads: Vec<Head>,
    fields: Vec<FieldRef>,
    text: String,
    /// Names of the columns 128…, by index.
    columns: Vec<String>,
}

impl DocBatch {
    /// An empty one.
    pub const fn new(load: LoadId, member: MemberId, task: TaskId) -> Self {
        Self { load, member, task, heads: Vec::new(), fields: Vec::new(), text: String::new(), columns: Vec::new() }
    }

    /// Documents in it.
    pub fn len(&self) -> usize {
        self.heads.len()
    }

    /// None?
    pub fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    /// Bytes it takes, more or less.
    pub fn bytes(&self) -> usize {
        self.text.len() + self.heads.len() * size_of::<Head>() + self.fields.len() * size_of::<FieldRef>()
    }

    /// Names a column tag (128–255) for the documents of this batch.
    pub fn name_column(&mut self, tag: u8, name: &str) {
        let index = usize::from(tag.saturating_sub(crate::Tag::EXTRA_MIN));
        if self.columns.len() <= index {
            self.columns.resize(index + 1, String::new());
        }
        name.clone_into(&mut self.columns[index]);
    }

    /// Begins a document: the byte range of its raw row in the staged member.
    pub fn begin(&mut self, offset: u64, len: u32) -> DocWriter<'_> {
        let fields_start = self.fields.len() as u32;
        self.heads.push(Head { offset, len, classes: DataClasses::default(), fields_start });
        DocWriter { batch: self }
    }

    /// Forgets the documents, keeps the memory and the columns' names.
    pub fn clear(&mut self) {
        self.heads.clear();
        self.fields.clear();
        self.text.clear();
    }

    /// One document.
    pub fn doc(&self, index: usize) -> Doc<'_> {
        let head = &self.heads[index];
        let end = self.heads.get(index + 1).map_or(self.fields.len(), |next| next.fields_start as usize);
        Doc {
            batch: self,
            offset: head.offset,
            len: head.len,
            classes: head.classes,
            fields: &self.fields[head.fields_start as usize..end],
        }
    }

    /// All documents.
    pub fn docs(&self) -> impl ExactSizeIterator<Item = Doc<'_>> {
        (0..self.len()).map(|index| self.doc(index))
    }
}

/// Fills one document.
#[derive(Debug)]
pub struct DocWriter<'a> {
    batch: &'a mut DocBatch,
}

impl DocWriter<'_> {
    /// Sets the kinds of field the record had, kept or not.
    pub fn classes(&mut self, classes: DataClasses) {
        if let Some(head) = self.batch.heads.last_mut() {
            head.classes = classes;
        }
    }

    /// The name of a column tag (128–255).
    pub fn column(&self, tag: u8) -> &str {
        self.batch.columns.get(usize::from(tag.saturating_sub(crate::Tag::EXTRA_MIN))).map_or("", String::as_str)
    }

    /// Adds a value.
    pub fn field(&mut self, tag: u8, value: &str) {
        let start = self.batch.text.len() as u32;
        self.batch.text.push_str(value);
        self.batch.fields.push(FieldRef { tag, start, len: value.len() as u32 });
    }
}

/// One document.
#[derive(Clone, Copy, Debug)]
pub struct Doc<'a> {
    batch: &'a DocBatch,
    /// First byte of the raw row in the staged member.
    pub offset: u64,
    /// Bytes of the raw row.
    pub len: u32,
    /// Kinds of field the record had, kept or not.
    pub classes: DataClasses,
    fields: &'a [FieldRef],
}

impl<'a> Doc<'a> {
    /// Its values, in the record's order: tag and canonical text.
    pub fn fields(&self) -> impl ExactSizeIterator<Item = (u8, &'a str)> + use<'a> {
        let batch = self.batch;
        self.fields.iter().map(move |field| (field.tag, &batch.text[field.start as usize..(field.start + field.len) as usize]))
    }

    /// The first value of a kind.
    pub fn get(&self, kind: FieldKind) -> Option<&'a str> {
        self.fields().find(|(tag, _)| *tag == kind.tag()).map(|(_, value)| value)
    }

    /// The name of a column tag (128–255).
    pub fn column(&self, tag: u8) -> &'a str {
        self.batch.columns.get(usize::from(tag.saturating_sub(crate::Tag::EXTRA_MIN))).map_or("", String::as_str)
    }
}
