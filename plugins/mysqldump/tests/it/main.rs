//! The plugin through its public door: dumps of a real server as data, and the properties every plugin must keep.
mod cases;
#[path = "../../../csv/tests/it/found.rs"]
mod found;
mod hashes;
mod properties;
