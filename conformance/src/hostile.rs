//! Hostile plugins, one a misbehaviour, and the honest one they are made from.
//!
//! Each is a text in `conformance/hostile/`: what is wrong with the plugin and nothing else. The functions of the contract that it does not
//! define come from `conformance/hostile/parts/`, which together are an honest parser of `email:password` lines. Written by hand as core
//! WebAssembly because no language's compiler would let most of them pass.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use wit_component::{ComponentEncoder, StringEncoding};

const WIT: &str = include_str!("../../wit/0.1.0/parser.wit");
const FRAME: &str = include_str!("../hostile/parts/frame.wat");

macro_rules! texts {
    ($folder:literal: $($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../hostile/", $folder, $name, ".wat")))),*]
    };
}

const PARTS: &[(&str, &str)] = texts!["parts/": "describe", "probe", "open", "push", "scan"];

/// Every hostile plugin's name and text.
pub const PLUGINS: &[(&str, &str)] = texts![
    "": "allocate", "column-in-chunk", "column-unnamed", "consumed-too-much", "cut-backwards", "cut-context", "cut-flood", "cut-outside",
    "cut-while-pushing", "describe-giant", "describe-name", "describe-trap", "emit", "emit-arena", "emit-while-scanning", "empty-record",
    "error", "error-outside-memory", "export-nothing", "field-without-record", "gap", "import-forbidden", "import-host-extra", "log",
    "log-flood", "loop", "module", "open-error", "outside-arena", "outside-chunk", "overlap", "probe-confident", "probe-loop",
    "reason-of-input", "record-outside-chunk", "reject-without-reason", "stack", "stall", "start-loop", "tag-unknown", "tail-gap", "trap",
];

/// The component of the hostile plugin with that name.
pub fn hostile(name: &str) -> Result<Vec<u8>> {
    let (_, text) = PLUGINS.iter().find(|(known, _)| *known == name).with_context(|| format!("no hostile plugin `{name}`"))?;
    component(text)
}

/// The component of the honest plugin.
pub fn honest() -> Result<Vec<u8>> {
    component("")
}

/// Makes a component of a text: a whole `(component …)` or `(module …)` as it stands, else definitions that replace an honest plugin's.
pub fn component(text: &str) -> Result<Vec<u8>> {
    let code = text.lines().find(|line| !line.starts_with(";;")).unwrap_or_default();
    if code.starts_with("(component") || code.starts_with("(module") {
        return Ok(wat::parse_str(text)?);
    }
    let mut module = format!("(module {FRAME}\n");
    for (_, honest) in PARTS.iter().filter(|(function, _)| !text.contains(&format!("guest@0.1.0#{function}\""))) {
        writeln!(module, "{honest}")?;
    }
    writeln!(module, "{text})")?;
    let mut core = wat::parse_str(&module)?;
    let mut resolve = wit_parser::Resolve::default();
    let package = resolve.push_str("parser.wit", WIT)?;
    let world = resolve.select_world(&[package], Some("parser"))?;
    wit_component::embed_component_metadata(&mut core, &resolve, world, StringEncoding::UTF8)?;
    ComponentEncoder::default().module(&core)?.validate(true).encode()
}
