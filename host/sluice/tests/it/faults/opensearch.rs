//! The record store in OpenSearch: the same dumps come to the same as in the embedded one, whatever dies meanwhile.

use std::fs;

use sluice_engines::opensearch::OpenSearch;

use super::{begin, dumps, outcome, small_chunks, wait_until_done};
use crate::service::{Service, wait_for};

#[test]
fn dumps_come_to_the_same_in_opensearch_whatever_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let embedded = small_chunks(folder.path(), 256);
    let dumps = dumps(folder.path(), 3 << 20);
    let service = Service::start_with(&["--config", embedded.to_str().unwrap()]);
    let expected = outcome(&service, &service.ingest(&[&dumps[0], &dumps[1]], "Embedded", &[])["load"]["id"]);
    assert!(service.stop().success());

    let mut server = OpenSearch::start().unwrap();
    let config = folder.path().join("opensearch.toml");
    let records =
        format!("\n[records]\nengine = \"opensearch\"\nurls = [\"{}\"]\nprefix = \"test-{}\"\n", server.url(), std::process::id());
    fs::write(&config, fs::read_to_string(&embedded).unwrap() + &records).unwrap();
    let (data, args) = (folder.path().join("data"), ["--config", config.to_str().unwrap()]);
    let mut service = Service::start_in(&data, &args);
    let load = service.ingest(&[&dumps[0], &dumps[1]], "Undisturbed", &[])["load"]["id"].clone();
    assert_eq!(outcome(&service, &load), expected);
    let (status, found) = service.get("/api/operator/v1/records?domain=example.com&limit=3");
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&found));
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&found).unwrap()["records"].as_array().unwrap().len(), 3);

    for (round, breach) in ["ServiceKilled", "ServerKilled"].into_iter().enumerate() {
        let mut client = begin(&service, &dumps, breach, &[]);
        let load = (round as u64 + 2).into();
        wait_for("records", || {
            let tasks = service.json(["tasks"]);
            let done = |task: &serde_json::Value| task["load"] == load && task["kind"] == "parse" && task["state"] == "done";
            tasks.as_array().unwrap().iter().any(done).then_some(())
        });
        if round == 0 {
            service.kill();
            service = Service::start_in(&data, &args);
        } else {
            server.process().unwrap().kill().unwrap();
            server.restart().unwrap();
        }
        wait_until_done(&service);
        drop(client.wait());
        assert_eq!(outcome(&service, &load), expected, "{breach}");
    }
    assert!(service.stop().success());
}
