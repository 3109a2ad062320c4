//! A task's rejects, bounded: where each lies and why, never what it says.

use std::fmt::Write as _;

use bytes::Bytes;
use sluice_record::{Frame, TaskFailure};
use sluice_store::objects::Objects;
use tokio::runtime::Handle;

use crate::failure;

/// Bytes of one task's log; further rejects are only counted.
const REJECT_LOG_BYTES_MAX: usize = 1 << 20;

#[derive(Default)]
pub(crate) struct RejectLog {
    lines: String,
    left_out: u64,
}

impl RejectLog {
    pub(crate) fn add(&mut self, offset: u64, len: u32, reason: &str) {
        if self.lines.len() >= REJECT_LOG_BYTES_MAX {
            self.left_out += 1;
            return;
        }
        // Writing to a string cannot fail; reasons are [a-z0-9-] and need no escape.
        let _ = writeln!(self.lines, r#"{{"offset":{offset},"bytes":{len},"reason":"{reason}"}}"#);
    }

    /// Writes it, if there is anything to say.
    pub(crate) fn write(mut self, objects: &Objects, key: &str) -> Result<Option<Frame>, TaskFailure> {
        if self.lines.is_empty() {
            return Ok(None);
        }
        if self.left_out > 0 {
            let _ = writeln!(self.lines, r#"{{"left_out":{}}}"#, self.left_out);
        }
        let put = objects.put(key, Bytes::from(self.lines));
        Handle::current().block_on(put).map(Some).map_err(|error| failure::store(&error))
    }
}
