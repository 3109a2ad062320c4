//! Reads one tuple of a VALUES list, `(1,'ann',NULL,0xFF)`, the only place that knows where one ends.
//!
//! A string costs one look-up for its closing quote and is not copied; escapes, introducers (`_binary '…'`), hexadecimal values and
//! expressions go the slow way, which [`super::value`] knows.

use std::borrow::Cow;

use memchr::memchr2_iter;

use super::{
    Dialect, composite,
    escape::{as_text, is_text, plain},
    value::{Odd, odd_value},
};
use crate::{Bitmaps, Class, Out, cells::Plan, person::Person};

/// The longest tuple, which bounds how far a stray quote can reach.
pub(super) const TUPLE_BYTES_MAX: usize = 2 << 20;

/// Digits of a number that a tuple begins with, where one is looked for behind a broken one.
const DIGITS_MAX: usize = 20;

/// Where quotes and backslashes are. Numbers are short: their ends need no map.
#[derive(Clone, Copy, Debug)]
pub(super) struct Maps<'m> {
    quote: Class<'m>,
    dialect: &'static Dialect,
    bytea: bool,
}

/// Builds the bitmaps [`read_tuple`] wants.
pub(super) fn build(bytes: &[u8], maps: &mut Bitmaps<1>, dialect: &Dialect) {
    match dialect.backslash_escapes {
        true => maps.build(bytes, |block| [block.eq(b'\'') | block.eq(b'\\')]),
        false if dialect.postgres => maps.build(bytes, |block| [block.eq(b'\'') | block.eq(b'{') | block.eq(b'\\')]),
        false => maps.build(bytes, |block| [block.eq(b'\'')]),
    }
}

/// The bitmaps that [`build`] built.
pub(super) fn maps<'m>(maps: &'m Bitmaps<1>, dialect: &'static Dialect) -> Maps<'m> {
    Maps { quote: maps.class(0), dialect, bytea: dialect.postgres }
}

impl Maps<'_> {
    /// With `\x…` in texts read as bytes, or not, where the dialect has them at all.
    pub(super) fn with_bytea(self, bytea: bool) -> Self {
        Self { bytea: self.bytea && bytea, ..self }
    }

    /// May a backslash stand in a simple tuple?
    pub(super) fn has_backslashes(self) -> bool {
        !self.dialect.backslash_escapes && !self.dialect.postgres
    }
}

/// Takes the values of a tuple; NULL and empty ones may be left out.
pub(super) trait Sink<'i> {
    /// A value that is a slice of the input.
    fn value(&mut self, column: usize, value: &'i [u8]);
    /// A value that had to be unescaped.
    fn copied(&mut self, column: usize, value: &[u8]);
    /// A value that begins with a brace.
    fn composite(&mut self, column: usize, value: &[u8]) {
        self.copied(column, value);
    }
}

/// For who only wants to know where tuples end.
pub(super) struct Nothing;

impl Sink<'_> for Nothing {
    #[inline(always)]
    fn value(&mut self, _: usize, _: &[u8]) {}
    fn copied(&mut self, _: usize, _: &[u8]) {}
}

/// A person whose values may be bytes written as a text's: what is no text comes as hexadecimal digits then.
pub(super) struct Row<'p, 'o, 'a, const RAW_BYTES: bool>(pub(super) Person<'p, 'o, 'a>);

impl<const RAW_BYTES: bool> Sink<'_> for Row<'_, '_, '_, RAW_BYTES> {
    #[inline(always)]
    fn value(&mut self, column: usize, value: &[u8]) {
        match RAW_BYTES && !is_text(value) {
            true => self.0.value(column, &as_text(value.to_vec())),
            false => self.0.value(column, value),
        }
    }
    #[inline(always)]
    fn copied(&mut self, column: usize, value: &[u8]) {
        self.0.value(column, value);
    }
    #[cold]
    #[inline(never)]
    fn composite(&mut self, column: usize, value: &[u8]) {
        composite::tell(&mut self.0, column, value);
    }
}

/// Keeps the values of a tuple.
#[derive(Default)]
pub(super) struct Values(pub Vec<Vec<u8>>);

