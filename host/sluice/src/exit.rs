//! Exit codes (sysexits) and errors with a hint.

use std::process::ExitCode;

/// The sysexits this program ends with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Sysexit {
    /// Anything without a code of its own.
    General = 1,
    /// The command line is wrong; clap ends with 2 for what it finds itself.
    Usage = 64,
    /// The input is wrong.
    DataErr = 65,
    /// An input cannot be read.
    NoInput = 66,
    /// The service is not there.
    Unavailable = 69,
    /// No room, no memory, an address in use.
    OsErr = 71,
    /// Worth another try.
    TempFail = 75,
    /// Not allowed.
    NoPerm = 77,
    /// The configuration is wrong.
    Config = 78,
}

/// An error with what to do about it and the code to end with.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: Sysexit,
    message: String,
    pub(crate) hint: String,
    /// The service's own answer, if it was one that said so.
    pub(crate) status: Option<u16>,
}

impl Failure {
    pub(crate) fn new(code: Sysexit, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: hint.into(), status: None }
    }

    pub(crate) fn answered(self, status: u16) -> Self {
        Self { status: Some(status), ..self }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// Prints an error's whole chain once, with its hint, and gives the exit code.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    let failure = error.downcast_ref::<Failure>().or_else(|| error.chain().find_map(|cause| cause.downcast_ref()));
    let mut said = Vec::<String>::new();
    for cause in error.chain() {
        let line = cause.to_string();
        if !said.iter().any(|before| before.contains(&line)) {
            said.push(line);
        }
    }
    #[allow(clippy::print_stderr)] // this is where a command's error ends
    {
        eprintln!("error: {}", said.join(": "));
        if let Some(failure) = failure.filter(|failure| !failure.hint.is_empty()) {
            eprintln!("hint: {}", failure.hint);
        }
    }
    ExitCode::from(failure.map_or(Sysexit::General, |failure| failure.code) as u8)
}
