//! How answers are printed: columns for people, JSON for programs, a load with its ledger.
#![allow(clippy::print_stdout)] // the commands' answers

use anyhow::Result;
use serde_json::Value;

use super::Server;
use crate::units;

pub(super) fn print_json(value: &Value) -> Result<()> {
    println!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Prints rows as columns, named by JSON pointers, or the JSON as it came.
pub(super) fn print(server: &Server, value: &Value, columns: &[(&str, &str)]) -> Result<()> {
    if server.json {
        return print_json(value);
    }
    let one = [value.clone()];
    let rows = value.as_array().map_or(&one[..], Vec::as_slice);
    let table: Vec<Vec<String>> = std::iter::once(columns.iter().map(|(title, _)| (*title).to_owned()).collect())
        .chain(rows.iter().map(|row| columns.iter().map(|(_, pointer)| cell(row.pointer(pointer))).collect()))
        .collect();
    let width = |column: usize| table.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<_> = (0..columns.len()).map(width).collect();
    for row in &table {
        let line: Vec<_> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        println!("{}", line.join("  ").trim_end());
    }
    Ok(())
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(all)) => {
            all.iter().map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned)).collect::<Vec<_>>().join(", ")
        }
        Some(other) => other.to_string(),
    }
}

/// A load with its ledger: what became of every byte.
pub(super) fn print_load(load: &Value) {
    let ledger = &load["ledger"];
    let number = |name: &str| ledger[name].as_u64().unwrap_or(0);
    let message = load["message"].as_str().filter(|message| !message.is_empty()).map_or_else(String::new, |message| format!(": {message}"));
    println!("load {}: {}{message}", load["id"], load["state"].as_str().unwrap_or("-"));
    println!(
        "  {} read: {} in records, {} rejected, {} skipped",
        units::bytes(number("bytes")),
        units::bytes(number("record_bytes")),
        units::bytes(number("reject_bytes")),
        units::bytes(number("skip_bytes")),
    );
    println!(
        "  {} records, {} stored; {} distinct accounts, {} distinct passwords",
        number("records"),
        number("stored"),
        load["accounts"],
        load["passwords"]
    );
    for (what, name) in [("rows rejected", "parse_rejects"), ("records refused", "record_rejects"), ("values dropped", "value_rejects")] {
        for (reason, count) in ledger[name].as_object().into_iter().flatten() {
            println!("  {what}: {count} × {reason}");
        }
    }
    match load["quarantined_bytes"].as_u64() {
        None | Some(0) => {}
        Some(bytes) => println!("  {} quarantined: `sluice tasks --state quarantined` says why", units::bytes(bytes)),
    }
    for note in load["notes"].as_array().into_iter().flatten() {
        println!("  left out: {}: {}", note["name"].as_str().unwrap_or_default(), note["reason"].as_str().unwrap_or_default());
    }
}

/// Why a task is where it is.
pub(super) fn print_explanation(told: &Value, now_ms: i64) {
    println!("task {} of job {}: {}", told["task"], told["job"], told["state"].as_str().unwrap_or("-"));
    for reason in told["because"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        println!("  {reason}");
    }
    if let Some(starts_at) = told["starts_at"].as_i64() {
        println!("  starts in about {} s", (starts_at - now_ms).max(0) / 1_000);
    }
}
