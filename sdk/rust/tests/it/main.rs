//! The kit through its public doors.

mod bitmap;
mod blocks;
mod login;
#[cfg(feature = "charsets")]
mod markup;
mod names;
mod secret;
mod text;
mod words;
