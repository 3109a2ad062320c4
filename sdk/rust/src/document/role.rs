//! What a path says of what stands there, by its last key and those around it: `emails[].address` is an e-mail address, `company.name` an
//! employer, `profile.name` a name of somebody and `role.name` not.
//!
//! Keys are looked up in the dictionary of columns; here is only what nesting adds to it.

use std::collections::HashMap;

use sluice_record::{FieldKind, HashKind};

use crate::{
    columns::{self, Meaning},
    document::Paths,
};

/// What an object is to the one it stands in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kin {
    /// The same person, in parts: `profile`, `emails`, `services`.
    Same,
    /// Somebody else: `manager`, `friends`.
    Other,
    /// Who knows: what is in it tells.
    Unknown,
}

/// How a value is wrapped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wrap {
    None,
    /// `$date`: a number in it is milliseconds.
    Date,
    /// `$binary`: base64.
    Binary,
}

/// What a path says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Info {
    /// Of a value.
    pub(crate) role: Meaning,
    /// Of a value in an object that turned out to be a person of its own.
    pub(crate) own_role: Meaning,
    /// Is nothing in it of any use?
    pub(crate) is_noise: bool,
    /// A name that says only vaguely that it is a login.
    pub(crate) is_weak_login: bool,
    /// A key of log lines.
    pub(crate) is_log: bool,
    /// It is not part of a column's name.
    pub(crate) wraps: bool,
    /// Is it within what is wrapped so? That is the document proper: `_id` before an export's `_source` is not the document's.
    pub(crate) is_inner: bool,
    pub(crate) kin: Kin,
    /// Are objects in an array of this name parts of the person that it belongs to? In `data` they are people.
    pub(crate) is_part: bool,
    pub(crate) wrap: Wrap,
    /// What its own key means to what stands in it; `Extra` if nothing.
    around: Meaning,
    /// Do keys in it mean what they mean at the top?
    is_open: bool,
    is_place: bool,
    is_street: bool,
}

impl Info {
    pub(crate) const ROOT: Self = Self {
        role: Meaning::Extra,
        own_role: Meaning::Extra,
        is_noise: false,
        is_weak_login: false,
        is_log: false,
        wraps: true,
        is_inner: false,
        kin: Kin::Unknown,
        is_part: false,
        wrap: Wrap::None,
        around: Meaning::Extra,
        is_open: true,
        is_place: false,
        is_street: false,
    };

    /// What a path says, by what the one around it does and its key; no key in an array.
    pub(crate) fn of(outer: Self, key: Option<&[u8]>, meanings: &mut Meanings) -> Self {
        let Some(key) = key else {
            // What stands in an array of nobody knows what may be a document of its own.
            return Self { is_open: outer.is_open || outer.kin == Kin::Unknown && outer.around == Meaning::Extra, wraps: true, ..outer };
        };
        if key == Paths::MAP_ID || key == Paths::MAP_EMAIL {
            let role = Meaning::Field(if key == Paths::MAP_ID { FieldKind::UserId } else { FieldKind::Email });
            return Self { role, own_role: role, ..Self::ROOT };
        }
        if let Some(wrapped) = Self::wrapped(key, outer) {
            return wrapped;
        }
        let plain = plain(key);
        let plain = plain.as_slice();
        let meaning = meanings.of(key, plain);
        let is_open = is_in(plain, SAME);
        let role = match outer.around {
            Meaning::Extra if outer.is_open => meaning,
            Meaning::Extra if outer.is_place && is_of_place(meaning) => meaning,
            Meaning::Extra if is_strong(meaning, plain) => meaning,
            Meaning::Extra => Meaning::Extra,
            around => within(around, outer, plain, meaning),
        };
        // A number behind it: a key of a map, which may look like any word.
        let is_numbered = plain.iter().filter(|byte| byte.is_ascii_digit()).count() > 2;
        let around = if is_open || is_numbered || meaning == Meaning::Field(FieldKind::UserId) { Meaning::Extra } else { meaning };
        let is_part = around != Meaning::Extra || is_in(plain, PARTS);
        let kin = if is_open || is_part {
            Kin::Same
        } else if is_in(plain, OTHERS) {
            Kin::Other
        } else {
            Kin::Unknown
        };
        Self {
            role,
            own_role: if is_usual(meaning) { meaning } else { Meaning::Extra },
            is_noise: outer.is_noise || is_in(plain, NOISE) && meaning == Meaning::Extra,
            is_weak_login: is_in(plain, WEAK_LOGINS),
            is_log: is_in(plain, LOGS),
            wraps: is_in(plain, WRAPPERS),
            is_inner: outer.is_inner || is_in(plain, WRAPPERS),
            kin,
            is_part,
            wrap: Wrap::None,
            around,
            is_open,
            is_place: is_in(plain, PLACES),
            is_street: plain.starts_with(b"street"),
        }
    }

