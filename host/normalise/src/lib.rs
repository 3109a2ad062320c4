//! Normalise: the raw values of one record become canonical ones, or rejects with a reason. Protect: the field policy is applied
//! before anything is written.
//!
//! Both are pure: no I/O, no clock, no state that one record leaves for the next but hashes remembered, so that the same input gives the same documents on
//! every worker. What a value *is* was decided by the parser; nothing here guesses a kind, with two exceptions that keep accounts and
//! secrets apart: a login that is an address becomes an e-mail if the record has none, and a "password" that is 32, 40, 64 or 128 hex
//! digits is taken for a hash of unknown kind.
//!
//! A record and all its values live in two reusable buffers ([`Canonical`]); the common path allocates nothing.
//!
//! ```
//! use sluice_normalise::{Canonical, NormaliseOptions, Normaliser};
//! use sluice_record::{Field, FieldKind};
//!
//! let mut normaliser = Normaliser::new(NormaliseOptions::default());
//! let mut canonical = Canonical::default();
//! let fields = [Field { tag: FieldKind::Email.tag(), value: b"Ann@EXAMPLE.com" }, Field { tag: FieldKind::Password.tag(), value: b"s3cret" }];
//! normaliser.normalise(fields, &mut canonical, &mut |_reason| {}).expect("it has an account");
//! assert_eq!(canonical.account(), Some("ann@example.com"));
//! ```

#![forbid(unsafe_code)]

mod canonical;
mod date;
mod email;
mod hash;
mod ip;
mod memo;
mod normalise;
mod phone;
mod protect;
mod text;
mod web;

pub use canonical::Canonical;
pub use hash::{account_hash, password_ntlm, password_sha1};
pub use normalise::{NormaliseOptions, Normaliser};
pub use phonenumber::country::Id as Region;
pub use protect::{Observations, protect};
