//! Real servers for tests and benches, one module a server, and Sluice's own: each starts on free ports of 127.0.0.1 with a data folder of its own, and is
//! stopped when its owner drops it. A server that somebody already runs is taken from the environment instead.
//!
//! Deliberately not here: installing anything (`cargo xtask test` does, and tells by variables where), and clients of the servers.
//!
//! Use one server a suite, and a name or prefix of its own in it for each test.

#![forbid(unsafe_code)]

pub mod opensearch;
pub mod postgres;
mod process;
pub mod s3;
pub mod service;
pub mod sql;
pub mod tls;

pub use process::Process;
