//! A reader of dumps: what a plugin hands its pushes to.

use super::{
    Dialect,
    account::Account,
    copy::{self, Fields},
    rows::{Place, TextAhead, joined_end, line, odd_row, other_row, place, rows, some_lines, some_rows, usual_row},
    statement::{Step, TableColumns, step},
    tables::{Insert, State, Within},
    tuple::{self, Maps, Nothing, Tuple, Values, next_start, read_tuple},
};
use crate::{Bitmaps, Cuts, Input, Out, Start, person::ColumnTags, text::begins_with};

/// Rows of a table nobody told of that tell what its columns are, at most, and how far they may reach.
const FIRST_ROWS_MAX: usize = 32;
const FIRST_BYTES_MAX: usize = 64 << 10;
/// Bytes between cuts, at least.
const CUT_BYTES: u64 = 1 << 20;

/// What stood between VALUES lists, up to where.
enum Between {
    Skip(usize),
    Stray(usize),
    Account(usize, Account),
}

/// The bitmaps of one push, each built when it is first wanted.
#[derive(Default, Debug)]
struct Indexes {
    tuples: Bitmaps<1>,
    lines: Bitmaps<1>,
    has_tuples: bool,
    has_lines: bool,
}

impl Indexes {
    /// The bytes are others than before.
    fn are_new(&mut self) {
        (self.has_tuples, self.has_lines) = (false, false);
    }