    /// Keys by which formats say of what type a value is: MongoDB's `$oid`, Firestore's `stringValue`, DynamoDB's `S`.
    fn wrapped(key: &[u8], outer: Self) -> Option<Self> {
        let inner = Self { wraps: true, own_role: outer.role, ..outer };
        let nothing = Self { is_noise: true, wraps: true, role: Meaning::Extra, own_role: Meaning::Extra, ..outer };
        Some(match key {
            b"$oid" | b"$numberLong" | b"$numberInt" | b"$numberDouble" | b"$numberDecimal" | b"$uuid" | b"$symbol" | b"stringValue"
            | b"integerValue" | b"doubleValue" | b"timestampValue" | b"booleanValue" | b"mapValue" | b"arrayValue" | b"S" | b"N" | b"M"
            | b"L" | b"SS" => inner,
            b"$date" => Self { wrap: Wrap::Date, ..inner },
            b"$binary" => Self { wrap: Wrap::Binary, ..inner },
            b"base64" if outer.wrap == Wrap::Binary => inner,
            b"subType" if outer.wrap == Wrap::Binary => nothing,
            [b'$', ..] => nothing,
            _ => return None,
        })
    }
}

/// A key as it is compared: letters and digits in lower case.
fn plain(key: &[u8]) -> Vec<u8> {
    let joins = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte >= 0x80;
    key.iter().take(64).filter(joins).map(u8::to_ascii_lowercase).collect()
}

fn is_in(plain: &[u8], words: &[&str]) -> bool {
    words.iter().any(|word| word.as_bytes() == plain)
}

/// Keys whose meaning is remembered: maps repeat the few of their documents under keys by the million.
const MEANINGS_MAX: usize = 1 << 12;

/// What keys mean by themselves, looked up once a key.
#[derive(Default, Debug)]
pub(crate) struct Meanings(HashMap<Box<[u8]>, Meaning>);

impl Meanings {
    fn of(&mut self, key: &[u8], plain: &[u8]) -> Meaning {
        if let Some(known) = self.0.get(key) {
            return *known;
        }
        let found = meaning(key, plain);
        if self.0.len() < MEANINGS_MAX && key.len() <= 64 {
            self.0.insert(key.into(), found);
        }
        found
    }
}

/// What a key means by itself.
fn meaning(key: &[u8], plain: &[u8]) -> Meaning {
    match columns::meaning(key) {
        // `passwordHash` says that what stands there is no password, whatever it looks like.
        Meaning::Secret(None) if ["hash", "digest", "crypt"].iter().any(|word| memchr::memmem::find(plain, word.as_bytes()).is_some()) => {
            Meaning::Secret(Some(HashKind::Unknown))
        }
        Meaning::Extra if is_in(plain, &["localid"]) => Meaning::Field(FieldKind::UserId),
        meaning => meaning,
    }
}

