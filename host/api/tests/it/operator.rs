//! The operator API: tokens, uploads that go on, keys that end, events.

use serde_json::{Value, json};

use crate::server::{Server, TOKEN};

#[tokio::test]
async fn an_upload_goes_on_where_it_stood() {
    let server = Server::start(10).await;
    let base = format!("{}/api/operator/v1", server.base);
    assert_eq!(server.client.get(format!("{base}/dumps")).send().await.unwrap().status(), 401);
    let made: Value = server
        .client
        .post(format!("{base}/dumps"))
        .bearer_auth(TOKEN)
        .json(&json!({ "name": "b.txt" }))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let dump = format!("{base}/dumps/{}", made["id"]);
    // The connection is cut: more bytes are announced than come.
    let mut cut = std::net::TcpStream::connect(server.base.trim_start_matches("http://")).unwrap();
    let path = dump.trim_start_matches(server.base.as_str());
    let head = format!(
        "PATCH {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\nUpload-Offset: 0\r\nContent-Length: 7\r\n\r\none "
    );
    std::io::Write::write_all(&mut cut, head.as_bytes()).unwrap();
    drop(cut);
    let reached = async || {
        let head = server.client.head(&dump).bearer_auth(TOKEN).send().await.unwrap();
        head.headers()["upload-offset"].to_str().unwrap().parse::<u64>().unwrap()
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), async { while reached().await != 4 {} }).await.unwrap();
    for (offset, status) in [(0, 409), (4, 204)] {
        let answer = server.client.patch(&dump).bearer_auth(TOKEN).header("Upload-Offset", offset).body("two").send().await.unwrap();
        assert_eq!(answer.status(), status);
    }
    let digest = format!("blake3:{}", blake3::hash(b"one two"));
    for (told, status) in [(format!("blake3:{}", "0".repeat(64)), 422), (digest.clone(), 200)] {
        let answer =
            server.client.post(format!("{dump}/complete")).bearer_auth(TOKEN).json(&json!({ "digest": told })).send().await.unwrap();
        assert_eq!(answer.status(), status);
    }
}

#[tokio::test]
async fn keys_are_shown_once_and_end() {
    let server = Server::start(10).await;
    let keys = format!("{}/api/operator/v1/keys", server.base);
    let made: Value =
        server.client.post(&keys).bearer_auth(TOKEN).json(&json!({ "label": "k", "rpm": 60 })).send().await.unwrap().json().await.unwrap();
    let key = made["key"].as_str().unwrap();
    assert!(!server.client.get(&keys).bearer_auth(TOKEN).send().await.unwrap().text().await.unwrap().contains(key));
    let account = format!("{}/api/v3/breachedaccount/test@example.com", server.base);
    assert_eq!(server.client.get(&account).header("hibp-api-key", key).send().await.unwrap().status(), 200);
    server.client.delete(format!("{keys}/{}", made["id"])).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(server.client.get(&account).header("hibp-api-key", key).send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_job_is_watched_as_events() {
    let server = Server::start(10).await;
    let jobs = format!("{}/api/operator/v1/jobs", server.base);
    let mut events = server.client.get(format!("{jobs}/1/events")).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    let first = events.chunk().await.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&first).starts_with("event: progress"));
    let page: Vec<Value> = server.client.get(&jobs).bearer_auth(TOKEN).send().await.unwrap().json().await.unwrap();
    assert_eq!(page.len(), 1);
}
