//! How fast the parser is natively, beside a plain memchr-style parser of the same dump. Run with `--release`.

use std::time::Instant;

use memchr::{memchr, memchr2, memmem};
use sluice_mysqldump::Mysqldump;
use sluice_plugin::{Buffers, Parser, Start, limits, native};

fn main() {
    let dump = dump(70 << 20);
    for round in 1..=3 {
        let start = Instant::now();
        let events = ours(&dump);
        let ours = rate(&dump, start);
        let start = Instant::now();
        let fields = plain(&dump);
        println!(
            "round {round}: this parser {ours:.0} MB/s ({events} events), plain memchr {:.0} MB/s ({fields} fields)",
            rate(&dump, start)
        );
    }
}

fn rate(bytes: &[u8], since: Instant) -> f64 {
    bytes.len() as f64 / 1e6 / since.elapsed().as_secs_f64()
}

fn dump(bytes: usize) -> Vec<u8> {
    let mut text = b"CREATE TABLE `users` (\n  `id` int NOT NULL,\n  `username` varchar(60),\n  `email` varchar(100),\n  `password` varchar(60),\n  `ip` varchar(45),\n  `city` varchar(60),\n  `created_at` datetime\n);\n".to_vec();
    let mut id = 0u64;
    while text.len() < bytes {
        text.extend_from_slice(b"INSERT INTO `users` VALUES ");
        for row in 0..5000 {
            id += 1;
            let escape = if id.is_multiple_of(20) { "\\'" } else { "" };
            let hash = id.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let comma = if row == 0 { "" } else { "," };
            let line = format!(
                "{comma}({id},'user{id}','user{id}@example.com','{hash:016x}{hash:016x}','192.0.2.{}','Saint{escape} Town','2013-05-06 07:08:09')",
                id % 256
            );
            text.extend_from_slice(line.as_bytes());
        }
        text.extend_from_slice(b";\n");
    }
    text
}

fn ours(bytes: &[u8]) -> usize {
    let mut parser = Mysqldump::open(&Start { base: 0, context: b"", options: "" }).unwrap();
    let (mut buffers, mut at, mut count) = (Buffers::default(), 0, 0);
    while at < bytes.len() {
        let end = bytes.len().min(at + limits::PUSH_BYTES);
        let mut emit = |events: &[u64], _: &[u8]| count += std::hint::black_box(events).len();
        at += native::push(&mut parser, &mut buffers, at as u64, &bytes[at..end], end == bytes.len(), &mut emit).unwrap();
    }
    count
}

/// What people write: memchr from quote to quote, a span a field; hashes told from passwords.
fn plain(bytes: &[u8]) -> usize {
    let (mut spans, mut fields) = (Vec::<(u8, usize, usize)>::new(), 0);
    let mut at = 0;
    let mut scratch = Vec::new();
    while let Some(found) = memmem::find(&bytes[at..], b" VALUES ") {
        at += found + 8;
        while bytes.get(at) == Some(&b'(') {
            at += 1;
            let mut column = 0;
            loop {
                if bytes[at] == b'\'' {
                    let start = at + 1;
                    let mut end = start;
                    let mut escaped = false;
                    loop {
                        end += memchr2(b'\'', b'\\', &bytes[end..]).unwrap();
                        if bytes[end] == b'\\' || bytes[end + 1] == b'\'' {
                            escaped = true;
                            end += 2;
                        } else {
                            break;
                        }
                    }
                    let is_hash = column == 3 && end - start == 32 && bytes[start..end].iter().all(u8::is_ascii_hexdigit);
                    if escaped {
                        scratch.clear();
                        let mut rest = &bytes[start..end];
                        while let Some(slash) = memchr(b'\\', rest) {
                            scratch.extend_from_slice(&rest[..slash]);
                            scratch.push(rest[slash + 1]);
                            rest = &rest[slash + 2..];
                        }
                        scratch.extend_from_slice(rest);
                        std::hint::black_box(&scratch);
                    }
                    spans.push((if is_hash { 64 } else { column }, start, end));
                    at = end + 1;
                } else {
                    let end = at + memchr2(b',', b')', &bytes[at..]).unwrap();
                    if &bytes[at..end] != b"NULL" {
                        spans.push((column, at, end));
                    }
                    at = end;
                }
                column += 1;
                at += 1;
                if bytes[at - 1] == b')' {
                    break;
                }
            }
            if spans.len() > 8000 {
                fields += std::hint::black_box(&spans).len();
                spans.clear();
            }
            if bytes[at] == b',' {
                at += 1;
            }
        }
    }
    fields + spans.len()
}
