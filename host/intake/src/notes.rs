//! What was left out of a dump, and why; itself bounded, for an archive may hold a million things to note.

use sluice_record::MemberNote;

/// Notes kept one by one; the rest is counted.
const NOTES_MAX: usize = 1_000;

#[derive(Default)]
pub(crate) struct Notes {
    notes: Vec<MemberNote>,
    /// Beyond the bound: refused, and harmless.
    more: [u64; 2],
}

impl Notes {
    /// Data was lost.
    pub(crate) fn refused(&mut self, name: &str, reason: impl Into<String>) {
        self.push(name, reason.into(), true);
    }

    /// There was no data.
    pub(crate) fn without_data(&mut self, name: &str, reason: &str) {
        self.push(name, reason.to_owned(), false);
    }

    fn push(&mut self, name: &str, reason: String, refused: bool) {
        if self.notes.len() < NOTES_MAX {
            self.notes.push(MemberNote { name: name.to_owned(), reason, refused });
        } else {
            self.more[usize::from(!refused)] += 1;
        }
    }

    pub(crate) fn into_vec(self) -> Vec<MemberNote> {
        let mut notes = self.notes;
        for (count, refused, what) in [(self.more[0], true, "members were refused"), (self.more[1], false, "members hold no data")] {
            if count > 0 {
                notes.push(MemberNote { name: "…".to_owned(), reason: format!("{count} more {what}"), refused });
            }
        }
        notes
    }
}
