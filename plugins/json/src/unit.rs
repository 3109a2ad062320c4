//! One object, read with care: into a tree, by way of whatever tools make of JSON.
//!
//! Besides JSON itself: what MongoDB's shells print (`ObjectId("…")`, keys without quotes, single quotes), commas too many at the end,
//! `NaN`, `None`. A line never ends within a string, which is how a quote too few is found.

use memchr::memchr3;
use sluice_plugin::document::{Documents, Form, PathId, Paths, Tree};

use crate::shapes::{Kind, Shapes};

/// Objects and arrays within each other.
const DEPTH_MAX: usize = 64;

/// How reading an object ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// Behind its last byte.
    Closed(usize),
    /// It goes on behind the bytes there are.
    Open,
    /// It is none from here on, and why.
    Broken(usize, &'static str),
}

/// A string's place, without quotes, and what is behind it.
pub struct Text {
    pub start: usize,
    pub end: usize,
    pub behind: usize,
    pub is_escaped: bool,
}

struct Frame {
    node: u32,
    path: PathId,
    is_array: bool,
}

/// Reads objects; keep one, so that its memory is used again.
#[derive(Default)]
pub struct Reader {
    pub tree: Tree,
    frames: Vec<Frame>,
}

/// A value that was read.
enum Value {
    Nothing(usize),
    Some { text: Text, form: Form, kind: Option<Kind> },
}

impl Reader {
    /// Reads the object that begins at a place. The shape it is known by is empty if it is not to be remembered.
    pub fn read(&mut self, bytes: &[u8], start: usize, documents: &mut Documents, shapes: &mut Shapes) -> Ended {
        self.tree.begin(start);
        shapes.begin_anew();
        self.frames.clear();
        self.frames.push(Frame { node: 0, path: Paths::ROOT, is_array: false });
        match self.walk(bytes, start, documents, shapes) {
            Ok(end) => Ended::Closed(end),
            Err(ended) => ended,
        }
    }

    fn walk(&mut self, bytes: &[u8], start: usize, documents: &mut Documents, shapes: &mut Shapes) -> Result<usize, Ended> {
        let (mut at, mut may_follow, mut before) = (start + 1, true, Paths::ROOT);
        // Of the stretch between two values: where it begins, and after what.
        let (mut mark, mut state, mut is_shaped) = (start, Shapes::START, true);
        loop {
            at = behind_blanks(bytes, at);
            let byte = *bytes.get(at).ok_or(Ended::Open)?;
            let Some(frame) = self.frames.last() else { return Err(Ended::Broken(at, "unexpected-byte")) };
            match byte {
                b'}' | b']' => {
                    if (byte == b']') != frame.is_array {
                        return Err(Ended::Broken(at, "mismatched-bracket"));
                    }
                    at += 1;
                    self.tree.close(frame.node, at);
                    self.frames.pop();
                    may_follow = false;
                    if self.frames.is_empty() {
                        let end = is_shaped.then(|| shapes.learn(state, &bytes[mark..at], Kind::End, Paths::ROOT)).flatten();
                        match end {
                            Some(number) => shapes.shape.push(number),
                            None => shapes.shape.clear(),
                        }
                        return Ok(at);
                    }
                    continue;
                }
                b',' if !may_follow => {
                    (may_follow, at) = (true, at + 1);
                    continue;
                }
                _ if !may_follow => return Err(Ended::Broken(at, "no-comma")),
                _ => may_follow = false,
            }
            let (node, is_array) = (frame.node, frame.is_array);
            let path = if is_array {
                documents.paths.element(frame.path)
            } else {
                let parent = frame.path;
                let key = key(bytes, at)?;
                at = behind_colon(bytes, key.behind)?;
                documents.paths.key(parent, &bytes[key.start..key.end], before)
            };
            before = path;
            if self.tree.is_full() {
                return Err(Ended::Broken(at, "too-many-values"));
            }
            let byte = *bytes.get(at).ok_or(Ended::Open)?;
            if matches!(byte, b'{' | b'[') {
                if self.frames.len() >= DEPTH_MAX {
                    return Err(Ended::Broken(at, "too-deep"));
                }
                let is_array = byte == b'[';
                let node = self.tree.open(node, path, at, is_array);
                self.frames.push(Frame { node, path, is_array });
                (may_follow, at) = (true, at + 1);
                continue;
            }
            match value(bytes, at)? {
                Value::Nothing(behind) => at = behind,
                Value::Some { text, form, kind } => {
                    let form = if text.is_escaped { Form::Escaped } else { form };
                    self.tree.leaf(node, path, text.start, text.end, form);
                    at = text.behind;
                    let learnt = kind.filter(|_| is_shaped).and_then(|kind| shapes.learn(state, &bytes[mark..text.start], kind, path));
                    match (learnt, kind) {
                        (Some(number), Some(kind)) => {
                            shapes.shape.push(number);
                            (mark, state) = (text.end, Shapes::state(path, kind));
                        }
                        _ => is_shaped = false,
                    }
                }
            }
        }
    }
}

