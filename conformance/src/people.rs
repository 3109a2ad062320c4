//! Synthetic people: the same ones for the same seed, for ever.
//!
//! Names are common given and family names of several scripts, joined at random; addresses are at example.com, example.net,
//! example.org and hosts under them, and nowhere else; IP addresses are of the documentation ranges and phone numbers of the ranges that
//! regulators keep for fiction. Hashes have the shape of their kind but are random: nobody's password can be found from one.

use std::fmt::Write;

use encoding_rs::Encoding;
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sluice_record::HashKind;

use crate::passwords::Passwords;

/// The one source of chance, seeded.
#[derive(Debug)]
pub struct Random(ChaCha8Rng);

impl Random {
    /// The same numbers for the same seed.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number below `bound`, which is not 0.
    #[inline]
    pub fn below(&mut self, bound: u32) -> u32 {
        ((u64::from(self.0.next_u32()) * u64::from(bound)) >> 32) as u32
    }

    /// True one time in `times`.
    #[inline]
    pub fn one_in(&mut self, times: u32) -> bool {
        self.below(times) == 0
    }

    /// One of several; there is at least one.
    #[inline]
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u32) as usize]
    }

    /// One of several texts; there is at least one.
    #[inline]
    pub fn pick_str<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len() as u32) as usize]
    }

    /// A number in 0..1.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / 4_294_967_296.0
    }

    /// Appends characters of an ASCII alphabet of at most 64.
    pub fn push_chars(&mut self, alphabet: &[u8], count: usize, to: &mut String) {
        let (mut bits, mut left) = (0, 0);
        for _ in 0..count {
            if left == 0 {
                (bits, left) = (self.0.next_u64(), 10);
            }
            to.push(char::from(alphabet[(bits & 63) as usize % alphabet.len()]));
            (bits, left) = (bits >> 6, left - 1);
        }
    }
}

/// One person. All values are canonical: what normalising them gives is what they are.
#[derive(Clone, Default, Debug)]
pub struct Person {
    /// 1, 2, 3 …
    pub number: u64,
    /// Lower case.
    pub email: String,
    /// ASCII letters, digits, `_`.
    pub username: String,
    /// Plain; never empty, never with a line break or a blank at its ends, never the look of a hash.
    pub password: String,
    /// As written, without its salt where that stands apart.
    pub hash: String,
    /// Its kind.
    pub hash_kind: Option<HashKind>,
    /// Of kinds whose salt stands apart; else empty.
    pub salt: String,
    /// In her own script.
    pub first_name: &'static str,
    /// In her own script.
    pub last_name: &'static str,
    /// E.164.
    pub phone: String,
    /// IPv4 or IPv6.
    pub ip: String,
    /// `1985-03-04`.
    pub dob: String,
    /// `f` or `m`.
    pub gender: &'static str,
    /// Street and number.
    pub address: String,
    /// A town.
    pub city: &'static str,
    /// Often with leading zeros.
    pub postal_code: String,
    /// Two letters.
    pub country: &'static str,
    /// `2009-12-31 23:59:59`, UTC.
    pub created_at: String,
}

/// Makes people one after another.
#[derive(Debug)]
pub struct People {
    names: Vec<Name>,
    families: Vec<Name>,
    cities: Vec<(&'static str, &'static str)>,
    passwords: Passwords,
    count: u64,
}

#[derive(Clone, Copy, Debug)]
struct Name {
    written: &'static str,
    ascii: &'static str,
    gender: &'static str,
}

const GIVEN: &[(&str, &str, &str)] = &[
    ("Ann", "ann", "f"),
    ("Maria", "maria", "f"),
    ("Robert", "robert", "m"),
    ("Emily", "emily", "f"),
    ("Thomas", "thomas", "m"),
    ("Laura", "laura", "f"),
    ("Peter", "peter", "m"),
    ("Susan", "susan", "f"),
    ("David", "david", "m"),
    ("Jürgen", "juergen", "m"),
    ("Chloé", "chloe", "f"),
    ("José", "jose", "m"),
    ("Søren", "soren", "m"),
    ("Łukasz", "lukasz", "m"),
    ("Zoë", "zoe", "f"),
    ("Ольга", "olga", "f"),
    ("Иван", "ivan", "m"),
    ("Наталья", "natalya", "f"),
    ("Дмитрий", "dmitry", "m"),
    ("伟", "wei", "m"),
    ("秀英", "xiuying", "f"),
    ("さくら", "sakura", "f"),
    ("محمد", "mohammed", "m"),
    ("פנינה", "pnina", "f"),
    ("Ελένη", "eleni", "f"),
    ("अनिता", "anita", "f"),
];

