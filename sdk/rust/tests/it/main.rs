//! The kit through its public doors.

mod bitmap;
mod blocks;
#[cfg(feature = "charsets")]
mod markup;
mod names;
mod secret;
mod text;
mod words;