impl Sink<'_> for Values {
    fn value(&mut self, column: usize, value: &[u8]) {
        if !value.is_empty() {
            self.copied(column, value);
        }
    }
    fn copied(&mut self, column: usize, value: &[u8]) {
        self.0.resize(column, Vec::new());
        self.0.push(value.to_vec());
    }
}

/// A tuple as read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Tuple {
    /// Where it ends, with the comma and line end behind it, and how many values it has.
    Read {
        /// Offset of the byte after it.
        end: usize,
        /// Number of values.
        columns: usize,
    },
    /// More input is needed.
    Incomplete,
    /// It is no tuple.
    Broken,
}

/// Reads tuples, the first of which opens at `start`, for as long as there are only numbers, NULL and strings without escapes in them,
/// none over 114 bytes, and room for their values; gives where it stopped, and how many those were.
///
/// It is what most time is spent in, and calls nothing: compilers for WebAssembly keep nothing in a register that must outlive a call.
/// One look-up a string, and one load for its quote, what stands behind it, and what the next value begins with.
#[inline(never)]
pub(super) fn read_simple_tuples(
    bytes: &[u8],
    maps: Maps<'_>,
    mut start: usize,
    head: &[u8],
    plan: &mut Plan,
    out: &mut Out<'_>,
) -> (usize, usize) {
    let Some(mut cells) = plan.cells(out) else { return (start, 0) };
    let (mut row, mut at) = (start, start + 1);
    let Some(mut ahead) = word(bytes, at) else { return (start, 0) };
    loop {
        // What the value's last byte begins: of a string the quote behind it.
        let (last, around);
        if ahead as u8 == b'\'' {
            // One string after the other, which is most of a dump.
            let mut from = at + 1;
            loop {
                let Some(quote) = maps.quote.find_nearby(from) else { return (start, cells.rows()) };
                let Some(word) = word(bytes, quote) else { return (start, cells.rows()) };
                if !cells.put(from..quote) {
                    return (start, cells.rows());
                }
                if word as u32 & 0xff_ffff != u32::from_le_bytes(*b"','\0") {
                    (last, around) = (quote, word);
                    break;
                }
                from = quote + 3;
            }
            if around as u8 != b'\'' {
                break;
            }
        } else if is_number(ahead as u8) && (ahead >> 8) as u8 | 0x20 != b'x' {
            let Some(end) = near_number_end(bytes, at) else { break };
            last = end - 1;
            match word(bytes, last) {
                Some(word) if cells.put(at..end) => around = word,
                _ => break,
            }
        } else {
            let is_prefix = (ahead as u8 == b' ') | (ahead as u16 == u16::from_le_bytes(*b"N'"));
            if is_prefix {
                (at, ahead) = (at + 1, ahead >> 8);
                continue;
            }
            last = at + 3;
            match (word(bytes, at), word(bytes, last)) {
                (Some(word), Some(next)) if is_null(word as u32) && cells.put(at..at) => around = next,
                _ => break,
            }
        }
        (at, ahead) = (last + 2, around >> 16);
        let stop = (around >> 8) as u8;
        if stop == b',' {
            continue;
        }
        // The comma and the line end behind a tuple are its own.
        let comma = ahead as u8 == b',';
        let line_end = comma & ((ahead >> 8) as u8 == b'\n');
        let tab = line_end & ((ahead >> 16) as u8 == b'\t');
        let behind = usize::from(comma) + usize::from(line_end) + usize::from(tab);
        at += behind;
        if stop != b')' || !cells.end(row..at) {
            break;
        }
        (start, row) = (at, at);
        ahead >>= 8 * behind;
        if cells.is_full() {
            break;
        }
        if ahead as u8 == b'(' {
            (at, ahead) = (at + 1, ahead >> 8);
            continue;
        }
        // Behind a statement of one row the next may be of the same kind.
        let Some(opening) = same_again(bytes, at, head) else { break };
        let Some(word) = word(bytes, opening + 1) else { break };
        cells.skip(start..opening);
        (row, at, ahead) = (opening, opening + 1, word);
    }
    (start, cells.rows())
}

