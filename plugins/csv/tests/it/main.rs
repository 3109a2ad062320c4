//! The plugin through its public door: cases as data, and the properties every plugin must keep.
mod cases;
mod properties;
