//! A login that was saved: a URL, who logs in there, and with what.

use std::borrow::Cow;

use sluice_plugin::{
    FieldKind, Out,
    columns::{is_email, is_ip},
};

use crate::{
    key::{Key, Machine},
    line::{Pair, is_nothing},
    machine,
    reader::Columns,
};

/// Columns of the program that kept a login, and whose it was there.
pub const APPLICATION: &[u8] = b"application";
pub const PROFILE: &[u8] = b"profile";
/// Lines of a password.
const PASSWORD_LINES_MAX: usize = 64;
/// Values kept beside the usual ones.
const EXTRAS_MAX: usize = 32;

/// What a block has, as bits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Has(u16);

impl Has {
    pub const URL: Self = Self(1);
    pub const LOGIN: Self = Self(1 << 1);
    pub const EMAIL: Self = Self(1 << 2);
    pub const PASSWORD: Self = Self(1 << 3);
    pub const SOFT: Self = Self(1 << 4);
    pub const PROFILE: Self = Self(1 << 5);
    /// Of a machine, a card or a visited page.
    pub const FOREIGN: Self = Self(1 << 6);
    pub const OTHER: Self = Self(1 << 7);
    pub const BINARY: Self = Self(1 << 8);
}

/// A login on its way to become a record.
#[derive(Default)]
pub struct Login<'a> {
    has: u16,
    url: Pairs<'a>,
    login: Pairs<'a>,
    email: Pairs<'a>,
    soft: &'a [u8],
    profile: &'a [u8],
    extras: Vec<(Key, &'a [u8], &'a [u8])>,
    /// Where the password stands in the text, with what stands before and behind it in its lines.
    password: &'a [u8],
    text: &'a [u8],
    password_start: usize,
    /// Its lines so far, and whether the last line was one of them.
    password_lines: usize,
    is_in_password: bool,
    /// A value that is no password, to see how many blanks this writer puts around values.
    sample: Option<&'a [u8]>,
}

/// The name and the value of a key of which a block has one.
#[derive(Clone, Copy, Default)]
struct Pairs<'a> {
    name: &'a [u8],
    value: &'a [u8],
}

impl<'a> Login<'a> {
    pub const fn has(&self, what: Has) -> bool {
        self.has & what.0 != 0
    }

    pub const fn note(&mut self, what: Has) {
        self.has |= what.0;
    }

    /// Is there a line for who logs in?
    pub const fn has_login(&self) -> bool {
        self.has & (Has::LOGIN.0 | Has::EMAIL.0) != 0
    }

    /// Is there a URL, or a program that kept it?
    pub const fn has_place(&self) -> bool {
        self.has & (Has::URL.0 | Has::SOFT.0) != 0
    }

    /// Was the last line one of the password?
    pub const fn is_in_password(&self) -> bool {
        self.is_in_password
    }

    /// Had the key of a kind this name?
    pub fn is_named(&self, kind: Has, name: &[u8]) -> bool {
        let known = match kind {
            Has::URL => self.url,
            Has::LOGIN => self.login,
            _ => self.email,
        };
        known.name == name
    }

    /// Takes a pair; `at` is where its line begins in the text.
    pub fn add(&mut self, pair: &Pair<'a>, text: &'a [u8], at: usize) {
        let value = pair.value.trim_ascii();
        self.is_in_password = pair.key == Key::Password;
        if pair.is_binary {
            self.note(Has::BINARY);
        }
        let (kind, place) = match pair.key {
            Key::Url => (Has::URL, &mut self.url),
            Key::Login => (Has::LOGIN, &mut self.login),
            Key::Email => (Has::EMAIL, &mut self.email),
            Key::Password => {
                self.note(Has::PASSWORD);
                self.password_lines = 1;
                self.text = text;
                self.password = pair.value;
                self.password_start = at + (pair.value.as_ptr() as usize - text[at..].as_ptr() as usize);
                return;
            }
            Key::Soft | Key::Application => {
                self.note(Has::SOFT);
                self.soft = value;
                return;
            }
            Key::Profile => {
                self.note(Has::PROFILE);
                self.profile = value;
                return;
            }
            Key::Card | Key::Visit => return self.note(Has::FOREIGN),
            Key::Machine(_) => {
                self.note(Has::FOREIGN);
                return self.add_extra(pair, value);
            }
            Key::Field | Key::Value | Key::Other => {
                self.note(Has::OTHER);
                return self.add_extra(pair, value);
            }
        };
        if self.has & kind.0 != 0 {
            return self.add_extra(pair, value);
        }
        *place = Pairs { name: pair.name, value };
        self.has |= kind.0;
        if !value.is_empty() {
            self.sample = Some(pair.value);
        }
    }

    fn add_extra(&mut self, pair: &Pair<'a>, value: &'a [u8]) {
        if !is_nothing(value) && self.extras.len() < EXTRAS_MAX && !is_card_number(value) {
            self.extras.push((pair.key, pair.name, value));
        }
    }

    /// Says that the password goes on up to a place of the text; `false` if it has lines enough.
    pub fn extend_password(&mut self, end: usize) -> bool {
        if self.password_lines == PASSWORD_LINES_MAX {
            return false;
        }
        self.password_lines += 1;
        self.password = &self.text[self.password_start..end];
        true
    }

