//! A member's way: arrays and objects around documents are entered, documents are read, and what is broken is left at the next one.
//!
//! An object is a document, unless it does not end within a [`WINDOW_BYTES`] and has nothing of a person itself: then it is around others,
//! and so is every array. What is around counts little: a bracket too many or too few costs nothing. After a document that cannot be read
//! reading goes on where another one begins, by what the file looks like: at a line that begins alike, or at the same first key.
//!
//! `}`, a line's end, and `{` at its beginning: there nothing is around, for within JSON there would be a comma. So a file of lines is cut
//! without being read.

use std::rc::Rc;

use memchr::{memchr, memchr2, memmem, memrchr};
use sluice_plugin::{
    Class,
    columns::is_email,
    document::{Documents, Form, Paths, Plan, is_same_shape},
};

use crate::{
    shapes::Shapes,
    unit::{self, Ended, Reader, behind_blanks},
};

/// An object that does not end within these may be around others.
pub const WINDOW_BYTES: usize = 1 << 20;
/// Arrays and objects around documents.
const AROUND_MAX: usize = 32;
/// Bytes of a first key by which the next document is found.
const HEAD_BYTES_MAX: usize = 64;
/// Bytes before a bracket that name what it is assigned to.
const ASSIGNMENT_BYTES_MAX: usize = 128;
/// Shapes of keys in maps around: beside those of stretches.
const SHAPE_OF_ID: u32 = u32::MAX - 1;
const SHAPE_OF_EMAIL: u32 = u32::MAX - 2;

/// What stands at a place, up to where.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// More bytes are needed to tell.
    Wait,
    /// Nobody's.
    Skip(usize),
    /// What is lost, and why.
    Reject(usize, &'static str),
    /// A document: the reader has it.
    Document(usize),
    /// An address, and perhaps a secret, that stand alone: where they begin and end.
    Alone { email: (usize, usize), secret: (usize, usize), end: usize },
}

/// The bytes there are.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub bytes: &'a [u8],
    pub is_last: bool,
    /// Quotes, backslashes, and what may not stand in a string.
    pub enders: Class<'a>,
}

/// Where in a member reading is.
#[derive(Default)]
pub struct Member {
    pub documents: Documents,
    pub shapes: Shapes,
    pub reader: Reader,
    /// The brackets around, outermost first.
    around: Vec<u8>,
    /// Blanks since the line's beginning, if there was nothing else.
    indent: Option<u32>,
    /// The last bytes that were read.
    last: [u8; 3],
    /// What was looked at to decide, as an offset from the bytes' beginning: before it nothing may be cut.
    pub looked_at: usize,
    /// What is told of the document that was read last, if that is known by its shape alone; and that.
    pub plan: Option<Rc<Plan>>,
    plan_shape: Vec<u32>,
    /// Are only borders of interest?
    pub is_scanning: bool,
}

impl Member {
    pub fn new(context: &[u8]) -> Option<Self> {
        let mut member = Self { indent: Some(0), ..Self::default() };
        if let Some((indent, around)) = context.split_first_chunk::<4>() {
            let indent = u32::from_le_bytes(*indent);
            member.indent = (indent != u32::MAX).then_some(indent);
            member.around = around.to_vec();
        } else if !context.is_empty() {
            return None;
        }
        Some(member)
    }

    /// What a chunk that begins here must know.
    pub fn context(&self) -> Vec<u8> {
        let mut context = self.indent.unwrap_or(u32::MAX).to_le_bytes().to_vec();
        context.extend_from_slice(&self.around);
        context
    }

    /// Is nothing around?
    pub fn is_at_top(&self) -> bool {
        self.around.is_empty()
    }

    /// Says what stands at a place; [`Member::passed`] is to be called with what of it was consumed.
    pub fn step(&mut self, view: View<'_>, at: usize) -> Step {
        let View { bytes, is_last, .. } = view;
        let blanks = behind_blanks(bytes, at);
        if blanks > at {
            return Step::Skip(blanks);
        }
        let Some(byte) = bytes.get(at) else { return Step::Wait };
        self.looked_at = at + 1;
        match byte {
            b'{' => {
                if self.indent == Some(0) && matches!(self.last, [_, b'}', b'\n'] | [b'}', b'\r', b'\n']) {
                    self.around.clear();
                }
                self.document(view, at, at, None)
            }
            b'[' => self.enter(at),
            b']' | b'}' => {
                self.around.pop();
                Step::Skip(at + 1)
            }
            b',' | b';' | b')' => Step::Skip(at + 1),
            0xef if bytes[at..].starts_with(b"\xef\xbb\xbf") => Step::Skip(at + 3),
            0xef if bytes.len() - at < 3 && !is_last => Step::Wait,
            _ => match self.around.last() {
                Some(b'{') => self.entry(view, at),
                Some(_) => self.alone(view, at, None),
                None => self.at_top(view, at),
            },
        }
    }

