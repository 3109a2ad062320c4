//! The rules of the breach API and the ranges as data, quirks of clients by their names.

use std::io::Read;

use sha1::{Digest, Sha1};

use crate::server::{KEY, Server};

#[tokio::test]
async fn answers_as_the_rules_say() {
    let server = Server::start(6_000).await;
    let hit = r#"[{"Name":"Example"}]"#;
    let cases = [
        ("an account", "/api/v3/breachedaccount/test%40example.com", 200, hit),
        ("case of account and route", "/API/v3/breachedAccount/Test@Example.com", 200, hit),
        ("python requests: a raw plus", "/api/v3/breachedaccount/a+b@example.com", 200, hit),
        ("a percent-encoded plus", "/api/v3/breachedaccount/a%2Bb%40example.com", 200, hit),
        ("pyhaveibeenpwned: a slash at the end", "/api/v3/breachedaccount/test@example.com/", 200, hit),
        (
            "hibpwned: two question marks",
            "/api/v3/breachedaccount/test@example.com?truncateResponse=true?domain=x",
            404,
            "\"statusCode\":404",
        ),
        ("pyhibp: booleans with a capital", "/api/v3/breachedaccount/test@example.com?truncateResponse=False", 200, "\"PwnCount\":2"),
        ("legrange: a misspelt name", "/api/v3/breachedaccount/test@example.com?includeUnveridied=false", 200, hit),
        ("not found", "/api/v3/breachedaccount/none@example.com", 404, "\"statusCode\":404"),
        ("an empty account", "/api/v3/breachedaccount/%20", 400, "\"statusCode\":400"),
        (
            "k-anonymity",
            "/api/v3/breachedaccount/range/567159",
            200,
            r#"[{"hashSuffix":"D622FFBB50B11B0EFD307BE358624A26EE","websites":["Example"]}]"#,
        ),
        ("k-anonymity, none", "/api/v3/breachedaccount/range/000000", 404, "There are no hashes beginning with that prefix"),
        ("k-anonymity, ill-formed", "/api/v3/breachedaccount/range/xyz", 400, "Invalid hex prefix"),
        ("old clients: an empty query", "/api/v3/breaches?", 200, "\"Name\":\"Example\""),
        ("domain in another case", "/api/v3/breaches/?Domain=none.example", 200, "[]"),
        ("a breach", "/api/v3/breach/eXample", 200, "\"IsStealerLog\":false"),
        ("no such breach", "/api/v3/breach/none", 404, "\"statusCode\":404"),
        ("the latest", "/api/v3/latestBreach", 200, "\"Name\":\"Example\""),
        ("a range, npm hibp's mode", "/range/5baa6?mode=sha1", 200, "1E4C9B93F3F0682250B6CF8331B7EE68FD8:1"),
        ("a range in NTLM, empty", "/range/5baa6?mode=ntlm", 200, ""),
        ("a short prefix", "/range/5baa", 400, "The hash prefix was not in a valid format"),
        ("no hex", "/range/5baaz", 400, "The hash prefix was not valid hexadecimal"),
        ("no range below the api", "/api/v3/range/5baa6", 404, ""),
    ];
    for (case, path, status, text) in cases {
        let (got, body) = server.get(path).await;
        assert_eq!(got, status, "{case}: {body}");
        let whole = text.is_empty() && status == 200
            || text.starts_with("[{\"hash")
            || text == hit
            || text.contains(":1") && path.starts_with("/range");
        assert!(if whole { body == text } else { body.contains(text) }, "{case}: {body}");
    }
}

#[tokio::test]
async fn keys_and_agents_are_asked_for() {
    let server = Server::start(2).await;
    let url = format!("{}/api/v3/breachedaccount/none@example.com", server.base);
    for (key, what) in
        [(None, "missing"), (Some(""), "missing"), (Some("abc"), "improperly formed"), (Some("f".repeat(32).as_str()), "invalid")]
    {
        let mut asked = server.client.get(&url);
        if let Some(key) = key {
            asked = asked.header("HIBP-API-Key", key);
        }
        let answer = asked.send().await.unwrap();
        assert_eq!(answer.status(), 401);
        assert!(answer.text().await.unwrap().contains(&format!("Access denied due to {what} hibp-api-key.")));
    }
    let nameless = reqwest::Client::new().get(format!("{}/range/5baa6", server.base)).send().await.unwrap();
    assert_eq!(nameless.status(), 403);
    for status in [404, 404, 429] {
        let answer = server.client.get(&url).header("hibp-api-key", KEY).send().await.unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(answer.headers().contains_key("retry-after"), status == 429);
    }
}

#[tokio::test]
async fn ranges_are_padded_and_tagged() {
    let server = Server::start(10).await;
    let url = format!("{}/range/5BAA6", server.base);
    let padded = server.client.get(&url).header("Add-Padding", "TRUE").send().await.unwrap().text().await.unwrap();
    assert!((800..=1_000).contains(&padded.split("\r\n").count()));
    assert!(padded.split("\r\n").all(|row| row.split_once(':').unwrap().0.len() == 35));
    assert_eq!(padded.split("\r\n").filter(|row| !row.ends_with(":0")).count(), 1);
    let plain = server.client.get(&url).header("Add-Padding", "false").send().await.unwrap();
    let tag = plain.headers()["etag"].clone();
    assert_eq!(plain.text().await.unwrap().lines().count(), 1);
    assert_eq!(server.client.get(&url).header("if-none-match", tag).send().await.unwrap().status(), 304);
    assert_eq!(server.client.post(&url).send().await.unwrap().status(), 405);
    let empty = server.client.get(format!("{}/range/00000", server.base)).header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(empty.headers()["content-encoding"], "gzip", "hibp-downloader");
}