/// Does the key mean it wherever it stands?
fn is_strong(meaning: Meaning, plain: &[u8]) -> bool {
    use FieldKind::*;
    match meaning {
        Meaning::Field(Username) => !is_in(plain, WEAK_LOGINS),
        Meaning::Field(Email | Phone | FirstName | LastName | Ip | Dob | Salt | UserAgent) => true,
        Meaning::Field(FullName) => plain != b"name" && plain != b"title",
        Meaning::Secret(_) => !is_in(plain, &["hash", "secret", "pin", "plain", "credential", "sel", "hashes", "nt", "lm"]),
        _ => false,
    }
}

/// Does anybody mean by it what the dictionary says, in an object that is a person?
fn is_usual(meaning: Meaning) -> bool {
    meaning != Meaning::Extra
}

fn is_of_place(meaning: Meaning) -> bool {
    use FieldKind::*;
    matches!(meaning, Meaning::Field(Address | City | Region | PostalCode | Country | Phone))
}

/// What a key means within one that means something itself.
fn within(around: Meaning, outer: Info, key: &[u8], own: Meaning) -> Meaning {
    use FieldKind::*;
    let says = |words: &[&str]| is_in(key, words);
    let is_value = says(&["value", "text", "raw", "formatted", "full", "string", "display", "label", "main", "primary"]);
    let same_if = |is: bool| if is || is_value || own == around { around } else { Meaning::Extra };
    let Meaning::Field(kind) = around else {
        return match own {
            Meaning::Secret(_) | Meaning::Field(Salt | Username | Email) => own,
            _ => same_if(says(&["key", "data", "digest", "bcrypt", "hashed", "encrypted"])),
        };
    };
    match kind {
        Email => same_if(says(&["address", "id", "normalized", "work", "home", "personal", "email", "mail", "other"])),
        Phone => same_if(says(&["number", "e164", "mobile", "home", "work", "national", "personal", "international", "other"])),
        Ip => same_if(says(&["address", "v4", "v6"])),
        Employer | JobTitle => match own {
            Meaning::Field(Employer | JobTitle) if key != b"business" => own,
            _ => same_if(key == b"name" || kind == JobTitle && key == b"title"),
        },
        Address if outer.is_street => same_if(key == b"name"),
        Address => match own {
            Meaning::Field(Address | City | Region | PostalCode | Country | Phone | Email | FirstName | LastName) => own,
            _ => same_if(says(&["line1", "line2", "line", "streetaddress"])),
        },
        City | Region | Country | PostalCode if is_of_place(own) => own,
        City | Region | Country | PostalCode | Gender => same_if(says(&["name", "title", "longname"])),
        FullName => match own {
            Meaning::Field(FirstName | LastName | FullName) if key != b"title" => own,
            _ => same_if(false),
        },
        FirstName | LastName => same_if(false),
        Dob | CreatedAt | LastLoginAt => match own {
            Meaning::Field(Ip | UserAgent) => own,
            _ => same_if(says(&["date", "iso", "at", "time", "timestamp", "datetime", "seconds", "unix", "when"])),
        },
        Url => same_if(says(&["href", "link"])),
        UserAgent => same_if(false),
        Username => match own {
            Meaning::Extra | Meaning::Field(UserId | FullName) => same_if(says(&["name", "id"])),
            _ => own,
        },
        _ => same_if(false),
    }
}

/// What exports and interfaces put a document into.
const WRAPPERS: &[&str] = &["source", "attributes", "fields", "item"];

