//! MB/s on one thread, natively: this parser by pushes of 256 KiB, and the plain memchr parser people would write.
//! `cargo run --release -p sluice-combo --example speed`

use std::{fmt::Write, hint::black_box, time::Instant};

use memchr::{memchr, memchr2};
use sluice_combo::Combo;
use sluice_plugin::{Buffers, Parser, Start, limits, native};

const BYTES: usize = 70_000_000;
const ROUNDS: usize = 3;

fn main() {
    let mut text = String::with_capacity(BYTES + 100);
    let mut state = 7u64;
    while text.len() < BYTES {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let (a, b) = (state >> 40, state >> 50);
        match state >> 60 {
            0 => writeln!(text, "user{a}@example.com:{:032x}", u128::from(state) * u128::from(state)),
            1 => writeln!(text, "first.last{b}@mail.example.org;Pass{a}word"),
            _ => writeln!(text, "user{a}@example.com:secret{b}"),
        }
        .expect("a string grows");
    }
    report("this parser", || ours(text.as_bytes()));
    report("plain memchr", || plain(text.as_bytes()));
}

fn report(name: &str, mut run: impl FnMut() -> u64) {
    let fastest = (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            black_box(run());
            begun.elapsed()
        })
        .min()
        .expect("rounds");
    println!("{name}: {:.0} MB/s", BYTES as f64 / 1e6 / fastest.as_secs_f64());
}

fn ours(bytes: &[u8]) -> u64 {
    let mut parser = Combo::open(&Start { base: 0, context: b"", options: "" }).expect("opens");
    let (mut buffers, mut at, mut sum) = (Buffers::default(), 0, 0u64);
    while at < bytes.len() {
        let end = bytes.len().min(at + limits::PUSH_BYTES);
        let mut emit = |events: &[u64], _: &[u8]| sum += events.len() as u64;
        at += native::push(&mut parser, &mut buffers, at as u64, &bytes[at..end], end == bytes.len(), &mut emit).expect("reads");
    }
    sum
}

fn plain(bytes: &[u8]) -> u64 {
    let (mut rest, mut events, mut sum) = (bytes, Vec::with_capacity(3 << 14), 0);
    while let Some(end) = memchr(b'\n', rest) {
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        if let Some(at) = memchr2(b':', b';', line) {
            let (login, secret) = (&line[..at], &line[at + 1..]);
            let mail = memchr(b'@', login).is_some_and(|at| memchr(b'.', &login[at..]).is_some());
            let hash = secret.len() == 32 && secret.iter().all(u8::is_ascii_hexdigit);
            events.extend([(0u8, line), (u8::from(mail), login), (u8::from(hash) + 2, secret)]);
        }
        if events.len() > 3 << 13 {
            sum += black_box(&events).len() as u64;
            events.clear();
        }
        rest = &rest[end + 1..];
    }
    sum + events.len() as u64
}
