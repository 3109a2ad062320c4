//! The careful way: one line of any dialect.

use sluice_plugin::*;

use crate::ulp;

/// No login and password fill more: longer lines are junk.
pub(crate) const LINE_BYTES_MAX: usize = 4096;
/// A capture's key is a few words.
const KEY_BYTES_MAX: usize = 40;
/// Pairs of one capture that are kept.
const PAIRS_MAX: usize = 64;

/// The columns named so far, by name.
pub(crate) type Columns = Vec<(Vec<u8>, Option<Column>)>;

/// What a line says, before it is told.
pub(crate) struct Said<'a> {
    pub(crate) url: &'a [u8],
    /// A number or a user name before the login.
    pub(crate) name: &'a [u8],
    pub(crate) login: &'a [u8],
    pub(crate) secret: &'a [u8],
}

/// Reads one line and says what it is.
#[inline(never)]
pub(crate) fn read(columns: &mut Columns, row: &[u8], text: &[u8], out: &mut Out<'_>) {
    if text.len() > LINE_BYTES_MAX {
        return out.reject(row, "line-too-long");
    }
    if text.iter().any(|byte| *byte < b' ' && *byte != b'\t') {
        return out.reject(row, "binary");
    }
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text).trim_ascii_start();
    if text.trim_ascii_end().is_empty() || is_banner(text) {
        return out.skip(row);
    }
    let (text, capture) = split_capture(text);
    match understand(text) {
        Understood::Line(said) => tell(columns, row, &said, capture, out),
        Understood::Nothing => out.skip(row),
        Understood::Unreadable => out.reject(row, "no-login-and-password"),
    }
}

pub(crate) enum Understood<'a> {
    Line(Said<'a>),
    /// A URL alone, prose: nobody's data.
    Nothing,
    Unreadable,
}

/// Reads a line without its capture, whichever dialect it is in.
pub(crate) fn understand(text: &[u8]) -> Understood<'_> {
    match ulp::split(text) {
        ulp::Split::Login(said) => return Understood::Line(said),
        ulp::Split::UrlOnly => return Understood::Nothing,
        ulp::Split::NoUrl => {}
    }
    if let Some((name, login, secret)) = split_named(text) {
        return Understood::Line(Said { url: b"", name, login, secret });
    }
    match split_pair(text) {
        Some((login, secret)) => Understood::Line(Said { url: b"", name: b"", login, secret }),
        None if text.contains(&b' ') => Understood::Nothing,
        None => Understood::Unreadable,
    }
}

/// Rules, boxes and comments around a list. A password beside an address may begin as a rule does, but not with three times the same.
pub(crate) fn is_banner(text: &[u8]) -> bool {
    let rule = |byte: &u8| matches!(byte, b'=' | b'-' | b'*' | b'~' | b'+' | b'>' | b'<' | b'_' | b'#' | b'|' | b'/' | b'.');
    let is_login = |[a, b, c]: &[u8; 3]| (a != b || b != c) && !text.contains(&b' ') && has_email(text);
    text.starts_with(b"# ")
        || text.starts_with(b"#") && !has_email(text)
        || text.first_chunk().is_some_and(|begin| begin.iter().all(rule) && !is_login(begin))
        || text.starts_with(b"// ")
}

fn has_email(text: &[u8]) -> bool {
    text.split(|byte| is_separator(*byte)).any(|word| is_email(word.strip_prefix(b"#").unwrap_or(word)))
}

pub(crate) const fn is_separator(byte: u8) -> bool {
    matches!(byte, b':' | b';' | b'|' | b',' | b'\t' | b' ')
}

/// Does this read as an address? Whether it is a good one the host decides.
pub(crate) fn is_email(value: &[u8]) -> bool {
    let Some(at) = memchr_last(b'@', value) else { return false };
    let (local, domain) = (&value[..at], &value[at + 1..]);
    let fine =
        |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'@' | b'/' | b'\\' | b'(' | b')' | b'<' | b'>' | b'"') || *byte >= 0x80;
    let Some(dot) = memchr_last(b'.', domain) else { return false };
    let top = &domain[dot + 1..];
    let top_fine = top.len() >= 2 && (top.iter().all(|byte| byte.is_ascii_alphabetic() || *byte >= 0x80) || top.starts_with(b"xn--"));
    let domain_fine = domain.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-') || *byte >= 0x80);
    (1..=64).contains(&local.len()) && local.iter().all(fine) && dot > 0 && domain[0] != b'.' && top_fine && domain_fine
}

fn memchr_last(byte: u8, value: &[u8]) -> Option<usize> {
    value.iter().rposition(|each| *each == byte)
}

/// `user:email:secret`, and maybe a salt: as forums' tables are listed.
fn split_named(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let first = text.iter().position(|byte| is_separator(*byte))?;
    let (separator, name, rest) = (text[first], &text[..first], &text[first + 1..]);
    let second = rest.iter().position(|byte| *byte == separator)?;
    let (login, secret) = (&rest[..second], &rest[second + 1..]);
    (separator != b' ' && !name.is_empty() && !is_email(name) && is_email(login) && !secret.is_empty()).then_some((name, login, secret))
}

/// Login and secret of a line of two: at the first separator behind an e-mail, at the last before one, else user and password.
pub(crate) fn split_pair(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let first = text.iter().position(|byte| is_separator(*byte))?;
    let last = text.iter().rposition(|byte| is_separator(*byte))?;
    if is_email(&text[..first]) {
        return Some((&text[..first], after_separator(&text[first..])));
    }
    let tail = text[last + 1..].trim_ascii();
    if is_email(tail) && last > 0 && (text[last] != b' ' || text[..last].iter().filter(|byte| **byte == b' ').count() <= 1) {
        let head = before_separator(&text[..=last]);
        return (!head.is_empty()).then_some((&text[last + 1..], head));
    }
    let strong = text.iter().position(|byte| matches!(byte, b':' | b';' | b'|' | b'\t'));
    let at = strong.or_else(|| text.iter().position(|byte| *byte == b','))?;
    let (login, secret) = (text[..at].trim_ascii(), after_separator(&text[at..]));
    (!login.is_empty() && !login.contains(&b' ') && !secret.is_empty()).then_some((login, secret))
}

