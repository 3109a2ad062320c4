//! The short way for usual blocks: those with the lines of the block before, a value in each, and what stood behind that one behind them.
//!
//! What most of a log is. A block is taken only if [`crate::block`] would read it just so; whatever is unusual about one, it is left to it:
//! control characters, a value missing or with blanks around it, a login with a domain, a further line. It calls little, and finds line
//! ends by a bitmap: about ten times as fast as reading with care.

use std::ops::Range;

use sluice_plugin::{Class, FieldKind, Line, Out, columns::is_email, login::Login as Shape, text::begins_with};

use crate::{
    block::BLOCK_BYTES_MAX,
    key::Key,
    line::{Class as Kind, classify, is_nothing},
    login::{APPLICATION, Login, PROFILE},
    memo::Memo,
    reader::Columns,
};

/// Values of a usual block, in the order they are told: URL, login, password, program, profile.
const VALUES: usize = 5;
const URL: usize = 0;
const LOGIN: usize = 1;
const PASSWORD: usize = 2;
/// Of each value the tag it is told under and its place; an empty one is none.
type Values = [(u8, Range<usize>); VALUES];
/// Words of eight bytes that what stands before a value fits in.
const PREFIX_WORDS: usize = 3;
/// Bytes of a rule between blocks.
const RULE_BYTES_MAX: usize = 256;
/// A machine's values are told with rows of at least this share of their bytes.
pub const ROW_SHARE: usize = 3;

/// What stands before a value in its line, which of a block's values it is, and the tag it is told under.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Before {
    text: Prefix,
    place: usize,
    tag: u8,
}

/// A short text, as words: compilers for WebAssembly compare slices a byte at a time.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
struct Prefix {
    words: [u64; PREFIX_WORDS],
    masks: [u64; PREFIX_WORDS],
    bytes: usize,
}

impl Prefix {
    fn new(text: &[u8]) -> Option<Self> {
        let (mut words, mut masks) = ([[0; 8]; PREFIX_WORDS], [[0; 8]; PREFIX_WORDS]);
        words.as_flattened_mut().get_mut(..text.len())?.copy_from_slice(text);
        masks.as_flattened_mut().get_mut(..text.len())?.fill(0xFF);
        Some(Self { words: words.map(u64::from_le_bytes), masks: masks.map(u64::from_le_bytes), bytes: text.len() })
    }

    /// Does a text have it at a place? Not said of the text's last few bytes.
    #[inline(always)]
    fn is_at(&self, text: &[u8], at: usize) -> bool {
        let Some(there) = text.get(at..at + 8 * PREFIX_WORDS) else { return false };
        let (there, _) = there.as_chunks::<8>();
        let differs = |word: usize| (u64::from_le_bytes(there[word]) ^ self.words[word]) & self.masks[word];
        differs(0) | differs(1) | differs(2) == 0
    }
}

/// How usual blocks look.
#[derive(Default)]
pub struct Usual {
    lines: Vec<Before>,
    /// Values that there may be: the first so many of a block's.
    places: usize,
    /// Do all values stand as many blanks behind their colon, one at most? Then a block without one of them is usual too.
    is_even: bool,
    /// A rule with its line end, as it stood behind a block.
    rule: Vec<u8>,
    /// What it begins with; nothing of a long one.
    rule_head: Prefix,
    /// Unusual blocks since the last usual one.
    unusual: u32,
}

impl Usual {
    /// Remembers how a block looks, if it is one that the short way can read, and what its program's and its profile's columns are.
    pub fn learn(&mut self, rows: &[u8], login: &Login<'_>, keys: &mut Memo<Key>, columns: &Columns) {
        // One is but an odd value: it is two on end that look otherwise.
        self.unusual += 1;
        if self.unusual == 1 && !self.lines.is_empty() {
            return;
        }
        if let Some((lines, is_even)) = usual_lines(rows, login, keys, columns) {
            self.places = lines.iter().map(|line| line.place + 1).max().unwrap_or_default();
            (self.lines, self.is_even) = (lines, is_even);
        }
    }

