//! Scripts natively: cases as data, every way to write a value, and hostile bytes.

mod cases;
mod properties;