    fn maps_of(&mut self, bytes: &[u8], dialect: &'static Dialect) -> Maps<'_> {
        if !std::mem::replace(&mut self.has_tuples, true) {
            tuple::build(bytes, &mut self.tuples, dialect);
        }
        tuple::maps(&self.tuples, dialect)
    }

    fn fields_of(&mut self, bytes: &[u8], dialect: &'static Dialect) -> Fields<'_> {
        if !std::mem::replace(&mut self.has_lines, true) {
            copy::build(bytes, &mut self.lines, dialect);
        }
        copy::fields(&self.lines, dialect)
    }
}

/// Reads one chunk of a dump, or scans one.
#[derive(Debug)]
pub struct Reader {
    dialect: &'static Dialect,
    state: State,
    maps: Indexes,
    tags: ColumnTags,
    /// Files of rows alone among the members that were joined to this one.
    rows: Vec<Rows>,
    /// Offset of the last cut.
    cut: u64,
}

/// A file of rows parted by tabs, as `--tab` writes it beside the file of its table's schema.
#[derive(Debug)]
struct Rows {
    table: Vec<u8>,
    /// Offsets in the member.
    base: u64,
    end: u64,
}

impl Rows {
    fn new(name: &str, base: u64, end: u64) -> Option<Self> {
        let stem = name.strip_suffix(".txt")?;
        let table = stem.rsplit(['/', '\\']).next().unwrap_or(stem).as_bytes().to_vec();
        Some(Self { table, base, end })
    }
}

impl Reader {
    /// Begins a chunk, whose context an earlier scan gave.
    ///
    /// # Errors
    /// When the context is none of this reader's.
    pub fn open(dialect: &'static Dialect, start: &Start<'_>) -> Result<Self, String> {
        let state = match start.context {
            [] => State::default(),
            context => State::unpack(context).ok_or("the chunk's context is none of this parser's")?,
        };
        let mut rows: Vec<Rows> = start.parts.iter().filter_map(|part| Rows::new(part.name, part.base, part.base + part.size)).collect();
        if start.parts.is_empty() && dialect.backslash_escapes {
            // Perhaps rows whose schema is not there: the first line must tell.
            rows.extend(Rows::new(start.name, 0, u64::MAX));
        }
        Ok(Self { dialect, state, maps: Indexes::default(), tags: ColumnTags::default(), rows, cut: start.base })
    }

    /// Up to where the bytes are of one kind, and whether that is all of them: statements, or a file of rows, which begins here perhaps.
    /// `None` when more input is needed.
    fn stretch<'i>(&mut self, input: &Input<'i>) -> Option<(&'i [u8], bool)> {
        let (bytes, offset) = (input.bytes(), input.offset());
        let next = self.rows.iter().flat_map(|rows| [rows.base, rows.end]).filter(|border| *border > offset).min();
        let border = next.and_then(|border| usize::try_from(border - input.base()).ok()).filter(|border| *border <= bytes.len());
        let (bytes, last) = border.map_or((bytes, input.is_last()), |border| (&bytes[..border], true));
        if self.state.within == Within::Statements
            && let Some(rows) = self.rows.iter().find(|rows| rows.base == offset && rows.end > offset)
        {
            if rows.end == u64::MAX {
                let line = memchr::memchr(b'\n', bytes);
                if line.is_none() && !last && bytes.len() < FIRST_BYTES_MAX {
                    return None;
                }
                if !copy::is_row(&bytes[..line.unwrap_or(bytes.len())]) {
                    self.rows.clear();
                    return Some((bytes, last));
                }
            }
            let named = TableColumns { table: rows.table.clone(), ..TableColumns::default() };
            let tables = &self.state.tables;
            let known = Insert::new(b"", &named, tables).or_else(|| Insert::new(b"", tables.only()?, tables));
            self.state.insert = Some(match known {
                Some(insert) => insert,
                None => {
                    let mut maps = Indexes::default();
                    Insert::inferred(
                        b"",
                        &first_lines(bytes, maps.fields_of(bytes, self.dialect), input.consumed(), last, self.dialect)?,
                        self.dialect,
                    )
                }
            });
            self.state.within = Within::Copy;
        }
        Some((bytes, last))
    }

    /// A stretch was read to its end.
    fn end_stretch(&mut self, offset: u64) {
        if self.rows.iter().any(|rows| rows.end == offset) {
            self.state.within = Within::Statements;
        }
    }

    /// Reads what it can: [`crate::Parser::push`].
    pub fn push(&mut self, input: &mut Input<'_>, out: &mut Out<'_>) {
        while input.consumed() < input.bytes().len() {
            let Some((bytes, last)) = self.stretch(input) else { return };
            let at = self.read(bytes, input.consumed(), last, out);
            input.consume_to(at);
            if at < bytes.len() {
                return;
            }
            self.end_stretch(input.offset());
        }
    }

    /// Reads what it can of a stretch; gives where it stopped.
    fn read(&mut self, bytes: &[u8], mut at: usize, last: bool, out: &mut Out<'_>) -> usize {
        // Out of `self` while they are read: their memory is kept.
        let mut bitmaps = std::mem::take(&mut self.maps);
        bitmaps.are_new();
        while at < bytes.len() {
            if self.state.within != Within::Statements {
                at = match self.state.within {
                    Within::Copy => self.lines(bytes, bitmaps.fields_of(bytes, self.dialect), at, last, out),
                    _ => self.rows(bytes, bitmaps.maps_of(bytes, self.dialect), at, last, out),
                };
                if self.state.within != Within::Statements {
                    break;
                }
                continue;
            }
            match self.between(bytes, &mut bitmaps, at, last) {
                None => break,
                Some(Between::Skip(end)) => {
                    out.skip(&bytes[at..end]);
                    at = end;
                }
                Some(Between::Stray(end)) => {
                    out.reject(&bytes[at..end], "stray-text");
                    at = end;
                }
                Some(Between::Account(end, account)) => {
                    out.record(&bytes[at..end]).username(&account.name).secret(&account.secret).end();
                    at = end;
                }
            }
        }
        self.maps = bitmaps;
        at
    }

    /// Finds where chunks may begin: [`crate::Parser::scan`].
    pub fn scan(&mut self, input: &mut Input<'_>, cuts: &mut Cuts<'_>) {
        while input.consumed() < input.bytes().len() {
            let Some((bytes, last)) = self.stretch(input) else { return };
            let at = self.go_over(bytes, input.base(), input.consumed(), last, cuts);
            input.consume_to(at);
            if at < bytes.len() {
                return;
            }
            self.end_stretch(input.offset());
        }
    }

    /// Goes over what it can of a stretch; gives where it stopped.
    fn go_over(&mut self, bytes: &[u8], base: u64, mut at: usize, last: bool, cuts: &mut Cuts<'_>) -> usize {
        let mut bitmaps = std::mem::take(&mut self.maps);
        bitmaps.are_new();
        while at < bytes.len() {
            let next = match self.state.within {
                Within::Statements => self
                    .between(bytes, &mut bitmaps, at, last)
                    .map(|(Between::Skip(end) | Between::Stray(end) | Between::Account(end, _))| end),
                Within::Values => self.scan_row(bytes, bitmaps.maps_of(bytes, self.dialect), at, last),
                Within::Copy => self.scan_line(bytes, bitmaps.fields_of(bytes, self.dialect), at, last),
            };
            let Some(end) = next else { break };
            at = end;
            let offset = base + at as u64;
            if offset >= self.cut + CUT_BYTES && (at < bytes.len() || !last) {
                cuts.cut(offset, &self.state.pack());
                self.cut = offset;
            }
        }
        self.maps = bitmaps;
        at
    }

    /// Goes over a row of a VALUES list, or what stands before it.
    fn scan_row(&mut self, bytes: &[u8], maps: Maps<'_>, at: usize, last: bool) -> Option<usize> {
        match place(bytes, at, last) {
            Place::Row(start) if start > at => Some(start),
            Place::Row(_) => match read_tuple(bytes, maps, at, last, &mut Nothing) {
                Tuple::Read { end, columns } => match &self.state.insert {
                    Some(insert) if insert.has_people && insert.width != columns => Some(joined_end(bytes, at, end)),
                    _ => Some(end),
                },
                Tuple::Incomplete if !last => None,
                Tuple::Incomplete | Tuple::Broken => next_start(bytes, at, last).or(last.then_some(bytes.len())),
            },
            Place::Leave(end) => {
                self.state.within = Within::Statements;
                Some(end)
            }
            Place::Incomplete(end) => (end > at).then_some(end),
        }
    }

    /// Goes over lines of a COPY.
    fn scan_line(&mut self, bytes: &[u8], fields: Fields<'_>, at: usize, last: bool) -> Option<usize> {
        if let Some(end) = self.copy_end(bytes, at, last) {
            return end;
        }
        match copy::read_line(bytes, fields, at, last, &mut Nothing) {
            Tuple::Read { end, .. } => Some(end),
            Tuple::Incomplete | Tuple::Broken => None,
        }
    }

    /// As [`copy::end_mark`]; statements follow it.
    fn copy_end(&mut self, bytes: &[u8], at: usize, last: bool) -> Option<Option<usize>> {
        let end = copy::end_mark(bytes, at, last, self.dialect)?;
        if end.is_some() {
            self.state.within = Within::Statements;
        }
        Some(end)
    }

    /// Reads over one statement, and learns from it; `None` when more input is needed.
    fn between(&mut self, bytes: &[u8], maps: &mut Indexes, at: usize, last: bool) -> Option<Between> {
        if let Some(insert) = &self.state.insert
            && !insert.head.is_empty()
            && begins_with(&bytes[at..], &insert.head)
        {
            self.state.within = Within::Values;
            return Some(Between::Skip(at + insert.head.len()));
        }
        match step(bytes, at, last, self.dialect) {
            Step::Incomplete => None,
            Step::Skip(end) => Some(Between::Skip(end)),
            Step::Stray(end) => Some(Between::Stray(end)),
            Step::Account(end, account) => Some(Between::Account(end, account)),
            Step::Table(end, table) => {
                self.state.tables.learn(table);
                self.state.insert = None;
                Some(Between::Skip(end))
            }
            Step::Insert(end, head) => {
                let text = &bytes[at..end];
                let known = Insert::new(text, &head, &self.state.tables);
                self.state.insert = Some(match known {
                    Some(insert) if insert.is_declared => insert,
                    known => {
                        let first = first_tuples(bytes, maps.maps_of(bytes, self.dialect), end, text, last)?;
                        known.map_or_else(|| Insert::inferred(text, &first, self.dialect), |insert| insert.undeclared(&first, self.dialect))
                    }
                });
                self.state.within = Within::Values;
                Some(Between::Skip(end))
            }
            Step::Copy(end, head) => {
                let known = Insert::new(b"", &head, &self.state.tables);
                self.state.insert = Some(match known {
                    Some(insert) => insert,
                    None => Insert::inferred(
                        b"",
                        &first_lines(bytes, maps.fields_of(bytes, self.dialect), end, last, self.dialect)?,
                        self.dialect,
                    ),
                });
                self.state.within = Within::Copy;
                Some(Between::Skip(end))
            }
        }
    }

    /// Reads the rows of a VALUES list; gives where it stopped.
    fn rows(&mut self, bytes: &[u8], maps: Maps<'_>, at: usize, last: bool, out: &mut Out<'_>) -> usize {
        let Some(insert) = &mut self.state.insert else { return at };
        insert.begin(&mut self.tags, out);
        let (maps, has_raw_bytes) = (maps.with_bytea(insert.has_bytes), insert.has_raw_bytes(self.dialect));
        let Insert { people, width, plan, head, .. } = insert;
        let (at, ended) = match insert.has_people {
            true if has_raw_bytes => {
                let mut text = TextAhead::new(at);
                rows(bytes, at, last, out, |at, out| {
                    some_rows(people, plan.as_mut(), head, &bytes[..text.end(bytes, at)], maps, at, out)
                        .or_else(|| odd_row::<true>(people, *width, bytes, maps, at, last, out))
                })
            }
            true => rows(bytes, at, last, out, |at, out| {
                some_rows(people, plan.as_mut(), head, bytes, maps, at, out)
                    .or_else(|| usual_row(people, *width, bytes, maps, at, last, out))
            }),
            false => rows(bytes, at, last, out, |at, out| other_row(bytes, maps, at, last, out)),
        };
        self.state.within = if ended { Within::Statements } else { Within::Values };
        at
    }

    /// Reads the rows of a COPY; gives where it stopped.
    fn lines(&mut self, bytes: &[u8], fields: Fields<'_>, mut at: usize, last: bool, out: &mut Out<'_>) -> usize {
        let Some(insert) = &mut self.state.insert else { return at };
        insert.begin(&mut self.tags, out);
        let (fields, has_raw_bytes) = (fields.with_bytea(insert.has_bytes), insert.has_raw_bytes(self.dialect));
        let Insert { people, width, plan, has_people, .. } = insert;
        let ended = loop {
            match copy::end_mark(bytes, at, last, self.dialect) {
                Some(Some(end)) => {
                    out.skip(&bytes[at..end]);
                    at = end;
                    break true;
                }
                Some(None) => break false,
                None if at >= bytes.len() => break false,
                None => {}
            }
            let end = match has_people {
                true if has_raw_bytes => line::<true>(people, *width, bytes, fields, at, last, out),
                true => some_lines(people, plan.as_mut(), bytes, fields, at, out)
                    .or_else(|| line::<false>(people, *width, bytes, fields, at, last, out)),
                false => {
                    let end = copy::rows_end(bytes, at, last, self.dialect);
                    out.skip(&bytes[at..end]);
                    (end > at).then_some(end)
                }
            };
            match end {
                Some(end) => at = end,
                None => break false,
            }
        };
        self.state.within = if ended { Within::Statements } else { Within::Copy };
        at
    }
}

/// Some of the first tuples of an INSERT whose table nobody told of: their content must tell what they are. They may stand in statements of
/// the same head. `None` when more input is needed.
#[cold]
fn first_tuples(bytes: &[u8], maps: Maps<'_>, mut at: usize, head: &[u8], last: bool) -> Option<Vec<Vec<Vec<u8>>>> {
    let (mut rows, bytes_max) = (Vec::new(), at + FIRST_BYTES_MAX);
    while rows.len() < FIRST_ROWS_MAX && at < bytes_max {
        match place(bytes, at, last) {
            Place::Row(start) => {
                let mut row = Values::default();
                match read_tuple(bytes, maps, start, last, &mut row) {
                    Tuple::Read { end, columns } => {
                        row.0.resize(columns, Vec::new());
                        rows.push(row.0);
                        at = end;
                    }
                    Tuple::Incomplete if !last => return None,
                    Tuple::Incomplete | Tuple::Broken => match next_start(bytes, start, last) {
                        Some(end) => at = end,
                        None if last => break,
                        None => return None,
                    },
                }
            }
            Place::Incomplete(_) if !last => return None,
            Place::Incomplete(_) => break,
            Place::Leave(end) => {
                let next = end + bytes[end..].iter().take(4).take_while(|byte| byte.is_ascii_whitespace()).count();
                if begins_with(&bytes[next..], head) {
                    at = next + head.len();
                } else if !last && bytes.len() - next < head.len() {
                    return None;
                } else {
                    break;
                }
            }
        }
    }
    Some(rows)
}

/// As [`first_tuples`], of a COPY or of lines alone.
#[cold]
fn first_lines(bytes: &[u8], fields: Fields<'_>, mut at: usize, last: bool, dialect: &Dialect) -> Option<Vec<Vec<Vec<u8>>>> {
    let (mut rows, bytes_max) = (Vec::new(), at + FIRST_BYTES_MAX);
    while rows.len() < FIRST_ROWS_MAX && at < bytes_max {
        match copy::end_mark(bytes, at, last, dialect) {
            Some(Some(_)) => break,
            Some(None) => return None,
            None if at >= bytes.len() && last => break,
            None => {}
        }
        let mut row = Values::default();
        match copy::read_line(bytes, fields, at, last, &mut row) {
            Tuple::Read { end, columns } => {
                row.0.resize(columns, Vec::new());
                rows.push(row.0);
                at = end;
            }
            Tuple::Incomplete | Tuple::Broken => return None,
        }
    }
    Some(rows)
}