const FAMILY: &[(&str, &str)] = &[
    ("Miller", "miller"),
    ("Smith", "smith"),
    ("Jones", "jones"),
    ("Garcia", "garcia"),
    ("Brown", "brown"),
    ("Wilson", "wilson"),
    ("Taylor", "taylor"),
    ("Martin", "martin"),
    ("O'Neil", "oneil"),
    ("Müller", "mueller"),
    ("Lefèvre", "lefevre"),
    ("Núñez", "nunez"),
    ("Kowalska", "kowalska"),
    ("Østergård", "ostergard"),
    ("Иванов", "ivanov"),
    ("Смирнова", "smirnova"),
    ("王", "wang"),
    ("李", "li"),
    ("田中", "tanaka"),
    ("حسن", "hassan"),
    ("Παππάς", "pappas"),
    ("शर्मा", "sharma"),
];

const CITIES: &[(&str, &str)] = &[
    ("Springfield", "US"),
    ("Riverside", "US"),
    ("Newport", "GB"),
    ("Neustadt", "DE"),
    ("Köln", "DE"),
    ("Villeneuve", "FR"),
    ("São Pedro", "BR"),
    ("Новгород", "RU"),
    ("长沙", "CN"),
    ("新宿区", "JP"),
];

const STREETS: &[&str] = &["Main Street", "Station Road", "High Street, Flat", "Park Avenue", "Mill Lane", "Church Row", "North Quay"];

const DOMAINS: &[&str] = &[
    "example.com",
    "example.com",
    "example.com",
    "example.com",
    "example.net",
    "example.net",
    "example.org",
    "mail.example.com",
    "students.example.org",
    "post.example.net",
];

impl People {
    /// People whose values the encoding can write.
    pub fn new(encoding: &'static Encoding, nasty_passwords: bool, random: &mut Random) -> Self {
        let writable = |text: &str| !encoding.encode(text).2 && is_of_its_users(encoding, text);
        Self {
            names: GIVEN.iter().filter(|name| writable(name.0)).map(|(written, ascii, gender)| Name { written, ascii, gender }).collect(),
            families: FAMILY.iter().filter(|name| writable(name.0)).map(|(written, ascii)| Name { written, ascii, gender: "" }).collect(),
            cities: CITIES.iter().filter(|city| writable(city.0)).copied().collect(),
            passwords: Passwords::new(writable, nasty_passwords, random),
            count: 0,
        }
    }

    /// The next person as a login alone: number, names, e-mail, user name, password. The other values stay the last one's.
    pub fn next_login(&mut self, random: &mut Random, person: &mut Person) {
        self.count += 1;
        person.number = self.count;
        let (given, family) = (*random.pick(&self.names), *random.pick(&self.families));
        (person.first_name, person.gender, person.last_name) = (given.written, given.gender, family.written);
        person.email.clear();
        person.username.clear();
        person.email.push_str(given.ascii);
        person.username.push_str(given.ascii);
        person.username.push('_');
        if random.below(4) > 0 {
            person.email.push('.');
            person.email.push_str(family.ascii);
        }
        // The number in base 36 keeps accounts apart.
        push_base36(self.count, &mut person.email);
        push_base36(self.count, &mut person.username);
        person.email.push('@');
        person.email.push_str(random.pick_str(DOMAINS));
        self.passwords.next(random, &mut person.password);
    }

