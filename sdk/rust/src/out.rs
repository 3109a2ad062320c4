//! Where a parser says what it found.

use sluice_record::{Event, FieldKind, HashKind, Tag};

/// Events kept before they are handed to the host.
const EVENTS_BUFFERED: usize = 8 << 10;
/// Arena bytes kept before they are handed to the host.
const ARENA_BYTES_BUFFERED: usize = 64 << 10;

/// Takes events and their arena; each call has an arena of its own.
pub(crate) type Emit<'a> = &'a mut dyn FnMut(&[u64], &[u8]);

/// The buffers of an [`Out`], kept from push to push.
#[derive(Default)]
#[doc(hidden)]
pub struct Buffers {
    events: Vec<u64>,
    arena: Vec<u8>,
    columns: u8,
}

/// Where a parser says what it found: records, skips and rejects that tile what it consumes, in input order.
///
/// Values and rows are given as slices. A slice of the input crosses into the host as a span; anything else is copied.
pub struct Out<'a> {
    input: &'a [u8],
    buffers: &'a mut Buffers,
    emit: Emit<'a>,
}

impl<'a> Out<'a> {
    pub(crate) fn new(input: &'a [u8], buffers: &'a mut Buffers, emit: Emit<'a>) -> Self {
        if buffers.events.capacity() == 0 {
            buffers.events.reserve(EVENTS_BUFFERED + 512);
        }
        Self { input, buffers, emit }
    }

    /// The offset of a slice in the input, if it is one of it.
    #[inline(always)]
    fn offset_of(&self, value: &[u8]) -> Option<u32> {
        let at = (value.as_ptr() as usize).wrapping_sub(self.input.as_ptr() as usize);
        (at <= self.input.len() && value.len() <= self.input.len() - at).then_some(at as u32)
    }

    #[inline(always)]
    fn value(&mut self, tag: u8, value: &[u8]) {
        let event = match self.offset_of(value) {
            Some(offset) => Event::new(tag, offset, value.len() as u32, false),
            None => self.copied(tag, value),
        };
        self.buffers.events.push(event.0);
    }

    #[cold]
    fn copied(&mut self, tag: u8, value: &[u8]) -> Event {
        let offset = self.buffers.arena.len() as u32;
        self.buffers.arena.extend_from_slice(value);
        Event::new(tag, offset, value.len() as u32, true)
    }

    #[inline(always)]
    fn row(&mut self, tag: Tag, row: &[u8]) {
        if self.buffers.events.len() >= EVENTS_BUFFERED || self.buffers.arena.len() >= ARENA_BYTES_BUFFERED {
            self.flush();
        }
        let offset = self.offset_of(row).unwrap_or_else(foreign_row);
        self.buffers.events.push(Event::new(tag.0, offset, row.len() as u32, false).0);
    }

    /// Begins a record: `row` is its whole raw row, line end included. Its values follow; [`Record::end`] ends it.
    #[inline(always)]
    pub fn record(&mut self, row: &[u8]) -> Record<'_, 'a> {
        self.row(Tag::RECORD, row);
        Record { start: self.buffers.events.len() - 1, out: self }
    }

    /// A stretch that is nobody's data: header, comment, blank line. Stretches that touch become one.
    #[inline]
    pub fn skip(&mut self, row: &[u8]) {
        if row.is_empty() {
            return;
        }
        let offset = self.offset_of(row);
        if let (Some(last), Some(offset)) = (self.buffers.events.last_mut(), offset) {
            let event = Event(*last);
            let span = event.span();
            let len = span.len as usize + row.len();
            if event.tag() == Tag::SKIP.0 && span.offset + span.len == offset && len <= Event::LEN_MAX as usize {
                *last = Event::new(Tag::SKIP.0, span.offset, len as u32, false).0;
                return;
            }
        }
        self.row(Tag::SKIP, row);
    }

    /// A row that could not be read, and why: a short kebab-case code, never a value of the input.
    pub fn reject(&mut self, row: &[u8], reason: &'static str) {
        if row.is_empty() {
            return;
        }
        self.row(Tag::REJECT, row);
        let event = self.copied(Tag::REASON.0, reason.as_bytes());
        self.buffers.events.push(event.0);
    }

    /// Names a column that is none of the standard kinds; a chunk may have up to 128 of them, further ones are `None`.
    pub fn column(&mut self, name: &[u8]) -> Option<Column> {
        let tag = Tag::EXTRA_MIN.checked_add(self.buffers.columns)?;
        self.buffers.columns += 1;
        let mut end = name.len().min(sluice_record::limits::COLUMN_NAME_BYTES_MAX);
        while end > 0 && std::str::from_utf8(&name[..end]).is_err() {
            end -= 1;
        }
        let mut named = Vec::with_capacity(end + 1);
        named.push(tag);
        named.extend_from_slice(&name[..end]);
        let event = self.copied(Tag::COLUMN.0, &named);
        self.buffers.events.push(event.0);
        Some(Column(tag))
    }

    pub(crate) fn flush(&mut self) {
        if !self.buffers.events.is_empty() {
            (self.emit)(&self.buffers.events, &self.buffers.arena);
            self.buffers.events.clear();
            self.buffers.arena.clear();
        }
    }
}

#[cold]
fn foreign_row() -> u32 {
    panic!("a row is a slice of the push's input")
}

