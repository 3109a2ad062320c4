//! LDIF natively: cases as data, the same records for every push size, and hostile bytes.

mod cases;
mod properties;
