//! What is ingested.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Result;
use sluice_conformance::{
    formats::Format,
    generate::{Recipe, Size},
};

/// A combo list and a CSV, so many bytes together, made once.
pub(crate) fn both(folder: &Path, bytes: u64) -> Result<[PathBuf; 2]> {
    Ok([dump(folder, Format::Combo, bytes / 2, 1)?, dump(folder, Format::Csv, bytes / 2, 2)?])
}

fn dump(folder: &Path, format: Format, bytes: u64, seed: u64) -> Result<PathBuf> {
    let path = folder.join(format!("{bytes}-{seed}.{}", format.ending()));
    if !path.exists() {
        let unfinished = path.with_extension("new");
        Recipe::new(format, Size::Bytes(bytes), seed).write(fs::File::create(&unfinished)?, "dump", None)?;
        fs::rename(unfinished, &path)?;
    }
    Ok(path)
}

/// `200M` is 200,000,000 bytes.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "" | "B" => 1,
        "M" | "MB" => 1_000_000,
        "G" | "GB" => 1_000_000_000,
        other => return Err(format!("`{other}` is no unit; there are B, M and G")),
    };
    Ok(digits.parse::<u64>().map_err(|_| format!("`{digits}` is no whole number"))? * unit)
}
