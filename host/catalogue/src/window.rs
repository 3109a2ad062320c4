//! The window of a job: the stretch of each day, in UTC, in which its tasks may start.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::UnixMs;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// A daily stretch in UTC, `HH:MM-HH:MM`; it may pass midnight.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Window {
    /// Of the day.
    pub(crate) from_ms: i64,
    /// How long, less than a day.
    pub(crate) ms: i64,
}

/// It is no window.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a window is HH:MM-HH:MM in UTC and ends at another time than it begins, as 22:00-06:00")]
pub struct NoWindow;

/// Is a job's window open? The same as [`Window::is_open`], for statements: the job's table with its dot, and when.
macro_rules! window_is_open {
    ($job:literal, $at:literal) => {
        concat!("(", $job, "window_ms IS NULL OR (", $at, " + 86400000 - ", $job, "window_from) % 86400000 < ", $job, "window_ms)")
    };
}
pub(crate) use window_is_open;

impl Window {
    /// May a task start then?
    pub fn is_open(&self, at: UnixMs) -> bool {
        self.since_opening(at) < self.ms
    }

    /// When a task may start, at that time or after it.
    pub fn opens_at(&self, at: UnixMs) -> UnixMs {
        if self.is_open(at) { at } else { at - self.since_opening(at) + DAY_MS }
    }

    /// The latest time to begin `ms` of work within the window that are to be done by `deadline`.
    pub fn latest_start(&self, deadline: UnixMs, ms: i64) -> UnixMs {
        let opened_at = deadline - self.since_opening(deadline);
        let last = self.since_opening(deadline).min(self.ms);
        if ms <= last {
            return opened_at + last - ms;
        }
        let whole_days = (ms - last - 1) / self.ms;
        opened_at - (whole_days + 1) * DAY_MS + self.ms - (ms - last - whole_days * self.ms)
    }

    fn since_opening(&self, at: UnixMs) -> i64 {
        (at - self.from_ms).rem_euclid(DAY_MS)
    }
}

impl FromStr for Window {
    type Err = NoWindow;

    fn from_str(text: &str) -> Result<Self, NoWindow> {
        let (from, to) = text.split_once('-').ok_or(NoWindow)?;
        let (from, to) = (time_of_day(from)?, time_of_day(to)?);
        if from == to { Err(NoWindow) } else { Ok(Self { from_ms: from, ms: (to - from).rem_euclid(DAY_MS) }) }
    }
}

fn time_of_day(text: &str) -> Result<i64, NoWindow> {
    let number = |text: &str, below: i64| match text.as_bytes() {
        [b'0'..=b'9', b'0'..=b'9'] => text.parse::<i64>().ok().filter(|number| *number < below).ok_or(NoWindow),
        _ => Err(NoWindow),
    };
    let (hours, minutes) = text.split_once(':').ok_or(NoWindow)?;
    Ok((number(hours, 24)? * 60 + number(minutes, 60)?) * MINUTE_MS)
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = |ms: i64| (ms.rem_euclid(DAY_MS) / MINUTE_MS / 60, ms / MINUTE_MS % 60);
        let ((from, from_minutes), (to, to_minutes)) = (minutes(self.from_ms), minutes(self.from_ms + self.ms));
        write!(f, "{from:02}:{from_minutes:02}-{to:02}:{to_minutes:02}")
    }
}

impl TryFrom<String> for Window {
    type Error = NoWindow;

    fn try_from(text: String) -> Result<Self, NoWindow> {
        text.parse()
    }
}

impl From<Window> for String {
    fn from(window: Window) -> Self {
        window.to_string()
    }
}
