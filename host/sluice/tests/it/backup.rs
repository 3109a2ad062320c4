//! A backup of a service that runs, restored into an empty place: what is asked there is answered as before.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    process::{self, Stdio},
    time::Instant,
};

use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};
use sluice_catalogue::{Catalogue, SCHEMA, sqlite_url};
use sluice_engines::{opensearch::OpenSearch, postgres::shared, s3};

use crate::{
    engines::configure,
    service::{PATIENCE, Service, http, plugin_dir, sluice, succeed, wait_for},
};

fn people(range: std::ops::Range<u32>) -> String {
    range.map(|n| format!("person{n}@example.com:secret{n}\n")).collect()
}

/// Breaches with four loads that are seen, one that was retracted and one that never was published; a plugin of our own; a member that was
/// left out; a key with a domain. Gives the key.
fn fill(service: &Service, folder: &Path) -> String {
    let dump = |name: &str, range| {
        let path = folder.join(name);
        fs::write(&path, people(range)).unwrap();
        path
    };
    service.ingest(&[&dump("first.txt", 0..1_000)], "First", &["--plugin", "combo"]);
    service.ingest(&[&dump("more.txt", 500..1_500)], "First", &["--policy", "search"]);
    let mut component = fs::read(plugin_dir().join("combo.wasm")).unwrap();
    component.extend_from_slice(b"\x00\x05\x04note");
    fs::write(folder.join("combo.wasm"), component).unwrap();
    let official = service.ingest(&[&dump("gone.txt", 5_000..5_100)], "Second", &[]);
    succeed(&mut service.client(["loads", "retract", &official["load"]["id"].to_string()]));
    let own = service.json([Path::new("plugins"), Path::new("install"), &folder.join("combo.wasm")]);
    service.json(["plugins", "activate", own["digest"].as_str().unwrap()]);
    let read = service.ingest(&[&dump("second.txt", 900..2_000)], "Second", &["--plugin", "combo"]);
    assert_eq!(read["load"]["plugins"], json!([own["digest"]]));
    // Others are read by the official one again.
    service.json(["plugins", "activate", official["load"]["plugins"][0].as_str().unwrap()]);
    let unseen = dump("unseen.txt", 8_000..8_100);
    succeed(service.client(["ingest", "--breach", "Second"]).arg(unseen));
    leave_out(service, folder, 4 << 10);
    let key = service.json(["keys", "create", "--label", "ours", "--plan", "Pro 5"]);
    service.json(["keys", "verify-domain", &key["id"].to_string(), "example.com"]);
    service.wait_for("the retract", || open_jobs(service).is_empty().then_some(()));
    key["key"].as_str().unwrap().to_owned()
}

/// An archive with a member that nobody claims, which is left out by hand.
fn leave_out(service: &Service, folder: &Path, noise_bytes: usize) {
    let archive = folder.join("archive.zip");
    let mut zip = zip::ZipWriter::new(fs::File::create(&archive).unwrap());
    let mut noise = vec![0; noise_bytes];
    blake3::Hasher::new().finalize_xof().fill(&mut noise);
    for (name, bytes) in [("list.txt", people(0..100).into_bytes()), ("noise.bin", noise)] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(&bytes).unwrap();
    }
    zip.finish().unwrap();
    // The client leaves when a member waits.
    let waits = service.client(["ingest", "--json", "--publish", "--breach", "Third"]).arg(archive).output().unwrap();
    assert_eq!(waits.status.code(), Some(65));
    let load = serde_json::from_slice::<Value>(&waits.stdout).unwrap()["load"]["id"].to_string();
    let member = service.json(["loads", "waiting", &load])[0]["id"].to_string();
    succeed(&mut service.client(["loads", "resolve", &member, "skip"]));
}

fn open_jobs(service: &Service) -> Vec<Value> {
    let jobs = service.json(["jobs", "list"]);
    jobs.as_array().unwrap().iter().filter(|job| job["finished_at"].is_null()).cloned().collect()
}

/// What anybody may ask, and the loads' own digests.
fn answers(service: &Service, key: &str) -> BTreeMap<String, Value> {
    let accounts = [0, 700, 950, 1_999, 5_001, 8_001].map(|n| format!("breachedaccount/person{n}@example.com?truncateResponse=false"));
    let paths = accounts.into_iter().chain(["breaches".to_owned(), "breacheddomain/example.com".to_owned(), "dataclasses".to_owned()]);
    let ask = |path: String| {
        let (status, body) = http(service.address(), "GET", &format!("/api/v3/{path}"), &[("hibp-api-key", key)]).unwrap();
        let body = String::from_utf8(body).unwrap().replace(service.address(), "here");
        (path, json!([status, serde_json::from_str::<Value>(&body).unwrap_or_default()]))
    };
    let mut answers: BTreeMap<_, _> = paths.map(ask).collect();
    for (n, count) in [(0, 2), (700, 2), (950, 3), (1_999, 1), (5_001, 0)] {
        let hash = hex::encode_upper(Sha1::digest(format!("secret{n}")));
        let range = String::from_utf8(service.get(&format!("/range/{}", &hash[..5])).1).unwrap();
        let found = range.lines().find_map(|line| line.strip_prefix(&hash[5..])?.strip_prefix(':')).unwrap_or("0");
        answers.insert(hash, json!([found == count.to_string(), range.lines().collect::<Vec<_>>()]));
    }
    let loads = service.json(["loads", "list"]);
    let seen = loads.as_array().unwrap().iter().filter(|load| load["state"] == "published" || load["state"] == "verified");
    let mut digests: Vec<_> = seen.map(|load| service.json(["loads", "digest", &load["id"].to_string()])["digest"].to_string()).collect();
    digests.sort();
    answers.insert("digests".into(), digests.into());
    answers.insert("keys".into(), service.json(["keys", "list"]));
    answers.insert("plugins".into(), service.json(["plugins", "list"]));
    answers
}

