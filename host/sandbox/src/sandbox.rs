//! The sandbox itself: the engines, their clock, the compile cache, and how a component becomes a plugin.

use std::{
    cmp::Reverse,
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
    num::NonZero,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use sha2::{Digest, Sha256};
use sluice_record::PluginDigest;
use wasmtime::{
    Engine,
    component::{Component, Linker},
};

use crate::{
    cache::Cache,
    engine::{self, SandboxConfig, Ticker, Tier},
    fault::{LoadError, SandboxError},
    imports::{self, Guest},
    optimise::Optimiser,
    plugin::{Code, Plugin},
};

/// Bytes of a component: a whole Python interpreter has 18 MB.
const COMPONENT_BYTES_MAX: usize = 64 << 20;

/// Loads plugins. Cheap to share by reference; plugins and instances outlive it.
#[derive(Debug)]
pub struct Sandbox {
    shared: Arc<Shared>,
}

/// What plugins and instances need of the sandbox. The clock is here, so that it runs as long as any of them does.
pub(crate) struct Shared {
    pub(crate) memory_bytes_max: usize,
    pub(crate) deadline_ticks: u64,
    pub(crate) call_fuel_max: Option<u64>,
    optimised: Compiler,
    quick: Option<Compiler>,
    cache: Option<Cache>,
    _ticker: Ticker,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("cache", &self.cache).finish_non_exhaustive()
    }
}

/// An engine and what is linked to code it compiled.
pub(crate) struct Compiler {
    pub(crate) engine: Engine,
    pub(crate) linker: Linker<Guest>,
    /// Of the engine's version, settings and processor features. It only tells the cache's files apart: a collision would be caught by
    /// wasmtime's own check of what it deserialises.
    pub(crate) fingerprint: u64,
}

impl Compiler {
    fn new(config: &SandboxConfig, tier: Tier) -> Result<Self, SandboxError> {
        let engine = engine::build(config, tier)?;
        let mut linker = Linker::new(&engine);
        imports::link(&mut linker).map_err(|error| SandboxError::Engine { what: format!("{error:#}") })?;
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Ok(Self { engine, linker, fingerprint: hasher.finish() })
    }

    fn compile(&self, component: &[u8]) -> Result<Component, LoadError> {
        Component::from_binary(&self.engine, component).map_err(|error| LoadError::Invalid { what: format!("{error:#}") })
    }
}

impl Sandbox {
    /// Sets up the engine, its clock and, if configured, the compile cache.
    pub fn new(config: &SandboxConfig) -> Result<Self, SandboxError> {
        let optimised = Compiler::new(config, Tier::Optimised)?;
        let quick = if config.quick_start { Some(Compiler::new(config, Tier::Quick)?) } else { None };
        let engines = std::iter::once(&optimised).chain(&quick).map(|compiler| compiler.engine.clone()).collect();
        let cache = config.cache_dir.as_deref().map(Cache::open).transpose()?;
        let ticker = Ticker::start(engines)?;
        let (memory_bytes_max, deadline_ticks, call_fuel_max) = (config.memory_bytes_max, config.deadline_ticks(), config.call_fuel_max);
        let shared = Shared { memory_bytes_max, deadline_ticks, call_fuel_max, optimised, quick, cache, _ticker: ticker };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Makes a component a plugin: from the cache, or compiled and put there; linked, and asked to describe itself.
    pub fn load(&self, component: &[u8]) -> Result<Arc<Plugin>, LoadError> {
        if component.len() > COMPONENT_BYTES_MAX {
            return Err(LoadError::TooBig { bytes: component.len(), max: COMPONENT_BYTES_MAX });
        }
        let digest = PluginDigest(Sha256::digest(component).into());
        let shared = &self.shared;
        if let Some(cached) = shared.cached(digest, &shared.optimised) {
            return shared.plugin(digest, &shared.optimised, &cached, None);
        }
        // What the quick compiler cannot do is left to the other, which also knows best what is wrong with a component.
        if let Some(quick) = &shared.quick
            && let Some(code) = shared.cached(digest, quick).or_else(|| shared.compile_and_keep(digest, component, quick).ok())
        {
            return shared.plugin(digest, quick, &code, Some(Optimiser::new(digest, component)));
        }
        let code = shared.compile_and_keep(digest, component, &shared.optimised)?;
        shared.plugin(digest, &shared.optimised, &code, None)
    }

    /// Loads several at once, on as many threads as there are processors, the biggest first; the results are in the components' order.
    pub fn load_all<B: AsRef<[u8]> + Sync>(&self, components: &[B]) -> Vec<Result<Arc<Plugin>, LoadError>> {
        let mut order: Vec<_> = (0..components.len()).collect();
        order.sort_by_key(|index| Reverse(components[*index].as_ref().len()));
        let (next, results) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
        thread::scope(|scope| {
            for _ in 0..thread::available_parallelism().map_or(1, NonZero::get).min(components.len()) {
                scope.spawn(|| {
                    while let Some(index) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let loaded = self.load(components[*index].as_ref());
                        results.lock().unwrap_or_else(PoisonError::into_inner).insert(*index, loaded);
                    }
                });
            }
        });
        results.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
    }
}

impl Shared {
    fn cached(&self, digest: PluginDigest, compiler: &Compiler) -> Option<Component> {
        self.cache.as_ref()?.get(digest, compiler)
    }

    fn compile_and_keep(&self, digest: PluginDigest, component: &[u8], compiler: &Compiler) -> Result<Component, LoadError> {
        let compiled = compiler.compile(component)?;
        if let Some(cache) = &self.cache {
            cache.put(digest, compiler, &compiled);
        }
        Ok(compiled)
    }

    pub(crate) fn compile_optimised(&self, digest: PluginDigest, component: &[u8]) -> Result<Code, LoadError> {
        Code::link(&self.optimised, &self.compile_and_keep(digest, component, &self.optimised)?)
    }

    fn plugin(
        self: &Arc<Self>,
        digest: PluginDigest,
        compiler: &Compiler,
        component: &Component,
        optimiser: Option<Arc<Optimiser>>,
    ) -> Result<Arc<Plugin>, LoadError> {
        let code = Code::link(compiler, component)?;
        Ok(Arc::new(Plugin::new(digest, code, optimiser, self.clone())?))
    }
}
