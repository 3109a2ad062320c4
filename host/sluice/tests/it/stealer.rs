//! Stealers' logs from the archive to the look-ups: of a website its domain is kept, and its owner and the address's are told.

use std::{
    fs,
    io::{Cursor, Write as _},
};

use serde_json::{Value, json};
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::service::{Service, http, succeed, wait_for};

/// URL and login of what a machine had; every password is secret-N.
const MACHINES: [(&str, &[(&str, &str)]); 2] = [
    (
        "NL[A62332553FC1EA36]",
        &[
            ("https://login.shop.example.net:8443/in?token=path-and-query#x", "Ann@Example.com"),
            ("https://www.example.org/", "ann@example.com"),
            ("android://Zm9vZm9vZm9v==@com.example.app/", "bob@example.com"),
            ("http://192.0.2.7/admin", "bob@example.com"),
            ("https://bücher.example/", "bob@example.com"),
            ("https://shop.example.net/", "dan@example.org"),
            ("https://shop.example.net/", "just-a-name"),
            ("chrome-extension://abcdefgh/popup.html", "cid@example.com"),
        ],
    ),
    ("DE[B73443664AD2FB47]", &[("https://ann.example.net/", "ann@example.com"), ("https://shop.example.net/b", "ann@example.com")]),
];

fn archive() -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (machine, logins) in MACHINES {
        let blocks = logins.iter().enumerate().map(|(number, (url, login))| {
            format!("URL: {url}\nUsername: {login}\nPassword: secret-{number}\nApplication: Google_[Chrome]_Default\n===============\n")
        });
        let files = [
            ("Passwords.txt", blocks.collect::<String>()),
            ("UserInformation.txt", "IP: 203.0.113.66\nCountry: NL\nHWID: A62332553FC1EA36\n".to_owned()),
            ("Cookies/Google_[Chrome]_Default.txt", ".example.com\tTRUE\t/\tFALSE\t1924992000\tsession\tsecret-cookie\n".to_owned()),
        ];
        for (name, text) in files {
            zip.start_file(format!("{machine}/{name}"), SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn owners_of_addresses_and_websites_are_told_of_stealers_logs() {
    let service = Service::start();
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("logs.zip");
    fs::write(&dump, archive()).unwrap();
    let load = service.ingest(&[&dump], "Logs", &[])["load"]["id"].to_string();

    // What was kept: neither paths nor queries nor secrets.
    let exported = succeed(&mut service.client(["loads", "export", &load])).stdout;
    let exported = String::from_utf8(exported).unwrap();
    for gone in ["secret-", "path-and-query", "login.shop", "/in", "8443", "Zm9v"] {
        assert!(!exported.contains(gone), "{gone}: {exported}");
    }

    let made = service.json(["keys", "create", "--label", "owner", "--plan", "pro 1"]);
    let (id, key) = (made["id"].to_string(), made["key"].as_str().unwrap().to_owned());
    let ask = |path: &str| {
        let (status, body) = http(service.address(), "GET", &format!("/api/v3/{path}"), &[("hibp-api-key", &key)]).unwrap();
        (status, serde_json::from_slice::<Value>(&body).unwrap())
    };
    assert_eq!(ask("stealerlogsbyemail/ann@example.com").0, 403, "not verified yet");
    for domain in ["Example.COM", "example.net"] {
        succeed(&mut service.client(["keys", "verify-domain", &id, domain]));
    }
    assert_eq!(ask("stealerlogsbyemail/ann@example.com").0, 404, "the breach is not said to be of stealers' logs");
    succeed(&mut service.client(["breaches", "set", "Logs", "--stealer-log", "true"]));
    wait_for("the look-ups", || (ask("stealerlogsbyemail/ann@example.com").0 == 200).then_some(()));
    for (path, answer) in [
        ("stealerlogsbyemail/ann@example.com", json!(["example.net", "example.org"])),
        ("stealerlogsbyemail/bob@example.com", json!(["192.0.2.7", "example.com", "xn--bcher-kva.example"])),
        ("stealerlogsbywebsitedomain/example.com", json!(["bob@example.com"])),
        ("stealerlogsbywebsitedomain/example.net", json!(["ann@example.com", "dan@example.org"])),
        (
            "stealerlogsbyemaildomain/example.com",
            json!({ "ann": ["example.net", "example.org"], "bob": ["192.0.2.7", "example.com", "xn--bcher-kva.example"] }),
        ),
        ("breacheddomain/example.com", json!({ "ann": ["Logs"], "bob": ["Logs"], "cid": ["Logs"] })),
    ] {
        assert_eq!(ask(path), (200, answer), "{path}");
    }
    assert_eq!(ask("stealerlogsbyemail/cid@example.com").0, 404, "an extension is no website");
    assert_eq!(ask("stealerlogsbyemail/dan@example.org").0, 403, "another's address");
    let domains = service.json(["keys", "domains", &id]);
    assert_eq!((&domains[0]["domain"], &domains[0]["accounts"]), (&"example.com".into(), &3.into()));
    succeed(&mut service.client(["keys", "withdraw-domain", &id, "example.com"]));
    assert_eq!(ask("breacheddomain/example.com").0, 403);

    succeed(&mut service.client(["loads", "retract", &load]));
    wait_for("the load to be gone", || (ask("stealerlogsbywebsitedomain/example.net").0 == 404).then_some(()));
}
