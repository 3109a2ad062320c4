//! The sandbox itself: the engines, their clock, the compile cache, and how a component becomes a plugin.

use std::{
    path::Path,
    sync::{Arc, OnceLock},
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
}

impl Compiler {
    fn new(config: &SandboxConfig, tier: Tier) -> Result<Self, SandboxError> {
        let engine = engine::build(config, tier)?;
        let mut linker = Linker::new(&engine);
        imports::link(&mut linker).map_err(|error| SandboxError::Engine { what: format!("{error:#}") })?;
        Ok(Self { engine, linker })
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
        let open = |path: &Path| Cache::open(path, &optimised.engine);
        let cache = config.cache_dir.as_deref().map(open).transpose()?;
        let ticker = Ticker::start(engines)?;
        let (memory_bytes_max, deadline_ticks) = (config.memory_bytes_max, config.deadline_ticks());
        Ok(Self { shared: Arc::new(Shared { memory_bytes_max, deadline_ticks, optimised, quick, cache, _ticker: ticker }) })
    }

    /// Makes a component a plugin: from the cache, or compiled and put there; linked, and asked to describe itself.
    pub fn load(&self, component: &[u8]) -> Result<Arc<Plugin>, LoadError> {
        if component.len() > COMPONENT_BYTES_MAX {
            return Err(LoadError::TooBig { bytes: component.len(), max: COMPONENT_BYTES_MAX });
        }
        let digest = PluginDigest(Sha256::digest(component).into());
        let shared = &self.shared;
        if let Some(cached) = shared.cached(digest) {
            return shared.plugin(digest, &shared.optimised, &cached, None);
        }
        match &shared.quick {
            None => {
                let compiled = shared.compile_and_keep(digest, component)?;
                shared.plugin(digest, &shared.optimised, &compiled, None)
            }
            Some(quick) => {
                let optimised = Arc::new(OnceLock::new());
                let plugin = shared.plugin(digest, quick, &quick.compile(component)?, Some(optimised.clone()))?;
                shared.optimise_behind(digest, component, optimised);
                Ok(plugin)
            }
        }
    }

    /// Loads several at once, on as many threads as there are processors; the results are in the components' order.
    pub fn load_all<B: AsRef<[u8]> + Sync>(&self, components: &[B]) -> Vec<Result<Arc<Plugin>, LoadError>> {
        let lanes = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let mut loaded = Vec::with_capacity(components.len());
        for some in components.chunks(lanes) {
            thread::scope(|scope| {
                let threads: Vec<_> = some.iter().map(|component| scope.spawn(|| self.load(component.as_ref()))).collect();
                loaded.extend(threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))));
            });
        }
        loaded
    }
}

impl Shared {
    fn cached(&self, digest: PluginDigest) -> Option<Component> {
        self.cache.as_ref()?.get(digest, &self.optimised.engine)
    }

    fn compile_and_keep(&self, digest: PluginDigest, component: &[u8]) -> Result<Component, LoadError> {
        let compiled = self.optimised.compile(component)?;
        if let Some(cache) = &self.cache {
            cache.put(digest, &compiled);
        }
        Ok(compiled)
    }

    fn plugin(
        self: &Arc<Self>,
        digest: PluginDigest,
        compiler: &Compiler,
        component: &Component,
        optimised: Option<Arc<OnceLock<Code>>>,
    ) -> Result<Arc<Plugin>, LoadError> {
        let code = Code::link(compiler, component)?;
        Ok(Arc::new(Plugin::new(digest, code, optimised, self.clone())?))
    }

    /// Compiles for speed on a thread of its own and swaps the code in. The quick code serves until then, and if it fails.
    fn optimise_behind(self: &Arc<Self>, digest: PluginDigest, component: &[u8], optimised: Arc<OnceLock<Code>>) {
        let (shared, component) = (self.clone(), component.to_vec());
        let spawned = thread::Builder::new().name("sandbox-optimise".into()).spawn(move || {
            let linked = shared.compile_and_keep(digest, &component).and_then(|compiled| Code::link(&shared.optimised, &compiled));
            match linked {
                Ok(code) => drop(optimised.set(code)),
                Err(error) => tracing::warn!(plugin = %digest, %error, "the optimised code cannot be made; the quick one goes on"),
            }
        });
        if let Err(error) = spawned {
            tracing::warn!(plugin = %digest, %error, "no thread to optimise on; the quickly compiled code goes on");
        }
    }
}
