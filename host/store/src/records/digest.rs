//! A digest of a multiset: equal for equal records in whatever order, and made in bounded memory.
//!
//! Each record is hashed with BLAKE3 and the hashes are added up as four 64-bit lanes; the sums and the number of
//! records are hashed again at the end. Addition, unlike exclusive or, tells one record from three. This detects what
//! went missing or was doubled, not a forger who chooses the records to fit.

/// Takes records in any order.
#[derive(Clone, Default, Debug)]
pub struct MultisetDigest {
    lanes: [u64; 4],
    records: u64,
}

impl MultisetDigest {
    /// Adds a record, given its canonical bytes.
    pub fn add(&mut self, record: &[u8]) {
        let hash = blake3::hash(record);
        for (lane, bytes) in self.lanes.iter_mut().zip(hash.as_bytes().as_chunks::<8>().0) {
            *lane = lane.wrapping_add(u64::from_le_bytes(*bytes));
        }
        self.records += 1;
    }

    /// The digest of all that was added.
    pub fn finish(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        for number in self.lanes.into_iter().chain([self.records]) {
            hasher.update(&number.to_le_bytes());
        }
        *hasher.finalize().as_bytes()
    }
}
