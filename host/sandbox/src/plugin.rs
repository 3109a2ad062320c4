//! A plugin: a component that was compiled, linked and asked what it is.

use std::sync::Arc;

use sluice_record::{Claim, Descriptor, Part, PluginDigest, limits};
use wasmtime::{
    Store,
    component::{Component, ComponentExportIndex, ComponentNamedList, Instance as WasmInstance, InstancePre, Lift, Lower},
};

use crate::{
    contract::{HOST_INTERFACE, Sample, Version, WireClaim, WireDescriptor, WirePart, WireStart, WireStart1},
    fault::{Call, Fault, FaultKind, LoadError, guest_text},
    imports::Guest,
    instance::{Instance, call},
    optimise::Optimiser,
    sandbox::{Compiler, Shared},
    wasi,
};

/// Bytes of strings and lists the host copies out of a plugin in one call. Lists that are read in place count too: this many
/// are the events and the arena of the biggest push, and everything else is far below.
const HOSTCALL_BYTES_MAX: usize = 8 * limits::EVENTS_PER_PUSH_MAX + limits::ARENA_BYTES_PER_PUSH_MAX + (64 << 10);
/// The same for `describe`.
const DESCRIBE_BYTES_MAX: usize = 256 << 10;
const NAME_BYTES_MAX: usize = 64;
const TITLE_BYTES_MAX: usize = 256;
const FORMATS_MAX: usize = 64;
const OPTIONS_BYTES_MAX: usize = 64 << 10;

/// Where a chunk begins.
#[derive(Clone, Copy, Debug, Default)]
pub struct Start<'a> {
    /// The member's path within its dump, as the probe was shown it; empty if nobody knows it. Plugins built for 0.1 of the contract are
    /// not told.
    pub name: &'a str,
    /// Its first byte in the member.
    pub base: u64,
    /// What the scanner said at its cut; empty at the member's start.
    pub context: &'a [u8],
    /// The plugin's options as JSON, or empty.
    pub options: &'a str,
    /// The members that were joined to this one; empty if it is one by itself. Plugins built for 0.1 are not told.
    pub parts: &'a [Part],
}

/// A plugin ready to run, on any number of threads at once.
pub struct Plugin {
    digest: PluginDigest,
    descriptor: Descriptor,
    runner: Runner,
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plugin").field("plugin", &self.runner.label).field("digest", &self.digest).finish_non_exhaustive()
    }
}

impl Plugin {
    /// Asks the code what it is. If it was compiled quickly, `optimiser` is where the better one will be.
    pub(crate) fn new(digest: PluginDigest, code: Code, optimiser: Option<Arc<Optimiser>>, shared: Arc<Shared>) -> Result<Self, LoadError> {
        let mut runner = Runner { label: digest.hex()[..12].into(), code, optimiser, shared };
        let descriptor = runner.describe()?;
        runner.label = format!("`{}` {}", descriptor.name, descriptor.version).into();
        Ok(Self { digest, descriptor, runner })
    }

    /// The SHA-256 of the component.
    pub const fn digest(&self) -> PluginDigest {
        self.digest
    }

    /// What it says of itself; names are checked, texts bounded.
    pub const fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// Does it run at full speed? Always, unless [`crate::SandboxConfig::quick_start`] is on.
    pub fn is_optimised(&self) -> bool {
        self.runner.optimiser.as_ref().is_none_or(|optimiser| optimiser.code().is_some())
    }

    /// Begins to compile it for speed, behind what goes on; instances opened when that is done run at full speed. To be called when there
    /// is more input than a moment's. Nothing happens a second time, or without [`crate::SandboxConfig::quick_start`].
    pub fn optimise(&self) {
        if let Some(optimiser) = &self.runner.optimiser {
            optimiser.begin(&self.runner.shared);
        }
    }

    /// Asks whether it can read a member, in an instance of its own. `None` is no claim.
    pub fn probe(&self, sample: &Sample<'_>) -> Result<Option<Claim>, Fault> {
        self.runner.probe(Sample {
            head: &sample.head[..sample.head.len().min(limits::SAMPLE_BYTES_MAX)],
            tail: &sample.tail[sample.tail.len().saturating_sub(limits::SAMPLE_BYTES_MAX)..],
            ..*sample
        })
    }

    /// Asks which members belong together, given their names, sorted: of each group their places in `names`. Plugins built for 0.1 of the
    /// contract know of no groups.
    pub fn group(&self, names: &[&str]) -> Result<Vec<Vec<u32>>, Fault> {
        self.runner.group(names)
    }

    /// Opens a fresh instance at the start of a chunk.
    pub fn open(&self, start: Start<'_>) -> Result<Instance, Fault> {
        self.runner.open(start)
    }

    /// Name and version, for messages.
    pub(crate) fn label(&self) -> &str {
        &self.runner.label
    }
}

