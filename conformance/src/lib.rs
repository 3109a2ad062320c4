//! What checks Sluice from outside: hostile plugins, and a generator of synthetic dumps of any size.
//!
//! The generator reads as its data goes: [`people`] and [`passwords`] draw a person, [`formats`] write her as a row and her truth beside
//! it, [`encodings`] and [`containers`] wrap the text, [`generate`] joins them. It is deterministic: the same recipe gives the same bytes.
//! No real person's data is in here or ever goes in.

#![forbid(unsafe_code)]

pub mod containers;
pub mod encodings;
pub mod formats;
pub mod generate;
pub mod hostile;
pub mod measure;
pub mod passwords;
pub mod people;
pub mod traits;
