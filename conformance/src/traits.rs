//! The nasty traits that a dump may have, each switchable.

use std::str::FromStr;

/// A set of traits.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Traits(u32);

impl Traits {
    /// None.
    pub const NONE: Self = Self(0);
    /// Passwords with separators, quotes, blanks, other scripts, the look of hashes and variables.
    pub const PASSWORDS: Self = Self(1);
    /// Banner lines, blank lines (line formats).
    pub const BANNERS: Self = Self(2);
    /// `| Key = Value` captures of account checkers behind some lines (combo `email-pass`).
    pub const CAPTURES: Self = Self(4);
    /// CRLF and LF in one file (line formats).
    pub const MIXED_LINE_ENDS: Self = Self(8);
    /// Lines of 120 KB without data, rarely (line formats).
    pub const LONG_LINES: Self = Self(16);
    /// No line end after the last row (line formats, CSV).
    pub const NO_FINAL_NEWLINE: Self = Self(32);
    /// Line breaks, separators and doubled quotes in text fields (CSV); INSERT text and every escape in a value (mysqldump).
    pub const TEXT: Self = Self(64);
    /// A row with an unbalanced quote now and then; it has no truth (CSV).
    pub const UNBALANCED: Self = Self(128);
    /// Rows that end early, with truth for what they have (CSV).
    pub const SHORT_ROWS: Self = Self(256);
    /// The file breaks off inside its last row, which has no truth (mysqldump).
    pub const TRUNCATED: Self = Self(512);

    /// Names of all of them, with what they are.
    pub const NAMES: [(&'static str, Self); 10] = [
        ("passwords", Self::PASSWORDS),
        ("banners", Self::BANNERS),
        ("captures", Self::CAPTURES),
        ("mixed-line-ends", Self::MIXED_LINE_ENDS),
        ("long-lines", Self::LONG_LINES),
        ("no-final-newline", Self::NO_FINAL_NEWLINE),
        ("text", Self::TEXT),
        ("unbalanced", Self::UNBALANCED),
        ("short-rows", Self::SHORT_ROWS),
        ("truncated", Self::TRUNCATED),
    ];

    /// Those that every reader of the format must read without losing a record: all but the broken rows.
    pub const READABLE: Self = Self(Self::ALL.0 & !Self::UNBALANCED.0 & !Self::TRUNCATED.0 & !Self::SHORT_ROWS.0);

    /// All.
    pub const ALL: Self = Self(1023);

    /// Are all of those in the set?
    pub const fn contains(self, these: Self) -> bool {
        self.0 & these.0 == these.0
    }
}

impl FromStr for Traits {
    type Err = String;

    /// Names with commas between them; `none`, `readable` and `all` too.
    fn from_str(text: &str) -> Result<Self, String> {
        text.split(',').map(str::trim).filter(|name| !name.is_empty()).try_fold(Self::NONE, |traits, name| {
            let more = match name {
                "none" => Self::NONE,
                "all" => Self::ALL,
                "readable" => Self::READABLE,
                name => Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, one)| *one).ok_or_else(|| {
                    let names: Vec<&str> = Self::NAMES.iter().map(|(name, _)| *name).collect();
                    format!("there is no trait `{name}`; there are none, readable, all, {}", names.join(", "))
                })?,
            };
            Ok(Self(traits.0 | more.0))
        })
    }
}
