//! Turns `data/*.tsv` into tables, so that a plugin's instance has nothing to do at start.

use std::{collections::BTreeMap, env, error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    columns()?;
    hashes()
}

/// The dictionary, sorted.
fn columns() -> Result<(), Box<dyn Error>> {
    let source = "data/columns.tsv";
    println!("cargo::rerun-if-changed={source}");
    let text = fs::read_to_string(Path::new(&env::var("CARGO_MANIFEST_DIR")?).join(source))?;
    let (mut names, mut modifiers) = (BTreeMap::new(), Vec::new());
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (meaning, words) = line.split_once('\t').ok_or_else(|| format!("{source}: no tab in {line:?}"))?;
        for word in words.split(' ') {
            if word.is_empty() || word != word.to_lowercase() || word.contains(['_', '-', '.']) {
                return Err(format!("{source}: {word:?} is not as names are compared").into());
            }
            if meaning == "modifier" {
                modifiers.push(word);
            } else if names.insert(word, code(meaning)?).is_some() {
                return Err(format!("{source}: {word:?} stands twice").into());
            }
        }
    }
    modifiers.sort_unstable();

    let (mut blob, mut entries) = (String::new(), Vec::new());
    for (name, meaning) in &names {
        entries.push((u16::try_from(blob.len())?, u8::try_from(name.len())?, *meaning));
        blob.push_str(name);
    }
    let code = format!(
        "/// All names, in the order of their bytes.\nstatic BLOB: &str = {blob:?};\n\
         /// Offset and length in `BLOB`, meaning as a tag: a field kind's, a hash kind's for a secret with a hint, 0 for a decoy.\n\
         static NAMES: [(u16, u8, u8); {}] = {entries:?};\nstatic MODIFIERS: [&str; {}] = {modifiers:?};\n",
        entries.len(),
        modifiers.len(),
    );
    fs::write(Path::new(&env::var("OUT_DIR")?).join("columns.rs"), code)?;
    Ok(())
}

fn code(meaning: &str) -> Result<u8, String> {
    use sluice_record::{FieldKind, HashKind};
    if meaning == "extra" {
        return Ok(0);
    }
    match meaning.strip_prefix("password:") {
        Some(hint) => HashKind::from_name(hint).map(HashKind::tag),
        None => FieldKind::from_name(meaning).map(FieldKind::tag),
    }
    .ok_or_else(|| format!("no such meaning: {meaning}"))
}

/// The shapes of hashes, as `secret.rs` has them.
fn hashes() -> Result<(), Box<dyn Error>> {
    let source = "data/hashes.tsv";
    println!("cargo::rerun-if-changed={source}");
    let text = fs::read_to_string(Path::new(&env::var("CARGO_MANIFEST_DIR")?).join(source))?;
    let mut code = String::new();
    for (section, table) in [("marked", "MARKED"), ("hinted", "HINTED")] {
        code += &format!("const {table}: &[Shape] = &[\n");
        for line in text.lines() {
            let Some((kind, parts)) = line.strip_prefix(section).and_then(|rest| rest.strip_prefix('\t')?.split_once('\t')) else {
                continue;
            };
            let kind = sluice_record::HashKind::from_name(kind).ok_or_else(|| format!("{source}: no such kind: {kind}"))?;
            let parts = parts.split(' ').map(part).collect::<Option<Vec<_>>>().ok_or_else(|| format!("{source}: {line:?}"))?;
            code += &format!("    ({kind:?}, &[{}]),\n", parts.join(", "));
        }
        code += "];\n";
    }
    fs::write(Path::new(&env::var("OUT_DIR")?).join("hashes.rs"), code)?;
    Ok(())
}

fn part(part: &str) -> Option<String> {
    if part == "*" {
        return Some("Rest".into());
    }
    for (sign, variant) in [('"', "Text"), ('?', "Maybe")] {
        if let Some(text) = part.strip_prefix(sign) {
            return Some(format!("{variant}(b{text:?})"));
        }
    }
    let (alphabets, length) = part.split_once(':')?;
    let (least, most) = length.split_once('-').unwrap_or((length, length));
    let most = if most.is_empty() { "4096" } else { most };
    Some(format!("Run({}, {least}, {most})", alphabets.to_uppercase().replace('+', " | ")))
}
