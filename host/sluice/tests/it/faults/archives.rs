//! Hostile archives: each is refused in words or noted, nothing is written outside, and a good dump is read after it.

use std::{
    fs,
    io::{Cursor, Write as _},
    path::Path,
};

use serde_json::Value;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::PEAK_MIB_MAX;
use crate::service::Service;

const ROWS: &str = "ann@example.com:one\nbob@example.net:two\n";
/// Of nothing but zeros: deflate makes a thousandth of it.
const BOMB_BYTES: usize = 300 << 20;
const MANY: usize = 10_000;
const ONE_WITH_PEOPLE_IN: usize = 50;

type Zip = ZipWriter<Cursor<Vec<u8>>>;

fn zip_of(fill: impl FnOnce(&mut Zip)) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    fill(&mut zip);
    zip.finish().unwrap().into_inner()
}

fn add(zip: &mut Zip, name: &str, bytes: &[u8]) {
    zip.start_file(name, SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)).unwrap();
    zip.write_all(bytes).unwrap();
}

fn of_rows(names: &[&str]) -> Vec<u8> {
    zip_of(|zip| names.iter().for_each(|name| add(zip, name, ROWS.as_bytes())))
}

fn with_link(target: &str) -> Vec<u8> {
    zip_of(|zip| {
        zip.add_symlink("link", target, SimpleFileOptions::default()).unwrap();
        add(zip, "link/planted", ROWS.as_bytes());
    })
}

fn bomb() -> Vec<u8> {
    let zeros = vec![b'0'; 1 << 20];
    let bomb = zip_of(|zip| {
        add(zip, "good.txt", ROWS.as_bytes());
        zip.start_file("bomb.txt", SimpleFileOptions::default().compression_level(Some(9))).unwrap();
        (0..BOMB_BYTES >> 20).for_each(|_| zip.write_all(&zeros).unwrap());
    });
    assert!(BOMB_BYTES / bomb.len() > 900, "{} bytes", bomb.len());
    bomb
}

/// Its directory says 10 bytes.
fn lying() -> Vec<u8> {
    let mut zip = of_rows(&["liar.txt", "good.txt"]);
    let entry = zip.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    zip[entry + 24..entry + 28].copy_from_slice(&10_u32.to_le_bytes());
    zip
}

/// How it ends: the job's state, records stored, and a word that a note or the job's message must have.
struct Case {
    name: &'static str,
    dump: Vec<u8>,
    state: &'static str,
    stored: u64,
    word: &'static str,
}

fn cases(planted: &Path) -> Vec<Case> {
    let absolute = planted.join("absolute");
    let case = |name, dump, state, stored, word| Case { name, dump, state, stored, word };
    vec![
        case("climbing", of_rows(&["../../x", "../../../../../../tmp/sluice-x", "fine.txt"]), "done", 6, ""),
        case("absolute", of_rows(&[absolute.to_str().unwrap()]), "done", 2, ""),
        case("link", with_link(planted.to_str().unwrap()), "done", 2, "link"),
        case("bomb", bomb(), "failed", 0, "bomb"),
        case("lying", lying(), "done", 2, "size"),
    ]
}

/// Every path below a folder but what the service keeps.
fn tree(folder: &Path, data: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path == data {
            continue;
        }
        found.push(path.display().to_string());
        if path.is_dir() {
            found.extend(tree(&path, data));
        }
    }
    found.sort();
    found
}

/// Hands it in and gives the job and the load, however it ends.
fn ingest(service: &Service, dump: &Path, breach: &str) -> Value {
    let mut ingest = service.client(["ingest", "--json", "--plugin", "combo", "--breach", breach]);
    let output = ingest.arg(dump).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{breach}: {}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn hostile_archives_end_in_words_and_the_service_lives_on() {
    let folder = tempfile::tempdir().unwrap();
    let (data, planted) = (folder.path().join("a/b/c/data"), folder.path().join("planted"));
    fs::create_dir_all(data.parent().unwrap()).unwrap();
    fs::create_dir(&planted).unwrap();
    let config = super::small_chunks(folder.path(), 1024);
    let service = Service::start_in(&data, &["--config", config.to_str().unwrap()]);
    let cases = cases(&planted);
    for case in &cases {
        fs::write(folder.path().join(case.name), &case.dump).unwrap();
    }
    let before = tree(folder.path(), &data);
    for case in &cases {
        let ended = ingest(&service, &folder.path().join(case.name), case.name);
        assert_eq!(ended["job"]["state"], case.state, "{}: {ended:#}", case.name);
        assert_eq!(ended["load"]["ledger"]["stored"], case.stored, "{}: {ended:#}", case.name);
        let said = [&ended["job"]["message"], &ended["job"]["hint"], &ended["load"]["notes"]].map(Value::to_string).concat();
        assert!(said.contains(case.word), "{}: {said}", case.name);
        assert!(case.state == "done" || ended["job"]["hint"] != "", "{}: {ended:#}", case.name);
    }
    assert_eq!(tree(folder.path(), &data), before, "something was written outside");
    assert!(!Path::new("/tmp/sluice-x").exists());
    assert_eq!(fs::read_dir(data.join("scratch")).unwrap().count(), 0);
    let good = folder.path().join("good.txt");
    fs::write(&good, ROWS).unwrap();
    assert_eq!(service.ingest(&[&good], "Good", &[])["load"]["ledger"]["stored"], 2);
    assert!(service.peak_mib() < PEAK_MIB_MAX, "{} MiB", service.peak_mib());
}

#[test]
fn ten_thousand_members_are_looked_at_and_the_few_with_people_read() {
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("many.zip");
    let many = zip_of(|zip| {
        for member in 0..MANY {
            let row = if member % ONE_WITH_PEOPLE_IN == 0 { format!("p{member}@example.com:x\n") } else { String::new() };
            add(zip, &format!("{member}.txt"), row.as_bytes());
        }
    });
    fs::write(&dump, many).unwrap();
    let service = Service::start();
    let ended = ingest(&service, &dump, "Many");
    let full = MANY / ONE_WITH_PEOPLE_IN;
    assert_eq!((&ended["job"]["state"], &ended["load"]["ledger"]["stored"]), (&"done".into(), &full.into()), "{ended:#}");
    assert_eq!(ended["load"]["accounts"], full);
    // As many as are kept.
    assert_eq!(ended["load"]["notes"].as_array().unwrap().len(), 1_000);
    assert!(service.peak_mib() < PEAK_MIB_MAX, "{} MiB", service.peak_mib());
}
