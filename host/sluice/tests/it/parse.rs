//! `sluice parse` from outside: what it prints, and how it ends when something is wrong.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::service::{sluice, succeed};

/// With a compile cache of these tests' own.
fn parse(args: &[&str]) -> Command {
    let mut command = sluice(["parse"]);
    command.args(args).env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"));
    command
}

/// Lines that no other plugin claims.
fn write_list(path: &Path, people: std::ops::Range<u32>) {
    let lines: String = people.map(|number| format!("person{number}@example.com:password{number}\n")).collect();
    fs::write(path, lines).unwrap();
}

#[test]
fn records_are_in_the_files_order_whatever_the_threads() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second, out) = (folder.path().join("b.txt"), folder.path().join("a.txt"), folder.path().join("out.jsonl"));
    // More than a chunk, and less.
    write_list(&first, 0..200_000);
    write_list(&second, 200_000..200_010);
    let expected: String =
        (0..200_010).map(|number| format!("{{\"email\":\"person{number}@example.com\",\"password\":\"password{number}\"}}\n")).collect();
    for threads in ["1", "2", "7"] {
        let mut command = parse(&["--threads", threads, "--json", "--out"]);
        let output = succeed(command.args([&out, &first, &second]));
        assert!(output.stdout.is_empty());
        assert!(fs::read_to_string(&out).unwrap() == expected, "{threads} threads");
        let report: Value = serde_json::from_slice(&output.stderr).unwrap();
        let records: Vec<_> = report["members"].as_array().unwrap().iter().map(|member| &member["records"]).collect();
        assert_eq!(records, [200_000, 10]);
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("list.txt");
    write_list(&list, 0..500_000);
    let mut child = parse(&[list.to_str().unwrap()]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    // Dropping the reader closes the pipe, as `head -1` does.
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "{\"email\":\"person0@example.com\",\"password\":\"password0\"}\n");
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(child.wait().unwrap().success(), "{said}");
    assert_eq!(said, "");
}

/// How one begins: nobody's format.
const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\0\0\0\x01\0\x08\x06\0\0\0";

#[test]
fn what_is_wrong_is_said_with_a_hint_and_nothing_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (list, picture, missing, empty, lost) =
        (path("list.txt"), path("picture.png"), path("missing"), path("empty"), path("no/folder/out"));
    write_list(list.as_ref(), 0..10);
    fs::write(&picture, PICTURE).unwrap();
    fs::create_dir(&empty).unwrap();
    // Arguments, exit code, words of the message, words of the hint.
    let cases: &[(&[&str], i32, &str, &str)] = &[
        (&[&missing], 66, "cannot read", "is the path right"),
        (&[&list, &missing], 66, "cannot read", "is the path right"),
        (&[folder.path().to_str().unwrap()], 66, "no regular file", "is the path right"),
        (&["--plugin", "nosuch", &list], 64, "no plugin `nosuch`", "there are: accounts, bson, combo, csv"),
        (&[&picture], 65, "1 of 1 members were claimed by no plugin", "--explain"),
        (&["--plugin-dir", &missing, &list], 66, "cannot read the plugin folder", "SLUICE_PLUGIN_DIR"),
        (&["--plugin-dir", &empty, &list], 66, "no plugin in", "cargo xtask plugins"),
        (&["--out", &lost, &list], 71, "cannot write", "--out"),
        (&[], 2, "required", "--help"),
    ];
    for (args, code, message, hint) in cases {
        let output = parse(args).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(*code), &b""[..]), "{args:?}: {said}");
        assert!(said.contains(message) && said.contains(hint), "{args:?}: {said}");
    }
}

#[test]
fn what_nobody_claims_stops_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (list, picture) = (folder.path().join("list.txt"), folder.path().join("picture.png"));
    write_list(&list, 0..3);
    fs::write(&picture, PICTURE).unwrap();
    let output = parse(&[picture.to_str().unwrap(), list.to_str().unwrap()]).output().unwrap();
    assert_eq!(output.status.code(), Some(65));
    assert_eq!(output.stdout.iter().filter(|byte| **byte == b'\n').count(), 3);
    assert!(String::from_utf8_lossy(&output.stderr).contains("picture.png: no plugin claims it"));
}