    /// Remembers a rule that stands between blocks.
    pub fn learn_rule(&mut self, row: &[u8]) {
        if row.len() <= RULE_BYTES_MAX && row.ends_with(b"\n") && self.rule != row {
            self.rule = row.to_vec();
            self.rule_head = Prefix::new(row).unwrap_or_default();
        }
    }

    /// Reads blocks for as long as they are usual, from a place in the push's bytes on and up to another; gives where it stopped.
    /// `control` are line ends and other control characters, `machine` the values told with each login.
    // A function of its own, for what it keeps must fit the registers.
    #[inline(never)]
    pub fn read(&mut self, bytes: &[u8], range: Range<usize>, control: Class<'_>, machine: &[(u8, &[u8])], out: &mut Out<'_>) -> usize {
        let machine_bytes: usize = machine.iter().map(|(_, value)| value.len()).sum();
        let (mut start, text) = (range.start, &bytes[..range.end]);
        while let Some((end, values)) = self.block(text, start, control) {
            let behind = self.between(text, end);
            // The next block's first line ends this one, as a blank line or a rule does.
            let is_ended = behind > end || self.lines.first().is_some_and(|first| first.text.is_at(text, end));
            if !is_ended || end - start > BLOCK_BYTES_MAX || machine_bytes > ROW_SHARE * (end - start) {
                break;
            }
            let mut record = out.begin();
            let [url, login, password, program, profile] = values;
            record.add(url.0, url.1);
            record.add(login.0, login.1);
            record.add(password.0, password.1);
            record.add(program.0, program.1);
            record.add(profile.0, profile.1);
            for (tag, value) in machine {
                record.add(*tag, value);
            }
            record.end_row(start..end);
            out.skip(end..behind);
            self.unusual = 0;
            start = behind;
        }
        start
    }

    /// The values of the block at a place, and where its lines end.
    #[inline(always)]
    fn block(&self, text: &[u8], start: usize, control: Class<'_>) -> Option<(usize, Values)> {
        let (mut values, mut at) = ([const { (0, 0..0) }; VALUES], start);
        for before in &self.lines {
            let from = at + before.text.bytes;
            if !before.text.is_at(text, at) {
                return None;
            }
            let mut to = control.find(from);
            at = to + 1;
            if *text.get(to)? != b'\n' {
                (to, at) = odd_line_end(text, to, control)?;
            }
            let value = text.get(from..to)?;
            let is_told = is_usual(value);
            if !(is_told || self.is_even && is_odd_but_plain(value, before.place)) {
                return None;
            }
            let to = if is_told || !is_nothing(value) { to } else { from };
            *values.get_mut(before.place)? = (before.tag, from..to);
        }
        let login = values[LOGIN].1.clone();
        values[LOGIN].0 = match Shape::at(text, login.clone()) {
            Shape::Email => FieldKind::Email.tag(),
            Shape::Name => FieldKind::Username.tag(),
            Shape::Odd => odd_login_tag(text.get(login)?)?,
        };
        let is_somebody = !values[LOGIN].1.is_empty() | !values[PASSWORD].1.is_empty();
        // By a URL or a login is told what blanks are the password's.
        let has_sample = !values[URL].1.is_empty() | !values[LOGIN].1.is_empty();
        (at > start && is_somebody && has_sample).then_some((at, values))
    }

    /// Where blank lines and the known rule end.
    #[inline(always)]
    fn between(&self, text: &[u8], end: usize) -> usize {
        // Nearly all have one of them or none.
        let mut at = if text.get(end) == Some(&b'\n') { end + 1 } else { end };
        if self.rule_head.is_at(text, at) {
            at += self.rule_head.bytes;
        }
        let is_done = !matches!(text.get(at), Some(b'\n' | b'\r')) && self.rule.len() == self.rule_head.bytes;
        if is_done { at } else { self.far_between(text, end) }
    }

