//! `cargo xtask demo`: synthetic dumps go in, answers come out; `--once` checks the answers.
//!
//! Everything is in `target/demo`, made anew each time. Nobody is in these dumps. With `--engines` the stores are real servers and
//! the roles are processes of their own.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sha1::{Digest, Sha1};
use sluice_engines::service::Service;

use crate::{plugins, servers, shell, site::Site};

const RECORDS: &str = "5000";
const ABSENT: &str = "nobody-at-all@absent.example.org";

struct Dump {
    breach: &'static str,
    title: &'static str,
    file: &'static str,
    format: &'static str,
    encoding: &'static str,
    container: &'static str,
}

const DUMPS: [Dump; 5] = [
    Dump { breach: "DemoList", title: "A combo list", file: "list.txt.gz", format: "combo", encoding: "utf-8", container: "gz" },
    Dump { breach: "DemoShop", title: "A shop's CSV", file: "shop.zip", format: "csv", encoding: "utf-8", container: "zip" },
    Dump {
        breach: "DemoForum",
        title: "A forum's database",
        file: "forum.tar.gz",
        format: "mysqldump",
        encoding: "utf-8",
        container: "tar.gz",
    },
    Dump { breach: "DemoLogs", title: "A stealer's log", file: "logs.txt.zst", format: "ulp", encoding: "utf-8", container: "zst" },
    Dump {
        breach: "DemoSheet",
        title: "A spreadsheet's export",
        file: "sheet.csv",
        format: "csv",
        encoding: "utf-16le-bom",
        container: "plain",
    },
];

pub(crate) fn run(root: &Path, once: bool, engines: bool) -> Result<()> {
    if engines && servers::with_variables(root)? {
        return Ok(());
    }
    shell::step("plugins");
    plugins::build(root)?;
    shell::step("build");
    shell::run(shell::cargo(root).args(["build", "--workspace"]))?;
    let binaries = shell::target_dir(root).join("debug");
    let folder = shell::target_dir(root).join("demo");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    fs::create_dir_all(&folder)?;

    shell::step("synthetic dumps");
    let truths = generate(&binaries.join("sluice-generate"), &folder)?;
    let known = Known::find(&truths)?;
    shell::step("serve");
    let (binary, plugins) = (binaries.join("sluice"), plugins::folder(root));
    let site = if engines { Some(Site::start(&folder)?) } else { None };
    let plugins = ["--plugin-dir".to_owned(), plugins.to_string_lossy().into_owned()];
    let args = [&site.as_ref().map(Site::api).unwrap_or_default()[..], &plugins].concat();
    let service = Service::start(&binary, &folder.join("data"), &args)?;
    let _others = site.as_ref().map(|site| site.start_others(&binary, &folder, &plugins)).transpose()?;
    for dump in &DUMPS {
        shell::step(&format!("ingest {} ({}, {}, {})", dump.file, dump.format, dump.encoding, dump.container));
        ingest(&service, &folder.join(dump.file), dump.breach, dump.title)?;
    }
    let key = service.create_key()?;
    if once {
        shell::step("check");
        return check(&service, &key, &known);
    }
    tell(&service, &key, &known);
    service.wait()
}

/// Hands in a dump and waits until it is published; progress goes to the terminal.
pub(crate) fn ingest(service: &Service, dump: &Path, breach: &str, title: &str) -> Result<()> {
    shell::run(service.client("ingest").arg(dump).args(["--breach", breach, "--title", title, "--publish"]))
}

/// Writes the dumps; returns where their truths are.
fn generate(generator: &Path, folder: &Path) -> Result<Vec<PathBuf>> {
    let mut truths = Vec::new();
    for (seed, dump) in (1..).zip(&DUMPS) {
        let truth = folder.join(format!("{}.truth.jsonl", dump.breach));
        let mut command = Command::new(generator);
        command.args(["generate", "--format", dump.format, "--encoding", dump.encoding, "--container", dump.container]);
        command
            .args(["--records", RECORDS, "--seed", &format!("{seed}"), "--truth"])
            .arg(&truth)
            .arg("--output")
            .arg(folder.join(dump.file));
        shell::run(&mut command)?;
        truths.push(truth);
    }
    Ok(truths)
}

