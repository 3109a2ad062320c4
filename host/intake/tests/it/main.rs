//! Intake through its public doors: archives and encodings made here, walked, staged and read back.
#![allow(clippy::unwrap_used, missing_docs)]

mod archives;
mod containers;
mod damage;
mod encodings;
mod joining;
mod support;
mod walking;
