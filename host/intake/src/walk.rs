//! The walk over a dump: what each stretch of bytes is, what is in it, and so on down to the leaves.
//!
//! One damaged or hostile member must not cost the good ones, so everything that concerns one member ends in a note, and only
//! what concerns the dump (its budget) or the machine (its bytes cannot be read) ends the walk.

use std::{
    io::{self, BufReader, Cursor, Read},
    rc::Rc,
    sync::Arc,
};

use cap_std::fs::Dir;
use sluice_record::{MemberNote, limits};

use crate::{
    Blob, IntakeError, IntakeLimits, Member,
    blob::{BlobReader, read_full},
    budget::{Budget, Guard, Layer, Taken},
    decompress::decoder,
    format::{Archive, Codec, Format},
    name,
    notes::Notes,
    rar, seven_zip,
    spool::{read_up_to, spool},
    tar, unzip, zip_directory,
};

/// Bytes a decoder reads ahead.
const READ_AHEAD_BYTES: usize = 256 << 10;

/// Walks a dump: calls `visit` with every leaf in the order they stand, containers and compressed streams opened whatever their
/// nesting. Gives back what was left out and why.
///
/// `name` is the dump's, for display and probing. `passwords` are tried in their order on encrypted members. `scratch` gets
/// nameless files only, for a zip, 7z or rar that lies within a stream. An error of the visitor ends the walk; for an
/// [`IntakeError::Member`] out of [`stage`](crate::stage()) it should rather drop what it wrote and return `Ok`.
pub fn walk<E: From<IntakeError>>(
    dump: Arc<dyn Blob>,
    name: &str,
    passwords: &[String],
    limits: &IntakeLimits,
    scratch: &Dir,
    visit: &mut dyn FnMut(&mut Member<'_>) -> Result<(), E>,
) -> Result<Vec<MemberNote>, E> {
    let budget = Budget::new(limits.clone(), dump.len());
    let mut walk = Walk { budget, passwords, scratch, notes: Notes::default(), entries: 0, full: false, visit };
    let place = Place {
        name: name::for_display(name, limits.name_bytes_max),
        prefix: String::new(),
        archives: 0,
        streams: 0,
        is_dump: true,
        is_workbook: false,
    };
    walk.open(place, Content::AtRest(dump))?;
    Ok(walk.notes.into_vec())
}

pub(crate) struct Walk<'w, E> {
    pub(crate) budget: Rc<Budget>,
    pub(crate) passwords: &'w [String],
    scratch: &'w Dir,
    pub(crate) notes: Notes,
    entries: u32,
    /// The bound on entries was reached: archives stop where they are.
    full: bool,
    visit: &'w mut dyn FnMut(&mut Member<'_>) -> Result<(), E>,
}

/// Where in the dump something is.
pub(crate) struct Place {
    /// Its path, for display.
    pub(crate) name: String,
    /// What the names of its entries begin with.
    prefix: String,
    archives: u32,
    streams: u32,
    is_dump: bool,
    pub(crate) is_workbook: bool,
}

impl Place {
    /// The place of an archive's entry.
    pub(crate) fn entry(&self, raw_name: &[u8], name_bytes_max: usize) -> Self {
        let name = name::for_display(&format!("{}{}", self.prefix, name::decode(raw_name)), name_bytes_max);
        let prefix = format!("{name}/");
        Self { name, prefix, archives: self.archives + 1, streams: self.streams, is_dump: false, is_workbook: false }
    }

    /// The place of what is inside a compressed stream.
    fn unpacked(&self) -> Self {
        let name = name::unpacked(&self.name);
        let prefix = if self.prefix.is_empty() { String::new() } else { format!("{name}/") };
        Self { name, prefix, archives: self.archives, streams: self.streams + 1, is_dump: false, is_workbook: false }
    }
}

/// The bytes of something, open from the first on.
pub(crate) enum Content<'a> {
    AtRest(Arc<dyn Blob>),
    Stream { reader: &'a mut dyn Read, size_hint: Option<u64> },
}

