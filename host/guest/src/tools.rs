//! Programs of other languages' toolchains: where they may be, and how they are run.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::GuestError;

/// Every program of these names on the path, by the names' order.
pub(crate) fn on_path<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = env::split_paths(&path).collect();
    let candidates = names.into_iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    candidates.filter(|candidate| candidate.is_file()).collect()
}

/// What a program prints; nothing if it does not run or fails.
pub(crate) fn ask(program: &Path, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Runs a compiler in a plugin's folder; what it prints goes to standard error.
pub(crate) fn run(command: &mut Command, name: &'static str, folder: &Path) -> Result<(), GuestError> {
    command.current_dir(folder).stdin(Stdio::null()).stdout(std::io::stderr());
    let status = command.status().map_err(|source| GuestError::Run { program: command.get_program().into(), source })?;
    if status.success() { Ok(()) } else { Err(GuestError::Failed { command: name, folder: folder.to_owned() }) }
}
