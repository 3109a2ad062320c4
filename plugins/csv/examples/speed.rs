//! How fast the parser is natively, beside a plain memchr-style parser and csv-core reading the same file. Run with `--release`.

use std::time::Instant;

use memchr::{memchr, memchr2};
use sluice_csv::Csv;
use sluice_plugin::{Buffers, Parser, Start, limits, native};

fn main() {
    let file = file(70 << 20);
    for round in 1..=3 {
        let start = Instant::now();
        let events = ours(&file);
        let ours = rate(&file, start);
        let start = Instant::now();
        let fields = plain(&file);
        let plain = rate(&file, start);
        let start = Instant::now();
        let core_fields = core(&file);
        let core = rate(&file, start);
        println!(
            "round {round}: this parser {ours:.0} MB/s ({events} events), plain memchr {plain:.0} MB/s ({fields} fields), csv-core {core:.0} MB/s ({core_fields} fields)"
        );
    }
}

fn rate(bytes: &[u8], since: Instant) -> f64 {
    bytes.len() as f64 / 1e6 / since.elapsed().as_secs_f64()
}

fn file(bytes: usize) -> Vec<u8> {
    let mut text = b"id,username,email,password,ip,city,created_at\n".to_vec();
    let mut id = 0u64;
    while text.len() < bytes {
        id += 1;
        let quote = if id.is_multiple_of(20) { "\"\"" } else { "" };
        let hash = id.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let line = format!(
            "{id},user{id},user{id}@example.com,{hash:016x}{hash:016x},192.0.2.{},\"Saint{quote} Town, {id}\",2013-05-06 07:08:09\n",
            id % 256
        );
        text.extend_from_slice(line.as_bytes());
    }
    text
}

fn ours(bytes: &[u8]) -> usize {
    let mut parser = Csv::open(&Start { base: 0, context: b"", options: "" }).unwrap();
    let (mut buffers, mut at, mut count) = (Buffers::default(), 0, 0);
    while at < bytes.len() {
        let end = bytes.len().min(at + limits::PUSH_BYTES);
        let mut emit = |events: &[u64], _: &[u8]| count += std::hint::black_box(events).len();
        at += native::push(&mut parser, &mut buffers, at as u64, &bytes[at..end], end == bytes.len(), &mut emit).unwrap();
    }
    count
}

/// What people write: memchr from delimiter to delimiter, a span a field; hashes told from passwords.
fn plain(bytes: &[u8]) -> usize {
    let (mut spans, mut fields) = (Vec::<(u8, usize, usize)>::new(), 0);
    let mut scratch = Vec::new();
    let mut at = memchr(b'\n', bytes).unwrap() + 1;
    while at < bytes.len() {
        let mut column = 0;
        loop {
            let (start, end);
            if bytes.get(at) == Some(&b'"') {
                start = at + 1;
                let mut close = start;
                let mut doubled = false;
                loop {
                    close += memchr(b'"', &bytes[close..]).unwrap();
                    if bytes.get(close + 1) == Some(&b'"') {
                        doubled = true;
                        close += 2;
                    } else {
                        break;
                    }
                }
                if doubled {
                    scratch.clear();
                    let mut rest = &bytes[start..close];
                    while let Some(quote) = memchr(b'"', rest) {
                        scratch.extend_from_slice(&rest[..=quote]);
                        rest = &rest[quote + 2..];
                    }
                    scratch.extend_from_slice(rest);
                    std::hint::black_box(&scratch);
                }
                end = close;
                at = close + 1;
            } else {
                start = at;
                at += memchr2(b',', b'\n', &bytes[at..]).unwrap_or(bytes.len() - at);
                end = at;
            }
            let is_hash = column == 3 && end - start == 32 && bytes[start..end].iter().all(u8::is_ascii_hexdigit);
            spans.push((if is_hash { 64 } else { column }, start, end));
            column += 1;
            at += 1;
            if bytes.get(at - 1) != Some(&b',') {
                break;
            }
        }
        if spans.len() > 8000 {
            fields += std::hint::black_box(&spans).len();
            spans.clear();
        }
    }
    fields + spans.len()
}

fn core(bytes: &[u8]) -> usize {
    let mut reader = csv_core::Reader::new();
    let (mut output, mut ends) = (vec![0; 64 << 10], vec![0; 64]);
    let (mut at, mut fields) = (0, 0);
    loop {
        let (result, read, _, found) = reader.read_record(&bytes[at..], &mut output, &mut ends);
        at += read;
        fields += found;
        if matches!(result, csv_core::ReadRecordResult::End) {
            return fields;
        }
        std::hint::black_box(&output);
    }
}
