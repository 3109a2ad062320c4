//! Hostile plugins, one a misbehaviour, and the honest one they are made from.
//!
//! Each is a text in `conformance/hostile/`: what is wrong with the plugin and nothing else. The functions of the contract that it does not
//! define come from `conformance/hostile/parts/`, which together are an honest parser of `email:password` lines; what they do define may
//! call the honest one, `$honest_push`. Those in `quiet/` do nothing that a sandbox could see: it takes a judge. Written by hand as core
//! WebAssembly because no language's compiler would let most of them pass.

use std::{collections::BTreeSet, fmt::Write as _};

use anyhow::{Context as _, Result};
use wit_component::{ComponentEncoder, StringEncoding};

/// The contract they are built for, unless said otherwise, and the one after it.
const OLDER: (&str, &str) = ("0.1.0", include_str!("../../wit/0.1.0/parser.wit"));
const NEWER: (&str, &str) = ("0.2.0", include_str!("../../wit/0.2.0/parser.wit"));
const FRAME: &str = include_str!("../hostile/parts/frame.wat");
/// What plugins with a system import beside the contract, as packages and as functions.
const WASI: (&str, &str) = (include_str!("../hostile/parts/wasi.wit"), include_str!("../hostile/parts/wasi.wat"));

macro_rules! texts {
    ($folder:literal: $($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../hostile/", $folder, $name, ".wat")))),*]
    };
}

const PARTS: &[(&str, &str)] = texts!["parts/": "describe", "probe", "group", "open", "push", "scan"];

/// Every hostile plugin's name and text.
pub const PLUGINS: &[(&str, &str)] = texts![
    "": "allocate", "column-in-chunk", "column-unnamed", "consumed-too-much", "cut-backwards", "cut-context", "cut-flood", "cut-outside",
    "cut-while-pushing", "describe-giant", "describe-name", "describe-trap", "emit", "emit-arena", "emit-while-scanning", "empty-record",
    "error", "error-outside-memory", "export-nothing", "field-without-record", "gap", "import-clock", "import-forbidden", "import-host-extra", "log",
    "log-flood", "loop", "module", "open-error", "outside-arena", "outside-chunk", "overlap", "probe-confident", "probe-loop",
    "reason-of-input", "record-outside-chunk", "reject-without-reason", "stack", "stall", "start-loop", "tag-unknown", "tail-gap", "trap",
];

/// Those that break the contract and end in no fault.
pub const QUIET: &[(&str, &str)] = texts![
    "quiet/": "calls-at-lines", "claims-everything", "claims-nothing", "counts-at-lines", "counts-pushes", "cut-outside-much", "hoards",
    "loses-last-line", "recurses", "skips-chunk-begin", "takes-push-ends", "traps-on-damage", "traps-on-long-lines",
];

/// Refuses to open, with the member's name as the reason: for [`newer`].
pub const SAYS_ITS_NAME: &str = r#"(func (export "sluice:parser/guest@0.2.0#open") (param $name i32) (param $name_len i32)
  (param $base i64) (param $context i32) (param $context_len i32) (param $options i32) (param $options_len i32)
  (param $parts i32) (param $parts_len i32) (result i32)
  (i32.store8 (i32.const 0) (i32.const 1))
  (i32.store (i32.const 4) (local.get $name))
  (i32.store (i32.const 8) (local.get $name_len))
  (i32.const 0))"#;

/// One group, of the first and the second member if there are two, else of the first twice: for [`newer`].
pub const GROUPS_TWO: &str = r#"(func (export "sluice:parser/guest@0.2.0#group") (param $names i32) (param $names_len i32) (result i32)
  (i64.store (i32.const 0) (i64.const 0x1_0000_0008))
  (i64.store (i32.const 8) (i64.const 0x2_0000_0010))
  (i32.store (i32.const 16) (i32.const 0))
  (i32.store (i32.const 20) (i32.gt_u (local.get $names_len) (i32.const 1)))
  (i32.const 0))"#;

