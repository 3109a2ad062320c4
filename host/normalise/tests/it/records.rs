//! What only the whole record can tell.

use sluice_record::{FieldKind, HashKind};

use crate::{Outcome, normalise, tag};

fn record(fields: &[(&str, &str)]) -> Outcome {
    let fields: Vec<(u8, &[u8])> = fields.iter().map(|(kind, value)| (tag(kind), value.as_bytes())).collect();
    normalise(&fields)
}

#[track_caller]
fn becomes(fields: &[(&str, &str)], expected: &[(&str, &str)]) {
    let expected: Vec<(u8, String)> = expected.iter().map(|(kind, value)| (tag(kind), (*value).to_owned())).collect();
    assert_eq!(record(fields).fields(), expected);
}

#[test]
fn a_username_equal_to_the_email_is_dropped_whichever_comes_first() {
    let expected = [("email", "ann@example.com"), ("password", "x")];
    becomes(&[("username", "Ann@Example.com"), ("email", "ann@example.com"), ("password", "x")], &expected);
    becomes(&[("email", "ann@example.com"), ("username", "ann@example.com "), ("password", "x")], &expected);
    becomes(&[("email", "ann@example.com"), ("username", "ann")], &[("email", "ann@example.com"), ("username", "ann")]);
}

#[test]
fn a_login_that_is_an_address_is_the_email_of_a_record_without_one() {
    becomes(&[("username", "Ann@Example.com"), ("password", "x")], &[("email", "ann@example.com"), ("password", "x")]);
    becomes(&[("username", "ann@home"), ("password", "x")], &[("username", "ann@home"), ("password", "x")]);
    becomes(&[("username", "ann@example.com!"), ("password", "x")], &[("username", "ann@example.com!"), ("password", "x")]);
}

#[test]
fn an_account_said_twice_is_said_once() {
    becomes(
        &[("email", "ann@example.com"), ("email", "ANN@example.com"), ("email", "bob@example.net")],
        &[("email", "ann@example.com"), ("email", "bob@example.net")],
    );
}

#[test]
fn a_column_that_repeats_a_secret_is_dropped() {
    becomes(
        &[("130", "hunter2"), ("email", "ann@example.com"), ("password", "hunter2"), ("131", "Hunter2"), ("132", "blue")],
        &[("email", "ann@example.com"), ("password", "hunter2"), ("132", "blue")],
    );
}

#[test]
fn the_account_is_the_email_else_the_username_else_the_phone() {
    let account = |fields: &[(&str, &str)]| record(fields).canonical.account().map(str::to_owned);
    assert_eq!(
        account(&[("phone", "+49 30 901820"), ("username", "ann"), ("email", "ann@example.com")]).as_deref(),
        Some("ann@example.com")
    );
    assert_eq!(account(&[("phone", "+49 30 901820"), ("username", "ann")]).as_deref(), Some("ann"));
    assert_eq!(account(&[("phone", "+49 30 901820")]).as_deref(), Some("+4930901820"));
    assert_eq!(account(&[("password", "x")]), None);
}

#[test]
fn a_record_that_says_neither_whom_nor_what_is_refused() {
    assert_eq!(record(&[("full_name", "Ann Example"), ("city", "Springfield")]).result, Err("no-identity"));
    assert_eq!(record(&[]).result, Err("no-identity"));
    assert_eq!(record(&[("password", "x")]).result, Ok(()));
    assert_eq!(record(&[("bcrypt", "$2y$10$x")]).result, Ok(()));
    let outcome = record(&[("email", "ann@"), ("full_name", "Ann")]);
    assert_eq!((outcome.result, outcome.rejects.as_slice()), (Err("no-identity"), &["email-invalid"][..]));
}

#[test]
fn classes_are_those_of_the_values_kept() {
    let outcome = record(&[
        ("email", "ann@example.com"),
        ("phone", "none of your business"),
        ("city", "Springfield"),
        ("sha1", "00"),
        ("ip", "NULL"),
    ]);
    assert_eq!(outcome.canonical.classes().names(), ["Email addresses", "Passwords", "Physical addresses"]);
    let outcome = record(&[("username", "ann@example.com"), ("password", "x")]);
    assert!(outcome.canonical.classes().contains(FieldKind::Email) && !outcome.canonical.classes().contains(FieldKind::Username));
}

#[test]
fn passwords_keep_their_bytes() {
    let outcome = normalise(&[
        (FieldKind::Password.tag(), b"caf\xe9"),
        (FieldKind::Password.tag(), b" $HEX[636166e9] "),
        (FieldKind::Password.tag(), b"$HEX[636166e9]"),
    ]);
    let passwords: Vec<Vec<u8>> = outcome.canonical.passwords().map(std::borrow::Cow::into_owned).collect();
    assert_eq!(passwords, [&b"caf\xe9"[..], b" $HEX[636166e9] ", b"caf\xe9"]);
    assert_eq!(outcome.fields()[0].1, "caf\u{fffd}");
}

#[test]
fn bare_hex_is_no_password() {
    for len in [32, 40, 64, 128] {
        let outcome = record(&[("password", &"Ab".repeat(len / 2))]);
        assert_eq!(outcome.fields(), [(HashKind::Unknown.tag(), "ab".repeat(len / 2))]);
        assert_eq!(outcome.canonical.passwords().count(), 0);
    }
    assert_eq!(record(&[("password", &"ab".repeat(15))]).canonical.passwords().count(), 1);
}

#[test]
fn one_record_leaves_nothing_for_the_next() {
    let mut normaliser = sluice_normalise::Normaliser::new(sluice_normalise::NormaliseOptions::default());
    let mut canonical = sluice_normalise::Canonical::default();
    let first = [
        sluice_record::Field { tag: tag("password"), value: b"\xff" },
        sluice_record::Field { tag: tag("email"), value: b"ann@example.com" },
    ];
    assert_eq!(normaliser.normalise(first, &mut canonical, &mut |_| ()), Ok(()));
    let second = [sluice_record::Field { tag: tag("username"), value: b"bob" }];
    assert_eq!(normaliser.normalise(second, &mut canonical, &mut |_| ()), Ok(()));
    assert_eq!(canonical.fields().collect::<Vec<_>>(), [(tag("username"), "bob")]);
    assert_eq!((canonical.account(), canonical.passwords().count()), (Some("bob"), 0));
}