/// Where the next statement's first tuple opens, if it is of the same head as the one that ends at `at`.
#[inline(always)]
fn same_again(bytes: &[u8], mut at: usize, head: &[u8]) -> Option<usize> {
    let is = |at: usize, byte: u8| usize::from(bytes.get(at) == Some(&byte));
    at += is(at, b';');
    at += is(at, b'\r');
    at += is(at, b'\n');
    // Transact-SQL's end of a batch.
    let go = is(at, b'G') & is(at + 1, b'O');
    at += 2 * go;
    at += go & is(at, b'\r');
    at += go & is(at, b'\n');
    let text = bytes.get(at..at + head.len())?;
    let ((text_words, text_rest), (head_words, head_rest)) = (text.as_chunks::<8>(), head.as_chunks::<8>());
    // Word by word and not by `==`, which would be a call.
    let mut differing = u64::from(head.is_empty());
    for (one, other) in text_words.iter().zip(head_words) {
        differing |= u64::from_le_bytes(*one) ^ u64::from_le_bytes(*other);
    }
    for (one, other) in text_rest.iter().zip(head_rest) {
        differing |= u64::from(one ^ other);
    }
    at += head.len();
    at += is(at, b' ');
    (differing == 0 && is(at, b'(') == 1).then_some(at)
}

/// Are these four bytes NULL, in any case?
#[inline(always)]
fn is_null(word: u32) -> bool {
    word | 0x2020_2020 == u32::from_le_bytes(*b"null")
}

/// The eight bytes from `at` on.
#[inline(always)]
fn word(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map(|word| u64::from_le_bytes(*word))
}

/// Bytes in which a number and what ends it are looked for.
const NUMBER_BYTES: usize = 24;

/// Where the number at `at` ends, if it is of up to 23 digits, signs and points; what stands there need not be a comma or parenthesis.
#[inline(always)]
fn near_number_end(bytes: &[u8], at: usize) -> Option<usize> {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    for step in [0, 8, NUMBER_BYTES - 8] {
        // What a number is made of comes after comma and parenthesis in ASCII: the lowest byte found is right.
        let word = word(bytes, at + step)?;
        let found = word.wrapping_sub(ONES * u64::from(b'-')) & !word & (ONES << 7);
        if found != 0 {
            return Some(at + step + (found.trailing_zeros() / 8) as usize);
        }
    }
    None
}

/// Where the comma or parenthesis behind a number is, if that is near.
#[inline(always)]
fn number_end(bytes: &[u8], at: usize) -> Option<usize> {
    near_number_end(bytes, at).or_else(|| last_number_end(bytes, at)).filter(|end| matches!(bytes.get(*end), Some(b',' | b')')))
}

/// The same byte by byte, for where there are no eight bytes more: what a number is must not hang on where a push ends.
#[cold]
#[inline(never)]
fn last_number_end(bytes: &[u8], at: usize) -> Option<usize> {
    bytes.get(at..)?.iter().take(NUMBER_BYTES).position(|byte| *byte < b'-').map(|end| at + end)
}

