//! What each official plugin is measured on: one member of its commonest dialect, as the usual tool writes it, of people made up here.

use std::{
    fs,
    io::Write,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use sluice_conformance::{
    formats::Format,
    generate::{Recipe, Size},
    people::{People, Person, Random},
};

/// A plugin's input.
pub(crate) struct Input {
    /// In words for the table.
    pub(crate) what: &'static str,
    pub(crate) bytes: Vec<u8>,
    pub(crate) people: u64,
}

/// The input of a plugin, of about so many bytes.
pub(crate) fn of(plugin: &str, bytes: usize) -> Result<Input> {
    Ok(match plugin {
        "accounts" => rows(bytes, "pwdump", "", "", accounts),
        "bson" => rows(bytes, "mongodump", "", "", bson),
        "combo" => made("`email:password`", Format::Combo, bytes)?,
        "csv" => made("with a header, 14 columns", Format::Csv, bytes)?,
        "json" => rows(bytes, "mongoexport, lines", "", "", json),
        "ldif" => rows(bytes, "slapcat", "dn: dc=example,dc=com\nobjectClass: dcObject\ndc: example\n\n", "", ldif),
        "mail" => rows(bytes, "mbox", "", "", mail),
        "mysqldump" => made("extended inserts", Format::Mysqldump, bytes)?,
        "pgdump" => rows(bytes, "COPY", PGDUMP, "\\.\n", pgdump),
        "positional" => rows(bytes, "`user:email:hash:salt`", "", "", positional),
        "sqlite" => sqlite(bytes)?,
        "sqlscript" => rows(bytes, "SQL Server's scripts", SERVER, "GO\n", sqlscript),
        "stealer" => rows(bytes, "blocks of `URL:`, `Username:`, `Password:`", "", "", stealer),
        "text" => rows(bytes, "prose, an address every other line", "", "", text),
        "vcard" => rows(bytes, "vCard 3.0", "", "", vcard),
        "xlsx" => xlsx(bytes),
        "xml" => rows(bytes, "mysqldump --xml", XML, "\t</table_data>\n</database>\n</mysqldump>\n", xml),
        other => anyhow::bail!("the bench has no input for the plugin `{other}`: write one in benches/sandbox/inputs.rs"),
    })
}

const PGDUMP: &str = "--\n-- PostgreSQL database dump\n--\n\nCREATE TABLE public.users (\n    id integer NOT NULL,\n    username text,\n    \
    email text,\n    password text,\n    city text,\n    created_at timestamp\n);\n\n\
    COPY public.users (id, username, email, password, city, created_at) FROM stdin;\n";
const SERVER: &str = "USE [Shop]\nGO\nCREATE TABLE [dbo].[Users](\n\t[Id] [int] NOT NULL,\n\t[UserName] [nvarchar](256) NULL,\n\t\
    [Email] [nvarchar](256) NULL,\n\t[Password] [nvarchar](256) NULL,\n\t[City] [nvarchar](50) NULL,\n\t[LastLogin] [datetime] NULL\n)\nGO\n";
const XML: &str = "<?xml version=\"1.0\"?>\n<mysqldump xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n\
    <database name=\"shop\">\n\t<table_data name=\"users\">\n";

fn made(what: &'static str, format: Format, bytes: usize) -> Result<Input> {
    let mut text = Vec::new();
    let made = Recipe::new(format, Size::Bytes(bytes as u64), 1).write_text(&mut text, None)?;
    Ok(Input { what, bytes: text, people: made.records })
}

/// Somebody in as many bytes as she takes, and thirty-two hexadecimal digits that are hers.
type Row = fn(&Person, &str, &mut Vec<u8>);

fn rows(bytes: usize, what: &'static str, head: &str, tail: &str, row: Row) -> Input {
    let (mut out, mut people) = (head.as_bytes().to_vec(), 0);
    each(|person, digits| {
        row(person, digits, &mut out);
        people += 1;
        out.len() < bytes
    });
    out.extend_from_slice(tail.as_bytes());
    Input { what, bytes: out, people }
}

/// Gives people for as long as they are wanted.
fn each(mut wanted: impl FnMut(&Person, &str) -> bool) {
    let (mut random, mut person, mut digits) = (Random::new(1), Person::default(), String::new());
    let mut people = People::new(encoding_rs::UTF_8, false, &mut random);
    loop {
        people.next_full(&mut random, &mut person);
        digits.clear();
        random.push_chars(b"0123456789abcdef", 32, &mut digits);
        if !wanted(&person, &digits) {
            return;
        }
    }
}

/// Writes to a vector, which cannot fail.
macro_rules! put {
    ($out:expr, $($text:tt)+) => { drop(write!($out, $($text)+)) };
}

fn accounts(person: &Person, digits: &str, out: &mut Vec<u8>) {
    let Person { username, number, .. } = person;
    put!(out, "{username}:{}:aad3b435b51404eeaad3b435b51404ee:{digits}:::\n", 1000 + number);
}

fn bson(person: &Person, digits: &str, out: &mut Vec<u8>) {
    let begin = out.len();
    let text = |out: &mut Vec<u8>, key: &str, value: &str| {
        put!(out, "\x02{key}\0");
        out.extend((value.len() as u32 + 1).to_le_bytes());
        put!(out, "{value}\0");
    };
    out.extend([0; 4]);
    out.extend_from_slice(b"\x07_id\0");
    out.extend_from_slice(&digits.as_bytes()[..12]);
    text(out, "username", &person.username);
    text(out, "email", &person.email);
    text(out, "password", digits);
    text(out, "city", person.city);
    text(out, "phone", &person.phone);
    out.extend_from_slice(b"\x09createdAt\0\0\x10\x20\x30\x40\x01\0\0\x10visits\0\x07\0\0\0\0");
    let len = (out.len() - begin) as u32;
    out[begin..begin + 4].copy_from_slice(&len.to_le_bytes());
}

fn json(person: &Person, digits: &str, out: &mut Vec<u8>) {
    let Person { username, email, first_name, last_name, phone, city, dob, .. } = person;
    put!(out, "{{\"_id\":{{\"$oid\":\"{}\"}},\"username\":\"{username}\",\"email\":\"{email}\",\"password\":\"{digits}\",", &digits[..24]);
    put!(out, "\"profile\":{{\"name\":\"{first_name} {last_name}\",\"phone\":\"{phone}\",\"city\":\"{city}\"}},");
    put!(out, "\"createdAt\":{{\"$date\":\"{dob}T10:20:30.123Z\"}},\"visits\":17,\"active\":true}}\n");
}

fn ldif(person: &Person, digits: &str, out: &mut Vec<u8>) {
    let Person { username, email, phone, postal_code, .. } = person;
    put!(out, "dn: uid={username},ou=people,dc=example,dc=com\nobjectClass: inetOrgPerson\nobjectClass: posixAccount\nuid: {username}\n");
    put!(out, "cn: {username}\nsn: Example\nmail: {email}\ntelephoneNumber: {phone}\npostalCode: {postal_code}\nuserPassword: {digits}\n");
    put!(out, "structuralObjectClass: inetOrgPerson\nentryUUID: {digits}\ncreateTimestamp: 20200102030405Z\n\n");
}

fn mail(person: &Person, digits: &str, out: &mut Vec<u8>) {
    let Person { email, number, username, .. } = person;
    put!(
        out,
        "From {email} Thu Jan  2 03:04:05 2020\nReceived: from mx.example.net by mail.example.com; Thu, 02 Jan 2020 03:04:05 +0000\n"
    );
    put!(out, "Message-ID: <{digits}@mail.example.com>\nDate: Thu, 02 Jan 2020 03:04:05 +0000\nFrom: \"{username}\" <{email}>\n");
    put!(out, "To: list-{}@example.org\nSubject: about lamps\nContent-Type: text/plain; charset=utf-8\n\n", number % 7);
    (0..8).for_each(|_| put!(out, "The lamps we spoke of stand where they stood, and nobody came to fetch them.\n"));
    put!(out, "\n");
}

fn pgdump(person: &Person, digits: &str, out: &mut Vec<u8>) {
    let Person { number, username, email, city, created_at, .. } = person;
    put!(out, "{number}\t{username}\t{email}\t{digits}\t{city}\t{created_at}\n");
}

fn positional(person: &Person, digits: &str, out: &mut Vec<u8>) {
    put!(out, "{}:{}:{digits}:{:03}\n", person.username, person.email, person.number % 1000);
}

fn sqlscript(person: &Person, digits: &str, out: &mut Vec<u8>) {
    let Person { number, username, email, created_at, .. } = person;
    put!(out, "INSERT [dbo].[Users] ([Id], [UserName], [Email], [Password], [City], [LastLogin]) VALUES ");
    put!(out, "({number}, N'{username}', N'{email}', N'{digits}', NULL, CAST(N'{created_at}.000' AS DateTime))\n");
}

fn stealer(person: &Person, digits: &str, out: &mut Vec<u8>) {
    let (site, end) = (person.number % 997, &digits[..9]);
    put!(out, "URL: https://www.site{site}.example.com/account/login\nUsername: {}\nPassword: {end}\n", person.email);
    put!(out, "Application: Google_[Chrome]_Default\n===============\n");
}

fn text(person: &Person, _: &str, out: &mut Vec<u8>) {
    put!(out, "The lamps we spoke of stand where they stood, and nobody came to fetch them, at 10:30 or later.\n");
    put!(out, "Whoever wants them (there are {}) writes to <{}>, please.\n", person.number, person.email);
}

fn vcard(person: &Person, _: &str, out: &mut Vec<u8>) {
    let Person { first_name, last_name, email, phone, address, city, postal_code, country, dob, .. } = person;
    put!(out, "BEGIN:VCARD\r\nVERSION:3.0\r\nN:{last_name};{first_name};;;\r\nFN:{first_name} {last_name}\r\n");
    put!(out, "EMAIL;TYPE=INTERNET,HOME:{email}\r\nTEL;TYPE=CELL:{phone}\r\nADR;TYPE=HOME:;;{address};{city};;{postal_code};{country}\r\n");
    put!(out, "BDAY:{dob}\r\nREV:2020-01-02T03:04:05Z\r\nEND:VCARD\r\n");
}

fn xml(person: &Person, digits: &str, out: &mut Vec<u8>) {
    let Person { number, username, email, created_at, .. } = person;
    put!(out, "\t<row>\n\t\t<field name=\"id\">{number}</field>\n\t\t<field name=\"username\">{username}</field>\n");
    put!(out, "\t\t<field name=\"email\">{email}</field>\n\t\t<field name=\"password\">{digits}</field>\n");
    put!(out, "\t\t<field name=\"city\" xsi:nil=\"true\" />\n\t\t<field name=\"created_at\">{created_at}</field>\n\t</row>\n");
}

/// A workbook's parts, one behind the other, as intake joins them: its texts are shared, as Excel writes them.
fn xlsx(bytes: usize) -> Input {
    let (mut texts, mut sheet, mut people) = (Vec::new(), Vec::new(), 0);
    for header in ["email", "password", "city", "visits"] {
        put!(texts, "<si><t>{header}</t></si>");
    }
    put!(sheet, "<row r=\"1\">{}</row>", [0, 1, 2, 3].map(|at| format!("<c t=\"s\"><v>{at}</v></c>")).concat());
    each(|person, digits| {
        let (row, text) = (people + 2, 4 + 3 * people);
        put!(texts, "<si><t>{}</t></si><si><t>{digits}</t></si><si><t>{}</t></si>", person.email, person.city);
        put!(
            sheet,
            "<row r=\"{row}\" spans=\"1:4\"><c r=\"A{row}\" t=\"s\"><v>{text}</v></c><c r=\"B{row}\" t=\"s\"><v>{}</v></c>",
            text + 1
        );
        put!(sheet, "<c r=\"C{row}\" t=\"s\"><v>{}</v></c><c r=\"D{row}\"><v>{}</v></c></row>", text + 2, person.number % 100);
        people += 1;
        texts.len() + sheet.len() < bytes
    });
    let mut out =
        b"<?xml version=\"1.0\"?>\n<workbook><workbookPr/><sheets><sheet name=\"Sheet1\" sheetId=\"1\"/></sheets></workbook>\n".to_vec();
    put!(out, "<?xml version=\"1.0\"?>\n<styleSheet><cellXfs count=\"1\"><xf numFmtId=\"0\"/></cellXfs></styleSheet>\n");
    put!(out, "<?xml version=\"1.0\"?>\n<sst>{}</sst>\n", String::from_utf8_lossy(&texts));
    put!(out, "<?xml version=\"1.0\"?>\n<worksheet><sheetData>{}</sheetData></worksheet>\n", String::from_utf8_lossy(&sheet));
    Input { what: "a workbook of shared texts", bytes: out, people }
}

/// A database that SQLite itself makes.
fn sqlite(bytes: usize) -> Result<Input> {
    let (mut script, mut people) = (Vec::new(), 0);
    put!(script, "PRAGMA journal_mode=off;PRAGMA synchronous=off;BEGIN;");
    put!(script, "CREATE TABLE users (id INTEGER PRIMARY KEY, username TEXT, email TEXT, password TEXT, city TEXT, created_at TEXT);\n");
    each(|person, digits| {
        let Person { number, username, email, city, created_at, .. } = person;
        put!(
            script,
            "INSERT INTO users VALUES ({number},'{username}','{email}','{digits}','{}','{created_at}');\n",
            city.replace('\'', "''")
        );
        people += 1;
        // What surrounds the values in a statement takes about as much again.
        script.len() < bytes * 4 / 3
    });
    put!(script, "COMMIT;\n");
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("people.db");
    let mut tool =
        Command::new("sqlite3").arg(&path).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().context("sqlite3 makes a database")?;
    tool.stdin.take().context("a pipe")?.write_all(&script)?;
    ensure!(tool.wait()?.success(), "sqlite3 failed");
    Ok(Input { what: "one table", bytes: fs::read(path)?, people })
}
