//! Stealer logs natively: cases as data, the same records for every push size and every chunk, and hostile bytes.

mod cases;
mod named;
mod properties;
