//! Plugins written in Python: `plugin.py`, what it imports and the kit → a component with CPython in it, by componentize-py.
//!
//! Whatever a Python program could ask of a system, files, clocks, randomness, is answered by stubs within the component: it imports nothing
//! but the contract. Two builds of one source differ in bytes, for componentize-py's do.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    GuestError, Language,
    kit::{KIT, write_kit},
    read, tools,
};

const VERSION: &str = "0.25.";
const INSTALL: &str =
    "install it by `pip install componentize-py==0.25.0`, in a virtual environment `.venv` of this folder or in any on the path";

pub(crate) fn make(folder: &Path) -> Result<Vec<u8>, GuestError> {
    let componentize = find(folder)?;
    write_kit(folder, Language::Python)?;
    let mut command = Command::new(componentize);
    command.args(["--quiet", "-d", ".sluice/wit", "-w", crate::WORLD, "componentize", "--stub-wasi"]);
    // The plugin's own modules go before the kit's; the program that joins them is the kit's.
    command.args(["-p", ".", "-p", KIT, "sluice_entry", "-o", ".sluice/plugin.wasm"]);
    tools::run(&mut command, "componentize-py", folder)?;
    read(&folder.join(KIT).join("plugin.wasm"))
}

/// The one of the plugin's folder, of the environment that is active, or of the path.
fn find(folder: &Path) -> Result<PathBuf, GuestError> {
    let own = [Some(folder.join(".venv")), env::var_os("VIRTUAL_ENV").map(PathBuf::from)];
    let mut candidates: Vec<_> = own.into_iter().flatten().map(|environment| environment.join("bin/componentize-py")).collect();
    candidates.retain(|candidate| candidate.is_file());
    candidates.extend(tools::on_path(["componentize-py"]));
    let mut what = "there is no componentize-py".to_owned();
    for candidate in candidates {
        match tools::ask(&candidate, &["--version"]) {
            Some(said) if said.split(' ').any(|word| word.starts_with(VERSION)) => return Ok(candidate),
            Some(said) => what = format!("{} is {said}, and {VERSION}x is needed", candidate.display()),
            None => what = format!("{} does not run", candidate.display()),
        }
    }
    Err(GuestError::Missing { what, install: INSTALL })
}
