//! The stores through their public doors.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod objects;
mod opensearch_records;
mod ranges;
mod record_store;
mod tantivy_records;
