//! Combo lists (`login:password`, either way round) and ULP lists (URL, login, password).
//!
//! Every line stands alone, so dialects may change from line to line. What most lines are (an e-mail, a separator, a
//! password with nothing odd in it) goes a short way over class bitmaps; all others are read carefully in `line` and `ulp`.
//! Deliberately absent: headers and quoting, which are the csv plugin's.

mod line;
mod probe;
mod ulp;

use line::is_separator;
use sluice_plugin::*;

/// The parser: the bitmaps' memory and the columns that captures have named.
#[derive(Debug, Default)]
pub struct Combo {
    bitmaps: Bitmaps<4>,
    columns: line::Columns,
}

/// One class of bytes each.
#[derive(Clone, Copy)]
struct Maps<'m> {
    /// Separators, line ends, control characters.
    separator: Class<'m>,
    at: Class<'m>,
    line_end: Class<'m>,
    /// What sends a line the careful way: capture, path or URL, binary.
    odd: Class<'m>,
}

impl Parser for Combo {
    fn describe() -> Descriptor {
        Descriptor {
            name: "combo",
            version: "0.1.0",
            title: "Combo and URL:login:password lists",
            formats: &["email:password", "user:password", "password:email", "url:login:password"],
            framing: Framing::Lines,
            ..Descriptor::TEXT
        }
    }

    fn probe(sample: &Sample<'_>) -> Option<Claim> {
        probe::probe(sample)
    }

    fn open(_: &Start<'_>) -> Result<Self, String> {
        Ok(Self::default())
    }

    fn push(&mut self, input: &mut Input<'_>, out: &mut Out<'_>) -> Result<(), String> {
        let (bytes, last) = (input.bytes(), input.is_last());
        self.bitmaps.build(bytes, |block| {
            let bar = block.eq(b'|');
            let separator = block.eq_pair(b':') | block.eq(b',') | bar | block.at_most(b' ');
            [separator, block.eq(b'@'), block.eq(b'\n'), bar | block.eq(b'/') | block.at_most(8)]
        });
        let class = |class| self.bitmaps.class(class);
        let maps = Maps { separator: class(0), at: class(1), line_end: class(2), odd: class(3) };
        input.consume_to(lines(maps, &mut self.columns, bytes, last, out));
        Ok(())
    }
}

/// Reads all lines that are complete; gives where the first incomplete one begins.
#[inline(never)]
fn lines(maps: Maps<'_>, columns: &mut line::Columns, bytes: &[u8], last: bool, out: &mut Out<'_>) -> usize {
    let mut start = 0;
    loop {
        let (simple_end, events) = simple_lines(maps, bytes, start, out.room());
        out.keep(events);
        start = simple_end;
        if start >= bytes.len() {
            break;
        }
        let end = maps.line_end.find(start);
        if end >= bytes.len() && !last {
            break;
        }
        let next = (end + 1).min(bytes.len());
        let line = &bytes[start..end];
        let text = line.strip_suffix(b"\r").unwrap_or(line);
        match common(maps, text, start) {
            Some((separator, tag)) => {
                let mut record = out.begin();
                record.add_span(FieldKind::Email.tag(), start..start + separator);
                record.add_span(tag, start + separator + 1..start + text.len());
                record.end_span(start..next);
            }
            None => line::read(columns, &bytes[start..next], text, out),
        }
        start = next;
    }
    start
}

