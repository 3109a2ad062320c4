//! Blocks: lines that belong together, and what they are.
//!
//! A block ends at a blank line, at a rule, or where the next one begins: families differ in which key that is, and some leave nothing
//! between blocks. All is decided by the block's own lines and the one behind them, so that a block is the same wherever a chunk begins.

use sluice_plugin::Line;

use crate::{
    form,
    key::Key,
    line::{Class, Pair, classify, is_keyless_login},
    login::{Has, Login},
    path::Holds,
    reader::Reader,
};

/// Bytes of a block; a form's run ends at a quarter of it.
pub const BLOCK_BYTES_MAX: usize = 256 << 10;

/// What stands at a place.
pub enum Block<'a> {
    /// Nobody's data.
    Nothing(&'a [u8]),
    /// Somebody's that can't be read, and why.
    Odd(&'a [u8], &'static str),
    /// A login that was saved.
    Login(&'a [u8], Login<'a>),
    /// What somebody typed into forms.
    Form(&'a [u8], form::Typed<'a>),
}

impl<'a> Block<'a> {
    /// Its lines.
    pub fn rows(&self) -> &'a [u8] {
        match self {
            Self::Nothing(rows) | Self::Odd(rows, _) | Self::Login(rows, _) | Self::Form(rows, _) => rows,
        }
    }
}

/// A text from a place on: the line there, or its end; `None` if more of it must come first.
pub fn ahead(text: &[u8], at: usize, last: bool) -> Option<Option<Line<'_>>> {
    let rest = text.get(at..).unwrap_or_default();
    if rest.is_empty() { last.then_some(None) } else { Line::at(rest, last).map(Some) }
}

/// The block that a text begins with, if all of it is there.
pub fn next<'a>(text: &'a [u8], last: bool, reader: &mut Reader) -> Option<Block<'a>> {
    let line = ahead(text, 0, last)??;
    let class = classify(line.text, &mut reader.keys);
    let may_be_typed = matches!(class, Class::Pair(Pair { key: Key::Field, .. })) || reader.holds == Holds::Forms;
    if may_be_typed && let Some((bytes, typed)) = form::run(text, last, reader)? {
        return Some(Block::Form(&text[..bytes], typed));
    }
    Some(match class {
        Class::Pair(pair) if begins_login(pair.key) => return login(text, last, reader),
        Class::Pair(Pair { is_binary: true, .. }) | Class::Binary if reader.is_telling() => Block::Odd(line.raw, "binary"),
        Class::Text | Class::Pair(_) if reader.is_telling() && is_keyless_login(line.text) => Block::Odd(line.raw, "line-without-key"),
        _ => Block::Nothing(line.raw),
    })
}

const fn begins_login(key: Key) -> bool {
    matches!(key, Key::Url | Key::Login | Key::Email | Key::Password | Key::Soft | Key::Application | Key::Profile)
}

/// Reads a block that begins as one of a login does.
fn login<'a>(text: &'a [u8], last: bool, reader: &mut Reader) -> Option<Block<'a>> {
    let (mut at, mut login) = (0, Login::default());
    while let Some(line) = ahead(text, at, last)? {
        let next = at + line.raw.len();
        if next > BLOCK_BYTES_MAX {
            // What is read so far may be nothing: a line that is as long as that is its own block.
            return Some(Block::Odd(&text[..if at == 0 { next } else { at }], "block-too-long"));
        }
        match classify(line.text, &mut reader.keys) {
            Class::Blank | Class::Rule => break,
            Class::Pair(pair) if !goes_on(&login, &pair) => {
                if let Some(ends) = ends_before(&login, &pair) {
                    let is_last_line = ends == Ends::UnlessLast && is_end(text, next, last, reader)?;
                    if !is_last_line {
                        break;
                    }
                }
                login.add(&pair, text, at);
            }
            Class::Binary if login.has(Has::PASSWORD) => break,
            Class::Binary => login.note(Has::BINARY),
            Class::Text | Class::Pair(_) if login.is_in_password() => {
                if is_keyless_login(line.text) || !login.extend_password(at + line.text.len()) {
                    break;
                }
            }
            Class::Text | Class::Pair(_) if login.has(Has::PASSWORD) => break,
            Class::Text | Class::Pair(_) => {}
        }
        at = next;
    }
    let rows = &text[..at];
    Some(match login.outcome() {
        // A keychain's items have an account and a password of a program's own.
        Ok(true) if reader.is_telling() || login.has_place() => Block::Login(rows, login),
        Err(reason) if reader.is_telling() => Block::Odd(rows, reason),
        Ok(_) | Err(_) => Block::Nothing(rows),
    })
}

/// Is a line that reads as a pair the next one of a password? Who writes keys puts a blank behind their colon.
fn goes_on(login: &Login<'_>, pair: &Pair<'_>) -> bool {
    login.is_in_password() && !begins_login(pair.key) && !pair.is_binary && !matches!(pair.value.first(), None | Some(b' ' | b'\t'))
}

/// How sure it is that a block has ended.
#[derive(PartialEq, Eq)]
enum Ends {
    Surely,
    /// If another line of the block follows, this one is the next block's first; else it is this one's last.
    UnlessLast,
}

/// Does a block end before a pair?
fn ends_before(login: &Login<'_>, pair: &Pair<'_>) -> Option<Ends> {
    let is_complete = login.has(Has::PASSWORD);
    // The second of a kind begins a block, but `Host` behind `URL`, and `Email` behind `Username`, say more of the same.
    let is_second = |kind: Has| login.has(kind) && (is_complete || login.is_named(kind, pair.name));
    match pair.key {
        Key::Url if is_second(Has::URL) => Some(Ends::Surely),
        Key::Url if is_complete => Some(Ends::UnlessLast),
        Key::Login if is_second(Has::LOGIN) => Some(Ends::Surely),
        Key::Email if is_second(Has::EMAIL) => Some(Ends::Surely),
        Key::Login | Key::Email if is_complete && login.has_login() => Some(Ends::UnlessLast),
        Key::Password if is_complete => Some(Ends::Surely),
        Key::Soft | Key::Application if login.has(Has::SOFT) => Some(Ends::Surely),
        Key::Soft if is_complete => Some(Ends::UnlessLast),
        Key::Profile if login.has(Has::PROFILE) => Some(Ends::Surely),
        Key::Field if is_complete => Some(Ends::Surely),
        _ => None,
    }
}

/// Does a block end at a place?
fn is_end(text: &[u8], at: usize, last: bool, reader: &mut Reader) -> Option<bool> {
    let Some(line) = ahead(text, at, last)? else { return Some(true) };
    Some(matches!(classify(line.text, &mut reader.keys), Class::Blank | Class::Rule))
}
