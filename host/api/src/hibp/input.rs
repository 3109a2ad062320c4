//! What a request asks: its route, its argument and its query string.
//!
//! One function reads the path, because route and query names match whatever their case, a slash at the end is forgiven, and a
//! `+` in an account is a plus.

use std::borrow::Cow;

use sha1::{Digest, Sha1};

use crate::metrics::Route;

/// Bytes of an account, a domain or a name in a path, decoded: an address has 254 at most.
const ARGUMENT_BYTES_MAX: usize = 512;
/// Parts of the longest path there is.
const PARTS_MAX: usize = 5;

/// A path's route, and its last part, which is what the route is asked about; nothing where that is missing.
pub(super) fn route(path: &str) -> (Route, &str) {
    let mut parts = [""; PARTS_MAX];
    let mut count = 0;
    for part in path.trim_matches('/').split('/') {
        let Some(place) = parts.get_mut(count) else { return (Route::None, "") };
        *place = part;
        count += 1;
    }
    let names = parts.map(name_of);
    let argument = parts[count - 1];
    let rest = match &names[..count] {
        ["range"] => return (Route::Range, ""),
        ["range", _] => return (Route::Range, argument),
        ["api", "v3", rest @ ..] => rest,
        _ => return (Route::None, ""),
    };
    let route = match rest {
        ["breachedaccount"] => return (Route::BreachedAccount, ""),
        ["breachedaccount", _] => Route::BreachedAccount,
        ["breachedaccount", "range", _] => Route::BreachedAccountRange,
        ["breaches"] => Route::Breaches,
        ["breach", _] => Route::Breach,
        ["latestbreach"] => Route::LatestBreach,
        ["dataclasses"] => Route::DataClasses,
        ["pasteaccount", _] => Route::PasteAccount,
        ["breacheddomain", _] => Route::BreachedDomain,
        ["stealerlogsbyemail", _] => Route::StealerLogsByEmail,
        ["stealerlogsbywebsitedomain", _] => Route::StealerLogsByWebsite,
        ["stealerlogsbyemaildomain", _] => Route::StealerLogsByEmailDomain,
        ["subscribeddomains"] => Route::SubscribedDomains,
        ["subscription", "status"] => Route::Subscription,
        ["domainverification", _] => Route::DomainVerification,
        _ => Route::None,
    };
    (route, argument)
}

/// A part of a path as the routes have it, if it is one of their words; an empty word for whatever else it is.
fn name_of(part: &str) -> &'static str {
    const NAMES: [&str; 18] = [
        "api",
        "v3",
        "breachedaccount",
        "range",
        "breaches",
        "breach",
        "latestbreach",
        "dataclasses",
        "pasteaccount",
        "breacheddomain",
        "stealerlogsbyemail",
        "stealerlogsbywebsitedomain",
        "stealerlogsbyemaildomain",
        "subscribeddomains",
        "subscription",
        "status",
        "domainverification",
        "",
    ];
    NAMES.into_iter().find(|name| name.eq_ignore_ascii_case(part)).unwrap_or_default()
}

/// A query string. Names match whatever their case; a second question mark separates as an ampersand does.
#[derive(Clone, Copy)]
pub(super) struct Query<'a>(pub(super) &'a str);

impl<'a> Query<'a> {
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        let mut pairs = self.0.split(['&', '?']).filter_map(|pair| pair.split_once('='));
        pairs.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.get(name).and_then(|value| value.to_ascii_lowercase().parse().ok())
    }

    pub(super) fn is_false(&self, name: &str) -> bool {
        self.flag(name) == Some(false)
    }
}

/// Percent-decoding that leaves a plus alone; `None` if it is too long, no UTF-8, or a percent sign stands without two digits.
pub(super) fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return (text.len() <= ARGUMENT_BYTES_MAX).then_some(text.into());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let mut byte = [0];
            hex::decode_to_slice(after.get(..2)?, &mut byte).ok()?;
            bytes.push(byte[0]);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok().filter(|text| text.len() <= ARGUMENT_BYTES_MAX).map(Cow::Owned)
}

/// SHA-1 of the trimmed, lower-cased account, an international domain in its ASCII form; `None` if nothing is left.
pub(super) fn account_hash(account: &str) -> Option<[u8; 20]> {
    let account = account.trim();
    if account.is_empty() || account.chars().any(char::is_control) {
        return None;
    }
    let is_lower = account.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    let mut account = if is_lower { Cow::Borrowed(account) } else { Cow::Owned(account.to_lowercase()) };
    if let Some((local, domain)) = account.rsplit_once('@').filter(|(_, domain)| !domain.is_ascii()) {
        account = Cow::Owned(format!("{local}@{}", url::Host::parse(domain).ok()?));
    }
    Some(Sha1::digest(account.as_bytes()).into())
}
