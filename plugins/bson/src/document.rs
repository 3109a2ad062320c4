//! One document, read into a tree: <https://bsonspec.org/spec.html>.

use memchr::memchr;
use sluice_plugin::document::{Documents, Form, PathId, Paths, Tree};

/// Documents within each other.
const DEPTH_MAX: usize = 64;
/// The shortest: a length and a zero.
pub const BYTES_MIN: usize = 5;

/// Why a document cannot be read.
pub type Reason = &'static str;

struct Frame {
    node: u32,
    path: PathId,
    is_array: bool,
    /// Behind its closing zero.
    end: usize,
}

/// Reads documents; keep one, so that its memory is used again.
#[derive(Default)]
pub struct Reader {
    pub tree: Tree,
    /// What stands where, without the values.
    pub shape: Vec<u32>,
    frames: Vec<Frame>,
}

/// A document that begins or ends, in a shape: no path has this number.
const OPEN: u32 = u32::MAX;
const CLOSE: u32 = u32::MAX - 1;

impl Reader {
    /// Reads the document of which these are all bytes, from a place on.
    pub fn read(&mut self, bytes: &[u8], start: usize, end: usize, documents: &mut Documents) -> Result<(), Reason> {
        self.tree.begin(start);
        self.shape.clear();
        self.frames.clear();
        self.frames.push(Frame { node: 0, path: Paths::ROOT, is_array: false, end });
        let (mut at, mut before) = (start + 4, Paths::ROOT);
        while let Some(frame) = self.frames.last() {
            let kind = *bytes.get(at).filter(|_| at < frame.end).ok_or("truncated-document")?;
            at += 1;
            if kind == 0 {
                if at != frame.end {
                    return Err("wrong-length");
                }
                self.tree.close(frame.node, at);
                self.shape.push(CLOSE);
                self.frames.pop();
                continue;
            }
            let (node, parent, is_array, outer_end) = (frame.node, frame.path, frame.is_array, frame.end);
            let name = bytes.get(at..outer_end).and_then(|rest| Some(&rest[..memchr(0, rest)?])).ok_or("unclosed-name")?;
            at += name.len() + 1;
            let path = if is_array { documents.paths.element(parent) } else { documents.paths.key(parent, name, before) };
            before = path;
            if self.tree.is_full() {
                return Err("too-many-values");
            }
            let rest = bytes.get(at..outer_end).ok_or("truncated-value")?;
            if matches!(kind, 3 | 4) {
                let len = length(rest).filter(|len| (BYTES_MIN..=rest.len()).contains(len)).ok_or("wrong-length")?;
                if self.frames.len() >= DEPTH_MAX {
                    return Err("too-deep");
                }
                let is_array = kind == 4;
                let node = self.tree.open(node, path, at, is_array);
                self.shape.extend([OPEN, path]);
                self.frames.push(Frame { node, path, is_array, end: at + len });
                at += 4;
                continue;
            }
            let (form, before_value, len, behind) = value(kind, rest)?;
            if rest.len() < before_value + len + behind {
                return Err("truncated-value");
            }
            if let Some(form) = form.filter(|_| len > 0) {
                self.tree.leaf(node, path, at + before_value, at + before_value + len, form);
                self.shape.extend([path, form as u32]);
            }
            at += before_value + len + behind;
        }
        Ok(())
    }
}

/// A length at the beginning.
pub fn length(bytes: &[u8]) -> Option<usize> {
    usize::try_from(i32::from_le_bytes(*bytes.first_chunk()?)).ok()
}

/// How a value of a type is told, if it is: bytes before it, its own, and those behind it.
pub fn value(kind: u8, rest: &[u8]) -> Result<(Option<Form>, usize, usize, usize), Reason> {
    // A length that counts the zero behind.
    let text = || length(rest).and_then(|len| len.checked_sub(1)).ok_or("wrong-length");
    let name = |from: usize| rest.get(from..).and_then(|rest| memchr(0, rest)).ok_or("unclosed-name");
    Ok(match kind {
        0x01 => (Some(Form::FloatLe), 0, 8, 0),
        0x02 | 0x0e => (Some(Form::Text), 4, text()?, 1),
        0x05 => {
            let len = length(rest).ok_or("wrong-length")?;
            match rest.get(4) {
                // The old kind of bytes has its length twice.
                Some(2) if len >= 4 => (Some(Form::Bytes), 9, len - 4, 0),
                Some(3 | 4) => (Some(Form::Id), 5, len, 0),
                _ => (Some(Form::Bytes), 5, len, 0),
            }
        }
        0x06 | 0x0a | 0x7f | 0xff => (None, 0, 0, 0),
        0x07 => (Some(Form::Id), 0, 12, 0),
        0x08 => (None, 0, 1, 0),
        0x09 => (Some(Form::MillisecondsLe), 0, 8, 0),
        0x0b => {
            let pattern = name(0)? + 1;
            (None, 0, pattern + name(pattern)? + 1, 0)
        }
        0x0c => (None, 0, 4 + text()? + 1 + 12, 0),
        0x0d => (None, 4, text()?, 1),
        0x0f => (None, 0, length(rest).filter(|len| *len >= 4).ok_or("wrong-length")?, 0),
        0x10 => (Some(Form::IntegerLe), 0, 4, 0),
        0x11 => (None, 0, 8, 0),
        0x12 => (Some(Form::IntegerLe), 0, 8, 0),
        0x13 => (None, 0, 16, 0),
        _ => return Err("unknown-type"),
    })
}