impl<E: From<IntakeError>> Walk<'_, E> {
    /// Finds out what a stretch of bytes is and goes into it.
    pub(crate) fn open(&mut self, place: Place, mut content: Content<'_>) -> Result<(), E> {
        let mut head = Vec::new();
        let read = match &mut content {
            Content::AtRest(blob) => {
                head.resize(limits::SAMPLE_BYTES_MAX, 0);
                read_full(&**blob, 0, &mut head).map(|count| head.truncate(count))
            }
            Content::Stream { reader, .. } => read_up_to(*reader, limits::SAMPLE_BYTES_MAX, &mut head).map(drop),
        };
        if let Err(error) = read {
            return self.give_up(&place.name, IntakeError::from_read(error));
        }
        if head.is_empty() {
            self.notes.without_data(&place.name, "it is empty");
            return Ok(());
        }
        if name::is_desktop_junk(&place.name, &head) {
            self.notes.without_data(&place.name, "it is a desktop's bookkeeping, not data");
            return Ok(());
        }
        let format = Format::of(&head);
        let depth = if matches!(format, Format::Stream(_)) { place.streams } else { place.archives };
        if format.is_container() && depth >= self.budget.limits.depth_max {
            self.notes.refused(&place.name, format!("containers within containers, more than {} deep", self.budget.limits.depth_max));
            return Ok(());
        }
        match format {
            Format::Plain if self.is_part_of_a_zip(&place, &content)? => Ok(()),
            Format::Plain => self.leaf(place, content, head),
            Format::Stream(codec) => self.stream(&place, codec, content, head),
            Format::Archive(Archive::Tar) => tar::walk(self, &place, content, head),
            Format::Archive(archive) => match (self.at_rest(content, head), archive) {
                (Err(error), _) => self.give_up(&place.name, error),
                (Ok(blob), Archive::SevenZip) => seven_zip::walk(self, &place, blob),
                (Ok(blob), Archive::Rar) => rar::walk(self, &place, blob),
                (Ok(blob), Archive::Document) => self.document(place, blob),
                (Ok(blob), Archive::Zip | Archive::Tar) => unzip::walk(self, &place, blob),
            },
            Format::Unread(format) => {
                self.notes.refused(&place.name, format!("{format} cannot be opened: unpack it and hand in what is inside"));
                Ok(())
            }
        }
    }

    /// A workbook's parts, or the document as it is.
    fn document(&mut self, mut place: Place, blob: Arc<dyn Blob>) -> Result<(), E> {
        match zip_directory::is_workbook(&blob) {
            Ok(true) => {
                place.prefix = format!("{}/", place.name);
                unzip::walk(self, &Place { is_workbook: true, ..place }, blob)
            }
            Ok(false) => {
                let mut head = vec![0; limits::SAMPLE_BYTES_MAX];
                match read_full(&*blob, 0, &mut head) {
                    Ok(count) => head.truncate(count),
                    Err(error) => return self.give_up(&place.name, IntakeError::from_read(error)),
                }
                self.leaf(place, Content::AtRest(blob), head)
            }
            Err(error) => self.give_up(&place.name, IntakeError::from_read(error)),
        }
    }

    fn is_part_of_a_zip(&mut self, place: &Place, content: &Content<'_>) -> Result<bool, E> {
        let Content::AtRest(blob) = content else { return Ok(false) };
        let is_part = zip_directory::is_last_part(&**blob).map_err(IntakeError::from_read)?;
        if is_part {
            self.notes.refused(&place.name, zip_directory::IN_PARTS);
        }
        Ok(is_part)
    }

    fn leaf(&mut self, place: Place, content: Content<'_>, head: Vec<u8>) -> Result<(), E> {
        let bytes_max = self.budget.limits.member_bytes_max;
        let mut member = match content {
            Content::AtRest(blob) => {
                let rest = BlobReader::new(Arc::clone(&blob), head.len() as u64);
                Member::new(place.name, Some(blob.len()), head, Box::new(rest), bytes_max).at_rest(blob, place.is_dump)
            }
            Content::Stream { reader, size_hint } => Member::new(place.name, size_hint, head, Box::new(reader), bytes_max),
        };
        if place.archives > 0 {
            member = member.entry();
        }
        let visited = (self.visit)(&mut member);
        if let Some(reason) = member.failed() {
            self.notes.refused(member.name(), reason.as_str());
        }
        visited
    }

    /// A compressed stream and what is in it.
    fn stream(&mut self, place: &Place, codec: Codec, content: Content<'_>, head: Vec<u8>) -> Result<(), E> {
        let layer = Rc::<Layer>::default();
        let taken = Taken { inner: reread(content, head), layer: Rc::clone(&layer) };
        let source = BufReader::with_capacity(READ_AHEAD_BYTES, taken);
        let decoder = match decoder(codec, source, &self.budget.limits) {
            Ok(decoder) => decoder,
            Err(error) => return self.give_up(&place.name, error),
        };
        let mut guard = Guard { decoder, layer: Rc::clone(&layer), budget: Rc::clone(&self.budget) };
        let opened = self.open(place.unpacked(), Content::Stream { reader: &mut guard, size_hint: None });
        self.note_end(&place.name, &layer);
        opened
    }

    /// Opens a member of those that are decoded one after another, and passes it.
    pub(crate) fn open_passing(&mut self, place: Place, bytes: u64, mut member: Guard<&mut dyn Read>, is_last: bool) -> Result<bool, E> {
        let name = place.name.clone();
        self.open(place, Content::Stream { reader: &mut member, size_hint: Some(bytes) })?;
        self.pass(&name, bytes, member, is_last)
    }

    /// Decodes the rest of a member that is not the last of them, counted as what is wanted is. Says whether what is behind it can be read.
    pub(crate) fn pass(&mut self, name: &str, bytes: u64, mut member: Guard<&mut dyn Read>, is_last: bool) -> Result<bool, E> {
        if !is_last
            && let Err(error) = io::copy(&mut member, &mut io::sink()).map_err(IntakeError::from_read)
            && !matches!(error, IntakeError::Member { .. })
        {
            return Err(error.into());
        }
        self.note_end(name, &member.layer);
        if let (None, Some(came)) = (member.layer.complaint(), member.layer.drained())
            && bytes != came
        {
            self.notes.refused(name, format!("the archive says that it has {bytes} bytes, and it has {came}"));
        }
        Ok(!member.layer.is_refused())
    }

    /// Notes how a compressed stream ended, unless well.
    pub(crate) fn note_end(&mut self, name: &str, layer: &Layer) {
        if let Some(complaint) = layer.complaint() {
            self.notes.refused(name, complaint);
        }
    }

    /// A member that cannot be gone into: noted, unless the fault is the dump's or the machine's.
    pub(crate) fn give_up(&mut self, name: &str, error: IntakeError) -> Result<(), E> {
        match error {
            IntakeError::Member { reason } => {
                self.notes.refused(name, reason);
                Ok(())
            }
            error => Err(error.into()),
        }
    }

    /// Why an encrypted member is left out.
    pub(crate) fn locked(&self) -> &'static str {
        if self.passwords.is_empty() {
            "encrypted, and no password was given: give one with --password"
        } else {
            "encrypted, and no password given opens it: give another one with --password"
        }
    }

    /// Counts an entry of an archive; once there are too many, notes it and says no.
    pub(crate) fn admits_entry(&mut self, archive: &Place) -> bool {
        if !self.full && self.entries >= self.budget.limits.members_max {
            self.full = true;
            let reason = format!("the dump has more than {} entries: those from here on are left out", self.budget.limits.members_max);
            self.notes.refused(&archive.name, reason);
        }
        self.entries += u32::from(!self.full);
        !self.full
    }

    /// Was the bound on entries reached?
    pub(crate) const fn is_full(&self) -> bool {
        self.full
    }

    fn at_rest(&self, content: Content<'_>, head: Vec<u8>) -> Result<Arc<dyn Blob>, IntakeError> {
        match content {
            Content::AtRest(blob) => Ok(blob),
            Content::Stream { reader, .. } => spool(&mut Cursor::new(head).chain(reader), self.scratch, self.budget.limits.spool_bytes_max),
        }
    }
}

/// The content from its first byte on, its head having been read already.
pub(crate) fn reread<'a>(content: Content<'a>, head: Vec<u8>) -> Box<dyn Read + 'a> {
    match content {
        Content::AtRest(blob) => Box::new(BlobReader::new(blob, 0)),
        Content::Stream { reader, .. } => Box::new(Cursor::new(head).chain(reader)),
    }
}