/// What must be found: a person of the first dump, and her password with the times all dumps have it.
struct Known {
    email: String,
    breach: &'static str,
    sha1: String,
    count: u64,
}

impl Known {
    fn find(truths: &[PathBuf]) -> Result<Self> {
        let mut person = None;
        for row in rows(&truths[0])? {
            let row = row?;
            if let (Some(email), Some(password)) = (row["email"].as_str(), row["password"].as_str()) {
                person = Some((email.to_owned(), password.to_owned()));
                break;
            }
        }
        let (email, password) = person.context("the first dump has nobody with an address and a password")?;
        let mut count = 0;
        for truth in truths {
            for row in rows(truth)? {
                count += u64::from(row?["password"].as_str() == Some(&password));
            }
        }
        let sha1 = Sha1::digest(password.as_bytes()).iter().map(|byte| format!("{byte:02X}")).collect();
        Ok(Self { email, breach: DUMPS[0].breach, sha1, count })
    }
}

fn rows(truth: &Path) -> Result<impl Iterator<Item = Result<Value>>> {
    let file = File::open(truth).with_context(|| format!("cannot open {}", truth.display()))?;
    Ok(BufReader::new(file).lines().map(|line| Ok(serde_json::from_str(&line?)?)))
}

/// Asks as a client would, and compares with what went in.
fn check(service: &Service, key: &str, known: &Known) -> Result<()> {
    let key = [("hibp-api-key", key)];
    let found = expect(service, &account(&known.email), &key, 200)?;
    let found = names(&found)?;
    ensure!(found.iter().any(|name| name == known.breach), "breachedaccount has {found:?} and not {}", known.breach);
    println!("ok: the account that was put in is in {}", found.join(", "));

    expect(service, &account(ABSENT), &key, 404)?;
    println!("ok: an account that was not put in is not found");

    let (prefix, suffix) = known.sha1.split_at(5);
    let range = expect(service, &format!("/range/{prefix}"), &[], 200)?;
    let row = range.lines().find_map(|row| row.strip_prefix(suffix)?.strip_prefix(':'));
    let count = known.count.to_string();
    ensure!(row == Some(count.as_str()), "the password's count is {row:?} and should be {count}");
    println!("ok: the password's range has its count, {count}");

    let listed = names(&expect(service, "/api/v3/breaches", &[], 200)?)?;
    for dump in &DUMPS {
        ensure!(listed.iter().any(|name| name == dump.breach), "breaches has {listed:?} and not {}", dump.breach);
    }
    println!("ok: all {} breaches are listed", DUMPS.len());
    Ok(())
}

fn expect(service: &Service, path: &str, headers: &[(&str, &str)], status: u16) -> Result<String> {
    let answer = service.get(path, headers)?;
    let (found, body) = (answer.status, String::from_utf8(answer.body).context("the answer is no text")?);
    ensure!(found == status, "{path} gave {found} and not {status}: {body}\nthe service's log is {}", service.log().display());
    Ok(body)
}

fn names(answer: &str) -> Result<Vec<String>> {
    let breaches: Vec<Value> = serde_json::from_str(answer)?;
    Ok(breaches.iter().filter_map(|breach| breach["Name"].as_str()).map(str::to_owned).collect())
}

fn account(email: &str) -> String {
    let encoded: String = email
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect();
    format!("/api/v3/breachedaccount/{encoded}")
}

fn tell(service: &Service, key: &str, known: &Known) {
    let (url, prefix) = (service.url(), &known.sha1[..5]);
    println!(
        "\nThe service is up at {url}; its log is {}.\n\n\
         curl -H 'hibp-api-key: {key}' {url}{}\n\
         curl -i -H 'hibp-api-key: {key}' {url}{}\n\
         curl {url}/api/v3/breaches\n\
         curl {url}/range/{prefix}    # {} has count {}\n\n\
         To read about the rest: {url}/docs\n\
         Ctrl-C ends it.",
        service.log().display(),
        account(&known.email),
        account(ABSENT),
        &known.sha1[5..],
        known.count,
    );
}
