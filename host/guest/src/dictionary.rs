//! What the kits know of values and names, in each language's words: field kinds and hash kinds as `sluice-record` has them, and
//! `sdk/rust/data`, the dictionary of column names and the shapes of hashes. It is the one place where the data is turned into sources of
//! other languages than Rust; how it is used is each kit's.
//!
//! For Python and JavaScript a shape is a regular expression: no part of any shape can take what the next one needs, so that it matches
//! what the parts one after the other do. For C it is a row of parts.

use std::{collections::BTreeMap, fmt::Write as _};

use sluice_record::{FieldKind, HashKind};

const COLUMNS: &str = include_str!("../../../sdk/rust/data/columns.tsv");
const HASHES: &str = include_str!("../../../sdk/rust/data/hashes.tsv");
/// Of a run whose greatest length is not said.
const RUN_BYTES_MAX: &str = "4096";
/// What a part that takes whatever follows needs.
const REST_BYTES_MIN: &str = "16";
const WARNING: &str = "Written by `sluice plugin build`, anew each time.";

/// A file's name and text.
type File = (&'static str, String);

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Names and what they mean: a field kind's tag, a hash kind's for a secret that its name says more of, or 0 for a decoy.
fn names() -> BTreeMap<&'static str, u8> {
    let meanings = lines(COLUMNS).filter_map(|line| line.split_once('\t')).filter(|(meaning, _)| *meaning != "modifier");
    let tagged = meanings.map(|(meaning, words)| {
        let tag = match meaning.strip_prefix("password:") {
            Some(hint) => HashKind::from_name(hint).map(HashKind::tag),
            None => FieldKind::from_name(meaning).map(FieldKind::tag),
        };
        (tag.unwrap_or_default(), words)
    });
    tagged.flat_map(|(tag, words)| words.split(' ').map(move |word| (word, tag))).collect()
}

fn modifiers() -> Vec<&'static str> {
    lines(COLUMNS).filter_map(|line| line.strip_prefix("modifier\t")).flat_map(|words| words.split(' ')).collect()
}

