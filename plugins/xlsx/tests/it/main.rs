//! Workbooks natively: cases as data, the same records for every push size and cut, and hostile bytes.

mod cases;
mod properties;
