//! What most lines of a file are. Most tell by themselves what they are; where one does not, the others do.

use std::collections::HashSet;

use sluice_plugin::{Claim, Sample, columns::is_email};

use crate::{account, cracked, line, listed, unix, windows};

/// Lines that are looked at.
const LINES_MAX: usize = 500;

/// What tells a line that could be several things.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// Nothing does.
    Any,
    /// `shadow` and `passwd`.
    Unix,
    Windows,
    Potfile,
    /// Of digest authentication.
    Digest,
    /// `user:secret`.
    Listed,
}

impl Dialect {
    const ALL: [Self; 6] = [Self::Any, Self::Unix, Self::Windows, Self::Potfile, Self::Digest, Self::Listed];

    /// What most of these lines are.
    pub fn of(opening: &[u8]) -> Self {
        Counted::of(opening.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))).dialect()
    }

    /// One byte for a chunk's context.
    pub fn pack(self) -> [u8; 1] {
        [self as u8]
    }

    /// What [`Dialect::pack`] made this of.
    pub fn unpack(context: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| context == dialect.pack())
    }
}

/// Lines by what they are.
#[derive(Default)]
struct Counted<'a> {
    /// Neither blank nor comments.
    lines: usize,
    shadow: usize,
    passwd: usize,
    windows: usize,
    found: usize,
    /// Of those the ones that have an e-mail for a plain: lists of e-mails behind their hashes are no potfiles.
    found_email: usize,
    /// `user:hash:plain`.
    shown: usize,
    digests: usize,
    realms: HashSet<&'a [u8]>,
    /// `user:secret`, and how many of those secrets are hashes of the kinds that systems keep.
    pairs: usize,
    kept: usize,
    emails: usize,
    /// John says at the end how many he has cracked.
    john: bool,
}

impl<'a> Counted<'a> {
    fn of(lines: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut counted = Self::default();
        for text in lines.filter(|text| !line::is_nothing(text)).take(LINES_MAX) {
            counted.john |= line::is_johns_last(text);
            counted.count(line::without_mark(text));
        }
        counted
    }

    fn count(&mut self, text: &'a [u8]) {
        if line::is_said(text) {
            return;
        }
        self.lines += 1;
        if text.len() > line::LINE_BYTES_MAX || line::is_binary(text) {
        } else if windows::hashes(text).is_some() || windows::key(text).is_some() || windows::remembered(text).is_some() {
            self.windows += 1;
        } else if unix::shadow(text).is_some_and(|account| account.is_ok()) {
            self.shadow += 1;
        } else if unix::passwd(text).is_some_and(|account| account.is_ok()) {
            self.passwd += 1;
        } else if let Some(last) = memchr::memrchr(b':', text).filter(|_| cracked::found(text, true).is_some()) {
            self.found += 1;
            self.found_email += usize::from(is_email(&text[last + 1..]));
        } else if cracked::shown(text).is_some() {
            self.shown += 1;
        } else if let Some((_, realm, _)) = listed::digest_parts(text) {
            self.digests += 1;
            self.realms.insert(realm);
        } else if let Some(colon) = text.iter().position(|byte| *byte == b':') {
            self.pairs += 1;
            self.emails += usize::from(is_email(&text[..colon]));
            self.kept += usize::from(account::hash_kind(&text[colon + 1..]).is_some_and(account::is_of_systems));
        }
    }

    fn dialect(&self) -> Dialect {
        let most = |lines: usize| lines > 0 && lines * 2 > self.lines;
        match () {
            () if most(self.shadow + self.passwd) => Dialect::Unix,
            () if most(self.windows) => Dialect::Windows,
            () if most(self.found) && self.found_email * 2 < self.found => Dialect::Potfile,
            () if most(self.digests) && self.has_few_realms() => Dialect::Digest,
            () if most(self.pairs + self.shown) => Dialect::Listed,
            () => Dialect::Any,
        }
    }

    /// A file of digests is of a realm or some; a column of salts or e-mails is another in every row.
    fn has_few_realms(&self) -> bool {
        let told_by_one = |realm: &&[u8]| realm.contains(&b' ') || realm.iter().all(u8::is_ascii_alphabetic);
        self.realms.len() <= 1 + self.digests / 4
            && !self.realms.iter().any(|realm| is_email(realm))
            && (self.digests >= 4 || self.realms.iter().all(told_by_one))
    }
}

/// Is a member a list of accounts?
pub fn probe(sample: &Sample<'_>) -> Option<Claim> {
    let counted = Counted::of(sample.lines());
    if counted.lines == 0 {
        return None;
    }
    let share = |lines: usize| lines * 100 / counted.lines;
    let is_named = |name: &str| sample.name.rsplit('/').next().is_some_and(|file| file.to_ascii_lowercase().contains(name));
    let systems = counted.shadow + counted.passwd;
    let claim = |confidence, lines: usize, what: &str| {
        Some(Claim::new(confidence, format!("{} % of {} lines {what}", share(lines), counted.lines)))
    };
    if share(counted.windows) >= 50 {
        return claim(97, counted.windows, "are accounts with LM and NT hashes or Kerberos keys");
    }
    if share(systems) >= 60 {
        return claim(96, systems, "are accounts as shadow or passwd has them");
    }
    if share(counted.found) >= 60 && counted.found_email * 5 < counted.found {
        return claim(93, counted.found, "begin with a hash, as potfiles' do");
    }
    if share(counted.shown) >= 50 {
        return claim(93, counted.shown, "have a user, a hash and the password it is of");
    }
    if share(counted.digests) >= 60 && counted.has_few_realms() {
        return claim(92, counted.digests, "have a user, a realm and a digest");
    }
    if counted.emails * 10 >= counted.pairs * 3 {
        return None;
    }
    if share(counted.kept) >= 50 {
        return claim(92, counted.kept, "have a user and a hash of crypt's kinds");
    }
    let john = counted.john || sample.tail.rsplit(|byte| *byte == b'\n').take(3).any(line::is_johns_last);
    if john && share(counted.pairs) >= 60 {
        return claim(90, counted.pairs, "have a user and a password, and John the Ripper's count ends them");
    }
    if share(counted.pairs) >= 90 && is_named("htpasswd") {
        return claim(88, counted.pairs, "have a user and a secret, and the name says htpasswd");
    }
    (counted.kept > 0).then(|| Claim::new(30, "some lines have a user and a hash of crypt's kinds"))
}
