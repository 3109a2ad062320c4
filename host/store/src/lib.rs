//! Where data lives: objects, records and ranges, each behind one owner here.
//!
//! [`objects`] keeps immutable files (dumps, staged members, runs, ranges), [`records`] the normalised records that are
//! searched, [`ranges`] the sorted segments that answer by hash. Engines are known to their own module alone:
//! Tantivy to `records::tantivy`, OpenSearch to `records::opensearch`. Deliberately not here: what a job is, which loads are published, and any format.

#![forbid(unsafe_code)]

mod error;
pub mod objects;
pub mod ranges;
pub mod records;

pub use error::{BoxError, StoreError, is_outage};
