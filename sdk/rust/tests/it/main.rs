//! The kit through its public doors.

mod bitmap;
mod blocks;
mod names;
mod secret;
mod text;
mod words;