/// The same person's, and what stands in them means what it means at the top.
const SAME: &[&str] = &[
    "user",
    "profile",
    "account",
    "member",
    "customer",
    "client",
    "person",
    "owner",
    "data",
    "attributes",
    "attrs",
    "source",
    "fields",
    "info",
    "userinfo",
    "userdata",
    "userprofile",
    "profiledata",
    "details",
    "userdetails",
    "personal",
    "personalinfo",
    "personaldetails",
    "personaldata",
    "personalinformation",
    "contact",
    "contactinfo",
    "contactdetails",
    "contactinformation",
    "basic",
    "basicinfo",
    "general",
    "doc",
    "document",
    "record",
    "properties",
    "props",
    "identity",
    "traits",
    "public",
    "private",
    "local",
    "auth",
    "authentication",
    "login",
    "logindata",
    "logininfo",
    "credentials",
    "services",
    "security",
    "payload",
    "entity",
    "me",
    "self",
    "subscriber",
    "student",
    "employee",
    "patient",
    "author",
    "accountinfo",
    "useraccount",
    "google",
    "facebook",
    "github",
    "twitter",
    "linkedin",
    "apple",
    "microsoft",
    "oauth",
    "demographics",
    "bio",
    "customfields",
    "usermetadata",
    "appmetadata",
    "metadata",
    "result",
    "object",
    "node",
    "registration",
    "userpublic",
    "userprivate",
];

/// The same person's, but with names of their own in them.
const PARTS: &[&str] = &[
    "provideruserinfo",
    "providers",
    "providerdata",
    "identities",
    "logins",
    "devices",
    "sessions",
    "ips",
    "profiles",
    "socialaccounts",
    "linkedaccounts",
    "connections",
    "contactpoints",
    "telecom",
    "emailaddresses",
    "phonenumbers",
    "residence",
    "location",
    "billing",
    "shipping",
    "geo",
    "settings",
    "preferences",
    "stats",
];

/// Other people.
const OTHERS: &[&str] = &[
    "manager",
    "supervisor",
    "boss",
    "spouse",
    "partner",
    "husband",
    "wife",
    "father",
    "mother",
    "parent",
    "parents",
    "child",
    "children",
    "kids",
    "sibling",
    "siblings",
    "friend",
    "friends",
    "follower",
    "followers",
    "following",
    "contacts",
    "emergencycontact",
    "emergencycontacts",
    "nextofkin",
    "guardian",
    "guardians",
    "referrer",
    "referredby",
    "referral",
    "referrals",
    "invitedby",
    "inviter",
    "invites",
    "createdby",
    "updatedby",
    "modifiedby",
    "deletedby",
    "approvedby",
    "assignedto",
    "assignee",
    "sender",
    "recipient",
    "recipients",
    "from",
    "to",
    "cc",
    "bcc",
    "buyer",
    "seller",
    "reporter",
    "reviewer",
    "family",
    "relatives",
    "members",
    "users",
    "customers",
    "employees",
    "people",
    "persons",
    "accounts",
    "participants",
    "attendees",
    "passengers",
    "guests",
    "students",
    "staff",
    "team",
    "beneficiary",
    "beneficiaries",
    "dependents",
    "agent",
];

/// Where somebody lives.
const PLACES: &[&str] =
    &["location", "loc", "residence", "place", "billing", "shipping", "delivery", "home", "mailing", "addressinfo", "geo"];

/// What machines keep: tokens, and what they did when.
const NOISE: &[&str] = &[
    "resume",
    "logintokens",
    "tokens",
    "accesstokens",
    "refreshtokens",
    "verificationtokens",
    "reset",
    "resetpassword",
    "index",
    "type",
    "score",
];

/// Names that people call themselves by and that need not be logins.
const WEAK_LOGINS: &[&str] = &[
    "user",
    "account",
    "accountname",
    "handle",
    "nick",
    "nickname",
    "displayname",
    "userdisplayname",
    "alias",
    "screenname",
    "pseudo",
    "skype",
    "telegram",
    "player",
    "acct",
    "accountid",
    "apodo",
    "apelido",
];

/// Keys of log lines.
const LOGS: &[&str] =
    &["level", "loglevel", "severity", "message", "msg", "method", "uri", "requestid", "logger", "httpmethod", "request", "statuscode"];
