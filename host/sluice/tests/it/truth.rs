//! Every person in: what real programs and the generator wrote comes out whole and unchanged, by `sluice parse` and through the service.
//!
//! `cases/truth` has dumps that MariaDB and Python wrote, each with the truth beside it (make.sh and make.py say how); the generator adds
//! each format in each encoding. Truth is in canonical values. A service keeps no secrets: its passwords are compared as the ranges count them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::BufWriter,
    path::{Path, PathBuf},
    process::Command,
};

use clap::ValueEnum;
use md4::Md4;
use serde_json::Value;
use sha1::{Digest, Sha1};
use sluice_conformance::{
    containers::{Container, PASSWORD},
    encodings::TextEncoding,
    formats::Format,
    generate::{Recipe, Size},
    traits::Traits,
};

use crate::service::{Service, http, sluice, succeed};

/// A dump and what must come out of it.
struct Case {
    name: String,
    dump: PathBuf,
    truth: Vec<Value>,
}

impl Case {
    fn new(dump: PathBuf) -> Self {
        let name = dump.file_name().unwrap().to_str().unwrap().to_owned();
        let truth = json_lines(&fs::read(dump.with_file_name(format!("{name}.truth.jsonl"))).unwrap());
        assert!(!truth.is_empty(), "{name} has no truth");
        Self { name, dump, truth }
    }
}

fn json_lines(bytes: &[u8]) -> Vec<Value> {
    bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(|line| serde_json::from_slice(line).unwrap()).collect()
}

/// The dumps of a folder that have a truth.
fn cases_in(folder: &Path) -> Vec<Case> {
    let mut dumps: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| {
            let truth = entry.unwrap().path();
            let dump = truth.to_str()?.strip_suffix(".truth.jsonl")?;
            Some(dump.into())
        })
        .collect();
    dumps.sort();
    dumps.into_iter().map(Case::new).collect()
}

fn checked_in() -> Vec<Case> {
    let cases = cases_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/cases/truth"));
    assert!(cases.len() >= 17, "{} cases", cases.len());
    cases
}

/// Each format in each encoding; dialects and containers take turns.
fn generated(folder: &Path) -> Vec<Case> {
    const ENCODINGS: [&str; 6] = ["utf-8", "utf-16le", "latin1", "windows-1251", "gbk", "utf-8-twice"];
    let mut number = 0;
    for format in [Format::Combo, Format::Csv, Format::Mysqldump, Format::Ulp] {
        for (turn, encoding) in ENCODINGS.into_iter().enumerate() {
            number += 1;
            let (dialects, container) = (format.dialects(), Container::value_variants()[number % Container::value_variants().len()]);
            // Lists have words beyond ASCII in few passwords: of fewer lines nobody could tell the encoding.
            let records = if matches!(format, Format::Combo | Format::Ulp) { 1_200 } else { 250 };
            let recipe = Recipe {
                dialect: dialects[turn * 2 % dialects.len()].to_owned(),
                traits: Traits::READABLE,
                encoding: TextEncoding::from_label(encoding).unwrap(),
                container,
                ..Recipe::new(format, Size::Records(records), number as u64)
            };
            let member = format!("{format:?}-{}-{encoding}.{}", recipe.dialect, format.ending()).to_lowercase();
            let path = folder.join(format!("{member}{}", container.ending()));
            let truth = File::create(folder.join(format!("{member}{}.truth.jsonl", container.ending()))).unwrap();
            let out = BufWriter::new(File::create(path).unwrap());
            recipe.write(out, &member, Some(&mut BufWriter::new(truth))).unwrap();
        }
    }
    cases_in(folder)
}

type Fields = Vec<(String, String)>;
type Multiset<T> = BTreeMap<T, u64>;

fn count<T: Ord>(all: impl IntoIterator<Item = T>) -> Multiset<T> {
    let mut counts = Multiset::new();
    all.into_iter().for_each(|one| *counts.entry(one).or_default() += 1);
    counts
}

/// A record's values by name, those of `extra` among them.
fn fields(record: &Value) -> Fields {
    let text = |(name, value): (&String, &Value)| (name.clone(), value.as_str().unwrap().to_owned());
    let (extra, standard): (Vec<_>, Vec<_>) = record.as_object().unwrap().iter().partition(|(name, _)| *name == "extra");
    let extra = extra.into_iter().flat_map(|(_, columns)| columns.as_object().unwrap());
    let mut fields: Fields = standard.into_iter().chain(extra).map(text).collect();
    fields.sort();
    fields
}

