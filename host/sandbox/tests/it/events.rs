//! The tiling check takes dozens of events at once: what it says of any events is what the contract says, one event after the other.

use proptest::{prelude::*, strategy::ValueTree as _};
use sluice_conformance::hostile::component;
use sluice_record::{Batch, Event, FieldKind, Tag};
use sluice_sandbox::{Instance, Start};

use crate::sandbox;

/// Emits what its input says, a word an event: half of it, and the other half, each with 18 bytes of arena.
const ECHO: &str = r#"
(func (export "sluice:parser/guest@0.1.0#push") (param $base i64) (param $chunk i32) (param $len i32) (param $last i32) (result i32)
  (local $half i32)
  (local.set $half (i32.shr_u (local.get $len) (i32.const 4)))
  (call $emit (local.get $chunk) (local.get $half) (i32.const 1024) (i32.const 18))
  (call $emit
    (i32.add (local.get $chunk) (i32.shl (local.get $half) (i32.const 3)))
    (i32.sub (i32.shr_u (local.get $len) (i32.const 3)) (local.get $half))
    (i32.const 1024)
    (i32.const 18))
  (call $done (local.get $len)))"#;
const ARENA_BYTES: u64 = 18;

/// What the contract says.
fn is_right(events: &[Event], chunk_bytes: u64) -> bool {
    let (mut covered, mut behind_record) = (0, false);
    for event in events {
        let (tag, span) = (event.tag(), event.span());
        let end = u64::from(span.offset) + u64::from(span.len);
        if end > if span.arena { ARENA_BYTES } else { chunk_bytes } {
            return false;
        }
        if tag == Tag::RECORD.0 || tag == Tag::SKIP.0 {
            if span.arena || span.len == 0 || u64::from(span.offset) != covered {
                return false;
            }
            (covered, behind_record) = (end, tag == Tag::RECORD.0);
        } else if FieldKind::from_tag(tag).is_none() || !behind_record {
            return false;
        }
    }
    covered == chunk_bytes
}

/// Records of one to eight bytes with up to seven fields, and skips, a word of the chunk an event; the last one has the rest.
fn honest() -> impl Strategy<Value = Vec<Event>> {
    let field = (any::<bool>(), 0..9_u32, 0..9_u32);
    let row = (any::<bool>(), 1..9_u32, prop::collection::vec(field, 0..8));
    prop::collection::vec(row, 1..60).prop_map(|mut rows| {
        rows.iter_mut().filter(|(is_skip, ..)| *is_skip).for_each(|(.., fields)| fields.clear());
        let chunk_bytes = 8 * rows.iter().map(|(.., fields)| 1 + fields.len() as u32).sum::<u32>();
        let (mut events, mut at) = (vec![], 0);
        for (number, (is_skip, bytes, fields)) in rows.iter().enumerate() {
            let bytes = if number + 1 == rows.len() { chunk_bytes - at } else { *bytes };
            let tag = if *is_skip { Tag::SKIP } else { Tag::RECORD };
            events.push(Event::new(tag.0, at, bytes, false));
            events.extend(fields.iter().map(|(arena, offset, len)| {
                let offset = if *arena { *offset } else { (at + offset).min(chunk_bytes) };
                let len = if *arena { *len } else { (*len).min(chunk_bytes - offset) };
                Event::new(FieldKind::Email.tag(), offset, len, *arena)
            }));
            at += bytes;
        }
        events
    })
}

fn push(instance: &mut Instance, events: &[Event]) -> Option<Vec<u64>> {
    let chunk: Vec<u8> = events.iter().flat_map(|event| event.0.to_le_bytes()).collect();
    let mut batch = Batch::default();
    instance.push(0, &chunk, true, &mut batch).is_ok().then_some(batch.events)
}

#[test]
fn what_is_taken_is_what_the_contract_says() {
    let sandbox = sandbox();
    let plugin = sandbox.load(&component(ECHO).unwrap()).unwrap();
    let tags = prop::sample::select(vec![Tag::RECORD.0, Tag::SKIP.0, 5, FieldKind::Email.tag(), 200]);
    let spoiled = (any::<prop::sample::Index>(), 0..5_u8, tags, 0..3_u32, any::<bool>());
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut taken, mut refused) = (0, 0);
    for _ in 0..2_000 {
        let (mut events, (at, what, tag, less, arena)) = (honest(), spoiled.clone()).new_tree(&mut runner).unwrap().current();
        let index = at.index(events.len());
        let (event, span) = (events[index], events[index].span());
        let before =
            events[..index].iter().rfind(|event| event.tag() <= Tag::SKIP.0).map_or(0, |event| event.span().offset + event.span().len);
        let instead = match what {
            0 => event,
            1 => Event::new(tag, span.offset, span.len, span.arena),
            2 => Event::new(event.tag(), (span.offset + 1).saturating_sub(less), span.len, span.arena != arena),
            3 => Event::new(event.tag(), span.offset, if less == 0 { 0 } else { span.len + less - 1 }, span.arena),
            // In a field's place it spoils nothing else.
            _ => Event::new(Tag::RECORD.0, before, 0, false),
        };
        events[index] = instead;
        let found = push(&mut plugin.open(Start::default()).unwrap(), &events);
        let wanted = is_right(&events, 8 * events.len() as u64);
        let half = events.len() / 2;
        let moved = |(index, event): (usize, &Event)| event.0 + if index >= half && event.span().arena { ARENA_BYTES } else { 0 };
        assert_eq!(found, wanted.then(|| events.iter().enumerate().map(moved).collect()), "{index} of {events:?}");
        *if wanted { &mut taken } else { &mut refused } += 1;
    }
    assert!(taken > 300 && refused > 300, "{taken} taken, {refused} refused");
}
