//! What may come out of what went in: counted byte by byte where bytes are decoded, believed from no header.

use std::{
    cell::{Cell, RefCell},
    io::{self, Read},
    rc::Rc,
};

use crate::{IntakeLimits, decompress::too_wide, error::Fault, error::damage};

/// The budget of a whole dump, shared by all its layers.
pub(crate) struct Budget {
    pub(crate) limits: IntakeLimits,
    /// Bytes of the dump as it was handed in.
    stored: u64,
    /// Bytes that came out of decoders, all layers added up.
    decoded: Cell<u64>,
}

impl Budget {
    pub(crate) fn new(limits: IntakeLimits, stored: u64) -> Rc<Self> {
        Rc::new(Self { limits, stored, decoded: Cell::new(0) })
    }

    fn spend(&self, count: u64) -> Result<(), Fault> {
        let decoded = self.decoded.get() + count;
        self.decoded.set(decoded);
        let IntakeLimits { ratio_max, ratio_free_bytes, dump_bytes_max, .. } = self.limits;
        if decoded > dump_bytes_max {
            return Err(Fault::Dump(format!("the dump unpacks to more than {dump_bytes_max} bytes")));
        }
        if decoded > self.stored.saturating_mul(ratio_max).max(ratio_free_bytes) {
            return Err(Fault::Dump(format!("the dump unpacks to more than {ratio_max} times its size: taken for a bomb")));
        }
        Ok(())
    }
}

/// One compressed stream, or one member of several that are packed as one: what went in, what came out, how it ended.
#[derive(Default)]
pub(crate) struct Layer {
    /// Bytes the decoder took, and gave, for all members that are packed as one.
    taken: Rc<Cell<u64>>,
    given: Rc<Cell<u64>>,
    /// Bytes of this one.
    out: Cell<u64>,
    drained: Cell<bool>,
    ended: RefCell<Option<Ended>>,
}

enum Ended {
    /// The data broke off or broke: what came before stands.
    Damaged(String),
    /// Stopped by us: nothing of it may be used.
    Refused(Fault),
}

impl Layer {
    /// A further member of the same packed stream.
    pub(crate) fn beside(&self) -> Rc<Self> {
        Rc::new(Self { taken: Rc::clone(&self.taken), given: Rc::clone(&self.given), ..Self::default() })
    }

    /// Its decoder took so many bytes so far.
    pub(crate) fn took(&self, bytes: u64) {
        self.taken.set(bytes);
    }

    /// Was it stopped by us?
    pub(crate) fn is_refused(&self) -> bool {
        matches!(&*self.ended.borrow(), Some(Ended::Refused(_)))
    }

    /// The bytes that came out, if all of them did.
    pub(crate) fn drained(&self) -> Option<u64> {
        self.drained.get().then(|| self.out.get())
    }

    /// How it ended, unless well, in words.
    pub(crate) fn complaint(&self) -> Option<String> {
        match &*self.ended.borrow() {
            None => None,
            Some(Ended::Damaged(damage)) => Some(format!("{damage}; the {} bytes before that were read", self.out.get())),
            Some(Ended::Refused(fault)) => Some(fault.to_string()),
        }
    }
}

/// Counts what a decoder takes.
pub(crate) struct Taken<R> {
    pub(crate) inner: R,
    pub(crate) layer: Rc<Layer>,
}

impl<R: Read> Read for Taken<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buf)?;
        self.layer.taken.set(self.layer.taken.get() + count as u64);
        Ok(count)
    }
}

impl<R: io::Seek> io::Seek for Taken<R> {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

/// Reads what a decoder gives, within the budget. Damage ends the data and is remembered; a bound passed is an error, now and
/// each time it is asked again.
pub(crate) struct Guard<R> {
    pub(crate) decoder: R,
    pub(crate) layer: Rc<Layer>,
    pub(crate) budget: Rc<Budget>,
}

impl<R: Read> Guard<R> {
    fn count(&self, count: u64) -> Result<(), Fault> {
        self.layer.drained.set(count == 0);
        self.layer.out.set(self.layer.out.get() + count);
        let given = self.layer.given.get() + count;
        self.layer.given.set(given);
        self.budget.spend(count)?;
        let IntakeLimits { ratio_max, ratio_free_bytes, .. } = self.budget.limits;
        if given > ratio_free_bytes && given > self.layer.taken.get().saturating_mul(ratio_max) {
            return Err(Fault::Member(format!("it unpacks to more than {ratio_max} times its size: taken for a bomb")));
        }
        Ok(())
    }
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match &*self.layer.ended.borrow() {
            None => {}
            Some(Ended::Damaged(_)) => return Ok(0),
            Some(Ended::Refused(fault)) => return Err(fault.again()),
        }
        let ended = match self.decoder.read(buf) {
            Ok(count) => match self.count(count as u64) {
                Ok(()) => return Ok(count),
                Err(fault) => Ended::Refused(fault),
            },
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) if error.kind() == io::ErrorKind::OutOfMemory => Ended::Refused(Fault::Member(too_wide(&self.budget.limits))),
            Err(error) => match error.downcast::<Fault>() {
                Ok(fault) => Ended::Refused(fault),
                Err(error) => Ended::Damaged(damage(&error)),
            },
        };
        let result = match &ended {
            Ended::Damaged(_) => Ok(0),
            Ended::Refused(fault) => Err(fault.again()),
        };
        *self.layer.ended.borrow_mut() = Some(ended);
        result
    }
}