/// Reads the tuple whose parenthesis opens at `start` if there is nothing odd about it, and gives where it ends and how many values it
/// has; else `None`, and [`read_tuple`] must read it anew.
///
/// One look-up a value, offsets in place of slices.
#[inline(always)]
pub(super) fn read_usual_tuple(bytes: &[u8], maps: Maps<'_>, start: usize, person: &mut Person<'_, '_, '_>) -> Option<(usize, usize)> {
    let (mut at, mut columns) = (start + 1, 0);
    loop {
        let word = u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?);
        let (from, to, end);
        if word as u8 == b'\'' {
            from = at + 1;
            to = maps.quote.find(from);
            end = to + 1;
            if *bytes.get(to)? != b'\'' {
                let (value, after) = escaped_string(bytes, maps, from, to)?;
                match maps.dialect.postgres && value.first() == Some(&b'{') {
                    true => composite::tell(person, columns, &value),
                    false => person.value(columns, &value),
                }
                (columns, at) = (columns + 1, after + 1);
                match *bytes.get(after)? {
                    b',' => continue,
                    b')' => return Some((behind(bytes, at)?, columns)),
                    _ => return None,
                }
            }
        } else if is_null(word) {
            (from, to, end) = (at, at, at + 4);
        } else if is_number(word as u8) && (word >> 8) as u8 | 0x20 != b'x' {
            from = at;
            to = number_end(bytes, at)?;
            end = to;
        } else if matches!(word as u8, b' ' | b'\n' | b'\r' | b'\t') | (word as u16 == u16::from_le_bytes(*b"N'")) {
            // As `read_values` passes them: what the two make of a row must not differ.
            at += 1;
            continue;
        } else {
            // A cast, a function: what it says may be no slice of the input. Arrays are read by who knows them.
            let Odd::End(value, after) = odd_value(bytes, at, maps.dialect) else { return None };
            if maps.dialect.postgres {
                return None;
            }
            person.value(columns, &value);
            (columns, at) = (columns + 1, after + 1);
            match *bytes.get(after)? {
                b',' => continue,
                b')' => return Some((behind(bytes, at)?, columns)),
                _ => return None,
            }
        }
        let stop = *bytes.get(end)?;
        person.span(columns, from..to);
        columns += 1;
        at = end + 1;
        if stop != b',' {
            return if stop == b')' { Some((behind(bytes, at)?, columns)) } else { None };
        }
    }
}

/// Reads the tuple whose parenthesis opens at `start`.
#[inline]
pub(super) fn read_tuple<'i>(bytes: &'i [u8], maps: Maps<'_>, start: usize, last: bool, sink: &mut impl Sink<'i>) -> Tuple {
    let tuple = read_values(bytes, maps, start, last, sink);
    match tuple {
        Tuple::Read { end, .. } if end - start > TUPLE_BYTES_MAX => Tuple::Broken,
        Tuple::Incomplete if bytes.len() - start > TUPLE_BYTES_MAX => Tuple::Broken,
        _ => tuple,
    }
}

#[inline(always)]
fn read_values<'i>(bytes: &'i [u8], maps: Maps<'_>, start: usize, last: bool, sink: &mut impl Sink<'i>) -> Tuple {
    let (mut at, mut columns) = (start + 1, 0);
    loop {
        let Some(&first) = bytes.get(at) else { return Tuple::Incomplete };
        let mut read = None;
        if first == b'\'' {
            let from = at + 1;
            let quote = maps.quote.find(from);
            let Some(&next) = bytes.get(quote + 1) else { return Tuple::Incomplete };
            if (bytes[quote] != b'\'') | (next == b'\'') {
                let Some((value, after)) = escaped_string(bytes, maps, from, quote) else { return Tuple::Incomplete };
                if !is_joined(bytes, after) {
                    match maps.dialect.postgres && value.first() == Some(&b'{') {
                        true => sink.composite(columns, &value),
                        false => sink.copied(columns, &value),
                    }
                    read = Some((&b""[..], after));
                }
            } else if (next == b',') | (next == b')') || !is_joined(bytes, quote + 1) {
                read = Some((&bytes[from..quote], quote + 1));
            }
        } else if is_number(first) && !matches!(bytes.get(at + 1), Some(b'x' | b'X') | None) {
            // What has no end near is read as an expression.
            read = number_end(bytes, at).map(|end| (&bytes[at..end], end));
        } else if bytes.get(at..at + 4) == Some(b"NULL") && matches!(bytes.get(at + 4), Some(b',' | b')')) {
            read = Some((&b""[..], at + 4));
        } else if matches!(first, b' ' | b'\n' | b'\r' | b'\t') {
            at += 1;
            continue;
        }
        let (value, mut after) = match read {
            Some(read) => read,
            None => match odd_value(bytes, at, maps.dialect) {
                Odd::End(Cow::Borrowed(value), after) => (value, after),
                Odd::End(Cow::Owned(value), after) => {
                    sink.copied(columns, &value);
                    (&b""[..], after)
                }
                Odd::Incomplete => return Tuple::Incomplete,
                Odd::Broken => return Tuple::Broken,
            },
        };
        sink.value(columns, value);
        columns += 1;
        let mut stop = bytes.get(after).copied();
        if (stop != Some(b',')) & (stop != Some(b')')) {
            (stop, after) = after_blanks(bytes, after);
        }
        match stop {
            Some(b',') => at = after + 1,
            Some(b')') => return tuple_end(bytes, after + 1, last, columns),
            None => return Tuple::Incomplete,
            Some(_) => return Tuple::Broken,
        }
    }
}

