//! SQLite natively: cases as data, trees that SQLite itself grows, and damaged files.

mod cases;
mod hostile;
mod trees;