/// Compiled code and where its exports are.
pub(crate) struct Code {
    pre: InstancePre<Guest>,
    /// It was built for.
    version: Version,
    exports: Exports,
}

#[derive(Clone, Copy)]
struct Exports {
    describe: ComponentExportIndex,
    probe: ComponentExportIndex,
    open: ComponentExportIndex,
    push: ComponentExportIndex,
    scan: ComponentExportIndex,
    /// Not in 0.1.
    group: Option<ComponentExportIndex>,
}

impl Code {
    /// Links a component, or says which of its imports or exports is not the contract's.
    pub(crate) fn link(compiler: &Compiler, component: &Component) -> Result<Self, LoadError> {
        let ty = component.component_type();
        let contract = |what: String| LoadError::Contract { what };
        let is_given = |name: &str| Version::ALL.iter().any(|version| version.host() == name);
        let others: Vec<_> = ty.imports(&compiler.engine).map(|(name, _)| name).filter(|name| !is_given(name)).collect();
        if let Some(name) = others.iter().find(|name| !wasi::is_known(name)) {
            let name = guest_text(name);
            let is_other_version = name.starts_with(HOST_INTERFACE);
            return Err(if is_other_version {
                contract(format!("it imports `{name}`; {}", known(Version::host)))
            } else {
                LoadError::Import { name }
            });
        }
        let pre = match others.is_empty() {
            true => compiler.linker.instantiate_pre(component),
            false => {
                let mut linker = compiler.linker.clone();
                wasi::link(&mut linker, component).and_then(|()| linker.instantiate_pre(component))
            }
        };
        let pre = pre.map_err(|error| contract(format!("{error:#}")))?;
        let exported = |version: Version| Some((version, component.get_export_index(None, version.guest())?));
        // The newest, if it has several.
        let Some((version, guest)) = Version::ALL.into_iter().rev().find_map(exported) else {
            return Err(contract(format!("it does not export a parser that can run here; {}", known(Version::guest))));
        };
        let export = |name: &str| {
            let found = component.get_export_index(Some(&guest), name);
            found.ok_or_else(|| contract(format!("`{}` lacks `{name}`", version.guest())))
        };
        let exports = Exports {
            describe: export("describe")?,
            probe: export("probe")?,
            open: export("open")?,
            push: export("push")?,
            scan: export("scan")?,
            group: if version == Version::V0_1 { None } else { Some(export("group")?) },
        };
        Ok(Self { pre, version, exports })
    }
}

/// The versions there are of an interface, in words.
fn known(interface: fn(Version) -> &'static str) -> String {
    format!("this host has {}", Version::ALL.map(|version| format!("`{}`", interface(version))).join(" and "))
}

/// Runs a plugin's functions in fresh instances.
struct Runner {
    /// Name and version, for messages; before they are known the digest's first digits.
    label: Arc<str>,
    code: Code,
    optimiser: Option<Arc<Optimiser>>,
    shared: Arc<Shared>,
}

impl Runner {
    fn code(&self) -> &Code {
        self.optimiser.as_ref().and_then(|optimiser| optimiser.code()).unwrap_or(&self.code)
    }

    fn describe(&self) -> Result<Descriptor, LoadError> {
        let (mut store, instance) = self.instantiate(&self.code, DESCRIBE_BYTES_MAX)?;
        let (wire,): (WireDescriptor,) = self.call(&mut store, &instance, Call::Describe, self.code.exports.describe, (), None)?;
        checked(wire)
    }

    fn probe(&self, sample: Sample<'_>) -> Result<Option<Claim>, Fault> {
        let code = self.code();
        let (mut store, instance) = self.instantiate(code, DESCRIBE_BYTES_MAX)?;
        let (claim,): (Option<WireClaim>,) = self.call(&mut store, &instance, Call::Probe, code.exports.probe, (sample,), None)?;
        match claim {
            Some(claim) if claim.confidence > 100 => {
                let what = format!("it claims a confidence of {}, of 100 at most", claim.confidence);
                Err(Fault::new(FaultKind::Output, Call::Probe, &self.label, None, what))
            }
            Some(claim) if claim.confidence > 0 => Ok(Some(Claim { confidence: claim.confidence, reason: guest_text(&claim.reason) })),
            _ => Ok(None),
        }
    }

