//! Members that belong together, joined to one: a table's schema and its rows, the files of one machine, the sheets of a workbook.
//!
//! Who belongs to whom is told by names, and names are known only when a dump was walked; so an archive is walked twice. The first time
//! nothing but its names is kept. The second time what belongs together waits in a nameless file of the scratch folder until the last of
//! it has come, and is then visited as one member in the place of its last. Text is decoded before, each part by its own encoding. A dump that is
//! no archive is walked once.

use std::{collections::HashMap, io::Read as _, sync::Arc};

use cap_std::fs::{Dir, File, FileExt as _};
use sluice_record::{InputKind, MemberNote, Part, limits};

use crate::{
    Blob, FileBlob, IntakeError, IntakeLimits, Member, PartsBlob, SliceBlob, blob::BlobReader, spool::read_up_to, stage::decode, walk,
};

const COPY_BYTES: usize = 256 << 10;

/// Members that somebody says belong together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// Who says so: the caller's number, for [`Member::grouped_by`].
    pub by: usize,
    /// Which, by their places among the names, in the order they are to be read.
    pub members: Vec<u32>,
    /// What its reader wants.
    pub want: InputKind,
}

/// Says which members belong together, given all names as they stand.
pub type Form<'f, E> = &'f mut dyn FnMut(&[String]) -> Result<Vec<Group>, E>;

/// What a walk needs and what bounds it.
#[derive(Clone, Copy)]
pub struct Walking<'a> {
    /// The dump's name, for display and probing.
    pub name: &'a str,
    /// Tried in their order on encrypted members.
    pub passwords: &'a [String],
    /// The bounds.
    pub limits: &'a IntakeLimits,
    /// Gets nameless files only.
    pub scratch: &'a Dir,
}

/// Walks a dump as [`walk`] does, with what `form` says belongs together joined. `form` is asked once, of an archive, with the names of all
/// members as they stand. A visitor that does not want a group's members as one calls [`Member::break_up`] and gets them one by one.
///
/// # Errors
/// As [`walk`], and what `form` says.
pub fn walk_joined<E: From<IntakeError>>(
    dump: &Arc<dyn Blob>,
    with: Walking<'_>,
    form: Form<'_, E>,
    visit: &mut dyn FnMut(&mut Member<'_>) -> Result<(), E>,
) -> Result<Vec<MemberNote>, E> {
    let names = names(dump, with);
    let groups = if names.len() < 2 { Vec::new() } else { form(&names)? };
    let mut joining = Joining::new(groups, names, with);
    let Walking { name, passwords, limits, scratch } = with;
    let mut notes = walk(Arc::clone(dump), name, passwords, limits, scratch, &mut |member| joining.visit(member, visit))?;
    joining.finish(visit)?;
    notes.append(&mut joining.notes);
    Ok(notes)
}

/// Why a look at names ended early: there is nothing to join, or what the walk proper will say.
struct Ended;

impl From<IntakeError> for Ended {
    fn from(_: IntakeError) -> Self {
        Self
    }
}

/// The names of an archive's members as they stand; as many as came if it cannot be walked to its end, and none if it is no archive.
fn names(dump: &Arc<dyn Blob>, with: Walking<'_>) -> Vec<String> {
    let mut names = Vec::new();
    let Walking { name, passwords, limits, scratch } = with;
    let looked = walk(Arc::clone(dump), name, passwords, limits, scratch, &mut |member| {
        names.push(member.name().to_owned());
        if member.is_entry() { Ok(()) } else { Err(Ended) }
    });
    // Either way the names are what there is.
    drop(looked);
    names
}

/// A member that waits for the others of its group: where its bytes are in the scratch file.
#[derive(Clone)]
struct Waiting {
    name: String,
    start: u64,
    bytes: u64,
}

struct Pending {
    group: Group,
    parts: Vec<Option<Waiting>>,
    /// How many have not come yet.
    missing: usize,
}

struct Joining<'a> {
    with: Walking<'a>,
    names: Vec<String>,
    /// By a member's place among the names: its group, and its place there.
    places: HashMap<u32, (usize, usize)>,
    pending: Vec<Option<Pending>>,
    /// How many members have come.
    come: u32,
    file: Option<File>,
    file_bytes: u64,
    /// Groups of which something waits in the file.
    waiting: usize,
    notes: Vec<MemberNote>,
}