/// Reads lines `email:password` of up to 57 bytes without anything odd for as long as there are such and room for them; gives where it
/// stopped, and the events it wrote.
///
/// It is what most time is spent in, and calls nothing: compilers for WebAssembly keep nothing in a register that must outlive a call.
#[inline(never)]
fn simple_lines(maps: Maps<'_>, bytes: &[u8], mut start: usize, mut room: Room<'_>) -> (usize, usize) {
    loop {
        let (ends, separators) = (maps.line_end.bits(start), maps.separator.bits(start));
        let (ats, odds) = (maps.at.bits(start), maps.odd.bits(start));
        // Counts in the line; 64 if there is none.
        let (end, separator, at) = (ends.trailing_zeros(), separators.trailing_zeros(), ats.trailing_zeros());
        let second_at = (ats & ats.wrapping_sub(1)).trailing_zeros();
        let later_separators = separators & separators.wrapping_sub(1);
        let is_line = (end < 64) & (separator < end) & (separator >= 7) & (second_at > separator) & (odds.trailing_zeros() > end);
        if !is_line | (later_separators.trailing_zeros() == separator + 1) {
            break;
        }
        let (end, separator, at) = (start + end as usize, start + separator as usize, start + at as usize);
        // The e-mail's last five bytes and the separator. The bitmaps' last bit is the input's end, and no line's.
        let Some(&[a, b, c, d, e, parts]) = bytes.get(separator - 5..=separator).and_then(|around| around.first_chunk()) else { break };
        let (Some(&first), Some(&[before_end, _])) = (bytes.get(start), bytes.get(end - 1..=end).and_then(|around| around.first_chunk()))
        else {
            break;
        };
        // `.ru`, `.com`, `.info`: other top level domains are read carefully.
        let (is_two, is_three) = (c == b'.', (b == b'.') & is_letter(c));
        let is_four = (a == b'.') & is_letter(b) & is_letter(c);
        let dot = 3 + usize::from(is_three) + 2 * usize::from(is_four);
        let is_domain = (is_two | is_three | is_four) & is_letter(d) & is_letter(e) & (at + dot + 1 < separator);
        let is_email = is_domain & (at > start) & first.is_ascii_alphanumeric();
        let text_end = end - usize::from(before_end == b'\r');
        let secret_bytes = text_end - separator;
        // The class has control characters too.
        let is_pair = ((parts >= b' ') | (parts == b'\t')) & (secret_bytes > 1) & (secret_bytes <= UNHINTED_BYTES_MIN);
        let values = [(FieldKind::Email.tag(), start..separator), (FieldKind::Password.tag(), separator + 1..text_end)];
        if !(is_email & is_pair) || !room.record(start..end + 1, values) {
            break;
        }
        start = end + 1;
    }
    (start, room.used())
}

#[inline(always)]
const fn is_letter(byte: u8) -> bool {
    (byte | 0x20).wrapping_sub(b'a') < 26
}

/// Where the separator of a line `email:password` without anything odd is, and the password's tag. The line begins at `start`.
#[inline(always)]
fn common(maps: Maps<'_>, text: &[u8], start: usize) -> Option<(usize, u8)> {
    let end = start + text.len();
    let separator = maps.separator.find_within(start, end) - start;
    let at = maps.at.find_within(start, end) - start;
    // The last five bytes of the e-mail, where its domain's last dot is, and the first of the password.
    let (&[first, ..], Some(&[a, b, c, d, e, parts, next])) =
        (text, text.get(separator.wrapping_sub(5)..separator + 2).and_then(|around| around.first_chunk::<7>()))
    else {
        return None;
    };
    // `.ru`, `.com`, `.info`: other top level domains are read carefully.
    let dot = match (a, b, c) {
        (_, _, b'.') => 3,
        (_, b'.', c) if is_letter(c) => 4,
        (b'.', b, c) if is_letter(b) & is_letter(c) => 5,
        _ => return None,
    };
    let is_email = (at > 0) & (at + dot + 1 < separator) & is_letter(d) & is_letter(e) & (first > b' ');
    let is_pair = is_separator(parts) & !is_separator(next) & (text.len() <= line::LINE_BYTES_MAX);
    if !(is_email & is_pair)
        || !first.is_ascii_alphanumeric()
        || maps.at.find_within(start + at + 1, start + separator) < start + separator
        || maps.odd.find_within(start, end) < end
    {
        return None;
    }
    let password = &text[separator + 1..];
    match identify(password, None) {
        // A long one may be a hash and its salt.
        Secret::Plain if password.len() > 32 => None,
        secret => Some((separator, secret.tag())),
    }
}

sluice_plugin::export!(Combo);
