//! What a number in a cell says: a date, if its style is one of dates, a number with zeros before it, or all of its digits.

use std::borrow::Cow;

/// How a style writes numbers.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Format {
    #[default]
    Number,
    /// With zeros before it, up to so many digits.
    Zeros(u8),
    Date,
    Time,
}

impl Format {
    /// Of the formats that need not be written down.
    pub fn built_in(id: u32) -> Self {
        match id {
            14..=17 | 22 | 27..=31 | 36 | 50..=54 | 57 | 58 => Self::Date,
            18..=21 | 32..=35 | 45..=47 | 55 | 56 => Self::Time,
            _ => Self::Number,
        }
    }

    /// Of a format's code: `yyyy\-mm\-dd`, `[h]:mm`, `00000`.
    pub fn of(code: &[u8]) -> Self {
        let (mut has_day, mut has_month, mut has_time) = (false, false, false);
        let mut bytes = code.iter().take_while(|byte| **byte != b';');
        while let Some(byte) = bytes.next() {
            match byte.to_ascii_lowercase() {
                b'"' => drop(bytes.find(|byte| **byte == b'"')),
                b'\\' | b'_' | b'*' => drop(bytes.next()),
                // A colour, a condition, a language; or hours that go on behind the 24th.
                b'[' => {
                    has_time |=
                        bytes.next().is_some_and(|first| matches!(first, b'h' | b'H' | b'm' | b's')) && bytes.any(|byte| *byte == b']')
                }
                b'y' | b'd' => has_day = true,
                b'm' => has_month = true,
                b'h' | b's' => has_time = true,
                // `General`, `Standard`: words that are no format.
                b'g' | b'n' | b'r' | b't' if !has_day => return Self::Number,
                _ => {}
            }
        }
        match code {
            _ if has_day || has_month && !has_time => Self::Date,
            _ if has_time => Self::Time,
            [b'0', b'0', ..] if code.len() <= 32 && code.iter().all(|byte| *byte == b'0') => Self::Zeros(code.len() as u8),
            _ => Self::Number,
        }
    }
}

/// What a cell with a number shows, but for colours and commas.
pub fn shown(raw: &[u8], format: Format, is_1904: bool) -> Cow<'_, [u8]> {
    match format {
        Format::Number => plain(raw),
        Format::Zeros(digits) => {
            let plain = plain(raw);
            let zeros = usize::from(digits).saturating_sub(plain.len());
            if zeros == 0 || !plain.iter().all(u8::is_ascii_digit) { plain } else { [&vec![b'0'; zeros][..], &plain].concat().into() }
        }
        Format::Date | Format::Time => {
            moment(raw, format == Format::Time, is_1904).map_or_else(|| plain(raw), |text| text.into_bytes().into())
        }
    }
}

/// Digits an exponent may add.
const EXPONENT_MAX: i32 = 30;

/// A number as people write it: `1.5551234567E10` is 15551234567, and `15.0` is 15.
pub fn plain(raw: &[u8]) -> Cow<'_, [u8]> {
    if raw.iter().all(u8::is_ascii_digit) {
        return raw.into();
    }
    expanded(raw).map_or(raw.into(), Cow::Owned)
}

fn expanded(raw: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(raw).ok()?;
    let (sign, number) = text.strip_prefix('-').map_or(("", text), |number| ("-", number));
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let exponent: i32 = exponent.parse().ok().filter(|exponent: &i32| exponent.abs() <= EXPONENT_MAX)?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [whole, fraction].concat();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let point = whole.len() as i32 + exponent;
    let digits = format!("{}{digits}{}", "0".repeat((-point).max(0) as usize), "0".repeat((point - digits.len() as i32).max(0) as usize));
    let (whole, fraction) = digits.split_at(point.max(0) as usize);
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    Some(if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }.into_bytes())
}

/// The last day there is, 9999-12-31.
const DAYS_MAX: f64 = 2_958_465.0;
/// Days from 1899-12-30 and from 1904-01-01 to 1970.
const TO_1970: i64 = 25_569;
const FROM_1904_TO_1970: i64 = 24_107;

/// A day and a time of it: days since 1900, in which there is a 29th of February that never was, or since 1904.
fn moment(raw: &[u8], is_time: bool, is_1904: bool) -> Option<String> {
    let number: f64 = std::str::from_utf8(raw).ok()?.parse().ok()?;
    if !(0.0..=DAYS_MAX).contains(&number) {
        return None;
    }
    let seconds = (number * 86_400.0).round() as i64;
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let time = format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
    if days == 0 && is_time {
        return Some(time);
    }
    let since_1970 = match is_1904 {
        true => days - FROM_1904_TO_1970,
        false if days < 60 => days + 1 - TO_1970,
        false => days - TO_1970,
    };
    let (year, month, day) = civil(since_1970);
    let date = format!("{year:04}-{month:02}-{day:02}");
    Some(if second == 0 { date } else { format!("{date} {time}") })
}

/// Year, month and day of a day since 1970 (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let (day, month) = (of_year - (153 * shifted + 2) / 5 + 1, if shifted < 10 { shifted + 3 } else { shifted - 9 });
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}
