//! The rules of the breach API and the ranges as data, quirks of clients by their names.

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

#[tokio::test]
async fn a_retracted_load_is_gone_from_all_answers() {
    let server = Server::start(60_000).await;
    server.catalogue.retract(server.load, &[], 1).await.unwrap();
    let deadline = tokio::time::Duration::from_secs(30);
    tokio::time::timeout(deadline, async { while server.get("/api/v3/breaches").await.1 != "[]" {} }).await.unwrap();
    assert_eq!(server.get("/api/v3/breachedaccount/test@example.com").await.0, 404);
    assert_eq!(server.get("/range/5baa6").await, (200, String::new()));
}
