//! The plugin through its public door: dumps of a real server as data, and the properties every plugin must keep.
mod cases;
mod properties;
