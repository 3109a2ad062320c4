//! `cases/*.tsv`: kind, raw value, canonical value or `! reason` or `-` for no value, and the default region if there is one.
//! `\t`, `\n`, `\r`, `\\`, `\0` and `\xHH` are escapes.

use sluice_normalise::NormaliseOptions;

use crate::{normalise_with, tag};

const FILES: [(&str, &str); 7] = [
    ("email", include_str!("cases/email.tsv")),
    ("phone", include_str!("cases/phone.tsv")),
    ("ip", include_str!("cases/ip.tsv")),
    ("date", include_str!("cases/date.tsv")),
    ("url", include_str!("cases/url.tsv")),
    ("secrets", include_str!("cases/secrets.tsv")),
    ("text", include_str!("cases/text.tsv")),
];

#[test]
fn every_case() {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for (file, cases) in FILES {
        for (index, line) in cases.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with("# ")) {
            count += 1;
            if let Err(found) = case(line) {
                wrong.push(format!("{file}.tsv:{}: {line}\n    found {found}", index + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} cases are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 150, "only {count} cases were read");
}

fn case(line: &str) -> Result<(), String> {
    let mut columns = line.split('\t');
    let (Some(kind), Some(raw), Some(expected)) = (columns.next(), columns.next(), columns.next()) else {
        return Err("fewer than three columns".into());
    };
    let default_region = columns.next().map(|region| region.parse().expect("a region"));
    let outcome = normalise_with(NormaliseOptions { default_region }, &[(tag(kind), &unescape(raw))]);
    let found = match (outcome.rejects.first(), outcome.fields().first()) {
        (Some(reason), _) => format!("! {reason}"),
        (None, Some((found_tag, value))) if *found_tag == tag(kind) => value.clone(),
        (None, Some((found_tag, value))) => format!("{found_tag}={value}"),
        (None, None) => "-".to_owned(),
    };
    if found.as_bytes() == unescape(expected) { Ok(()) } else { Err(found) }
}

fn unescape(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, after @ ..] = rest {
        (bytes, rest) = match (first, after) {
            (b'\\', [b'x', high, low, tail @ ..]) => {
                let digits = [*high, *low];
                let digits = std::str::from_utf8(&digits).expect("hex");
                bytes.push(u8::from_str_radix(digits, 16).expect("hex"));
                (bytes, tail)
            }
            (b'\\', [escape, tail @ ..]) => {
                bytes.push(match escape {
                    b't' => b'\t',
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b'0' => 0,
                    other => *other,
                });
                (bytes, tail)
            }
            _ => {
                bytes.push(*first);
                (bytes, after)
            }
        };
    }
    bytes
}