/// Compares field by field; says what is missing and what was invented.
#[track_caller]
fn assert_same(what: &str, wanted: &Multiset<Fields>, found: &Multiset<Fields>) {
    let without = |left: &Multiset<Fields>, right: &Multiset<Fields>| -> Vec<Fields> {
        left.iter().filter(|(record, times)| right.get(*record) != Some(times)).map(|(record, _)| record.clone()).collect()
    };
    let (missing, invented) = (without(wanted, found), without(found, wanted));
    assert!(
        missing.is_empty() && invented.is_empty(),
        "{what}: {} missing, {} invented\nmissing: {:#?}\ninvented: {:#?}",
        missing.len(),
        invented.len(),
        &missing[..missing.len().min(2)],
        &invented[..invented.len().min(2)]
    );
}

/// What `parse` prints is raw; of what is in the cases a moment alone is written otherwise than it is canonical.
fn canonical(mut record: Value) -> Value {
    if let Some(moment) = record.get_mut("created_at") {
        *moment = format!("{}Z", moment.as_str().unwrap().trim_end_matches('Z').replace(' ', "T")).into();
    }
    record
}

/// Lists have lines of 120 KB in which nobody is; nothing else may be rejected.
fn only_junk(rejects: &Value) -> bool {
    rejects.as_object().unwrap().keys().all(|reason| reason == "line-too-long")
}

fn parse(case: &Case) {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
    let output = succeed(sluice(["parse", "--json", "--password", PASSWORD]).arg(&case.dump).env("XDG_CACHE_HOME", cache));
    let found = count(json_lines(&output.stdout).into_iter().map(canonical).map(|record| fields(&record)));
    assert_same(&case.name, &count(case.truth.iter().map(fields)), &found);
    let report = json_lines(&output.stderr).pop().unwrap();
    assert_eq!(report["members"].as_array().unwrap().len(), 1, "{}", case.name);
    assert!(only_junk(&report["members"][0]["rejects"]), "{}", case.name);
}

#[test]
fn parse_finds_every_person() {
    let folder = tempfile::tempdir().unwrap();
    for case in checked_in().iter().chain(&generated(folder.path())) {
        parse(case);
    }
}

/// Dumps that the MariaDB of this machine writes now; `cargo xtask test` installs it.
#[test]
fn parse_finds_every_person_of_a_live_mariadb() {
    let folder = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/cases/truth/make.sh");
    succeed(Command::new(script).arg(folder.path()));
    let cases = cases_in(folder.path());
    assert_eq!(cases.len(), 4);
    cases.iter().for_each(parse);
}

const SECRETS: [&str; 4] = ["password", "hash", "hash_kind", "salt"];

fn secret(record: &Value) -> Option<&str> {
    record["password"].as_str().or_else(|| record["hash"].as_str())
}

/// What the policy `search` keeps of a record: all but secrets, and no URL's query that repeats one.
fn kept(record: &Value) -> Fields {
    let mut kept = fields(record);
    kept.retain(|(name, _)| !SECRETS.contains(&name.as_str()));
    for (_, url) in kept.iter_mut().filter(|(name, _)| name == "url") {
        if let Some((address, query)) = url.split_once('?')
            && secret(record).is_some_and(|secret| query.contains(secret))
        {
            *url = address.to_owned();
        }
    }
    kept
}

fn account(record: &Value) -> &str {
    record["email"].as_str().or_else(|| record["username"].as_str()).unwrap()
}

/// Hands cases in as one load and compares all that it stored.
fn through_the_service(service: &Service, breach: &str, cases: &[Case]) {
    let dumps: Vec<&Path> = cases.iter().map(|case| case.dump.as_path()).collect();
    let load = service.ingest(&dumps, breach, &["--policy", "search", "--password", PASSWORD])["load"].take();
    let truth = || cases.iter().flat_map(|case| &case.truth);
    let ledger = &load["ledger"];
    assert_eq!(load["state"], "published", "{breach}");
    assert_eq!(
        (ledger["records"].as_u64(), ledger["stored"].as_u64()),
        (Some(truth().count() as u64), ledger["records"].as_u64()),
        "{breach}"
    );
    let bytes = ["record_bytes", "skip_bytes", "reject_bytes"].map(|name| ledger[name].as_u64().unwrap());
    assert_eq!(bytes.iter().sum::<u64>(), ledger["bytes"].as_u64().unwrap(), "{breach}");
    assert!(only_junk(&ledger["parse_rejects"]), "{breach}");
    assert_eq!((&ledger["value_rejects"], &ledger["record_rejects"]), (&serde_json::json!({}), &serde_json::json!({})), "{breach}");
    let accounts: BTreeSet<&str> = truth().map(account).collect();
    assert_eq!(load["accounts"].as_u64(), Some(accounts.len() as u64), "{breach}");
    let passwords = truth().filter(|record| record["password"].is_string()).count();
    assert_eq!(ledger["passwords"].as_u64(), Some(passwords as u64), "{breach}");

    let exported = succeed(&mut service.client(["loads", "export", &load["id"].to_string()]));
    let stored = json_lines(&exported.stdout).into_iter().map(|record| {
        let mut fields: Fields = serde_json::from_value(record["fields"].clone()).unwrap();
        fields.sort();
        // Of the URL, told beside it; an app's has it backwards.
        let url = fields.iter().find(|(name, _)| name == "url").map(|(_, url)| url.to_lowercase()).unwrap_or_default();
        let backwards = |domain: &str| domain.rsplit('.').collect::<Vec<_>>().join(".");
        fields.retain(|(name, value)| name != "website_domain" || !url.contains(value.as_str()) && !url.contains(&backwards(value)));
        fields
    });
    assert_same(breach, &count(truth().map(kept)), &count(stored));
}

