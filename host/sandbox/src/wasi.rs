//! WASI 0.2 with nothing in it, for components whose language cannot do without a system: no files, no network, no environment, nowhere to
//! write to, a clock that stands still, randomness that is the same in every instance. What is not here traps when it is called.
//!
//! It is linked only to components that import it: a plugin that needs no system has none.

use rand::{RngCore, SeedableRng, rngs::StdRng};
use wasmtime::{
    Error, Result, StoreContextMut,
    component::{Component, ComponentType, Lift, Linker, LinkerInstance, Lower, Resource, WasmList},
};

use crate::{
    fault::{FaultKind, Refusal},
    imports::Guest,
};

/// Of WASI's packages; who wants another, HTTP say, is refused before it runs.
const PACKAGES: [&str; 6] = ["cli", "clocks", "filesystem", "io", "random", "sockets"];
/// Random bytes in one call.
const RANDOM_BYTES_MAX: u64 = 64 << 10;
/// Handles an instance is given: each takes memory of the host's.
const HANDLES_MAX: u32 = 4096;
/// What a stream to nowhere takes at once.
const WRITE_BYTES_MAX: u64 = 1 << 20;

/// What an instance was given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Given {
    handles: u32,
    random_calls: u64,
}

impl Given {
    pub(crate) const NONE: Self = Self { handles: 0, random_calls: 0 };
}

/// All resources are alike: there is nothing behind a handle.
type Handle = Resource<()>;

#[derive(ComponentType, Lift, Lower)]
#[component(variant)]
enum StreamError {
    #[component(name = "last-operation-failed")]
    LastOperationFailed(Handle),
    #[component(name = "closed")]
    Closed,
}

#[derive(ComponentType, Lift, Lower)]
#[component(record)]
struct Datetime {
    seconds: u64,
    nanoseconds: u32,
}

/// Is it an import that [`link`] answers?
pub(crate) fn is_known(import: &str) -> bool {
    interface(import).is_some()
}

/// `cli/environment` of `wasi:cli/environment@0.2.6`.
fn interface(import: &str) -> Option<&str> {
    let (interface, version) = import.strip_prefix("wasi:")?.split_once('@')?;
    let is_known = version.starts_with("0.2.") && PACKAGES.contains(&interface.split('/').next()?);
    is_known.then_some(interface)
}

/// Puts what a component imports of WASI into a linker, under the versions it wants.
pub(crate) fn link(linker: &mut Linker<Guest>, component: &Component) -> Result<()> {
    let engine = linker.engine().clone();
    for (import, _) in component.component_type().imports(&engine) {
        if let Some(interface) = interface(import) {
            define(&mut linker.instance(import)?, interface)?;
        }
    }
    linker.define_unknown_imports_as_traps(component)
}

/// What programs call before anybody asked them to do something, and what they print with.
fn define(instance: &mut LinkerInstance<'_, Guest>, interface: &str) -> Result<()> {
    match interface {
        "cli/environment" => {
            instance.func_wrap("get-environment", |_, ()| Ok((Vec::<(String, String)>::new(),)))?;
            instance.func_wrap("get-arguments", |_, ()| Ok((Vec::<String>::new(),)))?;
            instance.func_wrap("initial-cwd", |_, ()| Ok((None::<String>,)))
        }
        "cli/stdin" => instance.func_wrap("get-stdin", |store, ()| handle(store)),
        "cli/stdout" => instance.func_wrap("get-stdout", |store, ()| handle(store)),
        "cli/stderr" => instance.func_wrap("get-stderr", |store, ()| handle(store)),
        "cli/terminal-stdin" => instance.func_wrap("get-terminal-stdin", |_, ()| Ok((None::<Handle>,))),
        "cli/terminal-stdout" => instance.func_wrap("get-terminal-stdout", |_, ()| Ok((None::<Handle>,))),
        "cli/terminal-stderr" => instance.func_wrap("get-terminal-stderr", |_, ()| Ok((None::<Handle>,))),
        "clocks/monotonic-clock" => {
            instance.func_wrap("now", |_, ()| Ok((0_u64,)))?;
            instance.func_wrap("resolution", |_, ()| Ok((1_u64,)))
        }
        "clocks/wall-clock" => {
            instance.func_wrap("now", |_, ()| Ok((Datetime { seconds: 0, nanoseconds: 0 },)))?;
            instance.func_wrap("resolution", |_, ()| Ok((Datetime { seconds: 1, nanoseconds: 0 },)))
        }
        "filesystem/preopens" => instance.func_wrap("get-directories", |_, ()| Ok((Vec::<(Handle, String)>::new(),))),
        "io/streams" => {
            type Done = Result<(), StreamError>;
            let check = |_: StoreContextMut<'_, Guest>, _: (Handle,)| Ok((Ok::<_, StreamError>(WRITE_BYTES_MAX),));
            let read = |_: StoreContextMut<'_, Guest>, _: (Handle, u64)| Ok((Err::<Vec<u8>, _>(StreamError::Closed),));
            let write = |_: StoreContextMut<'_, Guest>, _: (Handle, WasmList<u8>)| Ok((Done::Ok(()),));
            let flush = |_: StoreContextMut<'_, Guest>, _: (Handle,)| Ok((Done::Ok(()),));
            instance.func_wrap("[method]input-stream.read", read)?;
            instance.func_wrap("[method]input-stream.blocking-read", read)?;
            instance.func_wrap("[method]output-stream.check-write", check)?;
            instance.func_wrap("[method]output-stream.write", write)?;
            instance.func_wrap("[method]output-stream.blocking-write-and-flush", write)?;
            instance.func_wrap("[method]output-stream.flush", flush)?;
            instance.func_wrap("[method]output-stream.blocking-flush", flush)
        }
        "random/random" => {
            instance.func_wrap("get-random-bytes", |store, (len,): (u64,)| random(store, len))?;
            instance.func_wrap("get-random-u64", |mut store, ()| Ok((rng(&mut store).next_u64(),)))
        }
        "random/insecure" => {
            instance.func_wrap("get-insecure-random-bytes", |store, (len,): (u64,)| random(store, len))?;
            instance.func_wrap("get-insecure-random-u64", |mut store, ()| Ok((rng(&mut store).next_u64(),)))
        }
        "random/insecure-seed" => instance.func_wrap("insecure-seed", |_, ()| Ok(((0_u64, 0_u64),))),
        _ => Ok(()),
    }
}

fn handle(mut store: StoreContextMut<'_, Guest>) -> Result<(Handle,)> {
    let given = &mut store.data_mut().wasi;
    given.handles += 1;
    if given.handles > HANDLES_MAX {
        let what = format!("it asked for more than {HANDLES_MAX} of WASI's handles");
        return Err(Error::new(Refusal::new(FaultKind::Memory, what)));
    }
    Ok((Resource::new_own(0),))
}

fn random(mut store: StoreContextMut<'_, Guest>, len: u64) -> Result<(Vec<u8>,)> {
    if len > RANDOM_BYTES_MAX {
        let what = format!("it asked for {len} random bytes at once, at most {RANDOM_BYTES_MAX} are given");
        return Err(Error::new(Refusal::new(FaultKind::Memory, what)));
    }
    let mut bytes = vec![0; len as usize];
    rng(&mut store).fill_bytes(&mut bytes);
    Ok((bytes,))
}

/// Of the call's number: nothing but what the plugin itself did before shows in it.
fn rng(store: &mut StoreContextMut<'_, Guest>) -> StdRng {
    let calls = &mut store.data_mut().wasi.random_calls;
    *calls += 1;
    StdRng::seed_from_u64(*calls)
}
