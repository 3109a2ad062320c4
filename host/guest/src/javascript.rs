//! Plugins written in JavaScript: `plugin.js`, what it imports and the kit → a component with SpiderMonkey in it, by componentize-js.
//!
//! componentize-js is a module and no program: the kit's `build.mjs` asks it. All that a script could ask of a system is left out of the
//! component, which imports nothing but the contract. Two builds of one source differ in bytes: the engine starts while the component is
//! made, and what it drew by lot then stays in its memory.

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

const MODULE: &str = "@bytecodealliance/componentize-js";
const VERSION: &str = "\"version\": \"0.23.";
const INSTALL: &str = "run `npm install` in the plugin's folder, or `npm install @bytecodealliance/componentize-js@0.23.0` in one above it";
const INSTALL_NODE: &str = "install Node.js 20 or newer, on Debian by `apt-get install nodejs npm`, or from https://nodejs.org";

pub(crate) fn make(folder: &Path) -> Result<Vec<u8>, GuestError> {
    let Some(node) = tools::on_path(["node", "nodejs"]).into_iter().next() else {
        return Err(GuestError::Missing { what: "there is no node on the path".into(), install: INSTALL_NODE });
    };
    let module = find(folder)?;
    if folder.to_string_lossy().contains(char::is_whitespace) {
        return Err(GuestError::Blank { tool: "componentize-js", folder: folder.to_owned() });
    }
    write_kit(folder, Language::JavaScript)?;
    let mut command = Command::new(node);
    tools::run(command.arg(".sluice/build.mjs").arg(module.join("src/componentize.js")), "componentize-js", folder)?;
    read(&folder.join(KIT).join("plugin.wasm"))
}

/// Where node would look: in the plugin's folder and those above, then in NODE_PATH.
fn find(folder: &Path) -> Result<PathBuf, GuestError> {
    let above = folder.ancestors().map(|folder| folder.join("node_modules"));
    let path = env::var_os("NODE_PATH").unwrap_or_default();
    let mut what = format!("there is no {MODULE}");
    for module in above.chain(env::split_paths(&path)).map(|modules| modules.join(MODULE)) {
        match std::fs::read_to_string(module.join("package.json")) {
            Ok(package) if package.contains(VERSION) => return Ok(module),
            Ok(_) => what = format!("{} is not of version 0.23", module.display()),
            Err(_) => {}
        }
    }
    Err(GuestError::Missing { what, install: INSTALL })
}