/// Waits until the answers are those; says which are others.
fn same_answers(service: &Service, key: &str, wanted: &BTreeMap<String, Value>) {
    let mut others = vec![];
    let since = Instant::now();
    while since.elapsed() < PATIENCE {
        let found = answers(service, key);
        others = wanted.keys().filter(|path| found.get(*path) != wanted.get(*path)).map(|path| found[path].to_string()).collect();
        if others.is_empty() {
            return;
        }
    }
    panic!("{others:#?}");
}

fn backup(service: &Service, to: &Path, args: &[&str]) -> Value {
    let mut backup = sluice(["backup", "--json", "--data"]);
    serde_json::from_slice(&succeed(backup.arg(service.data()).arg(to).args(args)).stdout).unwrap()
}

fn restore(from: &Path, data: &Path, args: &[&str]) -> (Option<i32>, String) {
    let output = sluice(["restore", "--data"]).arg(data).arg(from).args(args).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap() + &String::from_utf8(output.stdout).unwrap())
}

/// The restored service, when all its loads are there again.
fn serve(data: &Path, args: &[&str]) -> Service {
    let service = Service::start_in(data, args);
    service.wait_for("the loads", || open_jobs(&service).is_empty().then_some(()));
    let jobs = service.json(["jobs", "list"]);
    assert!(jobs.as_array().unwrap().iter().all(|job| job["state"] == "done"), "{jobs:#}");
    service
}

/// A backup's rows, by table, but for what has happened since.
fn rows(file: &Path) -> BTreeMap<String, Vec<Value>> {
    let mut tar = tar::Archive::new(zstd::Decoder::new(fs::File::open(file).unwrap()).unwrap());
    let mut rows = BTreeMap::<String, Vec<Value>>::new();
    for entry in tar.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().display().to_string();
        let Some(table) = path.strip_prefix("catalogue/").map(|name| name.split('-').next().unwrap().to_owned()) else { continue };
        let mut lines = String::new();
        entry.read_to_string(&mut lines).unwrap();
        rows.entry(table).or_default().extend(lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()));
    }
    rows.retain(|table, _| !matches!(table.as_str(), "sequences" | "audit" | "imports"));
    rows
}

#[test]
fn what_is_restored_answers_as_before_on_any_engine() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("one")).unwrap();
    let service = Service::start_in(&at("one/data"), &[]);
    let key = fill(&service, folder.path());
    let before = answers(&service, &key);
    let said = backup(&service, &at("all"), &[]);
    assert_eq!((&said["rows"]["imports"], &said["rows"]["dumps"], &said["rows"]["breaches"]), (&json!(5), &json!(6), &json!(3)));
    assert_eq!(std::os::unix::fs::MetadataExt::mode(&fs::metadata(at("all")).unwrap()) & 0o777, 0o600);
    assert!(!sluice(["backup"]).arg(at("all")).arg("--data").arg(service.data()).output().unwrap().status.success(), "none is overwritten");
    assert_eq!((&before["breaches"][1][0]["PwnCount"], before["digests"].as_array().unwrap().len()), (&json!(1_500), 5));
    assert!(before.iter().filter(|(path, _)| path.len() == 40).all(|(_, range)| range[0] == true), "{before:?}");

    // Into a folder …
    assert_eq!(restore(&at("all"), &at("none"), &["--check"]).0, Some(0));
    assert!(!at("none").exists());
    fs::create_dir(at("two")).unwrap();
    let (code, said) = restore(&at("all"), &at("two/data"), &[]);
    assert_eq!(code, Some(0), "{said}");
    let restored = serve(&at("two/data"), &[]);
    same_answers(&restored, &key, &before);
    let url = sqlite_url(&at("two/data/catalogue.sqlite"));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let audit = runtime.block_on(async { Catalogue::open(&url).await.unwrap().audit_entries(100).await.unwrap() });
    let has = |action: &str| audit.iter().any(|entry| entry.action == action);
    assert!(has("load.retract") && has("domain.verify") && has("restore"), "{audit:?}");
    assert_eq!(restore(&at("all"), &at("two/data"), &[]).0, Some(71), "it is in use");

    // … and into PostgreSQL, S3 and OpenSearch, and out of there again.
    let (server, objects, opensearch) = (shared().unwrap(), s3::shared().unwrap(), OpenSearch::start().unwrap());
    server.database("restored").unwrap();
    fs::create_dir_all(at("three/data")).unwrap();
    let config = configure(&at("three"), &server.url_without_password("restored"), &objects, &objects.place());
    let records = format!("[records]\nengine = 'opensearch'\nurls = ['{}']\nprefix = 'restored-{}'\n", opensearch.url(), process::id());
    fs::write(&config, fs::read_to_string(&config).unwrap() + &records).unwrap();
    let (code, said) = restore(&at("all"), &at("three/data"), &["--config", &config]);
    assert_eq!(code, Some(0), "{said}");
    let restored = serve(&at("three/data"), &["--config", &config]);
    same_answers(&restored, &key, &before);
    backup(&restored, &at("again"), &["--config", &config]);
    assert_eq!(rows(&at("again")), rows(&at("all")));
}

