//! What a plugin may call: `emit`, `cut` and `log`; and the limiter of what it may hold.
//!
//! Lists are read where they lie in the plugin's memory, which is sound for an import's parameters: the plugin stands still.
//! What a function is for decides when it may be called: [`Guest::sink`] is there during `push` alone, [`Guest::cuts`] during `scan`.

use sluice_record::{CutPoint, limits};
use wasmtime::{
    Error, ResourceLimiter, Result, StoreContextMut,
    component::{Linker, WasmList, WasmStr},
};

use crate::{
    contract::{LogLevel, Version},
    engine::TABLE_ELEMENTS_MAX,
    fault::{FaultKind, Refusal, guest_text},
    tiling::Sink,
    wasi,
};

/// Context bytes kept from one `scan` call: room for many full contexts, and nothing a member's scan adds up to much.
const CUT_CONTEXT_BYTES_PER_CALL_MAX: usize = 16 * limits::CONTEXT_BYTES_MAX;
/// Lines an instance keeps for [`crate::Instance::take_logs`]; further ones are counted alone.
const LOG_LINES_KEPT_MAX: usize = 256;

/// A line a plugin logged for its author: bounded, control characters replaced.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogLine {
    /// How much it matters.
    pub level: LogLevel,
    /// The line.
    pub text: String,
}

/// Where the cuts of one `scan` call go.
#[derive(Debug, Default)]
pub(crate) struct Cuts {
    pub(crate) points: Vec<CutPoint>,
    /// Bytes there must be between two cuts that are kept; the ones between are checked and dropped.
    pub(crate) spacing_bytes: u64,
    /// First byte of this call's chunk, and the byte after its last.
    pub(crate) range: (u64, u64),
    /// The last cut told, kept or not: cuts ascend.
    pub(crate) told: Option<u64>,
    /// The last cut kept, or the member's start.
    pub(crate) kept: u64,
    pub(crate) context_bytes: usize,
}

impl Cuts {
    fn add(&mut self, offset: u64, context: &[u8]) -> Result<(), Refusal> {
        let refuse = |what: String| Err(Refusal::new(FaultKind::Event, what));
        let (start, end) = self.range;
        if !(start..=end).contains(&offset) {
            return refuse(format!("a cut at byte {offset} lies outside the chunk {start}..{end}"));
        }
        if self.told.is_some_and(|told| offset <= told) {
            return refuse(format!("a cut at byte {offset} does not come after the one before it"));
        }
        if context.len() > limits::CONTEXT_BYTES_MAX {
            let max = limits::CONTEXT_BYTES_MAX;
            return Err(Refusal::new(FaultKind::Output, format!("a cut's context has {} bytes, at most {max} are kept", context.len())));
        }
        self.told = Some(offset);
        if offset - self.kept < self.spacing_bytes || offset == self.kept {
            return Ok(());
        }
        self.context_bytes += context.len() + size_of::<CutPoint>();
        if self.context_bytes > CUT_CONTEXT_BYTES_PER_CALL_MAX {
            return Err(Refusal::new(FaultKind::Output, format!("more than {CUT_CONTEXT_BYTES_PER_CALL_MAX} bytes of cuts in one call")));
        }
        self.kept = offset;
        self.points.push(CutPoint { offset, context: context.to_vec() });
        Ok(())
    }
}

/// What an instance used.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Usage {
    /// Bytes of linear memory; it never shrinks.
    pub memory_bytes: usize,
    /// Instructions, if [`crate::SandboxConfig::call_fuel_max`] has them counted.
    pub fuel: u64,
}

/// What the store holds beside an instance.
#[derive(Debug)]
pub(crate) struct Guest {
    pub(crate) sink: Option<Box<Sink>>,
    pub(crate) cuts: Option<Box<Cuts>>,
    pub(crate) logs: Vec<LogLine>,
    pub(crate) log_lines_in_call: usize,
    pub(crate) usage: Usage,
    pub(crate) wasi: wasi::Given,
    memory_bytes_max: usize,
}

impl Guest {
    pub(crate) const fn new(memory_bytes_max: usize) -> Self {
        let (usage, wasi) = (Usage { memory_bytes: 0, fuel: 0 }, wasi::Given::NONE);
        Self { sink: None, cuts: None, logs: Vec::new(), log_lines_in_call: 0, usage, wasi, memory_bytes_max }
    }
}

impl ResourceLimiter for Guest {
    /// All memories of an instance together; a growth refused stops the guest, so that the fault says what it was.
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool> {
        let total = self.usage.memory_bytes.saturating_add(desired.saturating_sub(current));
        if total > self.memory_bytes_max {
            let what = format!("it asked for {total} bytes of memory, at most {} are given", self.memory_bytes_max);
            return Err(Error::new(Refusal::new(FaultKind::Memory, what)));
        }
        self.usage.memory_bytes = total;
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> Result<bool> {
        if desired > TABLE_ELEMENTS_MAX {
            let what = format!("it asked for a table of {desired} entries, at most {TABLE_ELEMENTS_MAX} are given");
            return Err(Error::new(Refusal::new(FaultKind::Memory, what)));
        }
        Ok(true)
    }
}

/// Puts the three functions into a linker, under each version's name. There is nothing else in it, but for who imports [`wasi`].
pub(crate) fn link(linker: &mut Linker<Guest>) -> Result<()> {
    for version in Version::ALL {
        let mut host = linker.instance(version.host())?;
        host.func_wrap("emit", |store, (events, arena): (WasmList<u64>, WasmList<u8>)| emit(store, &events, &arena))?;
        host.func_wrap("cut", |store, (offset, context): (u64, WasmList<u8>)| cut(store, offset, &context))?;
        host.func_wrap("log", |store, (level, message): (LogLevel, WasmStr)| log(store, level, &message))?;
    }
    Ok(())
}

fn emit(mut store: StoreContextMut<'_, Guest>, events: &WasmList<u64>, arena: &WasmList<u8>) -> Result<()> {
    // Out of the store while the lists are read, which borrow the store: a pointer moves there and back.
    let Some(mut sink) = store.data_mut().sink.take() else {
        return Err(Error::new(Refusal::new(FaultKind::Output, "`emit` was called outside `push`")));
    };
    let appended = sink.append(events.as_le_slice(&store), arena.as_le_slice(&store));
    store.data_mut().sink = Some(sink);
    appended.map_err(Error::new)
}

fn cut(mut store: StoreContextMut<'_, Guest>, offset: u64, context: &WasmList<u8>) -> Result<()> {
    let Some(mut cuts) = store.data_mut().cuts.take() else {
        return Err(Error::new(Refusal::new(FaultKind::Output, "`cut` was called outside `scan`")));
    };
    let added = cuts.add(offset, context.as_le_slice(&store));
    store.data_mut().cuts = Some(cuts);
    added.map_err(Error::new)
}

/// Lines over the bounds are dropped and not a fault: a chatty plugin reads its bytes as well as another.
fn log(mut store: StoreContextMut<'_, Guest>, level: LogLevel, message: &WasmStr) -> Result<()> {
    let guest = store.data_mut();
    guest.log_lines_in_call += 1;
    if guest.log_lines_in_call > limits::LOG_LINES_PER_CALL_MAX || guest.logs.len() >= LOG_LINES_KEPT_MAX {
        return Ok(());
    }
    let text = guest_text(&message.to_str(&store)?);
    store.data_mut().logs.push(LogLine { level, text });
    Ok(())
}
