//! What can go wrong: the taxonomy of a plugin's faults, and the errors of loading one.
//!
//! No message holds a byte of the input; what a plugin says in words is bounded and stripped of control characters.

use std::fmt;

use serde::{Deserialize, Serialize};
use sluice_record::{FailureKind, PluginDigest, TaskFailure, limits};
use wasmtime::{PoolConcurrencyLimitError, Trap};

/// Bytes of a text by a plugin that go into a message or a log line.
const GUEST_TEXT_BYTES_MAX: usize = limits::LOG_LINE_BYTES_MAX;

/// How a plugin failed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// It trapped: a panic, an access out of bounds, a stack overflow.
    Trap,
    /// One call ran longer than its deadline, or used more instructions than it may where they are counted.
    Deadline,
    /// It asked for more memory or table entries than it may have.
    Memory,
    /// Its records, skips and rejects do not tile the bytes it consumed.
    Tiling,
    /// An event reaches outside the chunk or the arena, has no meaning, or stands where it must not.
    Event,
    /// It gave out more than it may, called a function at the wrong time, or broke the canonical ABI.
    Output,
    /// It said itself that it cannot go on.
    Guest,
    /// No fault of the plugin: every pooled instance is in use. Worth another try.
    Busy,
}

impl FaultKind {
    /// The word for it, as in metrics and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trap => "trap",
            Self::Deadline => "deadline",
            Self::Memory => "memory",
            Self::Tiling => "tiling",
            Self::Event => "event",
            Self::Output => "output",
            Self::Guest => "guest",
            Self::Busy => "busy",
        }
    }

    const fn hint(self) -> &'static str {
        match self {
            Self::Trap => "the plugin has a bug on this input: report it to its author with the reproducer",
            Self::Deadline => "the plugin loops or is too slow for one push: report it with the reproducer, or raise the call deadline",
            Self::Memory => "the plugin keeps too much between pushes: report it, or raise the memory limit",
            Self::Tiling => "every consumed byte must be in exactly one record, skip or reject, in order",
            Self::Event => "see the event's definition in wit/0.2.0/parser.wit",
            Self::Output => "the plugin breaks the contract: see wit/0.2.0/parser.wit",
            Self::Guest => "see what the plugin says",
            Self::Busy => "run fewer chunks at once, or raise the number of pooled instances",
        }
    }
}

/// Which function of the plugin was running.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // as in parser.wit
pub enum Call {
    Instantiate,
    Describe,
    Probe,
    Group,
    Open,
    Push,
    Scan,
}

impl Call {
    /// The function's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Instantiate => "instantiate",
            Self::Describe => "describe",
            Self::Probe => "probe",
            Self::Group => "group",
            Self::Open => "open",
            Self::Push => "push",
            Self::Scan => "scan",
        }
    }
}

/// A plugin failed. The instance it happened in is of no more use; the plugin and the sandbox are.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// How.
    pub kind: FaultKind,
    /// In which function.
    pub call: Call,
    /// Who, what, where and what to do, in words.
    pub message: String,
    /// The byte of the member up to which all went well; `None` where no member was read.
    pub offset: Option<u64>,
}

/// What is needed to see a fault again: these bytes of the member, in that plugin.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reproducer {
    /// Which plugin.
    pub plugin: PluginDigest,
    /// First byte of the chunk in the staged member.
    pub base: u64,
    /// Bytes of the chunk.
    pub len: u64,
    /// How it failed.
    pub kind: FaultKind,
    /// In which function.
    pub call: Call,
    /// The byte of the member up to which all went well.
    pub offset: Option<u64>,
}

impl Fault {
    pub(crate) fn new(kind: FaultKind, call: Call, plugin: &str, offset: Option<u64>, what: impl fmt::Display) -> Self {
        let at = offset.map(|offset| format!(" (byte {offset} of the member)")).unwrap_or_default();
        let message = format!("plugin {plugin}, {}{at}: {what}; {}", call.name(), kind.hint());
        Self { kind, call, message, offset }
    }

