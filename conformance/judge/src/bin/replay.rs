//! Shows the files of folders to a plugin in the sandbox, by the bounds that a judge has: none may end in a fault. For what `cargo xtask fuzz` kept.
#![allow(clippy::print_stdout, clippy::print_stderr)] // a tool talks

use std::{env, fs, path::PathBuf};

use anyhow::{Context, Result, ensure};
use sluice_sandbox::{Feed, Sandbox, SandboxConfig, Start, parse_chunk};

fn main() -> Result<()> {
    let mut args = env::args_os().skip(1).map(PathBuf::from);
    let component = args.next().context("usage: replay COMPONENT FOLDER…")?;
    let sandbox = Sandbox::new(&SandboxConfig::default())?;
    let plugin = sandbox.load(&fs::read(&component).with_context(|| component.display().to_string())?)?;
    let (mut inputs, mut failed) = (0, 0);
    for folder in args {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if !path.is_file() {
                continue;
            }
            inputs += 1;
            let bytes = fs::read(&path)?;
            let mut rest = &bytes[..];
            let mut read = |buffer: &mut Vec<u8>, wanted: usize| {
                buffer.extend_from_slice(rest.split_off(..wanted.min(rest.len())).unwrap_or_default());
                Ok::<_, std::convert::Infallible>(!rest.is_empty())
            };
            if let Err(error) = parse_chunk(&plugin, Start::default(), Feed::default(), &mut read, &mut |_| Ok(())) {
                failed += 1;
                eprintln!("{}: {error}", path.display());
            }
        }
    }
    println!("replayed {inputs} inputs, {failed} faults");
    ensure!(failed == 0, "the plugin failed on {failed} of {inputs} inputs");
    Ok(())
}