    /// The next person with all there is of her.
    pub fn next_full(&mut self, random: &mut Random, person: &mut Person) {
        self.next_login(random, person);
        self.hash(random, person);
        person.phone.clear();
        person.ip.clear();
        person.dob.clear();
        person.address.clear();
        person.postal_code.clear();
        person.created_at.clear();
        (person.city, person.country) = *random.pick(&self.cities);
        // Ranges kept for fiction: Ofcom's mobile numbers and NANPA's 555-01xx.
        if random.one_in(2) {
            person.phone.push_str("+447700900");
            push_padded(random.below(1000), 3, &mut person.phone);
        } else {
            person.phone.push_str("+1202555");
            push_padded(100 + random.below(100), 4, &mut person.phone);
        }
        if random.one_in(8) {
            person.ip.push_str("2001:db8::");
            // Writing to a string cannot fail.
            let _ = write!(person.ip, "{:x}", 1 + random.below(0xfffe));
        } else {
            person.ip.push_str(random.pick_str(&["192.0.2.", "198.51.100.", "203.0.113."]));
            push_padded(1 + random.below(254), 1, &mut person.ip);
        }
        push_date(1940 + random.below(66), random, &mut person.dob);
        push_padded(1 + random.below(199), 1, &mut person.address);
        person.address.push(' ');
        person.address.push_str(random.pick_str(STREETS));
        push_padded(random.below(100_000), 5, &mut person.postal_code);
        push_date(2004 + random.below(18), random, &mut person.created_at);
        for (separator, bound) in [(' ', 24), (':', 60), (':', 60)] {
            person.created_at.push(separator);
            push_padded(random.below(bound), 2, &mut person.created_at);
        }
    }

    fn hash(&self, random: &mut Random, person: &mut Person) {
        const HEX: &[u8] = b"0123456789abcdef";
        const CRYPT: &[u8] = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        const SALT: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHIJKLMNPQRSTUVWXYZ23456789#*+-_!%";
        person.hash.clear();
        person.salt.clear();
        let (kind, beginning, alphabet, count) = match random.below(6) {
            0 => (HashKind::Md5, "", HEX, 32),
            1 => (HashKind::Sha1, "", HEX, 40),
            2 => (HashKind::Bcrypt, "$2y$10$", CRYPT, 53),
            3 => (HashKind::Phpass, "$P$B", CRYPT, 30),
            4 => (HashKind::Mysql41, "*", &b"0123456789ABCDEF"[..], 40),
            _ => (HashKind::Vbulletin, "", HEX, 32),
        };
        person.hash.push_str(beginning);
        random.push_chars(alphabet, count, &mut person.hash);
        person.hash_kind = Some(kind);
        if kind == HashKind::Vbulletin {
            random.push_chars(SALT, 3, &mut person.salt);
        }
    }
}

/// Would people who write in this encoding write that? GBK has Cyrillic, Greek and kana too, but a table in GBK is of Chinese names.
fn is_of_its_users(encoding: &'static Encoding, text: &str) -> bool {
    use encoding_rs::{BIG5, EUC_JP, EUC_KR, GB18030, GBK, ISO_2022_JP, SHIFT_JIS};
    let is_japanese = [EUC_JP, ISO_2022_JP, SHIFT_JIS].contains(&encoding);
    let is_ideographic = is_japanese || [BIG5, EUC_KR, GB18030, GBK].contains(&encoding);
    let fits = |c: char| c.is_ascii() || matches!(c, '\u{4e00}'..='\u{9fff}') || is_japanese && matches!(c, '\u{3040}'..='\u{30ff}');
    !is_ideographic || text.chars().all(fits)
}

fn push_base36(mut number: u64, to: &mut String) {
    let (mut digits, mut start) = ([0; 13], 13);
    while number > 0 {
        start -= 1;
        digits[start] = b"0123456789abcdefghijklmnopqrstuvwxyz"[(number % 36) as usize];
        number /= 36;
    }
    to.extend(digits[start..].iter().copied().map(char::from));
}

/// Appends a number with at least `width` digits.
fn push_padded(number: u32, width: usize, to: &mut String) {
    let (mut digits, mut start, mut rest) = ([b'0'; 10], 10, number);
    while rest > 0 {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    to.extend(digits[start.min(10 - width)..].iter().copied().map(char::from));
}

fn push_date(year: u32, random: &mut Random, to: &mut String) {
    push_padded(year, 4, to);
    to.push('-');
    push_padded(1 + random.below(12), 2, to);
    to.push('-');
    push_padded(1 + random.below(28), 2, to);
}
