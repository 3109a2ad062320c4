//! Dates that databases write as no other program reads them: SQL Server's bytes, and Oracle's words in the order that a mask says.

use std::io::Write;

/// Days from the first of January of year 1 to those of 1900.
const DAYS_TO_1900: i64 = 693_595;

/// The moment that SQL Server means by these digits behind `0x` and this type, as in `CAST(0x0000A33C00B0A5E4 AS DateTime)`.
pub(super) fn of_bytes(digits: &[u8], kind: &[u8]) -> Option<Vec<u8>> {
    let nibble = |digit: &u8| char::from(*digit).to_digit(16).map(|value| value as u8);
    let (pairs, rest) = digits.as_chunks::<2>();
    let bytes: Vec<u8> = pairs.iter().map(|[high, low]| Some(nibble(high)? << 4 | nibble(low)?)).collect::<Option<_>>()?;
    if !rest.is_empty() {
        return None;
    }
    let is = |name: &str| kind.eq_ignore_ascii_case(name.as_bytes());
    let little = |bytes: &[u8]| bytes.iter().rev().fold(0i64, |number, byte| number << 8 | i64::from(*byte));
    let big = |bytes: &[u8]| bytes.iter().fold(0i64, |number, byte| number << 8 | i64::from(*byte));
    match bytes.as_slice() {
        [days @ .., _, _, _, _] if is("datetime") && days.len() == 4 => {
            let days = i64::from(big(days) as i32);
            moment(DAYS_TO_1900 + days, big(&bytes[4..]) / 300)
        }
        [_, _, _, _] if is("smalldatetime") => moment(DAYS_TO_1900 + big(&bytes[..2]), big(&bytes[2..]) * 60),
        [days @ .., 0] | days if is("date") && days.len() == 3 => day(little(days)),
        [digits @ 0..=7, time @ .., _, _, _] if is("datetime2") && (3..=5).contains(&time.len()) => {
            let days = little(&bytes[bytes.len() - 3..]);
            moment(days, little(time) / 10i64.pow(u32::from(*digits)))
        }
        _ => None,
    }
}

/// The date of a text as Oracle's mask reads it: `to_date('31-DEC-19','DD-MON-RR')`.
pub(super) fn of_mask(text: &[u8], mask: &[u8]) -> Option<Vec<u8>> {
    const MONTHS: [&[u8]; 12] = [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];
    let (mut text, mut mask) = (text, mask);
    let (mut year, mut month, mut date, mut time, mut afternoon) = (None, None, None, [None; 3], None);
    let starts = |mask: &[u8], part: &str| mask.get(..part.len()).is_some_and(|head| head.eq_ignore_ascii_case(part.as_bytes()));
    let number = |text: &mut &[u8], most: usize| {
        let len = text.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = text.split_at(len);
        *text = rest;
        std::str::from_utf8(digits).ok()?.parse::<i64>().ok()
    };
    while let Some(first) = mask.first() {
        let parts = ["yyyy", "rrrr", "yy", "rr", "month", "mon", "mm", "dd", "hh24", "hh12", "hh", "mi", "ss", "xff", "ff", "am", "pm"];
        let Some(part) = parts.iter().find(|part| starts(mask, part)) else {
            // A sign between, whichever of them.
            if first.is_ascii_alphabetic() {
                return None;
            }
            mask = &mask[1..];
            text = if text.first().is_some_and(|byte| !byte.is_ascii_alphanumeric()) { &text[1..] } else { text };
            continue;
        };
        mask = &mask[part.len()..];
        match *part {
            "yyyy" | "rrrr" => year = Some(number(&mut text, 4)?),
            "yy" => year = Some(2000 + number(&mut text, 2)?),
            // The century that is nearer.
            "rr" => year = number(&mut text, 2).map(|year| if year < 50 { 2000 + year } else { 1900 + year }),
            "mon" | "month" => {
                let len = text.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
                let name = text.get(..3)?.to_ascii_lowercase();
                month = Some(MONTHS.iter().position(|known| *known == name)? as i64 + 1);
                text = &text[len..];
            }
            "mm" => month = number(&mut text, 2),
            "dd" => date = number(&mut text, 2),
            "hh24" | "hh12" | "hh" => time[0] = number(&mut text, 2),
            "mi" => time[1] = number(&mut text, 2),
            "ss" => time[2] = number(&mut text, 2),
            "am" | "pm" => {
                afternoon = Some(text.first().is_some_and(|byte| matches!(byte, b'p' | b'P')));
                text = text.get(2..).unwrap_or_default();
            }
            _ => text = &text[text.iter().take_while(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b',')).count()..],
        }
    }
    let (year, month, date) = (year?, month?, date?);
    let [Some(mut hour), minute, second] = time else { return written(year, month, date, None) };
    match afternoon {
        Some(true) if hour < 12 => hour += 12,
        Some(false) if hour == 12 => hour = 0,
        _ => {}
    }
    written(year, month, date, Some(hour * 3600 + minute.unwrap_or(0) * 60 + second.unwrap_or(0)))
}

fn day(days: i64) -> Option<Vec<u8>> {
    let (year, month, date) = civil(days)?;
    written(year, month, date, None)
}

fn moment(days: i64, seconds: i64) -> Option<Vec<u8>> {
    let (year, month, date) = civil(days)?;
    written(year, month, date, Some(seconds))
}

fn written(year: i64, month: i64, date: i64, seconds: Option<i64>) -> Option<Vec<u8>> {
    let is_date = (1..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&date);
    let mut text = Vec::new();
    if !is_date || write!(text, "{year:04}-{month:02}-{date:02}").is_err() {
        return None;
    }
    if let Some(seconds) = seconds {
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        if !(0..86_400).contains(&seconds) || write!(text, " {hour:02}:{minute:02}:{second:02}").is_err() {
            return None;
        }
    }
    Some(text)
}

/// Year, month and day of so many days since the first of January of year 1: <https://howardhinnant.github.io/date_algorithms.html>.
fn civil(days: i64) -> Option<(i64, i64, i64)> {
    let days = Some(days).filter(|days| (0..3_652_059).contains(days))? + 306;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    Some((year + era * 400 + i64::from(month <= 2), month, of_year - (153 * shifted + 2) / 5 + 1))
}
