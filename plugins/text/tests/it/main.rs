//! Any text natively: cases as data, the same records for every push size, hostile bytes.

mod cases;
mod properties;
