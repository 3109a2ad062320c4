//! Protect: the field policy, applied before anything is written.
//!
//! Whatever the policy, passwords, hashes and salts never get into a document: they end here, as hashes in the observations that
//! are counted apart from any account. Columns a parser named itself may be secrets under another name; one is kept from documents if
//! its name says so, if its value has the shape of a password hash, or if it repeats the record's password. That errs towards dropping:
//! `password_changed_at` is lost to full text, and nobody's password is found by it.

use std::{borrow::Cow, sync::LazyLock};

use aho_corasick::AhoCorasick;
use sluice_record::{DocBatch, DocWriter, FieldKind, HashKind, Policy, Tag, WEBSITE_TAG};

use crate::{Canonical, canonical::is_secret, hash::account_hash, memo::Memo, web};

/// What was seen of passwords and accounts, for the store to sort into runs. Bounded by whoever takes them: see [`Self::bytes`].
#[derive(Clone, Default, Debug)]
pub struct Observations {
    /// SHA-1 of each plain password seen, as often as it was.
    pub sha1: Vec<[u8; 20]>,
    /// NTLM of each plain password seen that is text.
    pub ntlm: Vec<[u8; 16]>,
    /// SHA-1 of each account seen.
    pub accounts: Vec<[u8; 20]>,
    memo: Memo,
}

impl Observations {
    /// Bytes the hashes take.
    pub const fn bytes(&self) -> usize {
        self.sha1.len() * 20 + self.ntlm.len() * 16 + self.accounts.len() * 20
    }

    /// Forgets them, keeps the memory.
    pub fn clear(&mut self) {
        self.sha1.clear();
        self.ntlm.clear();
        self.accounts.clear();
    }
}

/// Writes one record's document and observations. `offset` and `len` are the raw row's bytes in the staged member; the batch must know
/// the names of the record's columns ([`DocBatch::name_column`]).
///
/// - `notify`: the document has the account (see [`Canonical::accounts`]) and the data classes.
/// - `search`: also every field that is no secret, and the named columns.
/// - Either: the website's domain ([`sluice_record::WEBSITE_TAG`]) of a record with an e-mail, a password and a URL, as stealers' logs
///   have them: who asks about an address is told where its password was taken, and no more of the URL.
pub fn protect(policy: Policy, canonical: &Canonical, offset: u64, len: u32, docs: &mut DocBatch, observations: &mut Observations) {
    for password in canonical.passwords() {
        let (sha1, ntlm) = observations.memo.hashes(&password);
        observations.sha1.push(sha1);
        observations.ntlm.extend(ntlm);
    }
    observations.accounts.extend(canonical.accounts().map(account_hash));

    let mut doc = docs.begin(offset, len);
    doc.classes(canonical.classes());
    match policy {
        Policy::Notify => {
            if let Some(identity) = canonical.identity() {
                canonical.accounts().for_each(|account| doc.field(identity.tag(), account));
            }
        }
        Policy::Search => {
            for (tag, value) in canonical.fields() {
                if !is_secret(tag) && !is_secret_column(&doc, tag, value) {
                    doc.field(tag, if tag == FieldKind::Url.tag() { without_password(value, canonical) } else { value });
                }
            }
        }
    }
    if let Some(website) = website(canonical) {
        doc.field(WEBSITE_TAG, &website);
    }
}

/// The website that the record's password is for.
fn website(canonical: &Canonical) -> Option<Cow<'_, str>> {
    // A password in 32 hex digits is taken for a hash that nobody knows.
    let has_password = |(tag, _)| tag == FieldKind::Password.tag() || tag == HashKind::Unknown.tag();
    if canonical.identity() != Some(FieldKind::Email) || !canonical.fields().any(has_password) {
        return None;
    }
    canonical.get(FieldKind::Url).and_then(web::website)
}

/// Is it a named column with a secret in it?
fn is_secret_column(doc: &DocWriter<'_>, tag: u8, value: &str) -> bool {
    tag >= Tag::EXTRA_MIN && (is_secret_name(doc.column(tag)) || has_hash_shape(value))
}

/// Whole column names that say "secret" and would match too much as parts.
const SECRET_WORDS: [&str; 8] = ["pass", "pass1", "pass2", "pw", "psw", "pswd", "pin", "hasło"];

/// Parts of column names that say "secret", in the languages such tables come in.
const SECRET_PARTS: [&str; 43] = [
    "passw",
    "pwd",
    "user_pass",
    "userpass",
    "pass_",
    "_pass",
    "passphrase",
    "passcode",
    "kennwort",
    "contrase",
    "motdepasse",
    "mot_de_passe",
    "mdp",
    "clave",
    "senha",
    "haslo",
    "parol",
    "пароль",
    "Пароль",
    "ПАРОЛЬ",
    "密码",
    "密碼",
    "口令",
    "パスワード",
    "비밀번호",
    "secret",
    "token",
    "hash",
    "salt",
    "apikey",
    "api_key",
    "private_key",
    "cookie",
    "session",
    "answer",
    "cvv",
    "cvc",
    "pincode",
    "pin_code",
    "otp",
    "2fa",
    "credential",
    "kodeord",
];

/// `None` if the automaton could not be built: then every name is taken for a secret's.
static SECRET_NAMES: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::builder().ascii_case_insensitive(true).build(SECRET_PARTS).ok());

fn is_secret_name(name: &str) -> bool {
    let name = name.trim();
    SECRET_WORDS.iter().any(|word| name.eq_ignore_ascii_case(word)) || SECRET_NAMES.as_ref().is_none_or(|names| names.is_match(name))
}

/// Beginnings of the notations that password hashes are written in.
const HASH_BEGINNINGS: [&str; 24] = [
    "$1$",
    "$2a$",
    "$2b$",
    "$2y$",
    "$2x$",
    "$2$",
    "$5$",
    "$6$",
    "$7$",
    "$y$",
    "$gy$",
    "$apr1$",
    "$P$",
    "$H$",
    "$S$",
    "$argon2",
    "$pbkdf2",
    "$scrypt",
    "$md5",
    "$sha1$",
    "pbkdf2_",
    "SCRAM-SHA-",
    "{SSHA",
    "{SHA",
];

/// Does a value look like a password hash, whatever its column is called?
fn has_hash_shape(value: &str) -> bool {
    let digits = value.strip_prefix('*').or_else(|| value.strip_prefix("0x")).unwrap_or(value);
    let is_hex =
        matches!(digits.len(), 32 | 40 | 48 | 52 | 56 | 64 | 96 | 128 | 140) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex || HASH_BEGINNINGS.iter().any(|beginning| value.starts_with(beginning))
}

/// A URL without its query if that repeats the password.
fn without_password<'a>(url: &'a str, canonical: &Canonical) -> &'a str {
    let Some((address, query)) = url.split_once('?') else { return url };
    let repeats = canonical.fields().any(|(tag, secret)| is_secret(tag) && !secret.is_empty() && query.contains(secret));
    if repeats { address } else { url }
}
