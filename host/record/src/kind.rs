//! What a value is: the standard field kinds, the hash kinds, and the data classes a breach lists.

/// The standard field kinds. The number is the event tag (16–63); it never changes once released.
///
/// `extra` columns have no kind: they are tags 128–255, named by the parser with [`crate::Tag::COLUMN`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(u8)]
#[allow(missing_docs)] // each is the key that `sluice parse` prints
pub enum FieldKind {
    Email = 16,
    Username = 17,
    Password = 18,
    /// A hash whose kind is told by its tag (64–127); this tag alone is a hash of unknown kind.
    Hash = 19,
    Salt = 20,
    FullName = 21,
    FirstName = 22,
    LastName = 23,
    Phone = 24,
    Ip = 25,
    Dob = 26,
    Gender = 27,
    Address = 28,
    City = 29,
    Region = 30,
    PostalCode = 31,
    Country = 32,
    Url = 33,
    Employer = 34,
    JobTitle = 35,
    UserAgent = 36,
    CreatedAt = 37,
    LastLoginAt = 38,
    UserId = 39,
}

impl FieldKind {
    /// Every kind, in the order of its tag.
    pub const ALL: [Self; 24] = [
        Self::Email,
        Self::Username,
        Self::Password,
        Self::Hash,
        Self::Salt,
        Self::FullName,
        Self::FirstName,
        Self::LastName,
        Self::Phone,
        Self::Ip,
        Self::Dob,
        Self::Gender,
        Self::Address,
        Self::City,
        Self::Region,
        Self::PostalCode,
        Self::Country,
        Self::Url,
        Self::Employer,
        Self::JobTitle,
        Self::UserAgent,
        Self::CreatedAt,
        Self::LastLoginAt,
        Self::UserId,
    ];

    /// The event tag.
    pub const fn tag(self) -> u8 {
        self as u8
    }

    /// The kind of a standard tag; hash tags give [`FieldKind::Hash`].
    pub const fn from_tag(tag: u8) -> Option<Self> {
        match tag {
            16..=39 => Some(Self::ALL[(tag - 16) as usize]),
            64..=127 => Some(Self::Hash),
            _ => None,
        }
    }

    /// The key in JSON and in documentation.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Username => "username",
            Self::Password => "password",
            Self::Hash => "hash",
            Self::Salt => "salt",
            Self::FullName => "full_name",
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::Phone => "phone",
            Self::Ip => "ip",
            Self::Dob => "dob",
            Self::Gender => "gender",
            Self::Address => "address",
            Self::City => "city",
            Self::Region => "region",
            Self::PostalCode => "postal_code",
            Self::Country => "country",
            Self::Url => "url",
            Self::Employer => "employer",
            Self::JobTitle => "job_title",
            Self::UserAgent => "user_agent",
            Self::CreatedAt => "created_at",
            Self::LastLoginAt => "last_login_at",
            Self::UserId => "user_id",
        }
    }

    /// The kind with that [`FieldKind::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Secrets never stand beside an account in any store.
    pub const fn is_secret(self) -> bool {
        matches!(self, Self::Password | Self::Hash | Self::Salt)
    }

    /// The breach model's data class of this kind, in HaveIBeenPwned's wording; `None` for what is no class of its own.
    pub const fn data_class(self) -> Option<&'static str> {
        Some(match self {
            Self::Email => "Email addresses",
            Self::Username => "Usernames",
            Self::Password | Self::Hash => "Passwords",
            Self::FullName | Self::FirstName | Self::LastName => "Names",
            Self::Phone => "Phone numbers",
            Self::Ip => "IP addresses",
            Self::Dob => "Dates of birth",
            Self::Gender => "Genders",
            Self::Address | Self::City | Self::Region | Self::PostalCode => "Physical addresses",
            Self::Country => "Geographic locations",
            Self::Url => "Website URLs",
            Self::Employer => "Employers",
            Self::JobTitle => "Job titles",
            Self::UserAgent => "Browser user agent details",
            Self::Salt | Self::CreatedAt | Self::LastLoginAt | Self::UserId => return None,
        })
    }
}

