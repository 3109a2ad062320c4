//! Combo lists (`login:password`, either way round) and ULP lists (URL, login, password).
//!
//! Every line stands alone, so dialects may change from line to line. What most lines are (an e-mail, a separator, a
//! password with nothing odd in it) goes a short way over class bitmaps; all others are read carefully in `line` and `ulp`.
//! Deliberately absent: headers and quoting, which are the csv plugin's.

mod line;
mod probe;
mod ulp;

use line::is_separator;
use memchr::memchr;
use sluice_plugin::*;

/// The parser: the bitmaps' memory and the columns that captures have named.
#[derive(Debug, Default)]
pub struct Combo {
    bitmaps: Bitmaps<2>,
    columns: line::Columns,
}

/// One class of bytes each.
#[derive(Clone, Copy)]
struct Maps<'m> {
    /// Separators, line ends, control characters.
    separator: Class<'m>,
    /// `@`, and `/`: of a path or URL, which sends a line the careful way.
    mark: Class<'m>,
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
            let separator = block.eq_pair(b':') | block.eq(b',') | block.eq(b'|') | block.at_most(b' ');
            [separator, block.eq(b'@') | block.eq(b'/')]
        });
        let maps = Maps { separator: self.bitmaps.class(0), mark: self.bitmaps.class(1) };
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
        let end = memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |len| start + len);
        if end >= bytes.len() && !last {
            break;
        }
        let next = (end + 1).min(bytes.len());
        let line = &bytes[start..end];
        let text = line.strip_suffix(b"\r").unwrap_or(line);
        match common(maps, text, start) {
            Some((separator, tag)) => {
                let mut record = out.begin();
                record.add(FieldKind::Email.tag(), start..start + separator);
                record.add(tag, start + separator + 1..start + text.len());
                record.end_row(start..next);
            }
            None => line::read(columns, &bytes[start..next], text, out),
        }
        start = next;
    }
    start
}

/// Reads lines `email:password` of up to 57 bytes without anything odd, and with no other separator, for as long as there are such and room
/// for them; gives where it stopped, and the events it wrote.
///
/// It is what most time is spent in, and calls nothing: compilers for WebAssembly keep nothing in a register that must outlive a call.
#[inline(never)]
fn simple_lines(maps: Maps<'_>, bytes: &[u8], mut start: usize, mut room: Room<'_>) -> (usize, usize) {
    loop {
        let (separators, marks) = (maps.separator.bits(start), maps.mark.bits(start));
        // Counts in the line; 64 if there is none. A line end is a separator too.
        let (separator, stop) = (separators.trailing_zeros(), without_lowest(separators).trailing_zeros());
        let (at, second_mark) = (marks.trailing_zeros(), without_lowest(marks).trailing_zeros());
        if (stop >= 64) | (separator < 7) | (at == 0) | (second_mark < stop) {
            break;
        }
        let (separator, stop, at) = (start + separator as usize, start + stop as usize, start + at as usize);
        // The bitmaps' last bit is the input's end, and no line's.
        let Some(Some(around)) = bytes.get(separator - 7..=separator).map(|around| around.first_chunk()) else { break };
        let (Some(&first), Some(b'@')) = (bytes.get(start), bytes.get(at)) else { break };
        let Some(&[end, behind]) = bytes.get(stop..stop + 2).and_then(|two| two.first_chunk()) else { break };
        // The e-mail's last seven bytes and the separator.
        let around = u64::from_le_bytes(*around);
        // `.ru`, `.com`, `.info`: other top level domains are read carefully.
        let letters = letters_before_last(around);
        let has_dot = (around << 8 << (8 * letters) >> 56) as u8 == b'.';
        let is_email = has_dot & (2..=4).contains(&letters) & (at + letters as usize + 2 < separator) & first.is_ascii_alphanumeric();
        let (parts, secret_bytes) = ((around >> 56) as u8, stop - separator);
        // The class has control characters too.
        let is_pair = ((parts >= b' ') | (parts == b'\t')) & (secret_bytes > 1) & (secret_bytes <= UNHINTED_BYTES_MIN);
        let is_crlf = (end == b'\r') & (behind == b'\n');
        let next = stop + 1 + usize::from(is_crlf);
        let values = [(FieldKind::Email.tag(), start..separator), (FieldKind::Password.tag(), separator + 1..stop)];
        if !(is_email & is_pair & (is_crlf | (end == b'\n'))) || !room.record(start..next, values) {
            break;
        }
        start = next;
    }
    (start, room.used())
}

#[inline(always)]
const fn without_lowest(bits: u64) -> u64 {
    bits & bits.wrapping_sub(1)
}

/// How many ASCII letters stand right before the last byte of these eight. All at once in a word: what compilers make of single bytes is slower.
#[inline(always)]
const fn letters_before_last(bytes: u64) -> u32 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    let lower = (bytes | ONES << 5) & !HIGH;
    // No sum leaves its byte. The high bit says: from `a` on; after `z`; no ASCII.
    let (from_a, after_z) = (lower + ONES * (128 - b'a' as u64), lower + ONES * (127 - b'z' as u64));
    let others = (!from_a | after_z | bytes) & HIGH;
    (others << 8 | 1 << 7).leading_zeros() / 8
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
    let at = maps.mark.find_within(start, end) - start;
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
    // A bar may stand between more than two columns; with no separator behind it it does not, and `simple_lines` reads the same.
    let bar_is_alone = parts == b'|' && maps.separator.find_within(start + separator + 1, end) >= end;
    let bar = if bar_is_alone { b'/' } else { b'|' };
    if !(is_email & is_pair)
        || !first.is_ascii_alphanumeric()
        || text[at] != b'@'
        || maps.mark.find_within(start + at + 1, start + separator) < start + separator
        || text.iter().fold(false, |odd, byte| odd | (*byte <= 8) | (*byte == bar) | (*byte == b'/'))
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
