//! The ledger: what every byte became.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{DataClasses, limits};

/// Rejects by reason, bounded: past [`limits::REASONS_MAX`] reasons the rest counts as `other`.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct Rejects(pub BTreeMap<String, u64>);

impl Rejects {
    /// Counts `count` rejects for a reason.
    pub fn add(&mut self, reason: &str, count: u64) {
        if let Some(known) = self.0.get_mut(reason) {
            *known += count;
        } else if self.0.len() < limits::REASONS_MAX {
            self.0.insert(reason.to_owned(), count);
        } else {
            *self.0.entry("other".to_owned()).or_default() += count;
        }
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }
}

/// What became of a stretch of a staged member, or of many added up.
///
/// It balances when every byte is in a record, a reject or a skip, and every record parsed was stored or refused with a reason.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Ledger {
    /// Bytes the stretch has.
    pub bytes: u64,
    /// Bytes of raw rows that became records.
    pub record_bytes: u64,
    /// Bytes of rows the parser rejected.
    pub reject_bytes: u64,
    /// Bytes that hold nobody's data.
    pub skip_bytes: u64,
    /// Records the parser found.
    pub records: u64,
    /// Records written to the record store.
    pub stored: u64,
    /// Rows the parser rejected, by reason.
    pub parse_rejects: Rejects,
    /// Records refused after parsing (no value was left that says whom or what), by reason.
    pub record_rejects: Rejects,
    /// Single values dropped because they were not what their column claims; the record went on without them.
    pub value_rejects: Rejects,
    /// Kinds of field seen in stored records.
    pub classes: DataClasses,
    /// Plain passwords counted for the ranges.
    pub passwords: u64,
}

impl Ledger {
    /// Adds another stretch.
    pub fn add(&mut self, other: &Self) {
        self.bytes += other.bytes;
        self.record_bytes += other.record_bytes;
        self.reject_bytes += other.reject_bytes;
        self.skip_bytes += other.skip_bytes;
        self.records += other.records;
        self.stored += other.stored;
        self.passwords += other.passwords;
        self.classes.merge(other.classes);
        for (mine, theirs) in [
            (&mut self.parse_rejects, &other.parse_rejects),
            (&mut self.record_rejects, &other.record_rejects),
            (&mut self.value_rejects, &other.value_rejects),
        ] {
            for (reason, count) in &theirs.0 {
                mine.add(reason, *count);
            }
        }
    }

    /// What does not add up, in words; `None` when the ledger balances.
    pub fn imbalance(&self) -> Option<String> {
        let accounted = self.record_bytes + self.reject_bytes + self.skip_bytes;
        if self.bytes != accounted {
            return Some(format!("{} bytes staged, {accounted} accounted for", self.bytes));
        }
        let ended = self.stored + self.record_rejects.total();
        (self.records != ended).then(|| format!("{} records parsed, {ended} stored or refused", self.records))
    }
}