/// The component of the hostile plugin with that name.
pub fn hostile(name: &str) -> Result<Vec<u8>> {
    let (_, text) = PLUGINS.iter().chain(QUIET).find(|(known, _)| *known == name).with_context(|| format!("no hostile plugin `{name}`"))?;
    component(text)
}

/// The same as a plugin whose scan says where members are cut.
pub fn scanning(name: &str) -> Result<Vec<u8>> {
    let (_, text) = PLUGINS.iter().chain(QUIET).find(|(known, _)| *known == name).with_context(|| format!("no hostile plugin `{name}`"))?;
    let (_, describe) = PARTS.iter().find(|(part, _)| *part == "describe").context("nobody describes it")?;
    // The framing is the byte behind the input's kind.
    component(&format!(
        "{}\n{text}",
        describe.replace("(i64.store (i32.const 96) (i64.const 0))", "(i64.store (i32.const 96) (i64.const 256))")
    ))
}

/// The component of the honest plugin.
pub fn honest() -> Result<Vec<u8>> {
    component("")
}

/// Makes a component of a text: a whole `(component …)` or `(module …)` as it stands, else definitions that replace an honest plugin's.
pub fn component(text: &str) -> Result<Vec<u8>> {
    built_for(OLDER, text)
}

/// As [`component`], for the contract's newest version.
pub fn newer(text: &str) -> Result<Vec<u8>> {
    built_for(NEWER, text)
}

/// As [`newer`], with the functions of `conformance/hostile/parts/wasi.wat` to call.
pub fn with_wasi(text: &str) -> Result<Vec<u8>> {
    let (version, wit) = NEWER;
    let interfaces: BTreeSet<&str> = WASI.1.split('"').filter(|word| word.starts_with("wasi:")).collect();
    let imports: String = interfaces.iter().map(|interface| format!("  import {interface};\n")).collect();
    let wit = wit.replace("  import host;\n", &format!("  import host;\n{imports}"));
    built((version, &wit), WASI, text)
}

fn built_for(contract: (&str, &str), text: &str) -> Result<Vec<u8>> {
    built(contract, ("", ""), text)
}

fn built((version, wit): (&str, &str), (packages, imports): (&str, &str), text: &str) -> Result<Vec<u8>> {
    let code = text.lines().find(|line| !line.starts_with(";;")).unwrap_or_default();
    if code.starts_with("(component") || code.starts_with("(module") {
        return Ok(wat::parse_str(text)?);
    }
    let mut module = format!("(module {imports}{}\n", told(version, FRAME));
    for (function, honest) in PARTS.iter().filter(|(function, _)| version != OLDER.0 || *function != "group") {
        let (honest, export) = (told(version, honest), format!("(export \"sluice:parser/guest@{version}#{function}\")"));
        let other_name = format!("$honest_{function}");
        if !text.contains(&export) {
            writeln!(module, "{honest}")?;
        } else if text.contains(&other_name) {
            writeln!(module, "{}", honest.replace(&export, &other_name))?;
        }
    }
    writeln!(module, "{text})")?;
    let mut core = wat::parse_str(&module)?;
    let mut resolve = wit_parser::Resolve::default();
    if !packages.is_empty() {
        resolve.push_str("packages.wit", packages)?;
    }
    let package = resolve.push_str("parser.wit", wit)?;
    let world = resolve.select_world(&[package], Some("parser"))?;
    wit_component::embed_component_metadata(&mut core, &resolve, world, StringEncoding::UTF8)?;
    ComponentEncoder::default().module(&core)?.validate(true).encode()
}

/// A part of the honest plugin in a version's words: what `open` is told first is the member's name, and last the members it was joined of.
fn told(version: &str, part: &str) -> String {
    let part = part.replace("@0.1.0", &format!("@{version}"));
    if version == OLDER.0 || !part.contains("#open") {
        return part;
    }
    let part = part.replacen("(param $base", "(param $name i32) (param $name_len i32) (param $base", 1);
    part.replacen("(result", "(param $parts i32) (param $parts_len i32) (result", 1)
}
