//! The field policy: what of a record gets into a document.

use sluice_normalise::{Canonical, NormaliseOptions, Normaliser, Observations, account_hash, password_ntlm, password_sha1, protect};
use sluice_record::{DocBatch, Field, FieldKind, HashKind, LoadId, MemberId, Policy, TaskId, WEBSITE_TAG};

use crate::tag;

const SECRET: &str = "0fC3-secret-value-1d9";

fn protected(policy: Policy, columns: &[(u8, &str)], fields: &[(u8, &str)]) -> (DocBatch, Observations) {
    let mut docs = DocBatch::new(LoadId(1), MemberId(2), TaskId(3));
    for (tag, name) in columns {
        docs.name_column(*tag, name);
    }
    let (mut canonical, mut observations) = (Canonical::default(), Observations::default());
    let fields = fields.iter().map(|(tag, value)| Field { tag: *tag, value: value.as_bytes() });
    Normaliser::new(NormaliseOptions::default()).normalise(fields, &mut canonical, &mut |_| ()).expect("an identity");
    protect(policy, &canonical, 7, 9, &mut docs, &mut observations);
    (docs, observations)
}

fn stored(docs: &DocBatch) -> Vec<(u8, &str)> {
    docs.docs().flat_map(|doc| doc.fields()).collect()
}

#[test]
fn no_secret_of_any_kind_gets_into_a_document_under_any_policy() {
    let kinds = FieldKind::ALL.iter().filter(|kind| kind.is_secret()).map(|kind| kind.tag());
    let hashes = HashKind::ALL.iter().map(|kind| kind.tag());
    for secret in kinds.chain(hashes) {
        for policy in [Policy::Notify, Policy::Search] {
            let (docs, _) = protected(policy, &[], &[(tag("email"), "ann@example.com"), (secret, SECRET)]);
            assert_eq!(stored(&docs), [(tag("email"), "ann@example.com")], "tag {secret}, {policy:?}");
        }
    }
}

#[test]
fn every_tag_that_is_undefined_is_kept_out_too() {
    for undefined in (40..64).chain(64..128).chain(0..16) {
        let (docs, _) = protected(Policy::Search, &[], &[(tag("email"), "ann@example.com"), (undefined, SECRET)]);
        assert_eq!(stored(&docs), [(tag("email"), "ann@example.com")], "tag {undefined}");
    }
}

#[test]
fn columns_with_a_secret_s_name_or_shape_are_kept_out_of_full_text() {
    let md5 = "5f4dcc3b5aa765d61d8327deb882cf99";
    let odd = [
        ("old_password", "x1"),
        ("Kennwort2", "x1"),
        ("ПарольСтарый", "x1"),
        ("用户密码", "x1"),
        ("pass", "x1"),
        ("api_token", "x1"),
        ("pw", "x1"),
        ("user_salt", "x1"),
        ("note", md5),
        ("note", "$2y$10$abcdefghijklmnopqrstuv"),
        ("note", "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19"),
        ("note", "{SSHA}abcd"),
        ("note", "0x0100ABABABABABABABABABABABABABABABABABABABABABABABAB"),
    ];
    for (name, value) in odd {
        let (docs, _) = protected(Policy::Search, &[(130, name)], &[(tag("email"), "ann@example.com"), (130, value)]);
        assert_eq!(stored(&docs), [(tag("email"), "ann@example.com")], "{name}={value}");
    }
    for (name, value) in [("passport_country", "NO"), ("compass", "north"), ("note", "5f4d"), ("newsletter", "1"), ("spinach", "yes")] {
        let (docs, _) = protected(Policy::Search, &[(130, name)], &[(tag("email"), "ann@example.com"), (130, value)]);
        assert_eq!(stored(&docs).last(), Some(&(130, value)), "{name}");
    }
}

#[test]
fn notify_keeps_the_accounts_and_the_classes_alone() {
    let fields = [
        (tag("phone"), "+4930901820"),
        (tag("username"), "ann"),
        (tag("email"), "ann@example.com"),
        (tag("email"), "ann@example.net"),
        (tag("city"), "Springfield"),
        (tag("password"), SECRET),
        (130, "blue"),
    ];
    let (docs, observations) = protected(Policy::Notify, &[], &fields);
    assert_eq!(stored(&docs), [(tag("email"), "ann@example.com"), (tag("email"), "ann@example.net")]);
    let doc = docs.doc(0);
    assert_eq!((doc.offset, doc.len), (7, 9));
    assert_eq!(doc.classes.names(), ["Email addresses", "Passwords", "Phone numbers", "Physical addresses", "Usernames"]);
    assert_eq!(observations.accounts, [account_hash("ann@example.com"), account_hash("ann@example.net")]);
    assert_eq!(observations.sha1, [password_sha1(SECRET.as_bytes())]);
    assert_eq!(Some(observations.ntlm[0]), password_ntlm(SECRET.as_bytes()));
}

#[test]
fn search_keeps_every_field_that_is_no_secret_in_the_record_s_order() {
    let fields =
        [(130, "blue"), (tag("city"), "Springfield"), (tag("password"), SECRET), (tag("email"), "ann@example.com"), (tag("user_id"), "7")];
    let (docs, _) = protected(Policy::Search, &[(130, "colour")], &fields);
    assert_eq!(stored(&docs), [(130, "blue"), (tag("city"), "Springfield"), (tag("email"), "ann@example.com"), (tag("user_id"), "7")]);
}

#[test]
fn a_url_that_repeats_the_password_loses_its_query() {
    let url = format!("https://example.com/login?user=ann&pw={SECRET}");
    let (docs, _) = protected(Policy::Search, &[], &[(tag("username"), "ann"), (tag("password"), SECRET), (tag("url"), &url)]);
    assert_eq!(stored(&docs)[1], (tag("url"), "https://example.com/login"));
}

