//! Rows without anything odd, many at once.

use sluice_plugin::{Bitmaps, Class, Out, cells::Plan, person::People};

use crate::layout::Layout;

/// Lengths of hashes that are looked at: longer ones are read carefully.
const BYTES_MAX: usize = 256;

/// One class of bytes each.
#[derive(Clone, Copy)]
pub struct Maps<'m> {
    /// Separators, line ends, control characters.
    stop: Class<'m>,
    /// Line ends and control characters.
    end: Class<'m>,
    at: Class<'m>,
}

impl<'m> Maps<'m> {
    /// Looks through a push.
    pub fn build(bitmaps: &'m mut Bitmaps<3>, separator: u8, bytes: &[u8]) -> Self {
        bitmaps.build(bytes, |block| {
            let end = block.eq(b'\n') | block.at_most(8);
            [end | block.eq(separator), end, block.eq(b'@')]
        });
        Self { stop: bitmaps.class(0), end: bitmaps.class(1), at: bitmaps.class(2) }
    }
}

/// What reading many rows at once needs: a layout in which each column ends at a separator that can be counted.
pub struct Usual {
    plan: Plan,
    /// Of each column but the last: separators within it.
    inner: Vec<u8>,
    email: usize,
    secret: usize,
    /// The lengths that a hash may have.
    lengths: [bool; BYTES_MAX],
}

impl Usual {
    /// For a layout whose columns have been named.
    pub fn new(layout: &Layout) -> Option<Self> {
        let last = layout.places.len() - 1;
        let inner = layout.places.iter().map(|place| place.inner).collect::<Option<Vec<u8>>>()?;
        // Without anything to hold a row against, none is usual.
        let is_sure = layout.email().is_some() || layout.is_salted();
        if layout.rest != last || !is_sure {
            return None;
        }
        let mut lengths = [!layout.is_salted(); BYTES_MAX];
        for bytes in [32, 34, 40, 41, 56, 60, 64, 128] {
            lengths[bytes] = true;
        }
        if layout.hint().is_some() {
            (lengths[13], lengths[16]) = (true, true);
        }
        let (email, secret) = (layout.email().unwrap_or(usize::MAX), layout.secret()?);
        Some(Self { plan: Plan::new(&layout.people, last + 1)?, inner, email, secret, lengths })
    }

    /// Reads as many rows from `start` on as are usual; gives where the first other one begins.
    pub fn read(&mut self, people: &People, maps: Maps<'_>, bytes: &[u8], start: usize, out: &mut Out<'_>) -> usize {
        let (end, rows) = self.rows(maps, bytes, start, out);
        if rows == 0 { start } else { people.tell(rows, true, &mut self.plan, out).unwrap_or(end) }
    }

    /// The loop that calls nothing: see [`sluice_plugin::cells`].
    #[inline(never)]
    fn rows(&mut self, maps: Maps<'_>, bytes: &[u8], mut start: usize, out: &mut Out<'_>) -> (usize, usize) {
        let (inner, email, secret, lengths) = (self.inner.as_slice(), self.email, self.secret, &self.lengths);
        let Some(mut cells) = self.plan.cells(out) else { return (start, 0) };
        let Some((_, left)) = inner.split_last() else { return (start, 0) };
        'rows: while !cells.is_full() {
            let mut at = start;
            for (column, inner) in left.iter().enumerate() {
                let Some(mut end) = maps.stop.find_near(at) else { break 'rows };
                for _ in 0..*inner {
                    match maps.stop.find_near(end + 1) {
                        Some(next) if bytes.get(end) > Some(&b' ') => end = next,
                        _ => break 'rows,
                    }
                }
                let is_column = bytes.get(end).is_some_and(|stop| *stop > b' ' || *stop == b'\t');
                let is_email = (column != email) | maps.at.find_near(at).is_some_and(|mark| mark < end);
                let is_secret = (column != secret) | lengths.get(end - at).copied().unwrap_or_default();
                if !(is_column & is_email & is_secret) || !cells.put(at..end) {
                    break 'rows;
                }
                at = end + 1;
            }
            let Some(mut end) = maps.end.find_nearby(at) else { break };
            if bytes.get(end) != Some(&b'\n') {
                break;
            }
            let next = end + 1;
            if end > at && bytes.get(end - 1) == Some(&b'\r') {
                end -= 1;
            }
            // What stands last gets the rest, but a hash has no separator in it, and a password none that it begins with.
            let is_secret = left.len() != secret || maps.stop.find_near(at).is_some_and(|stop| stop >= end);
            if !is_secret || !cells.put(at..end) || !cells.end(start..next) {
                break;
            }
            start = next;
        }
        (start, cells.rows())
    }
}
