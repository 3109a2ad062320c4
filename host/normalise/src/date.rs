//! Dates and moments: ISO 8601, in UTC.
//!
//! | written | read as |
//! |---|---|
//! | `2009-12-31`, `2009/12/31`, `2009.12.31`, `20091231`, `2009年12月31日` | year, month, day |
//! | `31.12.2009`, `31-12-2009` | day first; if that cannot be and month first can, month first |
//! | `12/31/2009` | month first; if that cannot be and day first can, day first |
//! | `31 Dec 2009`, `31-Dec-2009`, `Dec 31, 2009`, `Thu, 31 Dec 2009`, `Thu Dec 31 23:59:59 2009` | English month names |
//! | `1262303999`, `-86400`, `1262303999000` | seconds since 1970 of 5 to 11 digits, then milliseconds, then microseconds |
//! | `20091231235959` | a moment, when it is one |
//!
//! After a date a time may follow: `T` or a blank, `HH:MM[:SS[.fraction]]`, `AM`/`PM`, `Z`, `UTC`, `GMT` or `±HH[:MM]`. A moment without
//! a zone is taken for UTC. Fractions of a second are dropped. A day of birth is the day as written, whatever the zone.
//!
//! Two-digit years are refused: half of them would be wrong by a century. `0000-00-00`, `0001-01-01` and an epoch of 0 are what programs
//! write for "none": reason `date-zero`.

use std::fmt::Write;

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, Time},
    tz::TimeZone,
};

use crate::text::decimal;

const INVALID: &str = "date-invalid";
const ZERO: &str = "date-zero";
const OUT_OF_RANGE: &str = "date-out-of-range";

/// Bytes of a date in words.
const RAW_BYTES_MAX: usize = 64;
/// Years a person of a dump, or what a person did, can be of.
const YEARS: std::ops::RangeInclusive<i16> = 1800..=2200;

struct Parsed {
    date: Date,
    time: Option<Time>,
    /// Seconds east of UTC.
    offset: i64,
}

/// Appends a day: `1985-03-04`.
pub(crate) fn day(raw: &str, out: &mut String) -> Result<(), &'static str> {
    let date = parse(raw)?.date;
    write!(out, "{date}").map_err(|_| INVALID)
}

/// Appends a moment, `2009-12-31T23:59:59Z`, or the day if no time is told.
pub(crate) fn moment(raw: &str, out: &mut String) -> Result<(), &'static str> {
    let Parsed { date, time, offset } = parse(raw)?;
    match time {
        None => write!(out, "{date}"),
        Some(time) => {
            let utc = date.to_datetime(time).checked_sub(SignedDuration::from_secs(offset)).map_err(|_| OUT_OF_RANGE)?;
            in_range(utc.date())?;
            write!(out, "{}T{:02}:{:02}:{:02}Z", utc.date(), utc.hour(), utc.minute(), utc.second())
        }
    }
    .map_err(|_| INVALID)
}

fn parse(raw: &str) -> Result<Parsed, &'static str> {
    if raw.len() > RAW_BYTES_MAX {
        return Err(INVALID);
    }
    let plain;
    let text = if raw.is_ascii() {
        raw
    } else {
        plain = in_ascii(raw)?;
        plain.trim()
    };
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let whole =
        digits.split_once('.').map_or(digits, |(whole, fraction)| if fraction.len() <= 9 && is_number(fraction) { whole } else { digits });
    let parsed = if is_number(whole) { number(sign, whole)? } else { Reader { rest: text.as_bytes() }.parse()? };
    in_range(parsed.date)?;
    Ok(parsed)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn in_range(date: Date) -> Result<(), &'static str> {
    match date.year() {
        year if YEARS.contains(&year) => Ok(()),
        0..=1 => Err(ZERO),
        _ => Err(OUT_OF_RANGE),
    }
}

/// Digits of other scripts, and the words for year, month and day that Chinese and Japanese write behind them.
fn in_ascii(raw: &str) -> Result<String, &'static str> {
    raw.chars()
        .map(|c| match c {
            c if c.is_ascii() => Ok(c),
            '年' | '月' => Ok('-'),
            '日' | '\u{a0}' | '\u{202f}' => Ok(' '),
            c => decimal(c).map(|digit| char::from(b'0' + digit)).ok_or(INVALID),
        })
        .collect()
}

