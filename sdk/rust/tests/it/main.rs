//! The kit through its public doors.

mod bitmap;
mod secret;
mod words;
