//! What the kits of other languages know of values and names is what Rust's does: they are asked what Rust's own tests ask, natively.

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use sluice_record::{FieldKind, HashKind};

use crate::service::{sluice, succeed};

const HASHES: &str = include_str!("../../../../sdk/rust/tests/it/secrets.tsv");
const NAMES: &str = include_str!("../../../../sdk/rust/tests/it/names.tsv");
const TEXTS: &str = include_str!("../../../../sdk/rust/tests/it/texts.tsv");

fn tag(kind: &str) -> u8 {
    let field = || FieldKind::from_name(kind.split(':').next().unwrap()).map(FieldKind::tag);
    HashKind::from_name(kind.trim_start_matches("password:")).map(HashKind::tag).or_else(field).unwrap_or_default()
}

/// The questions, and what Rust's kit says.
fn questions() -> (String, Vec<String>) {
    let (mut questions, mut answers) = (String::new(), vec![]);
    for line in HASHES.lines() {
        let [kind, hint, value] = line.splitn(3, '\t').collect::<Vec<_>>().try_into().unwrap();
        questions += &format!("hash\t{}\t{value}\n", tag(hint));
        answers.push(if kind == "plain" { FieldKind::Password.tag() } else { tag(kind) }.to_string());
    }
    for line in NAMES.lines() {
        let (meaning, name) = line.split_once('\t').unwrap();
        questions += &format!("name\t{name}\n");
        answers.push(tag(meaning).to_string());
    }
    for line in TEXTS.lines() {
        let (question, told) = line.rsplit_once('\t').unwrap();
        questions += &format!("{question}\n");
        answers.push(if told == "!" { "!".into() } else { hex::encode(plain(told)) });
    }
    (questions, answers)
}

/// Undoes `escape_ascii`.
fn plain(escaped: &str) -> Vec<u8> {
    let (mut plain, mut letters) = (vec![], escaped.bytes());
    while let Some(letter) = letters.next() {
        plain.push(if letter == b'\\' { unescaped(&mut letters) } else { letter });
    }
    plain
}

fn unescaped(letters: &mut std::str::Bytes<'_>) -> u8 {
    match letters.next().unwrap() {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'x' => {
            let digits = [letters.next().unwrap(), letters.next().unwrap()];
            u8::from_str_radix(str::from_utf8(&digits).unwrap(), 16).unwrap()
        }
        other => other,
    }
}

/// Asks a program in a folder that has a language's kit.
fn ask(language: &str, file: &str, program: &str) {
    let folder = tempfile::tempdir().unwrap();
    succeed(sluice(["plugin", "new", "asked", "--language", language, "--dir"]).arg(folder.path()));
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/kits").join(file);
    fs::copy(source, folder.path().join(file)).unwrap();
    let mut command = Command::new("sh");
    command.args(["-e", "-c", program]).current_dir(folder.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (questions, wanted) = questions();
    let mut input = child.stdin.take().unwrap();
    let written = questions.clone();
    let writer = std::thread::spawn(move || input.write_all(written.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(told.lines().count(), wanted.len());
    for ((question, told), wanted) in questions.lines().zip(told.lines()).zip(wanted) {
        assert_eq!(told, wanted, "{language}: {question}");
    }
}

/// Is a program on the path? The tests of kits need what their language's own tests would.
fn has(program: &str) -> bool {
    let found = Command::new("sh").args(["-c", &format!("command -v {program}")]).output().unwrap().status.success();
    assert!(found || std::env::var("SLUICE_TEST_LANGUAGES").as_deref() != Ok("all"), "there is no {program}");
    found
}

#[test]
fn c_says_what_rust_says() {
    if has("clang") {
        ask("c", "words.c", "clang -w -I.sluice words.c .sluice/sluice_text.c .sluice/sluice_words.c -o words && ./words");
    }
}

#[test]
fn python_says_what_rust_says() {
    if has("python3") {
        ask("python", "words.py", "python3 words.py");
    }
}

#[test]
fn javascript_says_what_rust_says() {
    if has("node") {
        ask("javascript", "words.mjs", "node words.mjs");
    }
}