/// What HaveIBeenPwned sends with a range, and what becomes of it when it is compressed.
#[tokio::test]
async fn ranges_come_with_the_live_headers() {
    let server = Server::start(10).await;
    let url = format!("{}/range/5BAA6", server.base);
    let plain = server.client.get(&url).header("accept", "application/json").send().await.unwrap();
    let headers = plain.headers().clone();
    let text = plain.bytes().await.unwrap();
    let digest = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, <md5::Md5 as md5::Digest>::digest(&text));
    for (name, value) in [
        ("content-type", "text/plain; charset=utf-8"),
        ("cache-control", "public, max-age=2678400"),
        ("vary", "add-padding, accept-encoding"),
        ("access-control-allow-origin", "*"),
        ("access-control-expose-headers", "Content-MD5, ETag"),
        ("content-md5", digest.as_str()),
    ] {
        assert_eq!(headers[name], value, "{name}");
    }
    assert!(headers["last-modified"].to_str().unwrap().ends_with(" GMT"));
    assert!(!text.ends_with(b"\n"));

    for (accepted, coding) in [
        ("gzip", Some("gzip")),
        ("br;q=0.5, gzip", Some("gzip")),
        ("gzip, deflate, br, zstd", Some("br")),
        ("*", Some("br")),
        ("br;q=0, *;q=0.1", Some("gzip")),
        ("gzip;q=0", None),
        ("identity", None),
    ] {
        let answer = server.client.get(&url).header("accept-encoding", accepted).send().await.unwrap();
        let said = answer.headers().get("content-encoding").map(|coding| coding.to_str().unwrap().to_owned());
        assert_eq!((said.as_deref(), &answer.headers()["content-md5"]), (coding, &headers["content-md5"]), "{accepted}");
        let body = answer.bytes().await.unwrap();
        let mut unpacked = Vec::new();
        match coding {
            Some("gzip") => flate2::read::GzDecoder::new(&body[..]).read_to_end(&mut unpacked).unwrap(),
            Some(_) => brotli::Decompressor::new(&body[..], 4096).read_to_end(&mut unpacked).unwrap(),
            None => (&body[..]).read_to_end(&mut unpacked).unwrap(),
        };
        assert_eq!(unpacked, text, "{accepted}");
    }
    // A tag of the one form is known in the other.
    let tagged = server.client.get(&url).header("accept-encoding", "gzip").header("if-none-match", &headers["etag"]);
    let known = tagged.send().await.unwrap();
    assert_eq!((known.status().as_u16(), known.headers().contains_key("etag")), (304, true));

    let options = server.client.request(reqwest::Method::OPTIONS, &url).send().await.unwrap();
    assert_eq!((options.status().as_u16(), &options.headers()["access-control-allow-headers"]), (200, &"Add-Padding".parse().unwrap()));
    let padded = server.client.get(&url).header("add-padding", "true").send().await.unwrap();
    assert_eq!((&padded.headers()["cache-control"], padded.headers().get("etag")), (&"no-store".parse().unwrap(), None));
}

/// A prefix under which a load has many accounts, and one under which it has many passwords: whoever asks sees all or none.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_sees_half_a_publish() {
    const ROWS: usize = 300;
    let server = Server::start(u32::MAX).await;
    let many = |first: [u8; 3]| -> Vec<[u8; 20]> {
        let hash = |number: usize| {
            let mut hash: [u8; 20] = Sha1::digest(number.to_le_bytes()).into();
            hash[..3].copy_from_slice(&first);
            hash
        };
        (0..ROWS).map(hash).collect()
    };
    let (accounts, passwords) = (many([0xab, 0xcd, 0xef]), many([0x12, 0x34, 0x50]));
    let look = async || {
        let (status, accounts) = server.get("/api/v3/breachedaccount/range/abcdef").await;
        let accounts = if status == 404 { 0 } else { accounts.matches("hashSuffix").count() };
        let (_, passwords) = server.get("/range/12345").await;
        let passwords = passwords.split("\r\n").filter(|row| !row.is_empty()).count();
        assert!([0, ROWS].contains(&accounts) && [0, ROWS].contains(&passwords), "{accounts} accounts, {passwords} passwords");
        (accounts, passwords)
    };
    let until = async |wanted: usize| while look().await != (wanted, wanted) {};
    for round in 0..5 {
        let name = format!("Round{round}");
        let published = async { server.publish(&name, &accounts, &passwords).await };
        let (load, ..) = tokio::join!(published, until(ROWS), until(ROWS), until(ROWS));
        tokio::join!(server.retract(load), until(0), until(0), until(0));
    }
}

#[tokio::test]
async fn a_retracted_load_is_gone_from_all_answers() {
    let server = Server::start(60_000).await;
    server.retract(server.load).await;
    let deadline = tokio::time::Duration::from_secs(30);
    tokio::time::timeout(deadline, async { while server.get("/api/v3/breaches").await.1 != "[]" {} }).await.unwrap();
    assert_eq!(server.get("/api/v3/breachedaccount/test@example.com").await.0, 404);
    assert_eq!(server.get("/range/5baa6").await, (200, String::new()));
}
