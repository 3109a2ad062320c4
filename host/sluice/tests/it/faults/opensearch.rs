//! The record store in OpenSearch: the same dumps come to the same as in the embedded one, whatever dies meanwhile.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use sluice_engines::opensearch::OpenSearch;

use super::{begin, dumps, outcome, small_chunks, wait_until_done};
use crate::service::{Service, wait_for};

/// Dumps, a configuration whose records are theirs, and what the dumps come to in the embedded store.
fn prepared(folder: &Path, servers: &[OpenSearch]) -> ([PathBuf; 2], String, [Value; 2]) {
    let embedded = small_chunks(folder, 256);
    let dumps = dumps(folder, 3 << 20);
    let service = Service::start_with(&["--config", embedded.to_str().unwrap()]);
    let expected = outcome(&service, &service.ingest(&[&dumps[0], &dumps[1]], "Embedded", &[])["load"]["id"]);
    assert!(service.stop().success());
    let (config, urls) = (folder.join("opensearch.toml"), servers.iter().map(OpenSearch::url).collect::<Vec<_>>());
    let records = format!("\n[records]\nengine = \"opensearch\"\nurls = {urls:?}\nprefix = \"test-{}\"\n", std::process::id());
    fs::write(&config, fs::read_to_string(&embedded).unwrap() + &records).unwrap();
    (dumps, config.to_str().unwrap().to_owned(), expected)
}

/// Waits until a load has the first of its records.
fn wait_for_records(service: &Service, load: &Value) {
    wait_for("records", || {
        let tasks = service.json(["tasks"]);
        let done = |task: &Value| task["load"] == *load && task["kind"] == "parse" && task["state"] == "done";
        tasks.as_array().unwrap().iter().any(done).then_some(())
    });
}

/// Three records of a domain are found.
fn assert_answers(service: &Service) {
    let (status, found) = service.get("/api/operator/v1/records?domain=example.com&limit=3");
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&found));
    assert_eq!(serde_json::from_slice::<Value>(&found).unwrap()["records"].as_array().unwrap().len(), 3);
}

#[test]
fn dumps_come_to_the_same_in_opensearch_whatever_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = OpenSearch::start().unwrap();
    let (dumps, config, expected) = prepared(folder.path(), std::slice::from_ref(&server));
    let (data, args) = (folder.path().join("data"), ["--config", &config]);
    let mut service = Service::start_in(&data, &args);
    let load = service.ingest(&[&dumps[0], &dumps[1]], "Undisturbed", &[])["load"]["id"].clone();
    assert_eq!(outcome(&service, &load), expected);
    assert_answers(&service);

    for (round, breach) in ["ServiceKilled", "ServerKilled"].into_iter().enumerate() {
        let mut client = begin(&service, &dumps, breach, &[]);
        let load = (round as u64 + 2).into();
        wait_for_records(&service, &load);
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

#[test]
fn a_node_of_three_killed_in_the_middle_of_a_load_costs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut nodes = OpenSearch::cluster(3).unwrap();
    let (dumps, config, expected) = prepared(folder.path(), &nodes);
    let service = Service::start_in(&folder.path().join("data"), &["--config", &config]);
    nodes[0].wait_until_green().unwrap();
    let mut client = begin(&service, &dumps, "NodeKilled", &[]);
    wait_for_records(&service, &1.into());
    nodes[0].process().unwrap().kill().unwrap();
    wait_until_done(&service);
    drop(client.wait());
    assert_eq!(outcome(&service, &1.into()), expected);
    assert_answers(&service);
    // Back again, it has copies of what was written without it, and another one may go.
    nodes[0].restart().unwrap();
    nodes[0].wait_until_green().unwrap();
    nodes[1].process().unwrap().kill().unwrap();
    assert_eq!(outcome(&service, &1.into()), expected);
    assert_answers(&service);
    assert!(service.stop().success());
}