#[test]
fn a_restore_that_is_killed_is_begun_again() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let service = Service::start();
    leave_out(&service, folder.path(), 24 << 20);
    let key = service.json(["keys", "create", "--label", "ours", "--plan", "Pro 5"])["key"].as_str().unwrap().to_owned();
    service.wait_for("the load", || open_jobs(&service).is_empty().then_some(()));
    let before = answers(&service, &key);
    backup(&service, &at("all"), &[]);
    let is_killed = (0..20).any(|attempt| {
        let data = at(&format!("data-{attempt}"));
        let mut running = sluice(["restore", "--data"]).arg(&data).arg(at("all")).stderr(Stdio::null()).spawn().unwrap();
        wait_for("an object", || data.join("objects/dumps").exists().then_some(()));
        running.kill().unwrap();
        if running.wait().unwrap().success() {
            return false; // it was quicker
        }
        let (code, said) = restore(&at("all"), &data, &[]);
        assert_eq!(code, Some(0), "{said}");
        same_answers(&serve(&data, &[]), &key, &before);
        true
    });
    assert!(is_killed);
}

#[test]
fn what_is_no_whole_backup_is_refused_and_leaves_the_place_empty() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let service = Service::start();
    fs::write(at("list.txt"), people(0..2_000)).unwrap();
    service.ingest(&[&at("list.txt")], "Only", &["--plugin", "combo"]);
    backup(&service, &at("all"), &[]);
    backup(&service, &at("rows"), &["--without-dumps"]);
    let whole = fs::read(at("all")).unwrap();
    let (data, bad) = (at("data"), at("bad"));
    let refused = |bytes: &[u8], why: &str| {
        fs::write(&bad, bytes).unwrap();
        let (code, said) = restore(&bad, &data, &[]);
        assert_eq!(code, Some(65), "{said}");
        assert!(said.contains(why) && said.contains("hint: "), "{why}: {said}");
    };
    for cut in [0, 10, whole.len() / 2, whole.len() - 1] {
        refused(&whole[..cut], "no whole backup");
    }
    for flipped in [0, whole.len() / 3, whole.len() / 2, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[flipped] ^= 0x10;
        refused(&bytes, "no whole backup");
    }
    refused(&[&whole[..], b"more"].concat(), "no whole backup");
    // What its maker has changed.
    let plain = zstd::decode_all(&whole[..]).unwrap();
    let edited = |from: &str, to: &str| {
        let at = plain.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
        let bytes = [&plain[..at], to.as_bytes(), &plain[at + from.len()..]].concat();
        zstd::encode_all(&bytes[..], 1).unwrap()
    };
    refused(&edited("\"form\": 1", "\"form\": 2"), "another form");
    let schema = format!("\"schema\": {SCHEMA}");
    refused(&edited(&schema, &schema.replace(|c: char| c.is_ascii_digit(), "9")), "another schema");
    refused(&edited("person7@example.com", "person8@example.com"), "bytes of dump 1");
    refused(&edited("objects/dumps", "objects/../.."), "is not where it should be");
    refused(&edited("\"title\":\"Only\"", "\"title\":\"Onlx\""), "what it says of itself");
    refused(&edited("catalogue/breaches", "catalogue/branches"), "unknown");

    // Without dumps they must be there already, and right.
    refused(&fs::read(at("rows")).unwrap(), "dump 1 is not whole");
    let part = |data: &Path| -> PathBuf {
        let dump = fs::read_dir(data.join("objects/dumps")).unwrap().next().unwrap().unwrap().path();
        fs::read_dir(dump).unwrap().next().unwrap().unwrap().path()
    };
    let from = part(service.data());
    let to = data.join("objects").join(from.strip_prefix(service.data().join("objects")).unwrap());
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::write(&to, people(0..2_000).replace("person7@", "person8@")).unwrap();
    refused(&fs::read(at("rows")).unwrap(), "dump 1 is not whole");
    refused(&whole, "another dumps/");
    fs::copy(&from, &to).unwrap();
    let (code, said) = restore(&at("rows"), &data, &[]);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = restore(&at("all"), &data, &[]);
    assert!(code == Some(71) && said.contains("the catalogue is not empty: it has 1 breaches"), "{said}");
    let restored = serve(&data, &[]);
    wait_for("the answer", || (restored.get_openly("/api/v3/breach/Only").0 == 200).then_some(()));
}