/// A date that is nothing but digits.
fn number(sign: i64, digits: &str) -> Result<Parsed, &'static str> {
    if digits.bytes().all(|digit| digit == b'0') {
        return Err(ZERO);
    }
    if sign == 1
        && let Some(parsed) = compact(digits)
    {
        return Ok(parsed);
    }
    let value = sign * digits.parse::<i64>().map_err(|_| OUT_OF_RANGE)?;
    let timestamp = match digits.len() {
        5..=11 => Timestamp::from_second(value),
        12..=14 => Timestamp::from_second(value.div_euclid(1_000)),
        15..=17 => Timestamp::from_second(value.div_euclid(1_000_000)),
        _ => return Err(INVALID),
    };
    let moment = TimeZone::UTC.to_datetime(timestamp.map_err(|_| OUT_OF_RANGE)?);
    Ok(Parsed { date: moment.date(), time: Some(moment.time().with().subsec_nanosecond(0).build().map_err(|_| INVALID)?), offset: 0 })
}

/// `20091231` and `20091231235959`, of this century and the last.
fn compact(digits: &str) -> Option<Parsed> {
    let part = |from: usize, len: usize| digits.get(from..from + len)?.parse::<i16>().ok();
    let small = |from: usize| part(from, 2).map(|value| value as i8);
    if !matches!(digits.len(), 8 | 14) || !(1900..2100).contains(&part(0, 4)?) {
        return None;
    }
    let date = Date::new(part(0, 4)?, small(4)?, small(6)?).ok()?;
    let time = if digits.len() == 14 { Some(Time::new(small(8)?, small(10)?, small(12)?, 0).ok()?) } else { None };
    Some(Parsed { date, time, offset: 0 })
}

