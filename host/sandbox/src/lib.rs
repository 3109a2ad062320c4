//! The sandbox: runs a parser plugin, a WebAssembly component of `sluice:parser`, over hostile bytes.
//!
//! A [`Sandbox`] loads components (compiled once, kept on disk), a [`Plugin`] looks at samples and opens instances, an
//! [`Instance`] reads one chunk, and [`parse_chunk`] feeds it as the contract says. Whatever a plugin does (loop, trap,
//! eat memory, lie about its input) ends in a [`Fault`] that names the kind, the place and what to do; the sandbox goes on.
//!
//! This is the only crate that knows wasmtime. Deliberately not here: where components come from, who may run one
//! (signatures), what a record means, and any file access but the compile cache's own folder.
//!
//! A plugin gets bytes and the three functions of `sluice:parser/host`. There is no ambient authority to take away,
//! because none is given: a component that imports anything else is refused by the import's name.
#![deny(unsafe_code)]

mod cache;
mod contract;
mod engine;
mod fault;
mod feed;
mod imports;
mod instance;
mod optimise;
mod plugin;
mod sandbox;
mod tiling;
mod wasi;

pub use contract::{LogLevel, Sample};
pub use engine::SandboxConfig;
pub use fault::{Call, Fault, FaultKind, LoadError, Reproducer, SandboxError};
pub use feed::{ChunkError, Feed, parse_chunk, scan_member};
pub use imports::{LogLine, Usage};
pub use instance::Instance;
pub use plugin::{Plugin, Start};
pub use sandbox::Sandbox;
