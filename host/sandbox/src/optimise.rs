//! Optimised code for a plugin that began with quickly compiled code: compiled on a thread of its own, when somebody has enough input to
//! make it worth its time, and swapped in when it is there.
//!
//! Code that is running is not touched: an instance keeps the code it was opened with.

use std::{
    sync::{Arc, Mutex, OnceLock, PoisonError},
    thread,
};

use sluice_record::PluginDigest;

use crate::{plugin::Code, sandbox::Shared};

/// The optimised code, now or later.
pub(crate) struct Optimiser {
    digest: PluginDigest,
    /// Taken by the thread that compiles it.
    component: Mutex<Option<Vec<u8>>>,
    code: OnceLock<Code>,
}

impl Optimiser {
    pub(crate) fn new(digest: PluginDigest, component: &[u8]) -> Arc<Self> {
        Arc::new(Self { digest, component: Mutex::new(Some(component.to_vec())), code: OnceLock::new() })
    }

    /// The code, if it is there.
    pub(crate) fn code(&self) -> Option<&Code> {
        self.code.get()
    }

    /// Starts the thread, the first time. The quick code serves until it is done, and if it fails.
    pub(crate) fn begin(self: &Arc<Self>, shared: &Arc<Shared>) {
        let Some(component) = self.component.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        let (this, shared) = (self.clone(), shared.clone());
        let spawned =
            thread::Builder::new().name("sandbox-optimise".into()).spawn(move || match shared.compile_optimised(this.digest, &component) {
                Ok(code) => drop(this.code.set(code)),
                Err(error) => tracing::warn!(plugin = %this.digest, %error, "the optimised code cannot be made; the quick one goes on"),
            });
        if let Err(error) = spawned {
            tracing::warn!(plugin = %self.digest, %error, "no thread to optimise on; the quickly compiled code goes on");
        }
    }
}
