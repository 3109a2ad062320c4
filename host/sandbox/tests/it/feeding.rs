//! An honest plugin, fed in every way: the same rows come out.

use std::convert::Infallible;

use sluice_record::{Batch, CutPoint};
use sluice_sandbox::{ChunkError, Feed, Sandbox, Start, parse_chunk, scan_member};

use crate::{Row, What, honest, rows, sandbox};

const PUSH_BYTES: [usize; 11] = [1, 2, 3, 7, 64, 1_000, 4_095, 4_096, 65_536, 262_144, 1 << 20];

/// Some `size` bytes of lines with everything the honest parser knows in them, and no line end at their end.
fn lines(size: usize) -> Vec<u8> {
    let mut text = Vec::new();
    let mut n = 0_u64;
    while text.len() < size {
        n = n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let line = match n >> 60 {
            0 => String::new(),
            1 => format!("no separator {}", n >> 40),
            2 => format!("three{}@example.com:secret:with third", n >> 50),
            3 => format!(":{}", n >> 48),
            4 => format!("long{}@example.org:{}", n >> 50, "x".repeat((n >> 52) as usize % 700)),
            _ => format!("someone{}@example.net:{:x}", n >> 44, n >> 32),
        };
        text.extend_from_slice(line.as_bytes());
        text.push(b'\n');
    }
    text.extend_from_slice(b"last@example.com:line");
    text
}

/// The same parser in Rust.
fn expected(text: &[u8]) -> Vec<Row> {
    let mut offset = 0;
    let mut rows = Vec::new();
    for line in text.split_inclusive(|b| *b == b'\n') {
        let body = line.strip_suffix(b"\n").unwrap_or(line);
        let mut parts = body.splitn(3, |b| *b == b':').map(<[u8]>::to_vec);
        let what = match (parts.next(), parts.next(), parts.next()) {
            _ if body.is_empty() => What::Skip,
            (Some(email), Some(password), None) => What::Record(vec![(16, email), (18, password)]),
            (Some(email), Some(password), Some(third)) => What::Record(vec![(16, email), (18, password), (128, third)]),
            _ => What::Reject("no-separator".into()),
        };
        rows.push(Row { offset, len: line.len(), what });
        offset += line.len() as u64;
    }
    rows
}

#[test]
fn rows_are_the_same_whatever_the_push_size() {
    let sandbox = sandbox();
    let plugin = honest(&sandbox);
    for size in [0, 1, 30_000, 600_000] {
        let text = lines(size);
        let expected = expected(&text);
        for push_bytes in PUSH_BYTES.into_iter().filter(|bytes| size < 100_000 || *bytes > 1_000) {
            let (rows, columns) = rows(&plugin, &text, Feed { push_bytes, ..Feed::default() }).unwrap();
            assert!(rows == expected, "{size} bytes in pushes of {push_bytes}: {} rows, {} expected", rows.len(), expected.len());
            assert_eq!(columns, [(128, "third".to_owned())]);
        }
    }
}

#[test]
fn an_empty_chunk_has_no_rows() {
    let sandbox = sandbox();
    assert_eq!(rows(&honest(&sandbox), b"", Feed::default()).unwrap().0, []);
}

#[test]
fn a_record_that_is_too_long_is_rejected_and_the_next_line_read() {
    let sandbox = sandbox();
    let plugin = honest(&sandbox);
    let reject = |offset, len| Row { offset, len, what: What::Reject("record-too-long".into()) };
    let record = |offset, len| Row { offset, len, what: What::Record(vec![(16, b"a".to_vec()), (18, b"b".to_vec())]) };
    let long = |len: usize| [b"a:b\n", "x".repeat(len).as_bytes(), b"\na:b\n"].concat();
    // (bytes of the long line without its end, what becomes of it) with records of 1,000 bytes at most
    let cases = [
        (998, vec![Row { offset: 4, len: 999, what: What::Reject("no-separator".into()) }]),
        (999, vec![Row { offset: 4, len: 1_000, what: What::Reject("no-separator".into()) }]),
        (1_000, vec![reject(4, 1_000), reject(1_004, 1)]),
        (1_001, vec![reject(4, 1_000), reject(1_004, 2)]),
        (3_500, vec![reject(4, 1_000), reject(1_004, 1_000), reject(2_004, 1_000), reject(3_004, 501)]),
    ];
    for (len, became) in cases {
        for push_bytes in PUSH_BYTES {
            let feed = Feed { push_bytes, record_bytes_max: 1_000 };
            let (rows, _) = rows(&plugin, &long(len), feed).unwrap();
            let expected = [vec![record(0, 4)], became.clone(), vec![record(len as u64 + 5, 4)]].concat();
            assert_eq!(rows, expected, "a line of {len} bytes in pushes of {push_bytes}");
        }
    }
}

