//! The component's side of the contract, generated from `wit/`, and the glue between it and a [`Parser`].
#![allow(unsafe_code, missing_docs, clippy::all)] // generated code crosses the component border

use crate::{Cuts, Input, Out, Parser, out::Buffers};

wit_bindgen::generate!({
    path: "../../wit/0.2.0",
    world: "parser",
    pub_export_macro: true,
    export_macro_name: "export_component",
    default_bindings_module: "sluice_plugin::bindings",
});

pub use exports::sluice::parser::guest;

/// A parser and its buffers: what an instance holds between calls.
pub struct Instance<P> {
    parser: P,
    buffers: Buffers,
}

pub fn describe<P: Parser>() -> guest::Descriptor {
    let said = P::describe();
    guest::Descriptor {
        name: said.name.into(),
        version: said.version.into(),
        title: said.title.into(),
        formats: said.formats.iter().map(|format| (*format).into()).collect(),
        input: match said.input {
            crate::InputKind::Text => guest::InputKind::Text,
            crate::InputKind::Bytes => guest::InputKind::Bytes,
        },
        framing: match said.framing {
            crate::Framing::Lines => guest::Framing::Lines,
            crate::Framing::Marks => guest::Framing::Marks,
            crate::Framing::Whole => guest::Framing::Whole,
        },
        options: said.options.into(),
    }
}

pub fn probe<P: Parser>(sample: &guest::Sample) -> Option<guest::Claim> {
    let sample = crate::Sample { name: &sample.name, size: sample.size, head: &sample.head, tail: &sample.tail };
    P::probe(&sample).map(|claim| guest::Claim { confidence: claim.confidence, reason: claim.reason })
}

pub fn group<P: Parser>(names: &[String]) -> Vec<Vec<u32>> {
    P::group(&names.iter().map(String::as_str).collect::<Vec<_>>())
}

pub fn open<P: Parser>(start: &guest::Start) -> Result<Instance<P>, String> {
    let guest::Start { name, base, context, options, parts } = start;
    let parts: Vec<_> = parts.iter().map(|part| crate::Part { name: &part.name, base: part.base, size: part.size }).collect();
    let parser = P::open(&crate::Start { name, base: *base, context, options, parts: &parts })?;
    Ok(Instance { parser, buffers: Buffers::default() })
}

pub fn push<P: Parser>(instance: &mut Instance<P>, base: u64, chunk: &[u8], last: bool) -> Result<u32, String> {
    let mut input = Input::new(chunk, base, last);
    let mut emit = |events: &[u64], arena: &[u8]| sluice::parser::host::emit(events, arena);
    let mut out = Out::new(chunk, &mut instance.buffers, &mut emit);
    instance.parser.push(&mut input, &mut out)?;
    out.finish();
    Ok(input.consumed() as u32)
}

pub fn scan<P: Parser>(instance: &mut Instance<P>, base: u64, chunk: &[u8], last: bool) -> Result<u32, String> {
    let mut input = Input::new(chunk, base, last);
    let mut cut = |offset: u64, context: &[u8]| sluice::parser::host::cut(offset, context);
    instance.parser.scan(&mut input, &mut Cuts::new(&mut cut))?;
    Ok(input.consumed() as u32)
}