/// Every range that has a password must have those and no others, as often as they were.
fn ranges(service: &Service, mode: &str, hash: fn(&str) -> String, cases: &[&Case]) {
    let passwords = cases.iter().flat_map(|case| &case.truth).filter_map(|record| record["password"].as_str());
    let hashes = count(passwords.map(hash));
    let mut by_prefix = BTreeMap::<&str, BTreeSet<String>>::new();
    for (hash, times) in &hashes {
        by_prefix.entry(&hash[..5]).or_default().insert(format!("{}:{times}", &hash[5..]));
    }
    assert!(by_prefix.len() > 100);
    for (prefix, wanted) in by_prefix {
        let (status, range) = service.get(&format!("/range/{prefix}?mode={mode}"));
        let found: BTreeSet<String> = String::from_utf8(range).unwrap().lines().map(str::to_owned).collect();
        assert_eq!((status, found), (200, wanted), "{mode} range {prefix}");
    }
}

fn sha1(password: &str) -> String {
    hex::encode_upper(Sha1::digest(password))
}

fn ntlm(password: &str) -> String {
    let utf16: Vec<u8> = password.encode_utf16().flat_map(u16::to_le_bytes).collect();
    hex::encode_upper(Md4::digest(utf16))
}

/// Every account is told of the breaches it is in and of no other, and nobody else of any.
fn accounts(service: &Service, breaches: &[(&str, &[Case])]) {
    let mut wanted = BTreeMap::<String, BTreeSet<&str>>::new();
    for (breach, cases) in breaches {
        for record in cases.iter().flat_map(|case| &case.truth) {
            wanted.entry(account(record).to_lowercase()).or_default().insert(breach);
        }
    }
    let key = service.json(["keys", "create", "--label", "truth", "--rpm", "10000000"])["key"].as_str().unwrap().to_owned();
    let ask = |account: &str| {
        let mut url = reqwest::Url::parse(&format!("{}/api/v3/breachedaccount", service.url())).unwrap();
        url.path_segments_mut().unwrap().push(account);
        http(url.authority(), "GET", url.path(), &[("hibp-api-key", &key)]).unwrap()
    };
    assert!(wanted.len() > 1_000);
    for (account, breaches) in &wanted {
        let (status, answer) = ask(account);
        assert_eq!(status, 200, "{account}");
        let answer: Vec<Value> = serde_json::from_slice(&answer).unwrap();
        assert_eq!(answer.iter().map(|breach| breach["Name"].as_str().unwrap()).collect::<BTreeSet<_>>(), *breaches, "{account}");
    }
    for account in wanted.keys().step_by(20) {
        assert_eq!(ask(&format!("no-{account}")).0, 404, "{account}");
    }
}

#[test]
fn the_service_finds_every_person() {
    let folder = tempfile::tempdir().unwrap();
    let (real, made) = (checked_in(), generated(folder.path()));
    let service = Service::start();
    through_the_service(&service, "Real", &real);
    through_the_service(&service, "Made", &made);
    let all: Vec<&Case> = real.iter().chain(&made).collect();
    ranges(&service, "sha1", sha1, &all);
    ranges(&service, "ntlm", ntlm, &all);
    accounts(&service, &[("Real", &real), ("Made", &made)]);
    assert!(service.stop().success());
}

#[test]
fn lanes_do_not_show_in_what_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let cases = generated(folder.path());
    let dumps: Vec<&Path> = cases.iter().map(|case| case.dump.as_path()).collect();
    let digests = ["1", "2", "4"].map(|lanes| {
        let service = Service::start_with(&["--lanes", lanes]);
        let load = service.ingest(&dumps, "Lanes", &["--policy", "search", "--password", PASSWORD])["load"]["id"].to_string();
        service.json(["loads", "digest", &load])
    });
    assert_eq!(digests[0]["records"], cases.iter().map(|case| case.truth.len()).sum::<usize>());
    assert!(digests.iter().all(|digest| *digest == digests[0]), "{digests:?}");
}
