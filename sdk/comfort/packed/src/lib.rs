//! Pairs, their events packed by hand: what one writes who has no kit.

use sluice_record::{Event, FieldKind, Tag};

include!("../../pairs.rs");

/// Events that are handed over at once.
const EVENTS: usize = 8 << 10;

/// Reads what is whole of some bytes; gives how much that is.
pub fn push(bytes: &[u8], events: &mut Vec<u64>, mut emit: impl FnMut(&[u64])) -> usize {
    let pack = |tag: u8, start: usize, end: usize| Event::new(tag, start as u32, (end - start) as u32, false).0;
    events.reserve(EVENTS + 3);
    let consumed = pairs(bytes, |start, separator, end, next| {
        if events.len() >= EVENTS {
            emit(events);
            events.clear();
        }
        events.push(pack(Tag::RECORD.0, start, next));
        if start < separator {
            events.push(pack(FieldKind::Email.tag(), start, separator));
        }
        if separator + 1 < end {
            events.push(pack(FieldKind::Password.tag(), separator + 1, end));
        }
    });
    emit(events);
    events.clear();
    consumed
}

#[cfg(target_arch = "wasm32")]
mod component {
    #![allow(unsafe_code, clippy::all)] // generated code crosses the component border

    use std::cell::RefCell;

    wit_bindgen::generate!({ path: "../../../wit/0.2.0", world: "parser" });

    use exports::sluice::parser::guest;

    thread_local!(static EVENTS: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) });

    struct Packed;

    impl guest::Guest for Packed {
        fn describe() -> guest::Descriptor {
            guest::Descriptor {
                name: "packed".into(),
                version: "0.1.0".into(),
                title: "Pairs".into(),
                formats: vec![],
                input: guest::InputKind::Text,
                framing: guest::Framing::Lines,
                options: String::new(),
            }
        }

        fn probe(_: guest::Sample) -> Option<guest::Claim> {
            None
        }

        fn group(_: Vec<String>) -> Vec<Vec<u32>> {
            vec![]
        }

        fn open(_: guest::Start) -> Result<(), String> {
            Ok(())
        }

        fn push(_: u64, chunk: Vec<u8>, _: bool) -> Result<u32, String> {
            let emit = |events: &[u64]| sluice::parser::host::emit(events, &[]);
            Ok(EVENTS.with_borrow_mut(|events| super::push(&chunk, events, emit)) as u32)
        }

        fn scan(_: u64, chunk: Vec<u8>, _: bool) -> Result<u32, String> {
            Ok(chunk.len() as u32)
        }
    }

    export!(Packed);
}
