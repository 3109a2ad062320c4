//! The kit for writing a parser plugin in Rust.
//!
//! Implement [`Parser`], name it in [`export!`], build for `wasm32-unknown-unknown`:
//!
//! ```
//! use sluice_plugin::*;
//!
//! struct Pairs;
//!
//! impl Parser for Pairs {
//!     fn describe() -> Descriptor {
//!         Descriptor { name: "pairs", version: "0.1.0", title: "mail=password", framing: Framing::Lines, ..Descriptor::TEXT }
//!     }
//!     fn probe(sample: &Sample) -> Option<Claim> {
//!         sample.name.ends_with(".pairs").then(|| Claim::new(60, "the name ends in .pairs"))
//!     }
//!     fn open(_: &Start) -> Result<Self, String> {
//!         Ok(Self)
//!     }
//!     fn push(&mut self, input: &mut Input, out: &mut Out) -> Result<(), String> {
//!         while let Some(line) = input.next_line() {
//!             match line.text.iter().position(|byte| *byte == b'=') {
//!                 Some(at) => out.record(line.raw).email(&line.text[..at]).password(&line.text[at + 1..]).end(),
//!                 None if line.text.is_empty() => out.skip(line.raw),
//!                 None => out.reject(line.raw, "no-equals-sign"),
//!             }
//!         }
//!         Ok(())
//!     }
//! }
//! sluice_plugin::export!(Pairs);
//!
//! let found = native::parse::<Pairs>(b"ann@example.com=pa55word\n", 7);
//! assert_eq!(found.batches.iter().flat_map(|batch| batch.items()).count(), 1);
//! ```
//!
//! An author never sees a packed event, and need not think of where a push ends: [`Input`] holds back what is incomplete.
//! Values are slices of the input wherever they can be; one that had to be unescaped is copied, which the kit sees by itself. A loop that
//! counts in offsets says ranges instead, `out.record(start..next).email(start..at).end()`: see [`Value`].

#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod bindings;
mod bitmap;
pub mod blocks;
pub mod cells;
pub mod columns;
mod common;
pub mod document;
pub mod entry;
pub mod heading;
mod input;
pub mod login;
#[cfg(feature = "charsets")]
pub mod mime;
pub mod native;
pub mod opening;
mod out;
mod parser;
pub mod person;
mod secret;
pub mod sql;
pub mod text;
mod unnamed;
pub mod xml;

pub use bitmap::{Bitmaps, Block, Class, Matches};
pub use input::{Input, Line};
pub use out::{Buffers, Column, Cuts, Out, Record, Room, Value};
pub use parser::{Claim, Descriptor, Framing, InputKind, Parser, Part, Sample, Start};
pub use secret::{Secret, UNHINTED_BYTES_MIN, identify};
pub use sluice_record::{FieldKind, HashKind, Item, limits};

/// Makes a component of a [`Parser`]. On other targets than WebAssembly it does nothing, so a parser can be tested natively.
#[macro_export]
macro_rules! export {
    ($parser:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            use $crate::bindings::{self, guest};

            ::std::thread_local! {
                static INSTANCE: ::std::cell::RefCell<Option<bindings::Instance<$parser>>> = const { ::std::cell::RefCell::new(None) };
            }

            struct Component;

            impl guest::Guest for Component {
                fn describe() -> guest::Descriptor {
                    bindings::describe::<$parser>()
                }
                fn probe(sample: guest::Sample) -> Option<guest::Claim> {
                    bindings::probe::<$parser>(&sample)
                }
                fn group(names: Vec<String>) -> Vec<Vec<u32>> {
                    bindings::group::<$parser>(&names)
                }
                fn open(start: guest::Start) -> Result<(), String> {
                    INSTANCE.set(Some(bindings::open::<$parser>(&start)?));
                    Ok(())
                }
                fn push(base: u64, chunk: Vec<u8>, last: bool) -> Result<u32, String> {
                    INSTANCE.with_borrow_mut(|instance| match instance {
                        Some(instance) => bindings::push(instance, base, &chunk, last),
                        None => Err("push before open".into()),
                    })
                }
                fn scan(base: u64, chunk: Vec<u8>, last: bool) -> Result<u32, String> {
                    INSTANCE.with_borrow_mut(|instance| match instance {
                        Some(instance) => bindings::scan(instance, base, &chunk, last),
                        None => Err("scan before open".into()),
                    })
                }
            }

    bindings::export_component!(Component with_types_in bindings);
        };
    };
}
