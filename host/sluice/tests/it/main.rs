//! The built binary from outside: what it does with dumps, and what it leaves behind.
#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs)] // a test may fail where it stands, and say why

mod author;
mod backup;
mod engines;
mod faults;
mod kits;
mod languages;
mod operator;
mod parse;
mod rejects;
mod service;
mod smoke;
mod stealer;
mod truth;
mod watch;