/// `text` begins with the separator; `a : b` has blanks on both sides of it, while `a :b` has a blank for one.
fn after_separator(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|byte| **byte == b' ').count();
    match &text[blanks..] {
        [b':' | b';' | b'|' | b',' | b'\t', b' ', secret @ ..] if blanks > 0 => secret,
        secret if blanks > 0 => secret,
        _ => &text[1..],
    }
}

/// `text` ends with the separator.
fn before_separator(text: &[u8]) -> &[u8] {
    let head = &text[..text.len() - 1];
    match head.strip_suffix(b" ") {
        Some(rest) => rest.strip_suffix(b":").or_else(|| rest.strip_suffix(b"|")).map_or(rest, <[u8]>::trim_ascii_end),
        None => match head.last() {
            Some(b':' | b'|') if text.ends_with(b" ") => head[..head.len() - 1].trim_ascii_end(),
            _ => head,
        },
    }
}

/// Takes the capture of an account checker, ` | Key = Value | …`, off a line.
fn split_capture(text: &[u8]) -> (&[u8], &[u8]) {
    let mut from = 0;
    while let Some(at) = text[from..].iter().position(|byte| *byte == b'|').map(|at| from + at) {
        let pair = text[at + 1..].split(|byte| *byte == b'|').next().unwrap_or_default();
        if at > 0 && text[at - 1] == b' ' && key_and_value(pair).is_some() {
            return (text[..at].trim_ascii_end(), &text[at + 1..]);
        }
        from = at + 1;
    }
    (text, b"")
}

fn key_and_value(pair: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = pair.iter().position(|byte| *byte == b'=').or_else(|| pair.windows(2).position(|two| two == b": "))?;
    let key = pair[..at].trim_ascii();
    let fine = !key.is_empty()
        && key.len() <= KEY_BYTES_MAX
        && key.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'_' | b'-' | b'.') || *byte >= 0x80);
    fine.then(|| (key, pair[at + 1..].trim_ascii()))
}

/// The kinds a checker's keys name.
fn kind_of(key: &[u8]) -> Option<FieldKind> {
    let key: Vec<u8> = key.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect();
    Some(match key.as_slice() {
        b"country" => FieldKind::Country,
        b"name" | b"fullname" => FieldKind::FullName,
        b"firstname" => FieldKind::FirstName,
        b"lastname" | b"surname" => FieldKind::LastName,
        b"phone" | b"phonenumber" | b"mobile" => FieldKind::Phone,
        b"city" => FieldKind::City,
        b"state" | b"region" => FieldKind::Region,
        b"address" | b"street" => FieldKind::Address,
        b"zip" | b"zipcode" | b"postcode" | b"postalcode" => FieldKind::PostalCode,
        b"dob" | b"birthday" | b"dateofbirth" | b"birthdate" => FieldKind::Dob,
        b"gender" | b"sex" => FieldKind::Gender,
        b"ip" => FieldKind::Ip,
        b"username" | b"user" | b"login" | b"nickname" => FieldKind::Username,
        b"email" | b"mail" => FieldKind::Email,
        _ => return None,
    })
}

fn column(columns: &mut Columns, name: &[u8], out: &mut Out<'_>) -> Option<u8> {
    if let Some((_, column)) = columns.iter().find(|(known, _)| known == name) {
        return column.map(Column::tag);
    }
    // Past the last tag there is no use in remembering more names.
    if columns.len() >= 128 {
        return None;
    }
    let named = out.column(name);
    columns.push((name.to_vec(), named));
    named.map(Column::tag)
}

fn tell(columns: &mut Columns, row: &[u8], said: &Said<'_>, capture: &[u8], out: &mut Out<'_>) {
    let login = said.login.trim_ascii();
    let (domain, user) = match login.iter().position(|byte| *byte == b'\\') {
        Some(at) if at > 0 && at + 1 < login.len() && !is_email(login) => (&login[..at], &login[at + 1..]),
        _ => (&b""[..], login),
    };
    // Columns are named before the record that uses them.
    let mut pairs: Vec<(u8, &[u8])> = Vec::new();
    if !domain.is_empty() {
        pairs.extend(column(columns, b"domain", out).map(|tag| (tag, domain)));
    }
    for (key, value) in capture.split(|byte| *byte == b'|').filter(|_| !capture.is_empty()).filter_map(key_and_value).take(PAIRS_MAX) {
        let tag = match kind_of(key) {
            Some(FieldKind::Email | FieldKind::Username) if value == login => continue,
            Some(kind) => Some(kind.tag()),
            None => column(columns, key, out),
        };
        pairs.extend(tag.map(|tag| (tag, value)));
    }
    let mut record = out.record(row);
    record.add(FieldKind::Url.tag(), said.url);
    let is_number = said.name.iter().all(u8::is_ascii_digit);
    record.add(if is_number { FieldKind::UserId.tag() } else { FieldKind::Username.tag() }, said.name);
    record.add(if is_email(user) { FieldKind::Email.tag() } else { FieldKind::Username.tag() }, user);
    record = match said.secret.iter().position(|byte| is_separator(*byte)) {
        Some(at) => record.secret_salted(said.secret, said.secret[at], None),
        None => record.secret(said.secret),
    };
    for (tag, value) in pairs {
        record.add(tag, value);
    }
    record.end();
}
