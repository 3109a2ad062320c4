//! The worker's ways with the official plugins.
#![allow(clippy::unwrap_used, missing_docs)] // a test may fail where it stands

mod invariance;