    /// Bytes were consumed: where the line stands.
    pub fn passed(&mut self, passed: &[u8]) {
        let text = memrchr(b'\n', passed).map(|at| &passed[at + 1..]);
        let blanks = |text: &[u8]| text.iter().all(u8::is_ascii_whitespace).then_some(text.len() as u32);
        self.indent = match text {
            Some(text) => blanks(text),
            None => self.indent.zip(blanks(passed)).map(|(before, more)| before + more),
        };
        for byte in &passed[passed.len().saturating_sub(3)..] {
            self.last = [self.last[1], self.last[2], *byte];
        }
    }

    fn enter(&mut self, at: usize) -> Step {
        if self.around.len() < AROUND_MAX {
            self.around.push(b'[');
        }
        Step::Skip(at + 1)
    }

    /// Where nothing is around: what is no document is a line that somebody put there.
    fn at_top(&mut self, view: View<'_>, at: usize) -> Step {
        let View { bytes, is_last, .. } = view;
        let rest = &bytes[at..];
        let line = memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        if line == rest.len() && !rest.ends_with(b"\n") && !is_last {
            return Step::Wait;
        }
        let line = &rest[..line];
        self.looked_at = at + line.len();
        if [&b"//"[..], b"/*", b"#"].iter().any(|comment| line.starts_with(comment)) {
            return Step::Skip(at + line.len());
        }
        // `window.people = [`, `callback({`: what scripts put before it.
        let head = &line[..line.len().min(ASSIGNMENT_BYTES_MAX)];
        if let Some(bracket) = memchr2(b'[', b'{', head) {
            let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'$' | b'=' | b'(' | b' ' | b'\t');
            if head[..bracket].iter().all(is_name) && matches!(head[..bracket].trim_ascii_end(), [.., b'=' | b'(']) {
                return Step::Skip(at + bracket);
            }
        }
        match unit::scalar(line, 0) {
            Ok(end) if behind_blanks(line, end) == line.len() => Step::Skip(at + line.len()),
            _ => Step::Reject(at + line.len(), "not-json"),
        }
    }

    /// A key and what belongs to it, in an object that is around documents.
    fn entry(&mut self, view: View<'_>, at: usize) -> Step {
        let View { bytes, is_last, .. } = view;
        let key = unit::key(bytes, at).and_then(|key| unit::behind_colon(bytes, key.behind).map(|value| (key, value)));
        let (key, value) = match key {
            Ok((key, value)) if value < bytes.len() => (key, value),
            Err(Ended::Broken(..)) => return self.garbage(view, at),
            Ok(_) | Err(_) if is_last => return Step::Reject(bytes.len(), "truncated"),
            Ok(_) | Err(_) => return Step::Wait,
        };
        self.looked_at = value + 1;
        match bytes[value] {
            b'{' => self.document(view, at, value, Some((key.start, key.end))),
            b'[' => self.enter(value),
            b'}' | b',' => Step::Skip(value),
            _ => self.alone(view, value, Some((key.start, key.end))),
        }
    }

    /// A value that is no document: mostly nobody's.
    fn alone(&mut self, view: View<'_>, at: usize, key: Option<(usize, usize)>) -> Step {
        let View { bytes, is_last, .. } = view;
        let is_text = matches!(bytes[at], b'"' | b'\'');
        match unit::scalar(bytes, at) {
            Ok(end) if end < bytes.len() || is_text => {
                let value = if is_text { (at + 1, end - 1) } else { (at, end) };
                let is_mail = |(start, end): (usize, usize)| is_email(&bytes[start..end]);
                match key {
                    Some(key) if is_mail(key) => Step::Alone { email: key, secret: if is_text { value } else { (at, at) }, end },
                    None if is_text && is_mail(value) => Step::Alone { email: value, secret: (at, at), end },
                    _ => Step::Skip(end),
                }
            }
            Err(Ended::Broken(..)) => self.garbage(view, at),
            Ok(_) | Err(_) if is_last => Step::Reject(bytes.len(), "truncated"),
            Ok(_) | Err(_) => Step::Wait,
        }
    }

    /// What is nothing that belongs into an array or object: up to the line's end or the next that may be a document.
    fn garbage(&mut self, view: View<'_>, at: usize) -> Step {
        let rest = &view.bytes[at + 1..];
        match memchr2(b'\n', b'{', rest) {
            Some(end) => {
                let end = at + 1 + end;
                self.looked_at = end + 1;
                Step::Reject(end + usize::from(view.bytes[end] == b'\n'), "not-json")
            }
            None if view.is_last => Step::Reject(view.bytes.len(), "not-json"),
            None => Step::Wait,
        }
    }

    /// An object, which may have a key before it.
    fn document(&mut self, view: View<'_>, row: usize, start: usize, key: Option<(usize, usize)>) -> Step {
        let View { bytes, is_last, enders } = view;
        if self.documents.forget() {
            self.shapes.forget();
            self.plan = None;
        }
        // What ends behind a window may be around others.
        if let Some((end, is_like_last)) = self.shapes.read(bytes, start, enders, &mut self.reader.tree)
            && end - start <= WINDOW_BYTES
            && self.is_foreseen(view, key, is_like_last)
        {
            return self.closed(view, end, key, true);
        }
        let window = &bytes[..bytes.len().min(start + WINDOW_BYTES)];
        let mut ended = self.reader.read(window, start, &mut self.documents, &mut self.shapes);
        let is_cut = ended == Ended::Open && window.len() < bytes.len();
        let is_personal = self.documents.is_personal(&self.reader.tree);
        if is_cut && is_personal {
            ended = self.reader.read(bytes, start, &mut self.documents, &mut self.shapes);
        }
        let (looked_at, reason) = match ended {
            Ended::Closed(end) => {
                self.plan = None;
                return self.closed(view, end, key, false);
            }
            // Two lines after each other: the first has lost its end.
            Ended::Broken(at, _)
                if bytes[at] == b'{' && bytes[..at].trim_ascii_end().len() < memrchr(b'\n', &bytes[..at]).unwrap_or_default() + 1 =>
            {
                (at + 1, "truncated")
            }
            Ended::Broken(at, reason) => (at + 1, reason),
            Ended::Open if !is_last && (!is_cut || is_personal) => return Step::Wait,
            Ended::Open => (window.len(), "truncated"),
        };
        self.looked_at = looked_at;
        let has_others = self.reader.tree.nodes.iter().any(|node| self.reader.tree.nodes[node.parent as usize].is_array && !node.is_array);
        if !is_personal && (has_others || is_cut) && self.around.len() < AROUND_MAX {
            self.around.push(b'{');
            self.looked_at = start + WINDOW_BYTES;
            return Step::Skip(start + 1);
        }
        if reason == "too-deep" {
            return Step::Reject(looked_at - 1, reason);
        }
        match self.next_document(view, row, start) {
            Some(end) => {
                self.looked_at = looked_at.max(end + 2);
                Step::Reject(end, reason)
            }
            None => Step::Wait,
        }
    }

    /// A document that ended. Its row has what parts it from the next, if that stands close.
    fn closed(&mut self, view: View<'_>, end: usize, key: Option<(usize, usize)>, is_fast: bool) -> Step {
        let mut behind = end;
        for wanted in [b',', b'\r', b'\n'] {
            match view.bytes.get(behind) {
                Some(byte) => behind += usize::from(*byte == wanted),
                None if view.is_last => {}
                None => return Step::Wait,
            }
        }
        if key.is_none() && self.is_map_of_addresses() && self.around.len() < AROUND_MAX {
            let start = self.reader.tree.nodes.first().map_or(end, |node| node.start as usize);
            self.around.push(b'{');
            self.looked_at = end;
            return Step::Skip(start + 1);
        }
        if let Some((start, end)) = key {
            let name = name_of(&view.bytes[start..end]);
            let path = self.documents.paths.key(Paths::ROOT, name, Paths::ROOT);
            self.reader.tree.leaf(0, path, start, end, Form::Text);
            if !is_fast && !self.shapes.shape.is_empty() {
                self.shapes.shape.push(shape_of(name));
            }
        }
        Step::Document(behind)
    }

    /// Is the shape that was read one that says all? Then a reader with care would not find more.
    fn is_foreseen(&mut self, view: View<'_>, key: Option<(usize, usize)>, is_like_last: bool) -> bool {
        let shape = &mut self.shapes.shape;
        if let Some((start, end)) = key {
            shape.push(shape_of(name_of(&view.bytes[start..end])));
        }
        if self.is_scanning {
            return true;
        }
        // What is like the last, and has no key before it either, need not be compared.
        let is_planned = (is_like_last && key.is_none() && self.plan_shape.len() == shape.len()) || is_same_shape(&self.plan_shape, shape);
        if self.plan.is_none() || !is_planned {
            self.plan = self.documents.known(shape).filter(|plan| plan.is_one());
            self.plan_shape.clone_from(shape);
        }
        self.plan.is_some()
    }

    /// `{"ann@example.com": …}`: its entries are the documents.
    fn is_map_of_addresses(&self) -> bool {
        let tree = &self.reader.tree;
        let mut paths = tree.leaves.first().map(|leaf| leaf.path).into_iter().chain(tree.nodes.get(1).map(|node| node.path));
        paths.any(|path| self.documents.paths.is_below_root(path) && self.documents.paths.last_key(path).is_some_and(is_email))
    }

    /// Where the next document may begin behind one that is broken, or what is around ends; `None` if more bytes are needed.
    fn next_document(&self, view: View<'_>, row: usize, start: usize) -> Option<usize> {
        let View { bytes, is_last, .. } = view;
        let window = &bytes[..bytes.len().min(start + WINDOW_BYTES)];
        let is_all = is_last || window.len() < bytes.len();
        let head = memchr(b':', &window[start..]).filter(|len| *len <= HEAD_BYTES_MAX).map(|len| &window[start..start + len]);
        let alike =
            head.filter(|_| self.indent.is_none()).and_then(|head| memmem::find(&window[start + 1..], head)).map(|at| start + 1 + at);
        let mut line = start;
        while let Some(end) = memchr(b'\n', &window[line..]) {
            line += end + 1;
            if alike.is_some_and(|alike| alike < line) {
                break;
            }
            let blanks = window[line..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            let Some(byte) = window.get(line + blanks) else { break };
            let is_border = *byte == b'{' && blanks == 0 && matches!(bytes[..line], [.., b'}', b'\n'] | [.., b'}', b'\r', b'\n']);
            let found = match self.indent {
                _ if is_border => true,
                Some(indent) if blanks == indent as usize => *byte == bytes[row] || self.around.is_empty() && *byte == b'[',
                Some(indent) => blanks < indent as usize && matches!(byte, b']' | b'}'),
                None => blanks == 0 && *byte == b'{',
            };
            if found {
                return Some(if self.indent.is_some() { line } else { end_of_last(window, start, line) });
            }
        }
        match alike {
            Some(alike) => Some(end_of_last(window, start, alike)),
            None if is_all && self.indent.is_none() => Some(end_of_last(window, start, window.len())),
            None if is_all => Some(window.len()),
            None => None,
        }
    }
}

/// What a key in a map around documents is called.
fn name_of(key: &[u8]) -> &'static [u8] {
    if is_email(key) { Paths::MAP_EMAIL } else { Paths::MAP_ID }
}

fn shape_of(name: &[u8]) -> u32 {
    if name == Paths::MAP_EMAIL { SHAPE_OF_EMAIL } else { SHAPE_OF_ID }
}

/// Behind the bracket that closes the last document before a place, of those that close what is around it the first: what parts it from the next is no part of it.
fn end_of_last(bytes: &[u8], start: usize, before: usize) -> usize {
    let Some(last) = memrchr(b'}', &bytes[start..before]) else { return before };
    let closes = |byte: &&u8| matches!(byte, b'}' | b']') || byte.is_ascii_whitespace();
    let run = bytes[start..start + last].iter().rev().take_while(closes).count();
    let first = memchr(b'}', &bytes[start + last - run..]).unwrap_or_default();
    start + last - run + first + 1
}
