//! What names were found to mean: a log has the same few in every block, and to look one up takes longer than to read its line.

/// Names that are remembered, two of each place, and bytes of one: they come from the input.
const PLACES: usize = 64;
const NAME_BYTES_MAX: usize = 32;

/// The meanings of names, as far as they are remembered. It takes no memory before the first.
#[derive(Default)]
pub struct Memo<T>(Vec<[Known<T>; 2]>);

#[derive(Clone, Copy, Default)]
struct Known<T> {
    bytes: u8,
    name: [u8; NAME_BYTES_MAX],
    meaning: T,
}

impl<T: Copy + Default> Memo<T> {
    /// What a name means: what was said when it was asked for before, or what is said now. The meaning of an empty one is not kept.
    pub fn of(&mut self, name: &[u8], say: impl FnOnce(&[u8]) -> T) -> T {
        let (Some(first), Some(last)) = (name.first(), name.last()) else { return say(name) };
        let mixed = u32::from_le_bytes([*first, *last, name[name.len() / 2], name.len() as u8]).wrapping_mul(0x9E37_79B1);
        if self.0.is_empty() {
            self.0.resize(PLACES, <[Known<T>; 2]>::default());
        }
        let place = &mut self.0[(mixed >> 16) as usize % PLACES];
        for known in &*place {
            if known.name.get(..usize::from(known.bytes)) == Some(name) {
                return known.meaning;
            }
        }
        let meaning = say(name);
        let mut known = Known { bytes: name.len() as u8, name: [0; NAME_BYTES_MAX], meaning };
        if let Some(kept) = known.name.get_mut(..name.len()) {
            kept.copy_from_slice(name);
            *place = [known, place[0]];
        }
        meaning
    }
}
