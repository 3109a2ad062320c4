//! `sluice plugin build`: sources → a component that loads, beside its sources unless said otherwise. How it is built is `sluice-guest`'s;
//! what does not load in the sandbox is not written, so that a folder of plugins never gets worse by a build.
#![allow(clippy::print_stdout)]

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::Result;
use serde_json::json;
use sluice_guest::{GuestError, Language};

use crate::{
    exit::{Failure, Sysexit},
    plugins,
};

/// Build a plugin: compile it for WebAssembly, make a component of it, and see that it loads.
///
/// Its language is told by what is in the folder: Cargo.toml is Rust, plugin.py Python, plugin.js JavaScript, plugin.c C. In Rust and C the
/// same source gives the same digest, whatever its folder; what the tools for Python and JavaScript make differs from run to run. If a tool
/// is missing, what to install is said and the code is 69; 65 if the sources do not compile or the component does not load, and then
/// nothing is written.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example: sluice plugin build people-list --out plugins/people-list.wasm")]
pub(crate) struct Args {
    /// The plugin's folder.
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// Where the component goes; NAME.wasm in the plugin's folder, by the name it says, if not given.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print what was built as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let component = sluice_guest::make(&args.folder, language(&args.folder)?).map_err(|error| failure(&error))?;
    let plugin = plugins::sandbox()?.load(&component).map_err(|error| {
        let hint =
            "nothing was written; a plugin's name is [a-z0-9-], and Rust's export the contract by `sluice_plugin::export!(YourParser)`";
        Failure::new(Sysexit::DataErr, format!("the component does not load: {error}"), hint)
    })?;
    let said = plugin.descriptor();
    let out = args.out.clone().unwrap_or_else(|| args.folder.join(format!("{}.wasm", said.name)));
    replace(&out, &component).map_err(|error| {
        let message = format!("cannot write {}: {error}", out.display());
        Failure::new(Sysexit::OsErr, message, "--out names a file in a folder that is there")
    })?;
    let digest = plugin.digest().to_string();
    if args.json {
        println!("{}", json!({ "path": out, "bytes": component.len(), "digest": digest, "plugin": said }));
    } else {
        println!("{}\n{} bytes\n{digest}", out.display(), component.len());
        println!("it loads: {} {}, {}", said.name, said.version, said.title);
    }
    Ok(())
}

/// What a folder's plugin is written in.
fn language(folder: &Path) -> Result<Language> {
    let hint = "give a plugin's folder; `sluice plugin new NAME` makes one";
    fs::read_dir(folder).map_err(|error| Failure::new(Sysexit::NoInput, format!("cannot read {}: {error}", folder.display()), hint))?;
    Language::of(folder).ok_or_else(|| {
        let files: Vec<_> = Language::ALL.iter().map(|(_, file)| *file).collect();
        Failure::new(Sysexit::NoInput, format!("there is none of {} in {}", files.join(", "), folder.display()), hint).into()
    })
}

fn failure(error: &GuestError) -> Failure {
    let source = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
    let (code, hint) = match (error.to_install(), error) {
        (Some(advice), _) => (Sysexit::Unavailable, advice),
        (None, GuestError::Failed { .. }) => (Sysexit::DataErr, "what is wrong stands above"),
        (None, GuestError::Blank { .. }) => (Sysexit::Usage, "move the folder, or build in a copy elsewhere"),
        (None, GuestError::NoModule { .. }) => (Sysexit::DataErr, "its Cargo.toml needs `[lib]` with `crate-type = [\"cdylib\"]`"),
        (None, GuestError::Component { .. }) => (Sysexit::DataErr, "`sluice_plugin::export!(YourParser)` exports the contract"),
        (None, _) => (Sysexit::General, ""),
    };
    Failure::new(code, format!("{error}{source}"), hint)
}

/// Whoever reads the file meanwhile reads the old one or the new one.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    fs::write(&new, bytes)?;
    fs::rename(&new, path).inspect_err(|_| drop(fs::remove_file(&new)))
}
