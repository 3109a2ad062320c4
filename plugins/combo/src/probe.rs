//! Is a member a list of logins?

use std::collections::HashSet;

use sluice_plugin::{columns::Meaning, *};

use crate::line::{self, Understood};

/// Lines of the sample that are looked at.
const LINES_MAX: usize = 400;
/// Bytes that tell whether it is text.
const START_BYTES: usize = 4096;

/// Claims by the share of lines that read as logins; low where another format shows.
pub(crate) fn probe(sample: &Sample<'_>) -> Option<Claim> {
    let lines: Vec<&[u8]> = sample.lines().filter(|text| !text.trim_ascii().is_empty()).take(LINES_MAX).collect();
    let (mut read, mut mails, mut urls, mut seen, mut tables, mut others, mut keys) = (0, 0, 0, 0, 0, 0, 0);
    let mut logins = HashSet::new();
    for text in &lines {
        if line::is_banner(text) {
            continue;
        }
        seen += 1;
        tables += usize::from(
            column_count(text) >= 3 && line::split_pair(text).is_none_or(|(_, secret)| secret.contains(&text[first_comma(text)])),
        );
        if text.len() <= line::LINE_BYTES_MAX
            && let Understood::Line(said) = line::understand(text.trim_ascii_start())
        {
            read += 1;
            mails += usize::from(line::is_email(said.login));
            urls += usize::from(!said.url.is_empty());
            logins.insert(said.login);
            let is_key = said.secret.starts_with(b" ") || columns::known(said.login).is_some();
            keys += usize::from(!line::is_email(said.login) && said.url.is_empty() && is_key);
            others += usize::from(said.url.is_empty() && is_others(&said));
        }
    }
    let first = lines.first()?;
    if seen == 0 || read == 0 {
        return None;
    }
    // An archive, a document, a database, a picture.
    let start = &sample.head[..sample.head.len().min(START_BYTES)];
    let controls = start.iter().filter(|byte| matches!(byte, 0..=8 | 14..=31)).count();
    if start.starts_with(b"PK\x03\x04") || controls * 16 > start.len() {
        return None;
    }
    let share = read * 100 / seen;
    let told = (mails + urls) * 100 / seen;
    if foreign(first, &lines) {
        return Some(Claim::new(5, "it begins like another format (SQL, JSON, markup or a table with a header)"));
    }
    if tables * 2 > seen {
        return Some(Claim::new(8, "most lines have three columns or more"));
    }
    if others * 2 > seen {
        return Some(Claim::new(
            45,
            "most lines have a hash with a salt, more columns than a login and a password, or are accounts of a system",
        ));
    }
    if keys * 2 > seen || logins.len() * 3 < read && read >= 12 {
        return Some(Claim::new(4, "most lines are keys with their values, or begin as others do"));
    }
    let confidence = match (share, told) {
        (90.., 60..) => 85,
        (70.., 40..) => 75,
        (70.., 10..) => 60,
        (70.., _) => 40,
        (40.., 30..) => 45,
        _ => return (told > 5).then(|| Claim::new(6, "a few lines read as logins")),
    };
    let what = if urls * 2 > read { "URL, login and password" } else { "login and password" };
    Some(Claim::new(confidence, format!("{share} % of {seen} lines read as {what}, {told} % with an e-mail or a URL")))
}

/// Hashes with their salts, tables by place, what crackers found, and accounts of systems have plugins of their own.
fn is_others(said: &line::Said<'_>) -> bool {
    let is_hash = |value: &[u8]| matches!(identify(value, None), Secret::Hash(_));
    let is_marked = |value: &[u8]| is_hash(value) && !value.iter().all(u8::is_ascii_hexdigit);
    let parts = |at: usize| (&said.secret[..at], &said.secret[at + 1..]);
    let first = said.secret.iter().position(|byte| line::is_separator(*byte)).map(parts);
    let last = said.secret.iter().rposition(|byte| *byte == b':').map(parts);
    let is_salted = first.is_some_and(|(hash, _)| is_hash(hash)) || last.is_some_and(|(_, hash)| is_hash(hash));
    // A table by place: what stands behind the e-mail is where or when somebody logged in.
    let is_time =
        |value: &[u8]| value.len() >= 10 && value[..10].iter().all(|byte| byte.is_ascii_digit() || *byte == b'-') && value[4] == b'-';
    let is_row = !said.name.is_empty() && first.is_some_and(|(value, _)| columns::is_ip(value) || is_time(value));
    let is_account = !line::is_email(said.login) && said.name.is_empty() && (is_marked(said.secret) || is_hash(said.login));
    (is_salted || is_row || is_account) && !line::is_email(said.secret)
}

fn first_comma(text: &[u8]) -> usize {
    text.iter().position(|byte| matches!(byte, b',' | b';' | b'\t')).unwrap_or_default()
}

/// Columns of a line as a table of commas, semicolons or tabs.
fn column_count(text: &[u8]) -> usize {
    [b',', b';', b'\t'].into_iter().map(|separator| text.iter().filter(|byte| **byte == separator).count() + 1).max().unwrap_or(1)
}

fn foreign(first: &[u8], lines: &[&[u8]]) -> bool {
    const SQL: [&[u8]; 9] = [
        b"insert into",
        b"insert [",
        b"create table",
        b"begin transaction",
        b"set define",
        b"-- mysql dump",
        b"-- mariadb dump",
        b"/*!",
        b"/*m!",
    ];
    let starts = |text: &[u8], what: &[u8]| text.get(..what.len()).is_some_and(|head| head.eq_ignore_ascii_case(what));
    // `COPY table (columns) FROM stdin;`
    let copies = |text: &[u8]| starts(text, b"copy ") && text.trim_ascii_end().ends_with(b"FROM stdin;");
    let sql = lines.iter().take(50).any(|text| SQL.iter().any(|what| starts(text, what)) || copies(text));
    let markup = matches!(first.first(), Some(b'{' | b'<')) || starts(first, b"begin:") || first.starts_with(b"[{") || *first == *b"[";
    let words = [&b"email"[..], b"e-mail", b"password", b"username", b"passwd", b"hash"];
    let heads = first
        .split(|byte| line::is_separator(*byte))
        .filter(|word| {
            words
                .iter()
                .any(|known| word.trim_ascii().eq_ignore_ascii_case(known) || word.eq_ignore_ascii_case(&[b"\"", *known, b"\""].concat()))
        })
        .count();
    let is_known = |word: &[u8]| columns::meaning(word.trim_ascii()) != Meaning::Extra;
    let header = first.split(|byte| line::is_separator(*byte)).count() >= 3 && first.split(|byte| line::is_separator(*byte)).all(is_known);
    sql || markup || heads >= 2 || header
}
