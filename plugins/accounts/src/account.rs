//! An account on its way to become a record, and what may stand where a secret does.

use std::borrow::Cow;

use sluice_plugin::{Column, FieldKind, HashKind, Out, Secret, columns::is_email, identify};

/// Values of one account: all that any of the formats has.
const VALUES_MAX: usize = 10;

/// Columns that are no standard kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extra {
    /// Before the backslash of a login.
    Domain,
    /// Locked, disabled.
    Status,
    /// Which of an account's former passwords it is, the last first.
    History,
    /// Of digest authentication.
    Realm,
    /// When the password was set.
    PasswordSet,
    Home,
    Shell,
}

const NAMES: [&[u8]; 7] = [b"domain", b"status", b"history", b"realm", b"password_set", b"home", b"shell"];

/// The columns named so far in a chunk.
pub type Columns = [Option<Column>; NAMES.len()];

#[derive(Clone, Copy)]
enum Key {
    Tag(u8),
    Extra(Extra),
}

/// What a line says of an account.
#[derive(Default)]
pub struct Account<'a> {
    values: [Option<(Key, Cow<'a, [u8]>)>; VALUES_MAX],
    len: usize,
}

impl<'a> Account<'a> {
    /// An account with this login.
    pub fn of(login: &'a [u8]) -> Self {
        let mut account = Self::default();
        account.login(login);
        account
    }

    fn put(&mut self, key: Key, value: Cow<'a, [u8]>) {
        if let Some(place) = self.values.get_mut(self.len).filter(|_| !value.is_empty()) {
            *place = Some((key, value));
            self.len += 1;
        }
    }

    /// Adds a value; an empty one is none.
    pub fn field(&mut self, kind: FieldKind, value: impl Into<Cow<'a, [u8]>>) {
        self.put(Key::Tag(kind.tag()), value.into());
    }

    pub fn extra(&mut self, column: Extra, value: impl Into<Cow<'a, [u8]>>) {
        self.put(Key::Extra(column), value.into());
    }

    pub fn hash(&mut self, kind: HashKind, value: &'a [u8]) {
        self.put(Key::Tag(kind.tag()), value.into());
    }

    /// A login: an e-mail is one, and a domain before a backslash goes by itself.
    fn login(&mut self, login: &'a [u8]) {
        let login = login.trim_ascii();
        if is_email(login) {
            return self.field(FieldKind::Email, login);
        }
        match login.iter().position(|byte| *byte == b'\\') {
            Some(at) if at > 0 && at + 1 < login.len() => {
                self.field(FieldKind::Username, &login[at + 1..]);
                self.extra(Extra::Domain, &login[..at]);
            }
            _ => self.field(FieldKind::Username, login),
        }
    }

    /// Says it; `row` is the whole raw line.
    pub fn tell(self, row: &[u8], columns: &mut Columns, out: &mut Out<'_>) {
        let values = &self.values[..self.len];
        for (key, _) in values.iter().flatten() {
            if let Key::Extra(extra) = key
                && columns[*extra as usize].is_none()
            {
                columns[*extra as usize] = out.column(NAMES[*extra as usize]);
            }
        }
        let mut record = out.record(row);
        for (key, value) in values.iter().flatten() {
            let tag = match key {
                Key::Tag(tag) => Some(*tag),
                Key::Extra(extra) => columns[*extra as usize].map(Column::tag),
            };
            if let Some(tag) = tag {
                record.add(tag, value);
            }
        }
        record.end();
    }
}

/// What stands in the place of an account's secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kept<'a> {
    /// Nothing: it is empty, or somewhere else.
    Nothing,
    /// Nobody can log in by it; there may be a hash that a lock was put before.
    Locked(Option<(HashKind, &'a [u8])>),
    Hash(HashKind, &'a [u8]),
    /// None of these: a password, or a hash that is broken.
    Other(&'a [u8]),
}

impl<'a> Kept<'a> {
    /// What is kept by `value`, where a system keeps its accounts' hashes.
    pub fn of(value: &'a [u8]) -> Self {
        const LOCKS: [&[u8]; 4] = [b"*LOCKED*", b"*LK*", b"!", b"*"];
        const NONE: [&[u8]; 6] = [b"", b"x", b"NP", b"*NP*", b"UP", b"NOLOGIN"];
        if NONE.contains(&value) {
            return Self::Nothing;
        }
        if let Some(kind) = hash_kind(value) {
            return Self::Hash(kind, value);
        }
        let (mut rest, mut locked) = (value, false);
        while let Some(inner) = LOCKS.iter().find_map(|lock| rest.strip_prefix(*lock)) {
            (rest, locked) = (inner, true);
        }
        match (locked, hash_kind(rest)) {
            (true, kind @ Some(_)) => Self::Locked(kind.map(|kind| (kind, rest))),
            (true, None) if rest.is_empty() || NONE.contains(&rest) || rest == b"LK" => Self::Locked(None),
            _ => Self::Other(value),
        }
    }

    /// Adds it to an account. What is a password is said by `is_password`: if it is none, `false`.
    #[must_use]
    pub fn add_to(self, account: &mut Account<'a>, is_password: impl Fn(&[u8]) -> bool) -> bool {
        match self {
            Self::Nothing => {}
            Self::Hash(kind, hash) => account.hash(kind, hash),
            Self::Locked(hash) => {
                if let Some((kind, hash)) = hash {
                    account.hash(kind, hash);
                }
                account.extra(Extra::Status, &b"locked"[..]);
            }
            Self::Other(value) if is_password(value) => account.field(FieldKind::Password, value),
            Self::Other(_) => return false,
        }
        true
    }
}

/// The kind of a hash of an account: descrypt has no marker, but its last character has two bits that are always clear.
pub fn hash_kind(value: &[u8]) -> Option<HashKind> {
    if value.len() == DESCRYPT_BYTES {
        return is_descrypt(value).then_some(HashKind::Descrypt);
    }
    let hint = (value.len() == BSDI_BYTES && value[0] == b'_').then_some(HashKind::Descrypt);
    match identify(value, hint) {
        Secret::Hash(kind) => Some(kind),
        Secret::Plain => unknown_crypt(value),
    }
}

const DESCRYPT_BYTES: usize = 13;
const BSDI_BYTES: usize = 20;

fn is_descrypt(value: &[u8]) -> bool {
    let in_alphabet = value.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/'));
    in_alphabet && value.last().is_some_and(|last| b"./26AEIMQUYcgkosw".contains(last) && *last != b'/') && !is_word(value)
}

/// A word with digits behind it, as people choose: one hash in four thousand is like that.
fn is_word(value: &[u8]) -> bool {
    let letters = value.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    value[letters..].iter().all(u8::is_ascii_digit) && value[1..letters.max(1)].iter().all(u8::is_ascii_lowercase)
}

/// A hash of crypt's that the kit has no name for: `$id$…`, long, and of nothing that is in no hash.
fn unknown_crypt(value: &[u8]) -> Option<HashKind> {
    let inner = value.strip_prefix(b"$")?;
    let id = inner.iter().position(|byte| *byte == b'$')?;
    let is_id = (1..=16).contains(&id) && inner[..id].iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let is_known = KNOWN.iter().any(|known| value.starts_with(known));
    let in_alphabet = inner.iter().all(|byte| byte.is_ascii_graphic() && *byte != b':');
    (is_id && !is_known && value.len() >= 32 && in_alphabet).then_some(HashKind::Unknown)
}

/// Markers of hashes whose shape the kit knows: what begins like that and has not the shape is broken.
const KNOWN: [&[u8]; 16] = [
    b"$1$", b"$2a$", b"$2b$", b"$2x$", b"$2y$", b"$5$", b"$6$", b"$7$", b"$y$", b"$gy$", b"$apr1$", b"$P$", b"$H$", b"$S$", b"{SHA}",
    b"{SSHA}",
];

/// Is it of the kinds that systems keep, and hardly a list of people?
pub fn is_of_systems(kind: HashKind) -> bool {
    use HashKind::*;
    let is_bare = matches!(kind, Md5 | Sha1 | Sha224 | Sha256 | Sha384 | Sha512);
    !is_bare && !matches!(kind, Phpass | Drupal7 | DjangoPbkdf2Sha256 | DjangoPbkdf2Sha1 | AspnetIdentityV2 | AspnetIdentityV3)
}

/// Does it begin as a hash does, without being one?
pub fn is_broken_hash(value: &[u8]) -> bool {
    KNOWN.iter().any(|known| value.starts_with(known))
}
