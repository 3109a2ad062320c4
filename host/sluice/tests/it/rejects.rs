//! A corrupt row amid good ones costs that row and no other, and the operator is told where it lies and why.

use std::fs;

use serde_json::{Value, json};

use crate::service::{Service, succeed};

/// Good rows before and behind each corrupt one: more than a sample has.
const GOOD: usize = 400;

struct Format {
    name: &'static str,
    head: &'static str,
    row: fn(usize) -> String,
    between: &'static str,
    tail: &'static str,
    /// What is planted, and the reason.
    corrupt: &'static [(&'static str, &'static str)],
}

const FORMATS: [Format; 4] = [
    Format {
        name: "people.csv",
        head: "id,email,password\n",
        row: |n| format!("{n},person{n}@example.com,secret{n}\n"),
        between: "",
        tail: "",
        corrupt: &[
            ("7001,\"broken1@example.com,secret\n", "unbalanced-quote"),
            ("7002,broken2@example.com,secret,one,two,three\n", "long-row"),
            ("7003,broken\n", "short-row"),
        ],
    },
    Format {
        name: "people.sql",
        head: "-- MySQL dump 10.13  Distrib 8.0.36\nCREATE TABLE `users` (\n  `id` int NOT NULL,\n  `email` varchar(99),\n  \
               `password` varchar(99)\n) ENGINE=InnoDB;\nINSERT INTO `users` VALUES ",
        row: |n| format!("({n},'person{n}@example.com','secret{n}')"),
        between: ",",
        tail: ";\n",
        corrupt: &[("(7001,'broken1@example.com','secret','one','two')", "column-count"), ("(7002,'broken2@example.com')", "column-count")],
    },
    Format {
        name: "people.json",
        head: "",
        row: |n| format!("{{\"id\":{n},\"email\":\"person{n}@example.com\",\"password\":\"secret{n}\"}}\n"),
        between: "",
        tail: "",
        corrupt: &[
            ("{\"id\":7001,\"email\":\"broken1@example.com\" \"password\":\"secret\"}\n", "no-comma"),
            ("{\"id\":7002,\"email\":\"broken2@example.com\",\"password\":\"sec\n", "unclosed-string"),
        ],
    },
    Format {
        name: "people.ldif",
        head: "version: 1\n\n",
        row: |n| {
            format!(
                "dn: uid=person{n},dc=example,dc=com\nobjectClass: inetOrgPerson\nuid: person{n}\nmail: person{n}@example.com\nuserPassword: secret{n}\n\n"
            )
        },
        between: "",
        tail: "",
        corrupt: &[("objectClass: inetOrgPerson\nmail: broken1@example.com\nuserPassword: secret\n\n", "no-dn")],
    },
];

/// The file, and where each corrupt row lies in it.
fn planted(format: &Format) -> (String, Vec<Value>) {
    let (mut text, mut expected) = (format.head.to_owned(), Vec::new());
    let good = |stretch: usize| (stretch * GOOD..(stretch + 1) * GOOD).map(format.row).collect::<Vec<_>>().join(format.between);
    for (stretch, (row, reason)) in format.corrupt.iter().enumerate() {
        text += &good(stretch);
        text += format.between;
        expected.push(json!({ "name": format.name, "offset": text.len(), "row": row.trim_end(), "reason": reason }));
        text += row;
        text += format.between;
    }
    text += &good(format.corrupt.len());
    text += format.tail;
    (text, expected)
}

#[test]
fn a_corrupt_row_costs_itself_and_is_found_again() {
    let service = Service::start();
    let folder = tempfile::tempdir().unwrap();
    for format in &FORMATS {
        let (text, expected) = planted(format);
        let dump = folder.path().join(format.name);
        fs::write(&dump, &text).unwrap();
        let load = &service.ingest(&[&dump], &format.name.replace('.', ""), &[])["load"];
        let rejects = succeed(&mut service.client(["loads", "rejects", &load["id"].to_string()])).stdout;
        let mut rejects: Vec<Value> = String::from_utf8(rejects).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for reject in rejects.iter_mut().map(|reject| reject.as_object_mut().unwrap()) {
            assert!(reject.remove("member").unwrap().is_i64());
            let (at, bytes) = (reject["offset"].as_u64().unwrap() as usize, reject.remove("bytes").unwrap().as_u64().unwrap() as usize);
            // What ends the row, a line end or a comma, may be in the range.
            reject.insert("row".into(), text[at..at + bytes].trim_end_matches(['\n', ',']).into());
        }
        assert_eq!(rejects, expected, "{}: {}", format.name, load["ledger"]);
        let good = (format.corrupt.len() + 1) * GOOD;
        assert_eq!(load["ledger"]["stored"], good, "{}: {}", format.name, load["ledger"]);
        let export = succeed(&mut service.client(["loads", "export", &load["id"].to_string()])).stdout;
        let export = String::from_utf8(export).unwrap();
        for number in 0..good {
            assert!(export.contains(&format!("\"person{number}@example.com\"")), "{}: person{number} is gone", format.name);
        }
        assert!(!export.contains("broken"), "{}", format.name);
    }
}
