//! Sluice from outside.
#![allow(clippy::unwrap_used)] // a test may fail where it stands

mod generator;
mod law;
mod wit;