type Visit<'v, E> = &'v mut dyn FnMut(&mut Member<'_>) -> Result<(), E>;

impl<'a> Joining<'a> {
    fn new(groups: Vec<Group>, names: Vec<String>, with: Walking<'a>) -> Self {
        let groups: Vec<_> = groups.into_iter().filter(|group| (2..=limits::PARTS_MAX).contains(&group.members.len())).collect();
        let mut places = HashMap::new();
        for (index, group) in groups.iter().enumerate() {
            places.extend(group.members.iter().enumerate().map(|(place, member)| (*member, (index, place))));
        }
        let pending = |group: Group| Some(Pending { parts: vec![None; group.members.len()], missing: group.members.len(), group });
        Self {
            with,
            names,
            places,
            pending: groups.into_iter().map(pending).collect(),
            come: 0,
            file: None,
            file_bytes: 0,
            waiting: 0,
            notes: Vec::new(),
        }
    }

    fn visit<E: From<IntakeError>>(&mut self, member: &mut Member<'_>, visit: Visit<'_, E>) -> Result<(), E> {
        let ordinal = self.come;
        self.come += 1;
        // A dump that is not the same a second time is nothing to rely on.
        let is_known = self.names.get(ordinal as usize).is_some_and(|name| name == member.name());
        let Some((index, place)) = self.places.get(&ordinal).copied().filter(|_| is_known) else { return visit(member) };
        let is_first = self.pending[index].as_ref().is_some_and(|pending| pending.missing == pending.parts.len());
        let kept = self.keep(member);
        let Some(pending) = &mut self.pending[index] else { return visit(member) };
        pending.missing -= 1;
        match kept {
            Ok(kept) => pending.parts[place] = Some(kept),
            // The walk goes on and notes why.
            Err(IntakeError::Member { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let is_whole = pending.missing == 0;
        self.waiting += usize::from(is_first);
        if is_whole { self.join(index, visit) } else { Ok(()) }
    }

    /// Groups of which a member never came.
    fn finish<E: From<IntakeError>>(&mut self, visit: Visit<'_, E>) -> Result<(), E> {
        (0..self.pending.len()).try_for_each(|index| self.join(index, visit))
    }

    /// Puts a member's raw bytes by.
    fn keep(&mut self, member: &mut Member<'_>) -> Result<Waiting, IntakeError> {
        let writing = IntakeError::io("writing to the scratch folder");
        if self.waiting == 0 {
            self.file_bytes = 0;
        }
        let file = match &self.file {
            Some(file) => file,
            None => self.file.insert(cap_tempfile::TempFile::new_anonymous(self.with.scratch).map_err(&writing)?),
        };
        let (start, mut at, mut block) = (self.file_bytes, self.file_bytes, Vec::new());
        while read_up_to(&mut *member, COPY_BYTES, &mut block).map_err(IntakeError::from_read)? > 0 {
            if at + block.len() as u64 > self.with.limits.spool_bytes_max {
                let reason = format!("what belongs together is more than {} bytes: hand it in by parts", self.with.limits.spool_bytes_max);
                member.refuse(reason.clone());
                return Err(IntakeError::Member { reason });
            }
            file.write_all_at(&block, at).map_err(&writing)?;
            at += block.len() as u64;
            block.clear();
        }
        self.file_bytes = at;
        Ok(Waiting { name: member.name().to_owned(), start, bytes: at - start })
    }

    /// Has a group's members visited as one, or one by one if the visitor wants them so.
    fn join<E: From<IntakeError>>(&mut self, index: usize, visit: Visit<'_, E>) -> Result<(), E> {
        let Some(Pending { group, parts, .. }) = self.pending[index].take() else { return Ok(()) };
        let Some(file) = self.file.as_ref().filter(|_| parts.iter().any(Option::is_some)) else { return Ok(()) };
        let copied = file.try_clone().and_then(FileBlob::new).map_err(IntakeError::io("reading the scratch folder"))?;
        let raw: Arc<dyn Blob> = Arc::new(copied);
        let is_led = parts.first().is_some_and(Option::is_some);
        let parts = parts.into_iter().flatten().map(|part| {
            let bytes: Arc<dyn Blob> = Arc::new(SliceBlob::new(Arc::clone(&raw), part.start, part.bytes));
            (part.name, bytes)
        });
        let parts: Vec<_> = parts.collect();
        let is_taken = is_led && parts.len() > 1 && {
            let mut joined = self.joined(&group, &parts)?;
            visit(&mut joined)?;
            self.note(&joined);
            !joined.is_broken_up()
        };
        if !is_taken {
            for (name, bytes) in parts {
                let mut member = self.member(name, bytes)?;
                visit(&mut member)?;
                self.note(&member);
            }
        }
        self.waiting -= 1;
        Ok(())
    }

    fn joined(&self, group: &Group, parts: &[(String, Arc<dyn Blob>)]) -> Result<Member<'static>, IntakeError> {
        let (mut told, mut base) = (Vec::new(), 0);
        let mut tell = |name: &String, bytes: u64| {
            told.push(Part { name: name.clone(), base, bytes });
            base += bytes;
        };
        let (bytes, encoding): (Arc<dyn Blob>, _) = match group.want {
            InputKind::Bytes => {
                parts.iter().for_each(|(name, bytes)| tell(name, bytes.len()));
                (Arc::new(PartsBlob::new(parts.iter().map(|(_, bytes)| Arc::clone(bytes)))), None)
            }
            InputKind::Text => {
                let mut text = Text { scratch: self.with.scratch, memory: Vec::new(), file: None, bytes: 0 };
                let mut encodings: Vec<String> = Vec::new();
                for (name, bytes) in parts {
                    let (before, mut ends_line) = (text.bytes, true);
                    let encoding =
                        decode(&mut self.member(name.clone(), Arc::clone(bytes))?, InputKind::Text, &mut |block: &mut Vec<u8>| {
                            ends_line = block.last().map_or(ends_line, |last| *last == b'\n');
                            text.add(block)
                        })?;
                    if !ends_line {
                        text.add(b"\n")?;
                    }
                    tell(name, text.bytes - before);
                    if !encodings.contains(&encoding) {
                        encodings.push(encoding);
                    }
                }
                (text.finish()?, Some(encodings.join("+")))
            }
        };
        let name = parts.first().map(|(name, _)| name.clone()).unwrap_or_default();
        Ok(self.member(name, bytes)?.of_parts(group.by, told, encoding))
    }

    fn member(&self, name: String, bytes: Arc<dyn Blob>) -> Result<Member<'static>, IntakeError> {
        let mut rest = BlobReader::new(Arc::clone(&bytes), 0);
        let mut head = Vec::new();
        rest.by_ref().take(limits::SAMPLE_BYTES_MAX as u64).read_to_end(&mut head).map_err(IntakeError::from_read)?;
        Ok(Member::new(name, Some(bytes.len()), head, Box::new(rest), self.with.limits.member_bytes_max).at_rest(bytes, false).entry())
    }

    fn note(&mut self, member: &Member<'_>) {
        if let Some(reason) = member.failed() {
            self.notes.push(MemberNote { name: member.name().to_owned(), reason: reason.clone(), refused: true });
        }
    }
}

/// Decoded parts one after another: in memory while they are few.
struct Text<'a> {
    scratch: &'a Dir,
    memory: Vec<u8>,
    file: Option<File>,
    bytes: u64,
}

impl Text<'_> {
    fn add(&mut self, block: &[u8]) -> Result<(), IntakeError> {
        self.memory.extend_from_slice(block);
        self.bytes += block.len() as u64;
        if self.memory.len() > crate::SPOOL_MEMORY_BYTES_MAX { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<(), IntakeError> {
        let writing = IntakeError::io("writing to the scratch folder");
        let file = match &self.file {
            Some(file) => file,
            None => self.file.insert(cap_tempfile::TempFile::new_anonymous(self.scratch).map_err(&writing)?),
        };
        file.write_all_at(&self.memory, self.bytes - self.memory.len() as u64).map_err(writing)?;
        self.memory.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<Arc<dyn Blob>, IntakeError> {
        if self.file.is_some() {
            self.write()?;
        }
        Ok(match self.file {
            Some(file) => Arc::new(FileBlob::new(file).map_err(IntakeError::io("reading the scratch folder"))?),
            None => Arc::new(self.memory),
        })
    }
}
