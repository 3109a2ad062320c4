//! BSON natively: cases as data, the same records for every push and cut, and hostile bytes.

mod cases;
mod properties;
