//! What can't be done is said with a hint and its exit code, and nothing of it is begun.

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Command, Output},
};

use crate::service::{Service, sluice};

/// Must end with that code, an error with all the words, and a hint.
#[track_caller]
fn refused(command: &mut Command, code: i32, words: &[&str]) -> Output {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{command:?}: {said}");
    let error = said.lines().find(|line| line.starts_with("error: ")).unwrap_or_else(|| panic!("{command:?}: {said}"));
    assert!(words.iter().all(|word| error.contains(word)), "{command:?}: {said}");
    assert!(said.contains("\nhint: "), "{command:?}: {said}");
    output
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn every_setting_is_checked_before_anything_is_made() {
    let wrong: &[(&str, &[&str])] = &[
        ("data = 7", &["data"]),
        ("listen = \"nowhere\"", &["listen"]),
        ("listen = 8080", &["listen"]),
        ("plugin_dir = true", &["plugin_dir"]),
        ("lanes = \"two\"", &["lanes"]),
        ("lanes = 0", &["lanes", "1 to 64"]),
        ("lanes = 65", &["lanes", "1 to 64"]),
        ("chunk_kib = -1", &["chunk_kib"]),
        ("chunk_kib = 0", &["chunk_kib", "1 to"]),
        ("chunk_kib = 4194305", &["chunk_kib", "1 to"]),
        ("index_memory_mib = 29", &["index_memory_mib", "30 to"]),
        ("index_memory_mib = 65537", &["index_memory_mib", "30 to"]),
        ("index_memory_mib = \"much\"", &["index_memory_mib"]),
        ("base_url = 1", &["base_url"]),
        ("base_url = \"ftp://example.org\"", &["base_url"]),
        ("roles = []", &["roles"]),
        ("roles = ['api', 'chef']", &["`chef`", "controller"]),
        // What is embedded can't be shared.
        ("roles = ['api', 'controller', 'worker']", &["SQLite", "catalogue.url"]),
        ("roles = ['worker']", &["Tantivy", "opensearch"]),
        ("roles = ['worker']\n[records]\nengine = 'opensearch'", &["data folder", "objects.url"]),
        ("roles = ['worker']\n[records]\nengine = 'opensearch'\n[objects]\nurl = '/nowhere'", &["worker.dispatchers", "worker.token"]),
        (
            "roles = ['api', 'controller', 'scheduler', 'dispatcher']\n[records]\nengine = 'opensearch'\n[objects]\nurl = '/nowhere'",
            &["dispatcher", "worker.token"],
        ),
        ("[worker]\ntoken = 'hush hush'", &["worker token", "16 bytes"]),
        ("[worker]\ntoken_file = 'no/such.token'", &["worker.token_file", "no/such.token"]),
        ("[worker]\ndispatchers = ['ftp://example.org']", &["worker.dispatchers", "ftp://"]),
        ("instance = ''", &["instance", "1 to 100"]),
        ("surprise = 1", &["surprise"]),
        ("lanes =", &["TOML parse error"]),
    ];
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("sluice.toml");
    let home = |command: &mut Command| {
        command.env("HOME", folder.path()).env_remove("XDG_DATA_HOME");
    };
    for (text, words) in wrong {
        fs::write(&config, text).unwrap();
        // `check` first, for it ends whatever it thinks.
        for command in ["check", "serve"] {
            let mut command = sluice([command, "--config"]);
            home(&mut command);
            refused(command.arg(&config).env_remove("SLUICE_PLUGIN_DIR"), 78, words);
        }
        assert_eq!(names(folder.path()), ["sluice.toml"], "{text}");
    }
    let mut missing = sluice(["serve", "--config", "no/such.toml"]);
    home(&mut missing);
    refused(&mut missing, 78, &["no/such.toml"]);
    let mut variable = sluice(["serve"]);
    home(&mut variable);
    refused(variable.env("SLUICE_LANES", "many"), 78, &["LANES", "u32"]);
    let mut roles = sluice(["serve"]);
    home(&mut roles);
    refused(roles.env("SLUICE_ROLES", "api, worker"), 78, &["the roles api, worker"]);
    let mut flag = sluice(["serve", "--listen", "here"]);
    home(&mut flag);
    refused(&mut flag, 78, &["listen"]);
    assert_eq!(names(folder.path()), ["sluice.toml"]);
}

#[test]
fn a_port_in_use_is_said_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let data = folder.path().join("data");
    refused(sluice(["serve", "--listen", &address, "--data"]).arg(&data), 71, &[&address]);
    assert!(!data.exists());
}

#[test]
fn a_data_folder_in_use_is_said() {
    let service = Service::start();
    refused(sluice(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(service.data()), 71, &["in use"]);
    assert_eq!(service.get("/readyz").0, 200);
}

#[test]
fn a_plugin_that_is_not_there_and_a_file_nobody_claims() {
    let folder = tempfile::tempdir().unwrap();
    let (list, noise) = (folder.path().join("list.txt"), folder.path().join("noise.bin"));
    fs::write(&list, "ann@example.com:one\n").unwrap();
    let bytes: Vec<u8> = (0..4_096_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    fs::write(&noise, bytes).unwrap();
    refused(sluice(["parse", "--plugin", "nope"]).arg(&list), 64, &["`nope`"]);
    refused(sluice(["parse"]).arg(&noise), 65, &["claimed by no plugin"]);
    refused(sluice(["parse"]).arg(folder.path().join("missing")), 66, &["missing"]);
    refused(sluice(["parse", "--plugin-dir", "no/such"]).arg(&list), 66, &["no/such"]);

    let service = Service::start();
    refused(service.client(["ingest", "--breach", "A", "--plugin", "nope"]).arg(&list), 65, &["`nope`", "combo"]);
    refused(service.client(["ingest", "--breach", "A"]).arg(&noise), 65, &["claimed by no plugin"]);
    refused(service.client(["ingest", "--breach", "A"]).arg(folder.path().join("missing")), 66, &["missing"]);
    let loads = service.json(["loads", "list"]);
    let states: Vec<_> = loads.as_array().unwrap().iter().map(|load| load["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["parsing", "failed"]);
    // Of the failed one nothing is left, the other waits for a word.
    assert!(!service.data().join("objects/staged/1").exists());
    assert_eq!(service.ingest(&[&list], "A", &[])["load"]["ledger"]["stored"], 1);
    let mut away = sluice(["loads", "list"]);
    refused(away.env("SLUICE_DATA", service.data()).env("SLUICE_SERVER", "http://127.0.0.1:9"), 69, &["127.0.0.1:9"]);
    refused(service.client(["loads", "list", "--token", "wrong"]).env("SLUICE_DATA", service.data()), 77, &["token"]);
}