/// A part of a shape.
enum Part {
    Text(&'static str),
    Maybe(&'static str),
    Run { alphabets: &'static str, least: &'static str, most: &'static str },
    Rest,
}

/// The shapes of a section, each with its kind's tag.
fn shapes(section: &str) -> Vec<(u8, Vec<Part>)> {
    let rows = lines(HASHES).filter_map(|line| line.split_once('\t')).filter(|(name, _)| *name == section);
    rows.filter_map(|(_, row)| {
        let (kind, parts) = row.split_once('\t')?;
        Some((HashKind::from_name(kind)?.tag(), parts.split(' ').map(part).collect()))
    })
    .collect()
}

fn part(part: &'static str) -> Part {
    if let Some(text) = part.strip_prefix('"') {
        return Part::Text(text);
    }
    if let Some(text) = part.strip_prefix('?') {
        return Part::Maybe(text);
    }
    let Some((alphabets, length)) = part.split_once(':') else { return Part::Rest };
    let (least, most) = length.split_once('-').unwrap_or((length, length));
    Part::Run { alphabets, least, most: if most.is_empty() { RUN_BYTES_MAX } else { most } }
}

/// A shape as a regular expression that Python and JavaScript both read.
fn expression(parts: &[Part]) -> String {
    let of_part = |part: &Part| match part {
        Part::Text(text) => in_any_case(text),
        Part::Maybe(text) => format!("(?:{})?", in_any_case(text)),
        Part::Run { alphabets, least, most } => {
            let classes: String = alphabets.split('+').map(class).collect();
            format!("[{classes}]{{{least},{most}}}")
        }
        Part::Rest => format!("[\\x00-\\xff]{{{REST_BYTES_MIN},}}"),
    };
    parts.iter().map(of_part).collect()
}

/// Case matters in crypt's markers and nowhere else.
fn in_any_case(text: &str) -> String {
    let letter = |c: char| match c {
        'a'..='z' | 'A'..='Z' if text.starts_with('$') => c.to_string(),
        'a'..='z' | 'A'..='Z' => format!("[{}{}]", c.to_ascii_uppercase(), c.to_ascii_lowercase()),
        '0'..='9' => c.to_string(),
        _ => format!("\\x{:02x}", c as u32),
    };
    text.chars().map(letter).collect()
}

fn class(alphabet: &str) -> &'static str {
    match alphabet {
        "digit" => "0-9",
        "hex" => "0-9A-Fa-f",
        "itoa64" => "\\x2e\\x2f0-9A-Za-z",
        "base64" => "\\x2b\\x2f0-9A-Za-z\\x3d\\x2d\\x5f",
        "salt" => "\\x21-\\x23\\x25-\\x39\\x3b-\\x7e",
        "parameters" => "a-z0-9\\x3d\\x2c",
        _ => "\\x21-\\x7e",
    }
}

/// `sluice_words.h` for authors, `sluice_tables.h` for the kit.
pub(crate) fn c() -> Vec<File> {
    let mut words = format!("/// {WARNING}\n#ifndef SLUICE_WORDS_H\n#define SLUICE_WORDS_H\n\n/// The field kinds.\nenum {{\n");
    for kind in FieldKind::ALL {
        let _ = writeln!(words, "  SLUICE_{} = {},", kind.name().to_uppercase(), kind.tag());
    }
    words += "};\n\n/// The hash kinds.\nenum {\n";
    for kind in HashKind::ALL {
        let _ = writeln!(words, "  SLUICE_HASH_{} = {},", kind.name().to_uppercase(), kind.tag());
    }
    words += "};\n\n";
    for name in FieldKind::ALL.map(FieldKind::name) {
        let kind = name.to_uppercase();
        let _ = writeln!(
            words,
            "/// Adds `{name}`.\nstatic inline void sluice_{name}(sluice_text value) {{ sluice_field(SLUICE_{kind}, value); }}"
        );
    }
    words += "\n#endif\n";

    let mut tables = format!("/// {WARNING}\n");
    for (table, section) in [("MARKED", "marked"), ("HINTED", "hinted")] {
        let _ = writeln!(tables, "static const shape {table}[] = {{");
        for (tag, parts) in shapes(section) {
            let parts: String = parts.iter().map(c_part).collect();
            let _ = writeln!(tables, "  {{{tag}, (const part[]){{{parts}{{END, 0, 0, 0, 0}}}}}},");
        }
        tables += "};\n";
    }
    let (mut blob, mut entries) = (String::new(), String::new());
    for (name, tag) in names() {
        let _ = writeln!(entries, "  {{{}, {}, {tag}}},", blob.len(), name.len());
        blob += name;
    }
    let modifiers: String = modifiers().iter().map(|word| format!("\"{word}\", ")).collect();
    let _ = write!(
        tables,
        "static const char BLOB[] = \"{blob}\";\nstatic const struct {{ uint16_t at; uint8_t bytes, meaning; }} NAMES[] = {{\n{entries}}};\n\
         static const char *const MODIFIERS[] = {{{modifiers}}};\n"
    );
    vec![("sluice_words.h", words), ("sluice_tables.h", tables)]
}

fn c_part(part: &Part) -> String {
    match part {
        Part::Text(text) => format!("{{TEXT, 0, 0, 0, \"{text}\"}}, "),
        Part::Maybe(text) => format!("{{MAYBE, 0, 0, 0, \"{text}\"}}, "),
        Part::Run { alphabets, least, most } => {
            format!("{{RUN, {}, {least}, {most}, 0}}, ", alphabets.to_uppercase().replace('+', " | "))
        }
        Part::Rest => "{REST, 0, 0, 0, 0}, ".to_owned(),
    }
}

/// `sluice_tables.py`: enumerations, setters and tables.
pub(crate) fn python() -> Vec<File> {
    let mut text = format!("\"\"\"{WARNING}\"\"\"\n\nfrom typing import Self\n\n\nclass Field:\n    \"\"\"The field kinds.\"\"\"\n\n");
    for kind in FieldKind::ALL {
        let _ = writeln!(text, "    {} = {}", kind.name().to_uppercase(), kind.tag());
    }
    text += "\n\nclass Hash:\n    \"\"\"The hash kinds.\"\"\"\n\n";
    for kind in HashKind::ALL {
        let _ = writeln!(text, "    {} = {}", kind.name().to_uppercase(), kind.tag());
    }
    text += "\n\nclass Setters:\n    \"\"\"A method a field kind.\"\"\"\n\n    def field(self, kind: int, value: bytes | str) -> Self:\n        raise NotImplementedError\n";
    for name in FieldKind::ALL.map(FieldKind::name) {
        let kind = name.to_uppercase();
        let _ = write!(
            text,
            "\n    def {name}(self, value: bytes | str) -> Self:\n        \"\"\"Adds `{name}`.\"\"\"\n        return self.field(Field.{kind}, value)\n"
        );
    }
    let modifiers: String = modifiers().iter().map(|word| format!("\"{word}\", ")).collect();
    let _ = write!(text, "\n\nMODIFIERS = frozenset(({modifiers}))\nNAMES = {{\n");
    for (name, tag) in names() {
        let _ = writeln!(text, "    \"{name}\": {tag},");
    }
    text += "}\n";
    for (table, section) in [("MARKED", "marked"), ("HINTED", "hinted")] {
        let _ = writeln!(text, "{table} = (");
        for (tag, parts) in shapes(section) {
            let _ = writeln!(text, "    ({tag}, rb\"{}\"),", expression(&parts));
        }
        text += ")\n";
    }
    vec![("sluice_tables.py", text)]
}

/// `sluice_tables.js`, and the types of it that authors meet.
pub(crate) fn javascript() -> Vec<File> {
    let mut text = format!("// {WARNING}\n\n/** The field kinds. */\nexport const Field = Object.freeze({{\n");
    let mut types = format!("// {WARNING}\n\n/** The field kinds. */\nexport declare const Field: {{\n");
    for kind in FieldKind::ALL {
        let _ = writeln!(text, "  {}: {},", kind.name().to_uppercase(), kind.tag());
        let _ = writeln!(types, "  readonly {}: {};", kind.name().to_uppercase(), kind.tag());
    }
    text += "});\n\n/** The hash kinds. */\nexport const Hash = Object.freeze({\n";
    types += "};\n\n/** The hash kinds. */\nexport declare const Hash: {\n";
    for kind in HashKind::ALL {
        let _ = writeln!(text, "  {}: {},", kind.name().to_uppercase(), kind.tag());
        let _ = writeln!(types, "  readonly {}: {};", kind.name().to_uppercase(), kind.tag());
    }
    text += "});\n\n/** A method a field kind. */\nexport class Setters {\n";
    types += "};\n\n/** A method a field kind. */\nexport declare class Setters {\n";
    for name in FieldKind::ALL.map(FieldKind::name) {
        let (kind, method) = (name.to_uppercase(), camel(name));
        let _ = writeln!(text, "  {method}(value) {{\n    return this.field(Field.{kind}, value);\n  }}");
        let _ = writeln!(types, "  /** Adds `{name}`. */\n  {method}(value: Uint8Array | string): this;");
    }
    types += "}\n";
    text += "}\n";
    let modifiers: String = modifiers().iter().map(|word| format!("\"{word}\", ")).collect();
    let _ = write!(text, "\nexport const MODIFIERS = new Set([{modifiers}]);\nexport const NAMES = new Map([\n");
    for (name, tag) in names() {
        let _ = writeln!(text, "  [\"{name}\", {tag}],");
    }
    text += "]);\n";
    for (table, section) in [("MARKED", "marked"), ("HINTED", "hinted")] {
        let _ = writeln!(text, "export const {table} = [");
        for (tag, parts) in shapes(section) {
            let _ = writeln!(text, "  [{tag}, /^{}$/],", expression(&parts));
        }
        text += "];\n";
    }
    vec![("sluice_tables.js", text), ("sluice_tables.d.ts", types)]
}

/// `full_name` as JavaScript has names.
fn camel(name: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    let mut words = name.split('_');
    words.next().unwrap_or_default().to_owned() + &words.map(capital).collect::<String>()
}