    #[inline(never)]
    fn far_between(&self, text: &[u8], mut at: usize) -> usize {
        loop {
            at += match &text[at..] {
                [b'\n', ..] => 1,
                [b'\r', b'\n', ..] => 2,
                rest if !self.rule.is_empty() && begins_with(rest, &self.rule) => self.rule.len(),
                _ => return at,
            };
        }
    }
}

/// What stands before the values of a block, if it has a login and a password and nothing unusual.
fn usual_lines(rows: &[u8], login: &Login<'_>, keys: &mut Memo<Key>, columns: &Columns) -> Option<(Vec<Before>, bool)> {
    let (mut lines, mut rest) = (Vec::<Before>::new(), rows);
    let (mut fewest_blanks, mut most_blanks) = (usize::MAX, 0);
    while let Some(line) = Line::at(rest, true) {
        rest = &rest[line.raw.len()..];
        let Kind::Pair(pair) = classify(line.text, keys) else { return None };
        let (place, tag) = match pair.key {
            Key::Url => (URL, FieldKind::Url.tag()),
            Key::Login => (LOGIN, FieldKind::Username.tag()),
            Key::Password => (PASSWORD, FieldKind::Password.tag()),
            Key::Soft | Key::Application => (3, columns.known(APPLICATION)?),
            Key::Profile => (4, columns.known(PROFILE)?),
            _ => return None,
        };
        let value = if place == PASSWORD { login.password_in_one_line()? } else { pair.value.trim_ascii() };
        let text = line.text.strip_suffix(value).filter(|_| is_usual(value))?;
        let blanks = text.iter().rev().take_while(|byte| byte.is_ascii_whitespace()).count();
        (fewest_blanks, most_blanks) = (fewest_blanks.min(blanks), most_blanks.max(blanks));
        // What begins with a stroke may turn out to be a rule, and with a byte order mark is not what the others begin with.
        let is_plain = matches!(text.first(), Some(first) if first.is_ascii_alphanumeric() || *first >= 0x80 && *first != 0xEF);
        if !is_plain || lines.iter().any(|other| other.place == place) {
            return None;
        }
        lines.push(Before { text: Prefix::new(text)?, place, tag });
    }
    let has = |place: usize| lines.iter().any(|line| line.place == place);
    let is_even = fewest_blanks == most_blanks && most_blanks <= 1 && !rows.contains(&b'\t');
    (has(LOGIN) && has(PASSWORD)).then_some((lines, is_even))
}

/// Where a value with tabs, or one that ends as others do not, and its line end.
#[inline(never)]
fn odd_line_end(text: &[u8], mut to: usize, control: Class<'_>) -> Option<(usize, usize)> {
    loop {
        match text.get(to)? {
            b'\n' => return Some((to, to + 1)),
            b'\t' => to = control.find(to + 1),
            b'\r' if text.get(to + 1) == Some(&b'\n') => return Some((to, to + 2)),
            _ => return None,
        }
    }
}

/// The tag of who logs in; none if there is a domain before a backslash.
#[inline(never)]
fn odd_login_tag(login: &[u8]) -> Option<u8> {
    if is_email(login) {
        return Some(FieldKind::Email.tag());
    }
    (!login.contains(&b'\\')).then_some(FieldKind::Username.tag())
}

/// Has a value neither blanks around it, nor is it a word for nothing, nor the rest of a URL's scheme?
#[inline(always)]
fn is_usual(value: &[u8]) -> bool {
    let ([first, ..], [.., last]) = (value, value) else { return false };
    (*first > b' ') & (*last > b' ') && !value.starts_with(b"//") && !(*first == b'U' && is_nothing(value))
}

/// Is it nothing, or a password with blanks of its own?
fn is_odd_but_plain(value: &[u8], place: usize) -> bool {
    is_nothing(value) || place == PASSWORD && !value.starts_with(b"//") && !value.trim_ascii().is_empty()
}
