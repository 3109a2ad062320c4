//! What attributes mean: a table of those that directories have, and the kit's dictionary for all others.

use std::{borrow::Cow, collections::HashMap};

use sluice_plugin::{
    FieldKind, HashKind, Secret,
    columns::{self, Meaning},
    identify,
    text::is_same,
};

/// What becomes of an attribute's values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Use {
    /// Nothing: how the directory keeps the entry, or how a change is made.
    None,
    /// A value of a kind.
    Field(FieldKind),
    /// A password or a hash, perhaps of a kind that the name says.
    Secret(Option<HashKind>),
    /// Active Directory's: sixteen bytes of a hash, or a password in quotes in UTF-16.
    UnicodePassword,
    /// An address in lines parted by `$`.
    Postal,
    /// `SMTP:` and an e-mail address; others of its kind are not of people.
    Proxy,
    /// A URL, a blank, and what it is of.
    Labelled,
    /// A moment: of ISO's basic form with a `Z`, or tenths of a microsecond since 1601.
    Moment(FieldKind),
    /// A column of its own name.
    Extra,
}

/// Names that are remembered, and bytes of one: they come from the input.
const NAMES_MAX: usize = 1024;
const NAME_BYTES_MAX: usize = 64;

/// What became of attributes so far: a directory has the same few in every entry, and mostly in the same order.
#[derive(Default)]
pub struct Uses {
    all: Vec<(Vec<u8>, Use)>,
    by_name: HashMap<Vec<u8>, usize>,
    /// Which was asked for last.
    last: usize,
}

impl Uses {
    /// As [`use_of`], which is asked once a name.
    pub fn of(&mut self, name: &[u8]) -> Use {
        let is_at = |at: &usize| self.all.get(*at).is_some_and(|(known, _)| is_same(known, name));
        let known = [self.last + 1, self.last].into_iter().find(is_at).or_else(|| self.by_name.get(name).copied());
        if let Some(known) = known {
            self.last = known;
            return self.all[known].1;
        }
        let found = use_of(name);
        if self.all.len() < NAMES_MAX && name.len() <= NAME_BYTES_MAX {
            self.by_name.insert(name.to_vec(), self.all.len());
            self.all.push((name.to_vec(), found));
        }
        found
    }
}

/// What becomes of the values of an attribute of this name.
pub fn use_of(name: &[u8]) -> Use {
    use FieldKind::*;
    match name.to_ascii_lowercase().as_slice() {
        b"objectclass"
        | b"structuralobjectclass"
        | b"entryuuid"
        | b"entrycsn"
        | b"contextcsn"
        | b"entrydn"
        | b"creatorsname"
        | b"modifiersname"
        | b"modifytimestamp"
        | b"subschemasubentry"
        | b"hassubordinates"
        | b"changetype"
        | b"control"
        | b"newrdn"
        | b"deleteoldrdn"
        | b"newsuperior"
        | b"add"
        | b"replace"
        | b"delete"
        | b"increment"
        | b"version" => Use::None,
        b"mail" | b"rfc822mailbox" | b"mailalternateaddress" => Use::Field(Email),
        b"uid" | b"userid" | b"samaccountname" => Use::Field(Username),
        b"cn" | b"commonname" | b"displayname" | b"gecos" => Use::Field(FullName),
        b"sn" | b"surname" => Use::Field(LastName),
        b"gn" | b"givenname" => Use::Field(FirstName),
        b"telephonenumber" | b"mobile" | b"homephone" => Use::Field(Phone),
        b"title" => Use::Field(JobTitle),
        b"o" | b"organizationname" | b"company" => Use::Field(Employer),
        b"street" | b"streetaddress" => Use::Field(Address),
        b"l" | b"localityname" => Use::Field(City),
        b"st" | b"stateorprovincename" => Use::Field(Region),
        b"c" | b"co" | b"countryname" => Use::Field(Country),
        b"employeenumber" => Use::Field(UserId),
        b"postaladdress" | b"homepostaladdress" | b"registeredaddress" => Use::Postal,
        b"wwwhomepage" => Use::Field(Url),
        b"userprincipalname" => Use::Extra,
        b"labeleduri" => Use::Labelled,
        b"proxyaddresses" => Use::Proxy,
        b"createtimestamp" | b"whencreated" => Use::Moment(CreatedAt),
        b"lastlogon" | b"lastlogontimestamp" | b"authtimestamp" | b"pwdlastsuccess" => Use::Moment(LastLoginAt),
        b"userpassword" => Use::Secret(None),
        b"unicodepwd" => Use::UnicodePassword,
        _ => match columns::meaning(name) {
            Meaning::Field(kind) => Use::Field(kind),
            Meaning::Secret(hint) => Use::Secret(hint),
            Meaning::Extra => Use::Extra,
        },
    }
}

