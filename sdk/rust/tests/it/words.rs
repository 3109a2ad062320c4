//! What parsers say, as the host sees it: skips joined, copies in the arena, lines whole.

use sluice_plugin::*;

struct Lines;

impl Parser for Lines {
    fn describe() -> Descriptor {
        Descriptor { name: "lines", ..Descriptor::TEXT }
    }
    fn probe(_: &Sample<'_>) -> Option<Claim> {
        None
    }
    fn open(_: &Start<'_>) -> Result<Self, String> {
        Ok(Self)
    }
    fn push(&mut self, input: &mut Input<'_>, out: &mut Out<'_>) -> Result<(), String> {
        while let Some(line) = input.next_line() {
            match line.text {
                b"" => out.skip(line.raw),
                b"bad" => out.reject(line.raw, "bad"),
                text => out.record(line.raw).username(text).full_name(&text.to_ascii_uppercase()).end(),
            }
        }
        Ok(())
    }
}

#[test]
fn spans_copies_skips_and_rejects_arrive() {
    let bytes = b"ann\r\n\n\n\nbad\nbob";
    let found = native::parse::<Lines>(bytes, 1 << 10);
    found.check_tiling().expect("it tiles");
    let said: Vec<String> = found.batches[0]
        .items()
        .map(|item| match item {
            Item::Record { fields, .. } => {
                fields.map(|field| String::from_utf8_lossy(field.value).into_owned()).collect::<Vec<_>>().join(" ")
            }
            Item::Skip { span } => format!("skip {}", span.len),
            Item::Reject { reason, .. } => format!("reject {}", String::from_utf8_lossy(reason)),
            Item::Column { .. } => "column".into(),
        })
        .collect();
    assert_eq!(said, ["ann ANN", "skip 3", "reject bad", "bob BOB"]);
    assert_eq!(found.batches[0].arena, b"ANNbadBOB");
}

#[test]
fn a_gap_is_seen() {
    let mut found = native::parse::<Lines>(b"ann\nbob\n", 1 << 10);
    found.batches[0].events.drain(..3);
    assert!(found.check_tiling().is_err());
}

#[test]
fn pushes_of_one_byte_hold_lines_back() {
    let found = native::parse::<Lines>(b"ann\r\nbob\n", 1);
    found.check_tiling().expect("it tiles");
    assert_eq!(found.batches.iter().flat_map(|batch| batch.items()).count(), 2);
}
