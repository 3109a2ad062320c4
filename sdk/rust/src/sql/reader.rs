//! A reader of dumps: what a plugin hands its pushes to.

use super::{
    Dialect,
    statement::{Step, TableColumns, step},
    tables::{Insert, State},
    tuple::{self, Maps, Nothing, TUPLE_BYTES_MAX, Tuple, Values, next_start, read_simple_tuples, read_tuple, read_usual_tuple},
};
use crate::{
    Bitmaps, Cuts, Input, Out, Start,
    cells::Plan,
    person::{ColumnTags, People, Person},
};

/// Bytes between cuts, at least.
const CUT_BYTES: u64 = 1 << 20;

/// What stands within a VALUES list.
enum Place {
    /// A row opens here.
    Row(usize),
    /// The list ends; statements go on here.
    Leave(usize),
    /// Blanks up to here, and then the input ends.
    Incomplete(usize),
}

/// What stood between VALUES lists, up to where.
enum Between {
    Skip(usize),
    Stray(usize),
}

/// Reads one chunk of a dump, or scans one.
#[derive(Debug)]
pub struct Reader {
    dialect: &'static Dialect,
    state: State,
    maps: Bitmaps<1>,
    tags: ColumnTags,
    /// Offset of the last cut.
    cut: u64,
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
        Ok(Self { dialect, state, maps: Bitmaps::default(), tags: ColumnTags::default(), cut: start.base })
    }

    /// Reads what it can: [`crate::Parser::push`].
    pub fn push(&mut self, input: &mut Input<'_>, out: &mut Out<'_>) {
        let (bytes, last) = (input.bytes(), input.is_last());
        // Out of `self` while it is read: its memory is kept.
        let mut bitmaps = std::mem::take(&mut self.maps);
        let maps = tuple::index(bytes, &mut bitmaps, self.dialect);
        let mut at = input.consumed();
        while at < bytes.len() {
            if self.state.in_values {
                at = self.rows(bytes, maps, at, last, out);
                if self.state.in_values {
                    break;
                }
                continue;
            }
            let Some(end) = self.between(bytes, maps, at, last) else { break };
            match end {
                Between::Skip(end) => {
                    out.skip(&bytes[at..end]);
                    at = end;
                }
                Between::Stray(end) => {
                    out.reject(&bytes[at..end], "stray-text");
                    at = end;
                }
            }
        }
        self.maps = bitmaps;
        input.consume_to(at);
    }

    /// Finds where chunks may begin: [`crate::Parser::scan`].
    pub fn scan(&mut self, input: &mut Input<'_>, cuts: &mut Cuts<'_>) {
        let (bytes, last) = (input.bytes(), input.is_last());
        let mut bitmaps = std::mem::take(&mut self.maps);
        let maps = tuple::index(bytes, &mut bitmaps, self.dialect);
        let mut at = input.consumed();
        while at < bytes.len() {
            let end = if self.state.in_values {
                match place(bytes, at, last) {
                    Place::Row(start) if start > at => start,
                    Place::Row(_) => match read_tuple(bytes, maps, at, last, &mut Nothing) {
                        Tuple::Read { end, .. } => end,
                        Tuple::Incomplete if !last => break,
                        Tuple::Incomplete | Tuple::Broken => match next_start(bytes, at) {
                            Some(end) => end,
                            None if last => bytes.len(),
                            None => break,
                        },
                    },
                    Place::Leave(end) => {
                        self.state.in_values = false;
                        end
                    }
                    Place::Incomplete(end) => {
                        at = end;
                        break;
                    }
                }
            } else {
                match self.between(bytes, maps, at, last) {
                    Some(Between::Skip(end) | Between::Stray(end)) => end,
                    None => break,
                }
            };
            at = end;
            let offset = input.base() + at as u64;
            if offset >= self.cut + CUT_BYTES && (at < bytes.len() || !last) {
                cuts.cut(offset, &self.state.pack());
                self.cut = offset;
            }
        }
        self.maps = bitmaps;
        input.consume_to(at);
    }

    /// Reads over one statement, and learns from it; `None` when more input is needed.
    fn between(&mut self, bytes: &[u8], maps: Maps<'_>, at: usize, last: bool) -> Option<Between> {
        if let Some(insert) = &self.state.insert
            && !insert.head.is_empty()
            && bytes[at..].starts_with(&insert.head)
        {
            self.state.in_values = true;
            return Some(Between::Skip(at + insert.head.len()));
        }
        match step(bytes, at, last, self.dialect) {
            Step::Incomplete => None,
            Step::Skip(end) => Some(Between::Skip(end)),
            Step::Stray(end) => Some(Between::Stray(end)),
            Step::Table(end, table) => {
                self.state.tables.learn(table);
                self.state.insert = None;
                Some(Between::Skip(end))
            }
            Step::Insert(end, head) => {
                self.state.insert = Some(self.insert(bytes, maps, at, end, &head, last)?);
                self.state.in_values = true;
                Some(Between::Skip(end))
            }
        }
    }

    #[cold]
    fn insert(&self, bytes: &[u8], maps: Maps<'_>, at: usize, end: usize, head: &TableColumns, last: bool) -> Option<Insert> {
        let text = &bytes[at..end];
        if let Some(insert) = Insert::new(text, head, &self.state.tables) {
            return Some(insert);
        }
        // Nobody told of this table: its first row must.
        let mut first = Values::default();
        match place(bytes, end, last) {
            Place::Row(start) => match read_tuple(bytes, maps, start, last, &mut first) {
                Tuple::Read { columns, .. } => first.0.resize(columns, Vec::new()),
                Tuple::Incomplete if !last => return None,
                Tuple::Incomplete | Tuple::Broken => first.0.clear(),
            },
            Place::Incomplete(_) if !last => return None,
            Place::Incomplete(_) | Place::Leave(_) => {}
        }
        Some(Insert::inferred(text, &first.0))
    }

    /// Reads the rows of a VALUES list; gives where it stopped.
    fn rows(&mut self, bytes: &[u8], maps: Maps<'_>, at: usize, last: bool, out: &mut Out<'_>) -> usize {
        let Some(insert) = &mut self.state.insert else { return at };
        if insert.has_people && !std::mem::replace(&mut insert.named, true) {
            insert.people.name_columns(&mut self.tags, out);
            insert.plan = Plan::new(&insert.people, insert.width);
        }
        let Insert { people, width, plan, .. } = insert;
        let (at, ended) = match insert.has_people {
            true => rows(bytes, at, last, out, |at, out| {
                some_rows(people, plan.as_mut(), bytes, maps, at, out).or_else(|| usual_row(people, *width, bytes, maps, at, last, out))
            }),
            false => rows(bytes, at, last, out, |at, out| other_row(bytes, maps, at, last, out)),
        };
        self.state.in_values = !ended;
        at
    }
}

