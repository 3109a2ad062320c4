//! A task's rejects, bounded: where each lies and why, never what it says.

use std::fmt::Write as _;

use bytes::Bytes;
use sluice_record::{Frame, MemberId, Part, TaskFailure};
use sluice_store::objects::Objects;
use tokio::runtime::Handle;

use crate::failure;

/// Bytes of one task's log; further rejects are only counted.
const REJECT_LOG_BYTES_MAX: usize = 1 << 20;

pub(crate) struct RejectLog {
    member: MemberId,
    /// First byte in the member, and name as JSON, of what was joined to it; of a member alone its own.
    parts: Vec<(u64, String)>,
    lines: String,
    left_out: u64,
}

impl RejectLog {
    pub(crate) fn new(member: MemberId, name: &str, parts: &[Part]) -> Self {
        let json = |name: &str| serde_json::Value::from(name).to_string();
        let parts = match parts {
            [] => vec![(0, json(name))],
            joined => joined.iter().map(|part| (part.base, json(&part.name))).collect(),
        };
        Self { member, parts, lines: String::new(), left_out: 0 }
    }

    pub(crate) fn add(&mut self, offset: u64, len: u32, reason: &str) {
        if self.lines.len() >= REJECT_LOG_BYTES_MAX {
            self.left_out += 1;
            return;
        }
        let behind = self.parts.partition_point(|(base, _)| *base <= offset);
        let Some((base, name)) = self.parts.get(behind.saturating_sub(1)) else { return };
        let (member, offset) = (self.member, offset.saturating_sub(*base));
        // Writing to a string cannot fail; reasons are [a-z0-9-] and need no escape.
        let _ = writeln!(self.lines, r#"{{"member":{member},"name":{name},"offset":{offset},"bytes":{len},"reason":"{reason}"}}"#);
    }

    /// Writes it, if there is anything to say.
    pub(crate) fn write(mut self, objects: &Objects, key: &str) -> Result<Option<Frame>, TaskFailure> {
        if self.lines.is_empty() {
            return Ok(None);
        }
        if self.left_out > 0 {
            let _ = writeln!(self.lines, r#"{{"member":{},"left_out":{}}}"#, self.member, self.left_out);
        }
        let put = objects.put(key, Bytes::from(self.lines));
        Handle::current().block_on(put).map(Some).map_err(|error| failure::store(&error))
    }
}
