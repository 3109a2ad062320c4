//! What an operator does by hand: configuration, an upload that broke off, a plugin changed while the service runs.

use std::{fs, path::Path};

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::service::{Service, plugin_dir, sluice, succeed, wait_for};

#[test]
fn the_printed_configuration_is_the_default_one() {
    let folder = tempfile::tempdir().unwrap();
    let printed = String::from_utf8(succeed(&mut sluice(["serve", "--print-config"])).stdout).unwrap();
    let settings = |line: &str| line.starts_with('#') && !line.starts_with("# ");
    // What stands in tables are examples of other engines.
    let plain = printed.lines().take_while(|line| !line.starts_with('['));
    let uncommented: String = plain.filter(|line| settings(line)).map(|line| format!("{}\n", &line[1..])).collect();
    assert_eq!(uncommented.lines().count(), 10, "{uncommented}");
    let config = folder.path().join("sluice.toml");
    for (text, code) in [(printed, 0), (uncommented.clone(), 0), (format!("{uncommented}surprise = 1\n"), 78)] {
        fs::write(&config, text).unwrap();
        let mut check = sluice(["check", "--config"]);
        let data = folder.path().join("data");
        let output = check.arg(&config).arg("--data").arg(data).arg("--plugin-dir").arg(plugin_dir()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert_eq!(said.contains("surprise"), code != 0, "{said}");
    }
}

/// The bytes of one upload, in the service's own words.
async fn send(service: &Service, method: Method, path: &str, offset: Option<u64>, body: Vec<u8>) -> (u16, Value) {
    let token = fs::read_to_string(service.data().join("operator.token")).unwrap();
    let mut request = Client::new().request(method, format!("{}/api/operator/v1{path}", service.url())).bearer_auth(token.trim());
    if let Some(offset) = offset {
        request = request.header("Upload-Offset", offset);
    }
    let answer = request.body(body).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_goes_on_where_it_stood_unless_the_bytes_are_others() {
    let service = Service::start();
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("list.txt");
    let lines: String = (0..2000).map(|n| format!("person{n}@example.com:secret{n}\n")).collect();
    fs::write(&dump, &lines).unwrap();
    let (_, begun) =
        send(&service, Method::POST, "/dumps", None, json!({"name": "list.txt", "bytes": lines.len()}).to_string().into()).await;
    let path = format!("/dumps/{}", begun["id"]);
    assert_eq!(send(&service, Method::PATCH, &path, Some(0), lines.as_bytes()[..9999].to_vec()).await.0, 204);

    let ended = service.ingest(&[&dump], "Resumed", &[]);
    assert_eq!(ended["load"]["ledger"]["stored"], 2000);
    let (_, dumps) = send(&service, Method::GET, "/dumps", None, Vec::new()).await;
    assert_eq!(dumps.as_array().unwrap().len(), 1, "the upload that was begun is the one that ended: {dumps}");

    // The same name and size, but other bytes before: they are given up, and it begins anew.
    let other = lines.replace("secret", "hidden");
    fs::write(&dump, &other).unwrap();
    let (_, begun) =
        send(&service, Method::POST, "/dumps", None, json!({"name": "list.txt", "bytes": other.len()}).to_string().into()).await;
    let path = format!("/dumps/{}", begun["id"]);
    assert_eq!(send(&service, Method::PATCH, &path, Some(0), lines.as_bytes()[..9999].to_vec()).await.0, 204);
    assert_eq!(service.ingest(&[&dump], "Resumed", &[])["load"]["ledger"]["stored"], 2000);
    assert_eq!(send(&service, Method::HEAD, &path, None, Vec::new()).await.0, 404, "what was begun is gone");
}

#[test]
fn uploads_of_one_name_and_size_at_once_do_not_spoil_one_another() {
    let service = Service::start();
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for sender in 0..6 {
            let (service, folder) = (&service, folder.path().join(sender.to_string()));
            scope.spawn(move || {
                fs::create_dir(&folder).unwrap();
                // Two senders have the same bytes, too.
                let lines: String = (0..20_000).map(|n| format!("person{n:05}@example.com:secret{}\n", sender / 2)).collect();
                fs::write(folder.join("list.txt"), lines).unwrap();
                let ended = service.ingest(&[&folder.join("list.txt")], &format!("Sender{sender}"), &[]);
                assert_eq!(ended["load"]["ledger"]["stored"], 20_000, "{ended}");
            });
        }
    });
}

#[test]
fn a_plugin_is_changed_while_the_service_runs_and_stays_changed() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut service = Service::start_in(&data, &[]);
    // Another digest, the same parser: a custom section at the end of the component.
    let mut component = fs::read(plugin_dir().join("combo.wasm")).unwrap();
    component.extend_from_slice(b"\x00\x05\x04note");
    let newer = folder.path().join("combo.wasm");
    fs::write(&newer, component).unwrap();
    let installed = service.json([Path::new("plugins"), Path::new("install"), &newer]);
    let digest = installed["digest"].as_str().unwrap().to_owned();
    let reads = |service: &Service, breach: &str| {
        let dump = folder.path().join(format!("{breach}.txt"));
        fs::write(&dump, format!("{breach}@example.com:secret\n{breach}@example.net:secret\n")).unwrap();
        service.ingest(&[&dump], breach, &["--plugin", "combo"])["load"]["plugins"][0].as_str().unwrap().to_owned()
    };
    assert_ne!(reads(&service, "Before"), digest, "installed is not active");
    service.json(["plugins", "activate", &digest]);
    assert_eq!(reads(&service, "After"), digest);
    assert!(service.stop().success());
    service = Service::start_in(&data, &[]);
    assert_eq!(reads(&service, "Restarted"), digest, "the folder's plugin does not overrule the operator");
}

#[test]
fn it_takes_as_many_open_files_as_it_may() {
    let service = Service::start_with_few_files();
    let limits = fs::read_to_string(format!("/proc/{}/limits", service.pid())).unwrap();
    let files: Vec<_> = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap().split_whitespace().collect();
    assert_eq!(files[0], files[1], "soft and hard: {limits}");
}

#[test]
fn an_account_counts_once_however_many_loads_of_its_breach_have_it() {
    let service = Service::start();
    let folder = tempfile::tempdir().unwrap();
    let pwn_count = || {
        let (status, breach) = service.get("/api/v3/breach/Parts");
        (status == 200).then(|| serde_json::from_slice::<Value>(&breach).unwrap()["PwnCount"].as_u64().unwrap())
    };
    // People 0 to 999, 500 to 1,499 and 1,400 to 1,999.
    let mut loads = vec![];
    for (people, together) in [(0..1000, 1000), (500..1500, 1500), (1400..2000, 2000)] {
        let dump = folder.path().join(format!("from-{}.txt", people.start));
        fs::write(&dump, people.map(|n| format!("person{n}@example.com:secret{n}\n")).collect::<String>()).unwrap();
        let ended = service.ingest(&[&dump], "Parts", &[]);
        loads.push(ended["load"]["id"].to_string());
        wait_for("the count of all loads", || (pwn_count() == Some(together)).then_some(()));
    }
    // Without the second, its accounts that no other load has are gone: 1,000 to 1,399.
    succeed(&mut service.client(["loads", "retract", &loads[1]]));
    wait_for("the count of the loads that remain", || (pwn_count() == Some(1600)).then_some(()));
}