/// A column the parser named with [`Out::column`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Column(pub(crate) u8);

impl Column {
    /// The event tag.
    pub fn tag(self) -> u8 {
        self.0
    }
}

/// One record, being filled. Empty values are left out.
#[must_use = "a record is finished with `end` or given up with `abandon`"]
pub struct Record<'o, 'a> {
    out: &'o mut Out<'a>,
    start: usize,
}

macro_rules! setters {
    ($($name:ident $kind:ident),* $(,)?) => {$(
        #[doc = concat!("Adds `", stringify!($name), "`.")]
        #[inline(always)]
        pub fn $name(self, value: &[u8]) -> Self {
            self.field(FieldKind::$kind, value)
        }
    )*};
}

impl Record<'_, '_> {
    setters! {
        email Email, username Username, password Password, salt Salt, full_name FullName, first_name FirstName, last_name LastName,
        phone Phone, ip Ip, dob Dob, gender Gender, address Address, city City, region Region, postal_code PostalCode,
        country Country, url Url, employer Employer, job_title JobTitle, user_agent UserAgent, created_at CreatedAt,
        last_login_at LastLoginAt, user_id UserId,
    }

    /// Adds a value of a standard kind.
    #[inline(always)]
    pub fn field(self, kind: FieldKind, value: &[u8]) -> Self {
        self.tagged(kind.tag(), value)
    }

    /// Adds a hash of a known kind.
    #[inline(always)]
    pub fn hash(self, kind: HashKind, value: &[u8]) -> Self {
        self.tagged(kind.tag(), value)
    }

    /// Adds a password, or the hash that the value turns out to be.
    #[inline(always)]
    pub fn secret(self, value: &[u8]) -> Self {
        self.tagged(crate::identify(value, None).tag(), value)
    }

    /// As [`Record::secret`], with what its surroundings say of its kind.
    #[inline(always)]
    pub fn secret_hinted(self, value: &[u8], hint: Option<HashKind>) -> Self {
        self.tagged(crate::identify(value, hint).tag(), value)
    }

    /// As [`Record::secret`], for files known to hold `hash` + separator + `salt`; a value without a hash before a separator
    /// is taken as a whole.
    pub fn secret_salted(self, value: &[u8], separator: u8, hint: Option<HashKind>) -> Self {
        let halves = value.iter().position(|byte| *byte == separator).map(|at| (&value[..at], &value[at + 1..]));
        match (crate::identify(value, hint), halves) {
            (crate::Secret::Plain, Some((head, salt))) => match crate::identify(head, hint) {
                crate::Secret::Hash(kind) => self.hash(crate::secret::salted(kind, salt.len()), head).salt(salt),
                crate::Secret::Plain => self.password(value),
            },
            (whole, None | Some(_)) => self.tagged(whole.tag(), value),
        }
    }

    /// Tells a hash whose salt stands in a field of its own by that salt, once both are in.
    #[inline(never)]
    pub(crate) fn settle_salted(&mut self) {
        let events = &mut self.out.buffers.events[self.start..];
        let salt = events.iter().map(|event| Event(*event)).find(|event| event.tag() == FieldKind::Salt.tag());
        let Some(salt_bytes) = salt.map(|event| event.span().len as usize) else { return };
        for event in events {
            let hash = Event(*event);
            if let Some(kind) = HashKind::from_tag(hash.tag()) {
                let span = hash.span();
                *event = Event::new(crate::secret::salted(kind, salt_bytes).tag(), span.offset, span.len, span.arena).0;
            }
        }
    }

    /// Adds a value of a column named with [`Out::column`].
    #[inline(always)]
    pub fn extra(self, column: Column, value: &[u8]) -> Self {
        self.tagged(column.0, value)
    }

    /// Adds a value by its tag, for parsers that keep a column's meaning as one.
    #[inline(always)]
    pub fn tagged(mut self, tag: u8, value: &[u8]) -> Self {
        self.add(tag, value);
        self
    }

    /// As [`Record::tagged`], for loops.
    #[inline(always)]
    pub fn add(&mut self, tag: u8, value: &[u8]) {
        if !value.is_empty() {
            self.out.value(tag, value);
        }
    }

    /// Finishes the record.
    #[inline(always)]
    pub fn end(self) {}

    /// Finishes the record with the row it turned out to be: for parsers that find a row's end while they read its values.
    #[inline(always)]
    pub fn end_row(self, row: &[u8]) {
        let offset = self.out.offset_of(row).unwrap_or_else(foreign_row);
        self.out.buffers.events[self.start] = Event::new(Tag::RECORD.0, offset, row.len() as u32, false).0;
    }

    /// Takes the record back, as if it had never begun: the row was incomplete, or is to be a reject.
    #[inline(always)]
    pub fn abandon(self) {
        self.out.buffers.events.truncate(self.start);
    }
}

/// Where a scanner says where chunks may begin.
pub struct Cuts<'a> {
    cut: &'a mut dyn FnMut(u64, &[u8]),
}

impl<'a> Cuts<'a> {
    pub(crate) fn new(cut: &'a mut dyn FnMut(u64, &[u8])) -> Self {
        Self { cut }
    }

    /// A chunk may begin at byte `offset` of the member, given this context. Once per few hundred KiB is plenty.
    pub fn cut(&mut self, offset: u64, context: &[u8]) {
        (self.cut)(offset, context);
    }
}
