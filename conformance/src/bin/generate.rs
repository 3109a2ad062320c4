//! `sluice-generate`: synthetic dumps from the command line.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::PathBuf,
};

use anyhow::{Context, Result, ensure};
use clap::{Parser, Subcommand};
use sluice_conformance::{
    containers::Container,
    encodings::TextEncoding,
    formats::Format,
    generate::{Recipe, Size},
    traits::Traits,
};

/// Makes synthetic dumps: nobody is in them, and every address is at example.com, example.net or example.org.
#[derive(Parser)]
#[command(name = "sluice-generate", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Writes one dump.
    Generate(Generate),
}

#[derive(clap::Args)]
struct Generate {
    #[arg(long, value_enum)]
    format: Format,
    /// A dialect of the format; the usual one otherwise. An unknown one lists them.
    #[arg(long)]
    dialect: Option<String>,
    /// Text bytes to reach, before encoding and container: 70MB, 1GB, 64KiB.
    #[arg(long, value_parser = bytes, conflicts_with = "records")]
    bytes: Option<u64>,
    /// Records to write; 1000 if neither is given.
    #[arg(long)]
    records: Option<u64>,
    /// The same seed gives the same bytes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// none, readable, all, or names with commas between them; an unknown one lists them.
    #[arg(long, default_value = "none")]
    traits: Traits,
    /// utf-8, utf-16le, utf-16be (also -bom), or a WHATWG label: latin1, windows-1251, gbk …
    #[arg(long, default_value = "utf-8", value_parser = encoding)]
    encoding: TextEncoding,
    #[arg(long, value_enum, default_value_t)]
    container: Container,
    /// Where the truth goes: a JSON object a record, a line each.
    #[arg(long)]
    truth: Option<PathBuf>,
    #[arg(short, long)]
    output: PathBuf,
}

fn main() -> Result<()> {
    let Command::Generate(wanted) = Arguments::parse().command;
    let size = wanted.bytes.map_or(Size::Records(wanted.records.unwrap_or(1_000)), Size::Bytes);
    let dialect = wanted.dialect.unwrap_or_else(|| wanted.format.dialects()[0].to_owned());
    ensure!(
        wanted.format.dialects().contains(&dialect.as_str()),
        "the format has no dialect `{dialect}`; there are {}",
        wanted.format.dialects().join(", ")
    );
    let recipe = Recipe {
        format: wanted.format,
        dialect,
        size,
        seed: wanted.seed,
        traits: wanted.traits,
        encoding: wanted.encoding,
        container: wanted.container,
    };
    let create = |path: &PathBuf| File::create(path).map(BufWriter::new).with_context(|| format!("cannot create {}", path.display()));
    let mut truth = wanted.truth.as_ref().map(create).transpose()?;
    let member = format!("dump.{}", wanted.format.ending());
    let out = create(&wanted.output)?;
    let (made, _) = recipe
        .write(out, &member, truth.as_mut().map(|truth| truth as &mut dyn Write))
        .with_context(|| format!("cannot write {}", wanted.output.display()))?;
    writeln!(std::io::stdout(), "{} records, {} bytes of text", made.records, made.text_bytes)?;
    Ok(())
}

fn encoding(label: &str) -> Result<TextEncoding, String> {
    TextEncoding::from_label(label).ok_or_else(|| format!("`{label}` is no encoding that the WHATWG or we know"))
}

/// `70MB` is 70,000,000 bytes, `64KiB` 65,536.
fn bytes(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "" | "B" => 1,
        "KB" | "kB" | "K" => 1_000,
        "MB" | "M" => 1_000_000,
        "GB" | "G" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        other => return Err(format!("`{other}` is no unit; there are B, KB, MB, GB, KiB, MiB, GiB")),
    };
    let number: u64 = digits.parse().map_err(|_| format!("`{digits}` is no whole number"))?;
    number.checked_mul(unit).ok_or_else(|| "that is more than fits".to_owned())
}
