//! The api through its public door: a real server on a free port, over real stores in a folder of its own.
#![allow(clippy::unwrap_used)]

mod connections;
mod document;
mod domains;
mod hibp;
mod operator;
mod server;
