//! The servers start, answer, survive what tests do to them, and are gone when they are dropped.
#![allow(clippy::unwrap_used)]

mod opensearch;
mod postgres;