/// May a number begin with this byte? What begins with another goes the slow way, and `0x` too.
#[inline(always)]
const fn is_number(byte: u8) -> bool {
    byte.is_ascii_digit() | (byte == b'-') | (byte == b'.')
}

/// A tuple's raw row has the comma and the line end after it: where they end, or `None` when more input must say.
#[inline(always)]
fn behind(bytes: &[u8], at: usize) -> Option<usize> {
    match *bytes.get(at)? {
        b',' if *bytes.get(at + 1)? == b'\n' => Some(at + 2 + usize::from(*bytes.get(at + 2)? == b'\t')),
        b',' => Some(at + 1),
        _ => Some(at),
    }
}

fn tuple_end(bytes: &[u8], at: usize, last: bool, columns: usize) -> Tuple {
    match behind(bytes, at) {
        Some(end) => Tuple::Read { end, columns },
        // A comma may be the last byte there is.
        None if last => Tuple::Read { end: bytes.len(), columns },
        None => Tuple::Incomplete,
    }
}

/// Does an operator stand behind a string, so that there is more to its value?
#[cold]
#[inline(never)]
fn is_joined(bytes: &[u8], at: usize) -> bool {
    matches!(after_blanks(bytes, at).0, Some(b'|' | b'+' | b':' | b'c' | b'C'))
}

#[cold]
fn after_blanks(bytes: &[u8], at: usize) -> (Option<u8>, usize) {
    let at = at + bytes[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    (bytes.get(at).copied(), at)
}

/// A string with escapes or doubled quotes in it, and the offset after its closing quote.
#[cold]
#[inline(never)]
fn escaped_string<'i>(bytes: &'i [u8], maps: Maps<'_>, from: usize, mut at: usize) -> Option<(Cow<'i, [u8]>, usize)> {
    loop {
        let next = *bytes.get(at + 1)?;
        if bytes[at] == b'\'' && next != b'\'' {
            return Some((plain(&bytes[from..at], maps.dialect, maps.bytea), at + 1));
        }
        // Braces and backslashes that are no escapes stand for themselves: they only send a value this way.
        let is_pair = maps.dialect.backslash_escapes | (bytes[at] == b'\'');
        at = maps.quote.find(at + if is_pair { 2 } else { 1 });
    }
}

/// Where to go on after a tuple that cannot be read: at the next one on the line, or on the next line. `None` when neither is in sight.
///
/// The next one is known by what is before it, or by a first value that is a number or a string as this one's is: a row that was cut off
/// has no parenthesis behind it.
pub(super) fn next_start(bytes: &[u8], start: usize, last: bool) -> Option<usize> {
    let kind = |at: usize| bytes.get(at + 1).map(u8::is_ascii_digit);
    let is_alike = |at: usize| {
        let digits = bytes[at + 1..].iter().take(DIGITS_MAX).take_while(|byte| byte.is_ascii_digit()).count();
        let is_whole = bytes.get(at + 1) == Some(&b'\'') || digits > 0 && bytes.get(at + 1 + digits) == Some(&b',');
        kind(at) == kind(start) && is_whole
    };
    for at in memchr2_iter(b'\n', b'(', &bytes[start + 1..]).map(|at| start + 1 + at) {
        if bytes[at] == b'\n' {
            return Some(at + 1);
        }
        if bytes[at - 1] != b',' {
            continue;
        }
        if bytes[at - 2] == b')' {
            return Some(at);
        }
        if !last && bytes.len() - at < DIGITS_MAX + 2 {
            return None;
        }
        if is_alike(at) {
            return Some(at);
        }
    }
    None
}
