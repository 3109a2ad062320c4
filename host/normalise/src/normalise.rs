//! Which rule a kind of value follows, and what a record must have.

use sluice_record::{Field, FieldKind, HashKind, limits};

use crate::{Canonical, Region, date, email, ip, phone, text, web};

/// How values are read where the values alone do not tell.
#[derive(Clone, Copy, Default, Debug)]
pub struct NormaliseOptions {
    /// The country whose national phone numbers are completed to E.164. Without it a number with neither `+` nor `00` stays the digits
    /// it is.
    pub default_region: Option<Region>,
}

/// Makes canonical values of raw ones. One a worker thread; it keeps nothing of a record.
#[derive(Clone, Debug)]
pub struct Normaliser {
    options: NormaliseOptions,
}

/// Characters of a user name: longer ones are sentences.
const USERNAME_CHARS_MAX: usize = 320;

impl Normaliser {
    /// One with these options.
    pub const fn new(options: NormaliseOptions) -> Self {
        Self { options }
    }

    /// Reads a record's raw values into `out`. A value that is not what its kind says is left out and its reason given to `rejects`;
    /// reasons are short kebab-case codes.
    ///
    /// # Errors
    /// `no-identity` if nothing is left that says whom (e-mail, user name, phone) or what (password, hash).
    pub fn normalise<'a>(
        &mut self,
        fields: impl IntoIterator<Item = Field<'a>>,
        out: &mut Canonical,
        rejects: &mut dyn FnMut(&'static str),
    ) -> Result<(), &'static str> {
        out.clear();
        for field in fields {
            if text::is_nothing(field.value) {
                continue;
            }
            let start = out.text.len();
            match self.value(field, out) {
                Ok(tag) => out.push(tag, start),
                Err(reason) => {
                    out.text.truncate(start);
                    rejects(reason);
                }
            }
        }
        out.settle();
        if out.is_anybody() { Ok(()) } else { Err("no-identity") }
    }

    /// Appends a value's canonical form and says under which tag; what it appended before an error is the caller's to take back.
    #[inline]
    fn value(&self, field: Field<'_>, out: &mut Canonical) -> Result<u8, &'static str> {
        if field.value.len() > limits::VALUE_BYTES_MAX {
            return Err("value-too-long");
        }
        let kind = field.kind();
        if kind == Some(FieldKind::Password) {
            return Ok(password(field.value, out));
        }
        let value = std::str::from_utf8(field.value).map_err(|_| "not-text")?;
        let (value, to) = (text::trim(value), &mut out.text);
        if value.len() < field.value.len() && text::is_nothing(value.as_bytes()) {
            return Ok(field.tag);
        }
        match kind {
            Some(FieldKind::Email) => email::canonical(value, to).map(drop)?,
            Some(FieldKind::Username) => username(value, to)?,
            Some(FieldKind::Hash) => hash(field.tag, value, to),
            Some(FieldKind::Phone) => phone::canonical(value, self.options.default_region, to)?,
            Some(FieldKind::Ip) => ip::canonical(value, to)?,
            Some(FieldKind::Dob) => date::day(value, to)?,
            Some(FieldKind::CreatedAt | FieldKind::LastLoginAt) => date::moment(value, to)?,
            Some(FieldKind::Url) => web::canonical(value, to)?,
            // A tag that the contract does not define says nothing.
            None if field.tag < sluice_record::Tag::EXTRA_MIN => return Err("kind-unknown"),
            _ => to.push_str(value),
        }
        Ok(field.tag)
    }
}

/// Passwords stay as they are, blanks included; only what is plainly a hash is called one.
fn password(value: &[u8], out: &mut Canonical) -> u8 {
    if matches!(value.len(), 32 | 40 | 64 | 128) && value.iter().all(u8::is_ascii_hexdigit) {
        out.text.extend(value.iter().map(|byte| char::from(byte.to_ascii_lowercase())));
        return HashKind::Unknown.tag();
    }
    match std::str::from_utf8(value) {
        Ok(value) => out.text.push_str(value),
        Err(_) => {
            out.push_raw(out.text.len(), value);
            out.text.push_str(&String::from_utf8_lossy(value));
        }
    }
    FieldKind::Password.tag()
}

fn username(value: &str, out: &mut String) -> Result<(), &'static str> {
    if value.len() > USERNAME_CHARS_MAX && value.chars().nth(USERNAME_CHARS_MAX).is_some() {
        return Err("username-too-long");
    }
    out.push_str(value);
    Ok(())
}

/// Hex in lower case where the kind is written in hex; every other notation minds its case.
fn hash(tag: u8, value: &str, out: &mut String) {
    use HashKind as Kind;
    let start = out.len();
    out.push_str(value);
    let in_hex = match Kind::from_tag(tag) {
        Some(
            Kind::Md5
            | Kind::Sha1
            | Kind::Sha224
            | Kind::Sha256
            | Kind::Sha384
            | Kind::Sha512
            | Kind::Ntlm
            | Kind::Lm
            | Kind::Mysql323
            | Kind::Vbulletin
            | Kind::PostgresMd5
            | Kind::Mssql2005
            | Kind::Mssql2012
            | Kind::Unknown,
        )
        | None => true,
        Some(_) => false,
    };
    let digits = value.strip_prefix("0x").or_else(|| value.strip_prefix("0X")).or_else(|| value.strip_prefix("md5")).unwrap_or(value);
    if in_hex && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        out[start..].make_ascii_lowercase();
    }
}