/// Reads from the front of what is left.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn parse(mut self) -> Result<Parsed, &'static str> {
        self.weekday();
        let (mut date, mut clock) = (None, None);
        if let Some(month) = self.month() {
            self.skip(b" .-/,");
            let day = self.digits(2)?.0;
            self.skip(b" ,.-/");
            // As ctime writes it: the year comes after the clock.
            clock = self.clock()?;
            self.skip(b" ");
            date = Some(calendar(self.digits(4)?, month, day)?);
        }
        let date = match date {
            Some(date) => date,
            None => self.date()?,
        };
        if clock.is_none() {
            self.skip(b" T,t");
            clock = self.clock()?;
        }
        self.skip(b" ");
        if !self.rest.is_empty() {
            return Err(INVALID);
        }
        let (time, offset) = clock.map_or((None, 0), |(time, offset)| (Some(time), offset));
        Ok(Parsed { date, time, offset })
    }

    fn date(&mut self) -> Result<Date, &'static str> {
        let first = self.digits(4)?;
        let separator = self.separator()?;
        if let Some(month) = self.month() {
            self.separator()?;
            return calendar(self.digits(4)?, month, first.0);
        }
        let second = self.digits(2)?.0;
        if self.separator()? != separator {
            return Err(INVALID);
        }
        if first.1 == 4 {
            let day = self.digits(2)?.0;
            return calendar(first, second, day);
        }
        let year = self.digits(4)?;
        let (day_first, month_first) = ((second, first.0), (first.0, second));
        let (likely, other) = if separator == b'/' { (month_first, day_first) } else { (day_first, month_first) };
        calendar(year, likely.0, likely.1).or_else(|error| if error == INVALID { calendar(year, other.0, other.1) } else { Err(error) })
    }

    /// `HH:MM[:SS[.f]]`, AM or PM, a zone; `None` if no clock stands here.
    fn clock(&mut self) -> Result<Option<(Time, i64)>, &'static str> {
        if !matches!(self.rest, [b'0'..=b'9', b':', ..] | [b'0'..=b'9', b'0'..=b'9', b':', ..]) {
            return Ok(None);
        }
        let mut hour = self.digits(2)?.0;
        self.expect(b':')?;
        let minute = self.digits(2)?.0;
        let mut second = 0;
        if self.take(b':') {
            second = self.digits(2)?.0;
            if self.take(b'.') || self.take(b',') || self.take(b':') {
                self.digits(9)?;
            }
        }
        self.skip(b" ");
        if let [half @ (b'A' | b'a' | b'P' | b'p'), b'M' | b'm', rest @ ..] = self.rest {
            if !(1..=12).contains(&hour) {
                return Err(INVALID);
            }
            hour = hour % 12 + if half.eq_ignore_ascii_case(&b'p') { 12 } else { 0 };
            self.rest = rest;
            self.skip(b" ");
        }
        // Sixty is a leap second.
        let time = Time::new(hour as i8, minute as i8, second.min(if second == 60 { 59 } else { 99 }) as i8, 0).map_err(|_| INVALID)?;
        Ok(Some((time, self.zone()?)))
    }

    fn zone(&mut self) -> Result<i64, &'static str> {
        for name in [&b"Z"[..], b"z", b"UTC", b"GMT"] {
            if let Some(rest) = self.rest.strip_prefix(name) {
                self.rest = rest;
                return Ok(0);
            }
        }
        let sign = match self.rest {
            [b'+', b'0'..=b'9', ..] => 1,
            [b'-', b'0'..=b'9', ..] => -1,
            _ => return Ok(0),
        };
        self.rest = &self.rest[1..];
        let hours = self.digits(2)?.0;
        self.take(b':');
        let minutes = if self.rest.first().is_some_and(u8::is_ascii_digit) { self.digits(2)?.0 } else { 0 };
        if hours > 15 || minutes > 59 {
            return Err(INVALID);
        }
        Ok(sign * i64::from(hours * 60 + minutes) * 60)
    }

    /// A number of at most that many digits, and how many it has.
    fn digits(&mut self, len_max: usize) -> Result<(i32, usize), &'static str> {
        let len = self.rest.iter().take(len_max).take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.rest.split_at(len);
        if len == 0 || (len_max == 4 && rest.first().is_some_and(u8::is_ascii_digit)) {
            return Err(INVALID);
        }
        self.rest = rest;
        Ok((digits.iter().fold(0, |value, digit| value * 10 + i32::from(digit - b'0')), len))
    }

    fn separator(&mut self) -> Result<u8, &'static str> {
        match self.rest {
            [separator @ (b'-' | b'/' | b'.' | b' '), rest @ ..] => {
                self.rest = rest;
                self.skip(b" ");
                Ok(*separator)
            }
            _ => Err(INVALID),
        }
    }

    fn month(&mut self) -> Option<i32> {
        const NAMES: [&str; 12] =
            ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];
        let word = self.word();
        let index = NAMES
            .iter()
            .position(|name| word.len() >= 3 && word.len() <= name.len() && name.as_bytes()[..word.len()].eq_ignore_ascii_case(word))?;
        self.rest = &self.rest[word.len()..];
        Some(index as i32 + 1)
    }

    fn weekday(&mut self) {
        let word = self.word();
        let is_day = |name: &&str| word.len() >= 3 && word[..3].eq_ignore_ascii_case(name.as_bytes());
        if ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].iter().any(is_day) {
            self.rest = &self.rest[word.len()..];
            self.skip(b" ,");
        }
    }

    fn word(&self) -> &'a [u8] {
        let len = self.rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        &self.rest[..len]
    }

    fn skip(&mut self, these: &[u8]) {
        while self.rest.first().is_some_and(|byte| these.contains(byte)) {
            self.rest = &self.rest[1..];
        }
    }

    fn take(&mut self, this: u8) -> bool {
        let is_next = self.rest.first() == Some(&this);
        if is_next {
            self.rest = &self.rest[1..];
        }
        is_next
    }

    fn expect(&mut self, this: u8) -> Result<(), &'static str> {
        if self.take(this) { Ok(()) } else { Err(INVALID) }
    }
}

fn calendar((year, year_len): (i32, usize), month: i32, day: i32) -> Result<Date, &'static str> {
    if year_len != 4 && !(year == 0 && month == 0 && day == 0) {
        return Err(INVALID);
    }
    if year == 0 {
        return Err(ZERO);
    }
    let small = |value: i32| i8::try_from(value).map_err(|_| INVALID);
    Date::new(year as i16, small(month)?, small(day)?).map_err(|_| INVALID)
}
