//! Values as the host shall have them: text. Most stand in the input as they are; these are the others.

use std::io::Write;

use crate::{document::Form, text};

/// What a value is as text: in `scratch` then, which is empty for what is no value; `false` if it stands in the input as text.
#[inline(never)]
pub(crate) fn render(form: Form, bytes: &[u8], scratch: &mut Vec<u8>) -> bool {
    scratch.clear();
    match form {
        Form::Text | Form::Number | Form::Word => return false,
        Form::Escaped => unescape(bytes, scratch),
        Form::Milliseconds => match std::str::from_utf8(bytes).ok().and_then(|digits| digits.parse::<f64>().ok()) {
            Some(moment) if moment.abs() < 9e15 => moment_text(moment as i64, scratch),
            _ => scratch.extend_from_slice(bytes),
        },
        Form::Base64 => match text::base64(bytes) {
            Some(plain) => bytes_text(&plain, scratch),
            None => scratch.extend_from_slice(bytes),
        },
        Form::MillisecondsLe => {
            if let Some(moment) = bytes.first_chunk() {
                moment_text(i64::from_le_bytes(*moment), scratch);
            }
        }
        Form::IntegerLe => {
            let number = match (bytes.len(), bytes.first_chunk::<4>(), bytes.first_chunk::<8>()) {
                (4, Some(number), _) => i64::from(i32::from_le_bytes(*number)),
                (_, _, Some(number)) => i64::from_le_bytes(*number),
                _ => return true,
            };
            if number < 0 {
                scratch.push(b'-');
            }
            push_digits(number.unsigned_abs(), 1, scratch);
        }
        Form::FloatLe => {
            if let Some(number) = bytes.first_chunk().map(|number| f64::from_le_bytes(*number)).filter(|number| number.is_finite()) {
                let _ = write!(scratch, "{number}");
            }
        }
        Form::Bytes => bytes_text(bytes, scratch),
        Form::Id => hex(bytes, scratch),
    }
    true
}

/// As [`render`], of text with escapes in it.
#[cold]
#[inline(never)]
pub(crate) fn render_escaped(form: Form, bytes: &[u8], scratch: &mut Vec<u8>) -> bool {
    let mut plain = Vec::with_capacity(bytes.len());
    unescape(bytes, &mut plain);
    if !render(form, &plain, scratch) {
        *scratch = plain;
    }
    true
}

/// Bytes are text if they can be, else hexadecimal digits.
fn bytes_text(bytes: &[u8], out: &mut Vec<u8>) {
    let is_text = std::str::from_utf8(bytes).is_ok_and(|text| !text.chars().any(|letter| letter.is_control()));
    if is_text { out.extend_from_slice(bytes) } else { hex(bytes, out) }
}

fn hex(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend(bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| b"0123456789abcdef"[usize::from(digit)]));
}

/// `2009-12-31T23:59:59Z`: a bare number of milliseconds before 1970 would be taken for seconds.
fn moment_text(milliseconds: i64, out: &mut Vec<u8>) {
    let (seconds, days) = (milliseconds.div_euclid(1000), milliseconds.div_euclid(86_400_000));
    let (hour, minute, second) = (seconds.rem_euclid(86_400) / 3600, seconds.rem_euclid(3600) / 60, seconds.rem_euclid(60));
    // Howard Hinnant's civil_from_days: years begin in March, eras have 400 of them.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let (day, month) =
        (day_of_year - (153 * shifted_month + 2) / 5 + 1, if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 });
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let Ok(years) = u64::try_from(year) else {
        let _ = write!(out, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z");
        return;
    };
    push_digits(years, 4, out);
    for (before, part) in [(b'-', month), (b'-', day), (b'T', hour), (b':', minute), (b':', second)] {
        out.push(before);
        push_digits(part.unsigned_abs(), 2, out);
    }
    out.push(b'Z');
}

/// A number in so many digits at least. Formatting would take longer than reading the document does.
fn push_digits(mut number: u64, digits_min: usize, out: &mut Vec<u8>) {
    const DIGITS_MAX: usize = 20;
    let (mut digits, mut at) = ([b'0'; DIGITS_MAX], DIGITS_MAX);
    while number > 0 {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
    }
    out.extend_from_slice(&digits[at.min(DIGITS_MAX - digits_min)..]);
}

/// Undoes JSON's escapes. Half a surrogate pair becomes U+FFFD; a byte behind a backslash that means nothing is itself.
fn unescape(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = match &rest[at + 1..] {
            [b'u', digits @ ..] if unit(digits).is_some() => letter(digits, out),
            [b'x', high, low, after @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let code = char::from(*high).to_digit(16).zip(char::from(*low).to_digit(16)).map_or(0, |(high, low)| high << 4 | low);
                push(char::from_u32(code), out);
                after
            }
            [escaped, after @ ..] => {
                out.push(match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 8,
                    b'f' => 12,
                    other => *other,
                });
                after
            }
            [] => {
                out.push(b'\\');
                &[]
            }
        };
    }
    out.extend_from_slice(rest);
}

/// The letter whose code units begin here, and what is behind them.
fn letter<'a>(digits: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let high = unit(digits).unwrap_or_default();
    let low = digits[4..].strip_prefix(b"\\u").and_then(unit).filter(|low| high >> 10 == 0x36 && low >> 10 == 0x37);
    push(char::from_u32(low.map_or(high, |low| 0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff))), out);
    &digits[if low.is_some() { 10 } else { 4 }..]
}

fn push(letter: Option<char>, out: &mut Vec<u8>) {
    out.extend_from_slice(letter.unwrap_or(char::REPLACEMENT_CHARACTER).encode_utf8(&mut [0; 4]).as_bytes());
}

/// Four hexadecimal digits.
fn unit(digits: &[u8]) -> Option<u32> {
    digits.get(..4)?.iter().try_fold(0, |number, digit| Some(number << 4 | char::from(*digit).to_digit(16)?))
}
