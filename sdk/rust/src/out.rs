//! Where a parser says what it found.

use std::ops::Range;

use sluice_record::{Event, FieldKind, HashKind, Tag};

/// Events kept before they are handed to the host: with what else a parser touches they fit a core's second cache, where the host finds them.
const EVENTS_BUFFERED: usize = 4 << 10;
/// Arena bytes kept before they are handed to the host.
const ARENA_BYTES_BUFFERED: usize = 64 << 10;

/// Takes events and their arena; each call has an arena of its own.
pub(crate) type Emit<'a> = &'a mut dyn FnMut(&[u64], &[u8]);

/// Events for which there is room behind those: a record of more makes room for itself.
pub(crate) const RECORD_EVENTS_USUAL: usize = 1 << 10;

/// The buffers of an [`Out`], kept from push to push.
#[derive(Default)]
#[doc(hidden)]
pub struct Buffers {
    /// As long as there is room, used or not: writing one is a store and no call of `Vec::push`.
    events: Vec<u64>,
    arena: Vec<u8>,
    columns: u8,
}

/// A value or a row as an author has it: bytes, or the range of the push's bytes in which it lies.
///
/// Bytes of the input cross into the host as a span, anything else is copied. A range needs neither slicing nor looking where a slice
/// lies: a loop that counts in offsets costs next to nothing more than one that packs its events by hand. One that reaches outside of
/// the push is refused by the host.
pub trait Value: Sized {
    #[doc(hidden)]
    fn event(self, out: &mut Out<'_>, tag: u8) -> Event;
    /// Where a row lies.
    #[doc(hidden)]
    fn place(self, out: &Out<'_>) -> Range<usize>;
    #[doc(hidden)]
    fn is_none(&self) -> bool;
}

impl<T: AsRef<[u8]> + ?Sized> Value for &T {
    #[inline(always)]
    fn event(self, out: &mut Out<'_>, tag: u8) -> Event {
        out.event(tag, self.as_ref())
    }

    #[inline(always)]
    fn place(self, out: &Out<'_>) -> Range<usize> {
        let row = self.as_ref();
        let start = out.offset_of(row).unwrap_or_else(foreign_row) as usize;
        start..start + row.len()
    }

    #[inline(always)]
    fn is_none(&self) -> bool {
        self.as_ref().is_empty()
    }
}

impl Value for Range<usize> {
    #[inline(always)]
    fn event(self, _: &mut Out<'_>, tag: u8) -> Event {
        span_event(tag, self)
    }

    #[inline(always)]
    fn place(self, _: &Out<'_>) -> Range<usize> {
        self
    }

    #[inline(always)]
    fn is_none(&self) -> bool {
        self.is_empty()
    }
}

/// Where a parser says what it found: records, skips and rejects that tile what it consumes, in input order.
pub struct Out<'a> {
    input: &'a [u8],
    /// Held here while the push lasts, so that an event is written without a way round.
    buffers: Buffers,
    kept: &'a mut Buffers,
    /// Events written.
    used: usize,
    /// Events before a record that begins hands over what there is: none, once the arena is full.
    full_at: usize,
    emit: Emit<'a>,
}

impl<'a> Out<'a> {
    pub(crate) fn new(input: &'a [u8], kept: &'a mut Buffers, emit: Emit<'a>) -> Self {
        let mut buffers = std::mem::take(kept);
        if buffers.events.is_empty() {
            buffers.events.resize(EVENTS_BUFFERED + RECORD_EVENTS_USUAL, 0);
        }
        buffers.arena.clear();
        Self { input, buffers, kept, used: 0, full_at: EVENTS_BUFFERED, emit }
    }

    /// The offset of a slice in the input, if it is one of it: what begins there ends there, for a slice lies in one piece of memory.
    #[inline(always)]
    fn offset_of(&self, value: &[u8]) -> Option<u32> {
        let at = (value.as_ptr() as usize).wrapping_sub(self.input.as_ptr() as usize);
        (at < self.input.len()).then_some(at as u32)
    }

    #[inline(always)]
    pub(crate) fn event(&mut self, tag: u8, value: &[u8]) -> Event {
        match self.offset_of(value) {
            Some(offset) => Event::new(tag, offset, value.len() as u32, false),
            None => self.copied(tag, value),
        }
    }

    #[cold]
    #[inline(never)]
    fn copied(&mut self, tag: u8, value: &[u8]) -> Event {
        let offset = self.buffers.arena.len() as u32;
        self.buffers.arena.extend_from_slice(value);
        if self.buffers.arena.len() >= ARENA_BYTES_BUFFERED {
            self.full_at = 0;
        }
        Event::new(tag, offset, value.len() as u32, true)
    }

    /// Writes an event to its place, which need not be behind the last.
    #[inline(always)]
    pub(crate) fn put(&mut self, at: usize, event: Event) {
        match self.buffers.events.get_mut(at) {
            Some(place) => *place = event.0,
            None => self.put_behind(at, event),
        }
    }

    #[cold]
    #[inline(never)]
    fn put_behind(&mut self, at: usize, event: Event) {
        self.buffers.events.resize(at + RECORD_EVENTS_USUAL, 0);
        self.buffers.events[at] = event.0;
    }

