//! An instance reads one chunk: opened, pushed until its last byte, dropped. Its memory goes back to the pool.

use std::sync::Arc;

use sluice_record::{Batch, CutPoint};
use wasmtime::{
    Store,
    component::{ComponentNamedList, Func, Lift, Lower},
};

use crate::{
    fault::{Call, Fault, FaultKind, Refusal, guest_text},
    imports::{Cuts, Guest, LogLine, Usage},
    sandbox::Shared,
    tiling::Sink,
};

/// What `push` and `scan` return: bytes consumed, or why not.
type Consumed = (Result<u32, String>,);

/// A plugin's instance, opened at the start of a chunk.
pub struct Instance {
    store: Store<Guest>,
    push: Func,
    scan: Func,
    sink: Option<Box<Sink>>,
    cuts: Option<Box<Cuts>>,
    /// Name and version, for messages.
    label: Arc<str>,
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instance").field("plugin", &self.label).finish_non_exhaustive()
    }
}

impl Instance {
    pub(crate) fn new(store: Store<Guest>, push: Func, scan: Func, start: u64, label: Arc<str>, shared: Arc<Shared>) -> Self {
        let cuts = Cuts { kept: start, ..Cuts::default() };
        Self { store, push, scan, sink: Some(Box::default()), cuts: Some(Box::new(cuts)), label, shared }
    }

    /// Gives the plugin `chunk`, whose first byte is byte `base` of the member, and fills `batch` with what it found: its memory is reused,
    /// `base`, `events` and `arena` are set and checked.
    ///
    /// Returns the bytes consumed. `batch.input` is left as it is: the caller owns the chunk and knows whether the buffer can
    /// become the input without a copy; it must hold exactly the bytes consumed before the batch is read.
    /// On a fault the batch is empty.
    pub fn push(&mut self, base: u64, chunk: &[u8], last: bool, batch: &mut Batch) -> Result<usize, Fault> {
        batch.base = base;
        let mut sink = self.sink.take().unwrap_or_default();
        let begun = sink.begin(chunk.len(), batch);
        self.store.data_mut().sink = Some(sink);
        let called = match begun {
            Ok(()) => self.feed(self.push, base, chunk, last),
            Err(refusal) => Err(Stop::Refused(refusal)),
        };
        let mut sink = self.store.data_mut().sink.take().unwrap_or_default();
        let checked = called.and_then(|consumed| sink.finish(consumed, last).map_err(Stop::Refused));
        let offset = base + u64::from(sink.covered());
        sink.end(batch, checked.is_ok());
        self.sink = Some(sink);
        checked.map_err(|stop| self.fault(stop, Call::Push, offset))
    }

    /// Sets how many bytes must lie between the chunk's start and the first cut that [`Instance::scan`] keeps, and between any two.
    pub fn set_cut_spacing(&mut self, bytes: u64) {
        if let Some(cuts) = &mut self.cuts {
            cuts.spacing_bytes = bytes;
        }
    }

    /// As [`Instance::push`], but only looks for places where a chunk may begin and appends them to `cuts`, ascending.
    pub fn scan(&mut self, base: u64, chunk: &[u8], last: bool, cuts: &mut Vec<CutPoint>) -> Result<usize, Fault> {
        let mut sink = self.cuts.take().unwrap_or_default();
        sink.range = (base, base + chunk.len() as u64);
        sink.context_bytes = 0;
        self.store.data_mut().cuts = Some(sink);
        let called = self.feed(self.scan, base, chunk, last);
        let mut sink = self.store.data_mut().cuts.take().unwrap_or_default();
        let checked = called.and_then(|consumed| finish_scan(&sink, base, consumed, chunk.len(), last).map_err(Stop::Refused));
        cuts.append(&mut sink.points);
        self.cuts = Some(sink);
        checked.map_err(|stop| self.fault(stop, Call::Scan, base))
    }

    /// Takes the lines logged since the last time; at most 16 a call and 256 in all are kept between.
    pub fn take_logs(&mut self) -> Vec<LogLine> {
        std::mem::take(&mut self.store.data_mut().logs)
    }

    /// What it used since it was opened.
    pub fn usage(&self) -> Usage {
        self.store.data().usage
    }

    fn feed(&mut self, func: Func, base: u64, chunk: &[u8], last: bool) -> Result<u32, Stop> {
        let (result,): Consumed = call(&mut self.store, &self.shared, func, (base, chunk, last)).map_err(Stop::Wasm)?;
        result.map_err(|said| Stop::Refused(Refusal::new(FaultKind::Guest, format!("it says \"{}\"", guest_text(&said)))))
    }

    fn fault(&self, stop: Stop, call: Call, offset: u64) -> Fault {
        match stop {
            Stop::Wasm(error) => Fault::from_wasmtime(&error, call, &self.label, Some(offset)),
            Stop::Refused(refusal) => Fault::new(refusal.kind, call, &self.label, Some(offset), refusal.what),
        }
    }
}

/// Why a call gave nothing.
enum Stop {
    Wasm(wasmtime::Error),
    Refused(Refusal),
}

/// Calls a function of the guest with every bound set anew.
pub(crate) fn call<P, R>(store: &mut Store<Guest>, shared: &Shared, func: Func, params: P) -> wasmtime::Result<R>
where
    P: ComponentNamedList + Lower,
    R: ComponentNamedList + Lift,
{
    store.set_epoch_deadline(shared.deadline_ticks);
    store.data_mut().log_lines_in_call = 0;
    // Checking the type costs less than a microsecond, and lets a parameter be borrowed for the call alone.
    let func = func.typed::<P, R>(&*store)?;
    let Some(fuel_max) = shared.call_fuel_max else { return func.call(store, params) };
    store.set_fuel(fuel_max)?;
    let result = func.call(&mut *store, params);
    store.data_mut().usage.fuel += fuel_max - store.get_fuel()?;
    result
}

fn finish_scan(cuts: &Cuts, base: u64, consumed: u32, len: usize, last: bool) -> Result<usize, Refusal> {
    let consumed = consumed as usize;
    let tiling = |what| Err(Refusal::new(FaultKind::Tiling, what));
    if consumed > len {
        return tiling(format!("it consumed {consumed} of {len} bytes"));
    }
    if last && consumed != len {
        return tiling(format!("it left {} bytes unread after the last push", len - consumed));
    }
    if cuts.told.is_some_and(|told| told > base + consumed as u64) {
        return tiling(format!("it cut behind the {consumed} bytes it consumed"));
    }
    Ok(consumed)
}
