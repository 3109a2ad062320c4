//! Combo lists.
use sluice_plugin::*;

/// Combo lists.
#[derive(Debug)]
pub struct Combo;

impl Parser for Combo {
    fn describe() -> Descriptor {
        Descriptor { name: "combo", version: "0.1.0", title: "Combo list", framing: Framing::Lines, ..Descriptor::TEXT }
    }
    fn probe(_: &Sample<'_>) -> Option<Claim> {
        None
    }
    fn open(_: &Start<'_>) -> Result<Self, String> {
        Ok(Self)
    }
    fn push(&mut self, input: &mut Input<'_>, out: &mut Out<'_>) -> Result<(), String> {
        while let Some(line) = input.next_line() {
            match line.text.iter().position(|byte| *byte == b':') {
                Some(at) => out.record(line.raw).email(&line.text[..at]).password(&line.text[at + 1..]).end(),
                None if line.text.is_empty() => out.skip(line.raw),
                None => out.reject(line.raw, "no-separator"),
            }
        }
        Ok(())
    }
}
sluice_plugin::export!(Combo);
