//! Rows by place natively: cases as data, the same records for every push size, hostile bytes, and what is left to others.

mod cases;
mod claims;
mod properties;
