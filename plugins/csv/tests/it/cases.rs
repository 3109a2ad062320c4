//! Every file of `cases/` gives the records beside it, whatever the size of a push, and is claimed.

use std::{fs, path::Path};

use serde_json::Value;
use sluice_csv::Csv;
use sluice_plugin::{Parser, Sample, native};

use crate::found::items;

#[test]
fn every_case_gives_its_records_whatever_the_push() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut cases = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let expectation = path.with_extension("jsonl");
        if path == expectation || path.extension().is_some_and(|end| end == "py") {
            continue;
        }
        cases += 1;
        let input = fs::read(&path).unwrap();
        let wanted: Vec<Value> = fs::read_to_string(expectation).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for push_bytes in [1, 2, 3, 7, 64, 4096, 1 << 20] {
            assert_eq!(items(&native::parse::<Csv>(&input, push_bytes)), wanted, "{path:?} in pushes of {push_bytes}");
        }
        let name = path.file_name().unwrap().to_str().unwrap();
        let claim = Csv::probe(&Sample { name, size: Some(input.len() as u64), head: &input, tail: b"" });
        assert!(claim.as_ref().is_some_and(|claim| claim.confidence > 50), "{path:?}: {claim:?}");
    }
    assert!(cases >= 20, "{cases} cases");
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
