//! Lines with a URL: where it ends, and which side the login and the password are on.
//!
//! A colon may be a port's, an IPv6 host's, a query's, or the one that ends the URL; what follows it decides.

use crate::line::{Said, is_email, is_separator, split_pair};

pub(crate) enum Split<'a> {
    Login(Said<'a>),
    UrlOnly,
    NoUrl,
}

pub(crate) fn split(text: &[u8]) -> Split<'_> {
    match find(text, b"://") {
        Some(at) if scheme_start(text, at) == 0 => url_first(text, at + 3),
        Some(at) => url_last(text, scheme_start(text, at)),
        None => bare_host(text),
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

fn scheme_start(text: &[u8], colon: usize) -> usize {
    text[..colon].iter().rposition(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'.' | b'-'))).map_or(0, |at| at + 1)
}

fn url_first(text: &[u8], host: usize) -> Split<'_> {
    let Some(end) = url_end(text, host) else { return Split::UrlOnly };
    let rest = &text[end + 1..];
    let pair = split_at(rest, text[end]).filter(|(login, secret)| !login.is_empty() || !secret.is_empty());
    match pair {
        Some((login, secret)) => Split::Login(Said { url: &text[..end], name: b"", login, secret }),
        None => Split::UrlOnly,
    }
}

/// Login and password behind a URL that ended with `separator`.
fn split_at(rest: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let rest = if separator == b' ' { rest.trim_ascii_start() } else { rest };
    let own = rest.iter().position(|byte| *byte == separator && separator != b' ');
    let at = own.or_else(|| rest.iter().position(|byte| is_separator(*byte)))?;
    Some((&rest[..at], &rest[at + 1..]))
}

/// The separator that ends the URL whose host begins at `host`.
fn url_end(text: &[u8], host: usize) -> Option<usize> {
    let mut at = host;
    if text.get(at) == Some(&b'[') {
        at += text[at..].iter().position(|byte| *byte == b']')?;
    }
    // `android://…@package`: what stands before the @ has no separators.
    while let Some(byte) = text.get(at) {
        match byte {
            b':' => match port_end(text, at) {
                Some(end) => at = end,
                None => return Some(at),
            },
            byte if is_separator(*byte) => return Some(at),
            b'/' | b'?' | b'#' => return path_end(text, at),
            _ => at += 1,
        }
    }
    None
}

/// If the colon at `colon` begins a port, where it ends: at a path, or at a separator with a login and a password to come.
fn port_end(text: &[u8], colon: usize) -> Option<usize> {
    let rest = &text[colon + 1..];
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = rest[..digits].iter().fold(0u64, |sum, digit| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0')));
    if !(1..=5).contains(&digits) || number == 0 || number > 65_535 {
        return None;
    }
    let is_port = match rest.get(digits) {
        None | Some(b'/' | b'?' | b'#') => true,
        Some(byte) if is_separator(*byte) => rest[digits + 1..].iter().any(|next| next == byte || *byte != b':' && is_separator(*next)),
        Some(_) => false,
    };
    is_port.then_some(colon + 1 + digits)
}

/// The separator that ends a path or query: one before an e-mail if there is such, else the first; with a query before it and
/// more colons than two, the first before what is no more of the query.
fn path_end(text: &[u8], from: usize) -> Option<usize> {
    let hard = (from..text.len()).find(|at| matches!(text[*at], b'|' | b' ' | b'\t'));
    let colon = |at: &usize| matches!(text[*at], b':' | b';') && !text[*at + 1..].starts_with(b"//");
    let colons: Vec<usize> = (from..text.len()).filter(colon).collect();
    let login = |pair: &[usize]| &text[pair[0] + 1..pair[1]];
    // What has a slash or a blank in it is still the path, which may have colons too.
    let in_path = |pair: &[usize]| login(pair).iter().any(|byte| matches!(byte, b'/' | b' '));
    let soft = match colons.as_slice() {
        [] | [_] => None,
        several => {
            let in_query = several.len() > 2 && text[from..several[0]].contains(&b'?');
            let login_is_query = |pair: &[usize]| {
                let login = login(pair);
                login.iter().all(u8::is_ascii_digit) || login.iter().any(|byte| matches!(byte, b'=' | b'&' | b'/' | b'?'))
            };
            let is_login = |pair: &&[usize]| !in_path(pair) && (!in_query || !login_is_query(pair));
            let fallback = several.windows(2).find(is_login).map_or(several[several.len() - 2], |pair| pair[0]);
            let email = several.windows(2).find(|pair| is_email(login(pair))).map(|pair| pair[0]);
            email.or_else(|| (hard.is_none() || several.windows(2).any(|pair| is_login(&pair))).then_some(fallback))
        }
    };
    match (hard, soft) {
        (Some(hard), Some(soft)) => Some(hard.min(soft)),
        (hard, soft) => hard.or(soft),
    }
}

/// `login:password:url`.
fn url_last(text: &[u8], start: usize) -> Split<'_> {
    let separator = text[start - 1];
    if !is_separator(separator) {
        return Split::NoUrl;
    }
    match split_pair(&text[..start - 1]) {
        Some((login, secret)) => Split::Login(Said { url: &text[start..], name: b"", login, secret }),
        None => Split::NoUrl,
    }
}

/// `site.example/path:login:password`; of two names with a dot only what ends like a site is one.
fn bare_host(text: &[u8]) -> Split<'_> {
    let host_end = text.iter().position(|byte| is_separator(*byte) || *byte == b'/').unwrap_or(text.len());
    if !is_host(&text[..host_end]) {
        return Split::NoUrl;
    }
    match url_end(text, 0) {
        Some(end) => match split_at(&text[end + 1..], text[end]) {
            Some((login, secret)) if !login.is_empty() && !secret.is_empty() => {
                Split::Login(Said { url: &text[..end], name: b"", login, secret })
            }
            _ => Split::NoUrl,
        },
        None => Split::NoUrl,
    }
}

fn is_host(name: &[u8]) -> bool {
    const TOPS: [&str; 26] = [
        "com", "net", "org", "io", "co", "ru", "de", "fr", "uk", "br", "it", "es", "pl", "nl", "in", "jp", "cn", "info", "app", "gov",
        "edu", "example", "me", "tv", "us", "biz",
    ];
    let Some(dot) = name.iter().rposition(|byte| *byte == b'.') else { return false };
    let fine = name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    dot > 0 && fine && TOPS.iter().any(|top| name[dot + 1..].eq_ignore_ascii_case(top.as_bytes()))
}