    #[inline(always)]
    fn push(&mut self, event: Event) {
        self.put(self.used, event);
        self.used += 1;
    }

    /// The bytes of a value that was told.
    pub(crate) fn bytes(&self, event: Event) -> &[u8] {
        let span = event.span();
        let (start, end) = (span.offset as usize, span.offset as usize + span.len as usize);
        if span.arena { &self.buffers.arena[start..end] } else { &self.input[start..end] }
    }

    /// The bytes at a place of the push's.
    #[inline(always)]
    pub(crate) fn at(&self, range: Range<usize>) -> &[u8] {
        self.input.get(range).unwrap_or_default()
    }

    /// Events written.
    #[inline(always)]
    pub(crate) fn used(&self) -> usize {
        self.used
    }

    /// The event at a place, written by a record that has ended or into [`Out::room`].
    #[inline(always)]
    pub(crate) fn told(&self, at: usize) -> Event {
        Event(self.buffers.events.get(at).copied().unwrap_or_default())
    }

    /// The push's bytes, and the events from one on, told or not.
    #[inline(always)]
    pub(crate) fn put_since(&mut self, event: usize) -> (&[u8], &mut [u64]) {
        (self.input, self.buffers.events.get_mut(event..).unwrap_or_default())
    }

    /// Where the raw row of the record whose event is at a place ends.
    pub(crate) fn row_end(&self, at: usize) -> usize {
        let span = self.told(at).span();
        (span.offset + span.len) as usize
    }

    /// A record that was written into [`Out::room`], to be gone over as one that has not ended.
    pub(crate) fn reopen(&mut self, start: usize, values: usize) -> Record<'_, 'a> {
        Record { out: self, start, at: start + 1 + values }
    }

    #[inline(always)]
    fn row(&mut self, tag: Tag, row: impl Value) {
        if self.used >= self.full_at {
            self.flush();
        }
        let row = row.place(self);
        self.push(span_event(tag.0, row));
    }

    /// Begins a record: `row` is its whole raw row, line end included. Its values follow; [`Record::end`] ends it.
    #[inline(always)]
    pub fn record(&mut self, row: impl Value) -> Record<'_, 'a> {
        self.row(Tag::RECORD, row);
        self.used -= 1; // until it has ended
        let start = self.used;
        Record { out: self, start, at: start + 1 }
    }

    /// Begins a record whose row is told when it ends, by [`Record::end_row`].
    #[inline(always)]
    pub fn begin(&mut self) -> Record<'_, 'a> {
        if self.used >= self.full_at {
            self.flush();
        }
        let start = self.used;
        Record { out: self, start, at: start + 1 }
    }

    /// Room for many records at once: for the loop in which a parser spends its time. [`Out::keep`] takes what was put there.
    #[inline(always)]
    pub fn room(&mut self) -> Room<'_> {
        if self.used >= self.full_at {
            self.flush();
        }
        Room { events: &mut self.buffers.events[self.used..], used: 0 }
    }

    /// Takes the first `events` that were put into [`Out::room`].
    #[inline(always)]
    pub fn keep(&mut self, events: usize) {
        self.used = (self.used + events).min(self.buffers.events.len());
    }

    /// A stretch that is nobody's data: header, comment, blank line. Stretches that touch become one.
    #[inline]
    pub fn skip(&mut self, row: impl Value) {
        if row.is_none() {
            return;
        }
        let row = row.place(self);
        if let Some(last) = self.buffers.events[..self.used].last_mut() {
            let event = Event(*last);
            let span = event.span();
            let start = span.offset as usize;
            let is_next = event.tag() == Tag::SKIP.0 && start + span.len as usize == row.start;
            if is_next && row.end - start <= Event::LEN_MAX as usize {
                *last = span_event(Tag::SKIP.0, start..row.end).0;
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
        self.push(event);
    }

    /// Names a column that is none of the standard kinds; a chunk may have up to 128 of them, further ones are `None`. A name's bytes
    /// that are no UTF-8 become U+FFFD; one that is too long is cut, and one that is empty is `unnamed`.
    pub fn column(&mut self, name: &[u8]) -> Option<Column> {
        let tag = Tag::EXTRA_MIN.checked_add(self.buffers.columns)?;
        self.buffers.columns += 1;
        let name = String::from_utf8_lossy(if name.is_empty() { b"unnamed" } else { name });
        let end_max = name.len().min(sluice_record::limits::COLUMN_NAME_BYTES_MAX);
        let end = (0..=end_max).rev().find(|end| name.is_char_boundary(*end)).unwrap_or_default();
        let mut named = Vec::with_capacity(end + 1);
        named.push(tag);
        named.extend_from_slice(&name.as_bytes()[..end]);
        let event = self.copied(Tag::COLUMN.0, &named);
        self.push(event);
        Some(Column(tag))
    }

    /// Hands over what is left, and gives the buffers back for the next push.
    pub(crate) fn finish(mut self) {
        self.flush();
        *self.kept = self.buffers;
    }

    #[inline(never)]
    fn flush(&mut self) {
        if self.used > 0 {
            (self.emit)(&self.buffers.events[..self.used], &self.buffers.arena);
            self.used = 0;
        }
        self.buffers.arena.clear();
        self.full_at = EVENTS_BUFFERED;
    }
}

#[cold]
fn foreign_row() -> u32 {
    panic!("a row is a slice of the push's input")
}

/// Where a loop writes records without calling anything, so that all it needs stays in registers: see [`Out::room`].
#[derive(Debug)]
pub struct Room<'r> {
    events: &'r mut [u64],
    used: usize,
}

impl<'r> Room<'r> {
    /// The room itself.
    #[inline(always)]
    pub(crate) fn into_events(self) -> &'r mut [u64] {
        self.events
    }