    /// Is it somebody's? Or else: what is missing from a block that should be somebody's.
    pub fn outcome(&self) -> Result<bool, &'static str> {
        let (has_url, has_soft) = (self.has(Has::URL), self.has(Has::SOFT));
        let is_foreign = self.has(Has::FOREIGN) || self.has(Has::OTHER) && !self.has_login();
        match (self.has_login(), self.has(Has::PASSWORD)) {
            _ if self.has(Has::BINARY) && (has_url || self.has_login() || self.has(Has::PASSWORD)) => Err("binary"),
            (true, true) => Ok(!self.is_empty()),
            _ if is_foreign => Ok(false),
            (false, true) if has_url => Err("no-login"),
            (true, false) if has_url || has_soft => Err("no-password"),
            // A banner's `Link: …` is no block that was cut off.
            (false, false) if has_url && (has_soft || is_of_browser(self.url.name)) => Err("incomplete"),
            _ => Ok(false),
        }
    }

    fn is_empty(&self) -> bool {
        is_nothing(self.login.value) && is_nothing(self.email.value) && is_nothing(&self.password())
    }

    /// The password, if it is a slice of its line.
    pub fn password_in_one_line(&self) -> Option<&'a [u8]> {
        match self.password() {
            Cow::Borrowed(password) if self.password_lines == 1 => Some(password),
            _ => None,
        }
    }

    /// The password without the blanks that this writer puts around values.
    fn password(&self) -> Cow<'a, [u8]> {
        let blanks = |value: &[u8]| value.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let before = match self.sample.map(blanks) {
            Some(few @ 0..=1) => few,
            Some(_) => usize::MAX,
            None => 1,
        };
        let mut value = &self.password[before.min(blanks(self.password))..];
        if self.sample.is_some_and(|sample| sample.ends_with(b" ")) || value.trim_ascii().is_empty() {
            value = value.trim_ascii_end();
        }
        // A password that begins on the next line.
        let value = value.strip_prefix(b"\r\n").or_else(|| value.strip_prefix(b"\n")).unwrap_or(value);
        if self.password_lines < 2 || memchr::memchr(b'\r', value).is_none() {
            return value.into();
        }
        let lines: Vec<&[u8]> = value.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)).collect();
        lines.join(&b'\n').into()
    }

    /// Says it: first the columns it needs, then the record.
    pub fn tell(&self, rows: &[u8], machine: &machine::Machine, columns: &mut Columns, out: &mut Out<'_>) {
        let (domain, user) = without_domain(self.login.value);
        let named = [(APPLICATION, self.soft), (PROFILE, self.profile), (b"domain", domain)];
        let named = named.map(|(name, value)| if is_nothing(value) { None } else { columns.tag(name, out).map(|tag| (tag, value)) });
        let mut extras: Vec<(u8, &[u8])> = Vec::new();
        for (key, name, value) in &self.extras {
            let tag = match key {
                Key::Machine(Machine::Ip) if is_ip(value) => Some(FieldKind::Ip.tag()),
                Key::Machine(Machine::Country) => Some(FieldKind::Country.tag()),
                _ => columns.tag(name, out),
            };
            extras.extend(tag.map(|tag| (tag, *value)));
        }
        extras.extend(machine.told(rows.len(), columns, out));
        let mut record = out.record(rows);
        let something = |value: &'a [u8]| if is_nothing(value) { &b""[..] } else { value };
        record.add(FieldKind::Url.tag(), something(self.url.value));
        let email = something(self.email.value);
        record.add(if is_email(email) { FieldKind::Email.tag() } else { FieldKind::Username.tag() }, email);
        if !user.eq_ignore_ascii_case(email) {
            record.add(if is_email(user) { FieldKind::Email.tag() } else { FieldKind::Username.tag() }, something(user));
        }
        let password = self.password();
        // What was typed is a password, whatever it looks like.
        record.add(FieldKind::Password.tag(), if is_nothing(&password) { b"" } else { &password[..] });
        for (tag, value) in named.into_iter().flatten().chain(extras) {
            record.add(tag, value);
        }
        record.end();
    }
}

/// Is a URL's key one that browsers' logins are written with?
fn is_of_browser(name: &[u8]) -> bool {
    [&b"url"[..], b"ur1", b"host", b"hostname"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// A domain and the user name behind its backslash.
pub fn without_domain(login: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b'\\', login) {
        Some(at) if at > 0 && at + 1 < login.len() && !is_email(login) => (&login[..at], &login[at + 1..]),
        _ => (b"", login),
    }
}

/// Is it the number of a payment card? Those are never told.
pub fn is_card_number(value: &[u8]) -> bool {
    let digits: Vec<u8> = value.iter().filter(|byte| !matches!(byte, b' ' | b'-')).map(|byte| byte.wrapping_sub(b'0')).take(20).collect();
    if !(13..=19).contains(&digits.len()) || digits.iter().any(|digit| *digit > 9) {
        return false;
    }
    let doubled = |digit: u8| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let sum: u32 = digits.iter().rev().enumerate().map(|(at, digit)| u32::from(if at % 2 == 1 { doubled(*digit) } else { *digit })).sum();
    sum.is_multiple_of(10)
}
