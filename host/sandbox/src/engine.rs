//! The engine: how code is compiled and instances are pooled, and the clock that deadlines are counted by.

use std::{
    path::PathBuf,
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread::JoinHandle,
    time::Duration,
};

use sluice_record::limits;
use wasmtime::{Config, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, RegallocAlgorithm, Strategy};

use crate::fault::SandboxError;

/// The clock's step, and so a deadline's grain, milliseconds.
const TICK_MS: u64 = 10;
/// Core modules, tables and memories one component may be made of: components from other languages' toolchains bring
/// their adapter and shim modules along, all around one memory.
const CORE_INSTANCES_PER_COMPONENT: u32 = 64;
const TABLES_PER_COMPONENT: u32 = 8;
const MEMORIES_PER_COMPONENT: u32 = 2;
/// Entries of one table: function pointers of a debug build of a big language runtime stay under it.
pub(crate) const TABLE_ELEMENTS_MAX: usize = 20_000;

/// What the sandbox may use. The default is [`sluice_record::limits`] without a compile cache.
#[derive(Clone, Debug)]
pub struct SandboxConfig {
    /// Folder of the compile cache, made if it is not there; `None` compiles anew each time.
    pub cache_dir: Option<PathBuf>,
    /// Linear memory of one instance, bytes.
    pub memory_bytes_max: usize,
    /// Wall time of one call into a plugin, milliseconds; kept to 10 ms.
    pub call_deadline_ms: u64,
    /// Instructions of one call into a plugin, counted; `None`, as in the service, counts none and saves a fifth of the time. With a bound that
    /// is reached before the deadline, a verdict is the same on every machine.
    pub call_fuel_max: Option<u64>,
    /// Instances alive at once; one more is refused as [`crate::FaultKind::Busy`].
    pub instances_max: u32,
    /// On a cache miss run quickly compiled, slower code at once; the optimised one is made when [`crate::Plugin::optimise`] asks for it.
    pub quick_start: bool,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            cache_dir: None,
            memory_bytes_max: limits::GUEST_MEMORY_BYTES_MAX,
            call_deadline_ms: limits::CALL_DEADLINE_MS,
            call_fuel_max: None,
            instances_max: 64,
            quick_start: false,
        }
    }
}

impl SandboxConfig {
    /// Clock steps of one call's deadline; one more, because the first may be due at once.
    pub(crate) const fn deadline_ticks(&self) -> u64 {
        self.call_deadline_ms / TICK_MS + 1
    }
}

/// How code is compiled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tier {
    /// For speed of the code.
    Optimised,
    /// For speed of the compiler.
    Quick,
}

pub(crate) fn build(config: &SandboxConfig, tier: Tier) -> Result<Engine, SandboxError> {
    let mut wasm = Config::new();
    wasm.epoch_interruption(true)
        .consume_fuel(config.call_fuel_max.is_some())
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool(config)))
        // Nobody walks a plugin's stack: a fault says function and offset. Not writing the tables saves compile time and cache.
        .wasm_backtrace_max_frames(None)
        .native_unwind_info(false)
        .generate_address_map(false)
        // The same input gives the same records on every machine.
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(false)
        // Not needed by any plugin, and each is more of wasmtime to trust.
        .wasm_memory64(false)
        .wasm_tail_call(false)
        .concurrency_support(false);
    match tier {
        Tier::Optimised => wasm.cranelift_opt_level(OptLevel::Speed),
        // In a fifth of the time that Cranelift's quickest setting takes. It knows the vector instructions of this processor alone.
        Tier::Quick if cfg!(target_arch = "x86_64") => wasm.strategy(Strategy::Winch),
        Tier::Quick => wasm.cranelift_opt_level(OptLevel::None).cranelift_regalloc_algorithm(RegallocAlgorithm::SinglePass),
    };
    Engine::new(&wasm).map_err(|error| SandboxError::Engine { what: format!("{error:#}") })
}

fn pool(config: &SandboxConfig) -> PoolingAllocationConfig {
    let count = config.instances_max;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(count)
        .total_core_instances(count.saturating_mul(CORE_INSTANCES_PER_COMPONENT))
        .total_memories(count.saturating_mul(MEMORIES_PER_COMPONENT))
        .total_tables(count.saturating_mul(TABLES_PER_COMPONENT))
        .max_core_instances_per_component(CORE_INSTANCES_PER_COMPONENT)
        .max_memories_per_component(MEMORIES_PER_COMPONENT)
        .max_tables_per_component(TABLES_PER_COMPONENT)
        .table_elements(TABLE_ELEMENTS_MAX)
        .max_memory_size(config.memory_bytes_max);
    pool
}

/// Steps the engines' epochs on a thread of its own; stops when dropped.
pub(crate) struct Ticker {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    pub(crate) fn start(engines: Vec<Engine>) -> Result<Self, SandboxError> {
        let (stop, stopped) = mpsc::channel::<()>();
        let thread = std::thread::Builder::new()
            .name("sandbox-clock".into())
            .spawn(move || {
                while stopped.recv_timeout(Duration::from_millis(TICK_MS)) == Err(RecvTimeoutError::Timeout) {
                    for engine in &engines {
                        engine.increment_epoch();
                    }
                }
            })
            .map_err(SandboxError::Clock)?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // It cannot panic; if it did, there is no clock left to stop.
            let _ = thread.join();
        }
    }
}