/// Rows with what stands between them; gives where it stopped, and whether the list ended there.
#[inline(never)]
fn rows(
    bytes: &[u8],
    mut at: usize,
    last: bool,
    out: &mut Out<'_>,
    mut row: impl FnMut(usize, &mut Out<'_>) -> Option<usize>,
) -> (usize, bool) {
    loop {
        if bytes.get(at) != Some(&b'(') {
            let place = place(bytes, at, last);
            let (Place::Row(end) | Place::Leave(end) | Place::Incomplete(end)) = place;
            out.skip(&bytes[at..end]);
            at = end;
            if !matches!(place, Place::Row(_)) {
                return (at, matches!(place, Place::Leave(_)));
            }
        }
        match row(at, out) {
            Some(end) => at = end,
            None => return (at, false),
        }
    }
}

/// Looks at what stands at `at` in a VALUES list.
#[inline(never)]
fn place(bytes: &[u8], at: usize, last: bool) -> Place {
    let after = at + bytes[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t' | b',')).count();
    match bytes.get(after) {
        Some(b'(') => Place::Row(after),
        Some(b';') => Place::Leave(after + 1),
        Some(_) => Place::Leave(after),
        None if last => Place::Incomplete(bytes.len()),
        None => Place::Incomplete(after),
    }
}

/// Rows of people for as long as there is nothing odd about them; `None` if there is about the first.
#[inline(always)]
fn some_rows(people: &People, plan: Option<&mut Plan>, bytes: &[u8], maps: Maps<'_>, at: usize, out: &mut Out<'_>) -> Option<usize> {
    let plan = plan?;
    let (end, rows) = read_simple_tuples(bytes, maps, at, plan, out);
    if rows == 0 {
        return None;
    }
    // A backslash would be an escape, and the tuple not simple.
    Some(people.tell(rows, false, plan, out).unwrap_or(end))
}

/// One row of people; `None` when it is not complete.
#[inline(never)]
fn usual_row(people: &People, width: usize, bytes: &[u8], maps: Maps<'_>, at: usize, last: bool, out: &mut Out<'_>) -> Option<usize> {
    let mut person = Person::new(people, out.begin());
    if let Some((end, columns)) = read_usual_tuple(bytes, maps, at, &mut person)
        && columns == width
        && end - at <= TUPLE_BYTES_MAX
        && !person.is_empty()
    {
        person.end_span(at..end);
        return Some(end);
    }
    person.abandon();
    odd_row(people, width, bytes, maps, at, last, out)
}

/// As [`usual_row`], with values told by slices.
#[inline(never)]
fn odd_row(people: &People, width: usize, bytes: &[u8], maps: Maps<'_>, at: usize, last: bool, out: &mut Out<'_>) -> Option<usize> {
    let mut person = Person::new(people, out.begin());
    let tuple = read_tuple(bytes, maps, at, last, &mut person);
    if let Tuple::Read { end, columns } = tuple
        && columns == width
        && !person.is_empty()
    {
        person.end(&bytes[at..end]);
        return Some(end);
    }
    person.abandon();
    unusual_row(bytes, at, tuple, width, last, out)
}

#[cold]
#[inline(never)]
fn unusual_row(bytes: &[u8], at: usize, tuple: Tuple, width: usize, last: bool, out: &mut Out<'_>) -> Option<usize> {
    match tuple {
        Tuple::Read { end, columns } => {
            if columns == width {
                out.skip(&bytes[at..end]);
            } else {
                out.reject(&bytes[at..end], "column-count");
            }
            Some(end)
        }
        Tuple::Incomplete if !last => None,
        Tuple::Incomplete | Tuple::Broken => broken_row(bytes, at, last, out),
    }
}

/// One row of a table without people.
#[inline(always)]
fn other_row(bytes: &[u8], maps: Maps<'_>, at: usize, last: bool, out: &mut Out<'_>) -> Option<usize> {
    match read_tuple(bytes, maps, at, last, &mut Nothing) {
        Tuple::Read { end, .. } => {
            out.skip(&bytes[at..end]);
            Some(end)
        }
        Tuple::Incomplete if !last => None,
        Tuple::Incomplete | Tuple::Broken => broken_row(bytes, at, last, out),
    }
}

#[cold]
fn broken_row(bytes: &[u8], at: usize, last: bool, out: &mut Out<'_>) -> Option<usize> {
    match next_start(bytes, at) {
        Some(end) => {
            out.reject(&bytes[at..end], "malformed-row");
            Some(end)
        }
        None if last => {
            out.reject(&bytes[at..], "truncated-row");
            Some(bytes.len())
        }
        None => None,
    }
}