    fn group(&self, names: &[&str]) -> Result<Vec<Vec<u32>>, Fault> {
        let code = self.code();
        let Some(export) = code.exports.group else { return Ok(Vec::new()) };
        let (mut store, instance) = self.instantiate(code, DESCRIBE_BYTES_MAX)?;
        let (groups,): (Vec<Vec<u32>>,) = self.call(&mut store, &instance, Call::Group, export, (names,), None)?;
        let mut taken = vec![false; names.len()];
        let mut is_free = |place: u32| taken.get_mut(place as usize).is_some_and(|taken| !std::mem::replace(taken, true));
        if groups.iter().any(|group| group.len() > limits::PARTS_MAX) {
            let what = format!("a group has more than {} members", limits::PARTS_MAX);
            return Err(Fault::new(FaultKind::Output, Call::Group, &self.label, None, what));
        }
        if !groups.iter().flatten().all(|place| is_free(*place)) {
            return Err(Fault::new(
                FaultKind::Output,
                Call::Group,
                &self.label,
                None,
                "a group has a member that is not there, or is in another",
            ));
        }
        Ok(groups)
    }

    fn open(&self, start: Start<'_>) -> Result<Instance, Fault> {
        let code = self.code();
        let base = start.base;
        let (mut store, instance) = self.instantiate(code, HOSTCALL_BYTES_MAX)?;
        let Start { name, base: _, context, options, parts } = start;
        let parts: Vec<_> = parts.iter().map(|part| WirePart { name: &part.name, base: part.base, size: part.bytes }).collect();
        let (open, at) = (code.exports.open, Some(base));
        let (opened,): (Result<(), String>,) = match code.version {
            Version::V0_1 => self.call(&mut store, &instance, Call::Open, open, (WireStart1 { base, context, options },), at)?,
            Version::V0_2 => {
                self.call(&mut store, &instance, Call::Open, open, (WireStart { name, base, context, options, parts: &parts },), at)?
            }
        };
        opened.map_err(|said| {
            let what = format!("it says \"{}\"", guest_text(&said));
            Fault::new(FaultKind::Guest, Call::Open, &self.label, Some(base), what)
        })?;
        match (instance.get_func(&mut store, code.exports.push), instance.get_func(&mut store, code.exports.scan)) {
            (Some(push), Some(scan)) => Ok(Instance::new(store, push, scan, base, self.label.clone(), self.shared.clone())),
            _ => Err(Fault::new(FaultKind::Output, Call::Open, &self.label, Some(base), "`push` or `scan` is no function")),
        }
    }

    fn instantiate(&self, code: &Code, hostcall_bytes_max: usize) -> Result<(Store<Guest>, WasmInstance), Fault> {
        let mut store = Store::new(code.pre.engine(), Guest::new(self.shared.memory_bytes_max));
        store.limiter(|guest| guest);
        store.set_epoch_deadline(self.shared.deadline_ticks);
        store.set_hostcall_fuel(hostcall_bytes_max);
        let fuelled = self.shared.call_fuel_max.map_or(Ok(()), |fuel| store.set_fuel(fuel));
        match fuelled.and_then(|()| code.pre.instantiate(&mut store)) {
            Ok(instance) => Ok((store, instance)),
            Err(error) => Err(Fault::from_wasmtime(&error, Call::Instantiate, &self.label, None)),
        }
    }

    fn call<P, R>(
        &self,
        store: &mut Store<Guest>,
        instance: &WasmInstance,
        name: Call,
        export: ComponentExportIndex,
        params: P,
        offset: Option<u64>,
    ) -> Result<R, Fault>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift,
    {
        let Some(func) = instance.get_func(&mut *store, export) else {
            return Err(Fault::new(FaultKind::Output, name, &self.label, offset, "it is no function"));
        };
        call(store, &self.shared, func, params).map_err(|error| Fault::from_wasmtime(&error, name, &self.label, offset))
    }
}

/// A name goes into file names, metrics and commands; the rest is shown to people.
fn checked(wire: WireDescriptor) -> Result<Descriptor, LoadError> {
    let refuse = |what| Err(LoadError::Descriptor { what });
    let is_name = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    let is_version = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'+');
    let is_shown = |text: &str, max: usize| text.len() <= max && !text.chars().any(char::is_control);
    if !(1..=NAME_BYTES_MAX).contains(&wire.name.len()) || !wire.name.bytes().all(is_name) {
        return refuse("`name` must be 1 to 64 of a-z, 0-9, - and _");
    }
    if !(1..=NAME_BYTES_MAX).contains(&wire.version.len()) || !wire.version.bytes().all(is_version) {
        return refuse("`version` must be a semantic version of at most 64 bytes");
    }
    if !is_shown(&wire.title, TITLE_BYTES_MAX) {
        return refuse("`title` must be at most 256 bytes without control characters");
    }
    if wire.formats.len() > FORMATS_MAX || !wire.formats.iter().all(|format| is_shown(format, TITLE_BYTES_MAX)) {
        return refuse("`formats` must be at most 64, each of at most 256 bytes without control characters");
    }
    if wire.options.len() > OPTIONS_BYTES_MAX {
        return refuse("`options` must be at most 64 KiB");
    }
    let WireDescriptor { name, version, title, formats, input, framing, options } = wire;
    Ok(Descriptor { name, version, title, formats, input: input.into(), framing: framing.into(), options })
}