/// The set of field kinds seen, a bit a kind: what a load's data classes are made of.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[cfg_attr(feature = "host", derive(serde::Serialize, serde::Deserialize, utoipa::ToSchema))]
#[cfg_attr(feature = "host", serde(transparent))]
pub struct DataClasses(pub u32);

impl DataClasses {
    /// Adds a kind.
    pub const fn insert(&mut self, kind: FieldKind) {
        self.0 |= 1 << (kind.tag() - 16);
    }

    /// Adds all kinds of another set.
    pub const fn merge(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Is the kind in the set?
    pub const fn contains(self, kind: FieldKind) -> bool {
        self.0 >> (kind.tag() - 16) & 1 == 1
    }

    /// The classes' names, alphabetical, each once.
    pub fn names(self) -> Vec<&'static str> {
        let mut names: Vec<_> = FieldKind::ALL.into_iter().filter(|kind| self.contains(*kind)).filter_map(FieldKind::data_class).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

macro_rules! hash_kinds {
    ($($variant:ident = $tag:literal $name:literal),* $(,)?) => {
        /// The kinds of password hash. The number is the event tag (64–127); it never changes once released.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        #[repr(u8)]
        #[allow(missing_docs)] // each is the value of `hash_kind` that `sluice parse` prints
        pub enum HashKind { $($variant = $tag),* }

        impl HashKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The value of `hash_kind`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The kind of a hash tag.
            pub const fn from_tag(tag: u8) -> Option<Self> {
                match tag { $($tag => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

hash_kinds! {
    Md5 = 64 "md5", Sha1 = 65 "sha1", Sha256 = 66 "sha256", Sha512 = 67 "sha512", Ntlm = 68 "ntlm", Lm = 69 "lm",
    Bcrypt = 70 "bcrypt", Md5crypt = 71 "md5crypt", Apr1 = 72 "apr1", Sha256crypt = 73 "sha256crypt",
    Sha512crypt = 74 "sha512crypt", Yescrypt = 75 "yescrypt", Descrypt = 76 "descrypt", Phpass = 77 "phpass",
    Drupal7 = 78 "drupal7", Argon2id = 79 "argon2id", Argon2i = 80 "argon2i", Scrypt = 81 "scrypt",
    DjangoPbkdf2Sha256 = 82 "django_pbkdf2_sha256", Pbkdf2 = 83 "pbkdf2", LdapSha = 84 "ldap_sha", LdapSsha = 85 "ldap_ssha",
    Mysql323 = 86 "mysql323", Mysql41 = 87 "mysql41", Mssql2005 = 88 "mssql2005", Mssql2012 = 89 "mssql2012",
    AspnetIdentityV2 = 90 "aspnet_identity_v2", AspnetIdentityV3 = 91 "aspnet_identity_v3", Vbulletin = 92 "vbulletin",
    Oracle11 = 93 "oracle11", PostgresMd5 = 94 "postgres_md5", PostgresScram = 95 "postgres_scram",
    Krb5asrep = 96 "krb5asrep", Krb5tgs = 97 "krb5tgs", Sha224 = 98 "sha224", Sha384 = 99 "sha384",
    Md5cryptSun = 100 "sunmd5", DjangoPbkdf2Sha1 = 101 "django_pbkdf2_sha1", Argon2d = 102 "argon2d",
    LdapMd5 = 103 "ldap_md5", LdapSmd5 = 104 "ldap_smd5",
    Krb5aes128 = 105 "krb5aes128", Krb5aes256 = 106 "krb5aes256", Krb5des = 107 "krb5des", Krb5pa = 108 "krb5pa", Unknown = 127 "unknown",
}

impl HashKind {
    /// The event tag.
    pub const fn tag(self) -> u8 {
        self as u8
    }

    /// The kind with that [`HashKind::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}