#[test]
fn a_reader_that_gives_more_than_was_asked_for_loses_nothing() {
    let sandbox = sandbox();
    let plugin = honest(&sandbox);
    let mut pieces = [b"x".repeat(2_500), b"\na:b\n".to_vec()].into_iter();
    let mut read = |buffer: &mut Vec<u8>, _wanted: usize| {
        buffer.extend(pieces.next().unwrap_or_default());
        Ok(true)
    };
    let mut lens = Vec::new();
    let mut on_batch = |batch: &mut Batch| {
        lens.extend((!batch.input.is_empty()).then_some(batch.input.len()));
        Ok(())
    };
    let feed = Feed { record_bytes_max: 1_000, ..Feed::default() };
    parse_chunk::<Infallible>(&plugin, Start::default(), feed, &mut read, &mut on_batch).unwrap();
    assert_eq!(lens, [1_000, 1_000, 501, 4]);
}

#[test]
fn a_chunk_in_the_middle_of_a_member_keeps_its_offsets() {
    let sandbox = sandbox();
    let plugin = honest(&sandbox);
    let mut given = false;
    let mut read = |buffer: &mut Vec<u8>, _wanted: usize| {
        if !std::mem::replace(&mut given, true) {
            buffer.extend_from_slice(b"a:b\n\n");
        }
        Ok(true) // the end is not known beforehand
    };
    let mut bases = Vec::new();
    let mut on_batch = |batch: &mut Batch| {
        bases.push((batch.base, std::mem::take(&mut batch.input)));
        Ok(())
    };
    let start = Start { base: 5 << 32, ..Start::default() };
    parse_chunk::<Infallible>(&plugin, start, Feed::default(), &mut read, &mut on_batch).unwrap();
    assert_eq!(bases, [(5 << 32, b"a:b\n\n".to_vec())]);
}

#[test]
fn the_callers_error_comes_back_as_it_is() {
    let sandbox = sandbox();
    let plugin = honest(&sandbox);
    let stopped = parse_chunk(&plugin, Start::default(), Feed::default(), &mut |_, _| Err("unplugged"), &mut |_| Ok(()));
    assert!(matches!(stopped, Err(ChunkError::Caller("unplugged"))));
}

fn cuts(sandbox: &Sandbox, text: &[u8], spacing_bytes: u64, feed: Feed) -> Vec<CutPoint> {
    let mut rest = text;
    let mut read = |buffer: &mut Vec<u8>, wanted: usize| {
        let (now, later) = rest.split_at(wanted.min(rest.len()));
        buffer.extend_from_slice(now);
        rest = later;
        Ok(!rest.is_empty())
    };
    scan_member::<Infallible>(&honest(sandbox), Start::default(), spacing_bytes, feed, &mut read).unwrap()
}

#[test]
fn cuts_are_the_same_whatever_the_push_size() {
    let sandbox = sandbox();
    let text = [b"#start\na:b\n#one\n#two\n\n".as_slice(), &b"x".repeat(43), b"\n#three\na:b"].concat();
    let at = |offset, context: &str| CutPoint { offset, context: context.into() };
    // (bytes between cuts, bytes of a record, the cuts); a cut at the very start cuts nothing
    let cases = [
        (0, 1_000, vec![at(11, "one"), at(16, "two"), at(66, "three")]),
        (12, 1_000, vec![at(16, "two"), at(66, "three")]),
        (1_000, 1_000, vec![]),
        (0, 20, vec![at(11, "one"), at(16, "two"), at(66, "three")]),
    ];
    for (spacing_bytes, record_bytes_max, expected) in cases {
        for push_bytes in PUSH_BYTES {
            let cuts = cuts(&sandbox, &text, spacing_bytes, Feed { push_bytes, record_bytes_max });
            assert_eq!(cuts, expected, "pushes of {push_bytes}, {spacing_bytes} between, records of {record_bytes_max}");
        }
    }
}