    /// Puts a record: its whole raw row and its values, none empty, by their tags and places in the push's bytes. `false` if there is no
    /// room.
    #[inline(always)]
    pub fn record<const VALUES: usize>(&mut self, row: Range<usize>, values: [(u8, Range<usize>); VALUES]) -> bool {
        let end = self.used + 1 + VALUES;
        let Some([record, places @ ..]) = self.events.get_mut(self.used..end) else { return false };
        *record = span_event(Tag::RECORD.0, row).0;
        for (place, (tag, value)) in places.iter_mut().zip(values) {
            *place = span_event(tag, value).0;
        }
        self.used = end;
        true
    }

    /// Events put so far, to be said to [`Out::keep`].
    #[inline(always)]
    pub fn used(&self) -> usize {
        self.used
    }
}

#[inline(always)]
pub(crate) fn span_event(tag: u8, range: Range<usize>) -> Event {
    // The host refuses what reaches outside: an author's mistake is a fault and no nonsense.
    Event(range.start as u64 | ((range.end - range.start) as u64) << 32 | u64::from(tag) << 56)
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
    /// Where its next event goes: here and not in `out`, so that it stays in a register.
    at: usize,
}

macro_rules! setters {
    ($($name:ident $kind:ident),* $(,)?) => {$(
        #[doc = concat!("Adds `", stringify!($name), "`.")]
        #[inline(always)]
        pub fn $name(self, value: impl Value) -> Self {
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
    pub fn field(self, kind: FieldKind, value: impl Value) -> Self {
        self.tagged(kind.tag(), value)
    }

    /// Adds a hash of a known kind.
    #[inline(always)]
    pub fn hash(self, kind: HashKind, value: impl Value) -> Self {
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
        let events = &mut self.out.buffers.events[self.start + 1..self.at];
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
    pub fn extra(self, column: Column, value: impl Value) -> Self {
        self.tagged(column.0, value)
    }

    /// Adds a value by its tag, for parsers that keep a column's meaning as one.
    #[inline(always)]
    pub fn tagged(mut self, tag: u8, value: impl Value) -> Self {
        self.add(tag, value);
        self
    }

    /// As [`Record::tagged`], for loops.
    #[inline(always)]
    pub fn add(&mut self, tag: u8, value: impl Value) {
        // Whether a value is empty is hard to foresee: it is always written, and counts if it is not.
        let is_some = !value.is_none();
        let event = value.event(self.out, tag);
        self.out.put(self.at, event);
        self.at += usize::from(is_some);
    }

    /// Finishes the record.
    #[inline(always)]
    pub fn end(self) {
        self.out.used = self.at;
    }

    /// Finishes the record with the row it turned out to be: for parsers that find a row's end while they read its values.
    #[inline(always)]
    pub fn end_row(self, row: impl Value) {
        let row = row.place(self.out);
        self.out.put(self.start, span_event(Tag::RECORD.0, row));
        self.end();
    }

    /// Takes the record back, as if it had never begun: the row was incomplete, or is to be a reject.
    #[inline(always)]
    pub fn abandon(self) {}

    /// How many values it has.
    #[inline(always)]
    pub(crate) fn values(&self) -> usize {
        self.at - self.start - 1
    }

    /// The value that was told as the `nth` one.
    #[inline(always)]
    pub(crate) fn told(&self, nth: usize) -> Event {
        self.out.told(self.start + 1 + nth)
    }

    /// The bytes of a value.
    pub(crate) fn bytes(&self, event: Event) -> &[u8] {
        self.out.bytes(event)
    }

    /// The bytes at a place of the push's.
    #[inline(always)]
    pub(crate) fn at(&self, range: Range<usize>) -> &[u8] {
        self.out.at(range)
    }

    /// Says a value otherwise.
    #[inline(always)]
    pub(crate) fn tell_again(&mut self, nth: usize, event: Event) {
        self.out.put(self.start + 1 + nth, event);
    }

    /// Adds a value that stands where another one does.
    pub(crate) fn add_event(&mut self, event: Event) {
        self.out.put(self.at, event);
        self.at += 1;
    }

    /// Takes a value back.
    pub(crate) fn remove(&mut self, nth: usize) {
        let (from, to) = (self.start + 1 + nth, self.at);
        self.out.buffers.events.copy_within(from + 1..to, from);
        self.at -= 1;
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