/// The tag of a secret and its value; none for a password that another service keeps.
pub fn secret(value: Cow<'_, [u8]>, hint: Option<HashKind>) -> Option<(u8, Cow<'_, [u8]>)> {
    let has_scheme = |scheme: &[u8]| value.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme));
    if has_scheme(b"{SASL}") {
        return None;
    }
    let plain = if has_scheme(b"{CLEARTEXT}") { part(value, 11) } else { value };
    Some((identify(&plain, hint).tag(), plain))
}

/// The tag and the value of what Active Directory has as a password.
pub fn unicode_password(value: Cow<'_, [u8]>) -> Option<(u8, Cow<'_, [u8]>)> {
    if let Ok(hash) = <&[u8; 16]>::try_from(value.as_ref()) {
        let digits: Vec<u8> =
            hash.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| b"0123456789abcdef"[usize::from(digit)]).collect();
        return Some((Secret::Hash(HashKind::Ntlm).tag(), digits.into()));
    }
    if let Some(inner) = value.strip_prefix(b"\"\0").and_then(|value| value.strip_suffix(b"\"\0")) {
        let units = inner.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
        let password: String = char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        return Some((Secret::Plain.tag(), password.into_bytes().into()));
    }
    std::str::from_utf8(&value).is_ok().then(|| (identify(&value, Some(HashKind::Ntlm)).tag(), value))
}

/// Lines parted by `$`, in which `\24` is a `$` and `\5C` a backslash.
pub fn postal(value: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    if !value.iter().any(|byte| matches!(byte, b'$' | b'\\')) {
        return value;
    }
    let mut address = Vec::new();
    let mut rest = value.as_ref();
    while let [byte, after @ ..] = rest {
        let (text, skipped): (&[u8], usize) = match (byte, after) {
            (b'$', _) => (b", ", 1),
            (b'\\', [b'2', b'4', ..]) => (b"$", 3),
            (b'\\', [b'5', b'C' | b'c', ..]) => (b"\\", 3),
            _ => (&rest[..1], 1),
        };
        address.extend_from_slice(text);
        rest = &rest[skipped..];
    }
    address.into()
}

/// The e-mail address of a proxy address.
pub fn proxy(value: Cow<'_, [u8]>) -> Option<Cow<'_, [u8]>> {
    value.get(..5)?.eq_ignore_ascii_case(b"smtp:").then(|| part(value, 5))
}

/// The URL before its label.
pub fn labelled(value: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    match (memchr::memchr(b' ', &value), value) {
        (Some(at), Cow::Borrowed(value)) => value[..at].into(),
        (Some(at), Cow::Owned(value)) => value[..at].to_vec().into(),
        (None, value) => value,
    }
}

/// Seconds from 1601 to 1970.
const EPOCH_SECONDS: u64 = 11_644_473_600;

/// A moment as the host reads them; none for the times with which directories say "never".
pub fn moment(value: Cow<'_, [u8]>) -> Option<Cow<'_, [u8]>> {
    let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 14 && digits < value.len() {
        return Some(value[..14].to_vec().into());
    }
    if digits != value.len() || digits == 14 {
        return Some(value);
    }
    let ticks: u64 = std::str::from_utf8(&value).ok()?.parse().ok()?;
    let seconds = (ticks / 10_000_000).checked_sub(EPOCH_SECONDS)?;
    (seconds < 1 << 32).then(|| seconds.to_string().into_bytes().into())
}

/// From a place on.
pub fn part(value: Cow<'_, [u8]>, from: usize) -> Cow<'_, [u8]> {
    match value {
        Cow::Borrowed(value) => value[from..].into(),
        Cow::Owned(value) => value[from..].to_vec().into(),
    }
}
