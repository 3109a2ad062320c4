//! The operator API: tokens, uploads that go on, keys that end, events.

use serde_json::{Value, json};
use sluice_record::DumpId;

use crate::server::{KEY, Server, TOKEN};

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
async fn parts_of_an_upload_follow_one_another() {
    let server = Server::start(10).await;
    let bytes: Vec<u8> = (0..1_000_000_u32).map(|at| (at % 251) as u8).collect();
    let (_, made) = server.operator("POST", "/dumps", Some(json!({ "name": "e.txt", "bytes": bytes.len() }))).await;
    let dump = format!("/dumps/{}", made["id"]);
    let (first, rest) = bytes.split_at(400_001);
    for (offset, stretch) in [(0, first), (first.len(), rest)] {
        let asked = server.client.patch(format!("{}/api/operator/v1{dump}", server.base)).bearer_auth(TOKEN);
        let answer = asked.header("upload-offset", offset).body(stretch.to_vec()).send().await.unwrap();
        assert_eq!(answer.headers()["upload-offset"].to_str().unwrap(), (offset + stretch.len()).to_string());
    }
    let parts = server.catalogue.dump_parts(DumpId(made["id"].as_i64().unwrap())).await.unwrap();
    assert!(parts.len() > 2, "{}", parts.len());
    let digest = format!("blake3:{}", blake3::hash(&bytes));
    let (status, completed) = server.operator("POST", &format!("{dump}/complete"), Some(json!({ "digest": digest }))).await;
    assert_eq!((status, completed["digest"].as_str().unwrap()), (200, digest.as_str()));
    let mut stored = Vec::new();
    for part in &parts {
        stored.extend(server.objects.get(&part.key, u64::MAX).await.unwrap());
    }
    assert!(stored == bytes);
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

/// Every operator route of the document, asked without a token, with a wrong one and with a public key: none does anything.
#[tokio::test]
async fn every_route_asks_for_a_token() {
    let server = Server::start(10).await;
    let mut routes = 0;
    for (path, item) in sluice_api::openapi_document()["paths"].as_object().unwrap() {
        if !path.starts_with("/api/operator/") {
            continue;
        }
        for method in item.as_object().unwrap().keys() {
            let url =
                format!("{}{}", server.base, path.replace("{id}", "1").replace("{digest}", "sha256:00").replace("{domain}", "example.com"));
            let method: reqwest::Method = method.to_uppercase().parse().unwrap();
            for token in [None, Some("wrong"), Some(KEY)] {
                let mut asked = server.client.request(method.clone(), &url);
                if let Some(token) = token {
                    asked = asked.bearer_auth(token);
                }
                assert_eq!(asked.send().await.unwrap().status(), 401, "{method} {path}");
            }
            routes += 1;
        }
    }
    assert!(routes > 30, "{routes}");
    assert_eq!(server.operator("GET", "/breaches", None).await.1.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn breaches_are_made_changed_and_refused() {
    let server = Server::start(10).await;
    let about = json!({ "Name": "Second", "Title": "The second", "BreachDate": "2021-03-04", "IsSpamList": true });
    let (status, made) = server.operator("POST", "/breaches", Some(about.clone())).await;
    assert_eq!(status, 201);
    let path = format!("/breaches/{}", made["id"]);
    let (_, found) = server.operator("GET", &path, None).await;
    assert_eq!((&found["about"]["Title"], &found["published_loads"]), (&"The second".into(), &0.into()));
    let mut changed = about.clone();
    changed["Title"] = "Renamed".into();
    assert_eq!(server.operator("PUT", &path, Some(changed)).await.1["about"]["Title"], "Renamed");
    for (case, method, path, body, status) in [
        ("a name that is taken", "POST", "/breaches", Some(about.clone()), 409),
        ("no name", "POST", "/breaches", Some(json!({ "Title": "x" })), 400),
        ("no such breach", "GET", "/breaches/999", None, 404),
        ("no number", "GET", "/breaches/one", None, 400),
        ("no such route", "GET", "/nothing", None, 404),
    ] {
        let (got, problem) = server.operator(method, path, body).await;
        assert_eq!(got, status, "{case}: {problem}");
        assert!(problem["hint"].is_string(), "{case}: {problem}");
    }
    // Nothing is published for it: the public API does not know it.
    assert_eq!(server.get("/api/v3/breach/Second").await.0, 404);
}

#[tokio::test]
async fn jobs_tasks_slots_and_plugins_are_listed_and_asked_for() {
    let server = Server::start(10).await;
    let (_, jobs) = server.operator("GET", "/jobs", None).await;
    let job = format!("/jobs/{}", jobs[0]["id"]);
    let mut wrong = Vec::new();
    for (case, method, path, body, status) in [
        ("a job", "GET", job.clone(), None, 200),
        ("a publish job of a published load is made, and fails by itself", "POST", format!("/loads/{}/publish", server.load), None, 202),
        ("a retract job", "POST", format!("/loads/{}/retract", server.load), None, 202),
        ("of no load", "POST", "/loads/999/publish".into(), None, 404),
        ("an import without dumps", "POST", "/jobs".into(), Some(json!({ "kind": "import", "breach": 1, "dumps": [] })), 409),
        ("an unknown kind", "POST", "/jobs".into(), Some(json!({ "kind": "dance" })), 400),
        ("no such job", "POST", "/jobs/999/cancel".into(), None, 404),
        ("a load", "GET", format!("/loads/{}", server.load), None, 200),
        ("its digest", "GET", format!("/loads/{}/digest", server.load), None, 200),
        ("its rejects", "GET", format!("/loads/{}/rejects", server.load), None, 200),
        ("its records", "GET", format!("/loads/{}/records", server.load), None, 200),
        ("members that wait", "GET", format!("/loads/{}/members/waiting", server.load), None, 200),
        ("tasks", "GET", "/tasks?state=queued".into(), None, 200),
        ("tasks in no state", "GET", "/tasks?state=dancing".into(), None, 400),
        ("slots", "GET", "/slots".into(), None, 200),
        ("plugins", "GET", "/plugins".into(), None, 200),
        ("what is no plugin", "POST", "/plugins".into(), Some(json!("no component")), 422),
        ("no digest", "POST", "/plugins/none/activate".into(), None, 400),
        ("a digest nobody has", "POST", format!("/plugins/sha256:{}/activate", "0".repeat(64)), None, 404),
        ("a search for nothing", "GET", "/records".into(), None, 400),
        ("a search", "GET", "/records?account=test@example.com".into(), None, 200),
    ] {
        let (got, answer) = server.operator(method, &path, body).await;
        if got != status || status >= 400 && !answer["hint"].is_string() {
            wrong.push(format!("{case}: {got} {answer}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let (_, job) = server.operator("POST", &format!("{job}/pause"), None).await;
    assert_eq!(job["state"], "paused");
}

#[tokio::test]
async fn an_upload_is_refused_where_it_does_not_fit() {
    let server = Server::start(10).await;
    let (_, made) = server.operator("POST", "/dumps", Some(json!({ "name": "c.txt", "bytes": 3 }))).await;
    let url = format!("{}/api/operator/v1/dumps/{}", server.base, made["id"]);
    let append = async |offset: Option<&str>, body: &'static str| {
        let mut asked = server.client.patch(&url).bearer_auth(TOKEN).body(body);
        if let Some(offset) = offset {
            asked = asked.header("upload-offset", offset);
        }
        asked.send().await.unwrap().status().as_u16()
    };
    assert_eq!((append(None, "x").await, append(Some("-1"), "x").await, append(Some("5"), "x").await), (400, 400, 409));
    assert_eq!(append(Some("0"), "abc").await, 204);
    assert_eq!(server.operator("POST", &format!("/dumps/{}/complete", made["id"]), None).await.0, 200);
    assert_eq!(append(Some("3"), "d").await, 409, "it is complete");
    let (_, other) = server.operator("POST", "/dumps", Some(json!({ "name": "d.txt" }))).await;
    let path = format!("/dumps/{}", other["id"]);
    assert_eq!(server.operator("DELETE", &path, None).await.0, 204);
    assert_eq!(server.operator("DELETE", &path, None).await.0, 404);
}

#[tokio::test]
async fn health_readiness_and_metrics_are_for_everybody() {
    let server = Server::start(10).await;
    assert_eq!(server.get("/healthz").await, (200, "alive".to_owned()));
    let (status, ready) = server.get("/readyz").await;
    assert_eq!(
        (status, serde_json::from_str::<Value>(&ready).unwrap()),
        (200, json!({ "catalogue": true, "objects": true, "records": true }))
    );
    server.get("/range/5baa6").await;
    let (_, text) = server.get("/metrics").await;
    for name in [r#"sluice_query_requests_total{route="range",status="200"}"#, "sluice_query_seconds"] {
        assert!(text.contains(name), "{name}: {text}");
    }
    let (status, page) = server.get("/docs").await;
    assert!(status == 200 && page.contains("/api/operator/v1/dumps") && !page.contains("src="), "{page}");
}

/// Two logs that do not fit together, and one that would: what is left out is left out from there on, and counted.
#[tokio::test]
async fn rejects_are_shown_within_a_bound() {
    let server = Server::start(10).await;
    let path = format!("{}/api/operator/v1/loads/{}/rejects", server.base, server.load);
    let rejects = async || server.client.get(&path).bearer_auth(TOKEN).send().await.unwrap().bytes().await.unwrap();
    assert!(rejects().await.is_empty());
    let line = "{\"member\":1,\"name\":\"a.csv\",\"offset\":7,\"bytes\":9,\"reason\":\"short-row\"}\n";
    let log = line.repeat((40 << 20) / line.len());
    for (task, log) in [(1, &log[..]), (2, &log[..]), (3, line)] {
        let key = sluice_store::objects::keys::rejects(server.load, sluice_record::MemberId(1), sluice_record::TaskId(task));
        server.objects.put(&key, bytes::Bytes::from(log.to_owned())).await.unwrap();
    }
    let shown = rejects().await;
    let last = format!("{{\"left_out_bytes\":{}}}\n", log.len() + line.len());
    assert!(shown.len() == log.len() + last.len() && shown.starts_with(log.as_bytes()) && shown.ends_with(last.as_bytes()));
}

#[tokio::test]
async fn a_job_is_given_its_time_and_the_work_is_told() {
    let server = Server::start(10).await;
    let import = json!({ "kind": "import", "breach": 1, "dumps": [1], "policy": "notify" });
    let with = |name: &str, value: &str| {
        let mut asked = import.clone();
        asked[name] = value.into();
        Some(asked)
    };
    let (status, made) = server.operator("POST", "/jobs", with("window", "22:00-06:00")).await;
    assert_eq!(status, 201, "{made}");
    let job = format!("/jobs/{}", made["id"]);
    let told = |job: Value| (job["priority"].clone(), job["window"].clone(), job["deadline"].clone());
    for (change, expected) in [
        (json!({}), (json!(0), json!("22:00-06:00"), json!(null))),
        (json!({ "deadline": "1970-01-02T01:00:00+01:00", "priority": 5 }), (json!(5), json!("22:00-06:00"), json!(86_400_000))),
        (json!({ "window": "none" }), (json!(5), json!(null), json!(86_400_000))),
        (json!({ "window": "00:00-00:01", "deadline": "none" }), (json!(5), json!("00:00-00:01"), json!(null))),
    ] {
        let (status, changed) = server.operator("PATCH", &job, Some(change)).await;
        assert_eq!((status, told(changed)), (200, expected.clone()));
        assert_eq!(told(server.operator("GET", &job, None).await.1), expected);
    }
    let (_, load) = server.operator("GET", "/load?target_seconds=60", None).await;
    assert_eq!((&load["target_seconds"], &load["wanted_workers"], &load["queued"]["tasks"]), (&json!(60), &json!(0), &json!(0)));
    // Who waits for a job is told as soon as its state is another one: it is changed until somebody who may wait for longer has been told.
    assert_eq!(server.operator("GET", &format!("{job}?wait_ms=1"), None).await.1["state"], "queued");
    let begun = std::time::Instant::now();
    let (patient, pause, resume) = (format!("{job}?wait_ms=30000"), format!("{job}/pause"), format!("{job}/resume"));
    let told = tokio::select! {
        (status, _) = server.operator("GET", &patient, None) => status,
        () = async {
            loop {
                for change in [&pause, &resume] {
                    assert_eq!(server.operator("POST", change, None).await.0, 200, "{change}");
                }
            }
        } => unreachable!("it goes on"),
    };
    assert!(told == 200 && begun.elapsed().as_secs() < 20, "{told} after {:?}", begun.elapsed());
    for (case, method, path, body, status) in [
        ("a window that is none", "POST", "/jobs", with("window", "22-6"), 400),
        ("an empty window", "PATCH", job.as_str(), Some(json!({ "window": "06:00-06:00" })), 400),
        ("a deadline without a zone", "POST", "/jobs", with("deadline", "2026-01-31T06:00:00"), 400),
        ("what can't be changed", "PATCH", &job, Some(json!({ "windows": "none" })), 400),
        ("a job there is not", "PATCH", "/jobs/999", Some(json!({ "priority": 1 })), 404),
        ("a task there is not", "GET", "/tasks/999/explanation", None, 404),
        ("a target that is no number", "GET", "/load?target_seconds=soon", None, 400),
    ] {
        let (got, problem) = server.operator(method, path, body).await;
        assert_eq!(got, status, "{case}: {problem}");
        assert!(problem["hint"].is_string(), "{case}: {problem}");
    }
}