/// Behind blanks and line ends.
pub fn behind_blanks(bytes: &[u8], from: usize) -> usize {
    let blanks = bytes.get(from..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    from + blanks
}

pub fn behind_colon(bytes: &[u8], from: usize) -> Result<usize, Ended> {
    let at = behind_blanks(bytes, from);
    match bytes.get(at) {
        Some(b':') => Ok(behind_blanks(bytes, at + 1)),
        Some(_) => Err(Ended::Broken(at, "no-colon")),
        None => Err(Ended::Open),
    }
}

/// A key, in quotes or not.
pub fn key(bytes: &[u8], at: usize) -> Result<Text, Ended> {
    match bytes.get(at) {
        None => Err(Ended::Open),
        Some(b'"' | b'\'') => string(bytes, at),
        Some(_) => {
            let end = behind_word(bytes, at);
            match bytes.get(end) {
                None => Err(Ended::Open),
                Some(_) if end == at => Err(Ended::Broken(at, "no-key")),
                Some(_) => Ok(Text { start: at, end, behind: end, is_escaped: false }),
            }
        }
    }
}

/// A string, by the quote it begins with.
pub fn string(bytes: &[u8], at: usize) -> Result<Text, Ended> {
    let quote = *bytes.get(at).ok_or(Ended::Open)?;
    let (start, mut end, mut is_escaped) = (at + 1, at + 1, false);
    loop {
        let rest = bytes.get(end..).ok_or(Ended::Open)?;
        end += memchr3(quote, b'\\', b'\n', rest).ok_or(Ended::Open)?;
        match bytes[end] {
            b'\\' if bytes.get(end + 1) == Some(&b'\n') => return Err(Ended::Broken(end, "unclosed-string")),
            b'\\' => (is_escaped, end) = (true, end + 2),
            b'\n' => return Err(Ended::Broken(end, "unclosed-string")),
            _ => return Ok(Text { start, end, behind: end + 1, is_escaped }),
        }
    }
}

fn value(bytes: &[u8], at: usize) -> Result<Value, Ended> {
    if matches!(bytes.get(at), Some(b'"' | b'\'')) {
        let text = string(bytes, at)?;
        if text.start == text.end {
            return Ok(Value::Nothing(text.behind));
        }
        let kind = (bytes[at] == b'"').then_some(Kind::Text);
        return Ok(Value::Some { text, form: Form::Text, kind });
    }
    let (mut start, mut end) = (at, behind_word(bytes, at));
    if &bytes[start..end] == b"new" && bytes.get(end) == Some(&b' ') {
        start = end + 1;
        end = behind_word(bytes, start);
    }
    let follows = *bytes.get(end).ok_or(Ended::Open)?;
    let word = &bytes[start..end];
    if follows == b'(' && !word.is_empty() {
        return call(bytes, word, end + 1);
    }
    let text = Text { start, end, behind: end, is_escaped: false };
    match word {
        b"null" | b"undefined" | b"None" | b"NaN" | b"Infinity" | b"-Infinity" | b"nil" => Ok(Value::Nothing(end)),
        b"true" | b"false" => Ok(Value::Some { text, form: Form::Word, kind: Some(Kind::Word) }),
        b"True" | b"False" => Ok(Value::Some { text, form: Form::Word, kind: None }),
        [b'0'..=b'9', ..] | [b'-' | b'+' | b'.', b'0'..=b'9', ..] if word.iter().all(|byte| is_of_number(*byte)) => {
            let kind = (word[0] != b'+' && word[0] != b'.').then_some(Kind::Number);
            Ok(Value::Some { text, form: Form::Number, kind })
        }
        [] => Err(Ended::Broken(at, "unexpected-byte")),
        _ => Err(Ended::Broken(at, "unexpected-word")),
    }
}

/// Behind a value that is no object and no array.
pub fn scalar(bytes: &[u8], at: usize) -> Result<usize, Ended> {
    Ok(match value(bytes, at)? {
        Value::Nothing(behind) => behind,
        Value::Some { text, .. } => text.behind,
    })
}

pub fn is_of_number(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E')
}

fn behind_word(bytes: &[u8], from: usize) -> usize {
    let is_of_word = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(**byte, b'_' | b'$' | b'-' | b'+' | b'.') || **byte >= 0x80;
    from + bytes.get(from..).unwrap_or_default().iter().take_while(is_of_word).count()
}

/// What a shell prints of a type: `ObjectId("…")`. The value is its first argument, of `BinData` the second.
fn call(bytes: &[u8], name: &[u8], from: usize) -> Result<Value, Ended> {
    let wanted = usize::from(matches!(name, b"BinData" | b"HexData"));
    let (mut at, mut found) = (from, None);
    for nth in 0.. {
        at = behind_blanks(bytes, at);
        match *bytes.get(at).ok_or(Ended::Open)? {
            b')' => break,
            b',' if nth > 0 => {
                at += 1;
                continue;
            }
            _ => {}
        }
        let (text, is_text) = match bytes[at] {
            b'"' | b'\'' => (string(bytes, at)?, true),
            _ => {
                let end = behind_word(bytes, at);
                if end == at {
                    return Err(Ended::Broken(at, "unexpected-byte"));
                }
                (Text { start: at, end, behind: end, is_escaped: false }, false)
            }
        };
        at = text.behind;
        // Arguments and commas take turns.
        if nth == 2 * wanted {
            found = Some((text, is_text));
        }
    }
    let behind = at + 1;
    let form = match name {
        b"Date" | b"ISODate" => |is_text: bool| if is_text { Form::Text } else { Form::Milliseconds },
        b"BinData" => |_| Form::Base64,
        b"Timestamp" | b"RegExp" | b"DBRef" | b"Code" | b"Symbol" | b"MinKey" | b"MaxKey" => return Ok(Value::Nothing(behind)),
        name if memchr::memmem::find(name, b"Base64").is_some() => |_| Form::Base64,
        _ => |is_text: bool| if is_text { Form::Text } else { Form::Number },
    };
    Ok(match found {
        Some((text, is_text)) if text.start < text.end => Value::Some { form: form(is_text), text: Text { behind, ..text }, kind: None },
        _ => Value::Nothing(behind),
    })
}
