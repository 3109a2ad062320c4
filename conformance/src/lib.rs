//! c

pub mod hostile;