/// Of a URL, as it stands in a log, the domain alone is kept, and only beside an e-mail and a password.
#[test]
fn of_a_website_only_the_domain_it_is_registered_under_is_kept() {
    let website_of = |policy, url: &str, others: &[(u8, &str)]| {
        let fields: Vec<_> = [(tag("url"), url)].into_iter().chain(others.iter().copied()).collect();
        let (docs, _) = protected(policy, &[], &fields);
        let doc = docs.doc(0);
        doc.fields().find(|(tag, _)| *tag == WEBSITE_TAG).map(|(_, value)| value.to_owned())
    };
    let login = [(tag("email"), "ann@example.com"), (tag("password"), SECRET)];
    let long = format!("https://{}.example.com/", "a".repeat(300));
    let longer = format!("https://{}.com/", "a".repeat(300));
    for (url, website) in [
        ("https://login.example.com:8443/a/b?token=1#x", Some("example.com")),
        ("HTTPS://Shop.Example.CO.UK/", Some("example.co.uk")),
        ("accounts.example.org/signin", Some("example.org")),
        ("example.org:8080", Some("example.org")),
        ("https://ann:pw@www.example.com/", Some("example.com")),
        ("https://example.com@evil.example.net/", Some("example.net")),
        ("https://example.com\\@evil.example.net/", Some("example.com")),
        ("https://evil.example.net#@example.com/", Some("example.net")),
        ("https://example.com./", Some("example.com")),
        ("https://bücher.example/", Some("xn--bcher-kva.example")),
        ("https://ＥＸＡＭＰＬＥ.com/", Some("example.com")),
        ("https://ann.github.io/", Some("ann.github.io")),
        ("https://github.io/", Some("github.io")),
        ("http://192.0.2.1:8080/admin", Some("192.0.2.1")),
        ("http://0xC0.0.0x2.1/", Some("192.0.2.1")),
        ("http://[2001:DB8::1]:8080/x", Some("2001:db8::1")),
        ("192.0.2.1/admin", Some("192.0.2.1")),
        ("nas.local/admin", Some("nas.local")),
        ("http://localhost:3000/", None),
        ("http://router/", None),
        ("ftp://ftp.example.com/f", Some("example.com")),
        ("sftp://ann@FTP.Example.com:22", Some("example.com")),
        ("moz-proxy://proxy.bücher.example:3128", Some("xn--bcher-kva.example")),
        ("android://AbC_d-1==@com.example.shop.app/", Some("example.com")),
        ("android://AbC_d-1==@uk.co.example.app/", Some("example.co.uk")),
        ("androidapp://com.Example.App", Some("example.com")),
        ("android://AbC==@com.an_example.app/", None),
        ("android://AbC==@nosuchtld0.example/", None),
        ("android://AbC==@com/", None),
        ("chrome-extension://abcdefghijklmnop/popup.html", None),
        (&long, Some("example.com")),
        (&longer, None),
    ] {
        for policy in [Policy::Notify, Policy::Search] {
            assert_eq!(website_of(policy, url, &login).as_deref(), website, "{url}");
        }
    }
    let url = "https://example.com/";
    let hex = "5f4dcc3b5aa765d61d8327deb882cf99";
    assert!(website_of(Policy::Notify, url, &[(tag("email"), "ann@example.com"), (tag("password"), hex)]).is_some());
    for others in [
        &[(tag("email"), "ann@example.com")][..],
        &[(tag("email"), "ann@example.com"), (HashKind::Md5.tag(), hex)],
        &[(tag("username"), "ann"), (tag("password"), SECRET)],
    ] {
        assert_eq!(website_of(Policy::Notify, url, others), None, "{others:?}");
    }
}

#[test]
fn passwords_without_an_account_are_counted_in_a_document_without_fields() {
    let (docs, observations) = protected(Policy::Search, &[], &[(tag("password"), SECRET)]);
    assert_eq!((docs.len(), stored(&docs).len(), observations.sha1.len(), observations.accounts.len()), (1, 0, 1, 0));
}

/// More passwords than the memo has places, so that many share one, each said twice at once and all of them again later.
#[test]
fn a_remembered_password_has_the_hashes_it_had() {
    let mut passwords: Vec<Vec<u8>> = (0..10_000).map(|number| format!("pass{number}").into_bytes()).collect();
    passwords.extend([
        b"p\xff\xfe".to_vec(),
        vec![b'x'; 23],
        vec![b'x'; 24],
        "пароль".as_bytes().to_vec(),
        b"pass".to_vec(),
        b"pass\0".to_vec(),
    ]);
    let (mut canonical, mut observations) = (Canonical::default(), Observations::default());
    let mut docs = DocBatch::new(LoadId(1), MemberId(2), TaskId(3));
    let mut normaliser = Normaliser::new(NormaliseOptions::default());
    let said: Vec<&Vec<u8>> = passwords.iter().flat_map(|password| [password, password]).chain(&passwords).collect();
    for password in &said {
        let fields = [Field { tag: tag("password"), value: password }];
        normaliser.normalise(fields, &mut canonical, &mut |_| ()).expect("a password is enough");
        protect(Policy::Notify, &canonical, 0, 0, &mut docs, &mut observations);
    }
    assert_eq!(observations.sha1, said.iter().map(|password| password_sha1(password)).collect::<Vec<_>>());
    assert_eq!(observations.ntlm, said.iter().filter_map(|password| password_ntlm(password)).collect::<Vec<_>>());
}