    /// Sorts what wasmtime gave into the taxonomy.
    pub(crate) fn from_wasmtime(error: &wasmtime::Error, call: Call, plugin: &str, offset: Option<u64>) -> Self {
        if let Some(refusal) = error.downcast_ref::<Refusal>() {
            return Self::new(refusal.kind, call, plugin, offset, &refusal.what);
        }
        match error.downcast_ref::<Trap>() {
            Some(Trap::Interrupt) => return Self::new(FaultKind::Deadline, call, plugin, offset, "the call ran past its deadline"),
            Some(Trap::OutOfFuel) => return Self::new(FaultKind::Deadline, call, plugin, offset, "the call used up its instructions"),
            Some(trap) => return Self::new(FaultKind::Trap, call, plugin, offset, trap),
            None => {}
        }
        let kind = if error.is::<PoolConcurrencyLimitError>() { FaultKind::Busy } else { FaultKind::Output };
        Self::new(kind, call, plugin, offset, error.root_cause())
    }

    /// What is needed to see it again, given the chunk it happened in.
    pub const fn reproducer(&self, plugin: PluginDigest, base: u64, len: u64) -> Reproducer {
        Reproducer { plugin, base, len, kind: self.kind, call: self.call, offset: self.offset }
    }
}

impl From<Fault> for TaskFailure {
    fn from(fault: Fault) -> Self {
        let kind = if fault.kind == FaultKind::Busy { FailureKind::Transient } else { FailureKind::Plugin };
        Self { offset: fault.offset, ..Self::new(kind, fault.message) }
    }
}

/// Why a host function or a limit stopped the guest; it travels through wasmtime as the trap's cause.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub(crate) struct Refusal {
    pub(crate) kind: FaultKind,
    pub(crate) what: String,
}

impl Refusal {
    pub(crate) fn new(kind: FaultKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into() }
    }
}

/// A text by a plugin, fit for a message or a log: bounded, on one line, nothing a terminal would act on.
pub(crate) fn guest_text(text: &str) -> String {
    let end = text.floor_char_boundary(GUEST_TEXT_BYTES_MAX);
    text[..end].chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Why a component cannot be a plugin.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Too big to compile.
    #[error("the component has {bytes} bytes, at most {max} are compiled")]
    TooBig {
        /// It has.
        bytes: usize,
        /// It may have.
        max: usize,
    },
    /// No component, or one wasmtime cannot take.
    #[error("this is no WebAssembly component that can run here: {what}; build it with `sluice plugin build`")]
    Invalid {
        /// wasmtime's word for it.
        what: String,
    },
    /// It wants something that is not given.
    #[error(
        "the component imports `{name}`; a plugin may import nothing but `sluice:parser/host`, and of WASI 0.2 what a language's own library asks for"
    )]
    Import {
        /// The import's name.
        name: String,
    },
    /// Its exports or their types are not the contract's.
    #[error("the component does not follow `sluice:parser`: {what}")]
    Contract {
        /// What is missing or different.
        what: String,
    },
    /// What it says of itself cannot be.
    #[error("the plugin's description is refused: {what}")]
    Descriptor {
        /// Which part, and what it must be.
        what: &'static str,
    },
    /// It failed already at describing itself.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Why there is no sandbox.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The compile cache's folder or key cannot be used.
    #[error("the compile cache in `{path}` cannot be used: {what}; give another folder, or none")]
    Cache {
        /// The folder, as configured.
        path: String,
        /// Which step.
        what: &'static str,
        /// The system's word for it.
        #[source]
        source: std::io::Error,
    },
    /// wasmtime refuses the configuration or the machine.
    #[error("the WebAssembly engine cannot be set up: {what}; lower the number of pooled instances or their memory")]
    Engine {
        /// wasmtime's word for it.
        what: String,
    },
    /// The clock of deadlines cannot run.
    #[error("the sandbox's clock cannot be started")]
    Clock(#[source] std::io::Error),
}
