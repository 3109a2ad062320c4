//! Every file of `cases/` gives the records beside it, whatever the size of a push, and is claimed.

use sluice_csv::Csv;
use sluice_plugin::{Parser, Sample, native::cases};

#[test]
fn every_case_gives_what_stands_beside_it() {
    assert!(cases::check::<Csv>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases")) >= 20);
}

#[test]
fn what_is_no_table_is_not_claimed() {
    let others: [(&str, &[u8]); 7] = [
        ("dump.sql", b"-- MariaDB dump\nINSERT INTO `users` VALUES (1,'ann@example.com'),(2,'bob@example.net');\n"),
        ("people.json", b"{\"email\": \"ann@example.com\", \"name\": \"Ann\"}\n"),
        ("notes.txt", b"Dear all,\nplease find attached the list.\nIt is long, very long, and boring.\nRegards\n"),
        ("combo.txt", b"ann@example.com:pass1\nbob@example.net:pass2\ncy@example.org:pa,ss3\n"),
        ("banner.txt", b"### LIST, OF LOGINS ###\nann@example.com,pass1\nbob@example.net,pass2\ncy@example.org,pa;ss3\n"),
        ("page.html", b"<html><body>a,b,c</body></html>\n"),
        ("empty.csv", b""),
    ];
    for (name, head) in others {
        let claim = Csv::probe(&Sample { name, size: Some(head.len() as u64), head, tail: b"" });
        assert!(claim.as_ref().is_none_or(|claim| claim.confidence < 50), "{name}: {claim:?}");
    }
}
