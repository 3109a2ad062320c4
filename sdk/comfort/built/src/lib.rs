//! Pairs, told with the kit's builder.
#![forbid(unsafe_code)]

use sluice_plugin::{Claim, Descriptor, Framing, Input, Out, Parser, Sample, Start};

include!("../../pairs.rs");

/// The parser.
pub struct Built;

impl Parser for Built {
    fn describe() -> Descriptor {
        Descriptor { name: "built", version: "0.1.0", title: "Pairs", framing: Framing::Lines, ..Descriptor::TEXT }
    }

    fn probe(_: &Sample<'_>) -> Option<Claim> {
        None
    }

    fn open(_: &Start<'_>) -> Result<Self, String> {
        Ok(Self)
    }

    fn push(&mut self, input: &mut Input<'_>, out: &mut Out<'_>) -> Result<(), String> {
        let end = pairs(input.bytes(), |start, separator, end, next| {
            out.record(start..next).email(start..separator).password(separator + 1..end).end();
        });
        input.consume_to(end);
        Ok(())
    }
}

sluice_plugin::export!(Built);
